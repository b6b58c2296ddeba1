"""Imports a plugin while its component is built, and says what is wrong with it. No part of the API."""

import importlib
import linecache
import os
import sys
import traceback

from meadhall import _component, _registry, _snapshot
from meadhall.error import DefinitionError

_SDK = os.path.dirname(__file__)

_MARK = "\x1d"
"""Stands before and after what `meadhall plugin build` shows, among all that the tool prints."""


class BuildError(Exception):
    """The plugin cannot be built, and the text says why."""


def load(module: str, version: str) -> None:
    """Imports the plugin, for the snapshot that the component is."""
    _component.version = version
    _snapshot.begin()
    _import(module)
    _keep_lines()
    _snapshot.end()


def check(module: str) -> None:
    """Imports the plugin on this machine's Python, which takes no time, before a component is made of it."""
    try:
        _import(module)
    except BuildError as error:
        sys.stderr.write(str(error).replace(_MARK, "") + "\n")
        sys.exit(1)


def _import(module: str) -> None:
    try:
        importlib.import_module(module)
    except BaseException as error:
        raise BuildError(f"{_MARK}{_sentence(error)}{_MARK}") from None
    if not (_registry.handlers() or _registry.single):
        raise BuildError(
            f"{_MARK}{module}.py handles nothing: put a decorator before a function, such as `@rpc` from meadhall{_MARK}"
        )


def _sentence(error: BaseException) -> str:
    """File, line, what is wrong, and the line itself."""
    if isinstance(error, SyntaxError) and error.filename:
        where = f"{_component._below(error.filename)}, line {error.lineno}"
        told = traceback.TracebackException.from_exception(error)
        code = "".join(told.format_exception_only()).split("\n")[1:]
        shown = "\n".join(line for line in code if line.startswith("    "))
        return f"{where}: {type(error).__name__}: {error.msg}\n{shown}".rstrip()
    frames = [it for it in traceback.extract_tb(error.__traceback__) if _is_theirs(it.filename)]
    name = "" if isinstance(error, DefinitionError) else f"{type(error).__name__}: "
    if isinstance(error, SystemExit):
        sentence = f"called sys.exit({error.code!r})"
    else:
        sentence = f"{name}{error}"
    if not frames:
        return sentence
    last = frames[-1]
    shown = f"\n    {last.line}" if last.line else ""
    return f"{_component._below(last.filename)}, line {last.lineno}: {sentence}{shown}"


def _is_theirs(filename: str) -> bool:
    return os.path.dirname(filename) != _SDK and not filename.startswith("<")


def _keep_lines() -> None:
    """Keeps the lines of what the plugin imported, for tracebacks: a component has no files to read them from."""
    for module in list(sys.modules.values()):
        path = getattr(module, "__file__", None)
        if path and path.endswith(".py") and path.startswith("/0/") and os.path.dirname(path) != _SDK:
            lines = linecache.getlines(path)
            linecache.cache[path] = (sum(map(len, lines)), None, lines, path)
