"""Rules as SARIF's tool component describes them."""

from __future__ import annotations

import re
from collections.abc import Mapping

import sarif_om as om

from dindguard.reports import first_sentence
from dindguard.rules import Profile, Rule, Severity

SECURITY_SEVERITY = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "2.5",
    Severity.INFO: "1.0",
}
"""GitHub shows over 9.0 as critical, from 7.0 as high, from 4.0 as medium, the rest as low."""

LONGEST = 1024
"""What GitHub takes of a description."""


def level(severity: Severity) -> str:
    """Return SARIF's level for a severity."""
    if severity >= Severity.HIGH:
        return "error"
    return "warning" if severity is Severity.MEDIUM else "note"


def driver(rules: Mapping[str, tuple[int, Rule]], version: str) -> om.ToolComponent:
    """Return the tool with all its rules, whether they found something or not."""
    return om.ToolComponent(
        name="dindguard",
        semantic_version=version,
        rules=[descriptor(rule) for _, rule in rules.values()],
        supported_taxonomies=[_component()] if taxonomies(rules) else None,
    )


def descriptor(rule: Rule) -> om.ReportingDescriptor:
    """Return a rule with its page."""
    why = first_sentence(rule.section("Why it matters"))
    full = f"{rule.title}. {why}." if why else f"{rule.title}."
    kinds = [_cwe_relationship(rule.cwe)] if rule.cwe else None
    return om.ReportingDescriptor(
        id=rule.id,
        name="".join(word.capitalize() for word in re.split(r"[-/_]", rule.id)),
        short_description=om.MultiformatMessageString(text=rule.title[:LONGEST]),
        full_description=om.MultiformatMessageString(text=full[:LONGEST]),
        help=om.MultiformatMessageString(text=_as_text(rule.page), markdown=rule.page),
        help_uri=_reference(rule),
        default_configuration=om.ReportingConfiguration(
            level=level(rule.severity), enabled=rule.profile is Profile.RECOMMENDED
        ),
        relationships=kinds,
        properties={
            "tags": _tags(rule),
            "precision": rule.precision.value,
            "security-severity": SECURITY_SEVERITY[rule.severity],
            "category": rule.category,
            "since": rule.since,
        },
    )


def _tags(rule: Rule) -> list[str]:
    """Return ``security`` first; GitHub keeps fewer than ten."""
    tags = ["security", "containers", rule.category]
    return [*tags, f"external/cwe/cwe-{rule.cwe:03d}"] if rule.cwe else tags


def _reference(rule: Rule) -> str:
    """Return the first address among the page's references, or that of its weakness."""
    found = re.search(r"https://[^\s>)\]]+", rule.section("References"))
    if found:
        return found[0].rstrip(".,")
    return f"https://cwe.mitre.org/data/definitions/{rule.cwe or 250}.html"


def _as_text(page: str) -> str:
    return re.sub(r"^(#+) ", "", page, flags=re.MULTILINE).replace("`", "").replace("**", "")


def taxonomies(rules: Mapping[str, tuple[int, Rule]]) -> list[om.ToolComponent] | None:
    """Return the weaknesses (CWE) that the rules name."""
    numbers = sorted({rule.cwe for _, rule in rules.values() if rule.cwe})
    if not numbers:
        return None
    taxa = [
        om.ReportingDescriptor(id=str(n), help_uri=f"https://cwe.mitre.org/data/definitions/{n}.html")
        for n in numbers
    ]
    return [
        om.ToolComponent(
            name="CWE",
            organization="MITRE",
            short_description=om.MultiformatMessageString(text="The MITRE Common Weakness Enumeration"),
            taxa=taxa,
        )
    ]


def _component() -> om.ToolComponentReference:
    return om.ToolComponentReference(name="CWE")


def _cwe_relationship(number: int) -> om.ReportingDescriptorRelationship:
    target = om.ReportingDescriptorReference(id=str(number), tool_component=_component())
    return om.ReportingDescriptorRelationship(target=target, kinds=["superset"])
