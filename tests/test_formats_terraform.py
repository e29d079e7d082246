"""Terraform modules: containers, pods and tasks that resources make, and scripts that machines are given."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from dindguard import Options, Report, scan
from support import write_files


def report_of(tmp_path: Path, **files: str) -> Report:
    (tmp_path / ".git").mkdir()
    write_files(tmp_path, {name.replace("__", "/").replace("_dot_", "."): text for name, text in files.items()})
    return scan(Options(paths=(tmp_path,)))


def rules(report: Report) -> list[tuple[str, int]]:
    return sorted((finding.rule.id, finding.span.line) for finding in report.findings)


def test_a_container_in_all_its_attributes(tmp_path: Path) -> None:
    report = report_of(
        tmp_path,
        main_dot_tf="""resource "docker_container" "c" {
  name         = "web"
  image        = "example/web:${var.tag}"
  command      = ["serve", "--port", "80"]
  user         = "root"
  network_mode = "host"
  pid_mode     = "host"
  security_opts = ["seccomp=unconfined"]
  capabilities { add = ["SYS_ADMIN"] }
  devices { host_path = "/dev/sda" }
  mounts {
    type   = "bind"
    source = "/etc"
    target = "/host/etc"
    read_only = true
  }
  volumes {
    volume_name    = "data"
    container_path = "/data"
  }
  env = ["A=b=c", var.more]
}
""",
    )
    (container,) = report.model.containers
    assert container.label == "managed container 'web'"
    assert container.image is not None
    assert container.image.repository == "example/web"
    assert [str(word) for word in container.command or ()] == ["serve", "--port", "80"]
    assert (str(container.namespaces.network), str(container.namespaces.pid)) == ("host", "host")
    assert str(container.confinement.seccomp) == "unconfined"
    assert [str(each) for each in container.capabilities.added] == ["SYS_ADMIN"]
    assert [(mount.kind.value, str(mount.source), mount.read_only.on) for mount in container.mounts] == [
        ("volume", "data", False),
        ("host path", "/etc", True),
    ]
    assert container.environment.value("A") == "b=c"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ('variable "p" { default = true }', "on"),
        ('variable "p" { default = false }', "off"),
        ('variable "p" { type = bool }', "unknown"),
        ("", "unknown"),
    ],
)
def test_defaults_decide_and_what_nobody_wrote_is_unknown(tmp_path: Path, given: str, expected: str) -> None:
    body = 'resource "docker_container" "c" {\n  image = "a"\n  privileged = var.p\n}\n'
    (container,) = report_of(tmp_path, main_dot_tf=body, variables_dot_tf=given).model.containers
    assert getattr(container.privileged, expected)


def test_values_of_the_folder_come_before_defaults(tmp_path: Path) -> None:
    files = {
        "main_dot_tf": 'variable "p" { default = true }\nlocals { q = var.p }\n'
        'resource "docker_container" "c" {\n  image = "a"\n  privileged = local.q\n}\n',
        "terraform_dot_tfvars": "p = false\n",
        "other__main_dot_tf": 'resource "docker_container" "d" {\n  image = "a"\n  privileged = local.q\n}\n',
    }
    found = {each.name: each.privileged for each in report_of(tmp_path, **files).model.containers}
    assert found["c"].off
    assert found["d"].unknown, "another folder is another module"


def test_pods_in_blocks_and_in_manifests(tmp_path: Path) -> None:
    report = report_of(
        tmp_path,
        main_dot_tf="""resource "kubernetes_daemonset_v1" "d" {
  metadata { name = "d" }
  spec {
    template {
      spec {
        host_pid = true
        init_container {
          name = "i"
          image = "a"
        }
        container {
          name  = "dind"
          image = "docker:29-dind"
          security_context { privileged = true }
          env {
            name  = "DOCKER_TLS_CERTDIR"
            value = ""
          }
        }
        dynamic "volume" {
          for_each = var.volumes
          content { name = volume.value }
        }
      }
    }
  }
}
resource "kubernetes_manifest" "m" {
  manifest = {
    apiVersion = "v1"
    kind       = "Pod"
    metadata   = { name = "p" }
    spec = { containers = [{ name = "x", image = "a", securityContext = { privileged = true } }] }
  }
}
resource "kubectl_manifest" "k" {
  yaml_body = <<-YAML
    apiVersion: v1
    kind: Pod
    metadata: {name: q}
    spec: {hostPID: true, containers: [{name: y, image: a}]}
  YAML
}
""",
    )
    found = rules(report)
    assert ("privileged-engine", 14) in found
    assert ("host-pid-namespace", 6) in found
    assert ("privileged-container", 33) in found
    assert ("host-pid-namespace", 41) in found


def test_the_runner_module_is_privileged_by_default(tmp_path: Path) -> None:
    source = '  source = "cattle-ops/gitlab-runner/aws"\n'
    first = (
        report_of(tmp_path / "a", main_dot_tf=f'module "r" {{\n{source}}}\n')
        if (tmp_path / "a").mkdir() is None
        else None
    )
    assert first is not None
    assert "privileged-runner" in {finding.rule.id for finding in first.findings}
    (tmp_path / "b").mkdir()
    off = "  runner_worker_docker_options = { privileged = false }\n"
    second = report_of(tmp_path / "b", main_dot_tf=f'module "r" {{\n{source}{off}}}\n')
    assert second.findings == ()


def test_scripts_that_machines_are_given(tmp_path: Path) -> None:
    report = report_of(
        tmp_path,
        main_dot_tf="""resource "aws_instance" "m" {
  user_data = <<-EOT
    #!/bin/bash
    docker run -d --privileged ${var.image}
  EOT
  provisioner "remote-exec" {
    inline = ["docker run --privileged a", "echo docker run --privileged b"]
  }
}
""",
    )
    assert [line for rule, line in rules(report) if rule == "privileged-container"] == [4, 7]


@pytest.mark.parametrize("name", ["x.hcl", "docker-bake.hcl", ".terraform/modules/x/main.tf", "main.tf.md"])
def test_other_files_are_no_module(tmp_path: Path, name: str) -> None:
    write_files(tmp_path, {name: 'resource "docker_container" "c" {\n  image = "a"\n  privileged = true\n}\n'})
    assert scan(Options(paths=(tmp_path,), root=tmp_path)).model.containers == ()


def test_variables_count_in_a_pod_beside_a_text_with_a_dollar(tmp_path: Path) -> None:
    report = report_of(
        tmp_path,
        main_dot_tf="""resource "kubernetes_pod" "p" {
  metadata { name = "p-${var.stage}" }
  spec {
    container {
      name  = "engine"
      image = var.image
      security_context { privileged = true }
    }
  }
}
""",
        variables_dot_tf='variable "image" { default = "docker:29.10.0-dind" }\n',
    )
    assert ("privileged-engine", 7) in rules(report)


def test_files_and_parts_that_machines_are_given(tmp_path: Path) -> None:
    report = report_of(
        tmp_path,
        main_dot_tf="""data "cloudinit_config" "m" {
  part {
    content_type = "text/cloud-config"
    content      = <<-EOT
      #cloud-config
      runcmd:
        - docker run --privileged example/agent:1
    EOT
  }
}
resource "local_file" "m" {
  filename = "out/compose.yaml"
  content  = <<-EOT
    services:
      a: {image: example/agent:1, pid: host}
  EOT
}
resource "incus_instance" "m" {
  config = { "cloud-init.user-data" = base64encode(local.shared) }
}
resource "lxd_instance" "m" {
  config = { "user.user-data" = local.shared }
}
locals {
  shared = <<-EOT
    #cloud-config
    runcmd: [[docker, run, --ipc=host, example/agent:1]]
  EOT
  note = "#!/bin/sh docker run --privileged example/agent:1"
}
output "n" { value = local.note }
""",
    )
    assert rules(report) == [("host-ipc-namespace", 27), ("host-pid-namespace", 15), ("privileged-container", 7)]


@pytest.mark.parametrize("name", ["user_data_base64", "user_data", "custom_data"])
@pytest.mark.parametrize("script", ["#!/bin/sh\n{}\n", "#cloud-config\nruncmd:\n  - {}\n"])
@pytest.mark.parametrize(("flag", "told"), [("--privileged", ["privileged-container"]), ("--read-only", [])])
def test_what_a_machine_is_given_in_base64(
    tmp_path: Path, name: str, script: str, flag: str, told: list[str]
) -> None:
    text = base64.b64encode(script.format(f"docker run {flag} example/agent:1").encode()).decode()
    report = report_of(tmp_path, main_dot_tf=f'resource "aws_instance" "a" {{\n  {name} = "{text}"\n}}\n')
    assert [rule for rule, _ in rules(report)] == told


RUNS = "docker run --privileged alpine"
CONFIG = "#cloud-config"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f'resource "aws_instance" "a" {{ user_data = yamlencode({{ runcmd = ["{RUNS}"] }}) }}', 1),
        (f'resource "aws_instance" "a" {{ user_data = base64encode(jsonencode({{ runcmd = ["{RUNS}"] }})) }}', 1),
        (
            f'resource "aws_instance" "a" {{ user_data = join("\\n", ["{CONFIG}", yamlencode({{ runcmd = ["{RUNS}"] }})]) }}',
            1,
        ),
        (
            f'locals {{ c = {{ runcmd = ["{RUNS}"] }} }}\nresource "aws_instance" "a" {{ user_data = yamlencode(local.c) }}',
            1,
        ),
        (f'data "cloudinit_config" "c" {{ part {{ content = yamlencode({{ bootcmd = ["{RUNS}"] }}) }} }}', 1),
        (f'resource "aws_instance" "a" {{ tags = yamlencode({{ runcmd = ["{RUNS}"] }}) }}', 0),
        (f'resource "aws_instance" "a" {{ user_data = yamlencode({{ notes = ["{RUNS}"] }}) }}', 0),
        (f'locals {{ c = ["{RUNS}"] }}\nresource "x" "a" {{ provisioner "remote-exec" {{ inline = local.c }} }}', 1),
        (f'locals {{ c = ["{RUNS}"] }}\nresource "x" "a" {{ provisioner "remote-exec" {{ inline = local.d }} }}', 0),
        ('locals { c = { p = true } }\nresource "docker_container" "a" { privileged = local.c.p }', 1),
        ('locals { c = { p = false } }\nresource "docker_container" "a" { privileged = local.c.p }', 0),
        ('resource "docker_container" "a" { privileged = tobool("true") }', 1),
    ],
)
def test_what_functions_and_locals_make_is_read(tmp_path: Path, text: str, found: int) -> None:
    report = report_of(tmp_path, main_dot_tf=text + "\n")
    assert [each.rule.id for each in report.findings] == ["privileged-container"] * found


@pytest.mark.parametrize("made", ['lookup(var.a, "p", false)', "try(var.a.p, false)", "var.a ? true : false"])
def test_what_a_function_makes_of_what_nobody_knows_is_undecided(tmp_path: Path, made: str) -> None:
    report = report_of(tmp_path, main_dot_tf=f'resource "docker_container" "a" {{ privileged = {made} }}\n')
    assert not report.findings
    assert [each.message.partition(":")[0] for each in report.notices] == ["privileged-container could not decide"]


@pytest.mark.parametrize(
    ("resource", "found"),
    [
        ('resource "local_file" "f" {\n filename = "/etc/docker/daemon.json"\n content = jsonencode(MADE)\n}', 1),
        (
            'resource "x" "f" { provisioner "file" {\n destination = "/etc/docker/daemon.json"\n content = jsonencode(MADE)\n} }',
            1,
        ),
        ('resource "local_file" "f" {\n filename = "/etc/other.json"\n content = jsonencode(MADE)\n}', 0),
    ],
)
def test_engines_settings_that_a_function_encodes(tmp_path: Path, resource: str, found: int) -> None:
    report = report_of(tmp_path, main_dot_tf=resource.replace("MADE", '{ hosts = ["tcp://0.0.0.0:2375"] }') + "\n")
    assert [each.rule.id for each in report.findings] == ["unauthenticated-engine-api"] * found


def test_lists_that_are_put_together(tmp_path: Path) -> None:
    text = """resource "docker_container" "c" {
  command = concat(["serve"], ["--port", "80"], var.more)
  env = concat(["A=b"], toset(["DOCKER_HOST=tcp://docker:2375"]))
}
"""
    (container,) = report_of(tmp_path, main_dot_tf=text).model.containers
    assert [str(word) for word in container.command or ()][:3] == ["serve", "--port", "80"]
    assert container.environment.value("DOCKER_HOST") == "tcp://docker:2375"


def test_locals_that_need_each_other_come_to_an_end(tmp_path: Path) -> None:
    text = (
        'locals {\n  a = local.b\n  b = local.a\n  c = { d = local.c }\n}\nresource "x" "y" {\n'
        '  user_data = local.a\n  metadata = local.c\n  image = "docker.sock"\n}\n'
    )
    report = report_of(tmp_path, main_dot_tf=text)
    assert report.findings == ()
    assert not report.incomplete


def test_a_task_whose_containers_are_locals(tmp_path: Path) -> None:
    report = report_of(
        tmp_path,
        main_dot_tf="""locals {
  agent = { name = "agent", image = "example/agent:1", privileged = true }
}
resource "aws_ecs_task_definition" "t" {
  family                = "t"
  container_definitions = jsonencode([local.agent])
}
""",
    )
    assert rules(report) == [("privileged-container", 2)]


SOCKET = '{\n host_path = "/var/run/docker.sock"\n container_path = "/s"\n}'
QUESTIONS = (
    ("var.docker ? 1 : 0", "false", "high"),
    ("var.docker ? 1 : 0", "true", "critical"),
    ("var.docker ? 0 : 1", "true", "high"),
    ("var.docker ? 0 : 1", "false", "critical"),
    ("!var.docker ? 1 : 0", "true", "high"),
    ("(var.docker) ? 1 : 0", "false", "critical"),
    ("var.docker == true ? 1 : 0", "false", "high"),
    ("var.docker != false ? 1 : 0", "false", "high"),
    ('var.docker == "on" ? 1 : 0', '"off"', "high"),
    ('var.docker == "on" ? 1 : 0', '"on"', "critical"),
    ("var.docker && var.more ? 1 : 0", "false", "high"),
    ("var.docker || var.more ? 1 : 0", "false", "critical"),
    ("var.docker ? 2 : 1", "false", "critical"),
    ("var.docker", "0", "high"),
    ("var.docker", "2", "critical"),
    ("local.docker ? 1 : 0", "false", "high"),
    ("0", "true", "high"),
    ("1", "true", "critical"),
)


@pytest.mark.parametrize(("asked", "default", "severity"), QUESTIONS)
def test_what_nobody_asks_for_yet_weighs_less(tmp_path: Path, asked: str, default: str, severity: str) -> None:
    variables = (
        f'variable "docker" {{\n default = {default}\n}}\nvariable "more" {{}}\nlocals {{\n docker = var.docker\n}}\n'
    )
    report = report_of(
        tmp_path,
        main_dot_tf=f'{variables}resource "docker_container" "c" {{\n count = {asked}\n image = "a"\n volumes {SOCKET}\n}}\n',
    )
    assert [str(finding.severity) for finding in report.findings] == [severity]


@pytest.mark.parametrize(("default", "severity"), [("false", "high"), ("true", "critical")])
def test_a_dynamic_block_is_there_if_somebody_asks_for_it(tmp_path: Path, default: str, severity: str) -> None:
    dynamic = f'dynamic "volumes" {{\n for_each = var.docker ? [1] : toset([])\n content {SOCKET}\n}}'
    report = report_of(
        tmp_path,
        main_dot_tf=f'variable "docker" {{\n default = {default}\n}}\n'
        f'resource "docker_container" "c" {{\n image = "a"\n {dynamic}\n}}\n',
    )
    (finding,) = report.findings
    assert str(finding.severity) == severity
    assert ("only when 'var.docker', false by default" in str(finding.related)) is (severity == "high")


@pytest.mark.parametrize(("given", "severity"), [("true", "critical"), ("false", "high")])
def test_what_a_file_of_values_asks_for_counts(tmp_path: Path, given: str, severity: str) -> None:
    report = report_of(
        tmp_path,
        main_dot_tf='variable "docker" {\n default = false\n}\n'
        f'resource "docker_container" "c" {{\n count = var.docker ? 1 : 0\n image = "a"\n volumes {SOCKET}\n}}\n',
        terraform_dot_tfvars=f"docker = {given}\n",
    )
    assert [str(finding.severity) for finding in report.findings] == [severity]
