"""``config.toml`` of GitLab Runner: the defaults of jobs, the services, the runner's own engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard.model.container import Container, ContainerKind
from dindguard.model.model import Model
from dindguard.model.mount import Medium, MountKind
from dindguard.model.workload import Platform, Workload, WorkloadKind
from dindguard.scanning import Options, scan

CONFIG = """concurrent = 4
[[runners]]
name = "one"
executor = "docker"
limit = 2
environment = ["DOCKER_TLS_CERTDIR=/certs", "bare"]
pre_build_script = "docker run --privileged alpine"
[runners.docker]
host = "tcp://engine.example.com:2375"
image = "docker:29.10.0"
privileged = true
services_privileged = false
cap_add = ["SYS_ADMIN"]
security_opt = ["seccomp=unconfined"]
volumes = ["/var/run/docker.sock:/var/run/docker.sock:ro", "/cache", "shared:/var/lib/docker"]
network_mode = "host"
memory = "512m"
service_memory = "4g"
[runners.docker.tmpfs]
"/run" = "size=1g"
[[runners.docker.services]]
name = "docker:29.10.0-dind"
alias = "engine"
command = ["--mtu=1400"]
environment = ["DOCKER_TLS_CERTDIR="]

[[runners]]
name = "two"
executor = "kubernetes"
[runners.kubernetes]
privileged = true
runtime_class_name = "kata-qemu"
node_selector = { workload = "ci" }
[[runners.kubernetes.volumes.host_path]]
name = "socket"
mount_path = "/var/run/docker.sock"
[[runners.kubernetes.volumes.empty_dir]]
name = "data"
mount_path = "/var/lib/docker"
medium = "Memory"
[[runners.kubernetes.services]]
name = "docker:29.10.0-dind"
[runners.kubernetes.service_container_security_context]
privileged = false
"""


def model_of(tmp_path: Path, text: str, name: str = "config.toml") -> Model:
    (tmp_path / name).write_text(text, "utf-8")
    report = scan(Options(paths=(tmp_path,), root=tmp_path, untrusted=True))
    assert not report.incomplete, report.notices
    return report.model


@pytest.fixture
def runners(tmp_path: Path) -> dict[str, Workload]:
    found = [each for each in model_of(tmp_path, CONFIG).workloads if each.kind is WorkloadKind.RUNNER]
    return {workload.address: workload for workload in found}


def by_kind(workload: Workload) -> dict[ContainerKind, Container]:
    return {container.kind: container for container in workload.containers}


def test_docker_executor(runners: dict[str, Workload]) -> None:
    workload = runners["runners.one"]
    found = by_kind(workload)
    job, service, runner = (
        found[kind] for kind in (ContainerKind.RUNNER_DEFAULT, ContainerKind.JOB_SERVICE, ContainerKind.RUNNER)
    )
    assert (workload.platform, workload.concurrency.value) == (Platform.GITLAB, "2")
    assert (job.privileged.on, job.privileged.span.line) == (True, 11)
    assert service.privileged.off
    assert service.privileged.span.line == 12
    assert job.capabilities.adding("SYS_ADMIN").span.line == 13
    assert job.confinement.seccomp_off
    assert not service.confinement.seccomp_off
    assert [mount.kind for mount in job.mounts] == [
        MountKind.HOST, MountKind.ANONYMOUS, MountKind.VOLUME, MountKind.TMPFS
    ]  # fmt: skip
    assert job.mounts[0].read_only.on
    assert job.mounts[0].span.column == 12
    assert (job.limits.memory.value, service.limits.memory.value) == ("512m", "4g")
    assert job.namespaces.host("network") is not None
    assert service.namespaces.host("network") is not None
    assert (service.name, service.engine.launch["mtu"].value.value) == ("engine", "1400")
    assert (job.environment.value("DOCKER_TLS_CERTDIR"), service.environment.value("DOCKER_TLS_CERTDIR")) == (
        "/certs", ""
    )  # fmt: skip
    assert job.engine is None, "a job's command is its script"
    assert runner.environment.value("DOCKER_HOST") == "tcp://engine.example.com:2375"


def test_kubernetes_executor(runners: dict[str, Workload]) -> None:
    workload = runners["runners.two"]
    found = by_kind(workload)
    job, service = found[ContainerKind.RUNNER_DEFAULT], found[ContainerKind.JOB_SERVICE]
    assert (workload.platform, workload.concurrency.value) == (Platform.KUBERNETES, "4")
    assert job.privileged.on
    assert service.privileged.off
    assert job.runtime.value == "kata-qemu"
    assert workload.placement.node_selector["workload"].value == "ci"
    assert job.mounts[0].host_path == "/run/docker.sock", "the path on the host is the mount's own, unless written"
    assert job.mounts[1].storage.medium is Medium.MEMORY


def test_a_script_belongs_to_the_job(tmp_path: Path) -> None:
    model = model_of(tmp_path, CONFIG)
    started = [each for each in model.containers if each.kind is ContainerKind.COMMAND]
    assert [(each.span.line, each.privileged.on) for each in started] == [(7, True)]


def test_the_values_of_the_chart_hold_a_configuration(tmp_path: Path) -> None:
    config = "    [[runners]]\n      [runners.kubernetes]\n        privileged = true\n"
    text = f"gitlabUrl: https://gitlab.example\nrunners:\n  config: |\n{config}"
    (job,) = model_of(tmp_path, text, "values.yaml").containers
    assert job.kind is ContainerKind.RUNNER_DEFAULT
    assert (job.privileged.span.line, job.privileged.span.column) == (6, 22)


def test_other_toml_files_are_left_alone(tmp_path: Path) -> None:
    assert not model_of(tmp_path, '[tool.docker]\nprivileged = true\n[[runners]]\nname = "x"\n').workloads


def test_a_faulty_file_says_where(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[[runners]]\nexecutor = "docker\n', "utf-8")
    report = scan(Options(paths=(tmp_path,), root=tmp_path, untrusted=True))
    assert [(notice.kind, notice.span.line) for notice in report.notices] == [("unreadable", 2)]
