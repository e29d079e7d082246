"""What a mount is by what is written of it: whose folder, which socket, how far it spreads."""

from __future__ import annotations

from pathlib import Path

import pytest

from build import bind, text
from dindguard.model.mount import Mount, MountKind
from dindguard.model.values import UNKNOWN_PIECE as U
from dindguard.model.values import How, Text, unset
from dindguard.scanning import Options, scan
from support import write_files


def hidden(variable: str, pattern: str = U, target: str = "/data") -> Mount:
    place = text("x").span
    source = Text(None, place, How.UNKNOWN, pattern, variable)
    return Mount(
        kind=MountKind.HOST, source=source, target=text(target), span=place, read_only=unset(place, "read_only")
    )


@pytest.mark.parametrize(
    "variable", ["DATA", "SRC", "MY_PWD", "github.event.inputs.path", "ROOT", "CI_PROJECT", "runner.os"]
)
def test_a_variable_alone_may_be_any_folder_of_the_host(variable: str) -> None:
    assert hidden(variable).from_anywhere
    assert hidden(variable, f"/{U}/").from_anywhere
    assert not hidden(variable, f"/srv/{U}").from_anywhere


@pytest.mark.parametrize(
    "variable",
    [
        "PWD", "$(pwd)", "`pwd`", "$(mktemp -d)", "$(git rev-parse --show-toplevel)", "HOME", "TMPDIR", "WORKSPACE",
        "GITHUB_WORKSPACE", "github.workspace", "CI_PROJECT_DIR", "RUNNER_TEMP", "runner.temp",
    ],
)  # fmt: skip
def test_a_folder_of_the_users_or_the_jobs_own_is_not_any(variable: str) -> None:
    assert not hidden(variable).from_anywhere


def test_what_is_known_comes_from_somewhere() -> None:
    assert not bind("/srv", "/data").from_anywhere
    assert not bind("/", "/data").from_anywhere


@pytest.mark.parametrize(
    ("mount", "product"),
    [
        (hidden("SOCKET", U, "/var/run/docker.sock"), "docker"),
        (hidden("PODMAN_SOCKET", U, "/var/run/docker.sock"), "podman"),
        (hidden("SOCKET", U, "/run/podman/podman.sock"), "podman"),
        (hidden("SOCKET", U, "/srv"), None),
        (bind("/srv/proxy/engine.sock", "/var/run/docker.sock"), "docker"),
        (bind("/srv/proxy/engine.sock", "/srv/engine.sock"), None),
        (bind("/dev/null", "/var/run/docker.sock"), None),
        (bind("./engine.sock", "/var/run/docker.sock"), None),
        (bind("/var/run/docker.sock", "/var/run/docker.sock"), None),  # it is known to be one
    ],
)
def test_a_mount_at_the_place_where_clients_look_is_taken_for_the_socket(mount: Mount, product: str | None) -> None:
    found = mount.assumed_socket()
    assert (found.product if found is not None else None) == product


@pytest.mark.parametrize("option", ["shared", "rshared", "slave", "rslave", "private", "rprivate", "ro", "nocopy"])
def test_how_far_a_mount_spreads(tmp_path: Path, option: str) -> None:
    spreads = option not in ("ro", "nocopy")
    files = {
        "compose.yaml": f"services:\n  app: {{image: 'example/a:1', volumes: ['/srv:/srv:{option}']}}\n",
        "run.sh": f"#!/bin/sh\ndocker run -v /srv:/srv:{option} example/a:1\n",
    }
    found = scan(Options(paths=(write_files(tmp_path, files),), root=tmp_path)).model.containers
    mounts = [mount for container in found for mount in container.mounts]
    assert len(mounts) == 2
    assert [str(mount.propagation) for mount in mounts if mount.propagation is not None] == [option] * (2 * spreads)


@pytest.mark.parametrize("kind", [MountKind.TMPFS, MountKind.ANONYMOUS, MountKind.SECRET])
def test_what_has_no_storage_comes_from_nowhere_on_the_host(kind: MountKind) -> None:
    place = text("x").span
    mount = Mount(
        kind=kind, source=text("/srv"), target=text("/data"), span=place, read_only=unset(place, "read_only")
    )
    assert (mount.host_text, mount.host_path, mount.socket(), mount.assumed_socket()) == (None, None, None, None)
    assert not mount.from_anywhere


def test_a_mount_below_a_volume_has_its_own_path() -> None:
    from dindguard.records import replace

    below = replace(bind("/srv", "/data"), sub_path=text("docker"))
    assert below.host_path == "/srv/docker"
    assert bind("/var/run", "/run").host_path == "/run"


@pytest.mark.parametrize(
    ("target", "path", "provided"),
    [
        ("/var/lib", "/var/lib/docker", True),
        ("/var/lib/docker", "/var/lib/docker", True),
        ("/var/lib/docker2", "/var/lib/docker", False),
        ("/", "/var/lib/docker", True),
    ],
)
def test_what_a_mount_provides(target: str, path: str, provided: bool) -> None:
    assert bind("/srv", target).provides(path) is provided
