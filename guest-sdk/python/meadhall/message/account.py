"""Messages about accounts, log-ins and users. Fields `…_time` are RFC 3339 in UTC, as `datetime.fromisoformat` reads."""

from meadhall.message.base import Message


class AccountDevice(Message):
    """A device that logs in."""

    id: str = ""
    """Its id, 10 to 128 bytes."""
    vars: dict[str, str] = {}
    """Variables for the session."""


class AccountEmail(Message):
    """An email and password that log in."""

    email: str = ""
    """The address."""
    password: str = ""
    """The password, as the user typed it."""
    vars: dict[str, str] = {}
    """Variables for the session."""


class AccountCustom(Message):
    """An id of the studio's own that logs in."""

    id: str = ""
    """The id."""
    vars: dict[str, str] = {}
    """Variables for the session."""


class AuthenticateDeviceRequest(Message):
    """Logging in by device."""

    account: AccountDevice | None = None
    """The device."""
    create: bool | None = None
    """Whether to create the account when there is none; absent means yes."""
    username: str = ""
    """The user name for a new account; empty for one that the server makes up."""


class AuthenticateEmailRequest(Message):
    """Logging in by email."""

    account: AccountEmail | None = None
    """The email and password."""
    create: bool | None = None
    """Whether to create the account when there is none; absent means yes."""
    username: str = ""
    """The user name for a new account; empty for one that the server makes up."""


class AuthenticateCustomRequest(Message):
    """Logging in by custom id."""

    account: AccountCustom | None = None
    """The id."""
    create: bool | None = None
    """Whether to create the account when there is none; absent means yes."""
    username: str = ""
    """The user name for a new account; empty for one that the server makes up."""


class SessionRefreshRequest(Message):
    """Getting new tokens."""

    token: str = ""
    """The refresh token."""
    vars: dict[str, str] = {}
    """Variables that replace those of the session."""


class SessionLogoutRequest(Message):
    """Ending tokens: those given, or all of the user's when none is."""

    token: str = ""
    """A session token."""
    refresh_token: str = ""
    """A refresh token."""


class Session(Message):
    """The tokens of a log-in."""

    created: bool = False
    """Whether the account is new."""
    token: str = ""
    """The session token."""
    refresh_token: str = ""
    """The refresh token."""


class UpdateAccountRequest(Message):
    """Changing one's account: what is absent stays."""

    username: str | None = None
    """The user name."""
    display_name: str | None = None
    """The name to show."""
    avatar_url: str | None = None
    """Where the picture is."""
    lang_tag: str | None = None
    """The language, such as `en`."""
    location: str | None = None
    """Where the user is."""
    timezone: str | None = None
    """The user's time zone."""


class GetUsersRequest(Message):
    """Reading users."""

    ids: list[str] = []
    """By id."""
    usernames: list[str] = []
    """By user name."""
    facebook_ids: list[str] = []
    """By Facebook id."""


class User(Message):
    """What everybody may see of an account."""

    id: str = ""
    """A UUID."""
    username: str = ""
    """The user name."""
    display_name: str = ""
    """The name to show."""
    avatar_url: str = ""
    """Where the picture is."""
    lang_tag: str = ""
    """The language, such as `en`."""
    location: str = ""
    """Where the user is."""
    timezone: str = ""
    """The user's time zone."""
    metadata: str = ""
    """What the game keeps with the user, a JSON object."""
    online: bool = False
    """Whether they have a socket open."""
    edge_count: int = 0
    """How many friends they have."""
    create_time: str | None = None
    """When the account was created."""
    update_time: str | None = None
    """When the account was last changed."""


class Account(Message):
    """What a user owns and only they see."""

    user: User | None = None
    """The part that everybody sees."""
    wallet: str = ""
    """Their wallet, a JSON object."""
    email: str = ""
    """Their email address."""
    devices: list[AccountDevice] = []
    """Their devices."""
    custom_id: str = ""
    """Their custom id."""
    verify_time: str | None = None
    """When the email address was verified."""
    disable_time: str | None = None
    """When the account was disabled."""


class Users(Message):
    """Users."""

    users: list[User] = []
    """Those that exist."""


class EventRequest(Message):
    """An event that a client sends. Handlers get it as `Event`."""

    name: str = ""
    """What happened."""
    properties: dict[str, str] = {}
    """Its properties."""
    timestamp: str | None = None
    """When."""
    external: bool = False
    """True when a client sent it."""
