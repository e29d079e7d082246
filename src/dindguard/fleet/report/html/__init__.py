"""One page over the whole fleet: in the style of a scan's, nothing loaded from elsewhere, readable without script.

It shows the first rows of each section and says how many there are; CSV and JSON have them all.
"""

from __future__ import annotations

from collections.abc import Iterator

from dindguard.fleet.report.answers import Report
from dindguard.fleet.report.html import head, tables
from dindguard.loading import load
from dindguard.reports import safe
from dindguard.reports.html import rules, skeleton


def pieces(report: Report) -> Iterator[str]:
    """Yield the page."""
    for part in _page(report):
        yield safe.log_markup(f"{part}\n")


def _page(report: Report) -> Iterator[str]:
    answers = [report.answer(section, tables.most(section)) for section in report.sections()]
    known = {rule.id: rule for rule in load()}
    told = [known[name] for name in tables.rules(answers) if name in known]
    linked = frozenset(rule.id for rule in told)
    body = (head.comparison(report), *(tables.section(answer, linked) for answer in answers), rules.section(told))
    style = skeleton.part("page.css") + skeleton.part("fleet.css", __name__) + "".join(map(tables.labels, answers))
    yield from skeleton.document(
        safe.markup(head.title(report)), head.head(report), body, skeleton.part("fleet.js", __name__), style
    )
