"""Who called, and how."""

from dataclasses import dataclass
from enum import IntEnum
from typing import cast

from meadhall import _host
from meadhall.error import PluginError
from meadhall.stream import PresenceId


class Mode(IntEnum):
    """How the plugin came to run."""

    START = 0
    """Starting."""
    RPC = 1
    """An RPC."""
    BEFORE = 2
    """A hook before a message."""
    AFTER = 3
    """A hook after a message."""
    EVENT = 4
    """A handler of an event, or of a time."""


@dataclass(frozen=True, slots=True)
class CallerUser:
    """The caller's user."""

    id: str
    """A UUID."""
    username: str
    """The name in the caller's session token."""
    expires_at: int
    """When the session token expires, in seconds since the Unix epoch."""


@dataclass(frozen=True, slots=True)
class CallerSession:
    """The caller's socket."""

    id: str
    """A UUID."""
    lang: str
    """The language that the client asked for, such as `en`."""


@dataclass(frozen=True, slots=True)
class ClientAddress:
    """Where the client connects from."""

    address: str
    """Its IP address."""
    port: int
    """Its TCP port, 0 where unknown."""


_mode = _host.function("context", "execution_mode")
_node = _host.function("context", "node")
_user = _host.function("context", "user")
_session = _host.function("context", "session")
_client = _host.function("context", "client")
_vars = _host.function("context", "vars")
_query_params = _host.function("context", "query_params")
_headers = _host.function("context", "headers")
_config = _host.function("context", "config")
_environment = _host.function("context", "environment")
_extra = _host.function("context", "extra")


class Context:
    """The facts of the call that is running.

    Each is asked of the server when it is first wanted, and then kept: a function that asks for nothing pays for
    nothing. A context is good for its own call only.
    """

    __slots__ = (
        "_found_user",
        "_found_session",
        "_found_client",
        "_found_vars",
        "_found_query_params",
        "_found_headers",
        "_found_config",
        "_found_environment",
        "_found_extra",
    )

    _found_user: CallerUser | None
    _found_session: CallerSession | None
    _found_client: ClientAddress | None
    _found_vars: dict[str, str]
    _found_query_params: dict[str, list[str]]
    _found_headers: dict[str, list[str]]
    _found_config: dict[str, str]
    _found_environment: dict[str, str]
    _found_extra: dict[str, str]

    @property
    def user(self) -> CallerUser | None:
        """The caller's user; None when a game server calls with the HTTP key, and when the plugin starts."""
        try:
            return self._found_user
        except AttributeError:
            found = _user()
            self._found_user = found and CallerUser(found.id, found.username, found.expires_at)
            return self._found_user

    @property
    def user_id(self) -> str:
        """The caller's user id, a UUID. Unauthenticated (16) when there is no user."""
        return self._needed_user().id

    @property
    def username(self) -> str:
        """The caller's user name, as it was when they logged in. Unauthenticated (16) when there is no user."""
        return self._needed_user().username

    @property
    def expires_at(self) -> int | None:
        """When the caller's session token expires, in seconds since the Unix epoch; None when there is no user."""
        user = self.user
        return user.expires_at if user else None

    @property
    def session(self) -> PresenceId:
        """Who the caller is in streams: their user and their socket. Unauthenticated (16) when there is no user, failed
        precondition (9) when the call came over plain HTTP."""
        user_id = self.user_id
        session_id = self.session_id
        if session_id is None:
            raise PluginError.failed_precondition("this needs a socket, and the call came over plain HTTP")
        return PresenceId(user_id, session_id)

    @property
    def session_id(self) -> str | None:
        """The id of the caller's socket; None when the call came over plain HTTP."""
        session = self._caller_session()
        return session.id if session else None

    @property
    def lang(self) -> str | None:
        """The language that the client asked for when it opened its socket, such as `en`; None over plain HTTP."""
        session = self._caller_session()
        return session.lang if session else None

    @property
    def client(self) -> ClientAddress | None:
        """Where the client connects from; None when no client caused the call."""
        try:
            return self._found_client
        except AttributeError:
            found = _client()
            self._found_client = found and ClientAddress(found.address, found.port)
            return self._found_client

    @property
    def vars(self) -> dict[str, str]:
        """The variables that the client gave when it logged in."""
        try:
            return self._found_vars
        except AttributeError:
            self._found_vars = dict(_vars())
            return self._found_vars

    @property
    def query_params(self) -> dict[str, list[str]]:
        """The query parameters of an RPC over HTTP, without `http_key` and `unwrap`."""
        try:
            return self._found_query_params
        except AttributeError:
            self._found_query_params = dict(_query_params())
            return self._found_query_params

    @property
    def headers(self) -> dict[str, list[str]]:
        """The headers of an RPC over HTTP, their names in lower case, without `authorization` and `cookie`."""
        try:
            return self._found_headers
        except AttributeError:
            self._found_headers = dict(_headers())
            return self._found_headers

    @property
    def config(self) -> dict[str, str]:
        """The plugin's own settings, from the section `[plugin.NAME]` of the server's configuration."""
        try:
            return self._found_config
        except AttributeError:
            self._found_config = dict(_config())
            return self._found_config

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables of the server that its configuration grants to the plugin."""
        try:
            return self._found_environment
        except AttributeError:
            self._found_environment = dict(_environment())
            return self._found_environment

    @property
    def extra(self) -> dict[str, str]:
        """Facts that this SDK does not know yet, by the names that a later server gives them."""
        try:
            return self._found_extra
        except AttributeError:
            self._found_extra = dict(_extra())
            return self._found_extra

    @property
    def node(self) -> str:
        """The name of the server that runs this."""
        return cast(str, _node())

    @property
    def mode(self) -> Mode:
        """How the plugin came to run."""
        return Mode(_mode().value)

    def _needed_user(self) -> CallerUser:
        user = self.user
        if user is None:
            raise PluginError.unauthenticated("this needs a user, and the call was made without one")
        return user

    def _caller_session(self) -> CallerSession | None:
        try:
            return self._found_session
        except AttributeError:
            found = _session()
            self._found_session = found and CallerSession(found.id, found.lang)
            return self._found_session
