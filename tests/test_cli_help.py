"""Help that helps: sections, examples that run, suggestions, completion, the manual page, several reports at once."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from dindguard.cli import COMMANDS, SECTIONS, cli, manual
from dindguard.cli.scan_ import _Scan
from dindguard.cli.scan_ import command as scan_command

ROOT = Path(__file__).parent.parent
EXAMPLE = str(ROOT / "quickstart/compose.yaml")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


def test_every_option_of_scan_stands_with_its_like() -> None:
    told = {name for names in _Scan.sections.values() for name in names}
    options = {parameter.name for parameter in scan_command.params if isinstance(parameter, click.Option)}
    assert told <= options, "a section names what is no option"
    assert options - told <= {"debug", "help"}


def test_commands_stand_in_sections_and_none_is_lost() -> None:
    shown = run("--help").output
    for name, about in COMMANDS.items():
        assert re.search(rf"^  {name} ", shown, re.MULTILINE), name
        assert about.split()[0] in shown
    assert [title for title in SECTIONS if f"\n{title}:\n" in shown][:2] == [
        "Scan and inspect",
        "Configure and approve",
    ]
    assert "Examples:" in shown


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["scna"], "there is no command 'scna' (did you mean 'scan'?)"),
        ([EXAMPLE], f"(to look at it: dindguard scan {EXAMPLE})"),
        (["scan", "-f", "sarfi"], "there is no 'sarfi' (did you mean 'sarif'?); there are text, concise, json"),
        (["scan", "--fail-on", "hihg"], "(did you mean 'high'?)"),
        (["scan", "--profile", "recomended"], "(did you mean 'recommended'?)"),
        (["scan", "--formt", "json"], "--format"),
        (["scan", "--select", "host-engine-soket", EXAMPLE], "(did you mean 'host-engine-socket'?)"),
        (["explain", "host-engine-soket"], "(did you mean 'host-engine-socket'?)"),
        (["rules", "-f", "jsn"], "(did you mean 'json'?)"),
    ],
)
def test_misspelt_words_get_a_suggestion(arguments: list[str], said: str) -> None:
    result = run(*arguments)
    assert said in result.output + str(result.exception)


def test_the_version_in_short() -> None:
    assert run("-V").output == run("--version").output


def completed(words: str, shell: str = "bash") -> list[str]:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", "from dindguard.cli import main; main()"],
        capture_output=True, text=True, check=False,
        env=os.environ | {
            "_DINDGUARD_COMPLETE": f"{shell}_complete", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split(" ")) - 1),
        },
    )  # fmt: skip
    assert not done.stderr
    return [line.partition(",")[2] for line in done.stdout.splitlines()]


def test_shells_complete_commands_options_and_rules() -> None:
    assert completed("dindguard ba") == ["baseline"]
    assert completed("dindguard scan --fail-on cri") == ["critical"]
    assert completed("dindguard scan --format gitlab-") == ["gitlab-sast"]
    assert "host-engine-socket" in completed("dindguard explain host-engine")
    assert {"socket"} <= set(completed("dindguard scan --select sock"))


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_for_a_shell(shell: str) -> None:
    script = run("completion", shell).output
    assert "_DINDGUARD_COMPLETE" in script
    if shutil.which(shell):
        assert subprocess.run([shell, "-n"], input=script, text=True, check=False).returncode == 0


def test_the_manual_page_tells_all(tmp_path: Path) -> None:
    page = manual.page()
    for name in COMMANDS:
        assert f"dindguard {name}" in page
    assert "\\-\\-fail\\-on" in page
    readme = (ROOT / "README.md").read_text("utf-8")
    assert {code for code, _ in manual.EXIT_CODES} == set(re.findall(r"^\| `(\d)` \|", readme, re.MULTILINE))
    if shutil.which("groff"):
        (tmp_path / "dindguard.1").write_text(page)
        done = subprocess.run(
            ["groff", "-man", "-Tutf8", "-ww", str(tmp_path / "dindguard.1")],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0
        assert not done.stderr


def test_several_reports_in_one_run(tmp_path: Path) -> None:
    one, two = tmp_path / "a.sarif", tmp_path / "b.html"
    result = run("scan", EXAMPLE, "-f", "sarif", "-o", str(one), "-f", "concise", "-f", "html", "-o", str(two))
    assert one.read_text().startswith("{")
    assert two.read_text().startswith("<!")
    assert result.stdout_bytes.decode().count(": critical: ") == 2
    for name in ("a.sarif", "c.sarif"):
        run("scan", EXAMPLE, "-o", str(tmp_path / name), "-f", "sarif")
    assert one.read_bytes() == (tmp_path / "c.sarif").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-f", "sarif", "-f", "json"], "only one report can go to standard output: give sarif a file"),
        (["-o", "x", "-f", "sarif", "-f", "json"], "--output x: write the --format of this file before it"),
        (["-f", "sarif", "-o", "x", "-o", "y"], "--output y: write the --format of this file before it"),
        (["-f", "sarif", "-o", "x", "-f", "json", "-o", "x"], "--output x: two reports cannot go to one file"),
    ],
)
def test_where_reports_go_must_be_clear(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("scan", EXAMPLE, *arguments)
    assert said in str(result.exception)
    assert not any(tmp_path.iterdir())
