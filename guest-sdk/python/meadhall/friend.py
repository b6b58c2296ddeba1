"""Friends: edges between two users, and who has blocked whom. What is done here is done for a user, with the rules, the
notifications and the errors that their own client would meet.

    friend.add(ctx.user_id, usernames=["bjorn"], metadata={"met": "at the fair"})
    asked = friend.list(ctx.user_id, state=FriendState.INVITE_SENT)
"""

from builtins import list as List  # `list` is a function here
from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import Any

from meadhall import _host, _json
from meadhall.message import FriendList, FriendsOfFriendsList


class FriendState(IntEnum):
    """What another user is to a user."""

    FRIEND = 0
    """A friend."""
    INVITE_SENT = 1
    """Invited by the user."""
    INVITE_RECEIVED = 2
    """Invites the user."""
    BLOCKED = 3
    """Blocked by the user."""


_list = _host.function("friend", "list")
_list_of_friends = _host.function("friend", "list_of_friends")
_add = _host.function("friend", "add")
_delete = _host.function("friend", "delete")
_block = _host.function("friend", "block")


def list(
    user_id: str, limit: int = 100, *, state: FriendState | None = None, cursor: str | None = None
) -> FriendList:
    """One page of a user's edges, all or of one state, 1 to 100. The cursor is one of an earlier page with the same
    state. Invalid argument (3) for another limit, or a cursor that is not of this list."""
    return FriendList.read(_list(user_id, limit, state, cursor or ""))


def list_of_friends(user_id: str, limit: int = 100, *, cursor: str | None = None) -> FriendsOfFriendsList:
    """One page of the friends of a user's friends, 1 to 100. The cursor is one of an earlier page."""
    return FriendsOfFriendsList.read(_list_of_friends(user_id, limit, cursor or ""))


def add(
    user_id: str,
    ids: Iterable[str] = (),
    usernames: Iterable[str] = (),
    *,
    metadata: Mapping[str, Any] | None = None,
) -> None:
    """The user asks others, at most 100, by id or by name, to be friends, and accepts those who have asked. `metadata` is
    kept with the user's side of the edge.

    Invalid argument (3) for oneself, for ids that are no UUIDs and for too many; not found (5) when the user does not
    exist.
    """
    _add(user_id, List(ids), List(usernames), "" if metadata is None else _json.encode(metadata))


def delete(user_id: str, ids: Iterable[str] = (), usernames: Iterable[str] = ()) -> None:
    """The user ends friendships, takes invitations back, refuses them, and unblocks; at most 100."""
    _delete(user_id, List(ids), List(usernames))


def block(user_id: str, ids: Iterable[str] = (), usernames: Iterable[str] = ()) -> None:
    """The user blocks others, at most 100, which ends what was between them. Fails as `add`."""
    _block(user_id, List(ids), List(usernames))
