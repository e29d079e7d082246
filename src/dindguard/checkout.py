"""The commit that a checkout has, read from its files: no program is run, and nothing but a commit's name comes out.

A ``.git`` that leads elsewhere is followed only to a repository that names this folder in turn, and no link is followed out
of a repository: what else a file of 40 or 64 hexadecimal digits may hold is nobody's business.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from dindguard.patterns import regex

_PIECE = 4096
"""A longer line, which no file of Git's has, is looked at in pieces of so many characters."""


def commit_of(root: str) -> str:
    """Return the commit checked out at ``root`` (40 or 64 hexadecimal digits); empty when the files do not tell."""
    folder, linked = _git_folder(os.path.realpath(root))
    head = _inside(folder, "HEAD")
    if not head.startswith("ref: "):
        return _name(head)
    reference = head.removeprefix("ref: ").strip()
    if not reference.startswith("refs/") or ".." in reference or "\\" in reference:
        return ""
    common = _inside(folder, "commondir") if linked else ""
    for place in (folder, os.path.join(folder, common) if common else ""):
        if place and (found := _name(_inside(place, reference)) or _packed(place, reference)):
            return found
    return ""


def names(own: str, root: str) -> bool:
    """Whether a repository elsewhere names the folder: as a linked work tree, or as the work tree of a submodule."""
    back = _first_line(os.path.join(own, "gitdir"))
    if back and os.path.realpath(os.path.join(own, back)) == os.path.join(root, ".git"):
        return True
    tree = next(filter(None, map(_WORKTREE.match, _lines(os.path.join(own, "config")))), None)
    return tree is not None and os.path.realpath(os.path.join(own, tree[1].strip().strip('"'))) == root


_WORKTREE = regex(r"[ \t]*+worktree[ \t]*+=[ \t]*+(.+)$", re.IGNORECASE)


def _git_folder(root: str) -> tuple[str, bool]:
    """Return ``.git``, or the folder that a file of that name leads to if it names this one; and whether it does."""
    given = os.path.join(root, ".git")
    line = _first_line(given) if os.path.isfile(given) and not os.path.islink(given) else ""
    if not line.startswith("gitdir: "):
        return given, False
    own = os.path.realpath(os.path.join(root, line.removeprefix("gitdir: ")))
    return (own, True) if names(own, root) else ("", False)


def _inside(folder: str, name: str) -> str:
    """Return the first line of a file of a repository; empty when a link leads out of it."""
    path = os.path.join(folder, name)
    home = os.path.realpath(folder)
    return _first_line(path) if folder and os.path.realpath(path).startswith(home + os.sep) else ""


def _packed(folder: str, reference: str) -> str:
    if os.path.islink(os.path.join(folder, "packed-refs")):
        return ""
    for line in _lines(os.path.join(folder, "packed-refs")):
        name, _, of = line.rstrip("\r\n").partition(" ")
        if of == reference:
            return _name(name)
    return ""


def _first_line(path: str) -> str:
    return next(_lines(path), "").strip()


def _lines(path: str) -> Iterator[str]:
    """Yield the lines of a file, however long it is; none of what is no file."""
    try:
        if os.path.isfile(path):
            with open(path, encoding="utf-8", errors="replace") as file:
                while line := file.readline(_PIECE):
                    yield line
    except (OSError, ValueError):
        return


def _name(text: str) -> str:
    text = text.strip()
    return text if len(text) in (40, 64) and set(text) <= set("0123456789abcdef") else ""
