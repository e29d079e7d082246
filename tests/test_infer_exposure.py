"""Who can connect to an engine's listeners: each set-up, and the one that differs by a word."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard.scanning import Options, scan
from support import write_files

PLAIN = "image: 'docker:29.10.0-dind', environment: {DOCKER_TLS_CERTDIR: ''}"
LOCAL = "image: 'docker:29.10.0-dind', command: [dockerd, -H, 'tcp://127.0.0.1:2375', --tls=false]"
HIDDEN = "image: 'docker:29.10.0-dind', command: [dockerd, -H, 'tcp://0.0.0.0:${PORT}', --tls=false]"
MATE = "\n  app: {image: 'example/app:1'"


def reaches(folder: Path, name: str, text: str) -> list[tuple[str, str]]:
    root = write_files(folder, {name: text})
    (engine,) = scan(Options(paths=(root,), root=root)).model.engines
    return [(each.reach.name, each.why) for each in engine.exposures]


@pytest.mark.parametrize(
    ("services", "reach"),
    [
        (f"dind: {{{PLAIN}}}", [("INNER", "")]),
        (f"dind: {{{PLAIN}}}{MATE}}}", [("NETWORK", "")]),
        (f"dind: {{{PLAIN}, networks: [back]}}{MATE}, networks: [front]}}", [("INNER", "")]),
        (f"dind: {{{PLAIN}, networks: [back]}}{MATE}, networks: [back]}}", [("NETWORK", "")]),
        (f"dind: {{{PLAIN}, ports: ['2375:2375']}}", [("PUBLISHED", "the port is published here")]),
        (f"dind: {{{PLAIN}, ports: ['127.0.0.1:2375:2375']}}", [("PUBLISHED_LOCALLY", "the port is published here")]),
        (f"dind: {{{PLAIN}, ports: ['2376:2376']}}", [("INNER", "")]),
        (f"dind: {{{HIDDEN}, ports: ['2375:2375']}}", [("INNER", "")]),
        (f"dind: {{{PLAIN}, network_mode: host}}", [("HOST_NETWORK", "it shares the host's network")]),
        (f"dind: {{{LOCAL}, network_mode: host}}", [("PUBLISHED_LOCALLY", "it shares the host's network")]),
        (f"dind: {{{PLAIN}, network_mode: none}}", []),
        (f"dind: {{{LOCAL}}}", []),
        (f"dind: {{{LOCAL}, ports: ['2375:2375']}}", []),
        (f"dind: {{{LOCAL}}}{MATE}}}", []),
        (f"dind: {{{LOCAL}}}{MATE}, network_mode: 'service:dind'}}", [("POD", "")]),
        (f"dind: {{{PLAIN}, network_mode: 'service:app'}}{MATE}, network_mode: host}}",
         [("HOST_NETWORK", "it shares the host's network")]),
    ],
)  # fmt: skip
def test_who_reaches_an_engine_of_a_project(tmp_path: Path, services: str, reach: list[tuple[str, str]]) -> None:
    networks = "networks: {back: {}, front: {}}\n" if "networks" in services else ""
    assert reaches(tmp_path, "compose.yaml", f"services:\n  {services}\n{networks}") == reach


POD = """apiVersion: v1
kind: Pod
metadata: {{name: agent, labels: {{app: agent}}}}
spec:
  containers:
    - {{name: dind, image: 'docker:29.10.0-dind', {settings}}}
{more}
"""
OPEN = "env: [{name: DOCKER_TLS_CERTDIR, value: ''}]"
LOOPBACK = "command: [dockerd, -H, 'tcp://127.0.0.1:2375', --tls=false]"
SERVICE = """---
apiVersion: v1
kind: Service
metadata: {name: engine}
spec: {type: TYPE, selector: {app: agent}, ports: [{port: 2375}]}
"""
POLICY = """---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: closed}
spec: {podSelector: {matchLabels: {app: agent}}, policyTypes: [Ingress]INGRESS}
"""
CLOSED = ("POD", "this network policy lets nobody else in")
ADMITTED = ("ADMITTED", "this network policy admits callers")


@pytest.mark.parametrize(
    ("settings", "more", "reach"),
    [
        (OPEN, "", [("CLUSTER", "")]),
        (LOOPBACK, "", []),
        (LOOPBACK, "    - {name: app, image: 'example/app:1'}\n", [("POD", "")]),
        (OPEN, SERVICE.replace("TYPE", "ClusterIP"), [("CLUSTER", "a Service opens the port here")]),
        (OPEN, SERVICE.replace("TYPE", "NodePort"), [("PUBLISHED", "the port is published here")]),
        (OPEN, SERVICE.replace("TYPE", "LoadBalancer"), [("PUBLISHED", "the port is published here")]),
        (OPEN, POLICY.replace("INGRESS", ""), [CLOSED]),
        (OPEN, POLICY.replace("INGRESS", ", ingress: []"), [CLOSED]),
        (OPEN, POLICY.replace("INGRESS", ", ingress: [{}]"), [("CLUSTER", "")]),
        (OPEN, POLICY.replace("INGRESS", ", ingress: [{from: [{podSelector: {matchLabels: {app: ci}}}]}]"), [ADMITTED]),
        (OPEN, POLICY.replace("INGRESS", "").replace("app: agent", "app: other"), [("CLUSTER", "")]),
        (OPEN, SERVICE.replace("TYPE", "ClusterIP") + POLICY.replace("INGRESS", ""), [CLOSED]),
        (LOOPBACK, "    - {name: app, image: 'example/app:1'}\n" + POLICY.replace("INGRESS", ""), [("POD", "")]),
    ],
)  # fmt: skip
def test_who_reaches_an_engine_of_a_pod(
    tmp_path: Path, settings: str, more: str, reach: list[tuple[str, str]]
) -> None:
    assert reaches(tmp_path, "pod.yaml", POD.format(settings=settings, more=more)) == reach


@pytest.mark.parametrize(
    ("run", "reach"),
    [
        ("dockerd -H tcp://0.0.0.0:2375", [("HOST_NETWORK", "")]),
        ("dockerd -H tcp://127.0.0.1:2375", [("PUBLISHED_LOCALLY", "")]),
        ("dockerd -H unix:///var/run/docker.sock", []),
    ],
)
def test_who_reaches_a_machines_engine(tmp_path: Path, run: str, reach: list[tuple[str, str]]) -> None:
    assert reaches(tmp_path, "start.sh", f"#!/bin/sh\n{run} &\n") == reach


@pytest.mark.parametrize(
    ("command", "reach"),
    [
        ('["dockerd", "-H", "tcp://0.0.0.0:2375"]', [("IMAGE", "")]),
        ('["dockerd", "-H", "tcp://127.0.0.1:2375"]', []),
    ],
)
def test_who_reaches_the_engine_of_an_image_is_told_by_who_starts_it(
    tmp_path: Path, command: str, reach: list[tuple[str, str]]
) -> None:
    assert reaches(tmp_path, "Dockerfile", f"FROM ubuntu:24.04\nCMD {command}\n") == reach
