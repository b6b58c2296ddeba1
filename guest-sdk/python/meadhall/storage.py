"""JSON objects by collection, key and owner.

    purse = ObjectId("purses", "main", ctx.user_id)
    found = storage.get(purse)
    gold = found.value["gold"] if found else 0
    only_if = Condition.version(found.version) if found else Condition.absent()
    storage.write([Put(purse, {"gold": gold + 1}, only_if)])
"""

from builtins import list as List  # `list` is a function here
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, cast

from meadhall import _host, _json

_wit = _host.module("imports.storage")


@dataclass(frozen=True, slots=True)
class ObjectId:
    """Which object."""

    collection: str
    """1 to 128 bytes."""
    key: str
    """1 to 128 bytes."""
    user_id: str | None = None
    """The owner's UUID, or None for the game's own objects."""


class ReadPermission(IntEnum):
    """Who may read an object through the client API."""

    NONE = 0
    """Nobody: plugins only."""
    OWNER = 1
    """Its owner."""
    PUBLIC = 2
    """Everybody."""


class WritePermission(IntEnum):
    """Who may write an object through the client API."""

    NONE = 0
    """Nobody: plugins only."""
    OWNER = 1
    """Its owner."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What must be true for a write to happen."""

    _wit: Any

    @classmethod
    def always(cls) -> "Condition":
        """Nothing."""
        return cls(_wit.Condition_Always())

    @classmethod
    def absent(cls) -> "Condition":
        """The object does not exist."""
        return cls(_wit.Condition_Absent())

    @classmethod
    def version(cls, version: str) -> "Condition":
        """The object has this version."""
        return cls(_wit.Condition_Version(version))


ALWAYS = Condition.always()
"""A write that happens whatever is there."""


@dataclass(frozen=True, slots=True)
class Object:
    """A stored object."""

    id: ObjectId
    """Which."""
    value: dict[str, Any]
    """What it holds."""
    version: str
    """Changes with the value."""
    read: ReadPermission
    """Who may read it through the client API."""
    write: WritePermission
    """Who may write it through the client API."""
    create_time_ms: int
    """When it was first written, in milliseconds since the Unix epoch."""
    update_time_ms: int
    """When it was last written, in milliseconds since the Unix epoch."""


@dataclass(frozen=True, slots=True)
class Put:
    """One object to write."""

    id: ObjectId
    """Which."""
    value: Mapping[str, Any]
    """A JSON object, at most 256 KiB."""
    only_if: Condition = ALWAYS
    """What must be true for it to happen."""
    read: ReadPermission = ReadPermission.OWNER
    """Who may read it through the client API."""
    write: WritePermission = WritePermission.OWNER
    """Who may write it through the client API."""


@dataclass(frozen=True, slots=True)
class Removal:
    """One object to delete."""

    id: ObjectId
    """Which."""
    only_if: Condition = ALWAYS
    """What must be true for it to happen."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a collection."""

    objects: List[Object]
    """The objects, by key."""
    cursor: str | None
    """Where the next page begins; None when this is the last."""


_read = _host.function("storage", "read")
_write = _host.function("storage", "write")
_delete = _host.function("storage", "delete")
_list = _host.function("storage", "list")


def get(id: ObjectId) -> Object | None:
    """Reads one object; None when it does not exist."""
    found = _read([id])
    return _object(found[0]) if found else None


def put(id: ObjectId, value: Mapping[str, Any]) -> str:
    """Writes one object, whatever is there, and returns its version. Invalid argument (3) when it is too large."""
    return write([Put(id, value)])[0]


def read(ids: Iterable[ObjectId]) -> List[Object]:
    """Reads objects, at most 100; those that do not exist are left out."""
    return [_object(found) for found in _read(List(ids))]


def write(objects: Iterable[Put]) -> List[str]:
    """Writes objects, at most 100, all or none, and returns their versions in order.

    Failed precondition (9) when a condition does not hold, invalid argument (3) for what is too large. Nothing is
    written then.
    """
    puts = [_wit.Put(it.id, _json.encode(it.value), it.only_if._wit, it.read, it.write) for it in objects]
    return cast(List[str], _write(puts))


def delete(objects: Iterable[Removal | ObjectId]) -> None:
    """Deletes objects, at most 100, all or none; those that do not exist are ignored unless a condition names a version.

    Failed precondition (9) when a condition does not hold. Nothing is deleted then.
    """
    removals = [it if isinstance(it, Removal) else Removal(it) for it in objects]
    _delete([_wit.Removal(it.id, it.only_if._wit) for it in removals])


def list(collection: str, user_id: str | None = None, limit: int = 100, *, cursor: str | None = None) -> Page:
    """The objects of one owner (of the game, when none is given) in a collection, by key, 1 to 100 a page.

    Invalid argument (3) for another limit or a bad cursor.
    """
    page = _list(collection, user_id, limit, cursor)
    return Page([_object(found) for found in page.objects], page.cursor)


def _object(found: Any) -> Object:
    return Object(
        ObjectId(found.id.collection, found.id.key, found.id.user_id),
        cast(dict[str, Any], _json.decode(found.value)),
        found.version,
        ReadPermission(found.read.value),
        WritePermission(found.write.value),
        found.create_time_ms,
        found.update_time_ms,
    )
