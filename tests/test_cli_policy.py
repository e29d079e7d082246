"""The commands of policy, as people call them."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest

from dindguard import reports
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


class Person:
    """Somebody at a terminal, who reads a question and types an answer."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.environ["COLUMNS"] = "300"
            os.execv(sys.executable, [*COMMAND, *arguments])
        self.shown = b""

    def reads(self, words: str) -> str:
        """Read until words appear, and return what was shown since the last answer."""
        while words.encode() not in self.shown:
            assert self._more(), self.shown.decode()
        return self.shown.decode()

    def interrupts(self) -> None:
        """Press Ctrl-C once the program listens; again when nothing comes of it: one pressed too early is lost."""
        for _ in range(10):
            time.sleep(0.5)
            os.write(self.terminal, b"\x03")
            while b"nothing was written" not in self.shown and self._more(5):
                pass
            if b"nothing was written" in self.shown:
                return

    def _more(self, seconds: float = 60) -> bool:
        """Read what comes next; false at the end, or when nothing comes for so long."""
        ready, _, _ = select.select([self.terminal], [], [], seconds)
        try:
            more = os.read(self.terminal, 4096) if ready else b""
        except OSError:
            more = b""
        self.shown += more
        return bool(more)

    def answers(self, question: str, answer: str) -> str:
        seen = self.reads(question)
        while not seen.rstrip().endswith(":"):
            assert self._more(), seen
            seen = self.shown.decode()
        self.shown = b""
        os.write(self.terminal, f"{answer}\n".encode())
        return seen

    def ends(self) -> tuple[int, str]:
        """Return the exit code and the rest of what was shown."""
        while self._more():
            pass
        for _ in range(100):
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                return os.waitstatus_to_exitcode(status), self.shown.decode()
            time.sleep(0.1)
        os.kill(self.pid, signal.SIGKILL)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1]), self.shown.decode()


REASON = "The runner starts the stacks under test."


def test_on_a_terminal_it_shows_and_asks(tmp_path: Path) -> None:
    person = Person(tree(tmp_path), "waive", *socket_options())
    seen = person.answers("1 of 7 · Why has it to be", REASON)
    for words in (
        "host-engine-socket (critical) at compose.yaml:5:9", "service 'runner' can command the host's",
        "5 │       - /var/run/docker.sock:/var/run/docker.sock", "any change of it ends the waiver",
        "image: docker.io/runner", "mounts: host path|/var/run/docker.sock|/var/run/docker.sock",
        "it needs the approval of architecture and security",
    ):  # fmt: skip
        assert words in seen
    person.answers("2 of 7 · What was considered instead", "a socket proxy; Sysbox")
    person.answers("3 of 7 · The proof of concept", "https://git.example/7")
    person.answers("4 of 7 · Who answers for it", "@owner")
    person.answers("5 of 7 · Where was it discussed", "")
    person.answers("6 of 7 · Who approved", "@arch:architecture; @sec:security")
    person.answers("7 of 7 · Until when", "")
    assert person.ends()[0] == 0
    text = (tmp_path / ".dindguard" / "waivers.yaml").read_text()
    assert "alternatives: [a socket proxy, Sysbox]" in text
    run(tmp_path, "scan", "--ignore", CAPABILITY[0])


def test_an_answer_is_checked_when_it_is_given(tmp_path: Path) -> None:
    given = ("--alternative", "a proxy", "--poc", "x", "--ticket", "T-1")
    person = Person(tree(tmp_path), "waive", *socket_options(), *given)
    person.answers("1 of 4", "short")
    assert "at least 20 characters" in person.answers("20 characters\r\n1 of 4", REASON)
    person.answers("2 of 4", "@o\u200bwner")
    assert "cannot be seen" in person.answers("be seen\r\n2 of 4", "@owner")
    person.answers("3 of 4", "@arch")
    assert "write NAME:ROLE" in person.answers("@ada:security\r\n3 of 4", "@@owner:architecture; @sec:security")
    assert "approved by its owner" in person.answers("@@owner\r\n3 of 4", "@arch:architecture")
    person.answers("4 of 4", "2999-01-01")
    assert "at the latest" in person.answers("latest\r\n4 of 4", "soon")
    assert "write a date" in person.answers("31\r\n4 of 4", "")
    code, seen = person.ends()
    assert (code, "it does not hold yet: it lacks the approval of security" in seen) == (0, True)


def test_answers_are_kept_when_somebody_stops(tmp_path: Path) -> None:
    person = Person(tree(tmp_path), "waive", *socket_options())
    person.answers("1 of 7", REASON)
    person.answers("2 of 7", "a socket proxy; Sysbox's own engine")
    person.reads("3 of 7")
    person.interrupts()
    code, seen = person.ends()
    assert code == 130
    assert "nothing was written; go on from your answers with:" in seen
    line = next(line.strip() for line in seen.splitlines() if line.strip().startswith("dindguard waive"))
    assert f"--reason '{REASON}' --alternative 'a socket proxy'" in line
    done = subprocess.run(
        f'{sys.executable} -m {line} "$@"', shell=True, cwd=tmp_path, check=False, capture_output=True, text=True
    )
    assert "--poc is missing" in done.stderr
    assert not (tmp_path / ".dindguard").exists()


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
    for form in reports.FORMATS:
        assert "in grace until" in run(tmp_path, "scan", "-f", form), form
    assert "blind spot" not in run(tmp_path, "scan"), "our own files are none"
    write(tmp_path, "new.compose.yaml", COMPOSE)
    assert "host-engine-socket" in run(tmp_path, "scan", code=1), "what comes later has no grace"
    assert "kept .dindguard/baseline.json: grace is given once" in run(tmp_path, "init")
    run(tmp_path, "baseline", "update", "--accept-new")
    assert "host-engine-socket" in run(tmp_path, "scan", code=1)


def test_init_asks_what_the_engine_is_for_and_who_works_here(tmp_path: Path) -> None:
    person = Person(tree(tmp_path), "init")
    assert "3. to deploy" in person.answers("What is the engine for?", "2")
    assert "start services beside a job" in person.answers("Who works here?", "1")
    person.answers("new findings count", "y")
    code, seen = person.ends()
    assert (code, "to run it" in seen) == (0, True)
    assert "alone: true" in (tmp_path / ".dindguard.yaml").read_text()
    run(tmp_path, "scan")


def test_since_from_the_command_line(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "compose.yaml").write_text(COMPOSE)
    committed(tmp_path)
    run(tmp_path, "scan", code=1)
    assert "no findings" in run(tmp_path, "scan", "--since", "HEAD")
    assert "--since" in run(tmp_path, "scan", "--since", "nope", code=2)
