"""Why something failed."""

from typing import Final

CODES: Final = {
    "CANCELLED": 1,
    "UNKNOWN": 2,
    "INVALID_ARGUMENT": 3,
    "DEADLINE_EXCEEDED": 4,
    "NOT_FOUND": 5,
    "ALREADY_EXISTS": 6,
    "PERMISSION_DENIED": 7,
    "RESOURCE_EXHAUSTED": 8,
    "FAILED_PRECONDITION": 9,
    "ABORTED": 10,
    "OUT_OF_RANGE": 11,
    "UNIMPLEMENTED": 12,
    "INTERNAL": 13,
    "UNAVAILABLE": 14,
    "DATA_LOSS": 15,
    "UNAUTHENTICATED": 16,
}
"""The codes of errors by name, as gRPC has them."""


class PluginError(Exception):
    """An error that reaches the client with its code and its message, as an HTTP status or as an error on its socket.

    What the server refuses raises it too, so that `except PluginError as error` sees the code of either. Any other
    exception of a plugin becomes an internal error (13), and its traceback is in the server's log.
    """

    code: int
    """A gRPC status code, 1 to 16."""
    message: str
    """One sentence for whoever made the call."""

    def __init__(self, code: int, message: str) -> None:
        if type(code) is not int or not 1 <= code <= 16:
            raise TypeError(f"the code of a PluginError is a whole number from 1 to 16, not {code!r}")
        if not isinstance(message, str):
            raise TypeError(f"the message of a PluginError is a text, not {message!r}")
        super().__init__(code, message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return f"{self.message} (code {self.code})"

    @classmethod
    def invalid_argument(cls, message: str) -> "PluginError":
        """The caller asked for something that makes no sense (3, HTTP 400)."""
        return cls(3, message)

    @classmethod
    def deadline_exceeded(cls, message: str) -> "PluginError":
        """It took too long (4, HTTP 504)."""
        return cls(4, message)

    @classmethod
    def not_found(cls, message: str) -> "PluginError":
        """What was asked for does not exist (5, HTTP 404)."""
        return cls(5, message)

    @classmethod
    def already_exists(cls, message: str) -> "PluginError":
        """What was to be created exists (6, HTTP 409)."""
        return cls(6, message)

    @classmethod
    def permission_denied(cls, message: str) -> "PluginError":
        """The caller may not do this (7, HTTP 403)."""
        return cls(7, message)

    @classmethod
    def resource_exhausted(cls, message: str) -> "PluginError":
        """A limit is reached (8, HTTP 429)."""
        return cls(8, message)

    @classmethod
    def failed_precondition(cls, message: str) -> "PluginError":
        """Things are not in the state that this needs (9, HTTP 400)."""
        return cls(9, message)

    @classmethod
    def aborted(cls, message: str) -> "PluginError":
        """Something else happened at the same time (10, HTTP 409)."""
        return cls(10, message)

    @classmethod
    def unimplemented(cls, message: str) -> "PluginError":
        """This does not exist yet (12, HTTP 501)."""
        return cls(12, message)

    @classmethod
    def internal(cls, message: str) -> "PluginError":
        """Something is broken that should not be (13, HTTP 500)."""
        return cls(13, message)

    @classmethod
    def unavailable(cls, message: str) -> "PluginError":
        """Not now (14, HTTP 503)."""
        return cls(14, message)

    @classmethod
    def unauthenticated(cls, message: str) -> "PluginError":
        """The call needs a user (16, HTTP 401)."""
        return cls(16, message)


class DefinitionError(Exception):
    """A plugin that is put together wrongly, such as a decorator on a function that it does not fit. `meadhall plugin
    build` shows it with the file and the line."""
