"""Whose clusters end with a job: the configurations that nothing but hosted jobs and tests start, each with its near miss."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard.rules import Severity
from dindguard.scanning import Options, scan
from support import write_files

CLUSTER = """kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
nodes:
  - role: control-plane
    extraMounts: [{hostPath: /var/run/docker.sock, containerPath: /var/run/docker.sock}]
"""
JOB = "on: push\njobs:\n  e2e:\n    runs-on: %s\n    steps:\n"
RUN = "      - run: |\n          %s\n"


def severity(folder: Path, files: dict[str, str]) -> tuple[Severity, str]:
    root = write_files(folder, {"ci/kind.yaml": CLUSTER, **files})
    report = scan(Options(paths=(root,), root=root))
    (found,) = (each for each in report.findings if each.rule.id == "host-engine-socket")
    return found.severity, found.containment


def workflow(*steps: str, machine: str = "ubuntu-latest") -> dict[str, str]:
    return {".github/workflows/ci.yml": JOB % machine + "".join(steps)}


@pytest.mark.parametrize(
    ("command", "lowered"),
    [
        ("kind create cluster --config ci/kind.yaml", True),
        ("kind create cluster --config=./ci/kind.yaml --name e2e", True),
        ("kind -v 3 create cluster --wait 5m --config ci/kind.yaml", True),
        ("cd ci && kind create cluster --config kind.yaml", True),
        ("kind create cluster --config $GITHUB_WORKSPACE/ci/kind.yaml", True),
        ("kind create cluster --config other/kind.yaml", False),
        ("kind create cluster --config ci/kind.yml", False),
        ("kind create cluster", False),
        ("kind delete cluster --config ci/kind.yaml", False),
        ("echo kind create cluster --config ci/kind.yaml", False),
        ("ssh far kind create cluster --config ci/kind.yaml", False),
    ],
)
def test_what_a_hosted_job_starts(tmp_path: Path, command: str, lowered: bool) -> None:
    found, why = severity(tmp_path, workflow(RUN % command))
    assert found is (Severity.HIGH if lowered else Severity.CRITICAL)
    assert bool(why) is lowered


@pytest.mark.parametrize(
    ("action", "lowered"),
    [
        ("helm/kind-action@v1", True),
        ("engineerd/setup-kind@v0", True),
        ("container-tools/kind-action@v2", True),
        ("helm/chart-testing-action@v2", False),
    ],
)
def test_what_an_action_starts(tmp_path: Path, action: str, lowered: bool) -> None:
    step = f"      - uses: {action}\n        with: {{config: ci/kind.yaml}}\n"
    assert severity(tmp_path / "a", workflow(step))[0] is (Severity.HIGH if lowered else Severity.CRITICAL)
    assert severity(tmp_path / "b", workflow(step, machine="own"))[0] is Severity.CRITICAL


@pytest.mark.parametrize(
    ("file", "text", "lowered"),
    [
        ("Makefile", "up:\n\tkind create cluster --config ci/kind.yaml\n", False),
        ("Makefile", "KIND ?= bin/kind\nup:\n\t$(KIND) create cluster --config ci/kind.yaml\n", False),
        ("Makefile", "up:\n\tkind create cluster --config $(CONFIG)\n", False),
        ("Makefile", "up:\n\tkind create cluster --config ci/other.yaml\n", True),
        ("Makefile", "down:\n\tkind delete cluster\n", True),
        ("hack/up.sh", "#!/bin/sh\nkind create cluster --config ../ci/kind.yaml\n", False),
        ("hack/up.sh", "#!/bin/sh\nenvsubst < ci/kind.yaml | kind create cluster --config -\n", False),
        ("hack/up.sh", "#!/bin/sh\ncat ci/kind.yaml | kind create cluster --config=-\n", False),
        ("hack/up.sh", "#!/bin/sh\nkind create cluster --config <(sed s/a/b/ ci/kind.yaml)\n", False),
        ("hack/up.sh", "#!/bin/sh\nkind create cluster --config - <<EOF\nkind: Cluster\nEOF\n", True),
        ("hack/up.sh", "#!/bin/sh\ncat <<EOF | kind create cluster --config /dev/stdin\nkind: Cluster\nEOF\n", True),
        ("hack/up-test.sh", "#!/bin/sh\nkind create cluster --config ../ci/kind.yaml\n", True),
        ("Taskfile.yml", "version: '3'\ntasks: {up: {cmds: ['kind create cluster --config ci/kind.yaml']}}\n", False),
        ("package.json", '{"name": "a", "scripts": {"up": "kind create cluster --config ci/kind.yaml"}}', False),
    ],
)
def test_what_else_may_start_it(tmp_path: Path, file: str, text: str, lowered: bool) -> None:
    files = workflow(RUN % "kind create cluster --config ci/kind.yaml") | {file: text}
    assert severity(tmp_path, files)[0] is (Severity.HIGH if lowered else Severity.CRITICAL)


def test_the_reason_names_who_starts_it(tmp_path: Path) -> None:
    script = {"e2e/run.sh": "#!/bin/sh\nkind create cluster --config ../ci/kind.yaml\n"}
    job = workflow(RUN % "kind create cluster --config ci/kind.yaml")
    by_job = "jobs on hosted machines, which end with them (.github/workflows/ci.yml)"
    assert severity(tmp_path / "a", job)[1] == f"only started by {by_job}"
    assert severity(tmp_path / "b", script)[1] == "only started by tests (e2e/run.sh)"
    assert severity(tmp_path / "c", job | script)[1] == f"only started by {by_job} and by tests (e2e/run.sh)"
