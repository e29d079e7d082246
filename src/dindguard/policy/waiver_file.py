"""Waivers: dated approvals by people who answer for them, in ``.dindguard/waivers.yaml``."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from dindguard.policy.approval import is_fingerprint
from dindguard.policy.typed import date_of, is_text, quoting
from dindguard.records import record, replace
from dindguard.rules import nearest
from dindguard.source import Source, Span

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from dindguard.documents.tree import Node

MODES = ("privileged", "socket", "sysbox", "other")
MINIMAL_REASON = 20
_PLACEHOLDERS = ("todo", "fixme", "tbd", "xxx")
_REQUIRED = ("rule", "file", "at", "mode", "reason", "owner", "approved", "expires", "fingerprint")
_KEYS = (*_REQUIRED, "approvers", "alternatives", "poc", "ticket", "notes")
_TOP = ("waivers", "version", "$schema")
VERSION = "1"
Key = tuple[str, str, str]
"""Rule, file and address: what a waiver covers."""


@record
class Approver:
    """One person who approved, and in which role."""

    name: str
    role: str
    span: Span


@record(kw_only=True)
class Waiver:
    """One approval record. ``faults`` says what is malformed, each with its place; such a record silences nothing.

    ``rule``, ``file`` and ``at`` (a logical address) name one subject of one rule; there are no wildcards.
    """

    rule: str
    file: str
    at: str
    mode: str
    reason: str
    alternatives: tuple[str, ...]
    poc: str
    owner: str
    approvers: tuple[Approver, ...]
    ticket: str
    approved: dt.date | None
    expires: dt.date | None
    fingerprint: str
    notes: str = ""
    span: Span
    places: dict[str, Span]
    given: frozenset[str] = frozenset()
    """The fields that are written."""
    faults: tuple[tuple[str, Span], ...] = ()

    def place(self, key: str) -> Span:
        """Return where a key's value is written, or the record itself."""
        return self.places.get(key, self.span)

    def __str__(self) -> str:
        return f"the waiver of {self.rule or 'no rule'} for {self.at or 'nothing'}"

    @property
    def key(self) -> Key:
        """What it covers: rule, file and address, as a subject's key has them."""
        return self.rule, self.file, self.at

    def as_data(self) -> dict[str, Any]:
        """Return every field as data for reports; dates as texts, what is absent as an empty value."""
        return {
            "rule": self.rule,
            "file": self.file,
            "at": self.at,
            "mode": self.mode,
            "reason": self.reason,
            "alternatives": list(self.alternatives),
            "poc": self.poc,
            "ticket": self.ticket,
            "notes": self.notes,
            "owner": self.owner,
            "approvers": [{"name": each.name, "role": each.role} for each in self.approvers],
            "approved": str(self.approved or ""),
            "expires": str(self.expires or ""),
            "fingerprint": self.fingerprint,
            "line": self.span.line,
        }

    @property
    def lasts(self) -> int:
        """The days from approval to expiry; 0 without both dates."""
        return (self.expires - self.approved).days if self.expires and self.approved else 0

    def days_left(self, today: dt.date) -> int:
        """Return the days until it runs out, negative when it has; 0 without a date."""
        return (self.expires - today).days if self.expires is not None else 0


@record
class WaiverFile:
    """What a waiver file holds; ``faults`` are of the file as a whole."""

    waivers: tuple[Waiver, ...] = ()
    faults: tuple[tuple[str, Span], ...] = ()


def read(source: Source) -> WaiverFile:
    """Read a waiver file. Nothing raises: a fault comes back in words, with its place."""
    from dindguard.documents import yaml

    tree = yaml.read(source)
    if tree.notices:
        return WaiverFile(faults=tuple((notice.message, notice.span) for notice in tree.notices))
    if not tree.documents or tree.documents[0].is_null:
        return WaiverFile()
    root = tree.documents[0]
    listed = root["waivers"]
    if not root.is_mapping or not (listed.is_sequence or listed.is_null or not listed.present):
        return WaiverFile(faults=(("the file must hold a list under 'waivers:'", root.span),))
    faults = [
        (f"there is no setting '{key.content}'{nearest(key.content, _TOP)}", key.span)
        for key, _ in root.pairs()
        if key.content not in _TOP
    ]
    version = root["version"]
    if root["$schema"].present and not is_text(root["$schema"]):
        faults.append(("'$schema' must be a text", root["$schema"].span))
    if not listed.present:
        faults.append(("it lacks the list 'waivers'", root.span))
    if version.present and (version.style or version.content != VERSION):
        faults.append((f"'version' must be {VERSION}", version.span))
    if len(tree.documents) > 1:
        faults.append(("it must hold one document: what follows this line is not read", tree.documents[1].span))
    faults.extend(_repeated(root))
    return WaiverFile(tuple(_waiver(node) for node in listed), tuple(faults))


def _repeated(node: Node) -> Iterator[tuple[str, Span]]:
    """Yield keys that stand twice: YAML's readers disagree about which counts, and a merge may mix two records."""
    seen: set[str] = set()
    for key, _ in node.pairs():
        if key.content in seen:
            yield f"'{key.content}' is there twice", key.span
        seen.add(key.content)


class _Fields:
    """Reads the fields of one record and collects what is wrong with them."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.faults: list[tuple[str, Span]] = []
        self.places: dict[str, Span] = {}

    def text(self, key: str) -> str:
        found = self.node[key]
        self.places[key] = found.span
        if not found.present:
            if key in _REQUIRED:
                self.faults.append((f"it lacks '{key}'", self.node.span))
            return ""
        if not is_text(found):
            self.faults.append((f"'{key}' must be a text{quoting(found)}", found.span))
            return ""
        if not found.content.strip():
            self.faults.append((f"'{key}' is empty", found.span))
        return found.content.strip()

    def date(self, key: str) -> dt.date | None:
        text = self.text(key)
        date = date_of(text)
        if text and date is None:
            self.faults.append((f"'{key}' is no date such as 2027-03-31", self.node[key].span))
        return date

    def texts(self, key: str) -> tuple[str, ...]:
        found = self.node[key]
        self.places[key] = found.span
        texts = tuple(item.content.strip() for item in found if is_text(item) and item.content.strip())
        if found.present and (not texts or len(texts) != len(found.items())):
            self.faults.append((f"'{key}' must be a list of texts", found.span))
        return texts

    def approvers(self) -> tuple[Approver, ...]:
        found = self.node["approvers"]
        self.places["approvers"] = found.span
        people = []
        for item in found:
            name, role = item["name"].content.strip(), item["role"].content.strip()
            if (
                not is_text(item["name"])
                or not is_text(item["role"])
                or not name
                or not role
                or set(item.keys()) != {"name", "role"}
                or len(item.pairs()) != 2
            ):
                self.faults.append(("each approver has a 'name' and a 'role', and nothing else", item.span))
            else:
                people.append(Approver(name, role, item.span))
        if found.present and not found.is_sequence:
            self.faults.append(("'approvers' must be a list", found.span))
        return tuple(people)


def _waiver(node: Node) -> Waiver:
    fields = _Fields(node)
    if not node.is_mapping:
        fields.faults.append(("it must be a mapping", node.span))
    for key, _ in node.pairs():
        if key.content not in _KEYS:
            fields.faults.append((f"there is no field '{key.content}'{nearest(key.content, _KEYS)}", key.span))
    fields.faults.extend(_repeated(node))
    waiver = Waiver(
        rule=fields.text("rule"),
        file=fields.text("file"),
        at=fields.text("at"),
        mode=fields.text("mode"),
        reason=fields.text("reason"),
        alternatives=fields.texts("alternatives"),
        poc=fields.text("poc"),
        owner=fields.text("owner"),
        approvers=fields.approvers(),
        ticket=fields.text("ticket"),
        approved=fields.date("approved"),
        expires=fields.date("expires"),
        fingerprint=fields.text("fingerprint"),
        notes=fields.text("notes") if node["notes"].present else "",
        span=node.span,
        places=fields.places,
        given=frozenset(node.keys()),
    )
    _check_contents(waiver, fields)
    return replace(waiver, faults=tuple(dict.fromkeys(fields.faults)))


def reason_fault(reason: str) -> str:
    """Return what is wrong with a reason, in words; an empty text for a good one."""
    left = any(word.strip(".:,!()") in _PLACEHOLDERS for word in reason.lower().split())
    if len(reason) >= MINIMAL_REASON and not left:
        return ""
    return f"'reason' must say in words why, in at least {MINIMAL_REASON} characters"


def _check_contents(waiver: Waiver, fields: _Fields) -> None:
    fault = reason_fault(waiver.reason) if waiver.reason else ""
    if fault:
        fields.faults.append((fault, waiver.place("reason")))
    if any(sign in waiver.rule + waiver.file for sign in "*?"):
        fields.faults.append(("a waiver names one thing: no wildcards", waiver.place("rule")))
    if waiver.fingerprint and not is_fingerprint(waiver.fingerprint):
        fields.faults.append(("'fingerprint' is none that 'dindguard waive' writes", waiver.place("fingerprint")))
    if waiver.mode and waiver.mode not in MODES:
        fields.faults.append((f"'mode' must be one of {', '.join(MODES)}", waiver.place("mode")))
    if waiver.approved is not None and waiver.expires is not None and waiver.expires < waiver.approved:
        fields.faults.append(("it expires before it is approved", waiver.place("expires")))
    if not waiver.alternatives and not fields.node["alternatives"].present:
        fields.faults.append(("it names no alternative that was considered ('alternatives')", waiver.span))
