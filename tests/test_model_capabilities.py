from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dindguard.model import capabilities
from dindguard.model.capabilities import DEFAULT, KNOWN, Tier, effective, root_grade, tier, tier_in_company, why

NAMES = st.lists(st.sampled_from(sorted(KNOWN | {"ALL"})), max_size=6)


@pytest.mark.parametrize(
    ("written", "name", "expected"),
    [
        ("all", "ALL", Tier.ALL),
        ("CAP_ALL", "ALL", Tier.ALL),
        ("cap_sys_admin", "SYS_ADMIN", Tier.ROOT),
        (" SYS_MODULE ", "SYS_MODULE", Tier.ROOT),
        ("net_admin", "NET_ADMIN", Tier.STRONG),
        ("NET_BIND_SERVICE", "NET_BIND_SERVICE", Tier.DEFAULT),
        ("NET_BROADCAST", "NET_BROADCAST", Tier.OTHER),
        ("SYS_ADMINISTRATOR", "SYS_ADMINISTRATOR", Tier.OTHER),
    ],
)
def test_names_and_tiers(written: str, name: str, expected: Tier) -> None:
    assert (capabilities.normalise(written), tier(written)) == (name, expected)


def test_the_tables_are_complete() -> None:
    assert (len(DEFAULT), len(KNOWN)) == (14, 41)
    grave = {name for name in KNOWN if tier(name) in (Tier.ROOT, Tier.STRONG)}
    assert not grave & DEFAULT
    assert {name for name in KNOWN if why(name)} == grave


@pytest.mark.parametrize(
    ("added", "dropped", "expected"),
    [
        ([], [], DEFAULT),
        (["SYS_ADMIN"], [], DEFAULT | {"SYS_ADMIN"}),
        (["cap_sys_admin"], ["all"], {"SYS_ADMIN"}),
        ([], ["ALL"], set()),
        (["ALL"], ["ALL"], KNOWN),
        (["ALL"], ["SYS_ADMIN"], KNOWN - {"SYS_ADMIN"}),
        ([], ["MKNOD"], DEFAULT - {"MKNOD"}),
        (["MKNOD"], ["MKNOD"], DEFAULT),
    ],
)
def test_effective(added: list[str], dropped: list[str], expected: set[str]) -> None:
    assert effective(added, dropped) == expected


@given(NAMES, NAMES)
def test_adding_never_takes_away(added: list[str], dropped: list[str]) -> None:
    assert effective(added, dropped) >= effective([], dropped) or "ALL" in added
    assert {name for name in added if name != "ALL"} <= effective(added, dropped) or "ALL" in added


def test_company_makes_root() -> None:
    assert root_grade(["BPF"]) == set()
    assert root_grade(["BPF", "CAP_PERFMON", "KILL"]) == {"BPF", "PERFMON"}
    assert root_grade(["SYS_PTRACE"]) == set()
    assert root_grade(["SYS_PTRACE"], host_pid=True) == {"SYS_PTRACE"}
    assert root_grade(["ALL", "NET_RAW"]) == {"ALL"}


@pytest.mark.parametrize(
    ("name", "held", "company", "expected"),
    [
        ("SYS_PTRACE", "SYS_PTRACE", {}, Tier.STRONG),
        ("SYS_PTRACE", "SYS_PTRACE", {"host_pid": True}, Tier.ROOT),
        ("SYS_PTRACE", "SYS_PTRACE", {"host_network": True}, Tier.STRONG),
        ("NET_ADMIN", "NET_ADMIN", {}, Tier.STRONG),
        ("NET_ADMIN", "NET_ADMIN", {"host_network": True}, Tier.ROOT),
        ("NET_ADMIN", "NET_ADMIN", {"host_pid": True}, Tier.STRONG),
        ("BPF", "BPF", {}, Tier.STRONG),
        ("BPF", "BPF PERFMON", {}, Tier.ROOT),
        ("cap_bpf", "BPF CAP_PERFMON", {}, Tier.ROOT),
        ("SYS_ADMIN", "SYS_ADMIN", {}, Tier.ROOT),
        ("CHOWN", "CHOWN", {"host_pid": True, "host_network": True}, Tier.DEFAULT),
        ("NET_BROADCAST", "NET_BROADCAST", {}, Tier.OTHER),
    ],
)
def test_company_and_the_hosts_namespaces_lead_farther(
    name: str, held: str, company: dict[str, bool], expected: Tier
) -> None:
    assert tier_in_company(name, held.split(), **company) is expected
