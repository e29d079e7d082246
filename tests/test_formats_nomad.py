"""Nomad: what a job's groups become, in HCL and in the API's JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dindguard.documents import readers, syntax
from dindguard.formats import Document, Reading
from dindguard.formats.nomad import reader
from dindguard.model.container import Container, ContainerKind
from dindguard.model.mount import MountKind
from dindguard.model.workload import WorkloadKind
from dindguard.source import Source
from support import context_of, typed

JOB = (
    'job "web" {{\n  group "front" {{\n    {group}\n    task "app" {{\n      driver = "{driver}"\n'
    "      config {{\n{config}\n      }}\n      {task}\n    }}\n  }}\n}}\n"
)
HOST_VOLUME = 'volume "s" {\n type = "host"\n source = "sock"\n read_only = true\n }'
AGENT = 'client {\n host_volume "sock" {\n path = "%s"\n }\n}\n'


def read(files: dict[str, str]) -> Reading:
    documents = []
    for path, text in files.items():
        source = Source(path, text)
        [content] = readers.reader(syntax.by_name(path))(source).documents
        documents.append(Document(source, content))
    return reader.read(documents, context_of(Path()))


def written(config: str = "", *, group: str = "", task: str = "", driver: str = "docker") -> str:
    return JOB.format(config=config, group=group, task=task, driver=driver)


def job(config: str = "", *, group: str = "", task: str = "", driver: str = "docker") -> Reading:
    return read({"web.nomad": written(config, group=group, task=task, driver=driver)})


def only(found: Reading) -> Container:
    [workload] = found.workloads
    [container] = workload.containers
    return container


def test_a_group_is_placed_together_and_addressed_by_names() -> None:
    found = job('image = "example/app:1"')
    [workload] = found.workloads
    assert (workload.kind, workload.address, workload.name) == (WorkloadKind.TASK, "job.web.front", "web")
    assert only(found).address == "job.web.front.app"
    assert only(found).image is not None


@pytest.mark.parametrize(("mode", "shared"), [("bridge", True), ("cni/own", True), ("host", False), ("none", False)])
def test_tasks_share_a_network_of_the_group(mode: str, shared: bool) -> None:
    found = job(group=f'network {{\n mode = "{mode}"\n }}')
    assert found.workloads[0].shared_network is shared


def test_a_path_that_is_not_absolute_is_the_tasks_own() -> None:
    container = only(job('volumes = ["local/a:/a", "/srv/b:/b:ro", "${NOMAD_TASK_DIR}/c:/c", "../alloc/d:/d"]'))
    kinds = {mount.target.pattern: mount.kind for mount in container.mounts}
    own = MountKind.ANONYMOUS
    assert kinds == {"/a": own, "/b": MountKind.HOST, "/c": own, "/d": own}
    assert {mount.read_only.on for mount in container.mounts if mount.kind is MountKind.HOST} == {True}


def test_a_mount_is_a_volume_unless_it_says_otherwise() -> None:
    container = only(job('mount {\n source = "state"\n target = "/var/lib/docker"\n }'))
    assert [mount.kind for mount in container.mounts] == [MountKind.VOLUME]


def test_old_jobs_list_their_mounts() -> None:
    container = only(job('mounts = [\n { type = "bind", source = "/srv", target = "/srv", readonly = true }\n]'))
    [mount] = container.mounts
    assert (mount.kind, mount.host_path, mount.read_only.on) == (MountKind.HOST, "/srv", True)


def test_devices_are_blocks_of_docker_and_texts_of_podman() -> None:
    docker = only(job('devices = [\n { host_path = "/dev/sda", cgroup_permissions = "r" }\n]'))
    podman = only(job('devices = ["/dev/sda:/dev/sda:r"]', driver="podman"))
    for container in (docker, podman):
        assert [(each.host_path.pattern, each.permissions) for each in container.devices] == [("/dev/sda", "r")]


def test_ports_are_those_that_a_task_names() -> None:
    group = 'network {\n port "api" {\n static = 2376\n to = 2375\n }\n port "other" {}\n }'
    container = only(job('ports = ["api"]', group=group))
    assert [(port.container_port, port.host_port) for port in container.ports] == [(2375, 2376)]
    assert not only(job(group=group)).ports


def test_ports_of_a_shared_network_are_everybodys() -> None:
    container = only(job(group='network {\n mode = "bridge"\n port "api" {\n static = 2375\n }\n }'))
    assert [(port.container_port, port.host_port) for port in container.ports] == [(2375, 2375)]


def test_confinement_of_podman_has_settings_of_its_own() -> None:
    container = only(
        job('apparmor_profile = "unconfined"\nselinux_opts = ["disable"]\nuserns = "host"', driver="podman")
    )
    assert container.confinement.apparmor is not None
    assert [text.pattern for text in container.confinement.selinux] == ["disable"]
    assert container.namespaces.user is not None


def test_a_file_that_a_template_writes_has_the_name_that_the_container_knows() -> None:
    found = job(
        'volumes = ["local/engine:/etc/docker/daemon.json"]',
        task='template {\n destination = "local/engine"\n data = <<EOT\n{"hosts": []}\nEOT\n }',
    )
    [embedded] = found.embedded
    assert embedded.source.hint == "daemon.json"
    assert embedded.owner == only(found)


def test_a_task_of_the_machine_runs_its_words_without_a_shell() -> None:
    found = job('command = "docker"\nargs = ["run", "--privileged", "example/app:1"]', driver="raw_exec")
    kinds = [container.kind for workload in found.workloads for container in workload.containers]
    assert kinds == [ContainerKind.SCRIPT, ContainerKind.COMMAND]


def test_a_task_of_another_driver_is_told_as_unread() -> None:
    found = job('pid_mode = "host"', driver="exec")
    assert not found.workloads
    assert [unread.what for unread in found.unread] == ["task of another driver of Nomad's"]


def test_what_a_template_puts_in_is_unknown() -> None:
    container = only(job('image = "example/app:1"\nvolumes = ["[[ .socket ]]:/var/run/docker.sock"]'))
    [mount] = container.mounts
    assert mount.source is None or mount.source.unknown


def test_a_task_has_a_limit_even_if_it_asks_for_none() -> None:
    assert only(job()).limits.memory is not None
    container = only(job(task="resources {\n memory = 512\n }"))
    assert container.limits.memory is not None
    assert container.limits.memory.pattern == "512"


def test_volumes_of_the_machine_are_where_an_agent_has_them() -> None:
    text = written(group=HOST_VOLUME, task='volume_mount {\n volume = "s"\n destination = "/s"\n }')
    [mount] = only(read({"web.nomad": text, "a.hcl": AGENT % "/run/docker.sock"})).mounts
    assert (mount.host_path, mount.read_only.on) == ("/run/docker.sock", True)
    assert mount.source is not None
    assert typed(AGENT % "/run/docker.sock", mount.source.span) == '"/run/docker.sock"'
    differing = {"a.hcl": AGENT % "/run/docker.sock", "b.hcl": AGENT % "/srv"}
    [mount] = only(read({"web.nomad": text, **differing})).mounts
    assert mount.kind is MountKind.VOLUME


def test_the_api_says_the_same() -> None:
    text = json.dumps(
        {
            "Job": {
                "ID": "web",
                "TaskGroups": [
                    {
                        "Name": "front",
                        "Networks": [{"Mode": "bridge", "ReservedPorts": [{"Label": "api", "Value": 2375}]}],
                        "Volumes": {"s": {"Type": "csi", "Source": "state", "ReadOnly": True}},
                        "Tasks": [
                            {
                                "Name": "app",
                                "Driver": "docker",
                                "User": "root",
                                "Env": {"A": "b"},
                                "Config": {"image": "example/app:1", "mount": [{"target": "/x", "type": "tmpfs"}]},
                                "VolumeMounts": [{"Volume": "s", "Destination": "/s"}],
                                "Resources": {"MemoryMB": 128},
                            }
                        ],
                    }
                ],
            }
        }
    )
    found = read({"web.json": text})
    container = only(found)
    assert container.address == "job.web.front.app"
    assert found.workloads[0].shared_network
    assert [port.host_port for port in container.ports] == [2375]
    assert [mount.kind for mount in container.mounts] == [MountKind.TMPFS, MountKind.VOLUME]
    assert container.environment["A"] is not None
    assert container.limits.memory is not None


def test_an_agent_alone_starts_nothing() -> None:
    assert not read({"agent.hcl": "client {\n enabled = true\n}\n"}).workloads
