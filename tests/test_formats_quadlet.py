"""Quadlet: what Podman's generator would make of the units of a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard import Options, Report, Severity, scan
from dindguard.model.container import Container
from support import write_files


def report_of(tmp_path: Path, files: dict[str, str]) -> Report:
    write_files(tmp_path, files)
    return scan(Options(paths=(tmp_path,), root=tmp_path))


def container(tmp_path: Path, body: str, path: str = "web.container") -> Container:
    (found,) = report_of(tmp_path, {path: f"[Container]\nImage=docker\n{body}"}).model.containers
    return found


@pytest.mark.parametrize(
    ("body", "state"),
    [
        ("PodmanArgs=--privileged", True), ("PodmanArgs=--privileged=false", False), ("Privileged=true", False),
        ("PodmanArgs=--privileged\nPodmanArgs=", False), ("PodmanArgs=\nPodmanArgs=--cpus 2 --privileged", True),
        ("#PodmanArgs=--privileged", False), ("Exec=run --privileged", False), ("PodmanArgs=--label \\\n --privileged", False),
        ("[Service]\nPodmanArgs=--privileged", False), ("PodmanArgs=--label a \\\n; no\n --privileged", True),
        ("PodmanArgs=--privileged=$P", None), ("PodmanArgs=--privileged={{p}}", None),
    ],
)  # fmt: skip
def test_privileged_comes_by_podman_s_arguments_alone(tmp_path: Path, body: str, state: bool | None) -> None:
    assert container(tmp_path, body).privileged.state is state


def test_keys_are_options(tmp_path: Path) -> None:
    found = container(
        tmp_path,
        "ContainerName=server\nAddCapability=NET_ADMIN sys_admin\nDropCapability=all\nAddDevice=-/dev/fuse\nNetwork=host\n"
        "SeccompProfile=unconfined\nSecurityLabelDisable=Yes\nNoNewPrivileges=0\nUnmask=ALL\nReadOnly=true\nRunInit=1\n"
        'User=1000\nEnvironment=A=1 "B=2 3"\nPublishPort=127.0.0.1:80:8080\nEntrypoint=/bin/sh -c\nExec=sleep 1\n'
        "Tmpfs=/tmp\nGroupAdd=keep-groups\nMount=type=bind,source=/x,destination=/y\n",
    )
    assert found.name == "server"
    assert [str(each) for each in found.capabilities.added] == ["NET_ADMIN", "sys_admin"]
    assert [str(each.host_path) for each in found.devices] == ["/dev/fuse"]
    assert str(found.namespaces.network) == "host"
    assert str(found.confinement.seccomp) == "unconfined"
    assert [str(each) for each in found.confinement.selinux] == ["disable"]
    assert str(found.confinement.system_paths) == "ALL"
    assert found.read_only_root.on
    assert found.init.on
    assert (found.environment.value("A"), found.environment.value("B")) == ("1", "2 3")
    assert [(port.host_address, port.host_port, port.container_port) for port in found.ports] == [
        ("127.0.0.1", 80, 8080)
    ]
    assert [str(word) for word in found.entrypoint or ()] == ["/bin/sh", "-c"]
    assert [str(word) for word in found.command or ()] == ["sleep", "1"]
    assert {str(mount.target) for mount in found.mounts} == {"/tmp", "/y"}


@pytest.mark.parametrize(
    ("path", "install", "source", "contained"),
    [
        ("etc/containers/systemd/a.container", "default.target", "/run/podman/podman.sock", False),
        ("usr/share/containers/systemd/a.container", "", "/run/podman/podman.sock", False),
        ("etc/containers/systemd/users/a.container", "", "/run/user/*/podman/podman.sock", True),
        ("x/.config/containers/systemd/a.container", "multi-user.target", "/run/user/*/podman/podman.sock", True),
        ("a.container", "default.target", "/run/user/*/podman/podman.sock", True),
        ("a.container", "multi-user.target", "/run/podman/podman.sock", False),
        ("a.container", "default.target multi-user.target", "/run/podman/podman.sock", False),
        ("a.container", "", "/run/podman/podman.sock", False),
    ],
)
def test_whose_podman_it_is(tmp_path: Path, path: str, install: str, source: str, contained: bool) -> None:
    found = container(
        tmp_path, f"Volume=%t/podman/podman.sock:/s\nPodmanArgs=--privileged\n[Install]\nWantedBy={install}\n", path
    )
    assert found.mounts[0].host_path == source
    assert (found.user_namespace is not None) is contained


def test_a_user_namespace_of_its_own_makes_privilege_less_grave(tmp_path: Path) -> None:
    files = {"a.container": "[Container]\nImage=example/a:1\nPodmanArgs=--privileged\n"}
    assert [each.severity for each in report_of(tmp_path, files).findings] == [Severity.CRITICAL]
    files["a.container"] += "UserNS=auto\n"
    assert [each.severity for each in report_of(tmp_path, files).findings] == [Severity.MEDIUM]


def test_drop_ins_come_after_their_unit_by_name(tmp_path: Path) -> None:
    report = report_of(
        tmp_path,
        {
            "a.container": "[Container]\nImage=docker:1\nVolume=/a:/a\n",
            "a.container.d/20.conf": "[Container]\nImage=docker:3\nVolume=/c:/c\n",
            "a.container.d/10.conf": "[Container]\nImage=docker:2\nVolume=\nVolume=/b:/b\n",
        },
    )
    (found,) = report.model.containers
    assert str(found.image) == "docker:3"
    assert [str(mount.source) for mount in found.mounts] == ["/b", "/c"]
    assert found.mounts[1].span.path == "a.container.d/20.conf"


def test_the_members_of_a_pod_share_its_network(tmp_path: Path) -> None:
    report = report_of(
        tmp_path,
        {
            "p.pod": "[Pod]\nNetwork=host\nVolume=/x:/x\n",
            "a.container": "[Container]\nImage=docker\nPod=p.pod\n",
            "b.container": "[Container]\nImage=docker\nPod=other.pod\nNetwork=n.network\n",
            "n.network": "[Network]\nInternal=true\nSubnet=10.1.0.0/24\n",
        },
    )
    workloads = {workload.address: workload for workload in report.model.workloads}
    assert [each.name for each in workloads["pods.p"].containers] == ["p", "a"]
    assert workloads["pods.p"].shared_network
    assert str(workloads["pods.p"].containers[0].namespaces.network) == "host"
    (network,) = workloads["containers"].networks
    assert (network.name, network.internal) == ("n.network", True)


def test_a_volume_that_is_a_folder_of_the_host(tmp_path: Path) -> None:
    report = report_of(
        tmp_path,
        {
            "run.volume": "[Volume]\nType=bind\nDevice=/var/run\n",
            "a.container": "[Container]\nImage=example/a:1\nVolume=run.volume:/s\n",
        },
    )
    assert [each.rule.id for each in report.findings] == ["host-engine-socket"]


def test_commands_of_the_service_are_read(tmp_path: Path) -> None:
    report = report_of(
        tmp_path,
        {"a.container": "[Container]\nImage=a\n[Service]\nExecStartPre=/usr/bin/podman run --privileged b\n"},
    )
    assert [(each.rule.id, each.span.line) for each in report.findings] == [("privileged-container", 4)]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.container", "--privileged\n"), ("eth.network", "[Match]\nName=docker\n[Network]\nDHCP=yes\n"),
        ("a.pod", "docker = 1\n"), ("a.volume", ""), ("a.container", "[Container]\ndocker\n=x\nImage\nVolume=::\n"),
        ("a.kube", "[Kube]\nYaml=a.yml\n"), ("container.d/x.conf", "[Container]\nImage=a\n"),
    ],
)  # fmt: skip
def test_what_is_none_and_nonsense(tmp_path: Path, path: str, text: str) -> None:
    report = report_of(tmp_path, {path: text})
    assert not report.findings
    assert not report.incomplete


def test_what_is_not_understood_is_still_told(tmp_path: Path) -> None:
    report = report_of(
        tmp_path,
        {
            "a.kube": "[Kube]\nYaml=a.yml\nPodmanArgs=--privileged\n",
            "b.container": "docker run --privileged b\n",
        },
    )
    assert {spot.path for spot in report.coverage.blind_spots} == {"a.kube", "b.container"}


def test_an_image_that_another_unit_pulls_or_builds(tmp_path: Path) -> None:
    report = report_of(
        tmp_path,
        {
            "q/pulled.container": "[Container]\nImage=engine.image\nPodmanArgs=--privileged\n",
            "q/engine.image": "[Image]\nImage=docker.io/library/docker:29.10.0-dind\n",
            "q/built.container": "[Container]\nImage=own.build\nPodmanArgs=--privileged\n",
            "q/own.build": "[Build]\nImageTag=localhost/own:1\nFile=Containerfile\nSetWorkingDirectory=unit\n",
            "q/Containerfile": 'FROM docker:29.10.0-dind\nENV DOCKER_TLS_CERTDIR=""\n',
            "q/missing.container": "[Container]\nImage=other.image\nPodmanArgs=--privileged\n",
        },
    )
    found = {each.name: each for each in report.model.containers}
    assert str(found["pulled"].image) == "docker.io/library/docker:29.10.0-dind"
    assert found["pulled"].engine is not None
    assert str(found["built"].image) == "localhost/own:1"
    assert found["built"].engine is not None
    assert found["missing"].engine is None


@pytest.mark.parametrize("name", ["meson.build", "disk.image", "a.build"])
def test_files_that_end_like_units_of_images_are_none(tmp_path: Path, name: str) -> None:
    report = report_of(tmp_path, {name: "project('docker')\nrun_command('true')\n"})
    assert report.model.containers == ()
    assert not report.incomplete
