"""A small repository with dangers, and scans of it: what the tests of policy share."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import subprocess
from pathlib import Path
from typing import Any

from dindguard.cli import main
from dindguard.findings import Finding, Status, identity
from dindguard.policy.approval import fingerprint
from dindguard.policy.writing import Value, added
from dindguard.records import record as frozen
from dindguard.scanning import Options, Report, scan

TODAY = dt.date(2026, 11, 23)

COMPOSE = """\
services:
  runner:
    image: runner:1.2
    volumes:
      - /var/run/docker.sock:/var/run/docker.sock
  web:
    image: nginx:1.29
    cap_add: [SYS_ADMIN]
"""
SOCKET = (
    "host-engine-socket",
    "compose.yaml",
    "services.runner.access.mounts./var/run/docker.sock:/var/run/docker.sock",
)
CAPABILITY = ("dangerous-capability", "compose.yaml", "services.web")


APPROVAL: dict[str, Any] = {
    "poc": "https://git.example/poc/7",
    "reason": "The runner starts the stacks under test.",
    "owner": "@owner",
    "ticket": "OPS-7",
    "approvers": [{"name": "@arch", "role": "architecture"}, {"name": "@sec", "role": "security"}],
    "approved": "2026-11-01",
    "expires": "2027-01-15",
}
"""What a valid waiver says beside the finding and what was considered instead."""


def tree(folder: Path, **files: str) -> Path:
    """Write a repository of a Compose file and more; ``__`` in a name stands for ``/`` and ``_dot_`` for a dot."""
    (folder / ".git").mkdir(exist_ok=True)
    (folder / "compose.yaml").write_text(COMPOSE)
    for name, text in files.items():
        write(folder, name.replace("__", "/").replace("_dot_", "."), text)
    return folder


def write(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def scanned(folder: Path, *paths: str, **options: Any) -> Report:
    options.setdefault("today", TODAY)
    given = tuple(folder / path for path in paths) or (folder,)
    return scan(Options(paths=given, **options))


def one(report: Report, rule: str) -> Finding:
    found = [finding for finding in report.findings if finding.rule.id == rule]
    assert len(found) == 1, [finding.message for finding in found]
    return found[0]


def rules(report: Report) -> list[str]:
    return sorted(finding.rule.id for finding in report.open)


def own(report: Report) -> list[str]:
    """Return the rules of policy that speak."""
    return sorted(finding.rule.id for finding in report.findings if finding.rule.category == "policy")


def statuses(report: Report) -> dict[str, Status]:
    return {f.rule.id: f.status for f in report.findings if f.rule.category != "policy"}


def fingerprint_of(report: Report, key: tuple[str, str, str]) -> str:
    subjects = [s for f in report.findings for s in f.subjects if s.key == key]
    return fingerprint(identity(*key), subjects[0].about, [subject.blames for subject in subjects])


def record(folder: Path, key: tuple[str, str, str] = SOCKET, **changes: Value | None) -> dict[str, Value]:
    """Return a valid waiver of a finding of the tree as it is now; ``None`` leaves a field out."""
    rule, file, at = key
    fields: dict[str, Any] = {
        "rule": rule,
        "file": file,
        "at": at,
        "mode": "socket" if key == SOCKET else "other",
        "alternatives": ["a socket proxy: the tests need POST"],
        **APPROVAL,
        "fingerprint": fingerprint_of(scanned(folder, untrusted=True), key),
    }
    return {name: value for name, value in (fields | changes).items() if value is not None}


def waived(folder: Path, *records: dict[str, Value]) -> Path:
    """Write a waiver file that holds these records."""
    text = ""
    for each in records:
        text = added(text, each)
    write(folder, ".dindguard/waivers.yaml", text)
    return folder


@frozen
class Done:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


def command(folder: Path, *arguments: str) -> Done:
    """Run a command of ours in this process, in a folder, without a terminal."""
    streams = [io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2)]
    code: Any = 0
    with contextlib.chdir(folder), contextlib.redirect_stdout(streams[0]), contextlib.redirect_stderr(streams[1]):
        try:
            main(list(arguments))
        except SystemExit as end:
            code = end.code
    out, err = (stream.buffer.getvalue().decode() for stream in streams)  # type: ignore[attr-defined]  # a BytesIO
    return Done(int(code or 0), out, err)


def git(folder: Path, *arguments: str) -> str:
    """Run git in a repository of the test, with nobody's own settings."""
    environment = {
        "PATH": "/usr/bin:/bin:/usr/local/bin",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_NOSYSTEM": "1",
        "HOME": str(folder),
        "LC_ALL": "C",
    }
    who = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main")
    done = subprocess.run(
        ["git", *who, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def committed(folder: Path, message: str = "x") -> str:
    """Commit everything and return the commit's name."""
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", message)
    return git(folder, "rev-parse", "HEAD").strip()
