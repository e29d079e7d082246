"""Files of Git's own: small, and neither pipes nor devices, for which it would wait for ever."""

from __future__ import annotations

import os

from dindguard import budget
from dindguard.errors import UserError


def followed(path: str, word: str) -> str:
    """Return the folder that a file of one line (``gitdir: …``) names, or the folder itself."""
    if os.path.isdir(path):
        return os.path.realpath(path)
    named = text_of(path).removeprefix(word).strip()
    return os.path.realpath(os.path.join(os.path.dirname(path), named))


def text_of(path: str) -> str:
    """Return a small file of Git's own as text; nothing of what is no file."""
    return _bytes(path).decode("utf-8", "replace")


def _bytes(path: str) -> bytes:
    """Return a small file of Git's own; nothing of what is no file. Raises :class:`UserError` when it is too large."""
    limit = budget.GIT_FILE
    check_kind(path)
    try:
        if not os.path.isfile(path):
            return b""
        with open(path, "rb") as file:
            data = file.read(limit.most + 1)
    except OSError:
        return b""
    if len(data) > limit.most:
        raise UserError(f"{path}: {limit.what.format(most=limit.most)}; {limit.lost}: {limit.remedy}")
    return data


def lines_of(path: str) -> list[str]:
    """Return the lines of a file of Git's that are no comments, as Git takes them: character by character."""
    return [os.fsdecode(line) for line in _bytes(path).split(b"\n") if line and not line.startswith(b"#")]


def check_kind(path: str) -> None:
    """Refuse a pipe or a device where Git has a file: it would wait for it for ever."""
    if os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path):
        raise UserError(f"{path} is a pipe or a device, where Git has a file: remove it")
