"""JSON as the server has it. No part of the API."""

import dataclasses
import json
from typing import Any


def _plain(value: Any) -> Any:
    raw = getattr(value, "raw", None)
    if isinstance(raw, dict):
        return raw
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    raise TypeError(f"{value!r} of type {type(value).__name__} cannot be written as JSON")


_encoder = json.JSONEncoder(ensure_ascii=True, allow_nan=False, separators=(",", ":"), default=_plain)

encode = _encoder.encode
"""Writes a value, messages included."""

decode = json.JSONDecoder().decode
"""Reads a text."""
