"""Which repository and revision was scanned, read from the files of ``.git``: Git is not run."""

from __future__ import annotations

import os
import re

from dindguard.records import record

_LARGEST = 1 << 20


@record
class Provenance:
    """Where the scanned files live: an address without credentials, and a commit if one is checked out."""

    address: str
    revision: str = ""
    branch: str = ""


def provenance(root: str, commit: str) -> Provenance | None:
    """Return what the repository at ``root`` says of itself; ``None`` where it has no address to tell.

    A ``.git`` that is a file points elsewhere, and is not followed.
    """
    git = os.path.join(root, ".git")
    if os.path.islink(git) or not os.path.isdir(git):
        return None
    address = _origin(_read(git, "config"))
    if not address:
        return None
    head = _read(git, "HEAD").strip()
    branch = re.fullmatch(r"ref: refs/heads/([\w./@+#-]+)", head)
    return Provenance(address, commit, branch[1] if branch else "")


def _read(git: str, name: str) -> str:
    path = os.path.join(git, name)
    try:
        if not os.path.isfile(path) or os.path.realpath(path) != os.path.join(os.path.realpath(git), name):
            return ""
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(_LARGEST)
    except OSError:
        return ""


def _origin(config: str) -> str:
    """Return the address of the remote ``origin``, as one that opens in a browser, without user and password."""
    section = re.search(r'^\[remote "origin"\]\s*\n((?:[ \t].*\n?)*)', config, re.MULTILINE)
    url = re.search(r"^[ \t]+url\s*=\s*(\S+)", section[1], re.MULTILINE) if section else None
    if url is None:
        return ""
    web = re.fullmatch(r"(?:https?|ssh|git)://(?:[^/@]*@)?([\w.-]+)(:\d+)?/([\w./~-]+?)(?:\.git)?/?", url[1])
    if web:
        port = web[2] or "" if url[1].startswith("http") else ""
        return f"https://{web[1]}{port}/{web[3]}"
    short = re.fullmatch(r"(?:[\w.-]+@)?([\w-]+(?:\.[\w-]+)+):([\w./~-]+?)(?:\.git)?/?", url[1])
    return f"https://{short[1]}/{short[2]}" if short else ""
