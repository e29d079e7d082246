"""How grave the rules on privileges, confinement and sandboxes take things: by role, company and sandbox."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard.rules import Profile
from dindguard.scanning import Options, scan
from support import write_files

DIND = "image: docker:29.7.2-dind"
APP = "image: example/app:1"
UNCONFINED = "security_opt: [seccomp=unconfined, apparmor=unconfined, systempaths=unconfined]"

SERVICES = [
    ("privileged: true", APP, {"privileged-container": "critical"}),
    ("privileged: true", "image: tonistiigi/binfmt:qemu-v10.0.4", {"privileged-container": "medium"}),
    ("privileged: true", "image: '${IMAGE}'", {"privileged-container": "high"}),
    ("{privileged: true, runtime: kata-runtime}", APP, {"privileged-container": "medium"}),
    ("{privileged: true, runtime: runsc}", APP, {"privileged-container": "info"}),
    ("privileged: true", DIND, {"privileged-engine": "high"}),
    ("{privileged: true, cap_add: [SYS_ADMIN], security_opt: [seccomp=unconfined]}", DIND, {"privileged-engine": "high"}),
    ("{privileged: true, cap_add: [SYS_ADMIN], security_opt: [apparmor=unconfined]}", APP,
     {"privileged-container": "critical"}),
    ("privileged: true", "image: docker:dind", {"privileged-engine": "critical"}),
    ("privileged: true", "image: team/dind", {"privileged-engine": "critical"}),
    ("privileged: true", "image: team-dind", {"privileged-engine": "high"}),
    ("{privileged: true, ports: ['2376:2376']}", DIND, {"privileged-engine": "critical"}),
    ("{privileged: true, ports: ['127.0.0.1:2376:2376']}", DIND, {"privileged-engine": "high"}),
    ("{privileged: true, environment: {DOCKER_TLS_CERTDIR: ''}}", DIND, {"privileged-engine": "critical"}),
    ("{privileged: true, volumes: ['/lib/modules:/lib/modules:ro', './src:/src']}", DIND, {"privileged-engine": "high"}),
    ("{privileged: true, pid: host}", DIND, {"privileged-engine": "critical", "host-pid-namespace": "critical"}),
    ("privileged: true", "image: docker:29.7.2-dind-rootless", {"privileged-engine": "medium"}),
    ("privileged: true", "image: moby/buildkit:v0.25.1-rootless", {"privileged-engine": "low"}),
    ("privileged: true", "image: moby/buildkit:v0.25.1", {"privileged-engine": "high"}),
    ("{privileged: true, runtime: sysbox-runc}", DIND, {"sysbox-contradiction": "high"}),
    ("{cap_add: [SYS_ADMIN], security_opt: [seccomp=unconfined]}", APP, {"near-privileged": "critical"}),
    ("{cap_add: [SYS_ADMIN], security_opt: [seccomp=unconfined]}", DIND, {"near-privileged": "high"}),
    ("{cap_add: [SYS_ADMIN], volumes: ['/sys/fs/cgroup:/sys/fs/cgroup']}", APP, {"near-privileged": "critical"}),
    ("{cap_add: [SYS_ADMIN, NET_ADMIN]}", APP, {"dangerous-capability": "high", "strong-capability": "medium"}),
    ("cap_add: [ALL]", APP, {"dangerous-capability": "critical"}),
    ("{cap_add: [BPF, PERFMON]}", APP, {"dangerous-capability": "high high"}),
    ("{cap_add: [SYS_PTRACE], pid: host}", APP, {"host-pid-namespace": "high"}),
    ("{cap_add: [NET_ADMIN], network_mode: host}", APP, {"dangerous-capability": "high", "host-network": "medium"}),
    ("pid: host", APP, {"host-pid-namespace": "medium"}),
    ("pid: host", DIND, {"host-pid-namespace": "high"}),
    ("network_mode: host", "image: docker:29.7.2-dind", {"host-network-engine": "high"}),
    ("cgroup: host", APP, {"host-cgroup-namespace": "medium"}),
    ("cgroup: host", DIND, {"host-cgroup-namespace": "high"}),
    ("{security_opt: [label=disable], volumes: ['/etc:/e:ro']}", APP,
     {"selinux-disabled": "high", "host-system-mount": "medium"}),
    ("{security_opt: [label=disable], volumes: ['./src:/src']}", APP, {"selinux-disabled": "medium"}),
    ("{security_opt: [systempaths=unconfined], user: '1000'}", APP, {"masked-paths-off": "medium"}),
    ("{security_opt: [systempaths=unconfined]}", APP, {"masked-paths-off": "high"}),
    ("{devices: ['/dev/sda:/dev/sda:r', /dev/sdb]}", APP, {"raw-device": "high critical"}),
    ("{volumes: ['~/.ssh:/k:ro', '/home:/h', '/etc/cron.d:/c']}", APP, {"host-system-mount": "medium medium high"}),
]  # fmt: skip

SAFE = [
    ("{runtime: sysbox-runc, environment: {DOCKER_TLS_CERTDIR: /certs}, volumes: [engine:/var/lib/docker]}", DIND),
    (f"{{{UNCONFINED}, devices: [/dev/net/tun, /dev/fuse]}}", "image: docker:29.7.2-dind-rootless"),
    (UNCONFINED, "image: moby/buildkit:v0.25.1-rootless"),
    ("{security_opt: [label=disable, seccomp=unconfined], devices: [/dev/fuse]}", "image: quay.io/buildah/stable:v1.41"),
    ("{runtime: runsc, cap_add: [ALL], tmpfs: [/var/lib/docker]}", DIND),
    ("{cap_drop: [ALL], security_opt: ['no-new-privileges:true'], privileged: false}", APP),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "image", "expected"), SERVICES)
def test_severity(tmp_path: Path, settings: str, image: str, expected: dict[str, str]) -> None:
    assert found(tmp_path, settings, image) == expected


@pytest.mark.parametrize(("settings", "image"), SAFE)
def test_what_is_safe_has_no_finding(tmp_path: Path, settings: str, image: str) -> None:
    assert found(tmp_path, settings, image) == {}


def test_a_pod_in_a_user_namespace_is_contained(tmp_path: Path) -> None:
    pod = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  hostUsers: %s\n  containers:\n"
        "    - {name: b, image: 'moby/buildkit:v0.25.1', securityContext: {privileged: true}}\n"
    )
    assert severities(write_files(tmp_path / "a", {"pod.yaml": pod % "false"})) == {"privileged-engine": "low"}
    assert severities(write_files(tmp_path / "b", {"pod.yaml": pod % "true"})) == {"privileged-engine": "high"}


def test_an_undecided_setting_is_a_note_and_no_finding(tmp_path: Path) -> None:
    text = "services:\n  a: {image: 'example/app:1', privileged: '${P}', cap_add: ['${C}'], pid: '${N}'}\n"
    write_files(tmp_path, {"compose.yaml": text})
    report = scan(Options(paths=(tmp_path,), root=tmp_path, untrusted=True, select=("privilege",)))
    assert not report.findings
    said = " ".join(notice.message for notice in report.notices if notice.kind == "undecided")
    assert all(f"could not decide: {name} " in said for name in "PCN"), said


def found(folder: Path, settings: str, image: str) -> dict[str, str]:
    """Return the severities of one service's findings by rule, those of the three categories."""
    body = settings.removeprefix("{").removesuffix("}")
    text = f"services:\n  app: {{{image}, {body}}}\nvolumes: {{engine: {{}}}}\n"
    return severities(write_files(folder, {"compose.yaml": text}))


def severities(folder: Path) -> dict[str, str]:
    options = Options(
        paths=(folder,),
        root=folder,
        untrusted=True,
        profile=Profile.ALL,
        select=("privilege", "confinement", "sandbox"),
    )
    by_rule: dict[str, str] = {}
    for finding in scan(options).findings:
        words = by_rule.get(finding.rule.id, "")
        by_rule[finding.rule.id] = f"{words} {finding.severity.word}".strip()
    return by_rule
