"""Which calls start which Compose project, and more than one copy of what: by the file that they name."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard.infer.projects import starting_calls
from dindguard.scanning import Options, Report, scan
from support import write_files

STACK = "services:\n  app: {image: 'example/app:1', volumes: ['data:/var/lib/docker']}\nvolumes: {data: {}}\n"


def scanned(folder: Path, **files: str) -> Report:
    root = write_files(folder, {name.replace("__", "/").replace("_dot_", "."): text for name, text in files.items()})
    return scan(Options(paths=(root,), root=root))


def started(folder: Path, script: str, name: str = "stack_dot_yaml", content: str = STACK) -> list[str]:
    job = "".join(f"    - {line}\n" for line in script.split("; "))
    report = scanned(
        folder,
        **{
            name: content,
            "_dot_gitlab-ci_dot_yml": f"job:\n  image: docker:29-cli\n  services: [docker:29-dind]\n  script:\n{job}",
        },
    )
    return [workload.address for workload in starting_calls(report.model.workloads, report.model.invocations)]


@pytest.mark.parametrize(
    ("script", "starts"),
    [
        ("docker compose -f stack.yaml up -d", True),
        ("docker compose -f stack.yaml run app", True),
        ("docker compose -f stack.yaml create", True),
        ("docker compose -f stack.yaml start", True),
        ("docker compose -f stack.yaml restart", True),
        ("docker compose -f ./stack.yaml up", True),
        ("docker compose -f other/../stack.yaml up", True),
        ("docker compose -f stack.yaml down", False),
        ("docker compose -f stack.yaml build", False),
        ("docker compose -f stack.yaml config", False),
        ("docker compose up", False),
        ("docker compose -f other.yaml up", False),
        ("docker compose -f other/stack.yaml up", False),
        ("docker compose -f stack.yaml up; docker compose -f other/stack.yaml up", False),
        ("docker compose -f $FILE up; docker compose -f stack.yaml up", False),
        ("cd elsewhere; docker compose -f stack.yaml up", False),
        ("pushd elsewhere; docker compose -f stack.yaml up", False),
        ("ssh far docker compose -f stack.yaml up", False),
    ],
)
def test_which_calls_start_a_project(tmp_path: Path, script: str, starts: bool) -> None:
    assert started(tmp_path, script) == ["stack.yaml"] * starts


@pytest.mark.parametrize("kind", ["", ".override"])
@pytest.mark.parametrize("ending", ["yaml", "yml"])
@pytest.mark.parametrize("stem", ["compose", "docker-compose"])
def test_a_file_that_compose_takes_by_itself_is_anybodys_to_start(
    tmp_path: Path, stem: str, kind: str, ending: str
) -> None:
    name = f"{stem}{kind}.{ending}"
    assert started(tmp_path / "own", f"docker compose -f {name} up", name) == []
    assert started(tmp_path / "other", f"docker compose -f ci-{name} up", f"ci-{name}") == [f"ci-{name}"]


@pytest.mark.parametrize(
    ("command", "several"),
    [
        ("docker compose up --scale app=2", True),
        ("docker compose up --scale app=3 -d", True),
        ("docker compose create --scale app=2", True),
        ("docker compose scale app=2", True),
        ("docker compose up --scale app=1", False),
        ("docker compose up --scale app=0", False),
        ("docker compose up --scale other=2", False),
        ("docker compose up --scale app", False),
        ("docker compose up --scale app=$N", False),
        ("docker compose run --scale app=2 app", False),
        ("docker compose up app=2", False),
        ("docker compose -f compose.yaml up --scale app=2", True),
        ("docker compose -f elsewhere.yaml up --scale app=2", False),
        ("ssh far docker compose up --scale app=2", False),
    ],
)
def test_how_many_copies_a_command_asks_for(tmp_path: Path, command: str, several: bool) -> None:
    report = scanned(tmp_path, compose_dot_yaml=STACK, run_dot_sh=f"#!/bin/sh\n{command}\n")
    (app,) = (each for each in report.model.containers if each.name == "app")
    assert (app.several_at_once is not None) is several


def test_a_command_in_another_folder_asks_for_no_copies_here(tmp_path: Path) -> None:
    report = scanned(tmp_path, compose_dot_yaml=STACK, ci__run_dot_sh="#!/bin/sh\ndocker compose up --scale app=2\n")
    (app,) = (each for each in report.model.containers if each.name == "app")
    assert app.several_at_once is None
