"""The table of exit codes (docs/ci.md), row by row."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import watching
from dindguard import errors
from policy_tree import COMPOSE, tree, write

TABLE = Path(__file__).parent.parent / "README.md"
CODES = {"CLEAN": 0, "FINDINGS": 1, "USAGE": 2, "INCOMPLETE": 3, "CONSENT": 4, "ENGINE": 5}
SAFE = "services:\n  web:\n    image: nginx:1.29\n"
BROKEN = "services: [\n"


def code(folder: Path, *arguments: str, **environment: str) -> int:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "dindguard", *arguments],
        cwd=folder,
        capture_output=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", **watching.environment(), **environment},
    )
    assert b"Traceback" not in done.stderr, done.stderr
    return done.returncode


def test_the_table_names_every_code_once() -> None:
    rows = re.findall(r"^\| `(\d)` \|", TABLE.read_text("utf-8"), re.MULTILINE)
    assert [int(row) for row in rows] == sorted(CODES.values())
    assert {name: getattr(errors, name) for name in CODES} == CODES


@pytest.mark.parametrize(
    ("files", "arguments", "expected"),
    [
        ({"compose.yaml": SAFE}, (), 0),
        ({"compose.yaml": COMPOSE}, (), 1),
        ({"compose.yaml": COMPOSE}, ("--exit-zero",), 0),
        ({"compose.yaml": COMPOSE}, ("--select", "dangerous-capability", "--fail-on", "critical"), 0),
        ({"compose.yaml": COMPOSE}, ("--select", "dangerous-capability", "--fail-on", "high"), 1),
        ({"compose.yaml": COMPOSE, ".dindguard.yaml": "disable: [host-engine-socket]\nfail-on: critical\n"}, (), 0),
        ({"compose.yaml": COMPOSE, ".dindguard.yaml": "fail-on: critical\n"}, (), 1),
        ({"compose.yaml": COMPOSE, ".dindguard.yaml": "disable: [host-engine-socket]\nfail-on: critical\n"},
         ("--fail-on", "high"), 1),
        ({"compose.yaml": COMPOSE, ".dindguard.yaml": "fail: x\n"}, (), 2),
        ({"compose.yaml": COMPOSE, ".dindguard.yaml": "fail: x\n"}, ("--untrusted",), 1),
        ({"compose.yaml": SAFE}, ("--no-such-option",), 2),
        ({"compose.yaml": SAFE}, ("--select", "no-such-rule"), 2),
        ({"compose.yaml": SAFE}, ("--pack", "no-such-pack"), 2),
        ({"compose.yaml": SAFE}, ("no-such-file.yaml",), 2),
        ({"compose.yaml": SAFE}, ("--baseline", "no-such-file"), 2),
        ({"compose.yaml": BROKEN}, (), 3),
        ({"compose.yaml": BROKEN}, ("--exit-zero",), 3),
        ({"compose.yaml": BROKEN, "stack.yaml": COMPOSE}, (), 3),
        ({"compose.yaml": BROKEN, ".dindguard.yaml": "fail: x\n"}, (), 2),
        ({"notes.txt": "docker\n"}, (), 0),
        ({"notes.txt": "docker\n"}, ("--strict",), 3),
        ({"compose.yaml": SAFE, ".dindguard/waivers.yaml": "waivers: {}\n"}, (), 1),
        ({"compose.yaml": SAFE, ".dindguard/baseline.json": "{"}, (), 2),
    ],
)  # fmt: skip
def test_scan(tmp_path: Path, files: dict[str, str], arguments: tuple[str, ...], expected: int) -> None:
    tree(tmp_path)
    (tmp_path / "compose.yaml").unlink()
    for name, text in files.items():
        write(tmp_path, name, text)
    assert code(tmp_path, "scan", *arguments) == expected


@pytest.mark.parametrize(
    "form", ["text", "json", "sarif", "github", "gitlab", "gitlab-sast", "junit", "markdown", "html"]
)
def test_the_code_does_not_depend_on_the_report(tmp_path: Path, form: str) -> None:
    assert code(tree(tmp_path), "scan", "-f", form) == 1


def test_an_engine_without_consent_or_at_all(tmp_path: Path) -> None:
    here = {"DOCKER_HOST": f"unix://{tmp_path}/no.sock", "HOME": str(tmp_path)}
    assert code(tmp_path, "env", "status", **here) == 5
