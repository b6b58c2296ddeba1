"""Files of the folders that the server's configuration grants, for reading. A path is the granted folder's name and then
the way in it, as `words/en/bad.txt`; it cannot leave the folder, also not by a link.

    words = file.read_text("words/en/bad.txt").splitlines()
"""

from builtins import list as List  # `list` is a function here
from typing import cast

from meadhall import _host

_read = _host.function("file", "read")
_list = _host.function("file", "list")


def read(path: str) -> bytes:
    """A file's whole content. Permission denied (7) when no such folder is granted, not found (5), resource exhausted (8)
    when it is more than 1 MiB."""
    return cast(bytes, _read(path))


def read_text(path: str) -> str:
    """A file's whole content as UTF-8 text. Fails as `read`, and with `UnicodeDecodeError` for what is no text."""
    return read(path).decode("utf-8")


def list(path: str) -> List[str]:
    """The names in a folder, sorted; those of folders end in `/`. At most 1,000, more are an error (8)."""
    return cast(List[str], _list(path))
