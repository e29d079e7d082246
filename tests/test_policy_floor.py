"""An organisation's floor: repositories tighten and never weaken it, and facts count from there only."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dindguard.errors import UserError
from dindguard.findings import Finding, Status
from dindguard.report import Report
from policy_tree import COMPOSE, command, committed, git, own, record, rules, scanned, statuses, tree, waived, write

FLOOR = """\
profile: recommended
fail-on: high
keep: [dangerous-capability, socket]
may-exclude: [vendor/]
minimum-engine: "29.0"
allowed-registries: [docker.io, registry.example]
approval:
  require: [privileged, socket, sysbox]
  roles:
    architecture: ["@arch", "@draft"]
    security: ["@sec"]
  max-days: 120
  max-days-critical: 80
"""


@pytest.fixture
def floor(tmp_path: Path) -> Path:
    write(tmp_path, "org/policy.yaml", FLOOR)
    return tmp_path / "org" / "policy.yaml"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "r").mkdir()
    return tree(tmp_path / "r")


def settings(folder: Path, floor: Path, config: str) -> dict[str, tuple[Any, str]]:
    """Return the settings in force and the line that each comes from."""
    write(folder, ".dindguard.yaml", config)
    rows = json.loads(command(folder, "config", "-f", "json", "--policy", str(floor)).stdout)["settings"]
    return {row["setting"]: (row["value"], (row["place"] or "").replace(str(floor), "policy")) for row in rows}


def test_a_repository_that_says_nothing_stands_on_the_floor(repository: Path, floor: Path) -> None:
    found = settings(repository, floor, "")
    assert found["approval.require"] == (["privileged", "socket", "sysbox"], "policy:8:12")
    assert found["approval.max-days"] == (120, "policy:12:13")
    assert found["approval.max-days-critical"] == (80, "policy:13:22")
    assert found["minimum-engine"] == ("29.0", "policy:5:17")
    assert found["allowed-registries"] == (["docker.io", "registry.example"], "policy:6:21")
    assert found["keep"] == (["dangerous-capability", "socket"], "policy:3:7")
    assert found["fail-on"] == ("high", "")


TIGHTER = (
    "profile: all\nfail-on: low\nminimum-engine: '29.5'\nallowed-registries: [registry.example/our]\nexclude: [vendor/]\n"
    "approval: {max-days: 30, max-days-critical: 10, codeowners: true, roles: [architecture, security, legal]}\n"
)
WEAKER = (
    "profile: recommended\nfail-on: critical\nminimum-engine: '20.0'\nallowed-registries: [evil.example]\n"
    "exclude: ['**', vendor/]\n"
    "approval: {require: [privileged], roles: [me], max-days: 365, max-days-critical: 365, people: {me: ['@sec']}}\n"
)


def test_a_repository_may_tighten(repository: Path, floor: Path) -> None:
    found = settings(repository, floor, TIGHTER)
    for key, value in (
        ("profile", "all"), ("fail-on", "low"), ("minimum-engine", "29.5"), ("exclude", ["vendor/"]),
        ("allowed-registries", ["registry.example/our"]), ("approval.max-days", 30),
        ("approval.max-days-critical", 10), ("approval.codeowners", True),
        ("approval.roles", ["architecture", "security", "legal"]),
    ):  # fmt: skip
        assert found[key][0] == value
        assert found[key][1].startswith(".dindguard.yaml:")


def test_a_repository_may_not_weaken(repository: Path, floor: Path) -> None:
    found = settings(repository, floor, WEAKER)
    assert found["fail-on"] == ("high", "policy:2:10")
    assert found["minimum-engine"] == ("29.0", "policy:5:17")
    assert found["allowed-registries"] == (["docker.io", "registry.example"], "policy:6:21")
    assert found["exclude"] == (["vendor/"], "policy:4:14")
    assert found["approval.require"][0] == ["privileged", "socket", "sysbox"]
    assert found["approval.roles"] == (["me", "architecture", "security"], "policy:10:5")
    assert found["approval.max-days"] == (120, "policy:12:13")
    assert found["approval.people"][0] == []


@pytest.mark.parametrize(
    ("policy", "own_settings", "key", "value", "from_policy"),
    [
        ("profile: all\n", "", "profile", "all", True),
        ("profile: all\n", "profile: all\n", "profile", "all", False),
        ("profile: recommended\n", "profile: all\n", "profile", "all", False),
        ("profile: recommended\n", "", "profile", "recommended", False),
        ("fail-on: high\n", "exclude: [a, b]\n", "exclude", ["a", "b"], False),
        ("may-exclude: []\n", "exclude: [a, b]\n", "exclude", [], True),
        ("allowed-registries: [r.example]\n", "allowed-registries: [r.example]\n", "allowed-registries",
         ["r.example"], False),
        ("allowed-registries: [r.example/]\n", "allowed-registries: [r.example.evil]\n", "allowed-registries",
         ["r.example/"], True),
        ("approval: {codeowners: true}\n", "", "approval.codeowners", True, True),
        ("approval: {max-days: 9}\n", "approval: {codeowners: true}\n", "approval.codeowners", True, False),
        ("approval: {max-days: 9}\n", "", "approval.codeowners", False, False),
        ("approval: {max-days: 9}\n", "approval: {people: {ada: ['@ada']}}\n", "approval.people", ["ada: @ada"],
         False),
        ("approval: {people: {eve: ['@eve']}}\n", "approval: {people: {ada: ['@ada']}}\n", "approval.people",
         ["eve: @eve"], True),
        ("approval: {roles: {security: ['@s']}}\n", "approval: {people: {ada: ['@ada']}}\n", "approval.people", [],
         True),
        ("approval: {alone: true, require: [sysbox]}\n", "approval: {alone: true, require: [socket]}\n",
         "approval.require", ["socket", "sysbox"], True),
        ("approval: {alone: true, require: [socket]}\n", "approval: {alone: true, require: [socket]}\n",
         "approval.require", ["socket"], False),
    ],
)  # fmt: skip
def test_the_stricter_of_the_two_counts(
    repository: Path, floor: Path, policy: str, own_settings: str, key: str, value: object, from_policy: bool
) -> None:
    write(floor.parent, "policy.yaml", policy)
    found, place = settings(repository, floor, own_settings)[key]
    assert found == value
    assert place.startswith("policy:") == from_policy


def capability(report: Report) -> list[Finding]:
    return [finding for finding in report.open if finding.rule.id == "dangerous-capability"]


def told(findings: list[Finding]) -> int:
    """Return of how many files something is said, copies among them."""
    return sum(len(finding.subjects) for finding in findings)


@pytest.mark.parametrize(
    "config",
    [
        "disable: [dangerous-capability]\n",
        "severity: {dangerous-capability: info}\n",
        "select: [privileged-container]\n",
        "overrides: [{paths: ['*'], disable: [dangerous-capability], severity: {dangerous-capability: low}}]\n",
        "exclude: ['**', compose.yaml]\n",
    ],
)
def test_what_is_kept_stays_on_and_as_grave(repository: Path, floor: Path, config: str) -> None:
    (before,) = capability(scanned(repository))
    write(repository, ".dindguard.yaml", config)
    assert [f.severity for f in capability(scanned(repository))] != [before.severity], "it would be weakened"
    (after,) = capability(scanned(repository, policy=floor))
    assert after.severity == before.severity
    assert "host-engine-socket" in rules(scanned(repository, policy=floor)), "a category is kept whole"


def test_folders_and_options_do_not_turn_it_off_either(repository: Path, floor: Path) -> None:
    write(repository, ".dindguard.yaml", "nested: [disable, severity]\n")
    write(repository, "ci/.dindguard.yaml", "disable: [dangerous-capability]\n")
    write(repository, "ci/compose.yaml", COMPOSE)
    assert told(capability(scanned(repository))) == 1
    assert told(capability(scanned(repository, policy=floor))) == 2
    assert told(capability(scanned(repository, policy=floor, ignore=("dangerous-capability",)))) == 2
    assert told(capability(scanned(repository, policy=floor, select=("host-pid-namespace",)))) == 2
    assert told(capability(scanned(repository, policy=floor, untrusted=True))) == 2


def test_a_graver_severity_is_obeyed(repository: Path, floor: Path) -> None:
    write(repository, ".dindguard.yaml", "severity: {dangerous-capability: critical}\n")
    assert capability(scanned(repository, policy=floor))[0].severity.word == "critical"


def test_the_gate_cannot_be_opened_from_the_command_line(repository: Path, floor: Path) -> None:
    write(repository, ".dindguard.yaml", "severity: {host-engine-socket: high, dangerous-capability: high}\n")
    asked = ("scan", "--fail-on", "critical", "--ignore", "host-engine-socket")
    assert command(repository, *asked).returncode == 0
    assert command(repository, *asked, "--policy", str(floor)).returncode == 1


def test_the_environment_names_it_as_well(repository: Path, floor: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DINDGUARD_POLICY", str(floor))
    write(repository, ".dindguard.yaml", "disable: [dangerous-capability]\n")
    assert "dangerous-capability" in command(repository, "scan").stdout
    assert "policy.yaml:3:7" in command(repository, "config").stdout


@pytest.mark.parametrize(
    ("approvers", "problems"),
    [
        ({"@arch": "architecture", "@sec": "security"}, []),
        ({"@draft": "Architecture", "@SEC": "security"}, []),
        ({"@me": "architecture", "@sec": "security"}, ["waiver-approver-unknown"]),
        ({"@sec": "architecture", "@arch": "security"}, ["waiver-approver-unknown"] * 2),
        ({"@arch": "architecture"}, ["waiver-lacks-role"]),
    ],
)
def test_the_organisation_says_who_holds_a_role(
    repository: Path, floor: Path, approvers: dict[str, str], problems: list[str]
) -> None:
    people: Any = [{"name": name, "role": role} for name, role in approvers.items()]
    waived(repository, record(repository, approvers=people))
    report = scanned(repository, policy=floor)
    assert own(report) == problems
    assert (statuses(report)["host-engine-socket"] is Status.WAIVED) == (not problems)


def test_alone_is_for_repositories_that_may(repository: Path, floor: Path) -> None:
    write(repository, ".dindguard.yaml", "approval: {alone: true}\n")
    waived(repository, record(repository, approvers=None))
    assert own(scanned(repository)) == []
    assert own(scanned(repository, policy=floor)) == ["waiver-malformed"]
    write(floor.parent, "policy.yaml", "approval: {alone: true}\n")
    assert own(scanned(repository, policy=floor)) == []


FACTS = (
    "runners: {arc-kata: {sandbox: vm, ephemeral: true}, big: {ephemeral: true}, shared: {sandbox: vm}}\n"
    "runtime-classes: {secure-vm: kata}\n"
)
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  runtimeClassName: %s
  containers:
    - name: it
      image: docker:29.5.1-dind
      securityContext: {privileged: true}
"""
JOB = """\
on: push
jobs:
  build:
    runs-on: %s
    container: {image: 'docker:29.5.1-dind', options: --privileged}
    steps: [{run: dockerd}]
"""
PIPELINE = """\
build:
  image: docker:29.5.1
  tags: [%s]
  script: ["docker run --privileged alpine"]
  services: ["docker:29.5.1-dind"]
"""


def privileged(folder: Path, name: str, text: str, **options: Any) -> list[Finding]:
    write(folder, name, text)
    return [f for f in scanned(folder, name, **options).findings if f.rule.id.startswith("privileged")]


def test_a_runtime_class_is_what_the_organisation_says(repository: Path, floor: Path) -> None:
    write(floor.parent, "policy.yaml", FACTS)
    (plain,) = privileged(repository, "pod.yaml", POD % "secure-vm")
    (lowered,) = privileged(repository, "pod.yaml", POD % "secure-vm", policy=floor)
    assert lowered.severity < plain.severity
    assert lowered.containment == f"contained by secure-vm (virtual machine), as {floor}:2 says"
    (other,) = privileged(repository, "pod.yaml", POD % "secure", policy=floor)
    assert (other.severity, other.containment) == (plain.severity, "")


@pytest.mark.parametrize(
    ("runtime", "sandbox"),
    [("kata", "virtual machine"), ("gvisor", "gVisor"), ("sysbox", "user namespace"), ("runc", "")],
)
def test_what_stands_behind_a_runtime_class(repository: Path, floor: Path, runtime: str, sandbox: str) -> None:
    write(floor.parent, "policy.yaml", f"runtime-classes: {{own: {runtime}}}\n")
    (found,) = privileged(repository, "pod.yaml", POD % "own", policy=floor)
    said = f"contained by own ({sandbox}), as {floor}:1 says"
    assert found.containment == (said if sandbox else "")


@pytest.mark.parametrize(
    ("name", "text"),
    [(".github/workflows/ci.yml", JOB), (".github/workflows/ci.yml", JOB.replace("%s", "[self-hosted, %s]"))],
)
def test_a_runner_is_what_the_organisation_says(repository: Path, floor: Path, name: str, text: str) -> None:
    write(floor.parent, "policy.yaml", FACTS)
    (plain,) = privileged(repository, name, text % "arc-kata")
    (ephemeral,) = privileged(repository, name, text % "arc-kata", policy=floor)
    assert ephemeral.containment == f"on a machine of arc-kata, which ends with the job, as {floor}:1 says"
    (shared,) = privileged(repository, name, text % "shared", policy=floor)
    assert shared.containment == f"contained by shared (virtual machine), as {floor}:1 says"
    assert ephemeral.severity < shared.severity < plain.severity
    for label in ("big", "other"):
        (none,) = privileged(repository, name, text % label, policy=floor)
        assert (none.severity, none.containment) == (plain.severity, ""), "without a sandbox nothing is contained"


def test_facts_count_from_there_only(repository: Path) -> None:
    for text in FACTS.splitlines():
        write(repository, ".dindguard.yaml", f"{text}\n")
        with pytest.raises(UserError, match="there is no setting"):
            scanned(repository)


def test_a_runtime_that_promises_something_is_not_believed_against_the_organisation(
    repository: Path, floor: Path
) -> None:
    write(floor.parent, "policy.yaml", "runtime-classes: {kata-qemu: runc}\n")
    (believed,) = privileged(repository, "pod.yaml", POD % "kata-qemu")
    (known,) = privileged(repository, "pod.yaml", POD % "kata-qemu", policy=floor)
    assert believed.containment
    assert (known.containment, known.severity > believed.severity) == ("", True)


ENGINES = 'runners: {old: {engine: 20.10.24}, leaky: {engine: 29.1}, good: {engine: "29.10"}, bare: {sandbox: vm}}\n'
ENGINE_RULES = {"end-of-life-engine", "vulnerable-engine", "engine-below-minimum"}


def engine_findings(folder: Path, name: str, text: str, floor: Path) -> list[Finding]:
    write(folder, name, text)
    return [f for f in scanned(folder, name, policy=floor).findings if f.rule.id in ENGINE_RULES]


@pytest.mark.parametrize(
    ("tail", "needs"),
    [
        ("steps: [{run: docker build .}]", True),
        ("container: node\n    steps: [{run: npm test}]", True),
        ("services: {db: {image: postgres}}\n    steps: [{run: npm test}]", True),
        ("steps: [{run: npm test}]", False),
        ("steps: [{run: podman build .}]", False),
        ("steps: [{run: ssh far docker build .}]", False),
    ],
)
def test_the_engine_of_a_runner_counts_where_a_job_needs_it(
    repository: Path, floor: Path, tail: str, needs: bool
) -> None:
    write(floor.parent, "policy.yaml", ENGINES)
    workflow = "on: push\njobs:\n  a:\n    runs-on: [self-hosted, %s]\n    " + tail + "\n"
    name = ".github/workflows/a.yml"
    found = engine_findings(repository, name, workflow % "old", floor)
    assert [f.rule.id for f in found] == (["end-of-life-engine"] if needs else [])
    if needs:
        assert str(found[0].span) == f"{name}:4:28"
        assert f"runner 'old' (20.10.24, as {floor}:1 says) is Docker 20.10" in found[0].message
    leaky = engine_findings(repository, name, workflow % "leaky", floor)
    assert [f.rule.id for f in leaky] == (["vulnerable-engine"] if needs else [])
    for fine in ("good", "bare", "unheard-of"):
        assert engine_findings(repository, name, workflow % fine, floor) == []


def test_an_engine_is_told_once_a_file_and_compared_with_the_minimum(repository: Path, floor: Path) -> None:
    write(floor.parent, "policy.yaml", f"minimum-engine: '29.5'\n{ENGINES}")
    jobs = "a: {image: node, tags: [leaky], script: [make]}\nb: {image: node, tags: [leaky, good], script: [make]}\n"
    found = engine_findings(repository, ".gitlab-ci.yml", jobs, floor)
    assert sorted(f.rule.id for f in found) == ["engine-below-minimum", "vulnerable-engine"]
    assert {f.span.line for f in found} == {1}
    assert engine_findings(repository, ".gitlab-ci.yml", jobs.replace("leaky, ", "").split("\n")[1], floor) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("runners: {a: {engine: new}}\n", ":1:23: 'runners.a.engine' must be a version such as '28.3.1'"),
        ("profil: all\n", ":1:1: there is no setting 'profil' (did you mean 'profile'?)"),
        ("keep: [nonsense]\n", ":1:8: there is no rule 'nonsense'"),
        ("runners: {a: vm}\n", ":1:14: 'runners.a' must be a mapping"),
        ("runners: {a: {sandbox: kvm}}\n", ":1:24: 'runners.a.sandbox' must be one of vm, gvisor, user-namespace"),
        (
            "runtime-classes: {a: katta}\n",
            ":1:22: 'runtime-classes.a' must be one of kata, gvisor, sysbox, runc (did",
        ),
        ("approval: {roles: [security]}\n", ":1:19: 'approval.roles' must be a mapping"),
        ("- a\n", ":1:1: the policy must be one mapping"),
        ("profile: all\n---\nprofile: all\n", ":1:1: the policy must be one mapping"),
    ],
)
def test_a_fault_names_place_and_remedy(repository: Path, floor: Path, text: str, said: str) -> None:
    write(floor.parent, "policy.yaml", text)
    with pytest.raises(UserError) as caught:
        scanned(repository, policy=floor)
    assert str(caught.value).startswith(f"{floor}{said}")


def test_a_floor_that_is_not_there(repository: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--policy"):
        scanned(repository, policy=tmp_path / "nothing.yaml")


def test_a_floor_inside_the_tree_is_the_revisions(tmp_path: Path, repository: Path) -> None:
    (repository / ".git").rmdir()
    git(repository, "init", "-q")
    write(repository, "org.yaml", FLOOR)
    committed(repository)
    write(repository, "org.yaml", "keep: []\n")
    write(repository, ".dindguard.yaml", "disable: [dangerous-capability]\n")
    assert capability(scanned(repository, policy=repository / "org.yaml")) == []
    assert len(capability(scanned(repository, policy=repository / "org.yaml", trust="HEAD"))) == 1
