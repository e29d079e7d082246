"""Each container that matters: its source, and its findings beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dindguard.findings import Finding
from dindguard.model.container import Container
from dindguard.reports import plural, safe, sentence
from dindguard.reports.html.writing import Writer, badge, containers_of, written
from dindguard.reports.picture import believed
from dindguard.reports.quoting import Mark
from dindguard.source import Source, Span

LONGEST = 60
"""Lines of one container's source that are shown; of a longer one, those that findings are about."""
MOST = 300
"""Containers that are shown; the others' findings name them."""
OPEN = 8
"""So many containers are shown unfolded."""


def section(writer: Writer, opened: Sequence[Finding]) -> Iterator[str]:
    """Yield the containers with open findings or a way to root, the gravest first."""
    found = _found(writer, opened)
    if not found:
        return
    yield '<section id="containers" aria-labelledby="containers-title">'
    yield f'<h2 id="containers-title">Containers <span class="count">{len(found)}</span></h2>'
    listed = sorted(found, key=lambda container: not found[container])
    for container in listed[:MOST]:
        yield from _container(writer, container, found[container], unfolded=len(listed) <= OPEN)
    if len(listed) > MOST:
        yield f"<details><summary>{plural(len(listed) - MOST, 'more container')}, without their source</summary><ul>"
        for each in listed[MOST:]:
            yield f'<li id="{writer.id_of(each)}">{writer.text(str(each))} {writer.place(each.span)}</li>'
        yield "</ul></details>"
    yield "</section>"


def _found(writer: Writer, opened: Sequence[Finding]) -> dict[Container, list[Finding]]:
    """Return the containers to show with their findings; of those written at one place, the first stands for all."""
    first: dict[tuple[str, str], Container] = {}
    found: dict[Container, list[Finding]] = {}
    for finding in opened:
        for container in dict.fromkeys(first.setdefault(written(each), each) for each in containers_of(finding)):
            found.setdefault(container, []).append(finding)
    for container in writer.report.model.containers:
        if believed.escape_of(container) is not None:
            found.setdefault(first.setdefault(written(container), container), [])
    return found


def _container(writer: Writer, container: Container, findings: Sequence[Finding], *, unfolded: bool) -> Iterator[str]:
    worst = max((finding.severity for finding in findings), default=None)
    root = '<span class="rooted">can become root</span>' if believed.escape_of(container) is not None else ""
    yield f'<details class="container" id="{writer.id_of(container)}"{" open" if unfolded else ""}>'
    yield (
        f"<summary>{badge(worst) if worst is not None else ''} <strong>{writer.text(str(container))}</strong> "
        f"{writer.place(container.span)} {root}</summary>"
    )
    yield '<div class="beside">'
    yield _source(writer, container, findings) or "<p class=dim>It has no lines of its own.</p>"
    rows = [
        f'<li>{badge(f.severity)} <a href="#finding-{f.fingerprint}">{safe.markup(f.rule.id)}</a> '
        f'<span class="dim">line {f.span.line}</span><br>{writer.text(sentence(f.message))}</li>'
        for f in findings
    ]
    yield f"<ul>{''.join(rows)}</ul>" if rows else '<p class="dim">No open finding.</p>'
    if (escape := container.escape) is not None:
        yield writer.steps(escape.steps)
    for why in believed.ends_because(container):
        yield f'<p class="dim">No way to the host: {writer.text(why)}.</p>'
    yield "</div></details>"


def _source(writer: Writer, container: Container, findings: Sequence[Finding]) -> str:
    source = writer.report.sources.get(container.span.path)
    if source is None:
        return ""
    first, last = block(source, container.span)
    spans = [span for finding in findings for span in finding.places if span.path == source.path]
    marks = [Mark(span) for span in dict.fromkeys(spans) if first <= span.line <= last]
    numbers = range(first, last + 1)
    if len(numbers) > LONGEST:
        near = {line for mark in marks for line in range(mark.span.line - 2, mark.span.line + 3)}
        numbers = [line for line in numbers if line < first + 6 or line in near][:LONGEST]  # type: ignore[assignment]
    return writer.quote([writer.quoter.block(source, numbers, marks)])


def block(source: Source, span: Span) -> tuple[int, int]:
    """Return the first and last line of what is written about the thing whose name stands at ``span``.

    Indentation tells: a key's block is what is indented below it; a list's item begins at its dash.
    """
    first = span.line
    line = source.line_text(first)
    inside = _indent(line)
    if span.column - 1 > inside and not line.lstrip().startswith("- "):
        first = _dash_above(source, first, inside)
    base = _indent(source.line_text(first))
    last = first
    number = max(first, span.line) + 1 if first == span.line else first + 1
    empty = 0
    while empty < LONGEST and number - first < 20 * LONGEST:
        text = source.line_text(number)
        if text.strip() and not text.lstrip().startswith("#"):
            if _indent(text) <= base:
                break
            last, empty = number, 0
        else:
            empty += 1
        number += 1
    return first, max(last, span.line)


def _dash_above(source: Source, line: int, inside: int) -> int:
    """Return the line with the dash of the item that a line at a column belongs to; the line itself without one."""
    for number in range(line - 1, max(line - LONGEST, 0), -1):
        text = source.line_text(number)
        if text.strip() and _indent(text) < inside:
            return number if text.lstrip().startswith("- ") and _indent(text) + 2 >= inside - 2 else line
    return line


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
