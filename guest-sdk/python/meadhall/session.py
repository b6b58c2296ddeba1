"""Connected sessions."""

from meadhall import _host

_disconnect = _host.function("session", "disconnect")


def disconnect(session_id: str, reason: str | None = None) -> None:
    """Closes a session's socket; nothing happens when it is not connected. A reason is written to the log and to the
    session-end event. Invalid argument (3) for an id that is no UUID."""
    _disconnect(session_id, reason)
