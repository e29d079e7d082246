"""What scripts start by other programs than docker: pods by kubectl, runners by gitlab-runner."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard import Options, scan
from dindguard.model.model import Model
from dindguard.model.workload import WorkloadKind


def model(root: Path, text: str) -> Model:
    (root / "x.sh").write_text(f"#!/bin/sh\n{text}\n")
    return scan(Options(paths=(root,), root=root)).model


def test_the_overrides_of_a_pod_are_a_manifest_at_their_place(tmp_path: Path) -> None:
    spec = '{"hostPID":true,"containers":[{"name":"x","image":"a"}]}'
    found = model(tmp_path, f"""kubectl run x --image=a --overrides='{{"apiVersion":"v1","spec":{spec}}}'""")
    pods = [each for each in found.workloads if each.kind is WorkloadKind.POD]
    (from_manifest,) = (each for each in pods if each.containers[0].namespaces.pid is not None)
    assert from_manifest.span.line == 2


def test_a_pods_own_command_is_no_option_of_kubectls(tmp_path: Path) -> None:
    found = model(tmp_path, "kubectl -n ci run x --image=docker:29-cli --env=A=b -- docker --privileged")
    (container,) = found.containers
    assert container.privileged.off
    assert container.environment.value("A") == "b"
    assert [str(word) for word in container.command or ()] == ["docker", "--privileged"]


def test_what_a_registered_runner_gives_to_its_jobs(tmp_path: Path) -> None:
    found = model(
        tmp_path,
        "export DOCKER_PRIVILEGED=true\n"
        "gitlab-runner register -n --name r --executor docker --docker-image docker:29-cli "
        "--docker-volumes /cache --docker-volumes /run/docker.sock:/run/docker.sock --docker-cap-add SYS_ADMIN",
    )
    (runner,) = (each for each in found.workloads if each.kind is WorkloadKind.RUNNER)
    (default,) = runner.containers
    assert default.privileged.on
    assert len(default.mounts) == 2
    assert [str(each) for each in default.capabilities.added] == ["SYS_ADMIN"]
    assert runner.name == "r"


def test_other_words_are_no_registration(tmp_path: Path) -> None:
    found = model(
        tmp_path, "gitlab-runner verify --docker-privileged\necho gitlab-runner register --docker-privileged"
    )
    assert not found.workloads


CONTAINER = '{"containers":[{"name":"c","securityContext":{"privileged":true}}]}'


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (f"""kubectl patch ds a -p '{{"spec":{{"template":{{"spec":{CONTAINER}}}}}}}'""", True),
        (f"""oc -n x patch deployment.apps/a --type merge --patch='{{"spec":{{"template":{{"spec":{CONTAINER}}}}}}}'""", True),
        ("kubectl patch pods a -p 'spec:\n  containers:\n  - {name: c, securityContext: {privileged: true}}\n'", True),
        (f"""kubectl patch ds a -p '{{"spec":{{"template":{{"spec":{CONTAINER.replace("true", "false")}}}}}}}'""", False),
        (f"""kubectl patch service a -p '{{"spec":{{"template":{{"spec":{CONTAINER}}}}}}}'""", False),
        ("""kubectl patch ds a --type=json -p '[{"op":"remove","path":"/spec/privileged"}]'""", False),
        (f"""echo kubectl patch ds a -p '{{"spec":{{"template":{{"spec":{CONTAINER}}}}}}}'""", False),
        ("kubectl patch ds a -p \"$PATCH\" # privileged: true", False),
    ],
)  # fmt: skip
def test_a_patch_says_something_of_an_objects_pods(tmp_path: Path, command: str, expected: bool) -> None:
    (tmp_path / "x.sh").write_text(f"#!/bin/sh\n{command}\n")
    found = scan(Options(paths=(tmp_path,), root=tmp_path)).findings
    assert [(each.rule.id, each.span.line) for each in found] == [
        ("privileged-container", 4 if "\n" in command else 2)
    ] * expected
