"""Values that are assigned to names: ``NAME=value``, ``name: value``, ``"name": "value"``, ``<name>value</name>``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from dindguard.reports.excerpt import Range
from dindguard.reports.masking import hints
from dindguard.reports.masking.names import SHOWN, plain, secret_name, shown


@cache
def _assignment() -> re.Pattern[str]:
    """The head of an assignment, its quotes escaped or not. Blanks are limited, so that no line costs more than its length."""
    return re.compile(
        r"(?P<lead>(?<![\w-])--?|(?<![^\s\"'`{\[,;(&?=|<>:$]))(?P<name>[A-Za-z_][\w.-]{0,200})(?:\\?[\"'\]]){0,2}"
        r"(?:(?P<colon>\s{0,20}:\s{1,20}|\s{0,20}:(?=\\?[\"']))|(?P<equals>\s{0,20}(?:=>|[:?+!]?=)\s{0,20}))(?=[^\s:=])"
    )


_QUOTED = r"\"((?:[^\"\\]|\\.)*)(?:\"|$)|'([^']*)(?:'|$)"


@cache
def _word() -> re.Pattern[str]:
    reference = r"\$\{\{[^}]*}}|\$\{[^}]*}|\$\([^)]*\)"
    return re.compile(rf"{_QUOTED}|((?:{reference}|\\.|[^\s\"'`&|;\\])+)")


@cache
def _scalar() -> re.Pattern[str]:
    """A value in YAML: quoted, or plain to the end of the line or of the flow collection."""
    reference = r"\$\{\{[^}]*}}|\$\{[^}]*}"
    plain_text = rf"((?:{reference}|[^\s\"'])(?:{reference}|.)*?)(?=,\s|\s{{0,20}}}}|\s{{1,20}}\#|\s{{0,20}}$)"
    return re.compile(f"{_QUOTED}|{plain_text}")


@cache
def _element() -> re.Pattern[str]:
    return re.compile(r"<([A-Za-z_][\w.:-]{0,100})(?:\s[^<>]{0,200})?>([^<>]+)</")


@cache
def _attribute() -> re.Pattern[str]:
    return re.compile(r"\s(?:key|name)=[\"']([\w.-]{1,100})[\"']")


@cache
def _said() -> re.Pattern[str]:
    return re.compile(r"\b(?:password|passwd|passphrase|token|secret|pw)\s+(?:is|was)\s+([^\s\"']+)", re.IGNORECASE)


@cache
def _scheme() -> re.Pattern[str]:
    """Words before a credential in an HTTP header."""
    return re.compile(r"(?:Bearer|Basic|Token|Digest|ApiKey)\s+(?=\S)", re.IGNORECASE)


@cache
def _spoken() -> re.Pattern[str]:
    return re.compile(r"\b(?:Bearer|Basic)\s+(?=[\w.~+/=-]{8})([^\s\"'`\\]+)")


_VALUES = frozenset({"value", "default", "secretvalue"})
"""What stands beside ``name`` for the value of a variable."""


def credentials(line: str) -> Iterator[Range]:
    """Yield the values of names that say so."""
    lowered = line.lower()
    if hints.names_secret(line) or any(word in lowered for word in _VALUES):
        yield from _of_names(line)
    if "</" in line:
        for found in _element().finditer(line):
            named = _attribute().search(found[0], 0, found.start(2) - found.start())
            if (secret_name(found[1]) or (named and secret_name(named[1]))) and not plain(found[2].strip()):
                yield found.span(2)
    if _tells(lowered):
        yield from _told(_said(), line)
    if "Bearer" in line or "Basic" in line:
        yield from _told(_spoken(), line)


def _told(pattern: re.Pattern[str], line: str) -> Iterator[Range]:
    for found in pattern.finditer(line):
        if not plain(found[1]):
            yield found.span(1)


def _of_names(line: str) -> Iterator[Range]:
    """Yield what is assigned to names that say so, or to the value beside such a name."""
    pending = ""  # the variable that `name: X` names, for the `value: Y` after it
    done = 0
    for found in _assignment().finditer(line):
        if found.start() < done:
            continue  # inside a value that is hidden already; else long lines would cost their square
        name = found["name"].rpartition(":")[2]
        if (secret_name(name) and name not in SHOWN) or (pending and name.lower() in _VALUES):
            for hidden in _value(found):
                done = hidden[1]
                yield hidden
            pending = ""
        elif name.lower() in ("name", "key", "variable", "parameter"):
            word = _word().match(found.string, found.end())
            given = word[word.lastindex].rstrip(",}") if word and word.lastindex else ""
            pending = given if named_variable(given) else ""


def _tells(lower: str) -> bool:
    """Whether a sentence in lower case could say what a password is: the pattern for it is dear."""
    return any(each in lower for each in ("pass", "token", "secret", "pw"))


def named_variable(name: str) -> bool:
    """Whether a name that stands as a value is that of a variable whose own value is not to be shown."""
    return not shown(name) and (secret_name(name) or (len(name) > 2 and name.isupper() and name.isidentifier()))


def variables(line: str) -> Iterator[Range]:
    """Yield values assigned to names that are written like variables: ``NAME=value``, ``NAME: value``."""
    if line == line.lower() or not _may_name_variable(line):
        return
    done = 0
    for found in _assignment().finditer(line):
        if line.startswith("(-", found.end()):
            continue  # an array of options, each of which is looked at by itself
        name = found["name"]
        if found.start() >= done and len(name) > 2 and name.isupper() and name.isidentifier() and not shown(name):
            for hidden in _value(found):
                done = hidden[1]
                yield hidden


def _may_name_variable(line: str) -> bool:
    """Whether a line assigns anything, and could do so to a name in capitals."""
    assigns = "=" in line or ":" in line
    return assigns and (not line.isascii() or _SIGN * 3 in line.translate(_SIGNS_OF_VARIABLES))


_SIGN = "\0"
_SIGNS_OF_VARIABLES = dict.fromkeys(map(ord, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"), _SIGN)
"""What names in capitals are made of, of three signs or more."""


def _value(found: re.Match[str]) -> Iterator[Range]:
    """Yield the value after the head of an assignment, unless it is no secret whatever its name."""
    pattern = _scalar() if found["colon"] else _word()
    start = found.end()
    if found["colon"] and found.string[start] in "[{":
        return
    if found.string.startswith('\\"', start):  # JSON in a text of JSON or TOML
        begin, closing = start + 2, found.string.find('\\"', start + 2)
        if not plain(found.string[begin : closing if closing >= 0 else None]):
            yield begin, closing if closing >= 0 else len(found.string)
        return
    scheme = _scheme().match(found.string, start)
    value = pattern.match(found.string, scheme.end() if scheme else start)
    group = value.lastindex if value is not None else None
    if value is None or group is None or not value[group] or plain(value[group]):
        return
    begin, end = value.span(group)
    closing = _closing(found, begin) if group == 3 else -1
    yield begin, min(end, closing) if closing > begin else end


def _closing(found: re.Match[str], begin: int) -> int:
    """Return where the quotes close that the whole assignment stands in, as in ``-H "Token: x"``; -1 for none."""
    before = found.string[found.start() - 1 : found.start()]
    return found.string.find(before, begin) if before in ("'", '"') else -1
