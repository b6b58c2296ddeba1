"""Messages about friends. The fields `…_time` are RFC 3339 in UTC, which `datetime.fromisoformat` reads."""

from meadhall.message.account import User
from meadhall.message.base import Message


class Friend(Message):
    """A user, and what they are to another one."""

    user: User | None = None
    """The user."""
    state: int | None = None
    """0 for a friend, 1 for one who is invited, 2 for one who invites, 3 for one who is blocked."""
    update_time: str | None = None
    """When it changed last."""
    metadata: str = ""
    """A JSON object, as text."""


class FriendList(Message):
    """One page of a user's edges."""

    friends: list[Friend] = []
    """The edges, by state."""
    cursor: str = ""
    """Where the next page begins; empty when this is the last."""


class FriendOfFriend(Message):
    """A friend of a friend."""

    referrer: str = ""
    """The friend whose friend it is, a UUID."""
    user: User | None = None
    """The user."""


class FriendsOfFriendsList(Message):
    """One page of the friends of a user's friends."""

    friends_of_friends: list[FriendOfFriend] = []
    """The users."""
    cursor: str = ""
    """Where the next page begins; empty when this is the last."""


class AddFriendsRequest(Message):
    """Asking users to be friends, or accepting those who have asked."""

    ids: list[str] = []
    """By id."""
    usernames: list[str] = []
    """By user name."""
    metadata: str = ""
    """A JSON object, as text; empty for none."""


class BlockFriendsRequest(Message):
    """Blocking users."""

    ids: list[str] = []
    """By id."""
    usernames: list[str] = []
    """By user name."""


class DeleteFriendsRequest(Message):
    """Ending friendships, invitations and blocks."""

    ids: list[str] = []
    """By id."""
    usernames: list[str] = []
    """By user name."""


class ListFriendsRequest(Message):
    """Reading one's edges."""

    limit: int | None = None
    """How many, 1 to 1000; absent means 1000."""
    state: int | None = None
    """Those of one state; absent means all."""
    cursor: str = ""
    """Where to go on, from an earlier page."""


class ListFriendsOfFriendsRequest(Message):
    """Reading the friends of one's friends."""

    limit: int | None = None
    """How many; absent means the default."""
    cursor: str = ""
    """Where to go on, from an earlier page."""
