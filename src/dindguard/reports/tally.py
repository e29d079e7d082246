"""How many findings there are of each rule and in each file: what to look at first when there are many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from dindguard.findings import Finding
from dindguard.reports import advice, plural, safe
from dindguard.reports.places import Places
from dindguard.reports.terminal import SEVERITY_STYLES, Terminal, cells
from dindguard.rules import Severity

MOST_RULES = 15
MOST_FILES = 8

_WORD = max(len(severity.word) for severity in Severity)


def tables(
    findings: Sequence[Finding], terminal: Terminal, places: Places, *, whole: bool = False
) -> list[list[str]]:
    """Return a table by rule, with what to write instead, and one by file; the gravest and most frequent first.

    Long tables are cut, unless ``whole``, and say so.
    """
    rules = _rows(findings, lambda finding: finding.rule.id)
    files = _rows(findings, lambda finding: places.path(finding.span.path) or "dindguard")
    notes = {finding.rule.id: safe.one_line(advice(finding)) for finding in reversed(findings)}
    heading = "by rule: how many, the gravest, what to write instead (dindguard explain RULE)"
    return [
        _table(heading, rules, notes, terminal, len(rules) if whole else MOST_RULES, "rule"),
        _table("by file: how many, the gravest", files, {}, terminal, len(files) if whole else MOST_FILES, "file"),
    ]


def _rows(findings: Sequence[Finding], name: Callable[[Finding], str]) -> list[tuple[Severity, int, str]]:
    names = [name(finding) for finding in findings]
    counts = Counter(names)
    worst: dict[str, Severity] = {}
    for each, finding in zip(names, findings, strict=True):
        worst[each] = max(finding.severity, worst.get(each, finding.severity))
    return sorted(
        ((worst[each], count, each) for each, count in counts.items()), key=lambda row: (-row[0], -row[1], row[2])
    )


def _table(
    heading: str,
    rows: Sequence[tuple[Severity, int, str]],
    notes: dict[str, str],
    terminal: Terminal,
    most: int,
    noun: str,
) -> list[str]:
    lines = [terminal.paint(heading, "bold")]
    digits = len(str(max((count for _, count, _ in rows), default=0)))
    longest = max((cells(name) for _, _, name in rows[:most]), default=0)
    for severity, count, name in rows[:most]:
        word = terminal.paint(severity.word, SEVERITY_STYLES[severity]) + " " * (_WORD - len(severity.word))
        line = f"  {count:>{digits}} {word}  {safe.visible(name)}"
        room = terminal.width - digits - _WORD - longest - 7
        if name in notes and room >= 20:
            line += " " * (longest - cells(name) + 2) + _cut(notes[name], room, terminal)
        lines.append(line)
    if len(rows) > most:
        lines.append(f"  and {plural(len(rows) - most, f'more {noun}')}")
    return lines


def _cut(text: str, room: int, terminal: Terminal) -> str:
    """Return the words that fit."""
    if cells(text) <= room:
        return text
    cut = terminal.glyphs.cut
    while text and cells(text) > room - len(cut) - 1:
        text = text.rpartition(" ")[0]
    return f"{text.rstrip(' ,;(')} {cut}"
