"""The commands of policy, as people call them."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from policy_tree import CAPABILITY, COMPOSE, SOCKET, committed, git, tree, write

COMMAND = (sys.executable, "-W", "error", "-m", "dindguard")
APPROVED = (
    "--reason", "The runner starts the stacks under test.", "--owner", "@owner", "--alternative", "a socket proxy",
    "--poc", "https://git.example/poc/7", "--approver", "@arch:architecture", "--approver", "@sec:security",
)  # fmt: skip


def run(folder: Path, *arguments: str, code: int = 0) -> str:
    """Run a command and return what it prints; stderr follows stdout when it fails."""
    done = subprocess.run([*COMMAND, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + (done.stderr if code else "")


def socket_options() -> tuple[str, ...]:
    return "--rule", SOCKET[0], "--file", SOCKET[1], "--at", SOCKET[2]


def test_what_verbose_shows_can_be_typed(tmp_path: Path) -> None:
    shown = run(tree(tmp_path), "scan", "-v", code=1)
    (line,) = (line.strip() for line in shown.splitlines() if "approve with:" in line and SOCKET[0] in line)
    done = subprocess.run(
        f"{sys.executable} -m {line.removeprefix('approve with: ')} \"$@\"", shell=True, cwd=tmp_path, check=False,
        capture_output=True, text=True,
    )  # fmt: skip
    assert "--reason is missing" in done.stderr


def test_a_waiver_from_end_to_end(tmp_path: Path) -> None:
    folder = tree(tmp_path)
    (folder / "sub").mkdir()
    said = run(folder / "sub", "waive", *socket_options(), *APPROVED)
    assert "wrote .dindguard/waivers.yaml:" in said
    assert ".gitattributes" in said
    run(folder, "scan", "--ignore", CAPABILITY[0])
    assert "1 waived" in run(folder, "scan", "--exit-zero")
    listed = json.loads(run(folder, "waivers", "-f", "json"))["waivers"]
    assert [(each["rule"], each["days_left"], each["faults"]) for each in listed] == [(SOCKET[0], 90, [])]
    assert "90 days left" in run(folder, "waivers")
    assert "renew it with --renew" in run(folder, "waive", *socket_options(), *APPROVED, code=2)
    write(folder, "compose.yaml", COMPOSE.replace("    volumes:\n", "    user: root\n    volumes:\n"))
    assert "waiver-changed" in run(folder, "scan", code=1)
    path = folder / ".dindguard" / "waivers.yaml"
    path.write_text(path.read_text().replace("    mode:", "    # ours\n    mode:"))
    assert "wrote" in run(folder, "waive", "--renew", *socket_options(), "--ticket", "OPS-9")
    run(folder, "scan", "--ignore", CAPABILITY[0])
    assert "# ours" in path.read_text()
    schema = json.loads(run(folder, "config", "--schema", "waivers"))
    from ruamel.yaml import YAML

    data = YAML(typ="safe", pure=True).load(path)
    for each in data["waivers"]:
        each |= {"approved": str(each["approved"]), "expires": str(each["expires"])}
    jsonschema.validate(data, schema)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "several findings match; name one"),
        (("--rule", "host-engine-sock"), "did you mean 'host-engine-socket'"),
        (("--rule", SOCKET[0]), "--reason is missing"),
        (("--rule", SOCKET[0], *APPROVED, "--approver", "ada"), "write NAME:ROLE"),
        (("--rule", SOCKET[0], *APPROVED, "--owner", "arch"), "is approved by its owner"),
        (("--rule", SOCKET[0], *APPROVED, "--expires", "2999-01-01"), "lasts"),
        (("--rule", SOCKET[0], *APPROVED, "--expires", "soon"), "write a date"),
        (("--rule", SOCKET[0], *APPROVED, "--reason", "short"), "'reason' must say in words why"),
        (("--rule", SOCKET[0], *APPROVED, "--renew"), "drop --renew"),
    ],
)
def test_a_faulty_waiver_is_not_written(tmp_path: Path, options: tuple[str, ...], said: str) -> None:
    assert said in run(tree(tmp_path), "waive", *options, code=2)
    assert not (tmp_path / ".dindguard").exists()


def test_a_waiver_can_wait_for_its_approvers(tmp_path: Path) -> None:
    folder = tree(tmp_path)
    run(folder, "waive", *socket_options(), *APPROVED[:-4])
    assert "waiver-malformed" in run(folder, "scan", code=1)
    run(folder, "waive", "--renew", *socket_options(), *APPROVED[-4:])
    run(folder, "scan", "--ignore", CAPABILITY[0])


def test_on_a_terminal_it_asks(tmp_path: Path) -> None:
    tree(tmp_path)
    answers = (
        "The runner starts the stacks under test.", "a socket proxy; Sysbox", "https://git.example/7", "@owner", "",
        "@arch:architecture; @sec:security",
    )  # fmt: skip
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(tmp_path)
        os.execv(sys.executable, [*COMMAND, "waive", *socket_options()])
    shown = b""
    for answer in answers:
        while not shown.rstrip().endswith((b":", b"]:")):
            shown += os.read(terminal, 1024)
        os.write(terminal, f"{answer}\n".encode())
        shown = b""
        while b"\n" not in shown:
            shown += os.read(terminal, 1024)
        shown = shown.partition(b"\n")[2]
    assert os.waitpid(pid, 0)[1] == 0
    text = (tmp_path / ".dindguard" / "waivers.yaml").read_text()
    assert "alternatives: [a socket proxy, Sysbox]" in text
    run(tmp_path, "scan", "--ignore", CAPABILITY[0])


def test_a_baseline_from_end_to_end(tmp_path: Path) -> None:
    folder = tree(tmp_path)
    assert "1 known finding, " not in run(folder, "baseline", "update", code=2)
    assert "wrote" in (said := run(folder, "baseline", "create"))
    assert "1 known finding; 1 left out, which only a waiver silences" in said
    assert "exists" in run(folder, "baseline", "create", code=2)
    run(folder, "scan", "--ignore", SOCKET[0])
    more = COMPOSE + "  more:\n    image: nginx:1.29\n    cap_add: [SYS_ADMIN]\n"
    write(folder, "compose.yaml", more)
    run(folder, "scan", "--ignore", SOCKET[0], code=1)
    assert "1 known finding, 0 removed, 1 new left out" in run(folder, "baseline", "update")
    run(folder, "scan", "--ignore", SOCKET[0], code=1)
    assert "2 known findings, 0 removed, 1 added" in run(folder, "baseline", "update", "--accept-new")
    run(folder, "scan", "--ignore", SOCKET[0])
    write(folder, "compose.yaml", more.replace("    cap_add: [SYS_ADMIN]\n", "", 1))
    assert "baseline-entry-gone" in run(folder, "scan", "--ignore", SOCKET[0])
    assert "1 known finding, 1 removed, none new" in run(folder, "baseline", "update")
    assert "baseline-entry-gone" not in run(folder, "scan", "--ignore", SOCKET[0])
    schema = json.loads(run(folder, "config", "--schema", "baseline"))
    jsonschema.validate(json.loads((folder / ".dindguard" / "baseline.json").read_text()), schema)


def test_config_says_what_holds_and_where_it_was_written(tmp_path: Path) -> None:
    write(
        tree(tmp_path), ".dindguard.yaml", "fail-on: low\napproval: {max-days: 30}\nseverity: {host-network: info}\n"
    )
    shown = run(tmp_path, "config").splitlines()
    assert shown[0] == "# .dindguard.yaml"
    lines = {line.split()[0]: line.split()[1:] for line in shown[1:]}
    assert lines["fail-on"] == ["low", "(.dindguard.yaml:1:10)"]
    assert lines["approval.max-days"] == ["30", "(.dindguard.yaml:2:22)"]
    assert lines["approval.warn-days"] == ["14", "(default)"]
    assert lines["severity.host-network"] == ["info", "(.dindguard.yaml:3:12)"]
    data = json.loads(run(tmp_path, "config", "--untrusted", "-f", "json"))
    assert data["file"] is None
    assert all(row["place"] is None for row in data["settings"])
    schema = json.loads(run(tmp_path, "config", "--schema", "config"))
    shown_settings = {row["setting"].split(".")[0] for row in data["settings"]}
    assert shown_settings == set(schema["properties"]) - {"$schema", "severity"}
    assert "did you mean" in run(write_config(tmp_path, "profil: all\n"), "config", code=2)


def write_config(folder: Path, text: str) -> Path:
    write(folder, ".dindguard.yaml", text)
    return folder


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, ".pre-commit-config.yaml"),
        ({".github/workflows/ci.yml": "on: push\njobs: {}\n"}, ".github/workflows/dindguard.yml"),
        ({".gitlab-ci.yml": "a: {script: [b]}\n"}, "codequality"),
        ({".git/config": '[remote "origin"]\n\turl = git@gitlab.example:a/b\n'}, "codequality"),
    ],
)
def test_init_suits_the_platform_it_sees(tmp_path: Path, files: dict[str, str], said: str) -> None:
    tree(tmp_path)
    for name, text in files.items():
        write(tmp_path, name, text)
    assert said in run(tmp_path, "init", "--baseline")
    assert (tmp_path / ".dindguard" / "baseline.json").is_file()
    assert "kept the configuration" in run(tmp_path, "init", "--no-baseline")
    run(tmp_path, "config")
    run(tmp_path, "scan", "--ignore", SOCKET[0])
    assert (tmp_path / ".gitattributes").read_text().count("waivers.yaml") == 1
    first = (tmp_path / ".dindguard.yaml").read_text().splitlines()[0]
    assert (tmp_path / first.partition("$schema=")[2]).is_file()


@pytest.mark.parametrize("who", ["alone", "team", "organisation"])
def test_after_init_the_gate_is_green(tmp_path: Path, who: str) -> None:
    tree(tmp_path)
    run(tmp_path, "scan", code=1)
    said = run(tmp_path, "init", "--for", who, "--engine-for", "builds")
    assert "Image builds need no engine" in said
    assert "2 known findings, of which 1 needs an approval by " in said
    assert "1 finding is in grace until " in run(tmp_path, "scan")
    assert "90 days left" in run(tmp_path, "scan")
    config = json.loads(run(tmp_path, "config", "-f", "json"))["settings"]
    modes = next(row["value"] for row in config if row["setting"] == "approval.require")
    assert ("sysbox" in modes) == (who != "alone")
    assert ("CODEOWNERS" in said) == (who != "alone")
    write(tmp_path, "new.compose.yaml", COMPOSE)
    assert "host-engine-socket" in run(tmp_path, "scan", code=1), "what comes later has no grace"
    assert "kept .dindguard/baseline.json: grace is given once" in run(tmp_path, "init")
    run(tmp_path, "baseline", "update", "--accept-new")
    assert "host-engine-socket" in run(tmp_path, "scan", code=1)


def test_init_asks_what_the_engine_is_for_and_who_works_here(tmp_path: Path) -> None:
    tree(tmp_path)
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(tmp_path)
        os.execv(sys.executable, [*COMMAND, "init"])
    shown = b""
    for question, answer in (
        (b"What is the engine for?", "2"),
        (b"Who works here?", "1"),
        (b"new findings count", "y"),
    ):
        while question not in shown or not shown.rstrip().endswith(b":"):
            shown += os.read(terminal, 1024)
        os.write(terminal, f"{answer}\n".encode())
    while b"to run it" not in shown:
        shown += os.read(terminal, 1024)
    assert os.waitpid(pid, 0)[1] == 0
    assert b"start services beside a job" in shown
    assert "alone: true" in (tmp_path / ".dindguard.yaml").read_text()
    run(tmp_path, "scan")


def test_since_from_the_command_line(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "compose.yaml").write_text(COMPOSE)
    committed(tmp_path)
    run(tmp_path, "scan", code=1)
    assert "no findings" in run(tmp_path, "scan", "--since", "HEAD")
    assert "--since" in run(tmp_path, "scan", "--since", "nope", code=2)
