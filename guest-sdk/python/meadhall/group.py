"""Groups: users with a name, a chat channel of their own, and ranks.

An `actor` is the id of the user in whose name something is done, who needs the rank for it, or `group.SERVER`, which may
do everything.

    table = group.create(ctx.user_id, name="The Long Table", open=True)
    group.add(group.SERVER, table.id, ["6a1c1b1e-0000-4000-8000-000000000001"])
"""

from builtins import list as List  # `list` is a function here
from collections.abc import Iterable
from enum import IntEnum
from typing import Any, Final, Required, TypedDict, Unpack

from meadhall import _host, _json
from meadhall.message import Group, GroupList, GroupUserList, UserGroupList

SERVER: Final = ""
"""The server itself as actor: it may do everything."""


class GroupState(IntEnum):
    """A user's place in a group."""

    SUPERADMIN = 0
    """Owns it."""
    ADMIN = 1
    """Manages members."""
    MEMBER = 2
    """Is in it."""
    JOIN_REQUEST = 3
    """Asks to be."""
    BANNED = 4
    """Must not be."""


class GroupChanges(TypedDict, total=False):
    """What to change of a group: what is absent stays."""

    name: str
    """1 to 255 bytes, and not taken."""
    description: str
    """What it is about."""
    lang_tag: str
    """The language, such as `en`."""
    avatar_url: str
    """Where the picture is."""
    open: bool
    """Whether everybody may join; otherwise they ask."""
    max_count: int
    """How many members there may be, not fewer than there are."""
    metadata: dict[str, Any]
    """What the game keeps with the group. Everybody can read it; only plugins can write it."""


class NewGroup(TypedDict, total=False):
    """A group to make. What is absent gets its default: language `en`, closed, 100 members."""

    name: Required[str]
    """1 to 255 bytes, and not taken."""
    description: str
    """What it is about."""
    lang_tag: str
    """The language, such as `en`."""
    avatar_url: str
    """Where the picture is."""
    open: bool
    """Whether everybody may join; otherwise they ask."""
    max_count: int
    """How many members there may be."""
    metadata: dict[str, Any]
    """What the game keeps with the group. Everybody can read it; only plugins can write it."""


class GroupFilter(TypedDict, total=False):
    """Which groups to list. The name stands alone; the others combine."""

    name: str
    """The whole name in any case, or its beginning and a `%`."""
    open: bool
    """Only open ones, or only closed ones."""
    lang_tag: str
    """Of exactly this language."""
    members: int
    """With at most so many members."""


_create = _host.function("group", "create")
_update = _host.function("group", "update")
_delete = _host.function("group", "delete")
_get = _host.function("group", "get")
_list = _host.function("group", "list")
_users = _host.function("group", "users")
_of_user = _host.function("group", "of_user")
_join = _host.function("group", "join")
_leave = _host.function("group", "leave")
_add = _host.function("group", "add")
_kick = _host.function("group", "kick")
_ban = _host.function("group", "ban")
_promote = _host.function("group", "promote")
_demote = _host.function("group", "demote")


def create(creator: str, **new: Unpack[NewGroup]) -> Group:
    """Makes a group, whose superadmin is the user `creator`.

    Already exists (6) when the name is taken, invalid argument (3) for a value that cannot be.
    """
    return Group.read(_create(creator, _json.encode(new)))


def update(actor: str, group_id: str, **changes: Unpack[GroupChanges]) -> None:
    """Changes a group. Fails as `create`, not found (5) when there is no such group, and when the actor lacks the rank."""
    _update(actor, group_id, _json.encode(changes))


def delete(actor: str, group_id: str) -> None:
    """Deletes a group and closes its channel."""
    _delete(actor, group_id)


def get(ids: Iterable[str]) -> List[Group]:
    """The groups with these ids, at most 100; unknown ones are left out."""
    return GroupList.read(_get(List(ids))).groups


def list(filter: GroupFilter | None = None, limit: int = 100, *, cursor: str | None = None) -> GroupList:
    """One page of groups, 1 to 100. The cursor is one of an earlier page with the same filter.

    Invalid argument (3) for another limit, a filter that cannot be, or a cursor that is not of this list.
    """
    return GroupList.read(_list(_json.encode(filter or {}), limit, cursor or ""))


def users(
    group_id: str, limit: int = 100, *, state: GroupState | None = None, cursor: str | None = None
) -> GroupUserList:
    """One page of a group's users, 1 to 100: all but the banned, or those of one state. The cursor is one of an earlier
    page with the same state."""
    return GroupUserList.read(_users(group_id, limit, state, cursor or ""))


def of_user(
    user_id: str, limit: int = 100, *, state: GroupState | None = None, cursor: str | None = None
) -> UserGroupList:
    """One page of a user's groups, 1 to 100, all or those where the user has one state. The cursor is one of an earlier
    page with the same state."""
    return UserGroupList.read(_of_user(user_id, limit, state, cursor or ""))


def join(user_id: str, group_id: str) -> None:
    """The user joins an open group, or asks to join a closed one."""
    _join(user_id, group_id)


def leave(user_id: str, group_id: str) -> None:
    """The user leaves a group, or takes their request back. Refused for its last superadmin."""
    _leave(user_id, group_id)


def add(actor: str, group_id: str, user_ids: Iterable[str]) -> None:
    """Adds users, at most 100, or accepts their requests."""
    _add(actor, group_id, List(user_ids))


def kick(actor: str, group_id: str, user_ids: Iterable[str]) -> None:
    """Takes users out, at most 100, refuses their requests, or lifts their ban."""
    _kick(actor, group_id, List(user_ids))


def ban(actor: str, group_id: str, user_ids: Iterable[str]) -> None:
    """Takes users out for good, at most 100: joining has no effect for them until a kick lifts the ban. Those who neither
    are in the group nor ask to be are passed over."""
    _ban(actor, group_id, List(user_ids))


def promote(actor: str, group_id: str, user_ids: Iterable[str]) -> None:
    """Raises users by one rank, at most 100."""
    _promote(actor, group_id, List(user_ids))


def demote(actor: str, group_id: str, user_ids: Iterable[str]) -> None:
    """Lowers users by one rank, at most 100."""
    _demote(actor, group_id, List(user_ids))
