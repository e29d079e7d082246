"""What an editor shows when asked about a place: a rule's page, what is believed of a container, a finding's other end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from dindguard.language_server.diagnostics import other_places
from dindguard.language_server.positions import holds
from dindguard.model.container import Container
from dindguard.reports.masking import Masks
from dindguard.source import Span

if TYPE_CHECKING:
    from dindguard.findings import Finding
    from dindguard.report import Report


def findings_at(report: Report, path: str, line: int, column: int) -> list[Finding]:
    """Return the open findings that point at a place."""
    return [each for each in report.open if each.span.path == path and holds(each.span, line, column)]


def page_at(report: Report, path: str, line: int, column: int) -> str:
    """Return, as Markdown, the pages of the rules that speak at a place, and what is believed of the container there."""
    parts = [_page(finding) for finding in findings_at(report, path, line, column)]
    container = container_at(report.model.each(Container), path, line)
    if container is not None:
        parts.append(_believed(report, container))
    return "\n\n---\n\n".join(parts)


def _page(finding: Finding) -> str:
    rule = finding.rule
    parts = [f"**{rule.id}** ({finding.severity}): {Masks(None).text(finding.message)}"]
    headings = ("Why it matters", "Instead", "When it is fine")
    parts += [f"#### {heading}\n{text}" for heading in headings if (text := rule.section(heading))]
    return "\n\n".join(parts)


def container_at(containers: Iterable[Container], path: str, line: int) -> Container | None:
    """Return the container whose part of a file a line lies in: the last one that begins at or before it."""
    above = [each for each in containers if each.span.path == path and each.span.line <= line]
    return max(above, key=lambda each: (each.span.line, each.span.column), default=None)


def _believed(report: Report, container: Container) -> str:
    from dindguard.reports import model_text
    from dindguard.reports.terminal import Terminal

    return f"```text\n{model_text.of_container(report, container, Terminal(width=100))}\n```"


def ends_at(report: Report, path: str, line: int, column: int) -> Iterator[Span]:
    """Yield where the other ends of the findings are that have one at a place."""
    for finding in report.open:
        others = [span for _, span in other_places(finding)]
        if finding.span.path == path and holds(finding.span, line, column):
            yield from others
        elif any(span.path == path and holds(span, line, column) for span in others):
            yield finding.span
