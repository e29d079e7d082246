"""What the scan did not see: files it could not read, and what the files do not decide. Notes are folded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dindguard.reports import plural, safe, sentence
from dindguard.reports.html.writing import Writer
from dindguard.source import Gravity, Notice


def section(writer: Writer) -> Iterator[str]:
    """Yield what could not be looked at, with what to do about it."""
    told = [notice for notice in writer.report.notices if _unseen(notice)]
    if told:
        yield '<section id="unseen" aria-labelledby="unseen-title">'
        yield f'<h2 id="unseen-title">Not looked at <span class="count">{len(told)}</span></h2>'
        yield from (_card(writer, notice) for notice in told)
        yield "</section>"


def notes(writer: Writer) -> Iterator[str]:
    """Yield the notes, folded by their kind."""
    found: dict[str, list[Notice]] = {}
    for notice in writer.report.notices:
        if not _unseen(notice):
            found.setdefault(notice.kind, []).append(notice)
    if not found:
        return
    count = sum(map(len, found.values()))
    yield '<section id="notes" aria-labelledby="notes-title">'
    yield f'<h2 id="notes-title">Notes <span class="count">{count}</span></h2>'
    for kind in sorted(found):
        yield from _kind(writer, kind, found[kind])
    yield "</section>"


def _unseen(notice: Notice) -> bool:
    return notice.gravity is not Gravity.NOTE or notice.kind == "blind-spot"


def _kind(writer: Writer, kind: str, told: Sequence[Notice]) -> Iterator[str]:
    yield f"<details><summary>{safe.markup(kind)}: {plural(len(told), 'note')}</summary><ul>"
    for notice in told:
        remedy = f" {writer.text(sentence(notice.remedy))}" if notice.remedy else ""
        yield f"<li>{writer.place(notice.span)} {writer.text(sentence(notice.message))}{remedy}</li>"
    yield "</ul></details>"


def _card(writer: Writer, notice: Notice) -> str:
    remedy = f"<p>{writer.text(sentence(notice.remedy))}</p>" if notice.remedy else ""
    return (
        f'<article class="card notice {notice.gravity}"><h3>{safe.markup(notice.kind)} {writer.place(notice.span)}</h3>'
        f"<p>{writer.text(sentence(notice.message))}</p>{remedy}</article>"
    )
