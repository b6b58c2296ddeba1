"""What RPCs take: payloads that are read as the type that a function says."""

import dataclasses
import inspect
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from meadhall import _json
from meadhall.error import DefinitionError, PluginError
from meadhall.message import Message

Check = Callable[[Any, str], Any]
"""Returns a value as what it shall be; the text is where it stands in the payload."""


def reader(function: Callable[..., Any], parameter: inspect.Parameter) -> Callable[[str], Any] | None:
    """What reads the payload of an RPC; None when it takes the text as it is."""
    hints = typing.get_type_hints(function)
    kind = hints.get(parameter.name, str)
    if kind is str:
        return None
    check = _check(kind, f"the payload of `{function.__name__}`")

    def read(text: str) -> Any:
        try:
            value = _json.decode(text) if text else None
        except ValueError as error:
            raise PluginError.invalid_argument(f"bad payload: it is no JSON: {error}") from None
        except RecursionError:
            raise PluginError.invalid_argument("bad payload: it is nested too deeply") from None
        return check(value, "")

    return read


def _bad(place: str, problem: str) -> PluginError:
    return PluginError.invalid_argument(f"bad payload: {f'`{place}`' if place else 'it'} {problem}")


def _check(kind: Any, what: str) -> Check:
    origin = typing.get_origin(kind)
    arguments = typing.get_args(kind)
    if kind is Any or kind is object:
        return lambda value, place: value
    if kind in _PLAIN:
        return _plain(kind)
    if origin in (typing.Union, types.UnionType):
        return _union([_check(it, what) for it in arguments])
    if origin is Literal:
        return _literal(arguments)
    if kind is list or origin in (list, Sequence):
        return _list(_check(arguments[0] if arguments else Any, what))
    if kind is dict or origin in (dict, Mapping):
        return _mapping(_check(arguments[1] if arguments else Any, what))
    if typing.is_typeddict(kind):
        return _object(kind, kind.__required_keys__, dict, what)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        fields = [it for it in dataclasses.fields(kind) if it.init]
        no_default = [
            it.name
            for it in fields
            if it.default is dataclasses.MISSING and it.default_factory is dataclasses.MISSING
        ]
        return _object(kind, frozenset(no_default), kind, what, {it.name for it in fields})
    if isinstance(kind, type) and issubclass(kind, Message):
        return _message(kind)
    raise DefinitionError(
        f"{what} cannot be {kind!r}: take `str` for the text as it is, or `dict`, `list`, a TypedDict, a dataclass or"
        " `Any` for what is read from JSON"
    )


_PLAIN = {
    str: "no text",
    int: "no whole number",
    float: "no number",
    bool: "neither true nor false",
    type(None): "not null",
}


def _plain(kind: Any) -> Check:
    problem = f"is {_PLAIN[kind]}"

    def check(value: Any, place: str) -> Any:
        if type(value) is kind:
            return value
        if kind is float and type(value) is int:
            return float(value)
        raise _bad(place, problem)

    return check


def _union(checks: list[Check]) -> Check:
    def check(value: Any, place: str) -> Any:
        for one in checks:
            try:
                return one(value, place)
            except PluginError as error:
                failed = error
        raise failed

    return check


def _literal(values: tuple[Any, ...]) -> Check:
    def check(value: Any, place: str) -> Any:
        if any(type(value) is type(it) and value == it for it in values):
            return value
        raise _bad(place, f"is none of {', '.join(map(repr, values))}")

    return check


def _list(inner: Check) -> Check:
    def check(value: Any, place: str) -> Any:
        if type(value) is not list:
            raise _bad(place, "is no list")
        return [inner(it, f"{place}[{index}]") for index, it in enumerate(value)]

    return check


def _mapping(inner: Check) -> Check:
    def check(value: Any, place: str) -> Any:
        if type(value) is not dict:
            raise _bad(place, "is no object")
        return {key: inner(it, _below(place, key)) for key, it in value.items()}

    return check


def _object(
    kind: Any, required: frozenset[str], make: Callable[..., Any], what: str, names: set[str] | None = None
) -> Check:
    hints = typing.get_type_hints(kind)
    checks = {name: _check(hints[name], what) for name in (hints if names is None else names)}

    def check(value: Any, place: str) -> Any:
        if type(value) is not dict:
            raise _bad(place, "is no object")
        for name in required:
            if name not in value:
                raise _bad(_below(place, name), "is missing")
        return make(**{name: one(value[name], _below(place, name)) for name, one in checks.items() if name in value})

    return check


def _message(kind: type[Message]) -> Check:
    def check(value: Any, place: str) -> Any:
        if type(value) is not dict:
            raise _bad(place, "is no object")
        return kind._of(value)

    return check


def _below(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name
