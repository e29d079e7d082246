"""CircleCI: executors, commands with parameters, whose machine it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard import Options, Report, scan
from support import write_files

OWN = "machine: true\n    resource_class: acme/own"


def scanned(tmp_path: Path, text: str) -> Report:
    write_files(tmp_path, {".circleci/config.yml": text})
    return scan(Options(paths=(tmp_path,), root=tmp_path))


def places(report: Report) -> list[str]:
    return sorted(f"{each.span.line} {each.rule.id}" for each in report.findings)


def job(steps: str, executor: str = OWN, more: str = "") -> str:
    return f"version: 2.1\njobs:\n  a:\n    {executor}\n    steps:\n    - {steps}\n{more}"


@pytest.mark.parametrize(
    ("executor", "hosted"),
    [
        ("machine: true", True),
        ("machine: {image: 'ubuntu-2404:current'}", True),
        ("docker: [{image: 'cimg/base:2026.01'}]", True),
        ("docker: [{image: 'cimg/base:2026.01'}]\n    resource_class: large", True),
        ("machine: true\n    resource_class: acme/own", False),
        ("docker: [{image: 'cimg/base:2026.01'}]\n    resource_class: acme/pods", False),
        ("machine: true\n    resource_class: << pipeline.parameters.class >>", False),
    ],
)
def test_whose_machine_it_is(tmp_path: Path, executor: str, hosted: bool) -> None:
    report = scanned(tmp_path, job("run: docker run --privileged x", executor))
    (workload,) = (each for each in report.model.workloads if each.kind.value == "job")
    assert (workload.hosted is not None) is hosted
    (finding,) = report.findings
    assert (finding.severity.word == "critical") is not hosted


@pytest.mark.parametrize(
    "steps",
    [
        "run: docker run --privileged x",
        "run: {name: n, command: docker run --privileged x}",
        "run: {command: docker run --privileged x, background: true}",
        "when: {condition: << pipeline.parameters.deep >>, steps: [{run: docker run --privileged x}]}",
        "unless: {condition: false, steps: [{run: docker run --privileged x}]}",
        "other/wrap: {after-steps: [{run: docker run --privileged x}]}",
    ],
)
def test_what_steps_run(tmp_path: Path, steps: str) -> None:
    assert places(scanned(tmp_path, job(steps))) == ["7 privileged-container"]


@pytest.mark.parametrize(
    "steps",
    [
        "run: echo docker run --privileged x",
        "run: {name: docker run --privileged x, command: make}",
        "when: {condition: false, steps: [{run: docker run --privileged x}]}",
        "unless: {condition: true, steps: [{run: docker run --privileged x}]}",
        "save_cache: {key: docker run --privileged x, paths: [a]}",
        "run: |\n        cat <<END\n        docker run --privileged x\n        END",
    ],
)
def test_what_steps_do_not_run(tmp_path: Path, steps: str) -> None:
    assert places(scanned(tmp_path, job(steps))) == []


def test_commands_executors_and_jobs_take_parameters(tmp_path: Path) -> None:
    text = """version: 2.1
parameters: {tool: {type: string, default: docker}}
executors:
  own:
    parameters: {tag: {type: string, default: '1'}}
    docker: [{image: "a:<< parameters.tag >>"}]
    resource_class: acme/pods
commands:
  start:
    parameters: {mode: {type: string, default: --rm}, then: {type: steps, default: []}}
    steps:
    - run: << pipeline.parameters.tool >> run << parameters.mode >> b
    - steps: << parameters.then >>
jobs:
  one:
    parameters: {flag: {type: string}, tag: {type: string, default: '3'}}
    executor: {name: own, tag: << parameters.tag >>}
    steps:
    - start:
        mode: << parameters.flag >>
        then: [{run: docker run --pid=host c}]
workflows:
  main:
    jobs:
    - one: {flag: --privileged}
"""
    report = scanned(tmp_path, text)
    assert places(report) == ["12 privileged-container", "21 host-pid-namespace"]
    assert str(report.model.containers[0].image) == "a:3"


def test_what_uses_of_a_job_disagree_on_is_unknown(tmp_path: Path) -> None:
    more = "    parameters: {tag: {type: string}}\nworkflows: {w: {jobs: [{a: {matrix: {parameters: {tag: ['1', '2']}}}}]}}\n"
    report = scanned(tmp_path, job("run: docker ps", "docker: [{image: 'b:<< parameters.tag >>'}]", more))
    image = report.model.containers[0].image
    assert image is not None
    assert image.reference.unknown


def test_containers_of_the_docker_executor_share_a_network(tmp_path: Path) -> None:
    text = job("run: docker ps", "docker: [{image: 'cimg/base:1'}, {image: 'postgres:18', environment: {A: b}}]")
    report = scanned(tmp_path, text)
    main, service = report.model.containers
    assert (main.kind.value, service.kind.value, service.name) == ("job", "job service", "postgres")
    assert service.environment.value("A") == "b"
    assert main.workload.shared_network


def test_commands_that_call_each_other_end(tmp_path: Path) -> None:
    more = "commands:\n  b: {steps: [c, {run: docker run --privileged x}]}\n  c: {steps: [b]}\n"
    assert places(scanned(tmp_path, job("b", OWN, more))) == ["9 privileged-container"]


def test_inline_orbs(tmp_path: Path) -> None:
    body = "{machine: true, steps: [run: docker run --privileged x]}"
    text = f"version: 2.1\norbs:\n  o:\n    jobs:\n      a: {body}\n"
    assert places(scanned(tmp_path, text)) == ["5 privileged-container"]
