"""Waivers: what one must hold, what it covers, and what ends it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from dindguard.findings import Status
from dindguard.policy.config import WAIVER_FILE
from dindguard.source import Gravity
from policy_tree import CAPABILITY, COMPOSE, SOCKET, own, record, scanned, statuses, tree, waived, write

MINE = {"host-engine-socket": Status.WAIVED, "dangerous-capability": Status.OPEN}
OPEN = {"host-engine-socket": Status.OPEN, "dangerous-capability": Status.OPEN}


def test_a_valid_waiver_silences_what_it_names_and_no_more(tmp_path: Path) -> None:
    folder = waived(tree(tmp_path), record(tree(tmp_path)))
    report = scanned(folder)
    assert statuses(report) == MINE
    assert own(report) == []
    assert not [notice for notice in report.notices if notice.kind == "waiver-expiring"]
    waived(folder, record(folder), record(folder, CAPABILITY))
    assert set(statuses(scanned(folder)).values()) == {Status.WAIVED}


def test_untrusted_trees_cannot_waive(tmp_path: Path) -> None:
    folder = waived(tree(tmp_path), record(tree(tmp_path)))
    report = scanned(folder, untrusted=True)
    assert statuses(report) == OPEN
    assert own(report) == []


ARCHITECT = {"name": "@arch", "role": "architecture"}
SECURITY = {"name": "@sec", "role": "security"}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"expires": "2026-11-23"}, ""),
        ({"expires": "2026-11-22"}, "waiver-expired"),
        ({"expires": "2027-01-30"}, ""),
        ({"expires": "2027-01-31"}, "waiver-too-long"),  # a critical finding: 90 days
        ({"approved": "2026-11-23"}, ""),
        ({"approved": "2026-11-24"}, "waiver-malformed"),
        ({"expires": "soon"}, "waiver-malformed"),
        ({"expires": "20270115"}, "waiver-malformed"),
        ({"approvers": [ARCHITECT]}, "waiver-lacks-role"),
        ({"approvers": [SECURITY]}, "waiver-lacks-role"),
        ({"approvers": [ARCHITECT, {"name": "arch", "role": "security"}]}, "waiver-lacks-role"),
        ({"approvers": [ARCHITECT, {"name": "@arch", "role": "security"}, SECURITY]}, ""),
        ({"owner": "ARCH"}, "waiver-self-approved"),
        ({"owner": "The owner <@sec>"}, "waiver-self-approved"),
        ({"approvers": None}, "waiver-malformed"),
        ({"reason": None}, "waiver-malformed"),
        ({"reason": "too short"}, "waiver-malformed"),
        ({"reason": "TODO: say why this has to be."}, "waiver-malformed"),
        ({"alternatives": None}, "waiver-malformed"),
        ({"poc": None}, "waiver-malformed"),
        ({"ticket": None}, ""),
        ({"owner": None}, "waiver-malformed"),
        ({"mode": None}, "waiver-malformed"),
        ({"mode": "other"}, "waiver-malformed"),
        ({"mode": "privileged"}, "waiver-malformed"),
        ({"fingerprint": None}, "waiver-malformed"),
        ({"fingerprint": "v0:" + "0" * 32}, "waiver-malformed"),
        ({"fingerprint": "any"}, "waiver-malformed"),
        ({"fingerprint": "v1:" + "0" * 32}, "waiver-changed"),
        ({"file": "other.yaml"}, "waiver-unused"),
        ({"at": "services.runer"}, "waiver-unused"),
        ({"file": "*.yaml"}, "waiver-malformed"),
        ({"rule": "host-engine-sockets"}, "waiver-malformed"),
    ],
)
def test_each_fault_is_a_finding_of_its_own(tmp_path: Path, changes: dict[str, object], problem: str) -> None:
    folder = waived(tree(tmp_path), record(tree(tmp_path), **changes))  # type: ignore[arg-type]  # faults on purpose
    report = scanned(folder)
    assert statuses(report) == (OPEN if problem else MINE)
    assert own(report) == ([problem] if problem else [])
    for finding in report.findings:
        if finding.rule.category == "policy":
            assert finding.span.path == WAIVER_FILE
            assert finding.span.line > 3
            assert "the waiver of" in finding.message
            assert len(finding.rule.section("Instead")) >= 10


def test_a_rule_of_a_pack_that_is_not_loaded_is_no_misspelling(tmp_path: Path) -> None:
    folder = waived(tree(tmp_path), record(tree(tmp_path), rule="pack/socket", mode="other"))
    assert "waiver-malformed" not in own(scanned(folder))


@pytest.mark.parametrize(("most", "problems"), [(75, []), (74, ["waiver-too-long"])])
def test_a_waiver_may_last_as_long_as_the_policy_says(tmp_path: Path, most: int, problems: list[str]) -> None:
    folder = waived(tree(tmp_path), record(tree(tmp_path)))
    write(folder, ".dindguard.yaml", f"approval: {{max-days: {most}}}\n")
    assert own(scanned(folder)) == problems


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('@owner"\n', '@owner"\n', "it lacks 'approvers'"),
        ('@owner"\n', '@owner"\n    approvers: []\n', "'approvers' names nobody"),
        ("rule: host-engine-socket\n", "note: x\n", ""),
    ],
)
def test_what_is_missing_is_said_once(tmp_path: Path, old: str, new: str, said: str) -> None:
    folder = waived(tree(tmp_path), record(tree(tmp_path), approvers=None))
    path = folder / WAIVER_FILE
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    found = [finding.message for finding in scanned(folder).findings if finding.rule.category == "policy"]
    assert sum(said in message for message in found) == 1 or not said
    assert not any("there is no rule ''" in message for message in found)


def test_who_approves_for_two_roles_is_named(tmp_path: Path) -> None:
    people = [{"name": name, "role": role} for name, role in (("@a", "legal"), ("@b", "security"), ("@b", "works"))]
    folder = waived(tree(tmp_path), record(tree(tmp_path), approvers=people))
    write(folder, ".dindguard.yaml", "approval: {roles: [legal, security, works]}\n")
    (found,) = (finding for finding in scanned(folder).findings if finding.rule.id == "waiver-lacks-role")
    assert "has @b approve for two roles" in found.message


def test_a_dead_waiver_is_told_the_nearest_address(tmp_path: Path) -> None:
    changes = {"at": SOCKET[2].replace("runner", "runer")}
    report = scanned(waived(tree(tmp_path), record(tree(tmp_path), **changes)))
    assert any(f"did you mean '{SOCKET[2]}'" in finding.message for finding in report.findings)


def test_a_waiver_is_dead_only_where_the_scan_looked(tmp_path: Path) -> None:
    folder = waived(tree(tmp_path, other_dot_yaml="a: 1\n"), record(tree(tmp_path), at="services.gone"))
    write(folder, "stack.yaml", COMPOSE)
    assert own(scanned(folder, "stack.yaml")) == []
    assert own(scanned(folder, "compose.yaml")) == ["waiver-unused"]
    assert own(scanned(folder, select=("dangerous-capability",))) == []


@pytest.mark.parametrize(
    "text",
    ["waivers: {}\n", "- a\n", "waivers: [\n", "waivers: []\nwaiver: []\n", "version: 2\nwaivers: []\n",
     "waivers: []\n---\nwaivers: []\n", "waivers: []\nwaivers: []\n", "waivers: [words]\n", "waivers: [{rule: [a]}]\n"],
)  # fmt: skip
def test_a_faulty_file_is_a_finding_and_silences_nothing(tmp_path: Path, text: str) -> None:
    write(tree(tmp_path), WAIVER_FILE, text)
    report = scanned(tmp_path)
    assert set(own(report)) == {"waiver-malformed"}
    assert all(finding.span.path == WAIVER_FILE for finding in report.findings if finding.rule.category == "policy")


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "waivers:\n", "version: 1\nwaivers: []\n"])
def test_an_empty_file_is_fine(tmp_path: Path, text: str) -> None:
    write(tree(tmp_path), WAIVER_FILE, text)
    assert own(scanned(tmp_path)) == []


def test_two_records_mixed_by_a_merge_silence_nothing(tmp_path: Path) -> None:
    folder = waived(tree(tmp_path), record(tree(tmp_path)))
    path = folder / WAIVER_FILE
    path.write_text(path.read_text().replace('    owner: "@owner"\n', '    owner: "@owner"\n    owner: "@other"\n'))
    report = scanned(folder)
    assert own(report) == ["waiver-malformed"]
    assert statuses(report) == OPEN


def test_the_same_waiver_twice(tmp_path: Path) -> None:
    folder = tree(tmp_path)
    report = scanned(waived(folder, record(folder), record(folder, reason="Another reason, and just as long.")))
    assert own(report) == ["waiver-twice"]


def test_soon_to_expire_is_a_notice(tmp_path: Path) -> None:
    folder = waived(tree(tmp_path), record(tree(tmp_path), expires="2026-12-01"))
    (notice,) = (each for each in scanned(folder).notices if each.kind == "waiver-expiring")
    assert "in 8 days" in notice.message
    assert notice.gravity is Gravity.WARNING
    assert notice.remedy
    assert statuses(scanned(folder)) == MINE


CHANGES = {
    "one more mount": ("volumes:\n", "volumes:\n      - /:/host\n"),
    "another path of the socket": ("/var/run/docker.sock:/var/run", "/run/docker.sock:/var/run"),
    "privileged": ("    volumes:\n", "    privileged: true\n    volumes:\n"),
    "a capability": ("    volumes:\n", "    cap_add: [SYS_PTRACE]\n    volumes:\n"),
    "another image": ("runner:1.2", "else.example/runner:1.2"),
    "the host's network": ("    volumes:\n", "    network_mode: host\n    volumes:\n"),
    "a port": ("    volumes:\n", "    ports: ['80:80']\n    volumes:\n"),
    "seccomp off": ("    volumes:\n", "    security_opt: ['seccomp=unconfined']\n    volumes:\n"),
    "a device": ("    volumes:\n", "    devices: [/dev/kvm]\n    volumes:\n"),
    "another user": ("    volumes:\n", "    user: root\n    volumes:\n"),
    "another engine": ("    volumes:\n", "    environment: {DOCKER_HOST: 'tcp://prod:2376'}\n    volumes:\n"),
}
HARMLESS = {
    "another tag": ("runner:1.2", "runner:1.3"),
    "a comment": ("services:\n", "# words\nservices:\n"),
    "a label": ("    volumes:\n", "    labels: {a: b}\n    volumes:\n"),
    "a variable": ("    volumes:\n", "    environment: {LOG_LEVEL: debug}\n    volumes:\n"),
    "another service": ("services:\n", "services:\n  first: {image: 'nginx:1.29'}\n"),
    "indentation": ("      - /var", "         - /var"),
    "quotes": ("/var/run/docker.sock:/var/run/docker.sock", "'/var/run/docker.sock:/var/run/docker.sock'"),
}


@pytest.mark.parametrize("change", [*CHANGES, *HARMLESS])
def test_a_waiver_ends_when_what_it_covers_changes(tmp_path: Path, change: str) -> None:
    folder = waived(tree(tmp_path), record(tree(tmp_path)))
    old, new = (CHANGES | HARMLESS)[change]
    assert old in COMPOSE
    write(folder, "compose.yaml", COMPOSE.replace(old, new, 1))
    report = scanned(folder)
    sockets = [f for f in report.findings if f.rule.id == "host-engine-socket"]
    if change in HARMLESS:
        assert [f.status for f in sockets] == [Status.WAIVED]
        assert "waiver-changed" not in own(report)
    else:
        assert all(f.open for f in sockets)
        assert {"waiver-changed", "waiver-unused"} & set(own(report)), own(report)


def test_a_waiver_of_an_image_ends_with_the_tag_that_is_blamed(tmp_path: Path) -> None:
    text = "services:\n  dind:\n    image: docker:27-dind\n"
    folder = tree(tmp_path, compose_dot_yaml=text)
    (finding,) = (f for f in scanned(folder).findings if f.rule.id == "end-of-life-engine")
    waived(folder, record(folder, finding.subjects[0].key))
    assert statuses(scanned(folder))["end-of-life-engine"] is Status.WAIVED
    write(folder, "compose.yaml", text.replace("27", "20.10"))
    report = scanned(folder)
    assert statuses(report)["end-of-life-engine"] is Status.OPEN
    assert own(report) == ["waiver-changed"]


def test_one_more_danger_at_the_same_address_ends_a_waiver(tmp_path: Path) -> None:
    folder = waived(tree(tmp_path), record(tree(tmp_path), CAPABILITY))
    assert statuses(scanned(folder))["dangerous-capability"] is Status.WAIVED
    write(folder, "compose.yaml", COMPOSE.replace("[SYS_ADMIN]", "[SYS_ADMIN, SYS_MODULE]"))
    report = scanned(folder)
    assert own(report) == ["waiver-changed"]
    assert statuses(report)["dangerous-capability"] is Status.OPEN


def test_two_services_with_the_same_mount_need_a_waiver_each(tmp_path: Path) -> None:
    folder = waived(tree(tmp_path), record(tree(tmp_path)))
    second = "  second:\n    image: runner:1.2\n    volumes:\n      - /var/run/docker.sock:/var/run/docker.sock\n"
    write(folder, "compose.yaml", COMPOSE.replace("services:\n", f"services:\n{second}"))
    report = scanned(folder)
    found = {f.subjects[0].address.split(".")[1]: f.status for f in report.findings if f.rule.id == SOCKET[0]}
    assert found == {"runner": Status.WAIVED, "second": Status.OPEN}
    assert own(report) == []


OWNERS = "* @everybody\n/.dindguard/ @arch @Sec # the guards\n"


@pytest.mark.parametrize(
    ("owners", "problems"),
    [
        (OWNERS, set()),
        ("/.dindguard/ @arch\n", {"waiver-approver-unknown"}),
        (OWNERS + "*.yaml @somebody\n", {"waiver-approver-unknown"}),
        ("[Guards] @arch @sec\n/.dindguard/\n[Docs]\n*.md @writer\n", set()),
        (None, {"waiver-approver-unknown"}),
    ],
)
def test_approvers_are_code_owners(tmp_path: Path, owners: str | None, problems: set[str]) -> None:
    folder = waived(tree(tmp_path), record(tree(tmp_path)))
    if owners is not None:
        write(folder, "CODEOWNERS", owners)
    assert own(scanned(folder)) == []
    write(folder, ".dindguard.yaml", "approval: {codeowners: true}\n")
    report = scanned(folder)
    assert set(own(report)) == problems
    assert statuses(report) == (OPEN if problems else MINE)


def test_the_policy_sets_roles_and_lengths(tmp_path: Path) -> None:
    folder = waived(tree(tmp_path), record(tree(tmp_path), approvers=[SECURITY]))
    write(folder, ".dindguard.yaml", "approval: {roles: [security]}\n")
    assert own(scanned(folder)) == []
    write(folder, ".dindguard.yaml", "approval: {roles: [security], max-days: 30}\n")
    assert own(scanned(folder)) == ["waiver-too-long"]


def test_policy_rules_can_be_turned_off(tmp_path: Path) -> None:
    folder = waived(tree(tmp_path), record(tree(tmp_path), at="services.gone"))
    assert own(scanned(folder, ignore=("waiver-unused",))) == []
    assert own(scanned(folder, select=("waiver-unused",))) == []
    assert own(scanned(folder, select=("host-engine-socket", "policy"))) == ["waiver-unused"]
    write(folder, ".dindguard.yaml", "disable: [waiver-unused]\n")
    assert own(scanned(folder)) == []
    write(folder, ".dindguard.yaml", "severity: {waiver-unused: critical}\n")
    assert max(scanned(folder).open, key=lambda f: f.severity).severity.word == "critical"


def test_days_decide_by_the_given_day(tmp_path: Path) -> None:
    folder = waived(tree(tmp_path), record(tree(tmp_path)))
    assert own(scanned(folder, today=dt.date(2027, 1, 15))) == []
    assert own(scanned(folder, today=dt.date(2027, 1, 16))) == ["waiver-expired"]
