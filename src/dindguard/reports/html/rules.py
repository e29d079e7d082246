"""The pages of rules, folded: why each is one, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dindguard.reports import page, safe
from dindguard.rules import Rule


def section(found: Iterable[Rule]) -> Iterator[str]:
    """Yield the pages of these rules by name; nothing when there are none."""
    rules = {rule.id: rule for rule in found}
    if not rules:
        return
    yield '<section id="rules" aria-labelledby="rules-title">'
    yield f'<h2 id="rules-title">Rules <span class="count">{len(rules)}</span></h2>'
    for name in sorted(rules):
        rule = rules[name]
        title = f"<summary><strong>{safe.markup(name)}</strong> {safe.markup(rule.title)}</summary>"
        yield f'<details class="rule" id="rule-{safe.markup(name)}">{title}{page.for_html(rule.page)}</details>'
    yield "</section>"
