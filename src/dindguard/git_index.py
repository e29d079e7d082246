"""Which files Git tracks, read from ``.git/index`` by a reader of our own: running Git in a scanned tree would obey it.

Source: Git's ``gitformat-index`` page, versions 2 to 4. What is damaged or of another kind tells nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from dindguard import budget
from dindguard.source import Span

_FIXED = 40
"""The bytes of an entry before the object's name."""


def tracked(root: str) -> Iterator[str]:
    """Yield the paths that the index of a repository's root lists, in its order; none when there is no such index."""
    folder = _git_folder(root)
    data = _read(os.path.join(folder, "index"), budget.GIT_INDEX.most + 1) if folder else b""
    if not budget.within(budget.GIT_INDEX, len(data), Span(".git/index", 1, 1, 1, 1)):
        return
    if len(data) < 12 or data[:4] != b"DIRC":
        return
    version, count = int.from_bytes(data[4:8], "big"), int.from_bytes(data[8:12], "big")
    if version not in (2, 3, 4):
        return
    for path in _entries(data, version, count, 32 if _uses_sha256(folder) else 20):
        yield os.fsdecode(path)


def _entries(data: bytes, version: int, count: int, name_bytes: int) -> Iterator[bytes]:
    at, path = 12, b""
    for _ in range(count):
        start = at
        flags_at = start + _FIXED + name_bytes
        flags = int.from_bytes(data[flags_at : flags_at + 2], "big")
        at = flags_at + (4 if version >= 3 and flags & 0x4000 else 2)
        strip = 0
        if version == 4:
            strip, at = _number(data, at)
        end = data.find(b"\0", at)
        if end < 0 or strip > len(path):
            return
        path = path[: len(path) - strip] + data[at:end] if version == 4 else data[at:end]
        yield path
        at = end + 1 if version == 4 else start + (end - start + 8) // 8 * 8


def _number(data: bytes, at: int) -> tuple[int, int]:
    """Return a number of variable length (as in pack files' offsets), and where it ends."""
    value = 0
    for index in range(at, min(at + 6, len(data))):
        byte = data[index]
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            return value, index + 1
        value += 1
    return len(data), at  # longer than any path: the caller gives up


def _git_folder(root: str) -> str:
    """Return where a repository keeps its index: ``.git``, or the folder that a file of that name points to."""
    there = os.path.join(root, ".git")
    if os.path.isdir(there):
        return there
    text = _read(there, 4096)
    if not text.startswith(b"gitdir:"):
        return ""
    folder = os.path.join(root, os.fsdecode(text.partition(b":")[2].strip()))
    return folder if os.path.isfile(os.path.join(folder, "HEAD")) else ""


def _uses_sha256(folder: str) -> bool:
    return b"sha256" in _read(os.path.join(folder, "config"), 65536).lower()


def _read(path: str, most: int) -> bytes:
    """Return the first ``most`` bytes of a file; none of what is no file."""
    try:
        if not os.path.isfile(path):
            return b""
        with open(path, "rb") as file:
            return file.read(most)
    except OSError:
        return b""
