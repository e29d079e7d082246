"""Every rule on engines speaks of a machine's engine too, and a fixture shows it; or it is said here why it cannot."""

from __future__ import annotations

import pytest

from dindguard.model.engine import Engine, Owner
from fixture_files import FIXTURES, RULES, Fixture

CONTAINERS_OWN = "it is about the engine's container: its mounts, limits, user, cgroups or namespaces"
ENTRY_POINT = "it is about what the official image's entry point makes of variables and certificates"
STORAGE = "it is about the storage that a container's mount brings; a machine's data root lies on the machine's disk"
INSIDE = "a machine's engine may do this; only inside a container it goes wrong"

ONLY_IN_CONTAINERS = {
    "certificate-authority-shared": ENTRY_POINT,
    "cgroup-driver-mismatch": INSIDE,
    "cgroup-nesting-not-set-up": CONTAINERS_OWN,
    "data-root-on-overlay": STORAGE,
    "default-mtu-in-pod": INSIDE,
    "engine-cannot-write": CONTAINERS_OWN,
    "engine-socket-beside-own-engine": CONTAINERS_OWN,
    "engine-socket-is-a-directory": CONTAINERS_OWN,
    "engine-without-iptables": INSIDE,
    "ineffective-data-volume": STORAGE,
    "legacy-iptables-by-mistake": ENTRY_POINT,
    "lsm-profile-clobber": INSIDE,
    "memory-backed-data-root": STORAGE,
    "nested-btrfs-subvolumes": INSIDE,
    "oom-protected-engine": CONTAINERS_OWN,
    "overlapping-engine-network": CONTAINERS_OWN,
    "pod-limits-escaped": CONTAINERS_OWN,
    "published-engine-api": "a machine's engine with certificates on its network is what its owner set up, port and all",
    "read-only-certificate-directory": ENTRY_POINT,
    "removed-rootless-network": ENTRY_POINT,
    "replicated-data-root": STORAGE,
    "rootful-engine-without-root": CONTAINERS_OWN,
    "rootless-engine-as-root": CONTAINERS_OWN,
    "sandbox-without-storage": CONTAINERS_OWN,
    "short-engine-stop": CONTAINERS_OWN,
    "storage-driver-mismatch": STORAGE,
    "sysbox-unsupported-engine": CONTAINERS_OWN,
    "unbounded-data-root": STORAGE,
    "unlimited-engine": CONTAINERS_OWN,
    "useless-live-restore": INSIDE,
    "user-namespace-engine": CONTAINERS_OWN,
    "writable-client-certificates": ENTRY_POINT,
    "zombie-processes": CONTAINERS_OWN,
}


def speaks_of_a_machine(fixture: Fixture) -> bool:
    findings = fixture.scan(select=(fixture.rule,)).findings
    subjects = [subject.about for finding in findings for subject in finding.subjects]
    return any(isinstance(about, Engine) and about.owned_by is Owner.MACHINE for about in subjects)


@pytest.mark.parametrize("rule", [rule.id for rule in RULES.values() if rule.each is Engine])
def test_a_rule_on_engines_speaks_of_machines_or_says_why_not(rule: str) -> None:
    bad = [Fixture(rule, path) for path in sorted((FIXTURES / rule).glob("bad*")) if path.suffix != ".expect"]
    assert any(speaks_of_a_machine(each) for each in bad) != (rule in ONLY_IN_CONTAINERS)
