"""The commands that read: scan, model, explain, rules; their exit codes, and what goes to which stream."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dindguard.cli import main
from dindguard.cli.scan_ import exit_code
from dindguard.errors import CLEAN, FINDINGS, INCOMPLETE, USAGE, UserError
from dindguard.reports.output import deliver, write_whole
from dindguard.reports.progress import Progress
from dindguard.rules import Severity
from reporting import sample

BAD = """\
services:
  runner:
    image: alpine:3.22
    volumes:
      - /var/run/docker.sock:/var/run/docker.sock
"""
GOOD = "services:\n  web:\n    image: nginx:1.29\n"
BROKEN = "services:\n  web: [docker\n"

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command line in a folder of its own."""
    from dindguard.cli import cli

    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)

    def invoke(*arguments: str, stdin: str | bytes = b"", **files: str) -> Result:
        for name, text in files.items():
            (tmp_path / name.replace("__", "/").replace("_", ".")).write_text(text)
        return CliRunner().invoke(cli, arguments, input=stdin, prog_name="dindguard")

    return invoke


@pytest.mark.parametrize(
    ("arguments", "files", "code"),
    [
        (("scan",), {"compose_yaml": GOOD}, CLEAN),
        (("scan",), {"compose_yaml": BAD}, FINDINGS),
        (("scan",), {"compose_yaml": BAD, "docker-compose_yml": BROKEN}, INCOMPLETE),
        (("scan", "--exit-zero"), {"compose_yaml": BAD}, CLEAN),
        (("scan", "--exit-zero"), {"compose_yaml": BROKEN}, INCOMPLETE),
        (("scan", "--strict"), {"compose_yaml": GOOD}, CLEAN),
        (("scan", "--strict"), {"README_md": "nothing"}, INCOMPLETE),
        (("scan",), {"README_md": "nothing"}, CLEAN),
        (("scan", "-f", "sarif"), {"compose_yaml": BAD}, FINDINGS),
        (("scan", "--ignore", "host-engine-socket"), {"compose_yaml": BAD}, CLEAN),
        (("scan", "--select", "host-engine-socket"), {"compose_yaml": BAD}, FINDINGS),
    ],
)
def test_exit_codes(run: Run, arguments: tuple[str, ...], files: dict[str, str], code: int) -> None:
    result = run(*arguments, **files)
    assert result.exit_code == code, result.output + repr(result.exception)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("scan", "missing.yaml"), "does not exist"),
        (("scan", "--select", "host-engine-sockt"), "did you mean 'host-engine-socket'?"),
        (("scan", "--type", "compose"), "write FORMAT=GLOB"),
        (("scan", "--type", "compse=*.yml"), "did you mean 'compose'?"),
        (("scan", "--stdin-name", "compose.yaml"), "goes with the path '-'"),
        (("scan", "-o", "no/such/folder/report.json"), "cannot write"),
        (("explain", "host-engine-sock"), "did you mean 'host-engine-socket'?"),
    ],
)
def test_what_the_user_has_to_mend(run: Run, arguments: tuple[str, ...], words: str) -> None:
    result = run(*arguments, compose_yaml=GOOD)
    assert isinstance(result.exception, UserError)
    assert result.exception.exit_code == USAGE
    assert words in str(result.exception)
    assert result.stdout == ""


def test_a_user_error_is_one_line_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        main(["explain", "no-such-rule"])
    assert raised.value.code == USAGE
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith("dindguard: error: there is no rule 'no-such-rule'")


def test_an_error_message_commands_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["explain", "\x1b[31mred\u202e"])
    err = capsys.readouterr().err
    assert "'␛[31mred\ufffd'" in err
    assert "\x1b" not in err


def test_the_configuration_may_set_the_threshold(run: Run) -> None:
    medium = "services:\n  a: {image: 'docker:dind', privileged: true}\n"
    strict = run("scan", "--select", "floating-engine-image", compose_yaml=medium)
    assert strict.exit_code == CLEAN
    lowered = run("scan", "--select", "floating-engine-image", _dindguard_yaml="fail-on: medium\n")
    assert lowered.exit_code == FINDINGS, lowered.output
    given = run("scan", "--select", "floating-engine-image", "--fail-on", "critical")
    assert given.exit_code == CLEAN


@pytest.mark.parametrize(
    ("fail_on", "code"), [(Severity.CRITICAL, FINDINGS), (Severity.MEDIUM, FINDINGS), (Severity.INFO, FINDINGS)]
)
def test_the_threshold(fail_on: Severity, code: int) -> None:
    assert exit_code(sample(notices=()), fail_on) == code


def test_findings_below_the_threshold_do_not_fail() -> None:
    medium = tuple(finding for finding in sample().findings if finding.severity is Severity.MEDIUM)
    report = sample(notices=(), findings=medium)
    assert exit_code(report, Severity.MEDIUM) == FINDINGS
    assert exit_code(report, Severity.HIGH) == CLEAN


def test_silenced_findings_do_not_fail() -> None:
    silenced = tuple(finding for finding in sample().findings if not finding.open)
    assert silenced
    assert exit_code(sample(notices=(), findings=silenced), Severity.INFO) == CLEAN


def test_incomplete_comes_before_findings_and_is_not_excused() -> None:
    assert exit_code(sample(), Severity.INFO) == INCOMPLETE
    assert exit_code(sample(), Severity.INFO, exit_zero=True) == INCOMPLETE


def test_standard_input(run: Run) -> None:
    result = run("scan", "-f", "json", "--stdin-name", "deploy/compose.yaml", "-", stdin=BAD)
    assert result.exit_code == FINDINGS
    assert json.loads(result.stdout)["findings"][0]["place"]["path"] == "deploy/compose.yaml"
    assert run("scan", "-", stdin=BAD).stdout.startswith("stdin.yaml:5:9 critical host-engine-socket\n")
    assert run("scan", "-", stdin=b"\xff\xfe\x00bad\x80").exit_code in (CLEAN, INCOMPLETE)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (b"FROM docker:dind\n", "stdin.Dockerfile"),
        (b"#!/bin/sh\n", "stdin.sh"),
        (b' {"storage-driver": 1}', "stdin.json"),
        (b"a: b", "stdin.yaml"),
        (b"", "stdin.yaml"),
    ],
)
def test_an_unnamed_document_is_named_by_its_first_line(text: bytes, name: str) -> None:
    from dindguard.cli.scan_ import _name_for

    assert _name_for(text) == name


@pytest.mark.parametrize("form", ["json", "sarif", "gitlab", "gitlab-sast"])
def test_the_document_is_all_of_stdout(run: Run, form: str) -> None:
    result = run("scan", "-f", form, compose_yaml=BAD)
    json.loads(result.stdout)
    assert result.stderr == ""


def test_a_report_goes_to_a_file(run: Run, tmp_path: Path) -> None:
    result = run("scan", "-f", "json", "-o", "report.json", compose_yaml=BAD)
    assert (result.exit_code, result.stdout) == (FINDINGS, "")
    assert json.loads((tmp_path / "report.json").read_text("utf-8"))["findings"]
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".tmp")] == []


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "report.txt"
    target.write_text("before")
    target.chmod(0o640)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", fail)
        with pytest.raises(UserError, match="No space left"):
            write_whole(target, b"after")
    assert target.read_text() == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.txt"]
    write_whole(target, b"after")
    assert target.read_text() == "after"
    assert target.stat().st_mode & 0o777 == 0o640


def test_a_link_keeps_pointing_and_a_device_is_written_to(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("before")
    link = tmp_path / "link"
    link.symlink_to("real")
    write_whole(link, b"after")
    assert link.is_symlink()
    assert (tmp_path / "real").read_text() == "after"
    deliver("gone", Path(os.devnull))


def test_two_runs_give_the_same_bytes(run: Run) -> None:
    first = run("scan", compose_yaml=BAD, Dockerfile="FROM docker:dind\n").stdout_bytes
    assert run("scan").stdout_bytes == first


def test_the_model_is_shown(run: Run) -> None:
    shown = run("model", compose_yaml=BAD + "    environment: {TOKEN: abcdef, DOCKER_HOST: 'unix:///x'}\n").stdout
    assert "service 'runner': engine client  compose.yaml:2:3" in shown
    assert "host path /var/run/docker.sock at /var/run/docker.sock" in shown
    assert "TOKEN=***" in shown
    assert "DOCKER_HOST=unix:///x" in shown
    assert "abcdef" not in shown


def test_the_model_as_json(run: Run) -> None:
    result = run("model", "-f", "json", compose_yaml=BAD)
    (container,) = json.loads(result.stdout)["workloads"][0]["containers"]
    assert container["image"] == "alpine:3.22"
    assert container["mounts"][0]["exposes"] == "the docker engine's socket"
    assert container["commands_engines"][0]["to"] == "the host's docker engine"


def test_a_model_that_is_incomplete_says_so(run: Run) -> None:
    result = run("model", compose_yaml=BROKEN)
    assert result.exit_code == INCOMPLETE
    assert result.stderr.startswith("dindguard: compose.yaml:")


def test_the_rules_are_listed(run: Run) -> None:
    listed = run("rules").stdout
    assert "  host-engine-socket " in listed
    data = json.loads(run("rules", "-f", "json").stdout)
    assert [rule["id"] for rule in data] == sorted(rule["id"] for rule in data)
    assert all(rule["title"] and rule["category"] and rule["severity"] for rule in data)
    assert f"{len(data)} rules" in listed


def test_a_rule_is_explained(run: Run) -> None:
    shown = run("explain", "host-engine-socket").stdout
    assert shown.startswith("host-engine-socket\ncritical · category socket · ")
    assert "\nWhy it matters\n" in shown
    assert max(map(len, shown.splitlines())) <= 80
    assert run("explain", "host-engine-socket", "-f", "markdown").stdout.count("\n## ") >= 2
    assert json.loads(run("explain", "host-engine-socket", "-f", "json").stdout)["id"] == "host-engine-socket"


def test_colours_on_demand_only(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b" not in run("scan", compose_yaml=BAD).stdout
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[1;97;45mcritical" in run("scan").stdout
    assert "\x1b" not in run("scan", "-f", "json").stdout


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    for number in range(40):
        folder = tmp_path / f"app{number}"
        folder.mkdir()
        (folder / "compose.yaml").write_text(BAD * 1)
    command = f"'{sys.executable}' -m dindguard scan . | head -n 1"
    done = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.count("\n") == 1
    assert "Traceback" not in done.stderr


def test_a_terminal_without_unicode_gets_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(BAD)
    done = subprocess.run(
        [sys.executable, "-m", "dindguard", "scan"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
    )
    assert done.returncode == FINDINGS
    assert b"5 |       - /var/run/docker.sock" in done.stdout


class _Terminal:
    def __init__(self) -> None:
        self.text = ""

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        raise OSError("it has none")

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None: ...


def test_progress_shows_after_a_while_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from dindguard.reports import progress as module

    now = [0.0]
    terminal = _Terminal()
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(sys, "stderr", terminal)
    with Progress() as progress:
        progress("reading files", 1, 100)
        assert terminal.text == ""
        now[0] = 1.0
        progress("reading files", 50, 100)
        assert terminal.text == f"\r\x1b[K[{'#' * 15}{'.' * 15}] reading files: 50 of 100"
        progress("reading files", 51, 100)
        assert terminal.text.count("\r") == 1
        now[0] = 2.0
        progress("looking for files", 7)
        assert terminal.text.endswith("\r\x1b[Klooking for files (7)")
    assert terminal.text.endswith("\r\x1b[K")


def test_no_progress_where_nobody_looks(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from dindguard.reports import progress as module

    monkeypatch.setattr(module, "PATIENCE", 0)
    with Progress() as progress:
        progress("reading files", 1, 2)
    assert capsys.readouterr().err == ""
