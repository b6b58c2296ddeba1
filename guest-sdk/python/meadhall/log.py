"""The server's log. Lines carry the plugin's name, and the caller's user and session.

The standard module `logging` writes there too, and so does `print`. A call may write 100 lines; the server drops the
rest, and says so once.
"""

import logging
from enum import IntEnum

from meadhall import _host


class Level(IntEnum):
    """How much a line matters."""

    TRACE = 0
    """The finest detail."""
    DEBUG = 1
    """For whoever writes the plugin."""
    INFO = 2
    """What happened."""
    WARN = 3
    """Something is odd."""
    ERROR = 4
    """Something failed."""


_write = _host.function("log", "write")


def write(level: Level, message: str) -> None:
    """Writes one line."""
    _write(level, message)


def trace(message: str) -> None:
    """Writes a line of the finest detail."""
    _write(Level.TRACE, message)


def debug(message: str) -> None:
    """Writes a line for whoever writes the plugin."""
    _write(Level.DEBUG, message)


def info(message: str) -> None:
    """Writes a line about what happened."""
    _write(Level.INFO, message)


def warn(message: str) -> None:
    """Writes a line about something odd."""
    _write(Level.WARN, message)


def error(message: str) -> None:
    """Writes a line about something that failed."""
    _write(Level.ERROR, message)


class ServerHandler(logging.Handler):
    """Passes what the standard module `logging` is given to the server's log."""

    def emit(self, record: logging.LogRecord) -> None:
        """Writes one record, with the name of its logger before it unless that is the root's."""
        text = self.format(record)
        _write(_level(record.levelno), text if record.name == "root" else f"{record.name}: {text}")


def _level(number: int) -> Level:
    if number >= logging.ERROR:
        return Level.ERROR
    if number >= logging.WARNING:
        return Level.WARN
    if number >= logging.INFO:
        return Level.INFO
    return Level.DEBUG if number >= logging.DEBUG else Level.TRACE
