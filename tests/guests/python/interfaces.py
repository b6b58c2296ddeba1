"""A call of every function of every interface. `ann` and `bob` are users, `session` is a session of Ann's."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from meadhall import (
    Condition,
    Context,
    GroupState,
    NewNotification,
    ObjectId,
    PresenceId,
    Put,
    Removal,
    Sender,
    Show,
    Stream,
    account,
    channel,
    event,
    file,
    friend,
    group,
    http,
    log,
    metrics,
    notification,
    session,
    status,
    storage,
    stream,
    users,
)

Call = Callable[[Context, dict[str, str]], Any]
HALL = Stream(142, label="hall")
OBJECT = ObjectId("things", "horn")
made: dict[str, str] = {}


def _ann(arguments: dict[str, str]) -> PresenceId:
    return PresenceId(arguments["ann"], arguments["session"])


def _sent(_ctx: Context, a: dict[str, str]) -> Any:
    made["room"] = channel.room("hall")
    made["message"] = channel.send(made["room"], {"text": "skål"}, Sender(a["ann"], "ann")).message_id
    return channel.send(made["room"], {"text": "from the server"}).username


def _created(_ctx: Context, a: dict[str, str]) -> Any:
    found = group.create(a["ann"], name="ravens", open=True, metadata={"colour": "black"})
    made["group"] = found.id
    return [found.name, found.open, found.metadata]


def _written(_ctx: Context, _a: dict[str, str]) -> Any:
    made["version"] = storage.put(OBJECT, {"notes": 3})
    made["other"] = storage.write([Put(ObjectId("things", "harp"), {"strings": 7}, Condition.absent())])[0]
    return len(made["version"]) > 0


INTERFACES: dict[str, dict[str, Call]] = {
    "stream": {
        "join": lambda _, a: stream.join(HALL, _ann(a), status="here"),
        "update": lambda _, a: stream.update(HALL, _ann(a), status="there", persistence=True),
        "send": lambda _, a: [stream.send(HALL, "hello"), stream.send(HALL, "you", [_ann(a)], reliable=False)],
        "send_envelope": lambda _, a: stream.send_envelope(HALL, {"notifications": {"notifications": []}}),
        "count": lambda _, a: stream.count(HALL),
        "list": lambda _, a: [asdict(it.meta) for it in stream.list(HALL, Show.VISIBLE)],
        "get": lambda _, a: asdict(stream.get(HALL, _ann(a)) or HALL),
        "leave": lambda _, a: stream.leave(HALL, _ann(a)),
        "gone": lambda _, a: stream.get(HALL, _ann(a)),
        "close": lambda _, a: stream.close(HALL),
    },
    "channel": {
        "send": _sent,
        "direct": lambda _, a: channel.direct(a["ann"], a["bob"]).startswith("4."),
        "group": lambda _, a: channel.group(a["ann"]) == f"3.{a['ann']}..",
        "update": lambda _, a: channel.update(
            made["room"], made["message"], {"text": "mead"}, Sender(a["ann"], "ann")
        ).code,
        "list": lambda _, a: [it.content for it in channel.list(made["room"]).messages],
        "list_from": lambda _, a: len(channel.list_from(made["room"], 0, 10).messages),
        "get": lambda _, a: channel.get(made["room"], made["message"]).content,
        "mark_read": lambda _, a: channel.mark_read(a["bob"], made["room"]).unread_count,
        "read_marker": lambda _, a: channel.read_marker(a["bob"], made["room"]).unread_count,
        "read_markers": lambda _, a: len(channel.read_markers(a["bob"]).markers),
        "remove": lambda _, a: channel.remove(made["room"], made["message"], Sender(a["ann"], "ann")).code,
    },
    "account": {
        "get": lambda _, a: account.get(a["ann"]).devices[0].id,
        "update": lambda _, a: account.update(a["ann"], display_name="Ann", metadata={"level": 3}),
        "updated": lambda _, a: account.get(a["ann"]).raw["user"]["display_name"],
        "export": lambda _, a: sorted(account.export(a["ann"])),
        "ban": lambda _, a: account.ban(a["bob"]),
        "unban": lambda _, a: account.unban(a["bob"]),
        "delete": lambda _, a: account.delete(a["bob"]),
        "deleted": lambda _, a: account.get(a["bob"]),
    },
    "users": {
        "by_id": lambda _, a: [it.username for it in users.by_id([a["ann"]])],
        "by_username": lambda _, a: [it.id == a["bob"] for it in users.by_username(["bob", "nobody"])],
    },
    "friend": {
        "add": lambda _, a: friend.add(a["ann"], usernames=["bob"], metadata={"met": "at the fair"}),
        "list": lambda _, a: [
            [it.state, it.user.username if it.user else ""]
            for it in friend.list(a["bob"], state=friend.FriendState.INVITE_RECEIVED).friends
        ],
        "accept": lambda _, a: friend.add(a["bob"], [a["ann"]]),
        "list_of_friends": lambda _, a: friend.list_of_friends(a["ann"]).friends_of_friends,
        "delete": lambda _, a: friend.delete(a["ann"], [a["bob"]]),
        "block": lambda _, a: friend.block(a["ann"], [a["bob"]]),
        "blocked": lambda _, a: [it.state for it in friend.list(a["ann"]).friends],
    },
    "group": {
        "create": _created,
        "update": lambda _, a: group.update(a["ann"], made["group"], description="black birds", max_count=20),
        "get": lambda _, a: [it.description for it in group.get([made["group"]])],
        "list": lambda _, a: [it.name for it in group.list({"name": "rav%"}).groups],
        "join": lambda _, a: group.join(a["bob"], made["group"]),
        "users": lambda _, a: [it.state for it in group.users(made["group"]).group_users],
        "members": lambda _, a: len(group.users(made["group"], state=GroupState.MEMBER).group_users),
        "of_user": lambda _, a: [it.state for it in group.of_user(a["bob"]).user_groups],
        "promote": lambda _, a: group.promote(a["ann"], made["group"], [a["bob"]]),
        "demote": lambda _, a: group.demote(group.SERVER, made["group"], [a["bob"]]),
        "leave": lambda _, a: group.leave(a["bob"], made["group"]),
        "add": lambda _, a: group.add(group.SERVER, made["group"], [a["bob"]]),
        "kick": lambda _, a: group.kick(a["ann"], made["group"], [a["bob"]]),
        "ban": lambda _, a: group.ban(a["ann"], made["group"], [a["bob"]]),
        "delete": lambda _, a: group.delete(a["ann"], made["group"]),
    },
    "notification": {
        "send": lambda _, a: notification.send(
            [NewNotification(a["ann"], "a gift", {"gold": 5}, code=1, persistent=True)]
        ),
        "list": lambda _, a: [[it.subject, it.content] for it in notification.list(a["ann"]).notifications],
        "delete": lambda _, a: notification.delete(
            a["ann"], [it.id for it in notification.list(a["ann"]).notifications]
        ),
        "deleted": lambda _, a: len(notification.list(a["ann"]).notifications),
        "refused": lambda _, a: notification.send([NewNotification(a["ann"], "a gift", {}, code=0)]),
    },
    "status": {
        "update": lambda _, a: status.update(a["session"], "at the table"),
        "online": lambda _, a: status.online([a["ann"], a["bob"]]) == [a["ann"]],
        "list": lambda _, a: [it.status for it in status.list([a["ann"]])],
        "follow": lambda _, a: [it.status for it in status.follow(a["session"], usernames=["ann", "bob"])],
        "unfollow": lambda _, a: status.unfollow(a["session"], [a["bob"]]),
    },
    "session": {
        "disconnect": lambda _, a: session.disconnect(a["session"], "the hall is closed"),
    },
    "storage": {
        "write": _written,
        "get": lambda _, a: (storage.get(OBJECT) or Removal(OBJECT)).id.key,
        "read": lambda _, a: [it.value for it in storage.read([OBJECT, ObjectId("things", "none")])],
        "list": lambda _, a: [[it.id.key, it.read.name, it.write.name] for it in storage.list("things").objects],
        "conflict": lambda _, a: storage.write([Put(OBJECT, {}, Condition.version(made["other"]))]),
        "delete": lambda _, a: storage.delete(
            [Removal(OBJECT, Condition.version(made["version"])), ObjectId("things", "harp")]
        ),
        "deleted": lambda _, a: storage.get(OBJECT),
    },
    "rest": {
        "emit": lambda _, a: event.emit("toast", {"drink": "mead"}, timestamp_ms=7),
        "counter": lambda _, a: metrics.counter_add("toasts", 2, {"drink": "mead"}),
        "gauge": lambda _, a: metrics.gauge_set("guests", 7.5),
        "timer": lambda _, a: metrics.timer_record("toast", 0.25),
        "trace": lambda _, a: log.trace("finest"),
        "http": lambda _, a: http.get("https://api.example.com/", timeout=1.0),
        "read": lambda _, a: file.read_text("words/bad.txt"),
        "list": lambda _, a: file.list("words"),
    },
}
