"""Home Assistant's apps: what their settings make of a container."""

from __future__ import annotations

from dindguard.documents import yaml
from dindguard.formats import Context, Document
from dindguard.formats.home_assistant_app import reader
from dindguard.model.container import Container
from dindguard.source import Source

EMPTY = Context(open=lambda _: None, tree=lambda _: None, listing=lambda _: ())
APP = "slug: app\nversion: 1\narch: [amd64]\n"


def app(text: str) -> Container:
    source = Source("config.yaml", APP + text)
    found = reader.read([Document(source, node) for node in yaml.read(source).documents], EMPTY)
    [workload] = found.workloads
    [container] = workload.containers
    return container


def test_what_is_on_is_given() -> None:
    container = app(
        "host_network: true\nhost_pid: true\nhost_ipc: true\nkernel_modules: true\nrealtime: true\nfull_access: true\n"
        "docker_api: true\napparmor: false\nprivileged: [NET_ADMIN]\nenvironment: {A: b}\nimage: 'example/app-{arch}'\n"
    )
    spaces = container.namespaces
    assert None not in (spaces.network, spaces.pid, spaces.ipc)
    assert {text.pattern for text in container.capabilities.added} == {"NET_ADMIN", "SYS_MODULE", "SYS_NICE"}
    assert [text.pattern for text in container.device_rules] == ["a *:* rwm"]
    assert [mount.host_path for mount in container.mounts] == ["/run/docker.sock"]
    assert container.confinement.apparmor is not None
    assert container.environment["A"] is not None
    assert container.image is not None
    assert "app-amd64" in str(container.image)


def test_what_is_off_is_not() -> None:
    container = app("host_network: false\ndocker_api: false\nfull_access: false\napparmor: true\nprivileged: []\n")
    assert not container.mounts
    assert not container.device_rules
    assert container.namespaces.network is None
    assert container.confinement.apparmor is None


def test_one_disk_stands_for_those_that_a_machine_may_have() -> None:
    container = app("devices: [/dev/dri, /dev/sda, /dev/sda1, /dev/nvme0n1, /dev/ttyUSB0]\n")
    assert [device.host_path.pattern for device in container.devices] == ["/dev/dri", "/dev/sda", "/dev/ttyUSB0"]


def test_ports_are_published_where_a_number_says_so() -> None:
    container = app("ports: {80/tcp: 8080, 1900/udp: null}\n")
    assert [(port.container_port, port.host_port) for port in container.ports] == [(80, 8080)]
