"""Messages about online statuses."""

from meadhall.message.base import Message
from meadhall.message.channel import UserPresence


class StatusFollow(Message):
    """Wanting to be told of the statuses of users."""

    user_ids: list[str] = []
    """By id."""
    usernames: list[str] = []
    """By user name."""


class StatusUnfollow(Message):
    """Wanting it no more."""

    user_ids: list[str] = []
    """Of whom."""


class StatusUpdate(Message):
    """Showing a status."""

    status: str | None = None
    """Free text, at most 2048 bytes; absent to go offline."""


class Status(Message):
    """Who is online."""

    presences: list[UserPresence] = []
    """The statuses, one for each session."""
