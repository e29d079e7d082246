"""What machines are given for their first boot: cloud-init's user data, Butane and Ignition."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path

import pytest

from dindguard import Options, Report, scan
from support import write_files

RUN = "docker run --privileged example/a:1"
UNIT = f"[Service]\nExecStart=/usr/bin/{RUN}\n"
DAEMON = "/etc/docker/daemon.json"
OPEN = '{"hosts": ["tcp://0.0.0.0:2375"]}'


def report_of(tmp_path: Path, name: str, text: str, **more: str) -> Report:
    write_files(tmp_path, {name: text, **{key.replace("__", "/"): value for key, value in more.items()}})
    return scan(Options(paths=(tmp_path,), root=tmp_path))


def found(report: Report) -> list[tuple[str, int]]:
    return [(finding.rule.id, finding.span.line) for finding in report.findings]


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def packed(text: str) -> str:
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


MESSAGE = f"""Content-Type: multipart/mixed; boundary="===A=="
MIME-Version: 1.0

--===A==
Content-Type: text/x-shellscript; charset="us-ascii"
MIME-Version: 1.0

#!/bin/bash
{RUN}
--===A==
Content-Type: text/cloud-config

#cloud-config
runcmd:
- {RUN}
--===A==
Content-Type: text/plain

{RUN}
--===A==--
{RUN}
"""


@pytest.mark.parametrize(
    ("name", "text", "lines"),
    [
        ("user-data", f"#cloud-config\nruncmd:\n- {RUN}\n", [3]),
        ("user-data", f"## template: jinja\n#cloud-config\nbootcmd:\n- [sh, -c, {RUN}]\n", [4]),
        ("user_data.txt", f"#!/bin/sh\n{RUN}\n", [2]),
        ("user-data", f"#!/usr/bin/env python3\nprint('{RUN}')\n", []),
        ("boot", MESSAGE, [9, 15]),
        ("user-data", f"#cloud-config-archive\n- type: text/cloud-boothook\n  content: |\n    {RUN}\n- '#include x'\n", [4]),
        ("x.yaml", f"#cloud-config\nruncmd:\n- - docker\n  - run\n  - --privileged\n  - example/a:1\n- echo {RUN}\n", [5]),
        ("x.yaml", f"runcmd:\n- {RUN}\n", []),
        ("cloud-init.yml", f"runcmd:\n- {RUN}\n", [2]),
        ("cloud-init.yml", "services: {a: {image: b, privileged: true}}\nusers: []\n", [1]),
    ],
)  # fmt: skip
def test_user_data_in_its_forms(tmp_path: Path, name: str, text: str, lines: list[int]) -> None:
    assert found(report_of(tmp_path, name, text)) == [("privileged-container", line) for line in lines]


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        (f"content: '{OPEN}'", True),
        (f"encoding: b64\n  content: {encoded(OPEN)}", True),
        (f"encoding: base64\n  content: |\n    {encoded(OPEN)[:20]}\n    {encoded(OPEN)[20:]}", True),
        ("encoding: b64\n  content: '!'", False),
        ("encoding: gz+b64\n  content: H4sI", False),
        (f"encoding: gz+b64\n  content: {packed(OPEN)}", True),
        (f"encoding: gzip\n  content: !!binary {packed(OPEN)}", True),
        ("encoding: gzip\n  content: H4sI", False),
    ],
)
def test_files_that_are_written(tmp_path: Path, entry: str, told: bool) -> None:
    report = report_of(
        tmp_path,
        "user-data",
        f"#cloud-config\npackages: [docker.io]\nwrite_files:\n- path: /etc/docker/daemon.json\n  {entry}\n",
    )
    assert bool(report.findings) is told
    assert [notice.kind for notice in report.notices] == (["skipped"] if "gz" in entry and not told else [])


def test_halves_of_an_engine_are_joined(tmp_path: Path) -> None:
    report = report_of(
        tmp_path,
        "cloud-init.yaml",
        "#cloud-config\nwrite_files:\n- path: /etc/docker/daemon.json\n  content: '" + OPEN + "'\n"
        "- path: /etc/systemd/system/docker.service.d/x.conf\n  content: |\n    [Service]\n    ExecStart=\n"
        "    ExecStart=/usr/bin/dockerd -H fd://\n",
    )
    assert [rule for rule, _ in found(report)] == ["conflicting-engine-settings"]


@pytest.mark.parametrize(
    ("text", "users"),
    [
        ("users:\n- default\n- {name: a, groups: 'sudo,docker'}\n- {name: b, groups: [docker]}\n", ["a", "b"]),
        ("groups:\n- docker: [a, b]\n- podman\n", ["a", "b"]),
        ("groups: {docker: a}\n", ["a"]),
        ("user: {name: a, primary_group: docker}\n", ["a"]),
        ("system_info: {default_user: {groups: docker}}\n", ["the default user"]),
        ("groups: [docker]\nusers: [a, {name: b, groups: mydocker}]\n", []),
    ],
)
def test_who_is_let_in(tmp_path: Path, text: str, users: list[str]) -> None:
    report = report_of(tmp_path, "user-data", f"#cloud-config\n{text}")
    assert [str(each.subject) for each in report.model.invocations] == users


def ignition(files: str = "", **parts: object) -> str:
    storage = {"files": [{"path": "/etc/docker/daemon.json", "contents": {"source": files}}]}
    return json.dumps({"ignition": {"version": "3.4.0"}, "storage": storage, **parts})


@pytest.mark.parametrize(
    ("name", "text", "rules"),
    [
        (
            "a.bu",
            f"variant: fcos\nversion: 1.5.0\nstorage: {{files: [{{path: {DAEMON}, contents: {{inline: '{OPEN}'}}}}]}}\n",
            ["unauthenticated-engine-api"],
        ),
        ("a.ign", ignition("data:," + OPEN.replace('"', "%22")), ["unauthenticated-engine-api"]),
        ("a.json", ignition("data:application/json;base64," + encoded(OPEN)), ["unauthenticated-engine-api"]),
        ("a.json", ignition("https://example.org/daemon.json"), []),
        ("a.ign", ignition(systemd={"units": [{"name": "a.service", "contents": UNIT}]}), ["privileged-container"]),
        (
            "a.yaml",
            f"systemd:\n  units:\n  - name: a.service\n    dropins:\n    - name: x.conf\n      contents: {json.dumps(UNIT)}\n",
            ["privileged-container"],
        ),
        ("a.yaml", f"#cloud-config\ncoreos:\n  units:\n  - name: a.service\n    content: '{UNIT}'\n", []),
        (
            "a.yaml",
            f"#cloud-config\ncoreos:\n  units:\n  - name: a.service\n    content: |\n      [Service]\n      ExecStart={RUN}\n",
            ["privileged-container"],
        ),
    ],
)
def test_butane_and_ignition(tmp_path: Path, name: str, text: str, rules: list[str]) -> None:
    assert [rule for rule, _ in found(report_of(tmp_path, name, text))] == rules


def test_a_file_beside_butane_s_becomes_what_its_path_on_the_machine_says(tmp_path: Path) -> None:
    text = (
        "variant: fcos\nversion: 1.5.0\nstorage:\n  files:\n  - path: /etc/docker/daemon.json\n"
        "    contents: {local: files/engine.json}\n"
    )
    report = report_of(tmp_path, "a.bu", text, **{"files__engine.json": OPEN})
    assert [(finding.rule.id, finding.span.path) for finding in report.findings] == [
        ("unauthenticated-engine-api", "files/engine.json")
    ]


@pytest.mark.parametrize(
    "text",
    [
        "#cloud-config\nwrite_files: {}\nruncmd: docker\nusers: docker\ngroups: [[docker]]\nsystem_info: []\n",
        "#cloud-config\nwrite_files: [docker, {path: []}, {path: a, content: {}}]\nruncmd: [{a: docker}, [[docker]], null]\n",
        "#cloud-config\ncoreos: docker\nusers: [{groups: {docker: }}, {name: [docker]}]\n",
        "Content-Type: multipart/mixed; boundary=docker\n",
        "Content-Type: multipart/mixed; boundary=a\n\n--a\n--a\nContent-Transfer-Encoding: base64\n\ndocker\n--a",
        "#cloud-config-archive\ndocker: [\n",
        "",
    ],
)
def test_nonsense_is_read(tmp_path: Path, text: str) -> None:
    report = report_of(tmp_path, "user-data", text)
    assert not [notice for notice in report.notices if "fault" in notice.message]
    assert not report.findings


def test_packages_that_are_engines(tmp_path: Path) -> None:
    report = report_of(
        tmp_path, "user-data", "#cloud-config\npackages: [git, docker.io, [podman, '5.0'], docker-doc]\n"
    )
    assert [str(each.subject) for each in report.model.invocations] == ["docker.io", "podman"]
    assert report.findings == ()
