"""Who reaches an engine below RootlessKit, which gives it a network of its own: whom ``-p`` lets in, and nobody else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from build import container, model
from dindguard.cli import cli
from dindguard.model.engine import Reach
from dindguard.scanning import Options, scan
from support import write_files

ON_ALL, KIT = "tcp://0.0.0.0:2375", "rootlesskit --net=slirp4netns --port-driver=builtin"
DETACHED = "DOCKERD_ROOTLESS_ROOTLESSKIT_DETACH_NETNS"
FLAGS = "DOCKERD_ROOTLESS_ROOTLESSKIT_FLAGS"
DOUBT = "older than 29.5"


def told(tmp_path: Path, files: dict[str, str]) -> list[str]:
    """Return what the rule says of the engines in some files."""
    write_files(tmp_path, files)
    found = scan(Options(paths=(tmp_path,))).findings
    return [each.message for each in found if each.rule.id == "unauthenticated-engine-api"]


SCRIPTS = [
    (f"dockerd-rootless.sh -H {ON_ALL}", "connect to the host", 2375, True),
    (f"{DETACHED}=true dockerd-rootless.sh -H {ON_ALL}", "connect to the host", 2375, False),
    (f"{DETACHED}=false dockerd-rootless.sh -H {ON_ALL}", "the containers it starts", 2375, False),
    (f"export {DETACHED}=false\ndockerd-rootless.sh -H {ON_ALL}", "the containers it starts", 2375, False),
    (f"{DETACHED}=$D dockerd-rootless.sh -H {ON_ALL}", "connect to the host", 2375, False),
    (f"{DETACHED}=false dockerd-rootless.sh -H tcp://127.0.0.1:2375", "", 0, False),
    ("dockerd-rootless.sh -H tcp://127.0.0.1:2375", "every user and program of the host", 2375, True),
    (f"{FLAGS}='-p 0.0.0.0:2375:2375/tcp' dockerd-rootless.sh -H {ON_ALL}", "connect to the host", 2375, False),
    (
        f"{FLAGS}='-p 0.0.0.0:9:2375/tcp' {DETACHED}=0 dockerd-rootless.sh -H {ON_ALL}",
        "connect to the host",
        9,
        False,
    ),
    (f"{FLAGS}=--detach-netns {DETACHED}=0 dockerd-rootless.sh -H {ON_ALL}", "connect to the host", 2375, False),
    (
        f"DOCKERD_ROOTLESS_ROOTLESSKIT_NET=pasta {DETACHED}=0 dockerd-rootless.sh -H {ON_ALL}",
        "connect to the host",
        2375,
        False,
    ),
    (f"{KIT} dockerd -H {ON_ALL}", "the containers it starts", 2375, False),
    (f"{KIT} --detach-netns dockerd -H {ON_ALL}", "connect to the host", 2375, False),
    (f"rootlesskit dockerd -H {ON_ALL}", "connect to the host", 2375, False),
    (f"rootlesskit --net host dockerd -H {ON_ALL}", "connect to the host", 2375, False),
    (f"rootlesskit --net=pasta --port-driver=implicit dockerd -H {ON_ALL}", "connect to the host", 2375, False),
    (f"{KIT} -p 0.0.0.0:2375:2375/tcp dockerd -H {ON_ALL}", "connect to the host", 2375, False),
    (f"{KIT} -p 0.0.0.0:2375:2375/udp dockerd -H {ON_ALL}", "the containers it starts", 2375, False),
    (f"{KIT} -p 0.0.0.0:2375:80/tcp dockerd -H {ON_ALL}", "the containers it starts", 2375, False),
    (
        f"{KIT} --publish=127.0.0.1:2375:2375/tcp dockerd -H {ON_ALL}",
        "every user and program of the host",
        2375,
        False,
    ),
    (f"{KIT} --publish '[::]:8375:[::1]:2375/tcp6' dockerd -H {ON_ALL}", "connect to the host", 8375, False),
    (f"{KIT} -p 0.0.0.0:1234:1234/tcp buildkitd --addr tcp://0.0.0.0:1234", "connect to the host", 1234, False),
    (f"sudo -u ci env A=b {KIT} dockerd -H {ON_ALL}", "the containers it starts", 2375, False),
]


@pytest.mark.parametrize(("script", "whom", "port", "doubted"), SCRIPTS, ids=lambda value: str(value))
def test_whom_an_engine_obeys_that_a_script_starts(
    tmp_path: Path, script: str, whom: str, port: int, doubted: bool
) -> None:
    found = told(tmp_path, {"start.sh": f"#!/bin/sh\n{script}\n"})
    assert len(found) == bool(whom)
    for message in found:
        assert whom in message
        assert f"on port {port}," in message
        assert (DOUBT in message) is doubted


def unit(*lines: str) -> dict[str, str]:
    start = f"ExecStart=/usr/bin/dockerd-rootless.sh -H {ON_ALL}"
    return {"user/docker.service": "\n".join(["[Unit]", "Description=Docker", "[Service]", *lines, start, ""])}


@pytest.mark.parametrize(
    ("lines", "whom"),
    [
        ([], DOUBT),
        ([f"Environment={DETACHED}=false"], "the containers it starts"),
        ([f"Environment={DETACHED}=true"], "connect to the host"),
        (
            [f'Environment="{FLAGS}=-p 0.0.0.0:2375:2375/tcp"'],
            "connect to the host on port 2375, without authentication",
        ),
    ],
)
def test_a_unit_of_a_user_says_it_by_its_variables(tmp_path: Path, lines: list[str], whom: str) -> None:
    (message,) = told(tmp_path, unit(*lines))
    assert whom in message
    assert (DOUBT in message) is (whom == DOUBT)


ROOTLESS, CERTIFIED = "docker:29.10.0-dind-rootless", {"DOCKER_TLS_CERTDIR": "/certs"}
PLAIN = {"DOCKER_TLS_CERTDIR": ""}
IMAGES: list[tuple[str, list[str], dict[str, str], dict[int, bool]]] = [
    (ROOTLESS, [], PLAIN, {2375: False}),
    (ROOTLESS, [], CERTIFIED, {2376: False}),
    (ROOTLESS, ["--host=tcp://0.0.0.0:9999"], PLAIN, {2375: False, 9999: True}),
    (ROOTLESS, ["--host=tcp://0.0.0.0:2375"], CERTIFIED, {2376: False, 2375: True}),
    (ROOTLESS, ["dockerd", f"--host={ON_ALL}"], PLAIN, {2375: True}),
    (ROOTLESS, ["dockerd", f"--host={ON_ALL}"], {FLAGS: "-p 0.0.0.0:2375:2375/tcp"}, {2375: False}),
    (ROOTLESS, ["dockerd", f"--host={ON_ALL}"], {FLAGS: "--detach-netns"}, {2375: False}),
    (ROOTLESS, ["dockerd", f"--host={ON_ALL}"], {"DOCKERD_ROOTLESS_ROOTLESSKIT_NET": "host"}, {2375: False}),
    ("docker:29.10.0-dind", ["dockerd", f"--host={ON_ALL}"], PLAIN, {2375: False}),
    ("registry.example.org/engines/dind-rootless:1", ["dockerd", f"--host={ON_ALL}"], PLAIN, {2375: False}),
]
"""Images, commands and variables, and whether others than its own containers are kept from each of the engine's ports."""


@pytest.mark.parametrize(("image", "command", "variables", "kept"), IMAGES, ids=lambda value: str(value))
def test_the_entry_point_of_the_official_image_publishes_its_own_port(
    image: str, command: list[str], variables: dict[str, str], kept: dict[int, bool]
) -> None:
    engines = model(container(image, command=command, env=dict(variables))).engines
    found = {each.endpoint.port: each for engine in engines for each in engine.exposures}
    assert {port: each.endpoint.inner for port, each in found.items()} == (kept if engines else {})
    assert all(each.reach is Reach.INNER for each in found.values())


def test_nobody_publishes_a_port_of_the_container_that_rootlesskit_does_not_open(tmp_path: Path) -> None:
    service = {"image": ROOTLESS, "privileged": True, "ports": ["2375:2375"], "command": ["dockerd", "-H", ON_ALL]}
    files = {"compose.yaml": json.dumps({"services": {"dind": service}})}
    assert "the containers it starts" in told(tmp_path, files)[0]
    open_too = {**service, "environment": {FLAGS: "-p 0.0.0.0:2375:2375/tcp"}}
    assert (
        "whoever reaches the host"
        in told(tmp_path, {"compose.yaml": json.dumps({"services": {"dind": open_too}})})[0]
    )


def test_what_rootlesskit_is_told_is_shown(tmp_path: Path) -> None:
    (tmp_path / "start.sh").write_text(f"#!/bin/sh\nrootlesskit --net=pasta dockerd -H {ON_ALL}\n")
    shown = CliRunner().invoke(cli, ["scan", str(tmp_path)]).output
    assert "rootlesskit --net=pasta dockerd" in shown
    assert "***" not in shown
