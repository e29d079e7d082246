"""The baseline: known findings, keyed without line numbers, that do not count until their danger changes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from dindguard.errors import UserError
from dindguard.findings import Finding, Status, Subject
from dindguard.records import record

VERSION = 1


@record
class Entry:
    """One known subject of a rule. ``danger`` is a digest of what makes it dangerous; see :func:`danger`."""

    rule: str
    file: str
    at: str
    identity: str
    danger: str

    @property
    def key(self) -> tuple[str, str]:
        """What a finding's subject is matched by."""
        return self.identity, self.danger


def danger(finding: Finding, subject: Subject) -> str:
    """Return a digest of a subject's danger: its identity, the blamed value, and the severity.

    It holds no line, message or order, so moving, indenting and sorting leave it alone; another value at the
    same place, or a graver finding, does not.
    """
    text = "\0".join((subject.identity, subject.blames, finding.severity.word))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def read(text: str, name: str) -> tuple[Entry, ...]:
    """Return a baseline file's entries; raises :class:`UserError` with file, line and remedy for a faulty one."""
    remedy = "write it anew with 'dindguard baseline create'"
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise UserError(f"{name}:{error.lineno}:{error.colno}: this is no JSON ({error.msg}); {remedy}") from None
    if not isinstance(data, dict) or data.get("version") != VERSION or not isinstance(data.get("findings"), list):
        raise UserError(f"{name}:1:1: this is no baseline of version {VERSION}; {remedy}")
    return tuple(_entry(item, index, name, remedy) for index, item in enumerate(data["findings"]))


def _entry(item: Any, index: int, name: str, remedy: str) -> Entry:
    keys = ("rule", "file", "at", "identity", "danger")
    if not isinstance(item, dict) or not all(isinstance(item.get(key), str) for key in keys):
        raise UserError(f"{name}:1:1: entry {index + 1} lacks one of {', '.join(keys)}; {remedy}")
    return Entry(*(item[key] for key in keys))


def write(entries: Iterable[Entry]) -> str:
    """Return a baseline's text: one line per entry, sorted, so that two people's changes merge."""
    rows = sorted({(e.file, e.rule, e.at, e.identity, e.danger) for e in entries})
    lines = [
        json.dumps({"rule": rule, "file": file, "at": at, "identity": identity, "danger": danger}, ensure_ascii=False)
        for file, rule, at, identity, danger in rows
    ]
    body = ",\n".join(f"    {line}" for line in lines)
    return (
        f'{{\n  "version": {VERSION},\n  "findings": [\n{body}\n  ]\n}}\n'
        if lines
        else (f'{{\n  "version": {VERSION},\n  "findings": []\n}}\n')
    )


def entries_of(findings: Iterable[Finding]) -> tuple[Entry, ...]:
    """Return an entry for every open or baselined subject of findings; waived and allowed ones need none."""
    return tuple(
        Entry(finding.rule.id, subject.path, subject.address, subject.identity, danger(finding, subject))
        for finding in findings
        for subject in finding.subjects
        if subject.status in (Status.OPEN, Status.BASELINE)
    )


def merged(old: Iterable[Entry], now: Iterable[Entry], *, accept_new: bool) -> tuple[tuple[Entry, ...], int, int]:
    """Return the entries to keep, how many were removed and how many added.

    A baseline shrinks by itself; it grows only with ``accept_new``.
    """
    known: Mapping[tuple[str, str], Entry] = {entry.key: entry for entry in old}
    current = {entry.key: entry for entry in now}
    kept = [entry for key, entry in current.items() if key in known]
    new = [entry for key, entry in current.items() if key not in known]
    removed = len(set(known) - set(current))
    return (*kept, *(new if accept_new else ())), removed, len(new) if accept_new else 0
