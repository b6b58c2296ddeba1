"""What no plugin should do."""

import os
import sys
from typing import Any

from meadhall import Context, Stream, event, rpc, stream

kept: list[Any] = []


@rpc("hostile.loop")
def loop(ctx: Context) -> None:
    while True:
        pass


@rpc("hostile.host_calls")
def host_calls(ctx: Context) -> None:
    while True:
        stream.count(Stream(99))


@rpc("hostile.memory")
def memory(ctx: Context) -> None:
    while True:
        kept.append(bytearray(1 << 16))


@rpc("hostile.recursion")
def recursion(ctx: Context) -> int:
    return recursion(ctx) + 1


@rpc("hostile.nested")
def nested(ctx: Context) -> str:
    value: Any = []
    for _ in range(100_000):
        value = [value]
    return repr(value)


@rpc("hostile.huge")
def huge(ctx: Context, size: int) -> str:
    return "x" * size


@rpc("hostile.exit")
def leave(ctx: Context) -> None:
    sys.exit(3)


@rpc("hostile.os_exit")
def leave_at_once(ctx: Context) -> None:
    os._exit(3)


class Odd(BaseException):
    def __str__(self) -> str:
        raise ValueError("no text")


@rpc("hostile.odd")
def odd(ctx: Context) -> None:
    raise Odd


@rpc("hostile.surrogate")
def surrogate(ctx: Context) -> str:
    return "\ud800"


@rpc("hostile.surrogate_argument")
def surrogate_argument(ctx: Context) -> None:
    event.emit("\ud800")


@rpc("hostile.wrong_argument")
def wrong_argument(ctx: Context) -> None:
    stream.count(Stream("hall"))  # type: ignore[arg-type]


@rpc("hostile.too_large_argument")
def too_large_argument(ctx: Context) -> None:
    stream.count(Stream(1 << 70))


@rpc("hostile.set")
def no_json(ctx: Context) -> Any:
    return {1, 2}


@rpc("hostile.log_storm")
def log_storm(ctx: Context) -> None:
    for number in range(500):
        print("storm", number)
