"""Which engines of one owner keep their state in one directory, side by side."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard.model.engine import Engine
from dindguard.model.mount import MountKind, Storage
from dindguard.scanning import Options, scan
from support import write_files

UNIT = "[Service]\nExecStart=/usr/bin/dockerd -H unix:///run/{name}.sock --data-root={root}\n"


def shared(folder: Path, **files: str) -> list[Storage]:
    root = write_files(folder, {name.replace("__", "/").replace("_dot_", "."): text for name, text in files.items()})
    return [storage for storage in scan(Options(paths=(root,), root=root)).model.storages if storage.engines]


def of_units(folder: Path, first: str, second: str) -> list[Storage]:
    units = {
        f"etc/systemd/system/{name}.service": UNIT.format(name=name, root=root)
        for name, root in (("docker", first), ("docker-ci", second))
    }
    return shared(folder, **units)


def test_two_services_of_a_machine_share_a_directory_of_the_host(tmp_path: Path) -> None:
    (storage,) = of_units(tmp_path, "/srv/docker", "/srv/docker")
    assert (storage.kind, storage.name, len(storage.engines)) == (MountKind.HOST, "/srv/docker", 2)
    assert storage.label == "host path '/srv/docker'"


def test_two_services_with_directories_of_their_own_share_none(tmp_path: Path) -> None:
    assert of_units(tmp_path, "/srv/docker", "/srv/docker-ci") == []


def script(*lines: str) -> str:
    return "FROM ubuntu:24.04\nCOPY start.sh /start.sh\nCMD " + '["sh", "-c", "' + " ".join(lines) + '"]\n'


@pytest.mark.parametrize(
    ("first", "second", "engines"),
    [
        ("--pidfile=/run/a.pid", "--pidfile=/run/b.pid", 2),
        ("--exec-root=/run/a", "--exec-root=/run/b", 2),
        ("--pidfile=/run/a.pid", "--pidfile=/run/a.pid", 0),  # the second starts when the first has ended
        ("", "", 0),
        ("--pidfile=/run/a.pid --data-root=/a", "--pidfile=/run/b.pid --data-root=/b", 0),
        ("--pidfile=/run/a.pid $OPTIONS", "--pidfile=/run/b.pid $OPTIONS", 0),
    ],
)
def test_two_commands_of_one_container_share_what_is_in_it(
    tmp_path: Path, first: str, second: str, engines: int
) -> None:
    command = f"dockerd {first} & dockerd {second} & wait"
    text = (
        f'services:\n  ci:\n    image: ubuntu:24.04\n    privileged: true\n    command: ["sh", "-c", "{command}"]\n'
    )
    found = shared(tmp_path, compose_dot_yaml=text)
    assert [len(storage.engines) for storage in found] == [engines] * bool(engines)
    assert all(storage.kind is MountKind.OTHER and storage.name == "/var/lib/docker" for storage in found)


def test_engines_of_other_makers_are_no_second_dockerd(tmp_path: Path) -> None:
    command = "buildkitd --root=/var/lib/docker & dockerd --pidfile=/run/b.pid & wait"
    text = f'services:\n  ci:\n    image: ubuntu:24.04\n    command: ["sh", "-c", "{command}"]\n'
    assert shared(tmp_path, compose_dot_yaml=text) == []
    assert all(isinstance(each, Engine) for each in scan(Options(paths=(tmp_path,), root=tmp_path)).model.engines)


@pytest.mark.parametrize(
    ("files", "root"),
    [
        ({"etc__systemd__system__docker_dot_service": "[Service]\nExecStart=/usr/bin/dockerd\n"}, "/var/lib/docker"),
        ({"etc__docker__daemon_dot_json": '{"debug": true}'}, None),
        ({"etc__docker__daemon_dot_json": '{"data-root": "/srv/docker"}'}, "/srv/docker"),
    ],
)
def test_where_a_machines_engine_keeps_its_state(tmp_path: Path, files: dict[str, str], root: str | None) -> None:
    folder = write_files(
        tmp_path, {name.replace("__", "/").replace("_dot_", "."): text for name, text in files.items()}
    )
    (engine,) = scan(Options(paths=(folder,), root=folder)).model.engines
    assert engine.data_root.value == root
    assert engine.data_root.unknown is (root is None)
    assert not engine.at_least(1), "nobody tells its version"
