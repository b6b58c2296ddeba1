"""Notifications: what a user is told, live on every socket and, where wanted, kept until they delete it.

    gift = NewNotification(ctx.user_id, "a gift", {"gold": 5}, code=1, persistent=True)
    notification.send([gift])
"""

from builtins import list as List  # `list` is a function here
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from meadhall import _host, _json
from meadhall.message import NotificationList

_wit = _host.module("imports.notification")


@dataclass(frozen=True, slots=True)
class NewNotification:
    """A notification to send."""

    user_id: str
    """To whom: a user's UUID."""
    subject: str
    """What it is about, in a few words: 1 to 255 characters."""
    content: Mapping[str, Any]
    """A JSON object, at most 64 KiB."""
    code: int
    """What kind, for clients to tell by: above 0, since 0 and below are the server's own."""
    sender_id: str = ""
    """Who sends it: a user's UUID, or empty for the server itself."""
    persistent: bool = False
    """Whether it is kept until the user deletes it. Otherwise only the sockets of the moment get it."""


_send = _host.function("notification", "send")
_list = _host.function("notification", "list")
_delete = _host.function("notification", "delete")


def send(notifications: Iterable[NewNotification]) -> None:
    """Sends notifications, at most 100, all or none. Those that are kept are on disk before this returns.

    Invalid argument (3) for a code that is not above 0, an empty subject, an id that is no UUID, or too many.
    """
    _send(
        [
            _wit.NewNotification(
                it.user_id, it.subject, _json.encode(it.content), it.code, it.sender_id, it.persistent
            )
            for it in notifications
        ]
    )


def list(user_id: str, limit: int = 100, *, cursor: str | None = None) -> NotificationList:
    """One page of the notifications that are kept for a user, oldest first, 1 to 100. The cursor is one of an earlier
    page. Invalid argument (3) for another limit, or a cursor that is not of this list."""
    return NotificationList.read(_list(user_id, limit, cursor or ""))


def delete(user_id: str, ids: Iterable[str]) -> None:
    """Deletes notifications that are kept for a user, at most 100; unknown ones are ignored."""
    _delete(user_id, List(ids))
