"""What all messages have."""

import inspect
import types
import typing
from collections.abc import Callable
from typing import Any, Self, dataclass_transform

from meadhall import _json

Read = Callable[[dict[str, Any]], Any]


class _Field:
    """A field of a message, which reads and writes the message's JSON."""

    __slots__ = ("name", "read")

    def __init__(self, name: str, read: Read) -> None:
        self.name = name
        self.read = read

    def __get__(self, message: "Message | None", owner: type) -> Any:
        return self if message is None else self.read(message._fields)

    def __set__(self, message: "Message", value: Any) -> None:
        message._untouched = False
        if value is None:
            message._fields.pop(self.name, None)
        else:
            message._fields[self.name] = value


class _Inner(_Field):
    """A field that can be changed in place: whoever looks at it may do so."""

    __slots__ = ()

    def __get__(self, message: "Message | None", owner: type) -> Any:
        if message is None:
            return self
        message._untouched = False
        return self.read(message._fields)


@dataclass_transform(kw_only_default=True)
class Message:
    """A message of the public API: its fields, by the names that they have in the API's own JSON.

    What is absent reads as None where the field may be None, and as an empty or zero value otherwise. Fields can be
    changed; a field that is set to None is taken out. What this SDK has no field for is kept, in `raw`.
    """

    __slots__ = ("_fields", "_untouched")
    _names: typing.ClassVar[dict[str, str]] = {}

    def __init_subclass__(cls) -> None:
        names = {}
        for name, kind in inspect.get_annotations(cls).items():
            # `self` cannot be the name of a field in Python.
            key = "self" if name == "self_presence" else name
            names[name] = key
            setattr(cls, name, _field(key, kind))
        cls._names = names

    def __init__(self, **fields: Any) -> None:
        unknown = [name for name in fields if name not in self._names]
        if unknown:
            raise TypeError(f"{type(self).__name__} has no field {unknown[0]!r}")
        self._fields = {self._names[name]: value for name, value in fields.items() if value is not None}
        self._untouched = False

    @classmethod
    def read(cls, json: str) -> Self:
        """Reads a message of the public API's JSON."""
        return cls._of(_json.decode(json))

    @classmethod
    def _of(cls, fields: dict[str, Any]) -> Self:
        message = cls.__new__(cls)
        message._fields = fields
        message._untouched = True
        return message

    @property
    def raw(self) -> dict[str, Any]:
        """The message as its JSON has it, with fields that this SDK does not know. Changes count."""
        self._untouched = False
        return self._fields

    def to_json(self) -> str:
        """The message as JSON."""
        return _json.encode(self._fields)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and self._fields == other._fields

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in self._fields.items())
        return f"{type(self).__name__}({fields})"


def _field(name: str, kind: Any) -> _Field:
    origin = typing.get_origin(kind)
    arguments = typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        [inner] = [it for it in arguments if it is not type(None)]
        if issubclass(inner, Message):
            return _Inner(name, _message(name, inner))
        return _Field(name, lambda fields: fields.get(name))
    if origin is list and isinstance(arguments[0], type) and issubclass(arguments[0], Message):
        return _Inner(name, _messages(name, arguments[0]))
    if origin is not None:
        return _Inner(name, lambda fields: _present(fields, name, origin))
    zero = kind()
    return _Field(name, lambda fields: _or_zero(fields.get(name), zero))


def _or_zero(value: Any, zero: Any) -> Any:
    return zero if value is None else value


def _present(fields: dict[str, Any], name: str, kind: type) -> Any:
    value = fields.get(name)
    if value is None:
        value = fields[name] = kind()
    return value


def _message(name: str, kind: type[Message]) -> Read:
    def read(fields: dict[str, Any]) -> Any:
        value = fields.get(name)
        if type(value) is dict:
            value = fields[name] = kind._of(value)
        return value

    return read


def _messages(name: str, kind: type[Message]) -> Read:
    def read(fields: dict[str, Any]) -> Any:
        values = _present(fields, name, list)
        for index, value in enumerate(values):
            if type(value) is dict:
                values[index] = kind._of(value)
        return values

    return read


class Empty(Message):
    """The message that says nothing: requests and replies of nothing."""
