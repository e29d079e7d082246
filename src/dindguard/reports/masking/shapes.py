"""Credentials that can be told by their form, and those in addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from dindguard.reports.excerpt import Range
from dindguard.reports.masking.names import reference

_LONG_RUN = 120

_SHAPES = (
    r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----.*",
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    r"\bgh[oprsu]_\w{20,}",
    r"\bgithub_pat_\w{20,}",
    r"\bgl(?:pat|dt|rt|cbt|ptt|ft|soat|agent|imt|oas|sa)[-_][\w-]{16,}",
    r"\bxox[a-z]-[\w-]{10,}",
    r"\bdckr_(?:pat|oat)_[\w-]{16,}",
    r"\bnpm_\w{30,}",
    r"\bpypi-\w{40,}",
    r"\bhv[sb]\.[\w-]{20,}",
    r"\bAIza[\w-]{30,}",
    r"\bsk(?:-[a-z]{1,20})?-\w{24,}",
    r"\bSWMTKN-\d-[\w-]{20,}",
    r"\bdop_v1_\w{32,}",
    r"\bhf_\w{30,}",
    r"\bAGE-SECRET-KEY-\w{30,}",
    r"\bSG\.[\w-]{16,}\.[\w-]{16,}",
    r"(?<![\w-])eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{5,}",
    r"(?<=hooks\.slack\.com/services/)[\w/]{20,}",
    r"(?<=/api/webhooks/)\d{5,25}/[\w-]{20,}",
    r"(?<=api\.telegram\.org/bot)\d{5,15}:[\w-]{20,}",
    r"\${1,2}(?:apr1|2[abxy]|[156y]|argon2\w{1,2})\$[\w./$,=+-]{16,}",
    rf"(?<![\w+/=:])[A-Za-z0-9+/]{{{_LONG_RUN},}}={{0,2}}",
)
"""The last one is a long run of base64."""

_HINTS = (
    "-----BEGIN", "AKIA", "ASIA", "gho_", "ghp_", "ghr_", "ghs_", "ghu_", "github_pat_", "glpat", "gldt", "glrt", "glcbt",
    "glptt", "glft", "glsoat", "glagent", "glimt", "gloas", "glsa", "xox", "dckr_", "npm_",
    "pypi-", "hvs.", "hvb.", "AIza", "sk-", "SWMTKN", "dop_v1_", "hf_", "AGE-", "SG.", "eyJ", "hooks.slack",
    "webhooks", "telegram", "$apr1$", "$2a$", "$2b$", "$2x$", "$2y$", "$1$", "$5$", "$6$", "$y$", "$argon2",
)  # fmt: skip
"""What a line must hold for a shape to match; compiling the shapes takes a millisecond."""


@cache
def _shapes() -> re.Pattern[str]:
    return re.compile("|".join(_SHAPES))


@cache
def _user_info() -> re.Pattern[str]:
    """What stands between ``://`` and the ``@`` of an address."""
    return re.compile(r"://([^\s/'\"<>\\]{1,2000})@")


@cache
def _of_go() -> re.Pattern[str]:
    """The password in ``user:password@tcp(host:port)/name``, as Go's drivers of databases take it."""
    return re.compile(r"(?<![\w/])[\w.-]{1,64}:([^\s:@/'\"]{1,200})@(?:tcp|unix)\(")


@cache
def _query() -> re.Pattern[str]:
    """Credentials in the query of an address, whose names are short."""
    return re.compile(
        r"[?&](?:token|key|sig|signature|auth|code|access_token|api_?key|X-Amz-(?:Signature|Security-Token))="
        r"([^\s&\"'#]+)",
        re.IGNORECASE,
    )


def by_form(line: str) -> Iterator[Range]:
    """Yield what has the form of a credential wherever it stands."""
    if any(hint in line for hint in _HINTS) or (
        len(line) >= _LONG_RUN and max(map(len, line.split()), default=0) >= _LONG_RUN
    ):
        for found in _shapes().finditer(line):
            yield found.span()


def in_addresses(line: str) -> Iterator[Range]:
    """Yield the passwords of ``scheme://user:password@host``, tokens before an ``@`` and in queries.

    A user without a password is a token when it is long and has a digit: no account is called like that.
    """
    if "@tcp(" in line or "@unix(" in line:
        for found in _of_go().finditer(line):
            if not reference(found[1]):
                yield found.span(1)
    if "://" not in line:
        return
    for found in _user_info().finditer(line):
        user, colon, password = found[1].partition(":")
        start = found.start(1) + len(user) + 1
        if colon and not reference(password):
            yield start, found.end(1)
        elif not colon and len(user) >= 10 and re.search(r"\d", user) and not reference(user):
            yield found.span(1)
    for found in _query().finditer(line):
        if not reference(found[1]):
            yield found.span(1)
