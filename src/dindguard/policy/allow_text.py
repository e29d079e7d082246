"""Allows: a reason written beside the setting it excuses, in a comment or in a JSON file's sidecar."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from dindguard.policy.config import SIDECAR
from dindguard.policy.typed import date_of
from dindguard.records import record, replace
from dindguard.rules import nearest
from dindguard.source import MARK, Source, Span

_MARK = re.compile(r"^(?:(?:#|//|/\*|;|::)+|(?i:@?rem\b))\s*dindguard:\s*(?P<text>.*?)\s*(?:\*/)?$", re.DOTALL)
_ALLOW = re.compile(r"allow\s*\[(?P<rules>[^\]]*)\](?P<rest>.*)$", re.DOTALL)
_UNTIL = re.compile(r"(?:^|\s)until\s*=\s*(?P<date>\S*)")
_HINT = re.compile(r"type=")
_EXAMPLE = "dindguard: allow[rule-id] reason in words"
MINIMAL_REASON = 8
"""A reason of fewer characters explains nothing."""


@record(kw_only=True)
class Allow:
    """One allow. ``lines`` are the 1-based lines of ``path`` that it covers; a sidecar's covers a ``route``.

    ``block`` are first and last line of the block that begins there: it covers what a container sets in it, and
    no containers in it.
    ``fault`` says what is wrong with a malformed one, in words; it silences nothing.
    """

    rules: tuple[str, ...]
    reason: str
    span: Span
    lines: tuple[int, ...] = ()
    block: tuple[int, int] = (0, 0)
    path: str = ""
    route: str = ""
    until: dt.date | None = None
    fault: str = ""

    def covers(self, rule_id: str, places: Iterable[Span], subject: Span) -> bool:
        """Whether it excuses a finding of a rule with these places (the primary one and the related ones).

        ``subject`` is where the container, or whatever the finding is about, is named.
        """
        if self.fault or rule_id not in self.rules:
            return False
        if self.route:
            return any(place.path == self.path and _at_or_below(place.route, self.route) for place in places)
        lines = [place.line for place in places if place.path == self.path]
        if any(line in self.lines for line in lines):
            return True
        first, last = self.block
        inside = subject.path == self.path and first < subject.line <= last
        return not inside and any(first <= line <= last for line in lines)


def _at_or_below(route: str, above: str) -> bool:
    return route == above or route.startswith((f"{above}.", f"{above}["))


def find(
    sources: Iterable[Source],
    syntax_of: Callable[[Source], str],
    known: Collection[str],
    scripts: Mapping[str, frozenset[int]],
) -> list[Allow]:
    """Return every allow in the comments of texts, files and documents inside files alike.

    ``syntax_of`` names the syntax of a text; ``known`` are the ids of all rules. ``scripts`` are the lines, by path, at
    which block scalars begin that hold scripts, which have comments of their own.
    """
    from dindguard.documents.comments import find as comments

    found: dict[Span, Allow] = {}
    for source in sources:
        if not source.speaks:
            continue
        own = scripts.get(source.path, frozenset()) if not source.embedded else frozenset[int]()
        for comment in comments(source, syntax_of(source), MARK, scripts=own):
            match = _MARK.match(comment.text)
            if match is not None and not _HINT.match(match["text"]):
                allow = read(match["text"], comment.span, comment.lines, known, fault=comment.fault)
                found.setdefault(comment.span, replace(allow, block=comment.block) if comment.block[0] else allow)
    return sorted(found.values(), key=lambda allow: (allow.span.path, allow.span.line, allow.span.column))


def read(text: str, span: Span, lines: tuple[int, ...], known: Collection[str], fault: str = "") -> Allow:
    """Read the text behind ``dindguard:``; one that is malformed comes back with its fault."""
    rules: tuple[str, ...] = ()
    reason, until = "", None
    match = _ALLOW.match(text)
    if match is None:
        fault = fault or f"it must read '{_EXAMPLE}'"
    else:
        rules = tuple(name.strip() for name in match["rules"].split(",") if name.strip())
        dates = _UNTIL.findall(match["rest"])
        reason = _UNTIL.sub(" ", match["rest"]).strip(" \t-:—")
        until, undated = _date(dates)
        fault = fault or undated or _fault(rules, reason, known)
    return Allow(rules=rules, reason=reason, span=span, lines=lines, path=span.path, until=until, fault=fault)


def _date(texts: list[str]) -> tuple[dt.date | None, str]:
    if not texts:
        return None, ""
    if len(texts) > 1:
        return None, "it gives several dates"
    date = date_of(texts[0])
    return date, "" if date is not None else f"'{texts[0]}' is no date such as 2027-03-01"


def _fault(rules: tuple[str, ...], reason: str, known: Collection[str]) -> str:
    """Return what is wrong with the names and the reason of an allow; a pack's rules need not be loaded."""
    if not rules:
        return "it names no rule"
    for name in rules:
        if name.startswith(("allow-", "waiver-", "baseline-")):
            return f"'{name}' speaks of the policy itself, which no allow silences"
        if name not in known and ("/" not in name or "*" in name):
            return f"there is no rule '{name}'{nearest(name, known)}"
    if len(reason) < MINIMAL_REASON:
        return "it gives no reason in words"
    return ""


def in_sidecar(source: Source, known: Collection[str]) -> Iterator[Allow]:
    """Yield the allows that ``FILE.allow.yaml`` holds for the JSON file beside it."""
    from dindguard.documents import yaml

    path = source.path.removesuffix(SIDECAR)

    def faulty(span: Span, problem: str) -> Allow:
        return Allow(rules=(), reason="", span=span, path=path, fault=problem)

    tree = yaml.read(source)
    if tree.notices:
        yield faulty(tree.notices[0].span, tree.notices[0].message)
        return
    if len(tree.documents) != 1 or not tree.documents[0]["allow"].is_sequence:
        yield faulty(source.whole(), "the file must hold a list under 'allow:'")
        return
    root = tree.documents[0]
    for name in root.keys():
        if name != "allow":
            yield faulty(root[name].key_span, f"there is no setting '{name}'{nearest(name, ('allow',))}")
    keys = ("rules", "at", "reason", "until")
    for entry in root["allow"]:
        unknown = [name for name in entry.keys() if name not in keys]
        if unknown or not entry.is_mapping:
            hint = f"there is no setting '{unknown[0]}'{nearest(unknown[0], keys)}" if unknown else "it is no mapping"
            yield faulty(entry.span, hint)
            continue
        rules = tuple(item.content.strip() for item in entry["rules"].listed() if item.is_scalar)
        route, reason = entry["at"].content.strip(), entry["reason"].content.strip()
        until, undated = _date([entry["until"].content]) if entry["until"].present else (None, "")
        fault = undated or _fault(rules, reason, known) or ("" if route else "it lacks 'at', the setting it is about")
        yield Allow(
            rules=rules, reason=reason, span=entry.span, path=path, route=route or "?", until=until, fault=fault
        )
