"""What an editor shows when asked about a place: a rule's page, what is believed of what stands there, a finding's other end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

from dindguard.language_server.diagnostics import other_places
from dindguard.language_server.positions import holds
from dindguard.model.container import Container
from dindguard.model.engine import Engine
from dindguard.reports.masking import Masks
from dindguard.source import Span

if TYPE_CHECKING:
    from dindguard.findings import Finding
    from dindguard.report import Report

_Object = TypeVar("_Object", Container, Engine)


def findings_at(report: Report, path: str, line: int, column: int) -> list[Finding]:
    """Return the open findings that point at a place."""
    return [each for each in report.open if each.span.path == path and holds(each.span, line, column)]


def page_at(report: Report, path: str, line: int, column: int) -> str:
    """Return, as Markdown, the pages of the rules that speak at a place, and what is believed of the container there,
    or of the engine that the file configures."""
    parts = [_page(finding) for finding in findings_at(report, path, line, column)]
    container = _last_before(report.model.each(Container), path, line)
    engine = _last_before(report.model.machine_engines, path, line) if container is None else None
    if container is not None or engine is not None:
        parts.append(_believed(report, container, engine))
    return "\n\n---\n\n".join(parts)


def _page(finding: Finding) -> str:
    rule = finding.rule
    parts = [f"**{rule.id}** ({finding.severity}): {Masks(None).text(finding.message)}"]
    headings = ("Why it matters", "Instead", "When it is fine")
    parts += [f"#### {heading}\n{text}" for heading in headings if (text := rule.section(heading))]
    return "\n\n".join(parts)


def _last_before(objects: Iterable[_Object], path: str, line: int) -> _Object | None:
    """Return the object whose part of a file a line lies in: the last one that begins at or before it."""
    above = [each for each in objects if each.span.path == path and each.span.line <= line]
    return max(above, key=lambda each: (each.span.line, each.span.column), default=None)


def _believed(report: Report, container: Container | None, engine: Engine | None) -> str:
    from dindguard.reports import model_text
    from dindguard.reports.terminal import Terminal

    terminal = Terminal(width=100)
    if container is not None:
        text = model_text.of_container(report, container, terminal)
    else:
        assert engine is not None, "one of the two is there"
        text = model_text.of_engine(report, engine, terminal)
    return f"```text\n{text}\n```"


def ends_at(report: Report, path: str, line: int, column: int) -> Iterator[Span]:
    """Yield where the other ends of the findings are that have one at a place."""
    for finding in report.open:
        others = [span for _, span in other_places(finding)]
        if finding.span.path == path and holds(finding.span, line, column):
            yield from others
        elif any(span.path == path and holds(span, line, column) for span in others):
            yield finding.span
