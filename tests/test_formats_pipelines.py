"""Drone and Woodpecker, the runners of Gitea and Forgejo, kind's clusters."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard import Options, Report, scan
from support import write_files


def report_of(tmp_path: Path, name: str, text: str) -> Report:
    write_files(tmp_path, {name: text})
    return scan(Options(paths=(tmp_path,), root=tmp_path))


def test_drone_s_volumes_are_joined_by_name(tmp_path: Path) -> None:
    report = report_of(
        tmp_path,
        ".drone.yml",
        """kind: pipeline
name: a
steps:
  - name: s
    image: docker:29-cli
    volumes: [{name: run, path: /var/run}, {name: own, path: /x}]
    environment: {TOKEN: {from_secret: t}, DOCKER_HOST: "tcp://docker:2375"}
    commands: [docker ps]
volumes:
  - name: run
    host: {path: /var/run}
  - name: own
    temp: {}
---
kind: secret
name: t
""",
    )
    (step,) = report.model.containers
    assert [(mount.kind.value, str(mount.source)) for mount in step.mounts] == [
        ("host path", "/var/run"),
        ("volume", "own"),
    ]
    assert step.environment.value("DOCKER_HOST") == "tcp://docker:2375"
    assert "TOKEN" not in step.environment
    assert [call.action for call in step.invocations] == ["ps"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pipeline.yaml", "steps: [{name: gcr.io/cloud-builders/docker, args: [build, .]}]"),
        ("t.yaml", "apiVersion: tekton.dev/v1\nkind: Task\nspec: {steps: [{image: a, privileged: true}]}"),
        (".drone.yml", "kind: signature\nhmac: docker privileged"),
        ("x.yml", "steps: {a: {image: docker, commands: [docker ps], privileged: true}}"),
    ],
)
def test_other_steps_are_none_of_theirs(tmp_path: Path, name: str, text: str) -> None:
    assert not [
        each
        for each in report_of(tmp_path, name, text).model.containers
        if each.kind.value == "step" and name != "t.yaml"
    ]


@pytest.mark.parametrize(
    ("host", "mounted"),
    [
        ("automount", True),
        ("unix:///run/docker.sock", True),
        ('"-"', False),
        ('""', False),
        ("tcp://docker:2376", False),
    ],
)
def test_the_socket_of_a_runner_s_jobs(tmp_path: Path, host: str, mounted: bool) -> None:
    text = f"log: {{}}\nrunner: {{capacity: 1}}\ncontainer: {{network: bridge, docker_host: {host}}}\n"
    (default,) = report_of(tmp_path, "config.yaml", text).model.containers
    assert bool(default.mounts) is mounted


def test_gitea_mounts_the_socket_when_nothing_is_said(tmp_path: Path) -> None:
    text = '# act_runner of Gitea\nlog: {}\nrunner: {}\ncontainer: {network: "", docker_host: ""}\n'
    (default,) = report_of(tmp_path, "config.yaml", text).model.containers
    assert default.mounts[0].target.value == "/var/run/docker.sock"


def test_ports_and_mounts_of_nodes(tmp_path: Path) -> None:
    text = """kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
nodes:
  - role: worker
    extraMounts: [{hostPath: /etc, containerPath: /host/etc, readOnly: true}]
    extraPortMappings: [{containerPort: 2375, hostPort: 2375, listenAddress: 127.0.0.1}]
"""
    (node,) = report_of(tmp_path, "kind.yaml", text).model.containers
    assert node.label == "cluster node 'worker 1'"
    assert node.mounts[0].read_only.on
    assert node.ports[0].loopback
