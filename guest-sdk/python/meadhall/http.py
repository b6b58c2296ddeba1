"""Requests to servers elsewhere. Which hosts a plugin may ask stands in the server's configuration; without a grant every
request is refused (7).

    answer = http.post("https://api.example.com/scores", json={"score": 7})
    if answer.status != 200:
        raise PluginError.unavailable(f"the score board answered {answer.status}")
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from meadhall import _host, _json

_wit = _host.module("imports.http")
_send = _host.function("http", "send")


@dataclass(frozen=True, slots=True)
class Response:
    """What the other server answered."""

    status: int
    """Such as 200."""
    headers: dict[str, str]
    """By name in lower case. Values of a name that came several times are joined with `, `."""
    body: bytes
    """What was received, whole."""

    @property
    def text(self) -> str:
        """The body as UTF-8 text; what is none is replaced."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON. `ValueError` when it is none."""
        return _json.decode(self.body.decode("utf-8"))


def send(
    method: str,
    url: str,
    headers: Mapping[str, str] | None = None,
    body: bytes | str = b"",
    *,
    timeout: float | None = None,
) -> Response:
    """Sends a request and waits for the whole response, of whatever status, or for `timeout` seconds.

    Invalid argument (3) for a request that is none, permission denied (7) for what is not granted, deadline exceeded
    (4), resource exhausted (8) for a body past the grant's limit, unavailable (14) when the other server cannot be
    reached or breaks off.
    """
    content = body.encode() if isinstance(body, str) else body
    milliseconds = None if timeout is None else max(1, round(timeout * 1000))
    found = _send(_wit.Request(method, url, list((headers or {}).items()), content, milliseconds))
    received: dict[str, str] = {}
    for name, value in found.headers:
        received[name] = f"{received[name]}, {value}" if name in received else value
    return Response(found.status, received, found.body)


def get(url: str, headers: Mapping[str, str] | None = None, *, timeout: float | None = None) -> Response:
    """Sends a GET request. Fails as `send`."""
    return send("GET", url, headers, timeout=timeout)


def post(
    url: str,
    headers: Mapping[str, str] | None = None,
    *,
    json: Any = None,
    body: bytes | str = b"",
    timeout: float | None = None,
) -> Response:
    """Sends a POST request with a body, or with a value as JSON. Fails as `send`."""
    sent = dict(headers or {})
    if json is not None:
        sent.setdefault("content-type", "application/json")
        body = _json.encode(json)
    return send("POST", url, sent, body, timeout=timeout)
