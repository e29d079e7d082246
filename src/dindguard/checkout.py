"""The commit that a checkout has, read from its files: no program is run, and nothing but a commit's name comes out."""

from __future__ import annotations

import os

_LONGEST = 1 << 20
"""A file of references that is longer is not read."""


def commit_of(root: str) -> str:
    """Return the commit checked out at ``root`` (40 or 64 hexadecimal digits); empty when the files do not tell."""
    folder = _git_folder(root)
    head = _first_line(os.path.join(folder, "HEAD"))
    if not head.startswith("ref: "):
        return _name(head)
    reference = head.removeprefix("ref: ").strip()
    if not reference.startswith("refs/") or ".." in reference or "\\" in reference:
        return ""
    common = _first_line(os.path.join(folder, "commondir"))
    for place in (folder, os.path.join(folder, common) if common else ""):
        if place and (found := _name(_first_line(os.path.join(place, reference))) or _packed(place, reference)):
            return found
    return ""


def _git_folder(root: str) -> str:
    """Return ``.git``, or the folder that a worktree's file of that name leads to."""
    given = os.path.join(root, ".git")
    line = _first_line(given) if os.path.isfile(given) else ""
    return os.path.join(root, line.removeprefix("gitdir: ")) if line.startswith("gitdir: ") else given


def _packed(folder: str, reference: str) -> str:
    for line in _read(os.path.join(folder, "packed-refs")).splitlines():
        name, _, of = line.partition(" ")
        if of == reference:
            return _name(name)
    return ""


def _first_line(path: str) -> str:
    return _read(path).partition("\n")[0].strip()


def _read(path: str) -> str:
    try:
        if not os.path.isfile(path) or os.path.getsize(path) > _LONGEST:
            return ""
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except (OSError, ValueError):
        return ""


def _name(text: str) -> str:
    text = text.strip()
    return text if len(text) in (40, 64) and set(text) <= set("0123456789abcdef") else ""
