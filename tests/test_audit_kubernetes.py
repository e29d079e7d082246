"""``dindguard audit kubernetes`` without a cluster: a ``kubectl`` that only answers."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from dindguard.cli import cli
from dindguard.errors import ENGINE, FINDINGS, INCOMPLETE, UserError
from dindguard.reports import FORMATS

SECRET = "correct-horse-battery"


def labelled(kind: str, name: str, *owners: tuple[str, str], **more: Any) -> dict[str, Any]:
    metadata = {
        "name": name,
        "namespace": "ci",
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": SECRET},
        "managedFields": [{"manager": SECRET}],
    }
    if owners:
        metadata["ownerReferences"] = [{"kind": kind, "name": name, "controller": True} for kind, name in owners]
    return {"apiVersion": "v1" if kind == "Pod" else "apps/v1", "kind": kind, "metadata": metadata, **more}


SPEC = {
    "containers": [
        {
            "name": "dind",
            "image": "docker:29.10.0-dind",
            "args": [f"--token={SECRET}"],
            "env": [{"name": "SETTING", "value": SECRET}, {"name": "DOCKER_TLS_CERTDIR", "value": "/certs"}],
            "securityContext": {"privileged": True},
        }
    ]
}
TEMPLATE = {"selector": {}, "template": {"metadata": {}, "spec": SPEC}}
OBJECTS = [
    labelled("Pod", "agent-1", ("ReplicaSet", "agent-5d"), spec=SPEC, status={"message": SECRET}),
    labelled("ReplicaSet", "agent-5d", ("Deployment", "agent"), spec=TEMPLATE),
    labelled("Deployment", "agent", spec=TEMPLATE),
    labelled("Pod", "static", ("Node", "node-1"), spec=SPEC),
]


def audit(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["audit", "kubernetes", *arguments])


def kubectl(folder: Path, monkeypatch: pytest.MonkeyPatch, answer: Any, code: int = 0, complaint: str = "") -> Path:
    """Put a ``kubectl`` on the path that notes its arguments and gives an answer."""
    program = folder / "bin/kubectl"
    program.parent.mkdir()
    (folder / "answer").write_text(answer if isinstance(answer, str) else json.dumps(answer))
    program.write_text(
        f"#!/bin/sh\nprintf '%s\\n' \"$@\" > {folder}/asked\ncat {folder}/answer\n"
        f"echo '{complaint}' >&2\nexit {code}\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    return folder / "asked"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def subjects(result: Result) -> set[str]:
    document = json.loads(result.stdout)
    return {each["address"] for finding in document["findings"] for each in finding["subjects"]}


def test_each_danger_is_told_once(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = kubectl(here, monkeypatch, {"apiVersion": "v1", "kind": "List", "items": OBJECTS})
    result = audit("-f", "json", "--select", "privileged-engine", "--save", "cluster.json")
    assert result.exit_code == FINDINGS, result.output
    expected = {"Deployment/ci/agent.containers.dind.privileged", "Pod/ci/static.containers.dind.privileged"}
    assert subjects(result) == expected
    words = asked.read_text().split()
    assert words[0] == "get"
    assert words[2:] == ["--all-namespaces", "--output", "json"]
    assert not {"secrets", "configmaps"} & set(words[1].split(","))
    assert subjects(audit("-f", "json", "--select", "privileged-engine", "--from", "cluster.json")) == expected


def test_one_namespace_of_one_context(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = kubectl(here, monkeypatch, {"items": []})
    assert audit("-n", "ci", "--context", "east").exit_code == 0
    assert asked.read_text().split()[:3] == ["--context", "east", "get"]
    assert "--namespace\nci\n" in asked.read_text()


def test_nothing_secret_is_kept_or_said(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kubectl(here, monkeypatch, {"kind": "List", "items": OBJECTS})
    for form in FORMATS:
        result = audit("-f", form, "--profile", "all", "-v", "--save", "saved.json")
        assert result.exit_code == FINDINGS, result.output
        assert SECRET not in result.output
    saved = (here / "saved.json").read_text()
    assert SECRET not in saved
    assert '"/certs"' in saved


def test_what_kubectl_was_refused_is_incomplete(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kubectl(here, monkeypatch, {"kind": "List", "items": OBJECTS}, 1, "persistentvolumes is forbidden")
    result = audit()
    assert result.exit_code == INCOMPLETE
    assert "persistentvolumes is forbidden" in result.stderr
    assert "privileged-engine" in result.stdout


@pytest.mark.parametrize(
    ("answer", "code", "complaint", "words"),
    [
        ("", 1, "connection refused", "connection refused"),
        ('{"items": []}', 1, "forbidden", "forbidden"),
        ("[1]", 0, "", "no list of objects"),
        ('{"items": {}}', 0, "", "no list of objects"),
        ("\0not json", 0, "", "no list of objects"),
    ],
)
def test_a_cluster_that_gives_nothing(
    answer: str, code: int, complaint: str, words: str, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kubectl(here, monkeypatch, answer, code, complaint)
    result = audit()
    assert isinstance(result.exception, UserError)
    assert result.exception.exit_code == ENGINE
    assert words in str(result.exception)


def test_without_kubectl(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(here))
    result = audit()
    assert isinstance(result.exception, UserError)
    assert result.exception.exit_code == ENGINE
    assert "kubectl is not installed" in str(result.exception)
