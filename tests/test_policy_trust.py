"""A change does not approve itself: with ``--trust`` the policy of a revision holds, and what is proposed is told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dindguard.errors import UserError
from dindguard.findings import Finding, Status
from dindguard.policy import baseline_file
from dindguard.policy.config import BASELINE_FILE, WAIVER_FILE
from dindguard.records import replace
from dindguard.report import Report
from policy_tree import (
    CAPABILITY,
    COMPOSE,
    committed,
    git,
    own,
    record,
    rules,
    scanned,
    statuses,
    tree,
    waived,
    write,
)

OWNERS = "/.dindguard/ @arch @sec\n"
CONFIG = (
    "profile: recommended\nfail-on: high\nminimum-engine: '29.0'\nallowed-registries: [docker.io]\n"
    "severity: {apparmor-unconfined: critical}\napproval: {codeowners: true, max-days: 90}\n"
)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "r"
    folder.mkdir()
    git(folder, "init", "-q")
    tree(folder, CODEOWNERS=OWNERS, _dot_dindguard_dot_yaml=CONFIG, _dot_gitignore="dist/\n")
    committed(folder)
    return folder


def judged(folder: Path, **options: Any) -> Report:
    return scanned(folder, trust="HEAD", **options)


def weakened(report: Report) -> list[str]:
    return [f"{f.span.path}:{f.span.line} {f.message}" for f in report.findings if f.rule.id == "policy-weakened"]


def dangers(report: Report) -> list[Finding]:
    return [finding for finding in report.open if finding.rule.category != "policy"]


def test_an_unchanged_policy_holds_and_nothing_is_said(repository: Path) -> None:
    assert rules(judged(repository)) == rules(scanned(repository)) == ["dangerous-capability", "host-engine-socket"]
    assert weakened(judged(repository)) == []


def disable(folder: Path) -> None:
    write(folder, ".dindguard.yaml", CONFIG + "disable: [dangerous-capability, host-engine-socket]\n")


def exclude(folder: Path) -> None:
    write(folder, ".dindguard.yaml", CONFIG + "exclude: ['**']\n")


def lower(folder: Path) -> None:
    write(folder, ".dindguard.yaml", CONFIG.replace("{apparmor", "{dangerous-capability: info, apparmor"))


def raise_the_bar(folder: Path) -> None:
    write(folder, ".dindguard.yaml", CONFIG.replace("fail-on: high", "fail-on: critical"))


def ask_for_less(folder: Path) -> None:
    write(
        folder, ".dindguard.yaml", CONFIG.replace("max-days: 90", "require: [privileged], roles: [me], max-days: 180")
    )


def drop_the_configuration(folder: Path) -> None:
    (folder / ".dindguard.yaml").unlink()


def break_the_configuration(folder: Path) -> None:
    write(folder, ".dindguard.yaml", "disable: [nonsense]\n")


def open_the_registries(folder: Path) -> None:
    write(folder, ".dindguard.yaml", CONFIG.replace("[docker.io]", "[docker.io, evil.example]"))


def accept_old_engines(folder: Path) -> None:
    write(folder, ".dindguard.yaml", CONFIG.replace("29.0", "20.10"))


def another_baseline(folder: Path) -> None:
    write(folder, ".dindguard.yaml", CONFIG + "baseline: mine.json\n")
    write_baseline(folder, "mine.json")


def write_baseline(folder: Path, name: str = BASELINE_FILE) -> None:
    report = scanned(folder, untrusted=True)
    write(folder, name, baseline_file.write(baseline_file.entries_of(report.findings, ())))


def write_a_waiver(folder: Path) -> None:
    waived(folder, record(folder), record(folder, CAPABILITY))


def write_an_allow(folder: Path) -> None:
    text = COMPOSE.replace(
        "    cap_add", "    # dindguard: allow[dangerous-capability] everybody does it\n    cap_add"
    )
    write(folder, "compose.yaml", text)


def ignore(folder: Path) -> None:
    write(folder, ".gitignore", "dist/\n*.yaml\n")


def ignore_for_us(folder: Path) -> None:
    write(folder, ".dindguardignore", "# all\n\n/compose.yaml\n")


def own_the_waivers(folder: Path) -> None:
    write(folder, "CODEOWNERS", OWNERS + "/.dindguard/ @me\n")


def own_the_waivers_by_nobody(folder: Path) -> None:
    write(folder, "CODEOWNERS", OWNERS + "/.dindguard/\n")


def drop_the_owners(folder: Path) -> None:
    (folder / "CODEOWNERS").unlink()


ATTACKS: dict[Callable[[Path], None], list[str]] = {
    disable: [
        ".dindguard.yaml:7 dangerous-capability: the rule is turned off (disable)",
        ".dindguard.yaml:7 host-engine-socket: the rule is turned off (disable)",
    ],
    exclude: [".dindguard.yaml:7 **: is not read any more (exclude)"],
    lower: [".dindguard.yaml:5 dangerous-capability is info, no more critical"],
    raise_the_bar: [".dindguard.yaml:2 the gate fails from critical up only, not from high"],
    ask_for_less: [
        ".dindguard.yaml:6 architecture need not approve any more",
        ".dindguard.yaml:6 security need not approve any more",
        ".dindguard.yaml:6 socket needs no approval any more",
        ".dindguard.yaml:6 waivers last 180 days, not 90",
    ],
    drop_the_configuration: [
        ".dindguard.yaml:1 approvers need not be code owners",
        ".dindguard.yaml:1 apparmor-unconfined is medium, no more critical",
        ".dindguard.yaml:1 images may come from anywhere",
        ".dindguard.yaml:1 older engines are accepted",
        ".dindguard.yaml:1 waivers last 180 days, not 90",
    ],
    break_the_configuration: [".dindguard.yaml:1 the policy cannot be read: .dindguard.yaml:1:11: there is no rule"],
    open_the_registries: [".dindguard.yaml:4 evil.example: images may come from there (allowed-registries)"],
    accept_old_engines: [".dindguard.yaml:3 older engines are accepted"],
    another_baseline: [
        ".dindguard.yaml:7 the baseline is another file, 'mine.json'",
        "mine.json:4 2 findings come into the baseline",
    ],
    write_baseline: [".dindguard/baseline.json:4 2 findings come into the baseline"],
    write_a_waiver: [
        ".dindguard/waivers.yaml:5 the waiver of host-engine-socket for services.runner.access.mounts.",
        ".dindguard/waivers.yaml:19 the waiver of dangerous-capability for services.web",
    ],
    write_an_allow: ["compose.yaml:8 the allow of dangerous-capability for services.web"],
    ignore: [".gitignore:2 .dindguard.yaml and 1 more would be ignored"],
    ignore_for_us: [".dindguardignore:3 compose.yaml would be ignored"],
    own_the_waivers: ["CODEOWNERS:2 .dindguard/waivers.yaml is owned by @me"],
    own_the_waivers_by_nobody: ["CODEOWNERS:2 .dindguard/waivers.yaml is owned by nobody"],
    drop_the_owners: ["CODEOWNERS:1 CODEOWNERS is gone"],
}


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
@pytest.mark.parametrize("revision", ["HEAD", "0" * 40])
def test_what_a_change_adds_is_proposed_and_not_in_force(
    repository: Path, attack: Callable[[Path], None], revision: str
) -> None:
    before = {(finding.rule.id, finding.severity) for finding in dangers(scanned(repository, trust=revision))}
    attack(repository)
    report = scanned(repository, trust=revision)
    assert before <= {(finding.rule.id, finding.severity) for finding in dangers(report)}
    if revision == "HEAD":
        said = weakened(report)
        expected = ATTACKS[attack]
        assert len(said) == len(expected), said
        assert all(any(line.startswith(each) for line in said) for each in expected), said
    if revision == "HEAD" and attack is not break_the_configuration:
        committed(repository)
        assert weakened(judged(repository)) == [], "what is merged is trusted"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("codeowners: true", "alone: true", "owners approve for themselves"),
        ("approval: {", "approval: {max-days-critical: 366, ", "waivers of critical findings last 366 days"),
        ("approval: {", "approval: {max-days-critical: 91, ", "waivers of critical findings last 91 days"),
        ("max-days: 90", "max-days: 91", "waivers last 91 days"),
        ("approval: {", "approval: {people: {ada: ['@ada', '@owner']}, ", "people are told apart in another way"),
        ("codeowners: true", "codeowners: false", "approvers need not be code owners"),
    ],
)
def test_who_approves_and_for_how_long_is_told(repository: Path, old: str, new: str, said: str) -> None:
    write(repository, ".dindguard.yaml", CONFIG.replace(old, new))
    assert any(said in line for line in weakened(judged(repository)))


def test_tightening_is_no_weakening(repository: Path) -> None:
    write(
        repository, ".dindguard.yaml",
        CONFIG.replace("recommended", "all").replace("high", "low").replace("29.0", "29.5").replace("90", "30")
        .replace("critical}", "critical, dangerous-capability: critical}"),
    )  # fmt: skip
    write(repository, "CODEOWNERS", "/.dindguard/ @arch\n")
    write(repository, ".gitignore", "")
    assert weakened(judged(repository)) == []


DECLARED = """rules:
  - {id: acme-host-network, each: container, when: container.privileged, message: no, at: container, severity: high}
  - {id: acme-no-init, each: container, when: container.privileged, message: no, at: container, severity: medium}
"""


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (DECLARED, DECLARED, []),
        (DECLARED, DECLARED.replace("medium", "high"), []),
        (DECLARED, DECLARED.replace("medium", "low"), [".dindguard.yaml:9 acme-no-init is low, no more medium"]),
        (
            DECLARED,
            DECLARED.replace("container.privileged,", "'false',", 1),
            [".dindguard.yaml:8 acme-host-network: the rule asks something else"],
        ),
        (
            DECLARED,
            DECLARED[: DECLARED.index("  - {id: acme-no")],
            [".dindguard.yaml:8 acme-no-init: there is no such rule any more"],
        ),
        (
            "select: [privileged-engine]\n",
            "select: [host-engine-socket]\n",
            [".dindguard.yaml:7 privileged-engine is selected no more"],
        ),
        ("select: [privileged-engine]\n", "select: [privileged-engine, host-engine-socket]\n", []),
        ("", "select: [privileged-engine]\n", [".dindguard.yaml:7 only privileged-engine run"]),
        ("select: [privileged-engine]\n", "", []),
        (
            "socket-users: [example.org/a]\n",
            "socket-users: [example.org/a, example.org/b]\n",
            [".dindguard.yaml:7 example.org/b: images may command a socket (socket-users)"],
        ),
        (
            "overrides: [{paths: [a/], profile: all}]\n",
            "overrides: [{paths: [a/], profile: all}, {paths: [ci/], disable: [privileged-engine]}]\n",
            [".dindguard.yaml:7 ci/: fewer or lower findings"],
        ),
        ("", "overrides: [{paths: [ci/], profile: all}]\n", []),
        ("", "rules-as-of: '0.1'\n", [".dindguard.yaml:7 rules newer than 0.1 fail nothing"]),
        ("rules-as-of: '0.1'\n", "rules-as-of: '0.0'\n", [".dindguard.yaml:7 rules newer than 0.0 fail nothing"]),
        ("rules-as-of: '0.0'\n", "rules-as-of: '0.1'\n", []),
        ("rules-as-of: '0.1'\n", "", []),
    ],
)
def test_fewer_rules_and_weaker_ones_are_proposed(repository: Path, before: str, after: str, said: list[str]) -> None:
    if before:
        write(repository, ".dindguard.yaml", CONFIG + before)
        committed(repository)
    assert weakened(judged(repository)) == []
    write(repository, ".dindguard.yaml", CONFIG + after)
    assert weakened(judged(repository)) == [f"{each}: proposed, not in force" for each in said]


WEAKER = CONFIG.replace("fail-on: high", "fail-on: critical")


@pytest.mark.parametrize(
    ("trusted", "asked", "heard"),
    [
        ("select: [privileged-engine]\n", {}, True),
        ("select: [socket]\n", {}, True),
        ("", {"select": ("privileged-engine",)}, True),
        ("disable: [policy-weakened]\n", {}, False),
        ("select: [privileged-engine]\ndisable: [policy-weakened]\n", {}, False),
        ("", {"select": ("privileged-engine",), "ignore": ("policy-weakened",)}, False),
        ("", {"ignore": ("policy",)}, False),
    ],
)
def test_a_selection_of_rules_leaves_the_guard_on(
    repository: Path, trusted: str, asked: dict[str, Any], heard: bool
) -> None:
    """Only who turns it off by its name, or its category, does not hear what a change would weaken."""
    if trusted:
        write(repository, ".dindguard.yaml", CONFIG + trusted)
        committed(repository)
    write(repository, ".dindguard.yaml", WEAKER + trusted)
    assert bool(weakened(judged(repository, **asked))) is heard


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, []),
        ({"ticket": "OPS-9", "reason": "The runner still starts the stacks."}, []),
        ({"expires": "2027-01-20"}, ["has another expires"]),
        ({"fingerprint": "v1:" + "0" * 32}, ["has another fingerprint"]),
        ({"approvers": [{"name": "@me", "role": "security"}]}, ["has another approvers"]),
        ({"owner": "@me", "approved": "2026-11-02"}, ["has another owner, approved"]),
        ({"at": "services.other"}, ["for services.other"]),
    ],
)
def test_a_wider_approval_is_proposed(repository: Path, changes: dict[str, Any], said: list[str]) -> None:
    waived(repository, record(repository))
    committed(repository)
    assert statuses(judged(repository))["host-engine-socket"] is Status.WAIVED
    waived(repository, record(repository, **changes))
    report = judged(repository)
    assert statuses(report)["host-engine-socket"] is Status.WAIVED, "the trusted one holds"
    found = weakened(report)
    assert len(found) == len(said)
    assert all(words in line for words, line in zip(said, found, strict=True))


def test_a_trusted_waiver_does_not_cover_what_the_change_widens(repository: Path) -> None:
    waived(repository, record(repository))
    committed(repository)
    write(repository, "compose.yaml", COMPOSE.replace("    volumes:\n", "    privileged: true\n    volumes:\n"))
    waived(repository, record(repository))
    report = judged(repository)
    assert statuses(report)["host-engine-socket"] is Status.OPEN
    assert "waiver-changed" in own(report)


ALLOWED = COMPOSE.replace(
    "    cap_add", "    # dindguard: allow[dangerous-capability] measured by the team\n    cap_add"
)


def test_a_trusted_allow_holds_where_it_held(repository: Path) -> None:
    write(repository, "compose.yaml", ALLOWED)
    committed(repository)
    write(repository, "compose.yaml", "# a line more\n" + ALLOWED)
    report = judged(repository)
    assert statuses(report)["dangerous-capability"] is Status.ALLOWED
    assert own(report) == []
    git(repository, "mv", "compose.yaml", "stack.yaml")
    assert statuses(judged(repository))["dangerous-capability"] is Status.ALLOWED, "it moves with its file"
    write(repository, "compose.yaml", ALLOWED)
    report = judged(repository)
    assert [finding.span.path for finding in dangers(report) if finding.rule.id == CAPABILITY[0]] == ["stack.yaml"]
    assert len(weakened(report)) == 1, "a copy is new"


@pytest.mark.parametrize(("old", "new"), [("[SYS_ADMIN]", "[ALL]"), ("  web:", "  other:"), ("  web:", "  web: &w")])
def test_a_trusted_allow_covers_nothing_else(repository: Path, old: str, new: str) -> None:
    write(repository, "compose.yaml", ALLOWED)
    committed(repository)
    write(repository, "compose.yaml", ALLOWED.replace(old, new))
    same = "&" in new
    assert (statuses(judged(repository))["dangerous-capability"] is Status.ALLOWED) == same
    assert len(weakened(judged(repository))) == (0 if same else 1)


def test_a_sidecar_is_trusted_as_an_allow_is(repository: Path) -> None:
    write(repository, "daemon.json", '{"insecure-registries": ["0.0.0.0/0"]}\n')
    committed(repository)
    allow = "allow:\n  - {rules: [any-registry-insecure], at: insecure-registries, reason: an air-gapped bench}\n"
    write(repository, "daemon.json.allow.yaml", allow)
    assert statuses(judged(repository))["any-registry-insecure"] is Status.OPEN
    assert len(weakened(judged(repository))) == 1
    committed(repository)
    assert statuses(judged(repository))["any-registry-insecure"] is Status.ALLOWED


def test_named_files_inside_the_tree_are_the_revisions(repository: Path, tmp_path: Path) -> None:
    write(repository, "ci/policy.yaml", "fail-on: high\n")
    committed(repository)
    write(repository, "ci/policy.yaml", "disable: [dangerous-capability, host-engine-socket]\n")
    write_baseline(repository, "ci/known.json")
    report = judged(repository, config=repository / "ci/policy.yaml", baseline=repository / "ci/known.json")
    assert len(dangers(report)) == 2
    assert len(weakened(report)) == 3
    write(tmp_path, "outside.yaml", "disable: [dangerous-capability]\n")
    assert [f.rule.id for f in dangers(judged(repository, config=tmp_path / "outside.yaml"))] == [
        "host-engine-socket"
    ]


def test_what_came_after_a_branch_began_is_nothing_that_it_proposes(repository: Path) -> None:
    """The target's tip holds, and a merge keeps what the branch never had."""
    git(repository, "branch", "change")
    write(
        repository, ".dindguard.yaml",
        CONFIG.replace("fail-on: high", "fail-on: low").replace("days: 90", "days: 30"),
    )  # fmt: skip
    write(repository, ".gitignore", "")
    target = committed(repository)
    git(repository, "checkout", "-q", "change")
    assert weakened(scanned(repository, trust=target)) == []
    write(repository, ".dindguard.yaml", CONFIG + "exclude: ['**']\n")
    report = scanned(repository, trust=target)
    assert weakened(report) == [
        ".dindguard.yaml:7 **: is not read any more (exclude): proposed, not in force",
    ]
    assert len(dangers(report)) == 2, "the tip's policy holds"
    committed(repository)
    git(repository, "merge", "-q", "-s", "ours", "-m", "keep mine", target)
    assert len(weakened(scanned(repository, trust=target))) == 3, "a merge that throws the tip's away proposes that"


def test_a_branch_that_brings_back_what_the_target_withdrew_proposes_it(repository: Path) -> None:
    waived(repository, record(repository))
    committed(repository)
    git(repository, "branch", "change")
    (repository / WAIVER_FILE).unlink()
    target = committed(repository)
    git(repository, "checkout", "-q", "change")
    report = scanned(repository, trust=target)
    assert statuses(report)["host-engine-socket"] is Status.OPEN, "withdrawn is withdrawn"
    assert weakened(report) == []
    waived(repository, record(repository, expires="2027-01-20"))
    assert len(weakened(scanned(repository, trust=target))) == 1
    waived(repository, record(repository), record(repository, CAPABILITY))
    assert len(weakened(scanned(repository, trust=target))) == 1


def test_a_moved_baseline_entry_is_no_news(repository: Path) -> None:
    write_baseline(repository)
    committed(repository)
    git(repository, "mv", "compose.yaml", "stack.yaml")
    write_baseline(repository)
    assert weakened(judged(repository)) == []


def test_trust_goes_with_since(repository: Path) -> None:
    write(repository, "new.compose.yaml", "services:\n  n:\n    image: nginx:1.29\n    privileged: true\n")
    disable(repository)
    report = judged(repository, since="HEAD")
    assert rules(report) == ["policy-weakened", "policy-weakened", "privileged-container"]


def test_a_weakening_does_not_fail_a_gate_by_itself(repository: Path) -> None:
    waived(repository, record(repository))
    (finding,) = (f for f in judged(repository).findings if f.rule.id == "policy-weakened")
    assert finding.severity.word == "medium"


def test_the_revision_is_named_when_it_is_not_there(repository: Path) -> None:
    with pytest.raises(UserError, match="--trust nope: there is no revision 'nope'"):
        scanned(repository, trust="nope")


def test_the_waiver_file_of_the_tree_is_not_read(repository: Path) -> None:
    write(repository, WAIVER_FILE, "waivers: [\n")
    assert [rule for rule in own(judged(repository)) if rule != "policy-weakened"] == []


SERVICE = "services: {a: {image: a, privileged: true}}\n"


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        ("README.md", "# Services\n", "# Services (demo)\n"),
        ("compose.yaml", SERVICE, f"# example only\n{SERVICE}"),
    ],
)  # fmt: skip
def test_a_change_does_not_call_itself_an_example(tmp_path: Path, file: str, before: str, after: str) -> None:
    git(tmp_path, "init", "-q")
    write(tmp_path, "compose.yaml", SERVICE)
    write(tmp_path, file, before)
    committed(tmp_path)
    write(tmp_path, file, after)

    def severities(**options: Any) -> list[str]:
        found = scanned(tmp_path, **options).findings
        return [str(each.severity) for each in found if each.rule.id == "privileged-container"]

    assert severities() == ["high"]
    assert severities(trust="HEAD") == ["critical"]
    assert severities(untrusted=True) == ["critical"]
    committed(tmp_path)
    assert severities(trust="HEAD") == ["high"]


def graced(folder: Path, until: str) -> None:
    entries = baseline_file.entries_of(scanned(folder, untrusted=True).findings, ())
    entries = tuple(replace(each, grace=each.rule == "host-engine-socket") for each in entries)
    dates = baseline_file.Grace(dt.date(2026, 11, 23), dt.date.fromisoformat(until))
    write(folder, BASELINE_FILE, baseline_file.write(entries, dates))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("2027-01-20", "2027-02-20", [f"{BASELINE_FILE}:3 grace lasts until 2027-02-20: proposed, not in force"]),
        ("2027-02-20", "2027-02-20", []),
        ("2027-02-20", "2027-01-20", []),
    ],
)
def test_longer_grace_is_proposed(repository: Path, before: str, after: str, said: list[str]) -> None:
    graced(repository, before)
    committed(repository)
    graced(repository, after)
    assert weakened(judged(repository)) == said


def test_grace_that_nobody_had_is_proposed(repository: Path) -> None:
    graced(repository, "2027-02-20")
    assert weakened(judged(repository)) == [
        f"{BASELINE_FILE}:3 grace lasts until 2027-02-20: proposed, not in force",
        f"{BASELINE_FILE}:5 2 findings come into the baseline: proposed, not in force",
    ]


def test_a_smaller_profile_is_proposed(repository: Path) -> None:
    write(repository, ".dindguard.yaml", CONFIG.replace("recommended", "all"))
    committed(repository)
    write(repository, ".dindguard.yaml", CONFIG)
    assert weakened(judged(repository)) == [".dindguard.yaml:1 fewer rules run (profile): proposed, not in force"]


def test_a_policy_that_a_change_brings_and_nobody_can_read_is_told_at_its_place(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    tree(tmp_path)
    committed(tmp_path)
    write(tmp_path, ".dindguard.yaml", "disable: [no-such-rule]\n")
    (said,) = weakened(judged(tmp_path))
    assert said.startswith(".dindguard.yaml:1 the policy cannot be read: .dindguard.yaml:1:11: there is no rule")


def test_an_allow_holds_for_as_many_as_it_held_for(tmp_path: Path) -> None:
    """One more of the same, at the same address, is a new danger."""
    from dindguard.policy.before import Before
    from dindguard.records import replace

    folder = tmp_path / "r"
    folder.mkdir()
    git(folder, "init", "-q")
    (found,) = dangers(scanned(tree(folder)))[:1]
    allowed = replace(found, subjects=tuple(replace(each, status=Status.ALLOWED) for each in found.subjects))
    before = Before(lambda: (allowed,), (found, found))
    assert before.allowed(found, found.subjects[0])
    assert not before.allowed(found, found.subjects[0])
