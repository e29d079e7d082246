"""Where an engine keeps its data, on what that lies, and which mounts hold a part of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard import Options, scan
from dindguard.model.engine import Backing, Engine


def engine_of(folder: Path, service: str, volumes: str = "{}") -> Engine:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "compose.yaml").write_text(f"services:\n  engine: {{{service}}}\nvolumes: {volumes}\n")
    (engine,) = scan(Options(paths=(folder,), root=folder)).model.engines
    return engine


@pytest.mark.parametrize(
    ("service", "root"),
    [
        ("image: 'docker:29-dind'", "/var/lib/docker"),
        ("image: 'docker:29-dind-rootless'", "/home/rootless/.local/share/docker"),
        ("image: 'docker:29-dind', command: [--data-root, /data]", "/data"),
        ("image: 'docker:18.06-dind', command: [--graph=/data]", "/data"),
        ("image: 'moby/buildkit:v0.25.0'", "/var/lib/buildkit"),
        ("image: 'moby/buildkit:v0.25.0', command: [--root, /data]", "/data"),
        ("image: 'docker:29-dind', entrypoint: [dockerd-rootless.sh]", None),  # below the home of a user nobody tells
        ("image: 'docker:29-dind', command: [--data-root, '${ROOT}']", None),
    ],
)
def test_where_the_data_lies(tmp_path: Path, service: str, root: str | None) -> None:
    assert engine_of(tmp_path, service).data_root.value == root


BIND = "{data: {driver_opts: {type: none, o: bind, device: /srv/docker}}}"
MEMORY = "{data: {driver_opts: {type: tmpfs, device: tmpfs}}}"
NETWORK = "{data: {driver_opts: {type: nfs, o: 'addr=10.0.0.1', device: ':/docker'}}}"
DOCKER = "image: 'docker:29-dind'"


@pytest.mark.parametrize(
    ("service", "volumes", "backing"),
    [
        (DOCKER, "{}", Backing.ANONYMOUS_VOLUME),
        (f"{DOCKER}, command: [--data-root, /data]", "{}", Backing.CONTAINER_LAYER),
        (f"{DOCKER}, command: [--data-root, '${{ROOT}}']", "{}", Backing.UNKNOWN),
        (f"{DOCKER}, volumes: ['data:/var/lib/docker']", "{data: {}}", Backing.VOLUME),
        (f"{DOCKER}, volumes: ['data:/var/lib/docker']", BIND, Backing.HOST),
        (f"{DOCKER}, volumes: ['data:/var/lib/docker']", MEMORY, Backing.MEMORY),
        (f"{DOCKER}, volumes: ['data:/var/lib/docker']", NETWORK, Backing.NETWORK),
        (f"{DOCKER}, volumes: ['/srv/docker:/var/lib/docker']", "{}", Backing.HOST),
        (f"{DOCKER}, volumes: [/var/lib/docker]", "{}", Backing.ANONYMOUS_VOLUME),
        (f"{DOCKER}, tmpfs: [/var/lib/docker]", "{}", Backing.MEMORY),
        (f"{DOCKER}, runtime: sysbox-runc", "{}", Backing.RUNTIME),
        (f"{DOCKER}, runtime: sysbox-runc, command: [--data-root, /data]", "{}", Backing.CONTAINER_LAYER),
    ],
)
def test_on_what_the_data_lies(tmp_path: Path, service: str, volumes: str, backing: Backing) -> None:
    assert engine_of(tmp_path, service, volumes).backing is backing


@pytest.mark.parametrize(
    ("target", "part"),
    [
        ("/var/lib/docker", False),
        ("/var/lib/docker/", False),
        ("/var/lib/docker/volumes", True),
        ("/var/lib/docker/volumes/", True),
        ("/var/lib", False),
        ("/var/lib/docker-data", False),
        ("${WHERE}", False),
    ],
)
def test_a_mount_below_the_data_holds_a_part_of_it(tmp_path: Path, target: str, part: bool) -> None:
    engine = engine_of(
        tmp_path, f"{DOCKER}, volumes: [{{type: volume, source: data, target: '{target}'}}]", "{data: {}}"
    )
    assert bool(engine.partial_mounts) is part
