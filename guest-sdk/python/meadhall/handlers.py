"""The decorators that say what a plugin handles, and what it needs. Those of hooks are in `hooks`."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar, overload

from meadhall import _registry
from meadhall.context import Context
from meadhall.error import DefinitionError
from meadhall.events import Event

_Rpc = TypeVar("_Rpc", bound=Callable[[Context], Any] | Callable[[Context, Any], Any])
_Start = TypeVar("_Start", bound=Callable[[Context], None])
_Handler = TypeVar("_Handler", bound=Callable[[Context, Event], None])
_Cron = TypeVar("_Cron", bound=Callable[[Context], None] | Callable[[Context, datetime], None])


@overload
def rpc(function: _Rpc, /) -> _Rpc: ...
@overload
def rpc(id: str, /) -> Callable[[_Rpc], _Rpc]: ...
def rpc(function_or_id: Any, /) -> Any:
    """Runs a function `(ctx)` or `(ctx, payload)` when a client calls its id: `@rpc`, or `@rpc("shop.buy")`; without an
    id it is the function's name. Ids are alike in any case.

    The payload is the text that the client sent, where the function takes a `str` or does not say what it takes. Any other
    annotation is what the text is read as from JSON: `dict`, `list[int]`, a `TypedDict`, a dataclass and the like. A
    payload that does not fit is refused (3). A returned text goes to the client as it is, None as an empty text, anything
    else as JSON.
    """
    if callable(function_or_id):
        return _registry.rpc(getattr(function_or_id, "__name__", ""), function_or_id)
    return lambda function: _registry.rpc(function_or_id, function)


def start(function: _Start, /) -> _Start:
    """Runs a function `(ctx)` once after the plugin is loaded, before it is called. An error keeps it from starting."""
    _registry.one("start", "@start", "(ctx)", function)
    return function


def session_start(function: _Handler, /) -> _Handler:
    """Runs a function `(ctx, event)` when a client opened a socket."""
    _registry.one("session-start", "@session_start", "(ctx, event)", function)
    return function


def session_end(function: _Handler, /) -> _Handler:
    """Runs a function `(ctx, event)` when a client's socket is closed. The property `reason` says why, and is empty when
    the client closed it."""
    _registry.one("session-end", "@session_end", "(ctx, event)", function)
    return function


def cron(expression: str, /) -> Callable[[_Cron], _Cron]:
    """Runs a function `(ctx)` or `(ctx, due)` at the times of a cron expression of five fields in UTC:
    `@cron("0 4 * * *")` is every day at four. `due` is the time that it was due."""
    if callable(expression):
        raise DefinitionError('a cron expression says when: `@cron("0 4 * * *")` is every day at four, in UTC')

    def register(function: _Cron) -> _Cron:
        _registry.cron(expression, function)
        return function

    return register


def needs(
    *,
    http: str | Iterable[str] = (),
    url: str | Iterable[str] = (),
    environment: str | Iterable[str] = (),
    folder: str | Iterable[str] = (),
    setting: str | Iterable[str] = (),
) -> None:
    """Says what the plugin needs that the server's configuration has to grant, at the top of a module:
    `needs(http="api.example.com", folder="words")`. A plugin that is not granted what it needs does not start.

    `http` are hosts to ask (`api.example.com`, or with a port), `url` settings of the plugin's own whose values are URLs to
    ask, `environment` variables, `folder` folders to read, and `setting` other settings.
    """
    kinds = {"http": http, "url": url, "environment": environment, "folder": folder, "setting": setting}
    for kind, names in kinds.items():
        for name in [names] if isinstance(names, str) else names:
            if not isinstance(name, str) or not name:
                raise DefinitionError(f"needs({kind}=…) takes names, not {name!r}")
            if (kind, name) not in _registry.needs:
                _registry.needs.append((kind, name))
