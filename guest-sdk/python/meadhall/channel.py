"""Chat channels: messages that are sent, and the history that is kept. A plugin need not be a member.

    hall = channel.room("hall")
    channel.send(hall, {"text": "the mead is ready"})
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final, cast

from meadhall import _host, _json
from meadhall.message import ChannelMessage, ChannelMessageAck, ChannelMessageList, ReadMarker, ReadMarkerList


class Kind(IntEnum):
    """What kind of channel."""

    ROOM = 0
    """A room, by its name."""
    DIRECT = 1
    """Two users, by their ids."""
    GROUP = 2
    """A group, by its id."""


@dataclass(frozen=True, slots=True)
class Sender:
    """In whose name a message is sent: `Sender(ctx.user_id, ctx.username)`."""

    id: str
    """A user's UUID, or empty for the server itself."""
    username: str
    """The name shown with the message."""


SERVER: Final = Sender("", "")
"""The server itself."""

_build_id = _host.function("channel", "build_id")
_send = _host.function("channel", "send")
_update = _host.function("channel", "update")
_remove = _host.function("channel", "remove")
_list = _host.function("channel", "list")
_list_from = _host.function("channel", "list_from")
_get = _host.function("channel", "get")
_read_marker = _host.function("channel", "read_marker")
_mark_read = _host.function("channel", "mark_read")
_read_markers = _host.function("channel", "read_markers")


def room(name: str) -> str:
    """The id of a room. Invalid argument (3) for a name that no room can have."""
    return build_id("", name, Kind.ROOM)


def direct(user_id: str, other_user_id: str) -> str:
    """The id of the direct channel of two users. Invalid argument (3) for ids that are no UUIDs."""
    return build_id(user_id, other_user_id, Kind.DIRECT)


def group(group_id: str) -> str:
    """The id of a group's channel. Invalid argument (3) for an id that is no UUID."""
    return build_id("", group_id, Kind.GROUP)


def build_id(sender: str, target: str, kind: Kind) -> str:
    """The id of a channel of any kind. `sender` is the other user of a direct channel, and ignored for the others."""
    return cast(str, _build_id(sender, target, kind))


def send(
    channel_id: str, content: Mapping[str, Any], sender: Sender = SERVER, *, persist: bool = True
) -> ChannelMessageAck:
    """Sends a message. `content` becomes a JSON object, at most 64 KiB. With `persist` it is on disk before this returns.

    Invalid argument (3) for a channel that cannot be.
    """
    return ChannelMessageAck.read(_send(channel_id, _json.encode(content), sender, persist))


def update(
    channel_id: str, message_id: str, content: Mapping[str, Any], sender: Sender = SERVER, *, persist: bool = True
) -> ChannelMessageAck:
    """Changes a message's content. Not found (5) when the sender has no such message."""
    return ChannelMessageAck.read(_update(channel_id, message_id, _json.encode(content), sender, persist))


def remove(
    channel_id: str, message_id: str, sender: Sender = SERVER, *, persist: bool = True
) -> ChannelMessageAck:
    """Removes a message. Not found (5) when the sender has no such message."""
    return ChannelMessageAck.read(_remove(channel_id, message_id, sender, persist))


def list(channel_id: str, limit: int = 100, *, forward: bool = True, cursor: str | None = None) -> ChannelMessageList:
    """One page of a channel's history, 1 to 100 messages. The cursor is one of an earlier page.

    Invalid argument (3) for another limit, or a cursor that is not of this channel and direction.
    """
    return ChannelMessageList.read(_list(channel_id, limit, forward, cursor or ""))


def list_from(channel_id: str, from_ms: int, limit: int = 100, *, forward: bool = True) -> ChannelMessageList:
    """The page of a channel's history that begins at a moment, in milliseconds since the Unix epoch: what was sent at it
    and after, or before it where `forward` is false. `list` goes on from the page's cursors."""
    return ChannelMessageList.read(_list_from(channel_id, from_ms, limit, forward))


def get(channel_id: str, message_id: str) -> ChannelMessage:
    """One message of a channel's history. Not found (5) when it is not there."""
    return ChannelMessage.read(_get(channel_id, message_id))


def read_marker(user_id: str, channel_id: str) -> ReadMarker:
    """How far a user has read a channel, and how much is unread.

    Invalid argument (3) for a channel that cannot be, or that the user may not read.
    """
    return ReadMarker.read(_read_marker(user_id, channel_id))


def mark_read(user_id: str, channel_id: str, message_id: str | None = None) -> ReadMarker:
    """Says that a user has read a channel up to a message, or all of it when none is named. A marker never goes back;
    returns where it is now. Fails as `read_marker`."""
    return ReadMarker.read(_mark_read(user_id, channel_id, message_id))


def read_markers(user_id: str, limit: int = 100, *, cursor: str | None = None) -> ReadMarkerList:
    """One page of the channels that a user has marked, 1 to 100. The cursor is one of an earlier page."""
    return ReadMarkerList.read(_read_markers(user_id, limit, cursor or ""))
