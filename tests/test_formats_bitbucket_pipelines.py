"""Bitbucket Pipelines: steps and their services, own runners and the cloud."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard import Options, Report, scan
from support import write_files

OWN = "runs-on: [self.hosted]"


def scanned(tmp_path: Path, text: str) -> Report:
    write_files(tmp_path, {"bitbucket-pipelines.yml": text})
    return scan(Options(paths=(tmp_path,), root=tmp_path))


def places(report: Report) -> list[str]:
    return sorted(f"{each.span.line} {each.rule.id}" for each in report.findings)


def step(body: str, more: str = "image: a:1") -> str:
    return f"{more}\npipelines:\n  default:\n  - step:\n      {body}\n"


@pytest.mark.parametrize(
    ("body", "hosted"),
    [
        ("script: [docker ps]", True),
        (f"{OWN}\n      script: [docker ps]", False),
        ("runs-on: $RUNNER\n      script: [docker ps]", False),
        ("runtime: {self-hosted: {volumes: ['/a:/b']}}\n      script: [docker ps]", False),
    ],
)
def test_whose_machine_it_is(tmp_path: Path, body: str, hosted: bool) -> None:
    (workload,) = scanned(tmp_path, step(body)).model.workloads
    assert (workload.hosted is not None) is hosted


@pytest.mark.parametrize(
    "pipelines",
    [
        "default: [{step: S}]",
        "branches: {main: [{step: S}]}",
        "custom: {x: [{parallel: [{step: S}]}]}",
        "pull-requests: {'**': [{parallel: {fail-fast: true, steps: [{step: S}]}}]}",
        "tags: {'v*': [{stage: {name: t, steps: [{step: S}]}}]}",
    ],
)
def test_where_steps_are(tmp_path: Path, pipelines: str) -> None:
    text = pipelines.replace("S", "{runs-on: [self.hosted], script: [docker run --privileged x]}")
    assert places(scanned(tmp_path, f"image: a:1\npipelines:\n  {text}\n")) == ["3 privileged-container"]


def test_a_step_that_two_pipelines_use_is_told_once(tmp_path: Path) -> None:
    text = (
        "image: a:1\ndefinitions:\n  steps:\n  - step: &s\n      name: t\n      runs-on: [self.hosted]\n"
        "      script:\n      - docker run --privileged x\npipelines:\n  default: [step: *s]\n  branches: {main: [step: *s]}\n"
    )
    assert places(scanned(tmp_path, text)) == ["8 privileged-container"]


@pytest.mark.parametrize(
    ("body", "containers"),
    [
        ("services: [docker]\n      script: [docker ps]", ["job a"]),
        (f"{OWN}\n      services: [docker]\n      script: [docker ps]", ["job service None", "job a"]),
        (f"{OWN}\n      services: [other]\n      script: [docker ps]", ["job a"]),
        ("runs-on: [self.hosted, linux.shell]\n      script: [docker ps]", ["job None"]),
    ],
)
def test_what_a_step_is_given(tmp_path: Path, body: str, containers: list[str]) -> None:
    report = scanned(tmp_path, step(body))
    found = [f"{each.kind} {each.image.repository if each.image else None}" for each in report.model.containers]
    assert found == containers


def test_an_engine_for_every_step(tmp_path: Path) -> None:
    report = scanned(tmp_path, step(f"{OWN}\n      script: [make]", "image: a:1\noptions: {docker: true}"))
    service = report.model.containers[0]
    assert (service.name, service.span.line, service.engine is not None) == ("docker", 2, True)
    assert service.privileged.unknown
    assert [each.message for each in report.notices] == [
        "privileged-engine could not decide: whether the job's runner is privileged or in a sandbox is not known here"
    ]


def test_a_pipe_is_no_script(tmp_path: Path) -> None:
    body = f"{OWN}\n      script: [{{pipe: 'acme/x:1', variables: {{ARGS: docker run --privileged x}}}}, docker ps]"
    assert places(scanned(tmp_path, step(body))) == []


def test_a_step_without_an_image_is_a_container_all_the_same(tmp_path: Path) -> None:
    volumes = "runtime: {self-hosted: {volumes: ['/var/run/docker.sock:/var/run/docker.sock']}}"
    assert places(scanned(tmp_path, step(f"{OWN}\n      {volumes}\n      script: [make]", ""))) == [
        "6 host-engine-socket"
    ]


def test_a_note_on_a_step_that_two_pipelines_use_names_its_place_once(tmp_path: Path) -> None:
    body = f"{OWN}\n      services: [docker]\n      script: [make]"
    text = step(body).replace("- step:", "- step: &s").rstrip("\n") + "\n  custom:\n    again: [step: *s]\n"
    (note,) = (each for each in scanned(tmp_path, text).notices if each.kind == "undecided")
    assert note.also == ()
