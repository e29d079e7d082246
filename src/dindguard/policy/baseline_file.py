"""The baseline's file: known findings, keyed without line numbers."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from dindguard.digests import sha256
from dindguard.errors import UserError
from dindguard.findings import Finding, Status, Subject
from dindguard.policy.typed import date_of
from dindguard.records import record, replace

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from dindguard.files import Files
VERSION = 2
GRACE_DAYS = 90
_KEYS = ("rule", "file", "at", "danger")
_MORE = ("content", "grace")
_REMEDY = "remove it, and write it anew with 'dindguard baseline create'"

Key = tuple[str, str, str, str]
Move = tuple[str, str, str]


@record
class Entry:
    """One known subject of a rule. ``danger`` is a digest of what makes it dangerous; see :func:`danger`.

    ``content`` is a digest of the thing without its file, by which a move is told; ``""`` in files of version 1.
    ``grace`` marks one that needs an approval and waits for it. ``line`` is its 1-based line in the baseline file,
    0 for one that comes from a scan.
    """

    file: str
    rule: str
    at: str
    danger: str
    content: str = ""
    grace: bool = False
    line: int = 0

    @property
    def key(self) -> Key:
        """What a finding's subject is matched by. Several may be equal: so many findings are known."""
        return self.file, self.rule, self.at, self.danger

    @property
    def move(self) -> Move:
        """What stays when the thing is moved to another file."""
        return self.rule, self.at, self.content


@record
class Grace:
    """The time in which findings that need an approval may wait for it: first and last day, and its line."""

    start: dt.date
    until: dt.date
    line: int = 1

    def left(self, today: dt.date) -> int:
        """Return the days that are left, negative when it is over."""
        return (self.until - today).days


@record
class BaselineFile:
    """What a baseline holds. ``name`` is its path as messages show it."""

    name: str = ""
    entries: tuple[Entry, ...] = ()
    grace: Grace | None = None


def _digest(*texts: str) -> str:
    return sha256("\0".join(texts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def danger(finding: Finding, subject: Subject) -> str:
    """Return a digest of a subject's danger: rule, file, address, the blamed value, and the severity.

    It holds no line, message or order, so moving, indenting and sorting leave it alone; another value at the
    same place, or a graver finding, does not.
    """
    return _digest(*subject.key, subject.blames, finding.severity.word)


def move_of(finding: Finding, subject: Subject) -> Move:
    """Return what a subject keeps when it is moved to another file: rule, address, and a digest of its content."""
    from dindguard.policy.approval import content

    about = json.dumps(content(subject.about), sort_keys=True)
    return subject.rule, subject.address, _digest(subject.blames, finding.severity.word, about)


class Gone:
    """What is not in its file any more; each may come again once, in another file."""

    def __init__(self, moves: Iterable[Move]) -> None:
        self._left = Counter(moves)

    def comes_again(self, finding: Finding, subject: Subject) -> bool:
        """Whether a subject is one of them; it is not another time."""
        return _counted(self._left, move_of(finding, subject))


def entry_of(finding: Finding, subject: Subject) -> Entry:
    """Return the entry that a subject of a finding is matched by, without its content."""
    return Entry(subject.path, finding.rule.id, subject.address, danger(finding, subject))


# -- reading ----------------------------------------------------------------------------------------


def named(files: Files, name: str) -> BaselineFile:
    """Return what a baseline holds that the command line names; raises :class:`UserError` for a faulty one."""
    try:
        text = files.named(name)
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"--baseline {name}: cannot be read: {error}") from None
    return BaselineFile(name) if text is None else read(text, name)


def read(text: str, name: str) -> BaselineFile:
    """Return what a baseline's text holds; raises :class:`UserError` with file, line and remedy for a faulty one."""
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise UserError(f"{name}:{error.lineno}:{error.colno}: this is no JSON ({error.msg}); {_REMEDY}") from None
    except RecursionError:
        raise UserError(f"{name}:1:1: it nests too deeply; {_REMEDY}") from None
    if not isinstance(data, dict) or data.get("version") not in (1, VERSION) or isinstance(data["version"], bool):
        raise UserError(f"{name}:1:1: this is no baseline of version {VERSION}; {_REMEDY}")
    unknown = [key for key in data if key not in ("version", "grace", "findings", "$schema")]
    if unknown or not isinstance(data.get("findings"), list):
        what = f"there is no setting '{unknown[0]}'" if unknown else "it lacks the list 'findings'"
        raise UserError(f"{name}:1:1: {what}; {_REMEDY}")
    lines = _lines(text, len(data["findings"]))
    entries = tuple(_entry(item, name, line) for item, line in zip(data["findings"], lines, strict=True))
    grace = _grace(data.get("grace"), name, text)
    undated = next((entry for entry in entries if entry.grace and grace is None), None)
    if undated is not None:
        raise UserError(f"{name}:{undated.line}:1: an entry is in grace, and 'grace' gives no dates; {_REMEDY}")
    return BaselineFile(name, entries, grace)


def _lines(text: str, count: int) -> list[int]:
    """Return the line of each entry, when each stands on one of its own, as this module writes them; else 1."""
    found = [number for number, line in enumerate(text.split("\n"), 1) if '"danger"' in line]
    return found if len(found) == count else [1] * count


def _entry(item: Any, name: str, line: int) -> Entry:
    texts = {key: value for key, value in item.items() if key != "grace"} if isinstance(item, dict) else {}
    named = set(_KEYS) <= texts.keys() <= {*_KEYS, *_MORE}
    if (
        not named
        or not all(isinstance(value, str) for value in texts.values())
        or item.get("grace", True) is not True
    ):
        raise UserError(f"{name}:{line}:1: an entry holds {', '.join(_KEYS)}, each a text; {_REMEDY}")
    content = texts.get("content", "")
    return Entry(texts["file"], texts["rule"], texts["at"], texts["danger"], content, "grace" in item, line)


def _grace(data: Any, name: str, text: str) -> Grace | None:
    """Read the dates of the time of grace; nobody can give more of it than once, and than :data:`GRACE_DAYS`."""
    if data is None:
        return None
    line = text[: text.find('"grace"')].count("\n") + 1
    days = [date_of(str(data[key])) for key in ("from", "until")] if isinstance(data, dict) and len(data) == 2 else []
    if len(days) != 2 or days[0] is None or days[1] is None:
        raise UserError(f"{name}:{line}:1: 'grace' holds 'from' and 'until', dates such as 2027-03-31; {_REMEDY}")
    if (days[1] - days[0]).days > GRACE_DAYS:
        raise UserError(f"{name}:{line}:1: grace lasts {GRACE_DAYS} days at most: what needs longer needs a waiver")
    return Grace(days[0], days[1], line)


# -- writing ----------------------------------------------------------------------------------------


def write(entries: Iterable[Entry], grace: Grace | None = None) -> str:
    """Return a baseline's text: one line per entry, sorted, so that two people's changes merge.

    Without dates of grace, the entries that would need them are left out; without such entries, the dates are.
    """
    kept = [entry for entry in entries if grace is not None or not entry.grace]
    lines = [_line(entry) for entry in sorted(kept, key=lambda e: (*e.key, e.content, e.grace))]
    body = ",\n".join(f"    {line}" for line in lines)
    listed = f"[\n{body}\n  ]" if lines else "[]"
    dates = ""
    if grace is not None and any(entry.grace for entry in kept):
        dates = f'  "grace": {{"from": "{grace.start}", "until": "{grace.until}"}},\n'
    return f'{{\n  "version": {VERSION},\n{dates}  "findings": {listed}\n}}\n'


def described(entries: Collection[Entry], grace: Grace | None) -> str:
    """Return in words what a baseline holds."""
    waiting = sum(entry.grace for entry in entries)
    said = f"{len(entries)} known finding{'s' * (len(entries) != 1)}"
    if waiting and grace is not None:
        verb = "need" if waiting != 1 else "needs"
        said += f", of which {waiting} {verb} an approval by {grace.until} (dindguard waive)"
    return said


def _line(entry: Entry) -> str:
    data: dict[str, Any] = {"rule": entry.rule, "file": entry.file, "at": entry.at, "danger": entry.danger}
    if entry.content:
        data["content"] = entry.content
    if entry.grace:
        data["grace"] = True
    return json.dumps(data, ensure_ascii=False)


def entries_of(findings: Iterable[Finding], modes: Collection[str]) -> tuple[Entry, ...]:
    """Return an entry for every open or known subject of findings.

    Waived and allowed ones need none, and policy's own findings must be fixed. What needs an approval (one of
    ``modes``) is marked as grace: only the first baseline may keep it.
    """
    return tuple(
        replace(
            entry_of(finding, subject),
            content=move_of(finding, subject)[2],
            grace=finding.rule.needs_approval in modes,
        )
        for finding in findings
        if finding.rule.category != "policy"
        for subject in finding.subjects
        if subject.status in (Status.OPEN, Status.BASELINE)
    )


@record
class Update:
    """The entries to keep; how many of the old ones are gone and were moved, and how many of today's are new."""

    entries: tuple[Entry, ...]
    removed: int = 0
    moved: int = 0
    new: int = 0


def updated(old: Iterable[Entry], now: Iterable[Entry], *, accept_new: bool) -> Update:
    """Return a baseline brought up to date: what is gone leaves it, what was moved follows.

    What is new comes in only with ``accept_new``; grace is never given a second time.
    """
    now = sorted(now, key=lambda entry: entry.key)
    left: dict[Key, list[Entry]] = {}
    for entry in old:
        left.setdefault(entry.key, []).append(entry)
    kept: list[Entry] = []
    unknown = []
    for entry in now:
        known = _taken(left, entry)
        if known is None:
            unknown.append(entry)
        else:
            kept.append(replace(entry, grace=entry.grace and known.grace))
    gone = Counter((entry.move, entry.grace) for known in left.values() for entry in known if entry.content)
    moved = [entry for entry in unknown if _counted(gone, (entry.move, entry.grace))]
    new = [entry for entry in unknown if entry not in moved and not entry.grace]
    removed = sum(map(len, left.values())) - len(moved)
    return Update((*kept, *moved, *(new if accept_new else ())), removed, len(moved), len(new))


def _taken(left: dict[Key, list[Entry]], entry: Entry) -> Entry | None:
    """Take the entry that is known for one of today; one that needs an approval is known by grace only."""
    known = left.get(entry.key, [])
    found = next((each for each in known if each.grace or not entry.grace), None)
    if found is not None:
        known.remove(found)
    return found


def _counted(counts: Counter[Any], what: Any) -> bool:
    counts[what] -= 1
    return bool(counts[what] >= 0)
