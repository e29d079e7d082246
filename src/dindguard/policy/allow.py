"""Allows: a reason written beside the setting it excuses."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping

from dindguard.records import record
from dindguard.source import Source, Span

_COMMENT = re.compile(r"(?:^|(?<=\s))(?:#|//|;|--|<!--)\s*dindguard:\s*(?P<text>.*?)\s*(?:-->)?$")
_ALLOW = re.compile(r"allow\[(?P<rules>[^\]]*)\](?P<rest>.*)$", re.DOTALL)
_UNTIL = re.compile(r"\s*until=(?P<date>\S+)")
_HINT = re.compile(r"type=")
MINIMAL_REASON = 8
"""A reason of fewer characters explains nothing."""


@record(kw_only=True)
class Allow:
    """One allow. ``lines`` are the 1-based lines of ``path`` that it covers; ``route`` narrows a sidecar's.

    ``fault`` says what is wrong with a malformed one, in words; it silences nothing.
    """

    rules: tuple[str, ...]
    reason: str
    span: Span
    lines: tuple[int, ...] = ()
    path: str = ""
    route: str = ""
    until: dt.date | None = None
    fault: str = ""

    def covers(self, rule_id: str, places: Iterable[Span]) -> bool:
        """Whether it excuses a finding of a rule with these places (the primary one and the related ones)."""
        if self.fault or rule_id not in self.rules:
            return False
        if self.route:
            return any(place.path == self.path and _at_or_below(place.route, self.route) for place in places)
        return any(place.path == self.path and place.line in self.lines for place in places)


def _at_or_below(route: str, above: str) -> bool:
    return route == above or route.startswith((f"{above}.", f"{above}["))


def find(sources: Mapping[str, Source]) -> list[Allow]:
    """Return every allow in the comments of files, and in their sidecars (``FILE.allow.yaml``)."""
    found: list[Allow] = []
    for source in sources.values():
        if "dindguard:" in source.text:
            found.extend(_in_comments(source))
    return found


def _in_comments(source: Source) -> Iterator[Allow]:
    lines = source.text.splitlines()
    for number, line in enumerate(lines, 1):
        if "dindguard:" not in line:
            continue
        match = _COMMENT.search(line)
        if match is None or _inside_string(line, match.start()) or _HINT.match(match["text"]):
            continue
        span = Span(source.path, number, match.start() + 1, number, len(line.rstrip()) + 1)
        alone = not line[: match.start()].strip()
        covered = (number, _next_line(lines, number)) if alone else (number,)
        yield read(match["text"], span, covered)


def _inside_string(line: str, at: int) -> bool:
    before = line[:at]
    return before.count('"') % 2 == 1 or before.count("'") % 2 == 1


def _next_line(lines: list[str], number: int) -> int:
    """Return the line that a comment of its own speaks about: the next one that is neither empty nor a comment."""
    for offset, line in enumerate(lines[number:], number + 1):
        text = line.strip()
        if text and not text.startswith(("#", "//", ";", "<!--")):
            return offset
    return number


def read(text: str, span: Span, lines: tuple[int, ...]) -> Allow:
    """Read the text behind ``dindguard:``; one that is malformed comes back with its fault."""

    def faulty(problem: str) -> Allow:
        return Allow(rules=(), reason="", span=span, lines=lines, path=span.path, fault=problem)

    match = _ALLOW.match(text)
    if match is None:
        return faulty("it must read 'dindguard: allow[rule-id] reason in words'")
    rules = tuple(name.strip() for name in match["rules"].split(",") if name.strip())
    if not rules:
        return faulty("it names no rule between the brackets")
    rest = match["rest"]
    until = None
    dated = _UNTIL.match(rest)
    if dated is not None:
        try:
            until = dt.date.fromisoformat(dated["date"])
        except ValueError:
            return faulty(f"'{dated['date']}' is no date such as 2027-03-01")
        rest = rest[dated.end() :]
    reason = rest.strip(" \t-:")
    if len(reason) < MINIMAL_REASON:
        return faulty("it gives no reason in words")
    return Allow(rules=rules, reason=reason, span=span, lines=lines, path=span.path, until=until)
