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
