"""Runs the steps of a composite action or a workflow job as GitHub's runner does: conditions, scripts, outputs.

Actions of others are not run: each is noted with its inputs, and may be told to fail.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import watching
from workflow_expressions import condition, filled


@dataclass
class Outcome:
    """What became of a job's steps."""

    uses: dict[str, dict[str, str]] = field(default_factory=dict)
    """The actions that ran, by name without version, with their inputs."""
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)
    log: str = ""
    summary: str = ""
    failed: bool = False
    code: int = 0
    """The code of the last script that failed."""


@dataclass
class Runner:
    """A machine: its workspace and its temporary folder. ``failing`` names actions that fail."""

    workspace: Path
    temporary: Path
    path: str
    failing: Collection[str] = ()

    def run(self, steps: Sequence[Mapping[str, Any]], context: Mapping[str, Any]) -> Outcome:
        """Run steps one after another."""
        outcome = Outcome()
        for number, step in enumerate(steps):
            self._step(step, dict(context), outcome, str(step.get("name", step.get("uses", number))))
        return outcome

    def _step(self, step: Mapping[str, Any], context: dict[str, Any], outcome: Outcome, name: str) -> None:
        context["steps"] = {key: {"outputs": found} for key, found in outcome.outputs.items()}
        status = {
            "success": lambda: not outcome.failed, "failure": lambda: outcome.failed,
            "always": lambda: True, "cancelled": lambda: False, "hashfiles": self._hash,
        }  # fmt: skip
        if not condition(str(step.get("if", "success()")), context, status):
            outcome.skipped.append(name)
        elif "uses" in step:
            action = str(step["uses"]).partition("@")[0]
            outcome.uses[action] = {key: filled(str(value), context) for key, value in step.get("with", {}).items()}
            outcome.failed |= action in self.failing
        else:
            self._script(step, context, outcome)

    def _hash(self, *patterns: str) -> str:
        """Return GitHub's hashFiles: nothing unless a file *of the workspace* matches."""
        inside = [pattern for pattern in patterns if not pattern.startswith("/")]
        found = sorted(file for pattern in inside for file in self.workspace.glob(pattern) if file.is_file())
        digests = [hashlib.sha256(file.read_bytes()).digest() for file in found]
        return hashlib.sha256(b"".join(digests)).hexdigest() if found else ""

    def hash_files(self, *patterns: str) -> str:
        """Return what ``hashFiles`` of these patterns is on this machine."""
        return self._hash(*patterns)

    def _script(self, step: Mapping[str, Any], context: dict[str, Any], outcome: Outcome) -> None:
        output, summary = self.temporary / "step-output", self.temporary / "step-summary"
        for file in (output, summary):
            file.write_text("")
        given = {key: filled(str(value), context) for key, value in step.get("env", {}).items()}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", filled(step["run"], context)],
            cwd=self.workspace, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
            env={
                "PATH": f"{self.path}{os.pathsep}{os.environ['PATH']}", "HOME": str(self.temporary), "CI": "true",
                "RUNNER_TEMP": str(self.temporary), "GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary),
                **watching.environment(), **given,
            },
        )  # fmt: skip
        outcome.log += done.stdout + done.stderr
        outcome.summary += summary.read_text("utf-8")
        if "id" in step:
            lines = output.read_text("utf-8").splitlines()
            outcome.outputs[step["id"]] = dict(line.split("=", 1) for line in lines)
        if done.returncode:
            outcome.failed, outcome.code = True, done.returncode
