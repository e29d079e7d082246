"""Every key that widens what a container may do is part of its approval, whatever the format; what only describes is not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dindguard.audit.redaction import Redaction
from dindguard.audit.snapshot import snapshot
from dindguard.policy import approval
from dindguard.scanning import Options, scan
from policy_tree import write

COMPOSE = """\
configs: {c: {file: ./c}}
services:
  it:
    image: registry.example/runner:1.2
    privileged: true
%s"""
POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: p
%s
spec:
%s
  volumes: [{name: raw, persistentVolumeClaim: {claimName: c}}, {name: tmp, emptyDir: {}}]
  containers:
    - name: it
      image: registry.example/runner:1.2
      securityContext: {privileged: true%s}
%s
"""
DOCKER = """\
concurrent = 1
[[runners]]
  name = "it"
  executor = "docker"
%s
  [runners.docker]
    image = "registry.example/runner:1.2"
    privileged = true
%s
"""
CLUSTER = DOCKER.replace('"docker"', '"kubernetes"').replace("runners.docker", "runners.kubernetes")

LOADERS = [
    "LD_PRELOAD",
    "LD_LIBRARY_PATH",
    "LD_AUDIT",
    "PATH",
    "BASH_ENV",
    "ENV",
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "NODE_OPTIONS",
    "NODE_PATH",
    "PERL5OPT",
    "PERL5LIB",
    "RUBYOPT",
    "RUBYLIB",
    "JAVA_TOOL_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "_JAVA_OPTIONS",
    "CLASSPATH",
    "DOTNET_STARTUP_HOOKS",
    "GIT_SSH_COMMAND",
    "SSL_CERT_FILE",
]

OF_COMPOSE = [
    ("", "gpus: all"),
    ("gpus: [{count: 1}]", "gpus: [{count: all}]"),
    ("gpus: [{device_ids: ['0']}]", "gpus: [{device_ids: ['0', '1']}]"),
    ("", "deploy: {resources: {reservations: {devices: [{driver: nvidia, count: all, capabilities: [gpu]}]}}}"),
    ("", "cgroup_parent: /"),
    ("cgroup_parent: jobs.slice", "cgroup_parent: system.slice"),
    ("read_only: true", ""),
    ("", "sysctls: {net.ipv4.ip_forward: 1}"),
    ("sysctls: [net.ipv4.ip_forward=0]", "sysctls: [net.ipv4.ip_forward=1]"),
    ("", "credential_spec: {file: a.json}"),
    ("isolation: hyperv", "isolation: process"),
    ("", "security_opt: ['writable-cgroups=true']"),
    ("", "security_opt: ['${OPTION}']"),
    ("", "annotations: {run.oci.keep_original_groups: '1'}"),
    ("", "extra_hosts: ['docker:host-gateway']"),
    ("extra_hosts: {docker: 10.0.0.1}", "extra_hosts: {docker: host-gateway}"),
    ("", "external_links: [other]"),
    ("", "post_start: [{command: [sh, -c, id]}]"),
    ("post_start: [{command: [sh, -c, id], user: app}]", "post_start: [{command: [sh, -c, id], user: root}]"),
    ("post_start: [{command: [a, b]}]", "post_start: [{command: [b, a]}]"),
    ("", "pre_stop: [{command: [a]}]"),
    ("", "configs: [{source: c, target: /etc/docker/daemon.json}]"),
    ("", "tmpfs: [/run]"),
    ("", "volumes: [{type: bind, source: /srv, target: /srv}]"),
    ("build: {context: .}", "build: {context: ., ssh: [default]}"),
    ("build: {context: .}", "build: {context: ., secrets: [s]}"),
    ("build: {context: .}", "build: {context: ., additional_contexts: {a: /etc}}"),
    *((f"environment: {{{name}: /a}}", f"environment: {{{name}: /b}}") for name in LOADERS),
]
NOT_OF_COMPOSE = [
    ("", "labels: {gpus: all}"),
    ("", "# gpus: all"),
    ("gpus: all", "gpus: all  # since today"),
    ("sysctls: {a.b: 1, c.d: 2}", "sysctls: {c.d: 2, a.b: 1}"),
    ("sysctls: {a.b: 1}", "sysctls:\n      a.b: 1"),
    ("", "environment: {MY_LD_PRELOAD: a, PYTHONUNBUFFERED: '1', NODE_ENV: test}"),
    ("", "stop_signal: SIGINT"),
    ("", "deploy: {resources: {limits: {cpus: '1'}}}"),
    ("", "logging: {driver: journald}"),
    ("", "x-gpus: all"),
]
# metadata, the pod's own, the security context's, the container's
OF_A_POD = [
    (("", "", "", ""), ("", "  serviceAccountName: admin", "", "")),
    (("", "  serviceAccountName: a", "", ""), ("", "  serviceAccountName: b", "", "")),
    (("", "  automountServiceAccountToken: false", "", ""), ("", "  automountServiceAccountToken: true", "", "")),
    (("", "", "", ""), ("", "  shareProcessNamespace: true", "", "")),
    (("", "", "", ""), ("", "  tolerations: [{operator: Exists}]", "", "")),
    (("", "  nodeSelector: {pool: ci}", "", ""), ("", "", "", "")),
    (("", "", "", ""), ("", "  nodeName: control-plane-1", "", "")),
    (("", "", "", ""), ("", "  securityContext: {sysctls: [{name: kernel.msgmax, value: '1'}]}", "", "")),
    (("", "", "", ""), ("", "  hostAliases: [{ip: 10.0.0.1, hostnames: [docker]}]", "", "")),
    (("", "", "", ""), ("", "  resourceClaims: [{name: gpu, resourceClaimName: c}]", "", "")),
    (("", "", "", ""), ("", "", ", windowsOptions: {gmsaCredentialSpecName: a}", "")),
    (("", "", ", readOnlyRootFilesystem: true", ""), ("", "", "", "")),
    (("", "", "", ""), ("", "", "", "      resources: {limits: {nvidia.com/gpu: 1}}")),
    (
        ("", "", "", "      resources: {limits: {a.b/kvm: 1}}"),
        ("", "", "", "      resources: {limits: {a.b/kvm: 2}}"),
    ),
    (("", "", "", ""), ("", "", "", "      resources: {claims: [{name: gpu}]}")),
    (("", "", "", ""), ("", "", "", "      lifecycle: {postStart: {exec: {command: [sh]}}}")),
    (("", "", "", ""), ("", "", "", "      volumeDevices: [{name: raw, devicePath: /dev/xvda}]")),
    (("", "", "", ""), ("", "", "", "      env: [{name: LD_PRELOAD, value: /a.so}]")),
    (("", "", "", ""), ("  annotations: {io.katacontainers.config.hypervisor.path: /x}", "", "", "")),
]
NOT_OF_A_POD = [
    (("", "", "", ""), ("  annotations: {checksum/config: abc}", "", "", "")),
    (("", "", "", ""), ("  labels: {gpu: all}", "", "", "")),
    (("", "", "", ""), ("", "  priorityClassName: low", "", "")),
    (("", "  nodeSelector: {a: b, c: d}", "", ""), ("", "  nodeSelector: {c: d, a: b}", "", "")),
    (("", "", "", ""), ("", "", "", "      resources: {limits: {memory: 1Gi, cpu: 1}}")),
    (("", "", "", ""), ("", "", "", "      # lifecycle: {postStart: {exec: {command: [sh]}}}")),
]
OF_A_DOCKER_RUNNER = [
    ("", 'gpus = "all"'),
    ("", 'service_gpus = "all"'),
    ("", 'ipcmode = "host"'),
    ("", 'cgroup_parent = "/"'),
    ("", 'volumes_from = ["other"]'),
    ("", 'extra_hosts = ["docker:10.0.0.1"]'),
    ("", 'links = ["docker:docker"]'),
    ("", 'helper_image = "other/helper"'),
    ("", 'volume_driver = "x"'),
    ("", 'device_cgroup_rules = ["b *:* rwm"]'),
    ("", 'devices = ["/dev/kvm"]'),
    ('allowed_images = ["ruby:*"]', ""),
    ('allowed_privileged_images = ["docker:dind"]', 'allowed_privileged_images = ["docker:dind", "*"]'),
    ('allowed_services = ["a"]', 'allowed_services = ["a", "b"]'),
    ("", '[runners.docker.sysctls]\n"net.ipv4.ip_forward" = "1"'),
    ("", '[runners.docker.services_devices]\n"docker:*" = ["/dev/fuse"]'),
    ('host = "tcp://a:2376"', 'host = "tcp://b:2376"'),
]
NOT_OF_A_DOCKER_RUNNER = [
    ("", 'pull_policy = ["always"]'),
    ("", "shm_size = 10"),
    ("", 'wait_for_services_timeout = 30  # gpus = "all"'),
    ("", '[runners.docker.container_labels]\n"gpus" = "all"'),
]
OF_A_CLUSTERS_RUNNER = [
    ("", 'service_account = "admin"'),
    ("", 'service_account_overwrite_allowed = ".*"'),
    ("", 'namespace_overwrite_allowed = ".*"'),
    ("", "bearer_token_overwrite_allowed = true"),
    ("", 'pod_annotations_overwrite_allowed = ".*"'),
    ("", "allow_privilege_escalation = true"),
    ("", "automount_service_account_token = true"),
    ("", '[runners.kubernetes.node_tolerations]\n"a=b" = "NoSchedule"'),
    ('[runners.kubernetes.node_selector]\n"pool" = "ci"', ""),
    ("", '[[runners.kubernetes.pod_spec]]\nname = "a"\npatch = "{hostPID: true}"\npatch_type = "merge"'),
    ("", "[runners.kubernetes.pod_security_context]\nsupplemental_groups = [999]"),
    ('allowed_images = ["ruby:*"]', ""),
]
NOT_OF_A_CLUSTERS_RUNNER = [
    ("", "poll_timeout = 10"),
    ("", '[runners.kubernetes.pod_labels]\n"a" = "b"'),
    ("", 'cpu_request = "1"'),
]


def profile(folder: Path, name: str, text: str, address: str = "") -> dict[str, Any]:
    (folder / ".git").mkdir(exist_ok=True)
    write(folder, name, text)
    report = scan(Options(paths=(folder,)))
    (found,) = (each for each in report.model.containers if each.address.endswith(address or ".it"))
    return approval.content(found)


def of_compose(folder: Path, setting: str) -> dict[str, Any]:
    return profile(folder, "compose.yaml", COMPOSE % (f"    {setting}\n" if setting else ""))


@pytest.mark.parametrize(("one", "other"), OF_COMPOSE)
def test_a_services_key_that_widens_it(tmp_path: Path, one: str, other: str) -> None:
    assert of_compose(tmp_path, one) != of_compose(tmp_path, other)


@pytest.mark.parametrize(("one", "other"), NOT_OF_COMPOSE)
def test_a_services_key_that_does_not(tmp_path: Path, one: str, other: str) -> None:
    assert of_compose(tmp_path, one) == of_compose(tmp_path, other)


@pytest.mark.parametrize(("one", "other"), OF_A_POD)
def test_a_pods_key_that_widens_it(tmp_path: Path, one: tuple[str, ...], other: tuple[str, ...]) -> None:
    assert profile(tmp_path, "p.yaml", POD % one) != profile(tmp_path, "p.yaml", POD % other)


@pytest.mark.parametrize(("one", "other"), NOT_OF_A_POD)
def test_a_pods_key_that_does_not(tmp_path: Path, one: tuple[str, ...], other: tuple[str, ...]) -> None:
    assert profile(tmp_path, "p.yaml", POD % one) == profile(tmp_path, "p.yaml", POD % other)


def of_a_runner(folder: Path, text: str, setting: str, environment: str = "") -> tuple[dict[str, Any], ...]:
    (folder / ".git").mkdir(exist_ok=True)
    write(folder, "config.toml", text % (environment, setting))
    (workload,) = scan(Options(paths=(folder,))).model.workloads
    assert workload.service_default is not None
    return approval.content(workload.containers[0]), approval.content(workload.service_default)


@pytest.mark.parametrize(
    ("text", "one", "other"),
    [
        *((DOCKER, *each) for each in OF_A_DOCKER_RUNNER),
        *((CLUSTER, *each) for each in OF_A_CLUSTERS_RUNNER),
    ],
)
def test_a_runners_key_that_widens_its_jobs(tmp_path: Path, text: str, one: str, other: str) -> None:
    assert of_a_runner(tmp_path, text, one) != of_a_runner(tmp_path, text, other)


@pytest.mark.parametrize(
    ("text", "one", "other"),
    [
        *((DOCKER, *each) for each in NOT_OF_A_DOCKER_RUNNER),
        *((CLUSTER, *each) for each in NOT_OF_A_CLUSTERS_RUNNER),
    ],
)
def test_a_runners_key_that_does_not(tmp_path: Path, text: str, one: str, other: str) -> None:
    assert of_a_runner(tmp_path, text, one) == of_a_runner(tmp_path, text, other)


@pytest.mark.parametrize("text", [DOCKER, CLUSTER])
def test_a_runners_variables_are_its_jobs(tmp_path: Path, text: str) -> None:
    one, other = (of_a_runner(tmp_path, text, "", f'environment = ["NODE_OPTIONS={value}"]') for value in "ab")
    assert one != other


@pytest.mark.parametrize(
    "option", ["--gpus all", "--sysctl net.ipv4.ip_forward=1", "--add-host docker:10.0.0.1", "--annotation run.oci.a=b",
               "--isolation process", "--volumes-from other", "--cgroup-parent /", "-e LD_PRELOAD=/a.so"],
)  # fmt: skip
def test_an_option_of_a_command_that_widens_what_it_starts(tmp_path: Path, option: str) -> None:
    (tmp_path / ".git").mkdir()
    found = []
    for options in ("", option + " "):
        write(tmp_path, "run.sh", f"docker run --privileged {options}alpine\n")
        (container,) = scan(Options(paths=(tmp_path,))).model.containers
        found.append(approval.content(container))
    assert found[0] != found[1]


@pytest.mark.parametrize("given", [{"DeviceRequests": [{"Count": -1}]}, {"Sysctls": {"net.ipv4.ip_forward": "1"}}])
def test_what_a_running_container_was_given(tmp_path: Path, given: dict[str, Any]) -> None:
    found = []
    for more in ({}, given):
        live = {"Id": "1", "Name": "/it", "Config": {"Image": "x"}, "HostConfig": {"Privileged": True, **more}}
        kept = snapshot(
            {"ID": "e"}, {"Version": "29.0.0"}, [live], [], [], Redaction(bool, str, list, lambda _: False)
        )
        found.append(profile(tmp_path, "snapshot.json", json.dumps(kept)))
    assert found[0] != found[1]
