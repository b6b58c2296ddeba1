"""Messages about chat channels. The fields `…_time` are RFC 3339 in UTC, which `datetime.fromisoformat` reads."""

from meadhall.message.base import Message


class ChannelJoin(Message):
    """Joining a channel."""

    target: str = ""
    """A room's name, a user's id or a group's id."""
    type: int = 0
    """1 for a room, 2 for a direct channel, 3 for a group's."""
    persistence: bool | None = None
    """Whether one's messages are stored; absent means yes."""
    hidden: bool | None = None
    """Whether one is hidden from the others; absent means no."""


class ChannelLeave(Message):
    """Leaving a channel."""

    channel_id: str = ""
    """Which."""


class ChannelMessageSend(Message):
    """Sending a message."""

    channel_id: str = ""
    """Where to."""
    content: str = ""
    """A JSON object, as text."""


class ChannelMessageUpdate(Message):
    """Changing a message."""

    channel_id: str = ""
    """Where it is."""
    message_id: str = ""
    """Which."""
    content: str = ""
    """A JSON object, as text."""


class ChannelMessageRemove(Message):
    """Removing a message."""

    channel_id: str = ""
    """Where it is."""
    message_id: str = ""
    """Which."""


class ChannelMessageAck(Message):
    """That a message was sent, changed or removed."""

    channel_id: str = ""
    """Where."""
    message_id: str = ""
    """Which."""
    code: int | None = None
    """0 for a message, 1 for a change, 2 for a removal."""
    username: str = ""
    """The sender's name."""
    create_time: str | None = None
    """When it was sent."""
    update_time: str | None = None
    """When it was last changed."""
    persistent: bool | None = None
    """Whether it is stored."""
    room_name: str = ""
    """The room's name, in a room."""
    group_id: str = ""
    """The group's id, in a group's channel."""
    user_id_one: str = ""
    """The first user's id, in a direct channel."""
    user_id_two: str = ""
    """The second user's id, in a direct channel."""


class ChannelMessage(Message):
    """A message in a channel."""

    channel_id: str = ""
    """Where."""
    message_id: str = ""
    """Which."""
    code: int | None = None
    """0 for a message, 1 for a change, 2 for a removal; above, what the server says."""
    sender_id: str = ""
    """Who sent it, a UUID."""
    username: str = ""
    """The sender's name."""
    content: str = ""
    """A JSON object, as text."""
    create_time: str | None = None
    """When it was sent."""
    update_time: str | None = None
    """When it was last changed."""
    persistent: bool | None = None
    """Whether it is stored."""
    room_name: str = ""
    """The room's name, in a room."""
    group_id: str = ""
    """The group's id, in a group's channel."""
    user_id_one: str = ""
    """The first user's id, in a direct channel."""
    user_id_two: str = ""
    """The second user's id, in a direct channel."""


class ListChannelMessagesRequest(Message):
    """Reading a channel's history."""

    channel_id: str = ""
    """Which."""
    limit: int | None = None
    """How many, 1 to 100; absent means 1."""
    forward: bool | None = None
    """Whether the oldest come first; absent means yes."""
    cursor: str = ""
    """Where to go on, from an earlier page."""
    from_time: str | None = None
    """Where to begin instead; not beside a cursor."""


class ChannelMessageList(Message):
    """One page of a channel's history."""

    messages: list[ChannelMessage] = []
    """The messages."""
    next_cursor: str = ""
    """Where the next page begins; empty when this is the last."""
    prev_cursor: str = ""
    """Where the page before this one begins; empty when there is none."""
    cacheable_cursor: str = ""
    """Where messages newer than these will be."""


class ReadMarker(Message):
    """How far a user has read a channel."""

    channel_id: str = ""
    """Which channel."""
    message_id: str = ""
    """The last message that was read; empty while none was."""
    update_time: str | None = None
    """When that was said."""
    unread_count: int | None = None
    """How many messages of others follow it; 1000 stands for 1000 and more."""


class ReadMarkerList(Message):
    """One page of a user's read markers."""

    markers: list[ReadMarker] = []
    """The markers."""
    cursor: str = ""
    """Where the next page begins; empty when this is the last."""


class GetReadMarkerRequest(Message):
    """Asking how far one has read a channel."""

    channel_id: str = ""
    """Which."""


class UpdateReadMarkerRequest(Message):
    """Saying how far one has read a channel; a marker never goes back."""

    channel_id: str = ""
    """Which."""
    message_id: str = ""
    """Up to which message; the last one when empty."""


class ListReadMarkersRequest(Message):
    """Reading one's markers."""

    limit: int | None = None
    """How many, 1 to 100; absent means 100."""
    cursor: str = ""
    """Where to go on, from an earlier page."""


class UserPresence(Message):
    """Someone in a channel."""

    user_id: str = ""
    """A UUID."""
    session_id: str = ""
    """A UUID."""
    username: str = ""
    """Their name."""
    persistence: bool = False
    """Whether their messages are stored."""
    status: str | None = None
    """Their status; absent where there is none."""


class Channel(Message):
    """A channel that one has joined."""

    id: str = ""
    """Its id."""
    presences: list[UserPresence] = []
    """Who else is there."""
    self_presence: UserPresence | None = None
    """Oneself."""
    room_name: str = ""
    """The room's name, in a room."""
    group_id: str = ""
    """The group's id, in a group's channel."""
    user_id_one: str = ""
    """The first user's id, in a direct channel."""
    user_id_two: str = ""
    """The second user's id, in a direct channel."""
