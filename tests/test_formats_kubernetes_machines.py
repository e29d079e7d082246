"""Machines that Kubernetes' objects make: what these are given is read by the formats of machines."""

from __future__ import annotations

import base64
import gzip

import pytest

from dindguard import Options, scan
from manifests import read
from support import write_files

USER_DATA = "#cloud-config\nruncmd: [docker ps]\n"
ENCODED = base64.b64encode(USER_DATA.encode()).decode()
COMPRESSED = base64.b64encode(gzip.compress(b"docker ps\n", mtime=0)).decode()
VOLUME = "volumes: [{{name: v, {source}: {{{given}}}}}]"


def manifest(kind: str, spec: str, group: str, version: str = "v1") -> str:
    return f"apiVersion: {group}/{version}\nkind: {kind}\nmetadata: {{name: m}}\nspec: {spec}\n"


def in_templates(spec: str) -> str:
    return f"{{template: {{spec: {{{spec}}}}}}}"


def handed_on(tmp_path, text: str) -> list[tuple[str, str]]:
    reading = read(tmp_path, text)
    assert not reading.unread
    return [(each.source.hint, each.source.text) for each in reading.embedded]


@pytest.mark.parametrize("source", ["cloudInitNoCloud", "cloudInitConfigDrive"])
@pytest.mark.parametrize(
    "given", [f"userData: {USER_DATA!r}".replace("'", '"'), f"userDataBase64: {ENCODED}"], ids=["plain", "encoded"]
)
def test_user_data_of_virtual_machines(tmp_path, source, given):
    volume = VOLUME.format(source=source, given=given)
    whole = [("user-data", USER_DATA)]
    assert handed_on(tmp_path, manifest("VirtualMachine", in_templates(volume), "kubevirt.io")) == whole
    assert handed_on(tmp_path, manifest("VirtualMachineInstance", f"{{{volume}}}", "kubevirt.io")) == whole
    pool = f"{{virtualMachineTemplate: {{spec: {in_templates(volume)}}}}}"
    assert handed_on(tmp_path, manifest("VirtualMachinePool", pool, "pool.kubevirt.io")) == whole


def test_a_virtual_machine_without_user_data_gives_nothing(tmp_path):
    volumes = "volumes: [{name: v, cloudInitNoCloud: {secretRef: {name: s}}}, {name: w, containerDisk: {image: x}}]"
    assert handed_on(tmp_path, manifest("VirtualMachine", in_templates(volumes), "kubevirt.io")) == []


FILES = "files: [{{path: /etc/docker/daemon.json, {content}}}]"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("preKubeadmCommands: [docker ps]", [("shell", "docker ps")]),
        ("postKubeadmCommands: [docker ps, ls]", [("shell", "docker ps"), ("shell", "ls")]),
        (FILES.format(content='content: "{}"'), [("/etc/docker/daemon.json", "{}")]),
        (FILES.format(content=f"encoding: base64, content: {ENCODED}"), [("/etc/docker/daemon.json", USER_DATA)]),
        (
            FILES.format(content=f"encoding: gzip+base64, content: {COMPRESSED}"),
            [("/etc/docker/daemon.json", "docker ps\n")],
        ),
        (FILES.format(content="encoding: other, content: x"), []),
        (FILES.format(content="contentFrom: {secret: {name: s, key: k}}"), []),
    ],
)
def test_files_and_commands_of_cluster_api(tmp_path, given, expected):
    group, plane = "bootstrap.cluster.x-k8s.io", "controlplane.cluster.x-k8s.io"
    inner = f"kubeadmConfigSpec: {{{given}}}"
    assert handed_on(tmp_path, manifest("KubeadmConfig", f"{{{given}}}", group, "v1beta1")) == expected
    assert handed_on(tmp_path, manifest("KubeadmConfigTemplate", in_templates(given), group, "v1beta1")) == expected
    assert handed_on(tmp_path, manifest("KubeadmControlPlane", f"{{{inner}}}", plane, "v1beta1")) == expected
    assert (
        handed_on(tmp_path, manifest("KubeadmControlPlaneTemplate", in_templates(inner), plane, "v1beta1"))
        == expected
    )


@pytest.mark.parametrize(("address", "found"), [("tcp://0.0.0.0:2375", True), ("unix:///run/docker.sock", False)])
def test_an_engine_that_a_machine_config_opens(tmp_path, address, found):
    unit = f'{{name: docker.service, contents: "[Service]\\nExecStart=/usr/bin/dockerd -H {address}\\n"}}'
    spec = f"{{config: {{ignition: {{version: 3.2.0}}, systemd: {{units: [{unit}]}}}}}}"
    write_files(tmp_path, {"m.yaml": manifest("MachineConfig", spec, "machineconfiguration.openshift.io")})
    report = scan(Options(paths=(str(tmp_path),)))
    assert ("unauthenticated-engine-api" in [each.rule.id for each in report.open]) is found
    assert not [each for each in report.notices if each.kind == "blind-spot"]
