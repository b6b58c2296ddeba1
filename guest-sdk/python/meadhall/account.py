"""Accounts: what a user owns and only they see."""

from typing import Any, TypedDict, Unpack, cast

from meadhall import _host, _json
from meadhall.message import Account

_get = _host.function("account", "get")
_update = _host.function("account", "update")
_delete = _host.function("account", "delete")
_ban = _host.function("account", "ban")
_unban = _host.function("account", "unban")
_export = _host.function("account", "export")


class Changes(TypedDict, total=False):
    """What to change of an account: what is absent stays."""

    username: str
    """The user name."""
    display_name: str
    """The name to show."""
    avatar_url: str
    """Where the picture is."""
    lang_tag: str
    """The language, such as `en`."""
    location: str
    """Where the user is."""
    timezone: str
    """The user's time zone."""
    metadata: dict[str, Any]
    """What the game keeps with the user. Everybody can read it; only plugins can write it."""


def get(user_id: str) -> Account:
    """Reads an account. Not found (5) when there is none."""
    return Account.read(_get(user_id))


def update(user_id: str, **changes: Unpack[Changes]) -> None:
    """Changes an account: `account.update(user_id, display_name="Ada")`.

    Not found (5) when there is none, already exists (6) for a user name that is taken, invalid argument (3) for a value
    that cannot be.
    """
    _update(user_id, _json.encode(changes))


def delete(user_id: str) -> None:
    """Deletes an account and closes its sockets."""
    _delete(user_id)


def ban(user_id: str) -> None:
    """Disables an account: its user cannot log in, their tokens count no more, and their sockets are told and closed.

    Nothing changes when it is disabled already. Not found (5) when there is none.
    """
    _ban(user_id)


def unban(user_id: str) -> None:
    """Enables an account again; its user logs in anew. Nothing changes when it is not disabled.

    Not found (5) when there is none.
    """
    _unban(user_id)


def export(user_id: str) -> dict[str, Any]:
    """Everything that is stored about a user: the account, and lists of friends, groups, notifications, storage objects,
    read markers and messages. It looks at every message that the server keeps.

    Not found (5) when there is none, resource exhausted (8) when it is more than 8 MiB.
    """
    return cast(dict[str, Any], _json.decode(_export(user_id)))
