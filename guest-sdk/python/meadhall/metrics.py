"""The plugin's own figures, shown with the server's at `/metrics`. A plugin has at most 1,000 series."""

from collections.abc import Mapping

from meadhall import _host

_counter_add = _host.function("metrics", "counter_add")
_gauge_set = _host.function("metrics", "gauge_set")
_timer_record = _host.function("metrics", "timer_record")


def counter_add(name: str, delta: int = 1, tags: Mapping[str, str] | None = None) -> None:
    """Adds to a counter."""
    _counter_add(name, list(tags.items()) if tags else [], delta)


def gauge_set(name: str, value: float, tags: Mapping[str, str] | None = None) -> None:
    """Sets a gauge."""
    _gauge_set(name, list(tags.items()) if tags else [], value)


def timer_record(name: str, seconds: float, tags: Mapping[str, str] | None = None) -> None:
    """Records a duration, such as the difference of two `time.monotonic()`."""
    _timer_record(name, list(tags.items()) if tags else [], seconds * 1000.0)
