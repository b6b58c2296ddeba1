"""What a plugin handles, as its decorators said. No part of the API.

All that a call needs to know is worked out here, while the component is built: which function to run, what its payload is.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from meadhall import payload
from meadhall.error import DefinitionError
from meadhall.message import Message

Function = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Handler:
    """What handles one thing."""

    function: Function
    """What the author wrote."""
    run: Function
    """Calls it, with what the server sent."""


Hook = tuple[type[Message], type[Message], Function]

rpcs: dict[str, Handler] = {}
before_hooks: dict[str, tuple[type[Message], Function]] = {}
after_hooks: dict[str, Hook] = {}
crons: dict[str, Handler] = {}
single: dict[str, Function] = {}
"""The functions that a plugin has one of, by the kind that the server knows."""
needs: list[tuple[str, str]] = []
"""Kind and name."""


def rpc(id: str, function: Function) -> Function:
    """Registers an RPC."""
    if not isinstance(id, str) or not id:
        raise DefinitionError(f"the id of an RPC is a text, not {id!r}")
    parameters = _parameters("@rpc", function, (1, 2), "(ctx) or (ctx, payload)")
    _new(rpcs, id.lower(), f"the RPC {id!r}", function)
    if len(parameters) == 1:
        run: Function = lambda ctx, _payload: function(ctx)  # noqa: E731
    else:
        read = payload.reader(function, parameters[1])
        run = function if read is None else (lambda ctx, text: function(ctx, read(text)))
    rpcs[id.lower()] = Handler(function, run)
    return function


def before(name: str, request: type[Message], function: Function) -> Function:
    """Registers a before-hook."""
    _parameters(f'@before("{name}")', function, (2,), "(ctx, req)")
    _new(before_hooks, name, f"what runs before {name}", function)
    before_hooks[name] = (request, function)
    return function


def after(name: str, request: type[Message], reply: type[Message], function: Function) -> Function:
    """Registers an after-hook."""
    _parameters(f'@after("{name}")', function, (3,), "(ctx, req, reply)")
    _new(after_hooks, name, f"what runs after {name}", function)
    after_hooks[name] = (request, reply, function)
    return function


def cron(expression: str, function: Function) -> Function:
    """Registers a function that runs at times of its own."""
    if not isinstance(expression, str) or len(expression.split()) != 5:
        raise DefinitionError(
            f"{expression!r} is no cron expression: it has five fields (minute, hour, day of the month, month, day of the"
            ' week), such as `@cron("0 4 * * *")`'
        )
    parameters = _parameters("@cron", function, (1, 2), "(ctx) or (ctx, due)")
    _new(crons, expression, f"what runs at {expression!r}", function)
    run = function if len(parameters) == 2 else lambda ctx, _due: function(ctx)
    crons[expression] = Handler(function, run)
    return function


def one(kind: str, decorator: str, signature: str, function: Function) -> Function:
    """Registers a function that a plugin has one of."""
    _parameters(decorator, function, (signature.count(",") + 1,), signature)
    _new(single, kind, f"the function with {decorator}", function)
    single[kind] = function
    return function


def handlers() -> list[tuple[str, str]]:
    """All that the plugin handles: kind and name."""
    found = [("rpc", id) for id in rpcs]
    found += [("before", name) for name in before_hooks]
    found += [("after", name) for name in after_hooks]
    found += [(kind, "") for kind in single if kind != "start"]
    return found + [("cron", expression) for expression in crons]


def _parameters(
    decorator: str, function: Function, counts: tuple[int, ...], signature: str
) -> list[inspect.Parameter]:
    if not inspect.isfunction(function):
        raise DefinitionError(f"{decorator} stands before a function, not before {function!r}")
    if inspect.iscoroutinefunction(function) or inspect.isgeneratorfunction(function):
        kind = "async" if inspect.iscoroutinefunction(function) else "a generator"
        raise DefinitionError(f"`{function.__name__}` is {kind}: a function with {decorator} is a plain `def`")
    parameters = list(inspect.signature(function).parameters.values())
    positional = [it for it in parameters if it.kind in (it.POSITIONAL_ONLY, it.POSITIONAL_OR_KEYWORD)]
    needed = [it for it in parameters if it.default is it.empty and it not in positional and it.kind == it.KEYWORD_ONLY]
    if needed or len(positional) not in counts or len(positional) != len(parameters):
        raise DefinitionError(
            f"a function with {decorator} takes {signature}, and `{function.__name__}` takes"
            f" ({', '.join(str(it) for it in parameters)})"
        )
    return positional


def _new(table: dict[str, Any], key: str, what: str, function: Function) -> None:
    if key in table:
        raise DefinitionError(f"`{function.__name__}` is {what}, and another function is that already")
