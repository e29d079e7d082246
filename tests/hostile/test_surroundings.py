"""Closed and full output, folders that are gone, pipes as paths, numbers without end: clear words, and no traceback."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ENGINE = "services:\n  a:\n    image: docker:29-dind\n    privileged: true\n"
DIGITS = "9" * 4301


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "compose.yaml").write_text(ENGINE)
    return tmp_path


def run(line: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a line of Bash in which ``$dindguard`` is the tool."""
    settings = os.environ | {"dindguard": f"{sys.executable} -m dindguard"} | environment
    return subprocess.run(["bash", "-c", line], cwd=folder, env=settings, capture_output=True, text=True, check=False)


COMMANDS = ("scan --exit-zero", "scan --exit-zero -f sarif", "model", "coverage", "rules", "explain glossary")


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("where", [">/dev/full", ">&-", ">&- 2>&-"])
def test_output_that_cannot_be_written(command: str, where: str, tree: Path) -> None:
    done = run(f"$dindguard {command} {where}", tree)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "2>&-" in where or done.stderr.startswith("dindguard: error: the output cannot be written: ")
    assert "2>&-" in where or len(done.stderr.splitlines()) == 1


def test_a_report_in_a_file_needs_no_output(tree: Path) -> None:
    done = run("$dindguard scan --exit-zero -f json -o report.json >&-", tree)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tree / "report.json").read_text("utf-8").endswith("}\n")


@pytest.mark.parametrize("command", ["scan", "scan .", "model .", "coverage", "init", "baseline create", "fix ."])
def test_a_folder_that_is_gone(command: str, tree: Path) -> None:
    done = run(f"mkdir gone && cd gone && rmdir ../gone && $dindguard {command}", tree)
    assert done.returncode == 2
    assert done.stderr == "dindguard: error: the current folder is gone: change into one that exists\n"


def test_what_a_shell_makes_of_a_command_is_read(tree: Path) -> None:
    done = run("$dindguard scan -f concise <(cat compose.yaml)", tree)
    assert done.returncode == 1
    assert "[privileged-engine]" in done.stdout


def test_a_pipe_has_the_name_that_is_given(tree: Path) -> None:
    done = run("$dindguard scan -f concise --stdin-name x/compose.yaml <(cat compose.yaml)", tree)
    assert "x/compose.yaml:4:" in done.stdout


def test_two_pipes_are_one_too_many(tree: Path) -> None:
    done = run("$dindguard scan <(cat compose.yaml) - < compose.yaml", tree)
    assert done.returncode == 2
    assert "only one document can come through a pipe" in done.stderr


NUMBERS = {
    "buildkitd.toml": f'insecure-entitlements = ["security.insecure"]\nx = {DIGITS}\n',
    "stack.yaml": f"%YAML 1.{DIGITS}\n---\n{ENGINE}",
}


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_without_end(name: str, tree: Path) -> None:
    (tree / name).write_text(NUMBERS[name])
    done = run("$dindguard scan -f concise", tree)
    assert done.returncode == 3
    assert re.search(rf"{name}:\d+:\d+: .*\[unreadable\]", done.stdout)
    assert "dindguard's own" not in done.stdout
    assert "compose.yaml:4:" in done.stdout, "the file beside it is read"


@pytest.mark.parametrize("form", ["text", "json", "sarif", "html", "junit", "gitlab"])
@pytest.mark.parametrize("when", ["abc", "", "-1", "9" * 30, "1e3"])
def test_a_date_that_is_none(form: str, when: str, tree: Path) -> None:
    done = run(f"$dindguard scan --exit-zero -f {form}", tree, SOURCE_DATE_EPOCH=when)
    assert done.returncode == 0
    assert done.stderr == ""


@pytest.mark.parametrize("command", ["model .", "model compose.yaml", "model . -f json", "coverage ."])
def test_nothing_to_show_is_said(command: str, tree: Path) -> None:
    (tree / "compose.yaml").write_text("")
    done = run(f"$dindguard {command}", tree)
    assert done.returncode == 0
    assert done.stdout.strip()
