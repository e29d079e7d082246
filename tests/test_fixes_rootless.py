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


BUILDER = """\
apiVersion: v1
kind: Pod
metadata: {name: builds}
spec:
  containers:
    - name: buildkitd
      image: moby/buildkit:v0.31.1
      args: [--addr, "tcp://0.0.0.0:1234", --tlscacert, /tls/ca.pem, --tlscert, /tls/cert.pem, --tlskey, /tls/key.pem]
      securityContext:
        # builds need it
        privileged: true
"""


def builder(folder: Path, text: str) -> tuple[Any, Mended]:
    (folder / "pod.yaml").write_text(text, "utf-8")
    result = mend(Options(paths=(folder,), root=folder), unsafe=True, select=("privileged-engine",))
    return yaml.safe_load(result.texts["pod.yaml"])["spec"], result


def test_a_builder_in_a_pod_runs_as_its_image_without_root_wants(tmp_path: Path) -> None:
    spec, result = builder(tmp_path, BUILDER)
    (made,) = spec["containers"]
    assert made["image"] == "moby/buildkit:v0.31.1-rootless"
    assert made["args"][-1] == "--oci-worker-no-process-sandbox"
    assert made["securityContext"] == {
        "privileged": False,
        "seccompProfile": {"type": "Unconfined"},
        "appArmorProfile": {"type": "Unconfined"},
        "runAsUser": 1000,
        "runAsGroup": 1000,
    }
    assert made["volumeMounts"] == [{"name": "buildkitd-state", "mountPath": "/home/user/.local/share/buildkit"}]
    assert spec["volumes"] == [{"name": "buildkitd-state", "emptyDir": {}}]
    assert "        # builds need it\n" in result.texts["pod.yaml"]


def test_what_a_builder_keeps_in_a_pods_folder_moves(tmp_path: Path) -> None:
    volume = "      volumeMounts: [{name: state, mountPath: /var/lib/buildkit}]\n  volumes: [{name: state, emptyDir: {}}]\n"
    spec, _ = builder(tmp_path, BUILDER + volume)
    assert spec["containers"][0]["volumeMounts"] == [
        {"name": "state", "mountPath": "/home/user/.local/share/buildkit"}
    ]


ROOTS = {
    "has a socket for others": BUILDER.replace("tcp://0.0.0.0:1234", "unix:///run/buildkit/buildkitd.sock"),
    "reads a file of settings": BUILDER.replace(
        "--tlscacert, ", "--config, /etc/buildkit/buildkitd.toml, --tlscacert, "
    ),
    "lets builds have all": BUILDER.replace(
        "--tlscacert, ", "--allow-insecure-entitlement, security.insecure, --tlscacert, "
    ),
    "keeps its state for the next pod": BUILDER
    + "      volumeMounts: [{name: s, mountPath: /var/lib/buildkit}]\n"
    + "  volumes: [{name: s, persistentVolumeClaim: {claimName: s}}]\n",
    "has no version": BUILDER.replace("v0.31.1", "latest"),
}


@pytest.mark.parametrize("text", ROOTS.values(), ids=ROOTS)
def test_a_builder_stays_roots_where_it(text: str, tmp_path: Path) -> None:
    spec, _ = builder(tmp_path, text)
    assert not spec["containers"][0]["image"].endswith("rootless")
    assert spec["runtimeClassName"] == "sysbox-runc"


COMPOSE_BUILDER = """\
services:
  dind:
    image: moby/buildkit:v0.31.1
    privileged: true
    volumes: [state:/var/lib/buildkit]
volumes:
  state:
"""


def test_a_builder_of_compose_keeps_its_builds_apart(tmp_path: Path) -> None:
    assert engine(mended(tmp_path, COMPOSE_BUILDER)) == {
        "image": "moby/buildkit:v0.31.1-rootless",
        "volumes": ["state-rootless:/home/user/.local/share/buildkit"],
        "security_opt": ["seccomp=unconfined", "apparmor=unconfined", "systempaths=unconfined"],
    }


RUNNER = """\
[[runners]]
  name = "one"
  executor = "docker"
  [runners.docker]
    image = "alpine:3.22"
    privileged = true # for images
    volumes = ["/cache"]
  [runners.cache]
    Type = "s3"
"""


def test_a_runner_gets_the_runtime_beside_its_other_settings(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(RUNNER, "utf-8")
    result = mend(Options(paths=(tmp_path,), root=tmp_path), unsafe=True, select=("privileged-runner",))
    wanted = RUNNER.replace("privileged = true", "privileged = false")
    wanted = wanted.replace('    volumes = ["/cache"]\n', '    volumes = ["/cache"]\n    runtime = "sysbox-runc"\n')
    assert result.texts == {"config.toml": wanted}
