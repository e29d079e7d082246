"""What the rules on host mounts say beyond the place: how grave, how sure, and which advice fits."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard.findings import Finding
from dindguard.scanning import Options, scan
from support import write_files

DOCKER = "/var/run/docker.sock"
LIBVIRT = "/run/libvirt/libvirt-sock"

SOCKET_USERS = [
    ("", "critical", "high"),
    ("user: '0:0'", "critical", "high"),
    ("user: '1000:1000'", "high", "medium"),
    ("user: '1000:998'", "critical", "high"),
    ("user: '${U}:${G}'", "critical", "high"),
    ("user: '1000:1000', group_add: ['998']", "critical", "high"),
    ("user: '1000:1000', privileged: true", "critical", "high"),
]


@pytest.mark.parametrize(("settings", "severity", "confidence"), SOCKET_USERS)
def test_a_socket_that_keeps_the_user_out(tmp_path: Path, settings: str, severity: str, confidence: str) -> None:
    found = finding(tmp_path, "host-engine-socket", DOCKER, settings)
    assert (found.severity.word, found.confidence) == (severity, confidence)
    assert found.message.endswith(", if the socket lets user 1000 in") == (confidence == "medium")


ROOT_READERS = [
    ("", "high", "can read the host's"),
    ("privileged: true", "high", "can read the host's"),
    ("user: '1000'", "medium", "what everybody may read of"),
    ("user: '1000', privileged: true", "medium", "what everybody may read of"),
    ("user: '1000', cap_add: [DAC_READ_SEARCH]", "high", "can read the host's"),
]


@pytest.mark.parametrize(("settings", "severity", "says"), ROOT_READERS)
def test_privileged_mode_gives_an_ordinary_user_no_files_of_root(
    tmp_path: Path, settings: str, severity: str, says: str
) -> None:
    found = finding(tmp_path, "host-root-mount", "/:/host:ro", settings)
    assert (found.severity.word, says in found.message) == (severity, True)


@pytest.mark.parametrize(
    ("rule", "path", "image", "fits"),
    [
        ("host-engine-socket", DOCKER, "example/app:1", "filtering proxy"),
        ("host-engine-socket", LIBVIRT, "example/app:1", "machine of its own"),
        ("host-data-root", "/var/lib/docker/containers", "example/app:1", "read-only"),
        ("host-data-root", "/var/lib/docker:/var/lib/docker", "docker:29-dind", "named volume"),
    ],
)
def test_the_advice_fits_the_case(tmp_path: Path, rule: str, path: str, image: str, fits: str) -> None:
    found = finding(tmp_path, rule, path, "", image)
    assert fits in (found.instead or found.rule.section("Instead"))


def finding(folder: Path, rule: str, path: str, settings: str, image: str = "example/app:1") -> Finding:
    """Return the one finding of ``rule`` on a service that mounts ``path``."""
    mount = path if ":" in path else f"{path}:/mounted"
    service = f"image: '{image}', volumes: ['{mount}']" + (f", {settings}" if settings else "")
    write_files(folder, {"compose.yaml": f"services:\n  app: {{{service}}}\n"})
    (found,) = scan(Options(paths=(folder,), root=folder, untrusted=True, select=(rule,))).findings
    return found
