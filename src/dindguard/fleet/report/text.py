"""The report for a terminal: the numbers, and the first rows of what needs somebody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from dindguard.fleet.report.answers import Answer, Report, joined, plain
from dindguard.fleet.report.sections import Kind, Section
from dindguard.reports import safe
from dindguard.reports.terminal import SEVERITY_STYLES, Terminal, cells
from dindguard.rules import Severity

FEW = 5
"""Rows of a section."""
MANY = 200
"""Rows of the one section that is asked for."""
LONGEST = 44
"""Columns of the screen that a cell takes."""

_COLUMNS = {
    "machines": ("repositories", "containers", "change", "machine"),
    "ways": ("severity", "repository", "container", "path"),
    "rules": ("severity", "findings", "change", "repositories", "rule"),
    "teams": ("critical", "high", "change", "rooted", "blind_spots", "team"),
    "labels": ("critical", "high", "change", "rooted", "blind_spots", "label", "value"),
    "came": ("severity", "repository", "rule", "path"),
    "went": ("severity", "repository", "rule", "now"),
    "sources": ("change", "repository", "findings"),
    "unread": ("files", "repositories", "state", "what", "words"),
    "blind-spots": ("repository", "path", "words"),
    "engines": ("containers", "product", "version", "maintained", "open_to_anyone"),
    "waivers": ("state", "expires", "repository", "rule", "owner"),
    "not-whole": ("standing", "repository", "reason", "notices"),
    "repositories": ("critical", "high", "ways_to_root", "blind_spots", "standing", "repository", "team"),
}
"""The columns of a section that a line has room for."""
_ONLY_ALONE = {"labels", "unread", "repositories"}
"""Sections that are shown only when they are asked for: others say the same more briefly."""


def pieces(report: Report) -> Iterator[str]:
    """Yield the text."""
    if not report.chosen:
        yield from _head(report)
    for section in report.sections():
        if report.chosen or section.name not in _ONLY_ALONE:
            yield from _section(report, section)
    if not report.chosen:
        yield "\nThe rest: -f html -o fleet.html has a page, --section NAME more of one section, -f csv or json all of it.\n"


def _head(report: Report) -> Iterator[str]:
    totals, before = report.totals(), report.before()
    screen = report.screen
    parts = [f"{totals[name]:,} {name}" for name in ("scanned", "incomplete", "quarantined") if totals[name]]
    days = sorted({moment[:10] for moment in (report.made_by()["first"], report.made_by()["last"]) if moment})
    yield f"{screen.paint(safe.one_line(report.name), 'bold')}: {', '.join([*parts, ' to '.join(days)]) or 'no repositories'}\n"
    counts = [
        f"{screen.paint(f'{totals[each.word]:,} {each.word}', SEVERITY_STYLES[each])}{_more(each.word, totals, before)}"
        for each in sorted(Severity, reverse=True)
        if totals[each.word]
    ]
    yield f"{', '.join(counts) or 'no open findings in what was read'}\n"
    for name, one, many in (
        ("rooted", "repository with a way to root", "repositories with a way to root"),
        ("blind_spots", "blind spot", "blind spots"),
        ("waivers_run_out", "waiver that ran out", "waivers that ran out"),
        ("waivers_due", "waiver that is due", "waivers that are due"),
    ):
        if totals[name] or before.get(name):
            yield f"{totals[name]:,} {one if totals[name] == 1 else many}{_more(name, totals, before)}\n"
    if said := report.unlike():
        yield f"{joined(said, ' and ')} changed since {safe.one_line(report.against)}: some of the change is due to that\n"


def _more(name: str, totals: dict[str, int], before: dict[str, int]) -> str:
    difference = totals[name] - before.get(name, totals[name])
    return f" ({difference:+,})" if difference else ""


def _section(report: Report, section: Section) -> Iterator[str]:
    """Yield a section's title and its first rows; one without rows is left out, unless it was asked for."""
    answer = report.answer(section, MANY if report.chosen else FEW)
    if not answer.total:
        if report.chosen:
            yield f"\n{report.screen.paint(section.title, 'bold')}\n  nothing\n"
        return
    shown = _shown(answer)
    table = [[_cell(answer, row, index, report.screen) for index in shown] for row in answer.rows]
    heads = [answer.columns[index].heading.lower() or "severity" for index in shown]
    numbers = [answer.columns[index].kind.is_number for index in shown]
    widths = [max(map(cells, column)) for column in zip(heads, *table, strict=True)]
    yield f"\n{report.screen.paint(section.title, 'bold')}\n"
    yield report.screen.paint(_line(heads, widths, numbers), "dim") + "\n"
    for line in table:
        yield _painted(_line(line, widths, numbers), line[0], report.screen) + "\n"
    if answer.left:
        yield f"  and {answer.left:,} more\n"


def _shown(answer: Answer) -> list[int]:
    """Return which columns a line has: those there is room for, in which some row has something to say."""
    names = [column.name for column in answer.columns]
    wanted = [names.index(name) for name in _COLUMNS[answer.section.name] if name in names]
    return [
        index
        for index in wanted
        if answer.columns[index].missing or any(row[index] not in (None, "", [], {}) for row in answer.rows)
    ]


def _line(texts: Sequence[str], widths: Sequence[int], numbers: Sequence[bool]) -> str:
    padded = []
    for text, width, number in zip(texts, widths, numbers, strict=True):
        room = " " * (width - cells(text))
        padded.append(f"{room}{text}" if number else f"{text}{room}")
    return ("  " + "  ".join(padded)).rstrip()


def _painted(line: str, first: str, screen: Terminal) -> str:
    """Return a line whose first cell, if it is a severity, has its colour."""
    if first not in {each.word for each in Severity}:
        return line
    return line.replace(first, screen.paint(first, SEVERITY_STYLES[Severity[first.upper()]]), 1)


def _cell(answer: Answer, row: Sequence[Any], index: int, screen: Terminal) -> str:
    column, value = answer.columns[index], row[index]
    if column.kind in (Kind.CHANGE, Kind.DIFFERENCE):
        return f"{value:+,}" if value else ""
    if column.kind is Kind.NUMBER:
        return "" if value is None else f"{value:,}"
    text = joined(value, "; ") if isinstance(value, list) else "" if value is None else str(plain(value))
    if column.kind is Kind.CODE and answer.columns[index + 1 :] and answer.columns[index + 1].kind is Kind.LINE:
        text += f":{row[index + 1]}" if row[index + 1] else ""
    return _cut(safe.log(safe.one_line(text)) or column.missing, screen.glyphs.cut, end=column.kind is Kind.CODE)


def _cut(text: str, sign: str, *, end: bool) -> str:
    """Return text that takes no more columns than there are; of a path the ``end`` tells more."""
    if cells(text) <= LONGEST:
        return text
    text = text[-LONGEST:] if end else text[:LONGEST]
    while cells(text) + cells(sign) > LONGEST:
        text = text[1:] if end else text[:-1]
    return f"{sign}{text}" if end else f"{text}{sign}"
