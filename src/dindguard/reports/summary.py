"""The last lines of a report for people: what was found, what was read, what was silenced."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from dindguard import __version__
from dindguard.model import engine_versions
from dindguard.reports import (
    Options,
    blind_spots_in_words,
    by_severity,
    by_status,
    empty,
    errors,
    files_in_words,
    nothing_found,
    plural,
)
from dindguard.reports.terminal import SEVERITY_STYLES, Terminal, cells
from dindguard.source import Gravity

if TYPE_CHECKING:
    from dindguard.scanning import Report


def lines(report: Report, options: Options, clean: Callable[[str], str]) -> list[str]:
    """Return the summary, flowed into lines; ``clean`` makes a text of the files one that may be shown."""
    terminal = options.terminal
    spots = [blind_spots_in_words(report)] if report.open else []
    parts = [
        _verdict(report, terminal),
        *filter(None, spots),
        _files(report, terminal),
        *map(clean, report.policy_summary),
    ]
    if not report.policy_summary:
        parts += [f"{count} {status}" for status, count in by_status(report.findings)]
    notices = (notice for notice in report.notices if notice.kind != "blind-spot")
    notes = sum(1 for notice in notices if notice.gravity is Gravity.NOTE)
    if notes and not options.verbose:
        parts.append(f"{plural(notes, 'note')} (-v shows them)")
    if options.verbose:
        parts.append(f"dindguard {__version__}, facts of {engine_versions.as_of()}")
    if terminal.interactive and report.seconds is not None:
        parts.append(f"{report.seconds:.2f} s")
    return _flow(parts, terminal)


def _verdict(report: Report, terminal: Terminal) -> str:
    """Return the counts by severity, or in so many words that there are none."""
    findings = report.open
    if findings:
        counts = (terminal.paint(f"{n} {each.word}", SEVERITY_STYLES[each]) for each, n in by_severity(findings))
        files = {span.path for each in findings for span in (each.span, *each.copies)}
        return f"{', '.join(counts)} in {plural(len(files), 'file')}"
    words = nothing_found(report)
    if report.incomplete:
        return terminal.paint(words, "bold red")
    if report.coverage.blind_spots:
        return terminal.paint(words, "black on yellow")
    if empty(report):
        return terminal.paint(f"{words}: no containers, engines or pipelines found", "bold magenta")
    return terminal.paint(words, "bold")


def _files(report: Report, terminal: Terminal) -> str:
    """Return how many files were read, hold nothing of ours, and could not be read."""
    parts = files_in_words(report)
    if report.files_unreadable:
        parts.append(terminal.paint(f"{report.files_unreadable} could not be read", "bold red"))
    elif report.incomplete:
        parts.append(terminal.paint(plural(len(errors(report.notices)), "error"), "bold red"))
    return ", ".join(parts)


def _flow(parts: list[str], terminal: Terminal) -> list[str]:
    """Join parts by dots, breaking lines between them, and at commas where a part is too long by itself."""
    first, *rest = [piece for part in parts for piece in _broken(part, terminal.width)]
    lines = [first]
    for part in rest:
        joined = f"{lines[-1]} {terminal.glyphs.dot} {part}"
        if _length(joined) > terminal.width:
            lines.append(part)
        else:
            lines[-1] = joined
    return lines


def _broken(part: str, width: int) -> list[str]:
    if _length(part) <= width:
        return [part]
    lines: list[str] = []
    for piece in part.split(", "):
        if lines and _length(f"{lines[-1]}, {piece},") <= width:
            lines[-1] += f", {piece}"
        else:
            lines.append(piece)
    return lines


def _length(text: str) -> int:
    if "\x1b" not in text:
        return cells(text)
    import re

    return cells(re.sub(r"\x1b\[[0-9;]*m", "", text))
