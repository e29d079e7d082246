"""The list of rules, and one rule's page, for people and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dindguard.reports import page, safe
from dindguard.reports.json import dumps
from dindguard.reports.terminal import GLUE, SEVERITY_STYLES, Terminal, cells, wrapped
from dindguard.rules import Profile, Rule


def table(rules: Sequence[Rule], terminal: Terminal) -> str:
    """Return the rules as a table, the gravest first within each category."""
    longest = max((len(rule.id) for rule in rules), default=0)
    lines: list[str] = []
    for category in sorted({rule.category for rule in rules}):
        lines += [""] * bool(lines) + [terminal.paint(category, "bold")]
        members = [rule for rule in rules if rule.category == category]
        for rule in sorted(members, key=lambda each: (-each.severity, each.id)):
            severity = terminal.paint(f"{rule.severity.word:<8}", SEVERITY_STYLES[rule.severity])
            profile = terminal.paint("all" if rule.profile is Profile.ALL else "   ", "dim")
            title = _cut(safe.one_line(rule.title), terminal.width - longest - 17, terminal)
            lines.append(f"  {rule.id:<{longest}}  {severity}  {profile}  {title}")
    return "\n".join([*lines, "", *wrapped(_footer(rules), terminal.width)]) + "\n"


def _cut(text: str, room: int, terminal: Terminal) -> str:
    if not terminal.interactive or cells(text) <= room or room < 20:
        return text
    return text[: room - 1].rstrip() + terminal.glyphs.cut


def _footer(rules: Sequence[Rule]) -> str:
    count = sum(rule.profile is Profile.RECOMMENDED for rule in rules)
    more = f", {len(rules) - count} more with --profile all" if count < len(rules) else ""
    page = f"'dindguard{GLUE}explain{GLUE}RULE'"
    return f"{len(rules)} rules: {count} on by default{more}. {page} tells more."


def explanation(rule: Rule, terminal: Terminal) -> str:
    """Return a rule's page."""
    title = terminal.paint(rule.id, "bold")
    severity = terminal.paint(rule.severity.word, SEVERITY_STYLES[rule.severity])
    facts = [severity, f"category {rule.category}", f"profile {rule.profile}"]
    facts += [f"since {rule.since}"] if rule.since else []
    if rule.cwe:
        facts.append(terminal.link(f"CWE-{rule.cwe}", f"https://cwe.mitre.org/data/definitions/{rule.cwe}.html"))
    dot = f" {terminal.glyphs.dot} "
    notes = []
    if rule.contained_by:
        notes.append(f"Less grave inside: {', '.join(sorted(each.value for each in rule.contained_by))}.")
    if rule.replaces:
        notes.append(f"Takes the place of: {', '.join(rule.replaces)}.")
    if rule.needs_approval:
        notes.append("Needs an approval record where the configuration asks for one.")
    lines = [title, dot.join(facts), "", *page.for_terminal(rule.page, terminal)]
    return "\n".join([*lines, *([""] if notes else []), *notes]) + "\n"


def as_data(rule: Rule, *, with_page: bool = False) -> dict[str, Any]:
    """Return a rule as plain data."""
    data: dict[str, Any] = {
        "id": rule.id,
        "title": rule.title,
        "severity": rule.severity.word,
        "category": rule.category,
        "profile": rule.profile.value,
        "precision": rule.precision.value,
        "cwe": rule.cwe or None,
        "since": rule.since,
        "pack": rule.pack or None,
        "contained_by": sorted(each.value for each in rule.contained_by),
        "replaces": list(rule.replaces),
        "needs_approval": rule.needs_approval or None,
    }
    return data | {"page": rule.page} if with_page else data


def as_json(rules: Sequence[Rule]) -> str:
    """Return the rules as a JSON list."""
    return dumps([as_data(rule) for rule in rules])
