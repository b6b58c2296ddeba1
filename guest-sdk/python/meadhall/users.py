"""Users: what everybody may see of an account."""

from collections.abc import Iterable

from meadhall import _host
from meadhall.message import User, Users

_get = _host.function("users", "get")


def by_id(ids: Iterable[str]) -> list[User]:
    """The users with these ids, at most 100; unknown ones are left out. Invalid argument (3) for ids that are no UUIDs."""
    return Users.read(_get(list(ids), [])).users


def by_username(usernames: Iterable[str]) -> list[User]:
    """The users with these names, at most 100; unknown ones are left out."""
    return Users.read(_get([], list(usernames))).users
