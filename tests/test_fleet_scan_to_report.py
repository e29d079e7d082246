"""From repositories to answers: what a scan writes is what the report and the questions of the docs read."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import fleet_data as data
import fleet_repositories as made

pytest.importorskip("pyarrow", reason=data.MISSING)
pytest.importorskip("distributed", reason=data.MISSING)
duckdb = pytest.importorskip("duckdb", reason=data.MISSING)

PAGE = (Path(__file__).parent.parent / "docs/fleet-queries.md").read_text("utf-8")
ADDRESS = "services.runner.access.mounts./var/run/docker.sock:/var/run/docker.sock"
WAIVE = (
    "waive", "--rule", "host-engine-socket", "--file", "compose.yaml", "--at", ADDRESS, "--reason",
    "until the new runner has an engine of its own",
    "--alternative", "a proxy", "--poc", "https://example.org/poc", "--owner", "ops", "--approver", "ana:security",
    "--approver", "bea:architecture", "--ticket", "https://example.org/1",
)  # fmt: skip


def dindguard(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "dindguard", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """Scan three repositories: one with a waived socket, one with a socket, one with a nested engine."""
    repositories = tmp_path / "repositories"
    for name in ("waived", "open"):
        made.tree(repositories / name, compose_yaml=made.SOCKET)
        (repositories / name / ".git").mkdir()
    made.tree(repositories / "engine", compose_yaml=made.ENGINE)
    dindguard(repositories / "waived", *WAIVE)
    dindguard(tmp_path, "fleet", "scan", "repositories", "--out", "fleet", "--workers", "1")
    return tmp_path


def test_a_scanned_fleet_answers(fleet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = json.loads(dindguard(fleet, "fleet", "report", "fleet", "--due", "0", "-f", "json"))
    assert (found["totals"]["scanned"], found["totals"]["rooted"], found["totals"]["waivers"]) == (3, 3, 1)
    sections = found["sections"]
    assert {row["repository"]: row["severity"] for row in sections["ways"]} == {
        "engine": "high", "open": "critical", "waived": "critical",
    }  # fmt: skip
    rules = {row["rule"]: (row["findings"], row["claimed"]) for row in sections["rules"]}
    assert rules["host-engine-socket"] == (2, 1)
    assert sections["waivers"] == []
    assert [(row["product"], row["version"]) for row in sections["engines"]] == [("docker", "24")]
    (fleet / "before").symlink_to(fleet / "fleet")
    monkeypatch.chdir(fleet)
    views, *questions = re.findall(r"^```sql\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    [socket] = [question for question in questions if "w.mode = 'socket'" in question]
    with duckdb.connect() as connection:
        connection.execute(views)
        assert [row[0] for row in connection.execute(socket).fetchall()] == ["open"]
        for question in questions:
            connection.execute(question).fetchall()
