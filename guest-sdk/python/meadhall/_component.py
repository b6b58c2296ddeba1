"""What a component exports: the one place where the server's calls come in. No part of the API.

Nothing is worked out here that the registry could know before, since this runs in every call.
"""

import os
import sys
import traceback
from datetime import UTC, datetime
from typing import Any, NoReturn

from meadhall import _host, _json, _registry, _snapshot, log
from meadhall.context import Context
from meadhall.error import PluginError
from meadhall.events import of_wit
from meadhall.hooks import DROP
from meadhall.message import Message

version = "0.0.0"
"""The plugin's own version, as its `pyproject.toml` has it."""

_hooks = _host.module("exports.hooks")
_lifecycle = _host.module("exports.lifecycle")
_capabilities = _host.module("exports.capabilities")
_Error = _host.types.Error
_KEEP = _hooks.Outcome_Keep()
_DROP = _hooks.Outcome_Drop()
_SDK = os.path.dirname(__file__)


class Lifecycle:
    """The interface `lifecycle`."""

    def register(self) -> Any:
        """What the plugin handles."""
        return _lifecycle.Registration(
            version, [_lifecycle.Handler(kind, name) for kind, name in _registry.handlers()]
        )

    def start(self) -> None:
        """Runs the function with `@start`."""
        if not _host.running:
            _snapshot.renew()
        function = _registry.single.get("start")
        if function is not None:
            try:
                function(Context())
            except BaseException as error:
                _fail("start", error)


class Capabilities:
    """The interface `capabilities`."""

    def needs(self) -> list[Any]:
        """What the plugin needs to be granted."""
        return [_capabilities.Need(kind, name) for kind, name in _registry.needs]


class Rpc:
    """The interface `rpc`."""

    def call(self, id: str, payload: str) -> str:
        """Runs one RPC."""
        if not _host.running:
            _snapshot.renew()
        try:
            result = _registry.rpcs[id].run(Context(), payload)
            if type(result) is str:
                if not result.isascii():
                    result.encode()  # half a surrogate pair is no text, and would end the instance
                return result
            return "" if result is None else _json.encode(result)
        except BaseException as error:
            _fail(f'rpc "{id}"', error)


class Hooks:
    """The interface `hooks`."""

    def before(self, name: str, request: str) -> Any:
        """Runs a before-hook."""
        if not _host.running:
            _snapshot.renew()
        try:
            kind, function = _registry.before_hooks[name]
            message = kind.read(request)
            result = function(Context(), message)
            if result is None:
                result = message
            elif result is DROP:
                return _DROP
            elif not isinstance(result, kind):
                raise TypeError(f"it returned {result!r}, and a before-hook returns its {kind.__name__}, DROP or None")
            if result is message and message._untouched:
                return _KEEP
            return _hooks.Outcome_Replace(result.to_json())
        except BaseException as error:
            _fail(f'before-hook "{name}"', error)

    def after(self, name: str, request: str, reply: str) -> None:
        """Runs an after-hook."""
        if not _host.running:
            _snapshot.renew()
        try:
            request_kind, reply_kind, function = _registry.after_hooks[name]
            function(Context(), request_kind.read(request), reply_kind.read(reply))
        except BaseException as error:
            _fail(f'after-hook "{name}"', error)


class Events:
    """The interface `events`."""

    def event(self, event: Any) -> None:
        """Handles an event."""
        _handle("event", event)

    def session_start(self, event: Any) -> None:
        """Handles the opening of a socket."""
        _handle("session-start", event)

    def session_end(self, event: Any) -> None:
        """Handles the end of a socket."""
        _handle("session-end", event)


class Schedule:
    """The interface `schedule`."""

    def tick(self, expression: str, due_ms: int) -> None:
        """Runs what runs at a time."""
        if not _host.running:
            _snapshot.renew()
        try:
            _registry.crons[expression].run(Context(), datetime.fromtimestamp(due_ms / 1000, UTC))
        except BaseException as error:
            _fail(f'cron "{expression}"', error)


def _handle(kind: str, event: Any) -> None:
    if not _host.running:
        _snapshot.renew()
    try:
        _registry.single[kind](Context(), of_wit(event))
    except BaseException as error:
        _fail(f'{kind} "{event.name}"', error)


def _fail(call: str, error: BaseException) -> NoReturn:
    """Tells the server of an exception: its own error when the plugin raised one, otherwise an internal one, with the
    traceback in the log."""
    if isinstance(error, PluginError):
        code, message = error.code, error.message
        if type(code) is int and 1 <= code <= 16 and isinstance(message, str):
            raise _host.WIT_ERROR(_Error(code, _text(message))) from None
    if isinstance(error, SystemExit):
        problem = f"called sys.exit({error.code!r})"
    else:
        problem = f"failed: {_described(error)}"
    _log(f"{call} {problem}", error)
    raise _host.WIT_ERROR(_Error(13, _text(f"{call} {problem}"))) from None


def _described(error: BaseException) -> str:
    """Type and text of an exception, whatever its `__str__` does."""
    try:
        text = str(error)
    except BaseException:
        text = "its text cannot be read"
    name = type(error).__name__
    return f"{name}: {text}" if text else name


def _text(text: str) -> str:
    """The text as one that can be sent."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _log(headline: str, error: BaseException) -> None:
    """Writes the traceback to the log, without the frames of this SDK at its beginning."""
    try:
        told = traceback.TracebackException.from_exception(error, limit=-_FRAMES)
        frames = [it for it in told.stack if os.path.dirname(it.filename) != _SDK]
        for frame in frames:
            frame.filename = _below(frame.filename)
        told.stack = traceback.StackSummary.from_list(frames)
        lines = "".join(told.stack.format()).rstrip()
        log.error(_text(f"{headline}\n{lines}" if lines else headline))
    except BaseException:
        log.error(_text(headline))


_FRAMES = 20


def _below(path: str) -> str:
    """A file's path below the folder that it was imported from."""
    for folder in sys.path:
        if folder and path.startswith(f"{folder}/"):
            return path[len(folder) + 1 :]
    return path
