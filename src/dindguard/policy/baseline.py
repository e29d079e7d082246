"""The baseline: known findings, keyed without line numbers, that do not count until their danger changes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any

from dindguard.errors import UserError
from dindguard.findings import Finding, Status, Subject
from dindguard.records import record

VERSION = 1
_KEYS = ("rule", "file", "at", "danger")
_REMEDY = "remove it, and write it anew with 'dindguard baseline create'"


@record
class Entry:
    """One known subject of a rule. ``danger`` is a digest of what makes it dangerous; see :func:`danger`.

    ``line`` is its 1-based line in the baseline file, 0 for one that comes from a scan.
    """

    file: str
    rule: str
    at: str
    danger: str
    line: int = 0

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What a finding's subject is matched by. Several may be equal: so many findings are known."""
        return self.file, self.rule, self.at, self.danger


def danger(finding: Finding, subject: Subject) -> str:
    """Return a digest of a subject's danger: rule, file, address, the blamed value, and the severity.

    It holds no line, message or order, so moving, indenting and sorting leave it alone; another value at the
    same place, or a graver finding, does not.
    """
    import hashlib

    text = "\0".join((*subject.key, subject.blames, finding.severity.word))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def entry_of(finding: Finding, subject: Subject) -> Entry:
    """Return the entry that a subject of a finding would have."""
    return Entry(subject.path, finding.rule.id, subject.address, danger(finding, subject))


def read(text: str, name: str) -> tuple[Entry, ...]:
    """Return a baseline file's entries; raises :class:`UserError` with file, line and remedy for a faulty one."""
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise UserError(f"{name}:{error.lineno}:{error.colno}: this is no JSON ({error.msg}); {_REMEDY}") from None
    except RecursionError:
        raise UserError(f"{name}:1:1: it nests too deeply; {_REMEDY}") from None
    if not isinstance(data, dict) or data.get("version") != VERSION or isinstance(data["version"], bool):
        raise UserError(f"{name}:1:1: this is no baseline of version {VERSION}; {_REMEDY}")
    unknown = [key for key in data if key not in ("version", "findings", "$schema")]
    if unknown or not isinstance(data.get("findings"), list):
        what = f"there is no setting '{unknown[0]}'" if unknown else "it lacks the list 'findings'"
        raise UserError(f"{name}:1:1: {what}; {_REMEDY}")
    lines = _lines(text, len(data["findings"]))
    return tuple(_entry(item, name, line) for item, line in zip(data["findings"], lines, strict=True))


def _lines(text: str, count: int) -> list[int]:
    """Return the line of each entry, when each stands on one of its own, as this module writes them; else 1."""
    found = [number for number, line in enumerate(text.split("\n"), 1) if '"danger"' in line]
    return found if len(found) == count else [1] * count


def _entry(item: Any, name: str, line: int) -> Entry:
    if not isinstance(item, dict) or set(item) != set(_KEYS) or not all(isinstance(item[key], str) for key in _KEYS):
        raise UserError(f"{name}:{line}:1: an entry holds {', '.join(_KEYS)}, each a text; {_REMEDY}")
    return Entry(item["file"], item["rule"], item["at"], item["danger"], line)


def write(entries: Iterable[Entry]) -> str:
    """Return a baseline's text: one line per entry, sorted, so that two people's changes merge."""
    rows = sorted(entry.key for entry in entries)
    lines = [
        json.dumps({"rule": rule, "file": file, "at": at, "danger": danger}, ensure_ascii=False)
        for file, rule, at, danger in rows
    ]
    body = ",\n".join(f"    {line}" for line in lines)
    listed = f"[\n{body}\n  ]" if lines else "[]"
    return f'{{\n  "version": {VERSION},\n  "findings": {listed}\n}}\n'


def entries_of(findings: Iterable[Finding], modes: Collection[str]) -> tuple[Entry, ...]:
    """Return an entry for every open or baselined subject of findings.

    Waived and allowed ones need none, policy's own findings must be mended, and what needs an approval (one of
    ``modes``) no baseline silences.
    """
    return tuple(
        entry_of(finding, subject)
        for finding in findings
        if finding.rule.category != "policy" and finding.rule.needs_approval not in modes
        for subject in finding.subjects
        if subject.status in (Status.OPEN, Status.BASELINE)
    )


def merged(old: Iterable[Entry], now: Iterable[Entry], *, accept_new: bool) -> tuple[tuple[Entry, ...], int, int]:
    """Return the entries to keep, how many were removed, and how many of those found now are new.

    A baseline shrinks by itself; new ones are kept only with ``accept_new``.
    """
    known, current = Counter(entry.key for entry in old), Counter(entry.key for entry in now)
    new = (current - known).total()
    kept = current if accept_new else known & current
    entries = tuple(Entry(*key) for key in kept.elements())
    return entries, (known - current).total(), new
