"""Writes edited files: each whole or not at all, none through a link that leads out of the tree."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dindguard.errors import UserError
from dindguard.reports.output import write_whole

if TYPE_CHECKING:
    from dindguard.fixes.mending import Mended

_MARK = b"\xef\xbb\xbf"


def write(mended: Mended) -> None:
    """Write every edited file.

    Raises :class:`UserError`, before anything is written, when a file is no longer what was read, is not UTF-8, or is reached
    through a link.
    """
    made = {path: _bytes(mended, path) for path in sorted(mended.texts)}
    for path, data in made.items():
        write_whole(os.path.join(mended.before.root, path), data)


def _bytes(mended: Mended, path: str) -> bytes:
    full = os.path.join(mended.before.root, path)
    if os.path.realpath(full) != os.path.join(os.path.realpath(mended.before.root), *path.split("/")):
        raise UserError(f"{path} is reached through a link, and is not written: fix the file that it leads to")
    try:
        with open(full, "rb") as file:
            now = file.read()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}") from None
    mark = _MARK if now.startswith(_MARK) else b""
    if now != mark + mended.old[path].encode("utf-8", "surrogatepass"):
        raise UserError(f"{path} has changed since it was read, or is not UTF-8: nothing was written")
    return mark + mended.texts[path].encode("utf-8", "surrogatepass")
