"""What makes a client wait for its engine, and what looks like it and does not: each is one word away from the other."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard.model.earlier_calls import EarlierCalls, FileCalls
from dindguard.model.invocation import Invocation, InvocationKind
from dindguard.scanning import Options, scan
from support import write_files

ENGINE = "image: docker:29.10.0-dind, privileged: true"
ASKED = ENGINE + ", healthcheck: {test: [CMD, docker, info]}"
DISABLED = ENGINE + ", healthcheck: {disable: true}"
ADDRESS = "DOCKER_HOST: 'tcp://dind:2376', DOCKER_TLS_VERIFY: '1'"


def told(folder: Path, name: str, content: str) -> list[str]:
    root = write_files(folder, {name: content})
    report = scan(Options(paths=(root,), root=root, select=("engine-not-awaited",)))
    return [finding.message for finding in report.findings]


@pytest.mark.parametrize(
    ("engine", "client", "waits"),
    [
        (ENGINE, "", False),
        (ENGINE, "depends_on: [dind]", False),
        (ENGINE, "depends_on: {dind: {condition: service_started}}", False),
        (ASKED, "depends_on: {dind: {condition: service_started}}", False),
        (ASKED, "depends_on: {dind: {condition: service_healthy}}", True),
        (ASKED, "depends_on: {other: {condition: service_healthy}}", False),
        (ENGINE, "depends_on: {dind: {condition: service_completed_successfully}}", True),
        (ASKED, "depends_on: [dind]", False),
        (DISABLED, "depends_on: [dind]", False),
        (ENGINE, "restart: always", True),
        (ENGINE, "restart: unless-stopped", True),
        (ENGINE, "restart: on-failure", True),
        (ENGINE, "restart: 'on-failure:5'", True),
        (ENGINE, "restart: 'no'", False),
        (ENGINE, "environment: {RUNNER_WAIT_FOR_DOCKER_IN_SECONDS: '60'}", True),
        (ENGINE, "environment: {DOCKER_WAIT_TIMEOUT: '60'}", True),
        (ENGINE, "environment: {RUNNER_WAIT: '60'}", False),
        (ENGINE, "command: sh -c 'until docker info; do sleep 1; done; docker build .'", True),
        (ENGINE, "command: sh -c 'until docker system info; do sleep 1; done; docker build .'", True),
        (ENGINE, "command: sh -c 'until docker version; do sleep 1; done; docker build .'", True),
        (ENGINE, "command: sh -c 'until docker ps; do sleep 1; done; docker build .'", True),
        (ENGINE, "command: sh -c 'docker images; docker build .'", False),
    ],
)
def test_what_makes_a_service_wait(tmp_path: Path, engine: str, client: str, waits: bool) -> None:
    more = "" if "environment" in client else f", environment: {{{ADDRESS}}}"
    client = client.replace("environment: {", f"environment: {{{ADDRESS}, ")
    services = (
        f"services:\n  other: {{image: 'redis:8'}}\n  dind: {{{engine}}}\n  client: {{image: 'docker:29.10.0-cli'"
    )
    text = services + (f", {client}" if client else "") + more + "}\n"
    message = "service 'client' does not wait until the docker engine in service 'dind' answers"
    assert told(tmp_path, "compose.yaml", text) == ([] if waits else [message])


POD = """apiVersion: v1
kind: Pod
metadata: {{name: build}}
spec:
  restartPolicy: {policy}
  initContainers:
    - {{name: dind, image: 'docker:29.10.0-dind', restartPolicy: Always{probe}}}
  containers:
    - {{name: build, image: 'docker:29.10.0-cli', args: [build, .], env: [{{name: DOCKER_HOST, value: 'tcp://localhost:2376'}}]}}
"""
ASKS = "exec: {command: [docker, info]}"


@pytest.mark.parametrize(
    ("policy", "probe", "waits"),
    [
        ("Never", "", False),
        ("Never", f", startupProbe: {{{ASKS}}}", True),
        ("Never", f", readinessProbe: {{{ASKS}}}", False),
        ("Never", f", livenessProbe: {{{ASKS}}}", False),
        ("OnFailure", "", True),
        ("Always", "", True),
    ],
)
def test_what_makes_a_container_of_a_pod_wait(tmp_path: Path, policy: str, probe: str, waits: bool) -> None:
    assert bool(told(tmp_path, "pod.yaml", POD.format(policy=policy, probe=probe))) is not waits


@pytest.mark.parametrize(
    ("between", "waits"),
    [
        ("", False),
        ("docker exec dind docker info", True),
        ("docker exec dind docker version", True),
        ("docker exec dind docker ps", True),
        ("docker exec dind ls", False),
        ("until [ $(docker inspect -f '{{.State.Health.Status}}' dind) = healthy ]; do sleep 1; done", True),
        ("until [ $(docker container inspect -f '{{.State.Running}}' dind) = true ]; do sleep 1; done", True),
        ("docker inspect -f '{{.Health}}' dind", True),
        ("docker inspect -f '{{.Config.Image}}' dind", False),
        ("docker container inspect -f '{{.Config.Image}}' dind", False),
        ("docker image inspect -f '{{.State}}' dind", False),
        ("docker ps", True),
        ("docker images", False),
    ],
)
def test_what_makes_a_script_wait_between_two_starts(tmp_path: Path, between: str, waits: bool) -> None:
    start = "docker run -d --name dind --network ci --privileged docker:29.10.0-dind"
    client = (
        "docker run --network ci -e DOCKER_HOST=tcp://dind:2376 -e DOCKER_TLS_VERIFY=1 docker:29.10.0-cli build ."
    )
    assert bool(told(tmp_path, "ci.sh", f"#!/bin/sh\n{start}\n{between}\n{client}\n")) is not waits


def test_what_a_script_asks_before_the_engine_starts_is_no_waiting(tmp_path: Path) -> None:
    start = "docker run -d --name dind --network ci --privileged docker:29.10.0-dind"
    client = (
        "docker run --network ci -e DOCKER_HOST=tcp://dind:2376 -e DOCKER_TLS_VERIFY=1 docker:29.10.0-cli build ."
    )
    assert told(tmp_path, "ci.sh", f"#!/bin/sh\ndocker ps\n{start}\n{client}\n")


def calls(*actions: str) -> FileCalls:
    from build import span

    return FileCalls(
        Invocation(program="docker", action=action, kind=InvocationKind.ENGINE_CALL, words=(), span=span())
        for action in actions
    )


def is_info(call: Invocation) -> bool:
    return call.action == "info"


def test_calls_are_counted_between_two_places_of_one_file() -> None:
    file = calls("run", "info", "run", "ps")
    assert [file.any_between(start, end, is_info) for start, end in ((0, 1), (0, 2), (1, 2), (2, 4), (3, 1))] == [
        False, True, True, False, False,
    ]  # fmt: skip
    assert EarlierCalls(file, 3).any_since(EarlierCalls(file, 1), is_info)
    assert not EarlierCalls(file, 3).any_since(EarlierCalls(file, 2), is_info)
    assert len(EarlierCalls(file, 3)) == 3


def test_calls_of_another_file_are_none_of_these() -> None:
    file = calls("info", "run")
    assert EarlierCalls(file, 2).any_since(EarlierCalls(calls("run", "run"), 2), is_info)
    assert not EarlierCalls().any_since(EarlierCalls(file, 2), is_info)
    assert len(EarlierCalls()) == 0
