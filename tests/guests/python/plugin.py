"""The plugin in Python that the tests call: it tells what it is given, calls every function of the server, and does what no
plugin should."""

import json
import logging
import random
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import hostile  # noqa: F401
from interfaces import INTERFACES
from meadhall import (
    DROP,
    Context,
    Drop,
    Empty,
    Event,
    PluginError,
    Stream,
    UpdateAccountRequest,
    after,
    before,
    cron,
    event,
    log,
    rpc,
    session_end,
    session_start,
    start,
    stream,
)

drawn_at_build = random.random()
own_generator = random.Random()
fixed_generator = random.Random(7)
calls = 0


@start
def started(ctx: Context) -> None:
    log.info(f"started in mode {ctx.mode.name}")


@rpc("py.echo")
def echo(ctx: Context, payload: str) -> str:
    return payload


@rpc("probe.echo")
def probe_echo(ctx: Context, payload: str) -> str:
    return payload


@rpc("probe.stream_count")
def stream_count(ctx: Context, at: dict[str, Any]) -> dict[str, int]:
    return {"count": stream.count(Stream(at["mode"], label=at["label"]))}


@rpc("py.calls")
def count(ctx: Context) -> int:
    global calls
    calls += 1
    return calls


@rpc("py.random")
def draw(ctx: Context) -> list[Any]:
    return [random.random(), own_generator.random(), secrets.token_hex(8), str(uuid.uuid4()), str(uuid.uuid1())]


@rpc("py.fixed_random")
def draw_fixed(ctx: Context) -> float:
    return fixed_generator.random()


@rpc("py.facts")
def facts(ctx: Context) -> dict[str, Any]:
    return {
        "mode": ctx.mode.name,
        "node": ctx.node,
        "user": [ctx.user_id, ctx.username, ctx.expires_at],
        "session": [ctx.session_id, ctx.lang],
        "client": [ctx.client.address, ctx.client.port] if ctx.client else None,
        "vars": ctx.vars,
        "query_params": ctx.query_params,
        "headers": ctx.headers,
        "config": ctx.config,
        "environment": ctx.environment,
        "extra": ctx.extra,
    }


@dataclass
class Order:
    item: str
    count: int = 1


@rpc("py.order")
def order(ctx: Context, order: Order) -> Order:
    return order


@rpc("py.fail")
def fail(ctx: Context, problem: dict[str, Any]) -> None:
    raise PluginError(problem["code"], problem["message"])


@rpc("py.log")
def write_lines(ctx: Context) -> None:
    log.warn("by log")
    logging.getLogger("shop").error("by %s", "logging")
    print("by print")


@rpc("py.interfaces")
def interfaces(ctx: Context, arguments: dict[str, str]) -> dict[str, Any]:
    """Calls every function of an interface, and tells what each returned, or the code of its error."""
    results: dict[str, Any] = {}
    for name, call in INTERFACES[arguments["interface"]].items():
        try:
            results[name] = call(ctx, arguments)
        except PluginError as error:
            results[name] = {"code": error.code, "message": error.message}
    return results


@before("UpdateAccount")
def before_update(ctx: Context, req: UpdateAccountRequest) -> UpdateAccountRequest | Drop | None:
    match req.display_name:
        case "drop":
            return DROP
        case "refuse":
            raise PluginError.failed_precondition("not today")
        case "change":
            req.display_name = "changed"
        case "replace":
            return UpdateAccountRequest(location="hall")
        case "odd":
            return "nothing that goes on"  # type: ignore[return-value]
        case "break":
            req.raw["missing"]
    return None


@after("UpdateAccount")
def after_update(ctx: Context, req: UpdateAccountRequest, reply: Empty) -> None:
    log.info(f"after {req.to_json()} {reply.to_json()}")


@event
def on_event(ctx: Context, told: Event) -> None:
    log.info(f"event {told.name} {json.dumps(told.properties)} {told.timestamp_ms} {told.external}")


@session_start
def on_start(ctx: Context, told: Event) -> None:
    log.info(f"{told.name} of {ctx.username}")


@session_end
def on_end(ctx: Context, told: Event) -> None:
    log.info(f"{told.name} of {ctx.username}")


@cron("0 4 * * *")
def daily(ctx: Context, due: datetime) -> None:
    log.info(f"due {due.isoformat()}")
