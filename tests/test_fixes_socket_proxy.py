"""A filtering proxy in a socket's place: for whom, with which rights, and where it is left alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from dindguard.fixes.mending import Mended, mend
from dindguard.rules import Profile
from dindguard.scanning import Options

VIEWER = """\
services:
  logs:
    image: amir20/dozzle:v8.13.0
    volumes: ["/var/run/docker.sock:/var/run/docker.sock:ro"]
"""
ROUTER = """\
services:
  web:
    image: traefik:v3.5
    command: ["--providers.docker", "--ping"]
    networks: {edge: {}}
    depends_on: {other: {condition: service_started}}
    volumes:
      - ./certificates:/certificates
      - /run/user/0/../docker.sock:/var/run/docker.sock
  other: {image: "example/a:1"}
networks: {edge: {}}
"""


def mended(folder: Path, text: str, **asked: Any) -> Mended:
    (folder / "compose.yaml").write_text(text, "utf-8")
    return mend(Options(paths=(folder,), root=folder, **asked), unsafe=True, select=("host-engine-socket",))


def test_a_reading_tool_gets_a_proxy_with_its_rights_alone(tmp_path: Path) -> None:
    result = yaml.safe_load(mended(tmp_path, VIEWER).texts["compose.yaml"])
    logs, proxy = result["services"]["logs"], result["services"]["logs-socket-proxy"]
    assert "volumes" not in logs
    assert logs["environment"] == {"DOCKER_HOST": "tcp://logs-socket-proxy:2375"}
    assert logs["networks"] == ["default", "logs-socket-proxy"]
    assert logs["depends_on"] == ["logs-socket-proxy"]
    assert proxy["environment"] == {"CONTAINERS": "1", "INFO": "1", "POST": "0"}
    assert proxy["volumes"] == ["/var/run/docker.sock:/var/run/docker.sock:ro"]
    assert proxy["networks"] == ["logs-socket-proxy"]
    assert "ports" not in proxy
    assert result["networks"] == {"logs-socket-proxy": {"internal": True}}


def test_a_tool_is_told_where_it_is_set_up(tmp_path: Path) -> None:
    text = ROUTER.replace("/run/user/0/../docker.sock", "/var/run/docker.sock")
    result = yaml.safe_load(mended(tmp_path, text).texts["compose.yaml"])
    web = result["services"]["web"]
    assert web["command"][-1] == "--providers.docker.endpoint=tcp://web-socket-proxy:2375"
    assert web["networks"] == {"edge": {}, "web-socket-proxy": {}}
    assert web["depends_on"]["web-socket-proxy"] == {"condition": "service_started"}
    assert web["volumes"] == ["./certificates:/certificates"]


LEFT_ALONE = {
    "starts containers": VIEWER.replace("amir20/dozzle:v8.13.0", "containrrr/watchtower:1.7.1"),
    "nobody wrote down what it needs": VIEWER.replace("amir20/dozzle:v8.13.0", "nicolargo/glances:4.3.0"),
    "has its actions switched on": f'{VIEWER}    environment: {{DOZZLE_ENABLE_ACTIONS: "true"}}\n',
    "is told its engine already": f"{VIEWER}    environment: {{DOCKER_HOST: unix:///var/run/docker.sock}}\n",
    "is on the host's network": f"{VIEWER}    network_mode: host\n",
    "is one of a swarm": f"{VIEWER}    deploy: {{mode: global}}\n",
    "extends another": f"{VIEWER}    extends: {{file: base.yaml, service: logs}}\n",
    "has a command that is one text": ROUTER.replace('["--providers.docker", "--ping"]', "--providers.docker"),
    "is set up in a file": ROUTER.replace('"--providers.docker", ', ""),
    "asks for a swarm": ROUTER.replace('"--ping"', '"--providers.swarm"'),
    "has a service of the proxy's name beside it": f"{VIEWER}  logs-socket-proxy: {{image: 'example/a:1'}}\n",
}


@pytest.mark.parametrize("text", LEFT_ALONE.values(), ids=LEFT_ALONE)
def test_a_tool_is_left_alone_that(text: str, tmp_path: Path) -> None:
    assert not mended(tmp_path, text).texts


def test_what_the_proxy_shows_is_a_finding_where_all_are_asked_for(tmp_path: Path) -> None:
    (refused,) = mended(tmp_path, VIEWER, profile=Profile.ALL).refused
    assert refused.why.startswith("it would bring reading-socket-proxy")


TOOLS = [
    ("netdata/netdata:v2.6.0", "", {"CONTAINERS": "1", "POST": "0"}, "DOCKER_HOST"),
    ("amir20/dozzle:v8.13.0", "", {"CONTAINERS": "1", "INFO": "1", "POST": "0"}, "DOCKER_HOST"),
    ("crazymax/diun:4.29.0", "environment: {DIUN_PROVIDERS_DOCKER: 'true'}",
     {"CONTAINERS": "1", "IMAGES": "1", "POST": "0"}, "DIUN_PROVIDERS_DOCKER_ENDPOINT"),
]  # fmt: skip


@pytest.mark.parametrize(("image", "more", "rights", "variable"), TOOLS, ids=lambda value: str(value))
def test_each_tool_gets_the_rights_that_it_needs_and_is_told_where(
    tmp_path: Path, image: str, more: str, rights: dict[str, str], variable: str
) -> None:
    text = VIEWER.replace("amir20/dozzle:v8.13.0", image) + (f"    {more}\n" if more else "")
    result = yaml.safe_load(mended(tmp_path, text).texts["compose.yaml"])
    assert result["services"]["logs-socket-proxy"]["environment"] == rights
    assert result["services"]["logs"]["environment"][variable] == "tcp://logs-socket-proxy:2375"


@pytest.mark.parametrize(
    ("image", "more"),
    [
        ("crazymax/diun:4.29.0", "environment: {}"),
        ("crazymax/diun:4.29.0", "environment: {DIUN_PROVIDERS_DOCKER: 'true', DIUN_PROVIDERS_SWARM: 'true'}"),
        ("crazymax/diun:4.29.0", "environment: {DIUN_PROVIDERS_DOCKER: 'true', DIUN_PROVIDERS_DOCKER_ENDPOINT: 'x'}"),
        ("amir20/dozzle:v8.13.0", "command: [--enable-actions]"),
        ("amir20/dozzle:v8.13.0", "environment: {DOZZLE_ENABLE_SHELL: 'true'}"),
        ("traefik:v3.5", "command: ['--providers.docker', '--providers.swarm']"),
        ("traefik:v3.5", "command: ['--providers.docker', '--providers.docker.swarmMode']"),
        ("traefik:v3.5", "command: ['--providers.docker', '--providers.docker.endpoint=x']"),
        ("traefik:v3.5", "command: ['--providers.docker', '--configfile=/etc/traefik.yml']"),
        ("traefik:v3.5", "command: ['--ping']"),
    ],
)
def test_a_tool_that_needs_more_or_is_set_up_elsewhere_is_left_alone(tmp_path: Path, image: str, more: str) -> None:
    assert not mended(tmp_path, f"{VIEWER.replace('amir20/dozzle:v8.13.0', image)}    {more}\n").texts
