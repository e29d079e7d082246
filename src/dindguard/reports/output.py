"""Where a document goes: standard output, or a file that is written whole or not at all."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress

from dindguard.errors import UserError

BLOCK = 1 << 16
"""Characters that are written at a time."""


def deliver(document: str | Iterable[str], path: str | os.PathLike[str] | None) -> None:
    """Write a document, whole or in pieces, UTF-8 with LF, to ``path`` or as it is made to standard output.

    Raises :class:`UserError` when the file cannot be written; it is then as it was.
    """
    pieces = [document] if isinstance(document, str) else document
    if path is not None:
        write_whole(path, (block.encode("utf-8", "replace") for block in _blocks(pieces)))
        return
    sys.stdout.flush()
    stream = getattr(sys.stdout, "buffer", None)
    if stream is None:
        sys.stdout.writelines(pieces)
        return
    encoding = (sys.stdout.encoding or "utf-8") if sys.stdout.isatty() else "utf-8"
    for block in _blocks(pieces):
        stream.write(block.encode(encoding, "replace"))
    stream.flush()


def _blocks(pieces: Iterable[str]) -> Iterator[str]:
    """Join small pieces to blocks that are worth a write."""
    waiting: list[str] = []
    length = 0
    for piece in pieces:
        waiting.append(piece)
        length += len(piece)
        if length >= BLOCK:
            yield "".join(waiting)
            waiting, length = [], 0
    yield "".join(waiting)


def write_whole(path: str | os.PathLike[str], data: bytes | Iterable[bytes], *, make_folders: bool = False) -> None:
    """Write a file through a neighbour that takes its name once it is complete; devices and pipes directly.

    ``make_folders`` makes the folders that lack. Raises :class:`UserError` when it cannot be written, and when a link
    in a repository leads out of it: whoever wrote the repository would choose what is overwritten.
    """
    blocks = [data] if isinstance(data, bytes) else data
    path = os.fspath(path)
    stay_inside(path)
    try:
        if make_folders:
            os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
        if os.path.exists(path) and not os.path.isfile(path):
            with open(path, "wb") as device:
                device.writelines(blocks)
            return
        _replace(os.path.realpath(path), blocks)
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror or error}") from error


def _replace(target: str, blocks: Iterable[bytes]) -> None:
    folder, name = os.path.split(target)
    draft = os.path.join(folder, f".{name}.{os.getpid()}.tmp")
    try:
        mode = os.stat(target).st_mode & 0o7777 if os.path.exists(target) else None
        with open(draft, "xb") as file:  # a link of this name is not followed
            file.writelines(blocks)
        if mode is not None:
            os.chmod(draft, mode)
        os.replace(draft, target)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(draft)


def stay_inside(path: str) -> None:
    """Raise :class:`UserError` when a link in the repository that a path is written in leads out of it."""
    root = _root(os.path.abspath(path))
    target = os.path.realpath(path)
    if root is not None and os.path.commonpath([target, os.path.realpath(root)]) != os.path.realpath(root):
        raise UserError(
            f"cannot write {path}: a link leads out of {root} to {target}; remove it, or name that file itself"
        )


def _root(path: str) -> str | None:
    """Return the repository that a path lies in as it is written, links and all; else the current folder above it."""
    here = os.getcwd()
    folder = os.path.dirname(path)
    above = f"{folder}/".startswith(f"{here.rstrip(os.sep)}/")
    while not os.path.lexists(os.path.join(folder, ".git")):
        parent = os.path.dirname(folder)
        if parent == folder:
            return here if above else None
        folder = parent
    return folder
