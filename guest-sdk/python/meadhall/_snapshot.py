"""What a component has from its build that must not stay so. No part of the API.

A component is a snapshot of an interpreter that has imported the plugin. Whatever was drawn at random by then would be the
same in every instance, so generators without a seed of their own get a new one with the first call of each instance.
"""

import gc
import logging
import os
import random
import sys
import uuid
import weakref
from typing import Any

from meadhall import _host
from meadhall.log import ServerHandler

_seed = random.Random.seed
_unseeded: "weakref.WeakSet[random.Random]" = weakref.WeakSet()


def _noting_seed(self: random.Random, a: Any = None, version: int = 2) -> None:
    _seed(self, a, version)
    if a is None:
        _unseeded.add(self)
    else:
        _unseeded.discard(self)


def begin() -> None:
    """Before the plugin is imported: sees which generators it makes, and takes what it prints and logs to the server."""
    random.Random.seed = _noting_seed  # type: ignore[method-assign]
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    logging.basicConfig(handlers=[ServerHandler()], format="%(message)s", level=logging.INFO)
    # The server's log has the time, and there are neither threads nor processes to tell apart.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False


def end() -> None:
    """After the plugin is imported: what is there now lives as long as an instance, so the collector need not look at
    it."""
    random.Random.seed = _seed  # type: ignore[method-assign]
    os.environ.clear()
    gc.collect()
    gc.freeze()


def renew() -> None:
    """With the first call of an instance."""
    _host.run()
    random.seed()
    for generator in _unseeded:
        generator.seed()
    uuid._node = None  # type: ignore[attr-defined]
