"""What an engine reports, in the shape of its API, for tests without an engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from dindguard.infer import infer
from dindguard.model.container import Container
from dindguard.model.model import Model
from dindguard.reading import read_all
from dindguard.source import Source
from dindguard.working_tree import WorkingTree

ANONYMOUS = "f854049c4288abe5a572861b938b7016407801450c34ca9bdb6aef07142f8ef9"
NAME = "engine.json"


def info(**changes: Any) -> dict[str, Any]:
    """Return what ``docker info`` says on a host that is in order."""
    facts = {
        "ID": "KLQ7:2F3D",
        "Name": "build-1",
        "ServerVersion": "29.10.0",
        "Driver": "overlay2",
        "DockerRootDir": "/var/lib/docker",
        "CgroupVersion": "2",
        "SecurityOptions": ["name=apparmor", "name=seccomp,profile=builtin", "name=cgroupns"],
        "Warnings": None,
        "RegistryConfig": {"InsecureRegistryCIDRs": ["127.0.0.0/8"], "IndexConfigs": {}},
        "HttpProxy": "http://proxy-user:proxy-password@proxy:3128",
    }
    return {**facts, **changes}


def container(name: str = "it", image: str = "tool:1", **changes: Any) -> dict[str, Any]:
    """Return an inspected container that only does what it must; ``HostConfig`` and ``Config`` are merged."""
    host = {
        "NetworkMode": "builds", "RestartPolicy": {"Name": "no", "MaximumRetryCount": 0}, "Privileged": False,
        "CapAdd": None, "SecurityOpt": None, "CgroupnsMode": "private", "IpcMode": "private", "PidMode": "",
        "UsernsMode": "", "Runtime": "runc", "Memory": 0, "PidsLimit": None, "OomScoreAdj": 0,
        "MaskedPaths": ["/proc/kcore"], "ReadonlyPaths": ["/proc/sys"], "Devices": [], "PortBindings": {},
    }  # fmt: skip
    config = {
        "Image": image, "User": "", "Hostname": "0e015206e068", "Env": ["PATH=/usr/bin:/bin"], "Entrypoint": None,
        "Cmd": ["serve"], "Labels": {},
    }  # fmt: skip
    facts = {
        "Id": name.encode().hex().ljust(64, "0"),
        "Name": f"/{name}",
        "State": {"Status": "running", "Running": True},
        "Mounts": [],
        "NetworkSettings": {"Ports": {}, "Networks": {"builds": {"Aliases": [name]}}},
    }
    host.update(changes.pop("HostConfig", {}))
    config.update(changes.pop("Config", {}))
    return {**facts, "HostConfig": host, "Config": config, **changes}


def dind(name: str = "dind", **changes: Any) -> dict[str, Any]:
    """Return an inspected container of the official image, privileged, as its entry point starts it."""
    config = {"Entrypoint": ["dockerd-entrypoint.sh"], "Cmd": [], "Env": ["DOCKER_TLS_CERTDIR=/certs"]}
    config.update(changes.pop("Config", {}))
    host = {"Privileged": True, "SecurityOpt": ["label=disable"], "MaskedPaths": None, "ReadonlyPaths": None}
    host.update(changes.pop("HostConfig", {}))
    return container(name, "docker:29.10.0-dind", HostConfig=host, Config=config, **changes)


def volume(name: str, target: str) -> dict[str, Any]:
    source = f"/var/lib/docker/volumes/{name}/_data"
    return {"Type": "volume", "Name": name, "Source": source, "Destination": target, "Mode": "z", "RW": True}


def bind(source: str, target: str, writable: bool = True, mode: str = "") -> dict[str, Any]:
    return {
        "Type": "bind", "Source": source, "Destination": target, "Mode": mode, "RW": writable,
        "Propagation": "rprivate",
    }  # fmt: skip


def snapshot(*containers: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"info": info(), "version": {}, "containers": list(containers), "networks": [], "volumes": [], **more}


def model_of(document: Any, root: Path) -> Model:
    """Read a document as a scan does."""
    source = Source(NAME, json.dumps(document, indent=1))
    readings, notices = read_all([source], WorkingTree(root))
    assert not notices, notices
    return infer(readings)


def only(document: Any, root: Path) -> Container:
    (found,) = model_of(document, root).containers
    return found
