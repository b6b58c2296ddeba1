"""Messages about groups. The fields `…_time` are RFC 3339 in UTC, which `datetime.fromisoformat` reads."""

from meadhall.message.account import User
from meadhall.message.base import Message


class Group(Message):
    """A group."""

    id: str = ""
    """A UUID."""
    creator_id: str = ""
    """Who made it, a UUID."""
    name: str = ""
    """Its name, which no other group has."""
    description: str = ""
    """What it is about."""
    lang_tag: str = ""
    """The language, such as `en`."""
    metadata: str = ""
    """What the game keeps with the group, a JSON object."""
    avatar_url: str = ""
    """Where the picture is."""
    open: bool | None = None
    """Whether everybody may join; otherwise they ask."""
    edge_count: int = 0
    """How many members it has."""
    max_count: int = 0
    """How many there may be."""
    create_time: str | None = None
    """When it was made."""
    update_time: str | None = None
    """When it was last changed."""


class GroupList(Message):
    """One page of groups."""

    groups: list[Group] = []
    """The groups."""
    cursor: str = ""
    """Where the next page begins; empty when this is the last."""


class GroupUser(Message):
    """A user of a group."""

    user: User | None = None
    """The user."""
    state: int | None = None
    """0 for a superadmin, 1 for an admin, 2 for a member, 3 for one who asks to join, 4 for one who is banned."""


class GroupUserList(Message):
    """One page of a group's users."""

    group_users: list[GroupUser] = []
    """The users, by state."""
    cursor: str = ""
    """Where the next page begins; empty when this is the last."""


class UserGroup(Message):
    """A group of a user."""

    group: Group | None = None
    """The group."""
    state: int | None = None
    """The user's state there, as in `GroupUser`."""


class UserGroupList(Message):
    """One page of a user's groups."""

    user_groups: list[UserGroup] = []
    """The groups, by state."""
    cursor: str = ""
    """Where the next page begins; empty when this is the last."""


class CreateGroupRequest(Message):
    """Making a group."""

    name: str = ""
    """Its name, 1 to 255 bytes."""
    description: str = ""
    """What it is about."""
    lang_tag: str = ""
    """The language; `en` when empty."""
    avatar_url: str = ""
    """Where the picture is."""
    open: bool = False
    """Whether everybody may join; otherwise they ask."""
    max_count: int = 0
    """How many members there may be; 100 when absent."""


class UpdateGroupRequest(Message):
    """Changing a group: what is absent stays."""

    group_id: str = ""
    """Which."""
    name: str | None = None
    """Its name."""
    description: str | None = None
    """What it is about."""
    lang_tag: str | None = None
    """The language."""
    avatar_url: str | None = None
    """Where the picture is."""
    open: bool | None = None
    """Whether everybody may join."""


class DeleteGroupRequest(Message):
    """Deleting a group."""

    group_id: str = ""
    """Which."""


class JoinGroupRequest(Message):
    """Joining a group, or asking to."""

    group_id: str = ""
    """Which."""


class LeaveGroupRequest(Message):
    """Leaving a group."""

    group_id: str = ""
    """Which."""


class AddGroupUsersRequest(Message):
    """Adding users to a group, or accepting those who have asked."""

    group_id: str = ""
    """Which group."""
    user_ids: list[str] = []
    """Whom."""


class KickGroupUsersRequest(Message):
    """Taking users out of a group, or refusing those who have asked."""

    group_id: str = ""
    """Which group."""
    user_ids: list[str] = []
    """Whom."""


class BanGroupUsersRequest(Message):
    """Taking users out of a group for good."""

    group_id: str = ""
    """Which group."""
    user_ids: list[str] = []
    """Whom."""


class PromoteGroupUsersRequest(Message):
    """Raising users of a group by one rank."""

    group_id: str = ""
    """Which group."""
    user_ids: list[str] = []
    """Whom."""


class DemoteGroupUsersRequest(Message):
    """Lowering users of a group by one rank."""

    group_id: str = ""
    """Which group."""
    user_ids: list[str] = []
    """Whom."""


class ListGroupsRequest(Message):
    """Reading groups."""

    name: str = ""
    """The whole name, or its beginning and a `%`. Stands alone."""
    cursor: str = ""
    """Where to go on, from an earlier page."""
    limit: int | None = None
    """How many, 1 to 100; absent means 1."""
    lang_tag: str = ""
    """Of this language."""
    members: int | None = None
    """With at most so many members."""
    open: bool | None = None
    """Only open ones, or only closed ones."""


class ListGroupUsersRequest(Message):
    """Reading the users of a group."""

    group_id: str = ""
    """Which."""
    limit: int | None = None
    """How many, 1 to 100; absent means 100."""
    state: int | None = None
    """Those of one state; absent means all."""
    cursor: str = ""
    """Where to go on, from an earlier page."""


class ListUserGroupsRequest(Message):
    """Reading the groups of a user."""

    user_id: str = ""
    """Whose."""
    limit: int | None = None
    """How many, 1 to 100; absent means 100."""
    state: int | None = None
    """Those of one state; absent means all."""
    cursor: str = ""
    """Where to go on, from an earlier page."""
