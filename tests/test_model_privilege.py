"""What makes a container root where it runs, what an admission level refuses, and how that is told."""

from __future__ import annotations

import pytest

from build import bind, container, model, on, text, volume
from dindguard.model.container import Container, Namespaces, Sandbox
from dindguard.model.mount import Mount
from dindguard.model.privilege import beyond_baseline, leads_to_host, root_outside
from dindguard.model.values import Flag, How, Text

SOCKET = "/var/run/docker.sock"


def concluded(**fields: object) -> Container:
    (found,) = model(container(**fields)).containers  # type: ignore[arg-type]
    return found


def said(found: Flag | Mount | Text | None) -> str:
    if isinstance(found, Mount):
        return f"mount of {found.host_path}"
    return found.name if isinstance(found, Flag) else str(found or "")


@pytest.mark.parametrize(
    ("fields", "way"),
    [
        ({"image": "example/a:1"}, ""),
        ({"image": "example/a:1", "privileged": on()}, "privileged"),
        ({"image": "example/a:1", "privileged": on(), "runtime": text("kata-qemu")}, ""),
        ({"image": "example/a:1", "privileged": on(), "runtime": text("runc")}, "privileged"),
        ({"image": "example/a:1", "mounts": (bind(SOCKET, SOCKET),)}, "mount of /run/docker.sock"),
        ({"image": "example/a:1", "mounts": (bind("/run/user/1000/docker.sock", SOCKET),)}, ""),
        ({"image": "example/a:1", "mounts": (bind("/srv", "/srv"),)}, ""),
        ({"image": "example/a:1", "env": {"DOCKER_HOST": "tcp://far.example.com:2376"}}, ""),
    ],
)
def test_what_leads_to_the_host(fields: dict[str, object], way: str) -> None:
    assert said(leads_to_host(concluded(**fields))) == way


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        ({}, ""),
        ({"privileged": on()}, "privileged"),
        ({"mounts": (volume("a", "/a"),)}, ""),
        ({"mounts": (volume("a", "/a"), bind("/srv", "/srv"))}, "mount of /srv"),
        ({"namespaces": Namespaces(pid=text("host"))}, "host"),
        ({"namespaces": Namespaces(network=text("host"))}, "host"),
        ({"namespaces": Namespaces(ipc=text("host"))}, "host"),
        ({"namespaces": Namespaces(uts=text("host"))}, ""),
        ({"namespaces": Namespaces(pid=text("service:other"))}, ""),
        ({"namespaces": Namespaces(pid=Text("host", text("x").span, How.INHERITED))}, ""),
    ],
)
def test_what_the_level_baseline_refuses(fields: dict[str, object], refused: str) -> None:
    assert said(beyond_baseline(container("example/a:1", **fields))) == refused


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "root on the host"),
        ({"runtime": text("kata-qemu")}, "root in its virtual machine"),
        ({"runtime": text("runsc")}, "root in gVisor"),
        ({"runtime": text("sysbox-runc")}, "root of its user namespace, with the host's devices before it"),
    ],
)
def test_what_root_is_outside(fields: dict[str, object], words: str) -> None:
    assert root_outside(concluded(image="example/a:1", privileged=on(), **fields)) == words


def test_every_sandbox_has_words() -> None:
    runtimes = {
        "kata": Sandbox.VM,
        "runsc": Sandbox.GVISOR,
        "sysbox-runc": Sandbox.USER_NAMESPACE,
        "crun": Sandbox.NONE,
    }
    assert {name: concluded(image="a", runtime=text(name)).sandbox for name in runtimes} == runtimes
