"""Streams: who is in them, and what is sent to them.

    hall = Stream(142, label="Global")
    stream.join(hall, ctx.session)
    stream.send(hall, "welcome")
"""

from builtins import list as List  # `list` is a function here
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar, cast

from meadhall import _host, _json
from meadhall.error import PluginError

_wit = _host.module("imports.stream")


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream: the address that presences join and data is sent to."""

    NOTIFICATIONS: ClassVar[int] = 0
    """The mode of a user's notifications."""
    STATUS: ClassVar[int] = 1
    """The mode of a user's status."""
    ROOM: ClassVar[int] = 2
    """The mode of a chat room."""
    GROUP: ClassVar[int] = 3
    """The mode of a group's chat."""
    DIRECT: ClassVar[int] = 4
    """The mode of a direct chat of two users."""

    mode: int
    """0 to 4 are built in, 5 to 7 are refused, 8 to 255 are free."""
    subject: str = ""
    """A UUID, or empty for none."""
    subcontext: str = ""
    """A UUID, or empty for none."""
    label: str = ""
    """Any text, at most 128 bytes."""

    @classmethod
    def notifications(cls, user_id: str) -> "Stream":
        """Mode 0: the notifications of a user."""
        return cls(cls.NOTIFICATIONS, subject=user_id)

    @classmethod
    def status(cls, user_id: str) -> "Stream":
        """Mode 1: the status of a user."""
        return cls(cls.STATUS, subject=user_id)

    @classmethod
    def room(cls, name: str) -> "Stream":
        """Mode 2: a chat room."""
        return cls(cls.ROOM, label=name)

    @classmethod
    def group(cls, group_id: str) -> "Stream":
        """Mode 3: the chat of a group."""
        return cls(cls.GROUP, subject=group_id)

    @classmethod
    def of_channel(cls, channel_id: str) -> "Stream":
        """The stream behind a channel: its members are who is there. Invalid argument (3) for what is no channel's id."""
        match channel_id.split(".", 3):
            case ["2", subject, subcontext, label] if label:
                return cls(cls.ROOM, subject, subcontext, label)
            case ["3", subject, subcontext, label] if subject:
                return cls(cls.GROUP, subject, subcontext, label)
            case ["4", subject, subcontext, label] if subject and subcontext:
                return cls(cls.DIRECT, subject, subcontext, label)
        raise PluginError.invalid_argument(f'"{channel_id}" is no channel id')


@dataclass(frozen=True, slots=True)
class PresenceId:
    """Which presence: a user may be in a stream once for each of their sessions."""

    user_id: str
    """The user's UUID."""
    session_id: str
    """The session's UUID."""


@dataclass(frozen=True, slots=True)
class PresenceMeta:
    """What a presence carries."""

    username: str
    """The user's name when they joined."""
    hidden: bool
    """A hidden presence receives everything, is not listed to clients and causes no presence events."""
    persistence: bool
    """Whether what this presence sends is stored, where the stream stores anything."""
    status: str
    """Free text that others see, at most 2048 bytes."""


@dataclass(frozen=True, slots=True)
class Presence:
    """One member of a stream."""

    id: PresenceId
    """Who, on which session."""
    meta: PresenceMeta
    """What it carries."""


class Show(Enum):
    """Which presences a list shows."""

    ALL = (True, True)
    """All."""
    VISIBLE = (False, True)
    """Those that clients see."""
    HIDDEN = (True, False)
    """Only the hidden ones."""


_join = _host.function("stream", "join")
_update = _host.function("stream", "update")
_leave = _host.function("stream", "leave")
_send = _host.function("stream", "send")
_send_envelope = _host.function("stream", "send_envelope")
_close = _host.function("stream", "close")
_count = _host.function("stream", "count")
_list = _host.function("stream", "list")
_get = _host.function("stream", "get")


def join(
    stream: Stream, who: PresenceId, *, hidden: bool = False, persistence: bool = False, status: str = ""
) -> bool:
    """Adds a session to a stream. True when it was not there yet; otherwise nothing changes.

    Not found (5) when the session is not connected, invalid argument (3) for ids that are no UUIDs.
    """
    return cast(bool, _join(stream, who, _wit.JoinOptions(hidden, persistence, status)))


def update(
    stream: Stream, who: PresenceId, *, hidden: bool = False, persistence: bool = False, status: str = ""
) -> None:
    """Changes how a presence stands in a stream, and joins it when it is not there. Fails as `join`."""
    _update(stream, who, _wit.JoinOptions(hidden, persistence, status))


def leave(stream: Stream, who: PresenceId) -> None:
    """Takes a session off a stream; nothing happens when it is not there."""
    _leave(stream, who)


def send(stream: Stream, data: str, only: Sequence[PresenceId] = (), *, reliable: bool = True) -> None:
    """Sends text, at most 64 KiB, to the members of a stream, or only to those named."""
    _send(stream, data, List(only), reliable)


def send_envelope(
    stream: Stream, envelope: Mapping[str, Any], only: Sequence[PresenceId] = (), *, reliable: bool = True
) -> None:
    """Sends a realtime envelope, such as `{"notifications": {…}}`, to the members of a stream, or only to those named.

    Invalid argument (3) for what is no envelope.
    """
    _send_envelope(stream, _json.encode(envelope), List(only), reliable)


def close(stream: Stream) -> None:
    """Takes everybody off a stream, without presence events."""
    _close(stream)


def count(stream: Stream) -> int:
    """How many are in a stream, hidden ones included."""
    return cast(int, _count(stream))


def list(stream: Stream, show: Show = Show.ALL) -> List[Presence]:
    """Who is in a stream."""
    found = _list(stream, *show.value)
    return [Presence(PresenceId(it.id.user_id, it.id.session_id), _meta(it.meta)) for it in found]


def get(stream: Stream, who: PresenceId) -> PresenceMeta | None:
    """What one presence carries; None when it is not in the stream."""
    found = _get(stream, who)
    return _meta(found) if found else None


def _meta(found: Any) -> PresenceMeta:
    return PresenceMeta(found.username, found.hidden, found.persistence, found.status)
