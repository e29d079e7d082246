"""Cheap tests of what a text must hold before the dear ones can find a credential in it.

Most texts of a report are our own words and names of files. Each test errs to one side only: it may say that a text could
tell something when it tells nothing, never the other way round.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache

from dindguard.reports.masking import programs

_NAMES = (
    "pass", "pw", "secret", "token", "cred", "login", "cookie", "authorization", "bearer", "webhook", "psk", "jwt", "dsn",
    "otp", "connectionstring", "connection_string", "connection-string", "connection.string", "dockerc", "key",
    "art_api", "art-api",
)  # fmt: skip
"""One of these stands, in lower case, in every name that says that its value is a credential …"""

_SIGNS = ("=", "<", ">", "|", "\\", "ENV", "ARG")
"""What assigns, redirects, joins commands, and what may hide where a word begins; instructions of a Dockerfile."""

_WORDS = frozenset({*programs.OPTIONS, "vault", "machine"})
"""Words that make a credential of one behind them."""

RECENT = 1024
"""Lines of which it is known: those around a line are asked about for each of its neighbours."""


@cache
def _tails() -> re.Pattern[str]:
    """… or one of these, which many other words begin with."""
    return re.compile(r"(?i:auth)(?![a-z])|(?i:pat)(?![\w-])")


@cache
def _word() -> re.Pattern[str]:
    """A word of a command line, as far as it goes on."""
    return re.compile(r"[\w-]+")


@cache
def _given_by() -> re.Pattern[str]:
    """How SQL and databases' tools are given a password, in lower case."""
    return re.compile(r"(?:identified|with|encrypted|set)\W+(?:by|account)\b|\b(?:by|account)\W*[\"']")


@lru_cache(RECENT)
def names_secret(text: str) -> bool:
    """Whether any name in a text could be that of a credential."""
    lower = text.lower()
    for each in _NAMES:  # half of what ``any`` takes
        if each in lower:
            return True
    return ("auth" in lower or "pat" in lower) and _tails().search(text) is not None


def speaks(line: str) -> bool:
    """Whether any command in a line could be given a credential."""
    return speak([line])


def speak(lines: Sequence[str]) -> bool:
    """Whether any command in lines, joined with blanks between, could be given a credential."""
    if any(map(_speaks, lines)):
        return True
    lower = " ".join(lines).lower()
    return ("by" in lower or "account" in lower) and _given_by().search(lower) is not None


@lru_cache(RECENT)
def _speaks(line: str) -> bool:
    """Whether a sign, a name or a word in a line tells that a command could be given a credential."""
    if any(sign in line for sign in _SIGNS) or names_secret(line):
        return True
    return not _WORDS.isdisjoint(_word().findall(line.lower()))
