"""ECS task definitions: as registered, in CloudFormation, and in Terraform."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dindguard import Options, Report, scan
from support import write_files

SOCKET = "/var/run/docker.sock"


def report_of(tmp_path: Path, files: dict[str, str]) -> Report:
    write_files(tmp_path, files)
    return scan(Options(paths=(tmp_path,), root=tmp_path))


def found(report: Report) -> list[tuple[str, str, int]]:
    return [(each.rule.id, each.span.path, each.span.line) for each in report.findings]


def definition(container: dict[str, Any], **task: Any) -> str:
    return json.dumps({"containerDefinitions": [{"name": "a", "image": "b", **container}], **task})


def test_everything_a_container_is_given(tmp_path: Path) -> None:
    text = definition(
        {
            "command": ["sh", "-c", "docker run --privileged x"],
            "dependsOn": [{"containerName": "b", "condition": "HEALTHY"}],
            "dockerSecurityOptions": ["apparmor:unconfined"],
            "environment": [{"name": "DOCKER_HOST", "value": "tcp://b:2375"}],
            "linuxParameters": {
                "capabilities": {"add": ["SYS_ADMIN"], "drop": ["MKNOD"]},
                "devices": [{"hostPath": "/dev/fuse", "permissions": ["read"]}],
                "initProcessEnabled": True,
                "tmpfs": [{"containerPath": "/t", "size": 1}],
            },
            "portMappings": [{"containerPort": 2375, "hostPort": 0}],
            "mountPoints": [
                {"sourceVolume": "v", "containerPath": "/v"},
                {"sourceVolume": "e", "containerPath": "/e"},
                {"sourceVolume": "d", "containerPath": "/d"},
            ],
        },
        family="f",
        pidMode="host",
        volumes=[
            {"name": "v", "host": {"sourcePath": "/srv"}},
            {"name": "e", "efsVolumeConfiguration": {"fileSystemId": "x"}},
            {
                "name": "d",
                "dockerVolumeConfiguration": {"driverOpts": {"type": "none", "o": "bind", "device": "/run"}},
            },
        ],
    )
    container, inner = report_of(tmp_path, {"task.json": text}).model.containers
    assert container.address == "tasks.f.containers.a"
    assert container.workload.label == "task 'f'"
    assert container.confinement.apparmor is not None
    assert container.namespaces.host("pid") is not None
    assert [str(text) for text in container.capabilities.added] == ["SYS_ADMIN"]
    assert [(str(device.host_path), device.permissions) for device in container.devices] == [("/dev/fuse", "r")]
    assert [(port.container_port, port.host_port) for port in container.ports] == [(2375, None)]
    assert [(each.name, each.condition) for each in container.depends_on] == [("b", "healthy")]
    assert container.init.on
    kinds = [(mount.kind.value, mount.target.value, str(mount.host_text or "")) for mount in container.mounts]
    assert kinds == [("host path", "/v", "/srv"), ("volume", "/e", ""), ("volume", "/d", "/run"), ("tmpfs", "/t", "")]
    assert inner.privileged.on


@pytest.mark.parametrize(
    "container",
    [
        {"privileged": True},
        {"dockerSecurityOptions": ["apparmor:unconfined"]},
        {"linuxParameters": {"capabilities": {"add": ["SYS_ADMIN"]}}},
        {"linuxParameters": {"devices": [{"hostPath": "/dev/sda"}]}},
        {"mountPoints": [{"sourceVolume": "s", "containerPath": SOCKET}]},
    ],
)
def test_fargate_refuses_it(tmp_path: Path, container: dict[str, Any]) -> None:
    volumes = [{"name": "s", "host": {"sourcePath": SOCKET}}]
    machine = definition(container, volumes=volumes, requiresCompatibilities=["EC2"])
    assert found(report_of(tmp_path, {"ec2.json": machine}))
    (tmp_path / "ec2.json").unlink()
    serverless = definition(container, volumes=volumes, requiresCompatibilities=["FARGATE"])
    assert not found(report_of(tmp_path, {"fargate.json": serverless}))


def test_a_list_of_containers_does_not_show_its_volumes(tmp_path: Path) -> None:
    mounted = '"memory": ${memory}, "mountPoints": [{"sourceVolume": "s", "containerPath": "%s"}]'
    containers = '[{"name": "a", "image": "b", ' + mounted + "}]"
    report = report_of(tmp_path, {"containers.json.tpl": containers % SOCKET})
    assert found(report) == [("host-engine-socket", "containers.json.tpl", 1)]


def test_what_is_described_has_a_wrapper(tmp_path: Path) -> None:
    text = f'{{"taskDefinition": {definition({"privileged": True})}}}'
    assert found(report_of(tmp_path, {"x.json": text})) == [("privileged-container", "x.json", 1)]


CLOUDFORMATION = """Parameters:
  Full: {Type: String, Default: "%s"}
  Name: {Type: String}
Resources:
  Machine:
    Type: AWS::EC2::Instance
    Metadata: {AWS::CloudFormation::Init: {config: {commands: {a: {command: "docker run --privileged x"}}}}}
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      PidMode: !If [Shared, host, !Ref "AWS::NoValue"]
      ContainerDefinitions:
        - Name: !Sub "a-${Name}"
          Image: b
          Privileged: !Ref Full
          Environment: !If [E, [{Name: A, Value: !Ref Name}], !Ref "AWS::NoValue"]
          MountPoints: [{SourceVolume: s, ContainerPath: /s}]
      Volumes: [{Name: s, Host: {SourcePath: !Ref Name}}]
"""


@pytest.mark.parametrize(("default", "expected"), [("true", [("privileged-container", "x.yaml", 15)]), ("false", [])])
def test_a_task_of_cloudformation(tmp_path: Path, default: str, expected: list[tuple[str, str, int]]) -> None:
    report = report_of(tmp_path, {"x.yaml": CLOUDFORMATION % default})
    assert found(report) == expected
    (container,) = report.model.containers
    assert container.address.startswith("tasks.Task.")
    assert container.environment["A"] is not None
    assert [(spot.path, spot.span and spot.span.line) for spot in report.coverage.blind_spots] == [("x.yaml", 7)]


TERRAFORM = """variable "full" { default = true }
resource "aws_ecs_task_definition" "a" {
  family = "f"
  container_definitions = %s
  volume {
    name      = "s"
    host_path = "/var/run/docker.sock"
  }
}
"""
CONTAINERS = (
    '[{"name": "a", "image": "b", "memory": ${var.memory}, "privileged": ${var.full},'
    ' "mountPoints": [{"sourceVolume": "s", "containerPath": "/s"}]}]'
)


def test_a_heredoc_of_terraform_is_joined_with_the_resource_s_volumes(tmp_path: Path) -> None:
    report = report_of(tmp_path, {"main.tf": TERRAFORM % f"<<EOF\n{CONTAINERS}\nEOF"})
    assert sorted(found(report)) == [("host-engine-socket", "main.tf", 9), ("privileged-container", "main.tf", 5)]


@pytest.mark.parametrize(
    "reference",
    [
        'file("${path.module}/tasks/a.json")',
        'templatefile("./tasks/a.json", { memory = 1 })',
        "data.template_file.t.rendered",
    ],
)
def test_a_file_of_terraform_is_joined_with_the_resource_s_volumes(tmp_path: Path, reference: str) -> None:
    data = 'data "template_file" "t" { template = file("${path.module}/tasks/a.json") }\n'
    containers = CONTAINERS.replace("${var.full}", "false")
    report = report_of(tmp_path, {"m/main.tf": TERRAFORM % reference + data, "m/tasks/a.json": containers})
    assert ("host-engine-socket", "m/main.tf", 7) in found(report)


@pytest.mark.parametrize("reference", ['file("../../x.json")', 'file("missing.json")', "var.containers", "local.x"])
def test_a_file_that_is_not_there_gives_nothing(tmp_path: Path, reference: str) -> None:
    assert not found(report_of(tmp_path, {"main.tf": TERRAFORM % reference}))
