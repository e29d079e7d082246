"""Whom an address reaches: a neighbour, the host that publishes its port, another project's network, a Service, or nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard.model.engine import Engine
from dindguard.scanning import Options, scan
from support import write_files

DIND = "image: 'docker:29.10.0-dind', privileged: true"


def reached(folder: Path, **files: str) -> list[str]:
    """Return what the container ``app`` reaches: each access in words."""
    root = write_files(folder, {name.replace("__", "/").replace("_dot_", "."): text for name, text in files.items()})
    (app,) = (each for each in scan(Options(paths=(root,), root=root)).model.containers if each.name == "app")
    found = []
    for access in app.accesses:
        whom = (
            f"engine in {access.to.container}"
            if isinstance(access.to, Engine)
            else f"machine {access.to.name or 'here'}"
        )
        found.append(f"{whom} {'uses' if access.uses else 'may use'}")
    return found


def project(address: str, dind: str = "", app: str = "") -> str:
    return (
        f"services:\n  dind: {{{DIND}{dind}}}\n"
        f"  app: {{image: 'docker:29.10.0-cli', environment: {{DOCKER_HOST: '{address}', DOCKER_TLS_VERIFY: '1'}}{app}}}\n"
    )


NEIGHBOUR = ["engine in service 'dind' uses"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (project("tcp://dind:2376"), NEIGHBOUR),
        (project("tcp://dind.default:2376"), NEIGHBOUR),
        (project("tcp://dund:2376"), []),
        (project("tcp://engine:2376", dind=", networks: {default: {aliases: [engine]}}"), NEIGHBOUR),
        (project("tcp://engine:2376", dind=", container_name: engine"), NEIGHBOUR),
        (project("tcp://localhost:2376"), []),
        (project("tcp://localhost:2376", app=", network_mode: 'service:dind'"), NEIGHBOUR),
        (project("tcp://localhost:2376", dind=", network_mode: host", app=", network_mode: host"), NEIGHBOUR),
        (project("tcp://host.docker.internal:2376"), ["machine host.docker.internal uses"]),
        (project("tcp://host.docker.internal:2376", dind=", ports: ['2376:2376']"), NEIGHBOUR),
        (project("tcp://host.docker.internal:2377", dind=", ports: ['2376:2376']"), ["machine host.docker.internal uses"]),
        (project("tcp://172.17.0.1:2376", dind=", ports: ['2376:2376']"), NEIGHBOUR),
        (project("tcp://far.example.com:2376"), ["machine far.example.com uses"]),
        (project("ssh://me@far.example.com"), ["machine me@far.example.com uses"]),
        (project("tcp://10.0.0.9:2376"), ["machine 10.0.0.9 uses"]),
        (project("unix:///var/run/docker.sock"), []),
    ],
)  # fmt: skip
def test_whom_a_service_reaches(tmp_path: Path, text: str, found: list[str]) -> None:
    assert reached(tmp_path, compose_dot_yaml=text) == found


def on_network(name: str, content: str, network: str, *, external: bool = True) -> str:
    outer = f"{{{network}: {{external: true}}}}" if external else f"{{{network}: {{}}}}"
    return f"services:\n  {name}: {{{content}, networks: [{network}]}}\nnetworks: {outer}\n"


CLIENT = "image: 'docker:29.10.0-cli', environment: {DOCKER_HOST: 'tcp://dind:2376', DOCKER_TLS_VERIFY: '1'}"


@pytest.mark.parametrize(
    ("theirs", "ours", "external", "found"),
    [("shared", "shared", True, NEIGHBOUR), ("shared", "other", True, []), ("shared", "shared", False, [])],
)
def test_a_network_that_two_projects_name_joins_them(
    tmp_path: Path, theirs: str, ours: str, external: bool, found: list[str]
) -> None:
    files = {
        "engine__compose_dot_yaml": on_network("dind", DIND, theirs, external=external),
        "client__compose_dot_yaml": on_network("app", CLIENT, ours, external=external),
    }
    assert reached(tmp_path, **files) == found


POD = """apiVersion: v1
kind: Pod
metadata: {name: engine, namespace: ci, labels: {app: engine}}
spec:
  containers:
    - {name: helper, image: 'example/helper:1'}
    - {name: dind, image: 'docker:29.10.0-dind', env: [{name: DOCKER_TLS_CERTDIR, value: ''}]}
---
apiVersion: v1
kind: Service
metadata: {name: engine, namespace: ci}
spec: {selector: {app: engine}, ports: [{port: PORT, targetPort: 2375}]}
---
apiVersion: v1
kind: Pod
metadata: {name: client, namespace: NAMESPACE}
spec:
  containers:
    - {name: app, image: 'docker:29.10.0-cli', env: [{name: DOCKER_HOST, value: 'ADDRESS'}]}
"""


@pytest.mark.parametrize(
    ("address", "port", "namespace", "found"),
    [
        ("tcp://engine:2375", "2375", "ci", ["engine in container 'dind' uses"]),
        ("tcp://engine:80", "80", "ci", ["engine in container 'dind' uses"]),
        ("tcp://engine:80", "9000, targetPort: 9000}, {port: 80", "ci", ["engine in container 'dind' uses"]),
        ("tcp://engine.ci:2375", "2375", "other", ["engine in container 'dind' uses"]),
        ("tcp://engine.ci.svc:2375", "2375", "other", ["engine in container 'dind' uses"]),
        ("tcp://engine.ci.svc.cluster.local:2375", "2375", "other", ["engine in container 'dind' uses"]),
        ("tcp://engine:2376", "2375", "other", []),
        ("tcp://another:2376", "2375", "ci", []),
    ],
)
def test_a_service_of_a_cluster_leads_to_the_engine_among_its_pods(
    tmp_path: Path, address: str, port: str, namespace: str, found: list[str]
) -> None:
    text = POD.replace("PORT", port).replace("NAMESPACE", namespace).replace("ADDRESS", address)
    assert [
        each.replace("container 'dind' of pod 'engine'", "container 'dind'")
        for each in reached(tmp_path, pods_dot_yaml=text)
    ] == found
