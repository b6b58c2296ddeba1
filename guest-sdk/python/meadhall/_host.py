"""Calls to the server, and the types of the WIT contract. No part of the API.

The modules of `wit_world` are there in a component only. Outside of one, such as in a plugin's own unit tests, every
call raises an error that says so; so does a call while a component is being built.
"""

import importlib
from collections.abc import Callable
from typing import Any

from meadhall.error import PluginError

Call = Callable[..., Any]


class _Error(Exception):
    """Stands for the error of a component where there is none."""

    def __init__(self, value: Any) -> None:
        super().__init__(value)
        self.value = value


class _Record:
    """Stands for a record of the contract where there is none: it has what it is given."""

    def __init__(self, *values: Any) -> None:
        self.values = values


class _Missing:
    """Stands for a module of the contract where there is none."""

    def __getattr__(self, name: str) -> Any:
        return _Record


def module(name: str) -> Any:
    """A module of the contract, such as `imports.types`."""
    try:
        return importlib.import_module(f"wit_world.{name}")
    except ImportError:
        return _Missing()


types: Any = module("imports.types")

try:
    WIT_ERROR: Any = importlib.import_module("componentize_py_types").Err
except ImportError:
    WIT_ERROR = _Error

running = False
"""Whether this is a component that runs in a server. It is set by the first call."""


def run() -> None:
    """From now on there is a server to call."""
    global running
    running = True


def function(interface: str, name: str) -> Call:
    """A function of the server that raises `PluginError`."""
    call = getattr(module(f"imports.{interface}"), name)

    def host_call(*arguments: Any) -> Any:
        if not running:
            raise RuntimeError(
                f"`{interface}.{name}` needs the server: call it in a handler, or in a function with @start"
            )
        try:
            return call(*arguments)
        except WIT_ERROR as error:
            raise PluginError(error.value.code, error.value.message) from None

    return host_call
