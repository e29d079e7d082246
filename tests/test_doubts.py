"""What a rule cannot decide can be approved like what it finds: a record covers it, and then it is not said again."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from dindguard.cli import cli
from dindguard.cli.scan_ import exit_code
from dindguard.errors import CLEAN, INCOMPLETE
from dindguard.rules import Severity
from dindguard.scanning import Options, Report, scan
from support import write_files

PIPELINE = "build:\n  image: docker:29-cli\n  services: [docker:29.10.0-dind]\n  script: [docker run alpine]\n"
WAIVE = (
    "waive", "--rule", "privileged-engine", "--file", ".gitlab-ci.yml", "--at", "jobs.build.services.docker.privileged",
    "--reason", "the tests start containers of their own", "--alternative", "rootless BuildKit cannot run them",
    "--owner", "team@example.com", "--approver", "ann@example.com:architecture", "--approver",
    "bob@example.com:security",
)  # fmt: skip


def undecided(report: Report) -> list[str]:
    return [notice.message for notice in report.notices if notice.kind == "undecided"]


def scanned(folder: Path) -> Report:
    return scan(Options(paths=(folder,), root=folder))


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_files(tmp_path, {".gitlab-ci.yml": PIPELINE, ".git/HEAD": ""})
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_an_approval_covers_what_a_runner_decides(tree: Path) -> None:
    assert len(undecided(scanned(tree))) == 1
    assert exit_code(scanned(tree), Severity.HIGH, strict=True) == INCOMPLETE
    written = CliRunner().invoke(cli, WAIVE)
    assert written.exit_code == 0, written.output
    report = scanned(tree)
    assert (undecided(report), report.findings, report.policy_summary) == ([], (), ("1 waived",))
    assert exit_code(report, Severity.HIGH, strict=True) == CLEAN


def test_an_approval_of_what_is_decided_now_holds_no_more(tree: Path) -> None:
    """The same record, and a runner that is privileged after all: another setting than was approved."""
    assert CliRunner().invoke(cli, WAIVE).exit_code == 0
    runner = "[[runners]]\nexecutor = 'docker'\n[runners.docker]\nimage = 'a'\nprivileged = true\n"
    write_files(tree, {"config.toml": runner})
    open_rules = {finding.rule.id for finding in scanned(tree).open}
    assert open_rules >= {"privileged-runner", "waiver-unused"}


def test_an_allow_covers_what_needs_no_approval_and_no_more(tree: Path) -> None:
    allow = "  # dindguard: allow[host-root-mount] the folder of the test data, set by the operator\n"
    service = "services:\n  a:\n    image: nginx:1.29\n    volumes:\n"
    write_files(tree, {".gitlab-ci.yml": "", "compose.yaml": service + "      - ${DATA}:/data" + allow})
    report = scanned(tree)
    assert (undecided(report), [f.rule.id for f in report.findings]) == ([], [])
    allow = "  # dindguard: allow[privileged-engine] we know\n"
    write_files(tree, {"compose.yaml": "", ".gitlab-ci.yml": PIPELINE.replace("  script", f"{allow}  script")})
    report = scanned(tree)
    assert len(undecided(report)) == 1
