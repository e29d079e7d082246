"""The public catalogues that rules refer to, and which of their entries a rule's page names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from dindguard.records import record
from dindguard.rules import Rule


@record
class Taxonomy:
    """A catalogue. ``page`` makes the address of an entry from its id; one address for all has no ``{}``."""

    name: str
    organization: str
    about: str
    page: str

    def address(self, entry: str) -> str:
        """Return where an entry is described."""
        return self.page.format(entry.replace(".", "/") if self is ATTACK else entry)


CWE = Taxonomy(
    "CWE", "MITRE", "The MITRE Common Weakness Enumeration", "https://cwe.mitre.org/data/definitions/{}.html"
)
ATTACK = Taxonomy(
    "MITRE ATT&CK", "MITRE", "Techniques of attackers, from observation", "https://attack.mitre.org/techniques/{}/"
)
CIS_DOCKER = Taxonomy(
    "CIS Docker Benchmark", "Center for Internet Security", "Recommendations for the set-up of Docker",
    "https://www.cisecurity.org/benchmark/docker",
)  # fmt: skip
CIS_KUBERNETES = Taxonomy(
    "CIS Kubernetes Benchmark", "Center for Internet Security", "Recommendations for the set-up of Kubernetes",
    "https://www.cisecurity.org/benchmark/kubernetes",
)  # fmt: skip
TAXONOMIES = (CWE, ATTACK, CIS_DOCKER, CIS_KUBERNETES)

NAMES = {
    (ATTACK, "T1053"): "Scheduled Task/Job",
    (ATTACK, "T1528"): "Steal Application Access Token",
    (ATTACK, "T1552"): "Unsecured Credentials",
    (ATTACK, "T1552.001"): "Credentials In Files",
    (ATTACK, "T1610"): "Deploy Container",
    (ATTACK, "T1611"): "Escape to Host",
}
"""What an entry is called, where its number says little."""

_TECHNIQUES = re.compile(r"ATT&CK ((?:T\d{4}(?:\.\d{3})?(?:, | and )?)+)")
_BENCHMARK = re.compile(r"CIS (Docker|Kubernetes) Benchmark((?:,? (?:and )?\d+\.\d+(?:\.\d+)*)+)")
_EDITION = "1.6"
"""The edition that pages name before the first recommendation; no recommendation of ours has that number."""


@cache
def entries(rule: Rule) -> tuple[tuple[Taxonomy, str], ...]:
    """Return the entries that a rule belongs to: its weakness, and what the references of its page name."""
    found = [(CWE, str(rule.cwe))] if rule.cwe else []
    text = rule.section("References")
    for match in _TECHNIQUES.finditer(text):
        found += [(ATTACK, number) for number in re.findall(r"T\d{4}(?:\.\d{3})?", match[1])]
    for match in _BENCHMARK.finditer(text):
        catalogue = CIS_DOCKER if match[1] == "Docker" else CIS_KUBERNETES
        found += [(catalogue, number) for number in re.findall(r"[\d.]+", match[2]) if number != _EDITION]
    return tuple(dict.fromkeys(found))


def used(rules: Iterable[Rule]) -> dict[Taxonomy, list[str]]:
    """Return the catalogues that rules refer to, each with the entries that occur, in order."""
    every = {entry for rule in rules for entry in entries(rule)}
    return {
        taxonomy: sorted((name for of, name in every if of is taxonomy), key=_order)
        for taxonomy in TAXONOMIES
        if any(of is taxonomy for of, _ in every)
    }


def _order(entry: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", entry)]
