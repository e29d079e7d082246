"""Rules as SARIF's tool components describe them: our own in the driver, those of each pack in an extension."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

from dindguard import __version__
from dindguard.findings import Finding
from dindguard.installation import home
from dindguard.model import engine_versions
from dindguard.records import record, replace
from dindguard.reports import first_sentence, taxonomies
from dindguard.reports.sarif_objects import om
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

MOST_TAGS = 9
"""GitHub keeps fewer than ten."""


def level(severity: Severity) -> str:
    """Return SARIF's level for a severity."""
    if severity >= Severity.HIGH:
        return "error"
    return "warning" if severity is Severity.MEDIUM else "note"


def sarif_id(finding: Finding) -> str:
    """Return ``rule``, or ``rule.severity`` where a finding has another severity than its rule.

    Code scanning takes the severity from the rule alone. An alert so keeps its identity while its severity stays,
    and is a new one, whatever became of the old one, when it gets graver.
    """
    rule = finding.rule
    return rule.id if finding.severity is rule.severity else f"{rule.id}.{finding.severity.word}"


@record(eq=False)
class Components:
    """The rules of one log, in the component that each belongs to: the first is the driver."""

    rules: tuple[Rule, ...]

    @classmethod
    def of(cls, rules: Iterable[Rule], findings: Iterable[Finding]) -> Components:
        """Take all rules, and each once more for every other severity that findings of it have."""
        findings = list(findings)
        known = {rule.id: rule for rule in (*rules, *(finding.rule for finding in findings))}
        known |= {sarif_id(f): replace(f.rule, id=sarif_id(f), severity=f.severity) for f in findings}
        return cls(tuple(known[name] for name in sorted(known)))

    @cached_property
    def packs(self) -> dict[str, list[Rule]]:
        """The rules by pack; ours have the name ``""`` and come first."""
        found: dict[str, list[Rule]] = {"": []}
        for rule in self.rules:
            found.setdefault(_pack(rule), []).append(rule)
        return found

    @cached_property
    def _places(self) -> dict[str, tuple[int, int]]:
        return {
            rule.id: (component, index)
            for component, rules in enumerate(self.packs.values())
            for index, rule in enumerate(rules)
        }

    def reference(self, finding: Finding) -> dict[str, Any]:
        """Return how a result says which rule it is of: an index in the driver, or component and index."""
        component, index = self._places[sarif_id(finding)]
        if component == 0:
            return {"rule_index": index}
        where = om.ToolComponentReference(index=component - 1)
        return {"rule": om.ReportingDescriptorReference(index=index, tool_component=where)}

    def tool(self) -> om.Tool:
        """Return the tool with all its rules, whether they found something or not."""
        ours, *others = self.packs.items()
        extensions = [_extension(name, rules) for name, rules in others]
        return om.Tool(driver=_driver(ours[1], self.rules), extensions=extensions or None)

    def taxonomies(self) -> list[om.ToolComponent] | None:
        """Return the catalogues that the rules refer to, with the entries that occur."""
        return [_taxonomy(each, names) for each, names in taxonomies.used(self.rules).items()] or None


def _pack(rule: Rule) -> str:
    """Return the pack that a rule belongs to: ids of packs are ``pack/rule``, ours hold no slash."""
    pack, slash, _ = rule.id.partition("/")
    return pack if slash else ""


def _driver(rules: Sequence[Rule], every: Sequence[Rule]) -> om.ToolComponent:
    return om.ToolComponent(
        name="dindguard",
        full_name=f"dindguard {__version__}",
        organization="dindguard",
        information_uri=_information(),
        version=__version__,
        semantic_version=__version__,
        short_description=om.MultiformatMessageString(
            text="Checks containers that run, or command, other containers."
        ),
        rules=[descriptor(rule) for rule in rules],
        supported_taxonomies=[_component(each) for each in taxonomies.used(every)] or None,
        properties={"factsAsOf": engine_versions.as_of()},
    )


def _information() -> str:
    """Return where to read about the tool; the name of the package where nobody knows its repository."""
    known = home()
    return known.address if known else f"pkg:generic/dindguard@{__version__}"


def _extension(name: str, rules: Sequence[Rule]) -> om.ToolComponent:
    return om.ToolComponent(name=name, rules=[descriptor(rule) for rule in rules])


def descriptor(rule: Rule) -> om.ReportingDescriptor:
    """Return a rule with its page."""
    why = first_sentence(rule.section("Why it matters"))
    full = f"{rule.title}. {why}." if why else f"{rule.title}."
    return om.ReportingDescriptor(
        id=rule.id,
        name="".join(word.capitalize() for word in re.split(r"[-/._]", rule.id)),
        short_description=om.MultiformatMessageString(text=rule.title[:LONGEST]),
        full_description=om.MultiformatMessageString(text=full[:LONGEST]),
        help=om.MultiformatMessageString(text=_as_text(rule.page), markdown=rule.page),
        help_uri=_page(rule),
        default_configuration=om.ReportingConfiguration(
            level=level(rule.severity), enabled=rule.profile is Profile.RECOMMENDED
        ),
        relationships=[_relationship(of, name) for of, name in taxonomies.entries(rule)] or None,
        properties={
            "tags": _tags(rule),
            "precision": rule.precision.value,
            "security-severity": SECURITY_SEVERITY[rule.severity],
            "category": rule.category,
            "since": rule.since,
        },
    )


def _tags(rule: Rule) -> list[str]:
    """Return ``security`` first, then what people filter by."""
    tags = ["security", "containers", rule.category]
    for taxonomy, name in taxonomies.entries(rule):
        if taxonomy is taxonomies.CWE:
            tags.append(f"external/cwe/cwe-{int(name):03d}")
        else:
            tags.append(f"{taxonomy.name} {name}")
    return tags[:MOST_TAGS]


def _page(rule: Rule) -> str:
    """Return the address of the rule's own page, else of the first of its references, else of its weakness."""
    known = home()
    if known and not (_pack(rule) or rule.pack):
        return known.page(f"docs/rules/{rule.id.partition('.')[0]}.md")
    found = re.search(r"https://[^\s>)\]]+", rule.section("References"))
    return found[0].rstrip(".,") if found else taxonomies.CWE.address(str(rule.cwe or 250))


def _as_text(page: str) -> str:
    return re.sub(r"^(#+) ", "", page, flags=re.MULTILINE).replace("`", "").replace("**", "")


def _taxonomy(taxonomy: taxonomies.Taxonomy, names: Iterable[str]) -> om.ToolComponent:
    return om.ToolComponent(
        name=taxonomy.name,
        organization=taxonomy.organization,
        short_description=om.MultiformatMessageString(text=taxonomy.about),
        information_uri=taxonomy.page.partition("{}")[0],
        taxa=[_taxon(taxonomy, name) for name in names],
    )


def _taxon(taxonomy: taxonomies.Taxonomy, name: str) -> om.ReportingDescriptor:
    words = taxonomies.NAMES.get((taxonomy, name))
    about = om.MultiformatMessageString(text=f"{words}.") if words else None
    return om.ReportingDescriptor(id=name, short_description=about, help_uri=taxonomy.address(name))


def _component(taxonomy: taxonomies.Taxonomy) -> om.ToolComponentReference:
    return om.ToolComponentReference(name=taxonomy.name)


def _relationship(taxonomy: taxonomies.Taxonomy, name: str) -> om.ReportingDescriptorRelationship:
    target = om.ReportingDescriptorReference(id=name, tool_component=_component(taxonomy))
    kind = "superset" if taxonomy is taxonomies.CWE else "relevant"
    return om.ReportingDescriptorRelationship(target=target, kinds=[kind])
