"""A team's day, on a real repository with 40 old findings: what is green, what is red, and what a change cannot do."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from dindguard.policy.config import BASELINE_FILE, WAIVER_FILE
from dindguard.rules import Severity
from policy_tree import Done, command, committed, git, scanned, write

TODAY = dt.date.today()
OLD = 40


def service(number: int) -> str:
    """Return a service with one old finding; every fourth needs an approval."""
    if number % 4 == 0:
        danger = "    volumes:\n      - /var/run/docker.sock:/var/run/docker.sock\n"
    else:
        danger = "    cap_add:\n      - SYS_ADMIN\n"
    return f"  old{number}:\n    image: registry.example/old{number}:1.2\n{danger}"


NEW = "services:\n  new:\n    image: registry.example/new:1.2\n    privileged: true\n"
WAIVE = (
    "waive", "--rule", "privileged-container", "--file", "new/compose.yaml",
    "--reason", "Measures the kernel of the test benches.", "--owner", "@owner",
    "--alternative", "perf events: too coarse for the measurement", "--poc", "https://git.example/poc/9",
    "--approver", "@arch:architecture", "--approver", "@sec:security",
)  # fmt: skip


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a repository whose main branch dindguard was introduced on."""
    folder = tmp_path / "r"
    folder.mkdir()
    git(folder, "init", "-q")
    for part in range(4):
        services = "".join(service(number) for number in range(part * 10, part * 10 + 10))
        write(folder, f"part{part}/compose.yaml", f"services:\n{services}")
    committed(folder, "What we have")
    assert red(scan(folder)) == OLD
    assert command(folder, "init", "--for", "team").returncode == 0
    write(folder, "CODEOWNERS", "/.dindguard/ @arch @sec\n/.dindguard.yaml @arch @sec\n")
    committed(folder, "Introduce dindguard")
    return folder


def scan(folder: Path, *options: str) -> Done:
    done = command(folder, "scan", "-f", "json", *options)
    assert done.returncode in (0, 1), done.stderr
    return done


def gate(folder: Path) -> Done:
    """Judge the checked out branch as the gate of a merge request does."""
    return scan(folder, "--trust", "main", "--since", "main")


def dangers(done: Done) -> list[str]:
    """Return the open findings that are about containers: file and rule."""
    found = json.loads(done.stdout)["findings"]
    return [
        f"{each['place']['path']} {each['rule']}"
        for each in found
        if each["status"] == "open" and each["category"] != "policy"
    ]


def weakened(done: Done) -> list[str]:
    return [each["message"] for each in json.loads(done.stdout)["findings"] if each["rule"] == "policy-weakened"]


def red(done: Done) -> int:
    assert done.returncode == 1
    return len(dangers(done))


def branch(folder: Path, name: str = "topic") -> None:
    git(folder, "switch", "-q", "-c", name, "main")


def merge(folder: Path, name: str = "topic") -> None:
    git(folder, "switch", "-q", "main")
    git(folder, "merge", "-q", "--no-ff", "-m", f"Merge {name}", name)


def add_the_danger(folder: Path) -> None:
    branch(folder)
    write(folder, "new/compose.yaml", NEW)
    committed(folder, "Measure the kernel")


def test_day_one_is_green_and_counts_down(repository: Path) -> None:
    done = scan(repository)
    assert done.returncode == 0
    report = json.loads(done.stdout)
    assert {each["status"] for each in report["findings"]} == {"in baseline"}
    (grace,) = (each for each in report["notices"] if each["kind"] == "grace")
    until = TODAY + dt.timedelta(days=90)
    assert f"10 findings are in grace until {until}: 90 days left" in grace["message"]
    entries = json.loads((repository / BASELINE_FILE).read_text())["findings"]
    assert (len(entries), sum("grace" in entry for entry in entries)) == (OLD, 10)


def test_a_new_danger_is_red_with_exactly_that(repository: Path) -> None:
    add_the_danger(repository)
    for done in (scan(repository), gate(repository)):
        assert done.returncode == 1
        assert dangers(done) == ["new/compose.yaml privileged-container"]
    assert weakened(gate(repository)) == []


def its_own_waiver(folder: Path) -> None:
    assert command(folder, *WAIVE).returncode == 0


def its_own_waiver_with_its_own_owners(folder: Path) -> None:
    done = command(folder, *WAIVE[:-4], "--approver", "@me:architecture", "--approver", "@you:security")
    assert done.returncode == 0
    write(folder, "CODEOWNERS", "/.dindguard/ @me @you\n/.dindguard.yaml @me\n")


def disable(folder: Path) -> None:
    configure(folder, "disable: [privileged-container]\n")


def exclude(folder: Path) -> None:
    configure(folder, "exclude: ['**']\n")


def severity(folder: Path) -> None:
    path = folder / ".dindguard.yaml"
    path.write_text(path.read_text().replace("severity:\n", "severity:\n  privileged-container: low\n"))


def configure(folder: Path, text: str) -> None:
    path = folder / ".dindguard.yaml"
    path.write_text(path.read_text() + text)


def baseline(folder: Path) -> None:
    assert command(folder, "baseline", "update", "--accept-new").returncode == 0
    path = folder / BASELINE_FILE
    assert "privileged-container" not in path.read_text(), "grace is not given again"
    path.unlink()
    assert command(folder, "init").returncode == 0
    assert "privileged-container" in path.read_text()


@pytest.mark.parametrize(
    "excuse",
    [its_own_waiver, its_own_waiver_with_its_own_owners, disable, exclude, severity, baseline],
    ids=lambda excuse: excuse.__name__,
)
def test_a_change_does_not_approve_itself(repository: Path, excuse: Callable[[Path], None]) -> None:
    add_the_danger(repository)
    excuse(repository)
    committed(repository, "Trust me")
    done = gate(repository)
    assert done.returncode == 1
    assert dangers(done) == ["new/compose.yaml privileged-container"]
    assert weakened(done), "people see what is proposed"
    # Without anybody's trust it would have been green, and so it is once people have merged it.
    assert scan(repository).returncode == 0
    merge(repository)
    assert scan(repository).returncode == 0
    branch(repository, "next")
    assert gate(repository).returncode == 0


def test_a_rename_is_green(repository: Path) -> None:
    branch(repository)
    git(repository, "mv", "part0", "moved")
    git(repository, "mv", "part1/compose.yaml", "part1/stack.yaml")
    committed(repository, "Tidy up")
    for done in (scan(repository), gate(repository)):
        assert done.returncode == 0
        assert dangers(done) == []
    said = command(repository, "baseline", "update").stdout
    assert "20 moved" in said
    committed(repository, "Follow the move")
    assert weakened(gate(repository)) == []
    merge(repository)
    assert json.loads(scan(repository).stdout)["notices"][0]["kind"] == "grace"


def test_a_reviewed_waiver_is_green_until_its_end(repository: Path) -> None:
    add_the_danger(repository)
    git(repository, "switch", "-q", "main")
    branch(repository, "approval")
    git(repository, "merge", "-q", "--ff-only", "topic")
    assert command(repository, *WAIVE).returncode == 0
    git(repository, "reset", "-q", "--soft", "main")
    git(repository, "restore", "--staged", ".")
    git(repository, "add", WAIVER_FILE, ".gitattributes")
    git(repository, "commit", "-q", "-m", "Approve the measurement")
    git(repository, "clean", "-qfd")
    done = gate(repository)
    assert done.returncode == 0, "an approval alone stops nobody"
    assert len(weakened(done)) == 1
    merge(repository, "approval")
    git(repository, "switch", "-q", "topic")
    git(repository, "rebase", "-q", "main")
    assert gate(repository).returncode == 0
    merge(repository)
    for days, is_open in ((0, False), (90, False), (91, True)):
        report = scanned(repository, today=TODAY + dt.timedelta(days=days))
        opened = {finding.rule.id for finding in report.open if finding.span.path == "new/compose.yaml"}
        assert ("privileged-container" in opened) == is_open
        assert ((report.worst_open() or Severity.INFO) >= Severity.HIGH) == is_open


def test_a_shallow_clone_says_what_it_lacks(repository: Path, tmp_path: Path) -> None:
    add_the_danger(repository)
    git(tmp_path, "clone", "-q", "--depth", "1", "--branch", "topic", f"file://{repository}", "shallow")
    for option in ("--since", "--trust"):
        done = command(tmp_path / "shallow", "scan", option, "origin/main")
        assert done.returncode == 2
        assert f"{option} origin/main: this is a shallow clone" in done.stderr
        assert "git fetch --depth 1 origin main" in done.stderr
