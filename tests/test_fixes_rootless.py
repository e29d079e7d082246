"""An engine without root in the place of a privileged one: what goes with it, and where it is left alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from dindguard.fixes.mending import Mended, mend
from dindguard.scanning import Options

ENGINE = """\
services:
  dind:
    image: docker:29.10.0-dind
    privileged: true
    volumes: [certs:/certs/client, data:/var/lib/docker]
  job:
    image: docker:29.10.0-cli
    environment: {DOCKER_HOST: "tcp://dind:2376", DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: /certs/client}
    volumes: ["certs:/certs/client:ro"]
volumes:
  certs:
  data:
"""


def mended(folder: Path, text: str, *rules: str) -> Mended:
    (folder / "compose.yaml").write_text(text, "utf-8")
    return mend(Options(paths=(folder,), root=folder), unsafe=True, select=rules or ("privileged-engine",))


def engine(result: Mended) -> Any:
    return yaml.safe_load(result.texts["compose.yaml"])["services"]["dind"]


def test_the_engine_keeps_what_it_needs_and_its_state_begins_anew(tmp_path: Path) -> None:
    assert engine(mended(tmp_path, ENGINE)) == {
        "image": "docker:29.10.0-dind-rootless",
        "volumes": ["certs:/certs/client", "data-rootless:/home/rootless/.local/share/docker"],
        "security_opt": ["seccomp=unconfined", "apparmor=unconfined", "systempaths=unconfined"],
        "devices": ["/dev/net/tun"],
        "init": True,
    }


SYSBOX = {
    "has options of its own": ENGINE.replace("privileged: true", "privileged: true\n    command: [--mtu=1400]"),
    "is run as a user": ENGINE.replace("privileged: true", 'privileged: true\n    user: "0"'),
    "has its state on the host": ENGINE.replace("data:/var/lib/docker", "./data:/var/lib/docker"),
    "shares its socket's folder": ENGINE.replace("data:/var/lib/docker", "data:/var/run"),
    "has devices": ENGINE.replace("privileged: true", "privileged: true\n    devices: [/dev/kvm]"),
    "is no official image": ENGINE.replace("docker:29.10.0-dind\n", "example/docker:29.10.0-dind\n"),
}


@pytest.mark.parametrize("text", SYSBOX.values(), ids=SYSBOX)
def test_it_stays_the_same_engine_where_it(text: str, tmp_path: Path) -> None:
    made = engine(mended(tmp_path, text))
    assert not made["image"].endswith("rootless")
    assert made["runtime"] == "sysbox-runc"


def test_a_client_does_not_use_the_name_of_its_engines_image(tmp_path: Path) -> None:
    old = ENGINE.replace("29.10.0-dind", "24.0.5-dind")
    result = mended(tmp_path, old, "end-of-life-engine")
    assert engine(result)["image"] == "docker:29.10.0-dind"
    assert not result.refused
