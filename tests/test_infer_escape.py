"""The shortest way from a container to root on the host, in words; and who has none."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard.scanning import Options, scan
from support import write_files

DIND = "  dind: {image: 'docker:29.10.0-dind', privileged: true, volumes: ['run:/run/engine'], command: [dockerd, -H, 'unix:///run/engine/docker.sock']}\n"
VOLUMES = "volumes: {run: {}}\n"
SOCKET = "'/var/run/docker.sock:/var/run/docker.sock'"
SHARED = "'run:/run/shared'"
NESTED = [
    "code in service 'app'",
    "service 'app' shares the directory in which the docker engine in service 'dind' has its socket",
    "a privileged container there has all that service 'dind' has",
    "privileged mode gives every device and capability of the host",
    "root on the host",
]
HOST = [
    "code in service 'app'",
    "service 'app' reaches the host's docker socket",
    "a new container with / mounted is root there",
    "root on the host",
]
OWN = [
    "code in service 'app'",
    "privileged mode gives every device and capability of the host",
    "root on the host",
]


def way(folder: Path, services: str) -> list[str]:
    root = write_files(folder, {"compose.yaml": f"services:\n{services}{VOLUMES}"})
    (app,) = (each for each in scan(Options(paths=(root,), root=root)).model.containers if each.name == "app")
    found = [] if app.escape is None else [step.what for step in app.escape.steps]
    assert app.escape is None or app.escape.length == len(found)
    assert app.escape is None or str(app.escape) == " → ".join(found)
    return found


@pytest.mark.parametrize(
    ("app", "expected"),
    [
        ("", []),
        (f"volumes: [{SOCKET}]", HOST),
        (f"volumes: [{SHARED}]", NESTED),
        (f"volumes: [{SHARED}, {SOCKET}]", HOST),
        (f"volumes: [{SOCKET}, {SHARED}]", HOST),
        ("privileged: true", OWN),
        (f"privileged: true, volumes: [{SOCKET}, {SHARED}]", OWN),
        ("privileged: true, runtime: runsc", []),
        ("volumes: ['/run/user/1000/docker.sock:/var/run/docker.sock']", []),
    ],
)
def test_the_shortest_way_counts(tmp_path: Path, app: str, expected: list[str]) -> None:
    service = f"  app: {{image: 'example/app:1'{f', {app}' if app else ''}}}\n"
    assert way(tmp_path, DIND + service) == expected


def test_who_commands_an_engine_that_is_contained_has_no_way(tmp_path: Path) -> None:
    contained = DIND.replace("privileged: true", "runtime: sysbox-runc")
    assert way(tmp_path, f"{contained}  app: {{image: 'example/app:1', volumes: [{SHARED}]}}\n") == []


def test_a_way_through_many_engines_is_told_from_its_beginning_and_its_end(tmp_path: Path) -> None:
    many = 40
    engines = "".join(
        f"  e{n}: {{image: 'docker:29.10.0-dind', volumes: ['r{n}:/run/engine', 'r{n + 1}:/run/next'],"
        f" privileged: {'true' if n == many - 1 else 'false'}, command: [dockerd, -H, 'unix:///run/engine/docker.sock']}}\n"
        for n in range(many)
    )
    app = "  app: {image: 'example/app:1', volumes: ['r0:/run/next']}\n"
    names = ", ".join(f"r{n}: {{}}" for n in range(many + 1))
    root = write_files(tmp_path, {"compose.yaml": f"services:\n{engines}{app}volumes: {{{names}}}\n"})
    (found,) = (each for each in scan(Options(paths=(root,), root=root)).model.containers if each.name == "app")
    assert found.escape is not None
    steps = [step.what for step in found.escape.steps]
    assert steps[0] == "code in service 'app'"
    assert "… and so on, from engine to engine" in steps
    assert steps[-2:] == ["privileged mode gives every device and capability of the host", "root on the host"]
    assert len(steps) < found.escape.length
