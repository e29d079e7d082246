"""What became of every file: what could not be looked at first, then each state with its files. Notes are folded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dindguard.coverage import FileState, State
from dindguard.reports import plural, safe, sentence
from dindguard.reports.html.writing import Writer
from dindguard.source import Gravity, Notice

MOST = 500
"""Files of one state, or notes of one kind, that are listed."""

UNFOLDED = 20
"""Things not looked at that are listed unfolded."""

_WORDS = {
    State.CLOSED: "closed: could not be opened",
    State.BROKEN: "broken: ours, and could not be read",
    State.BLIND_SPOT: "blind spots: nothing reads them, and they speak of containers with power over their host",
    State.KNOWN: "of a kind that is known and not read yet",
    State.UNDERSTOOD: "understood",
    State.LEFT_OUT: "left out",
    State.NOTHING: "of no interest: without containers or engines",
    State.OTHER: "no configuration: code, prose, binary",
}


def section(writer: Writer) -> Iterator[str]:
    """Yield what could not be looked at, with what to do about it, and the states of all files."""
    told = [notice for notice in writer.report.notices if _unseen(notice)]
    states = list(_states(writer))
    if not told and not states:
        return
    yield '<section id="unseen" aria-labelledby="unseen-title">'
    title = f'Not looked at <span class="count">{len(told)}</span>' if told else "Files"
    yield f'<h2 id="unseen-title">{title}</h2>'
    if told:
        items = [_told(writer, notice) for notice in told]
        yield f'<ul class="told">{"".join(items[:UNFOLDED])}</ul>'
        if rest := items[UNFOLDED:]:
            yield f'<details><summary>and {len(rest)} more</summary><ul class="told">{"".join(rest)}</ul></details>'
    yield from states
    yield "</section>"


def _states(writer: Writer) -> Iterator[str]:
    """Yield each state that a file is in, folded."""
    every: dict[State, list[FileState]] = {}
    for file in writer.report.coverage.every():
        every.setdefault(file.state, []).append(file)
    if not every:
        return
    count = sum(map(len, every.values()))
    yield f'<details class="states"><summary>What became of {plural(count, "file")}</summary>'
    for state in State:
        if files := every.get(state):
            yield f"<details><summary><b>{len(files)}</b> {_WORDS[state]}</summary><ul>"
            yield from _listed([_file(writer, file) for file in files[:MOST]], len(files))
            yield "</ul></details>"
    yield "</details>"


def _file(writer: Writer, file: FileState) -> str:
    place = writer.place(file.span) if file.span is not None else f"<code>{writer.path(file.path)}</code>"
    words = ", ".join(filter(None, (file.what, file.words and f"says '{file.words}'")))
    undecided = f", {plural(file.undecided, 'thing')} undecided" if file.undecided else ""
    return f"<li>{place} {writer.text(words)}{undecided}</li>"


def _listed(items: Sequence[str], count: int) -> Iterator[str]:
    yield from items
    if count > len(items):
        yield f"<li>and {count - len(items)} more: dindguard coverage lists them all</li>"


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
        told = found[kind]
        yield f"<details><summary>{safe.markup(kind)}: {plural(len(told), 'note')}</summary><ul>"
        yield from (_told(writer, notice) for notice in told[:MOST])
        yield f"<li>and {len(told) - MOST} more: -f json has them all</li>" if len(told) > MOST else ""
        yield "</ul></details>"
    yield "</section>"


def _unseen(notice: Notice) -> bool:
    return notice.gravity is not Gravity.NOTE or notice.kind == "blind-spot"


def _told(writer: Writer, notice: Notice) -> str:
    kind = f"<strong>{safe.markup(notice.kind)}</strong> " if _unseen(notice) else ""
    remedy = f" {writer.text(sentence(notice.remedy))}" if notice.remedy else ""
    more = f" (and at {plural(len(notice.also), 'more place')})" if notice.also else ""
    words = f"{writer.place(notice.span)}{more} {writer.text(sentence(notice.message))}{remedy}"
    return f'<li class="{notice.gravity}">{kind}{words}</li>'
