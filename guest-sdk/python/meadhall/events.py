"""Events: something happened, and handlers process it in the background."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from meadhall import _host, _registry
from meadhall.context import Context

_emit = _host.function("event", "emit")


@dataclass(slots=True)
class Event:
    """An event, as clients and plugins send it."""

    name: str
    """What happened; `session_start` and `session_end` for the built-in ones."""
    properties: dict[str, str] = field(default_factory=dict)
    """Its properties."""
    timestamp_ms: int | None = None
    """When, in milliseconds since the Unix epoch; None where the sender gave no time."""
    external: bool = False
    """True when a client sent it."""


def of_wit(found: Any) -> Event:
    """An event as the contract has it."""
    return Event(found.name, dict(found.properties), found.timestamp_ms, found.external)


_Function = TypeVar("_Function", bound=Callable[[Context, Event], None])


class Events:
    """The type of `event`."""

    __slots__ = ()

    def __call__(self, function: _Function, /) -> _Function:
        """Runs a function `(ctx, event)` in the background, for events of clients and plugins."""
        _registry.one("event", "@event", "(ctx, event)", function)
        return function

    def emit(
        self,
        name: str,
        properties: dict[str, str] | None = None,
        *,
        timestamp_ms: int | None = None,
        external: bool = False,
    ) -> None:
        """Queues an event: `event.emit("boss_defeated", {"boss": "grendel"})`. Resource exhausted (8) when the queue is
        full."""
        _emit(_host.types.Event(name, list((properties or {}).items()), timestamp_ms, external))


event: Final = Events()
"""The decorator `@event` of the function that handles events, and `event.emit`, which sends one."""
