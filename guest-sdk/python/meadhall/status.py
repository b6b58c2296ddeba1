"""The online statuses of users: who shows one, and which sessions are told of it.

    status.update(ctx.session.session_id, "at the long table")
    here = status.follow(ctx.session.session_id, usernames=["bjorn"])
"""

from builtins import list as List  # `list` is a function here
from collections.abc import Iterable
from typing import cast

from meadhall import _host
from meadhall.message import Status, UserPresence

_follow = _host.function("status", "follow")
_unfollow = _host.function("status", "unfollow")
_update = _host.function("status", "update")
_online = _host.function("status", "online")
_list = _host.function("status", "list")


def follow(session_id: str, ids: Iterable[str] = (), usernames: Iterable[str] = ()) -> List[UserPresence]:
    """The session is told from now on when the status of these users changes, at most 100, by id or by name; unknown ones
    are left out. Returns the statuses that they show now. Not found (5) when the session is not connected."""
    return Status.read(_follow(session_id, List(ids), List(usernames))).presences


def unfollow(session_id: str, user_ids: Iterable[str]) -> None:
    """The session is no longer told of these users, at most 100. Nothing happens when it is not connected."""
    _unfollow(session_id, List(user_ids))


def update(session_id: str, status: str | None) -> None:
    """The session shows a status, at most 2048 bytes; with None it goes offline. Not found (5) when the session is not
    connected."""
    _update(session_id, status)


def online(user_ids: Iterable[str]) -> List[str]:
    """Which of these users are online, at most 100: those who show a status on some session."""
    return cast(List[str], _online(List(user_ids)))


def list(user_ids: Iterable[str]) -> List[UserPresence]:
    """The statuses that these users show, at most 100 users, one for each session."""
    return Status.read(_list(List(user_ids))).presences
