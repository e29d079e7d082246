"""What a rule would need to know, and a variable hides: it says so, with the place and the variable, and finds nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard.rules import Profile
from dindguard.scanning import Options, scan
from support import write_files

COMPOSE = [
    ("cgroup: '${V}'", "host-cgroup-namespace"),
    ("ipc: '${V}'", "host-ipc-namespace"),
    ("network_mode: '${V}'", "host-network"),
    ("pid: '${V}'", "host-pid-namespace"),
    ("uts: '${V}'", "host-uts-namespace"),
    ("userns_mode: '${V}'", "host-user-namespace"),
    ("device_cgroup_rules: ['${V}']", "raw-device"),
    ("devices: ['${V}:/dev/disk']", "raw-device"),
    ("security_opt: ['${V}']", "seccomp-unconfined"),
    ("security_opt: ['apparmor=${V}']", "apparmor-unconfined"),
    ("security_opt: ['seccomp=${V}']", "seccomp-unconfined"),
    ("security_opt: ['systempaths=${V}']", "masked-paths-off"),
    ("cap_add: ['${V}']", "dangerous-capability"),
    ("privileged: true, runtime: '${V}'", "sysbox-contradiction"),
    ("privileged: '${V}'", "privileged-container"),
    ("volumes: ['${V}:/data']", "host-root-mount"),
    ("post_start: [{command: 'id', privileged: '${V}'}]", "privileged-command"),
    ("image: 'docker:29-dind', volumes: ['${V}:/var/lib/docker']", "host-data-root"),
]


def noted(folder: Path, name: str, text: str, rule: str) -> list[str]:
    root = write_files(folder, {name: text})
    report = scan(Options(paths=(root,), root=root, profile=Profile.ALL, select=(rule,)))
    assert not report.findings
    return [notice.message for notice in report.notices if notice.kind == "undecided"]


@pytest.mark.parametrize(("setting", "rule"), COMPOSE)
def test_a_variable_of_a_service_leaves_a_rule_undecided(tmp_path: Path, setting: str, rule: str) -> None:
    image = "" if "image:" in setting else "image: 'example/app:1', "
    (message,) = noted(tmp_path, "compose.yaml", f"services:\n  app: {{{image}{setting}}}\n", rule)
    assert message.startswith(f"{rule} could not decide: ")
    assert "V" in message


def test_a_runtime_that_may_be_sysbox_is_undecided_where_the_policy_asks_for_a_record(tmp_path: Path) -> None:
    write_files(tmp_path, {".dindguard.yaml": "approval: {require: [sysbox]}\n"})
    service = "services:\n  app: {image: 'docker:29-dind', runtime: '${V}'}\n"
    (message,) = noted(tmp_path, "compose.yaml", service, "sysbox-without-approval")
    assert message.startswith("sysbox-without-approval could not decide: ")
    app = service.replace("docker:29-dind", "example/app:1")
    assert noted(tmp_path, "compose.yaml", app, "sysbox-without-approval") == []
