"""A section of the page: a table of its first rows, and how many more there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from dindguard.fleet.report.answers import Answer, joined, plain
from dindguard.fleet.report.html.head import MINUS, change, id_of
from dindguard.fleet.report.sections import Column, Kind, Section
from dindguard.reports import safe
from dindguard.rules import Severity

MOST = 200
"""Rows of a section that the page has; of the list of repositories more, for it is what somebody searches."""
MOST_REPOSITORIES = 1_000
ON_PAPER = 40
"""Rows that are printed (``fleet.css`` has the same number)."""
LONGEST = 400
"""Characters of one cell; a file that speaks for pages does not make the page as long."""
FEW = 6
"""So many texts of a cell are shown; of more, their number."""

_SEVERITIES = {severity.word for severity in Severity}
_WHOLE = {Kind.DAY, Kind.STATE, Kind.SEVERITY}
_MERGED = {Kind.LINE}
"""Columns that stand in the one before them."""


def most(section: Section) -> int:
    """Return how many rows of a section the page has."""
    return MOST_REPOSITORIES if section.name == "repositories" else MOST


def rules(answers: Iterable[Answer]) -> list[str]:
    """Return the names of the rules that rows of these answers are about."""
    found: dict[str, None] = {}
    for answer in answers:
        for index, column in enumerate(answer.columns):
            if column.kind is Kind.RULE:
                found |= dict.fromkeys(str(row[index]) for row in answer.rows)
    return sorted(found)


def section(answer: Answer, linked: frozenset[str]) -> Iterator[str]:
    """Yield a section; nothing for one without rows. The page has the pages of the ``linked`` rules."""
    if not answer.total:
        return
    about = answer.section
    shown = _shown(answer)
    yield f'<section id="{id_of(about.name)}" aria-labelledby="{id_of(about.name)}-title">'
    yield f'<h2 id="{id_of(about.name)}-title">{safe.markup(about.title)} <span class="count">{answer.total:,}</span></h2>'
    yield f"<p>{safe.markup(about.about)}</p>"
    yield '<div class="table"><table class="sortable"><thead><tr>'
    for column in shown:
        yield f'<th scope="col"{_class(column)}>{safe.markup(column.heading)}</th>'
    yield "</tr></thead><tbody>"
    for row in answer.rows:
        yield _row(answer.columns, shown, row, linked)
    yield "</tbody></table></div>"
    if answer.total > ON_PAPER:
        yield f'<p class="dim paper">and {answer.total - ON_PAPER:,} more</p>'
    if answer.left:
        yield (
            f'<p class="dim screen">and {answer.left:,} more, which '
            f"<code>dindguard fleet report DIR -f csv --section {about.name}</code> has</p>"
        )
    yield "</section>"


def labels(answer: Answer) -> str:
    """Return the style by which a narrow screen, where each row is a card, names the cells."""
    rules = [
        f'#{id_of(answer.section.name)} td:nth-child({number})::before{{content:"{column.heading}"}}'
        for number, column in enumerate(_shown(answer), 1)
        if column.heading
    ]
    return "@media screen and (max-width: 46rem) {" + "".join(rules) + "}\n" if rules else ""


def _shown(answer: Answer) -> list[Column]:
    """Return the columns of the page: those in which at least one row has something to say."""
    return [
        column
        for index, column in enumerate(answer.columns)
        if column.page and column.kind not in _MERGED and any(_says(row[index]) for row in answer.rows)
    ]


def _class(column: Column) -> str:
    name = "n" if column.kind.is_number else "whole" if column.kind in _WHOLE else ""
    return f' class="{name}"' if name else ""


def _row(columns: Sequence[Column], shown: Sequence[Column], row: Sequence[Any], linked: frozenset[str]) -> str:
    cells = []
    for index, (column, value) in enumerate(zip(columns, row, strict=True)):
        if column not in shown:
            continue
        line = row[index + 1] if index + 1 < len(columns) and columns[index + 1].kind is Kind.LINE else 0
        text = _cell(column.kind, value, line)
        if column.kind is Kind.RULE and value in linked:
            text = f'<a href="#rule-{text}">{text}</a>'
        if not text and column.missing:
            text = f'<span class="dim">{column.missing}</span>'
        cells.append(f"<td{_class(column)}>{text}</td>")
    return f"<tr>{''.join(cells)}</tr>"


def _cell(kind: Kind, value: Any, line: int = 0) -> str:
    """Return a cell's HTML; every text of a file is escaped here and nowhere else."""
    if _empty(value):
        return ""
    if kind is Kind.NUMBER:
        return f"{value:,}".replace("-", MINUS) if value else '<span class="dim">0</span>'
    if kind in (Kind.CHANGE, Kind.DIFFERENCE):
        return change(value, plain=kind is Kind.DIFFERENCE).strip()
    if kind is Kind.YES:
        return "yes" if value else ""
    if kind is Kind.SEVERITY and value in _SEVERITIES:
        return f'<span class="badge {value}">{value}</span>'
    if kind is Kind.CODE:
        return f"<code>{_text(value)}{f':{line}' if line else ''}</code>"
    if kind is Kind.WAY:
        return _way(value)
    if kind is Kind.LINES:
        lines = [_text(each) for each in value[:FEW]]
        return "<br>".join([*lines, f"and {len(value) - FEW} more"] if len(value) > FEW else lines)
    if kind is Kind.TEXTS:
        rest = f" and {len(value) - FEW} more" if len(value) > FEW else ""
        return _text(joined(value[:FEW])) + rest
    if kind is Kind.LABELS:
        return _text(joined(f"{key}={value[key]}" for key in sorted(value) if key != "team"))
    if kind is Kind.DAY:
        return _text(str(plain(value))[:10])
    return _text(str(value))


def _says(value: Any) -> bool:
    return not _empty(value) and value is not False


def _empty(value: Any) -> bool:
    return value is None or value in ("", [], {})


def _way(text: str) -> str:
    steps = "".join(f"<li>{_text(step)}</li>" for step in text.split(" → "))
    return f'<ol class="way">{steps}</ol>'


def _text(text: str) -> str:
    line = safe.one_line(text)
    return safe.markup(line if len(line) <= LONGEST else f"{line[:LONGEST]}…")
