"""Reports: what a scan found, for people and for programs. One module per format.

A format's module has one function ``pieces(report, options)`` that yields the document, a finding at a time: a report of
many findings takes no more memory than one of few. It knows findings and notices, and nothing of the formats that were
scanned. What it yields ends with a line break.
"""

from __future__ import annotations

import importlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, cast

from dindguard.coverage import State
from dindguard.findings import Finding, Status
from dindguard.records import field, record, replace
from dindguard.reports import safe
from dindguard.reports.terminal import Terminal
from dindguard.rules import Severity
from dindguard.source import Gravity, Notice, Span

if TYPE_CHECKING:
    from typing import Protocol

    from dindguard.scanning import Report

    class Reporter(Protocol):
        """A format's module."""

        def pieces(self, report: Report, options: Options) -> Iterator[str]:
            """Yield the document."""


FORMATS: dict[str, str] = {
    "text": "for people (the default)",
    "concise": "one line for each finding: editors, problem matchers",
    "json": "everything, for programs; the schema is in the package",
    "sarif": "code scanning: GitHub, editors, DefectDojo",
    "github": "annotations in a GitHub workflow",
    "gitlab": "GitLab Code Quality",
    "gitlab-sast": "GitLab SAST",
    "junit": "test reports",
    "markdown": "comments on a change, job summaries",
    "html": "one page to keep or send",
}
"""The formats, and what each is for; ``gitlab-sast`` lives in ``gitlab_sast``."""


@record(kw_only=True)
class Options:
    """How a report is written.

    ``verbose`` shows notes and silenced findings in the text report; ``silenced`` puts silenced findings
    into SARIF; ``fail_on`` is the severity from which a finding makes the command fail; ``statistics`` makes
    the text report count by rule and by file instead of telling each finding.
    """

    terminal: Terminal = field(default_factory=Terminal)
    verbose: bool = False
    silenced: bool = False
    statistics: bool = False
    fail_on: Severity = Severity.HIGH


def pieces(name: str, report: Report, options: Options) -> Iterator[str]:
    """Yield the report in a format of :data:`FORMATS`, piece by piece."""
    module = importlib.import_module(f"dindguard.reports.{name.replace('-', '_')}")
    return cast("Reporter", module).pieces(report, options)


def render(name: str, report: Report, options: Options) -> str:
    """Return the report in a format of :data:`FORMATS`, whole."""
    return "".join(pieces(name, report, options))


def plural(count: int, noun: str) -> str:
    """Return ``1 file`` or ``2 files``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def by_severity(findings: Iterable[Finding]) -> list[tuple[Severity, int]]:
    """Return how many findings there are of each severity that occurs, the gravest first."""
    return sorted(Counter(finding.severity for finding in findings).items(), reverse=True)


def by_status(findings: Iterable[Finding]) -> list[tuple[Status, int]]:
    """Return how many findings each kind of policy silences, in the order of :class:`Status`."""
    found = Counter(finding.status for finding in findings if not finding.open)
    return [(status, found[status]) for status in Status if found[status]]


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings by severity, the gravest first, and by place."""
    return sorted(findings, key=lambda finding: -finding.severity)


def alerts(report: Report) -> tuple[Finding, ...]:
    """Return the findings of the whole tree, for those who keep a list and close what is no longer in it."""
    return report.everything if report.since else report.findings


def brought(report: Report) -> set[tuple[str, Span]]:
    """Return rule and place of each finding that is new since the revision of ``--since``."""
    return {(finding.rule.id, finding.span) for finding in report.findings}


def empty(report: Report) -> bool:
    """Whether nothing was recognised that a rule could look at: that is not the same as clean."""
    model = report.model
    return not (report.files_read and (model.workloads or model.engines or model.invocations))


def files_in_words(report: Report) -> list[str]:
    """Return how many files were read, and what became of the others, in words."""
    count = report.coverage.count
    parts = [f"{plural(report.files_read, 'file')} read"]
    for number, words in (
        (count(State.NOTHING), "without containers or engines"),
        (count(State.OTHER), "code or prose"),
        (count(State.KNOWN), "of kinds not read yet"),
        (count(State.LEFT_OUT), "left out"),
    ):
        parts += [f"{number} {words}"] if number else []
    return parts


def countdowns(report: Report) -> list[Notice]:
    """Return what says how long old findings may still wait, and which approvals soon run out."""
    return [notice for notice in report.notices if notice.kind in ("grace", "waiver-expiring")]


def blind_spots_in_words(report: Report) -> str:
    """Return how many files nobody reads although they speak of us; empty when there is none."""
    spots = len(report.coverage.blind_spots)
    return plural(spots, "blind spot") if spots else ""


def nothing_found(report: Report) -> str:
    """Return what is said where there is no finding: only a scan that saw everything has none at all."""
    if report.incomplete:
        return "no findings, but the scan is incomplete"
    if spots := blind_spots_in_words(report):
        return f"no findings in what was read, but {spots}"
    return "nothing to scan" if empty(report) else "no findings"


def shown_place(span: Span) -> str:
    """Return ``path:line:column`` on one printable line; the tool's name for what has no place in a file."""
    return f"{safe.visible(span.path)}:{span.line}:{span.column}" if span.path else "dindguard"


def errors(notices: Iterable[Notice]) -> list[Notice]:
    """Return the notices that make a scan incomplete, one for each place."""
    return [each for notice in notices if notice.gravity is Gravity.ERROR for each in at_each_place(notice)]


def at_each_place(notice: Notice) -> Iterable[Notice]:
    """Return a notice for each place of which it is true; a note stays one."""
    if not notice.also or notice.gravity is Gravity.NOTE:
        return (notice,)
    return [replace(notice, span=span, also=()) for span in (notice.span, *notice.also)]


def advice(finding: Finding) -> str:
    """Return what to do instead: the finding's own advice, else that of the rule's page."""
    return finding.instead.rstrip(".") or finding.rule.advice or "see the rule's page"


def first_sentence(text: str) -> str:
    """Return the first sentence of Markdown prose, without its markup.

    Code blocks are skipped; what leads to a list ends there.
    """
    text = re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE).strip()
    prose = " ".join(re.split(r"\n\n|\n(?=[-*] |\d+\. |```)", text, maxsplit=1)[0].split())
    end = re.search(r"(?<=[a-z0-9`')])\.(?=\s|$)", prose)
    plain = prose[: end.start()] if end else prose.rstrip(":")
    return plain.replace("`", "").replace("**", "").lstrip("-* ")


def sentence(text: str) -> str:
    """Return a message as a sentence: a capital at the start of an ordinary word, a full stop at the end."""
    text = text.strip()
    if text.split(" ", 1)[0].isalpha():
        text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."
