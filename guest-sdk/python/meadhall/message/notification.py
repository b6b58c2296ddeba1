"""Messages about notifications. The fields `…_time` are RFC 3339 in UTC, which `datetime.fromisoformat` reads."""

from meadhall.message.base import Message


class Notification(Message):
    """What a user is told."""

    id: str = ""
    """A UUID."""
    subject: str = ""
    """What it is about."""
    content: str = ""
    """A JSON object, as text."""
    code: int = 0
    """Above 0 for the game's own; 0 and below are the server's."""
    sender_id: str = ""
    """Who sent it, a UUID; empty or nil for the server itself."""
    create_time: str | None = None
    """When."""
    persistent: bool = False
    """Whether it is kept until the user deletes it."""


class NotificationList(Message):
    """One page of the notifications that are kept for a user."""

    notifications: list[Notification] = []
    """The notifications, oldest first."""
    cacheable_cursor: str = ""
    """Where newer ones will be."""


class ListNotificationsRequest(Message):
    """Reading one's notifications."""

    limit: int | None = None
    """How many, 1 to 100; absent means 1."""
    cacheable_cursor: str = ""
    """Where to go on, from an earlier page."""


class DeleteNotificationsRequest(Message):
    """Deleting notifications of one's own."""

    ids: list[str] = []
    """Which."""
