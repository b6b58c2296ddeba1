"""Reaches for what a plugin has to be granted, as `tests/guests/reach` does in Rust."""

import json
from typing import Any

from meadhall import Context, file, http, needs, rpc

needs(http="127.0.0.1", url="endpoint", environment="PATH", folder="words", setting="greeting")


@rpc("reach.send")
def send(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    timeout = request.get("timeout_ms")
    response = http.send(
        request["method"],
        request["url"],
        request.get("headers"),
        request.get("body", ""),
        timeout=None if timeout is None else timeout / 1000,
    )
    return {"status": response.status, "headers": response.headers, "body": response.text}


@rpc("reach.environment")
def environment(ctx: Context, name: str) -> str:
    return json.dumps(ctx.environment.get(name))


@rpc("reach.read")
def read(ctx: Context, path: str) -> str:
    return file.read_text(path)


@rpc("reach.list")
def list_folder(ctx: Context, path: str) -> list[str]:
    return file.list(path)
