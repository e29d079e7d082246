"""What decides and is not known is said, once, and never taken for safe."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard import reports
from dindguard.cli.scan_ import exit_code
from dindguard.coverage import State
from dindguard.errors import CLEAN, INCOMPLETE
from dindguard.reports import model_text
from dindguard.reports.terminal import Terminal
from dindguard.rules import Confidence, Profile, Severity
from dindguard.scanning import Options, Report, scan
from support import write_files


def scanned(folder: Path, text: str, name: str = "compose.yaml", **files: str) -> Report:
    write_files(folder, {name: text, **files})
    return scan(Options(paths=(folder,), root=folder, profile=Profile.ALL))


def undecided(report: Report) -> list[str]:
    return [f"{n.span.line} {n.message}" for n in report.notices if n.kind == "undecided"]


@pytest.mark.parametrize(
    ("setting", "rule"),
    [
        ("volumes: ['${DATA}:/data']", "host-root-mount"),
        ("network_mode: ${NET}", "host-network"),
        ("devices: ['${DISK}:/dev/sda']", "raw-device"),
        ("privileged: ${P}", "privileged-container"),
        ("pid: ${PID}", "host-pid-namespace"),
        ("cap_add: ['${CAP}']", "dangerous-capability"),
        ("volumes: ['${VOLUME}']", "host-root-mount"),
        ("security_opt: ['${OPTION}']", "seccomp-unconfined"),
        ("environment: {DOCKER_HOST: '${ENGINE}'}", "plaintext-engine-client"),
        ("environment: {DOCKER_HOST: 'tcp://${ENGINE}:2376'}", "plaintext-engine-client"),
    ],
)
def test_what_is_unknown_makes_a_note(tmp_path: Path, setting: str, rule: str) -> None:
    report = scanned(tmp_path, f"services:\n  a:\n    image: nginx:1.29\n    {setting}\n")
    assert any(note.startswith(f"4 {rule} could not decide: ") for note in undecided(report)), undecided(report)
    assert exit_code(report, Severity.HIGH, strict=True) == INCOMPLETE
    assert exit_code(report, Severity.HIGH) == CLEAN


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ("services:\n  a:\n    image: ${IMAGE}\n", "compose.yaml", ["floating-engine-image"]),
        ("services:\n  a:\n    image: ${MIRROR}/app:${TAG}\n", "compose.yaml", []),
        ("services:\n  a:\n    image: ${MIRROR}/app:1\n    runtime: ${R}\n", "compose.yaml", []),
        (
            "services:\n  a:\n    image: app:1\n    privileged: true\n    runtime: ${R}\n",
            "compose.yaml",
            ["sysbox-contradiction"],
        ),
        ("a:\n  image: $CI_REGISTRY_IMAGE:1\n  script: [make]\n", ".gitlab-ci.yml", []),
        ("a:\n  image: alpine:3\n  services: [$SERVICE]\n  script: [make]\n", ".gitlab-ci.yml", ["floating-engine-image"]),
        ("#!/bin/sh\ndocker run --rm $IMAGE true\n", "run.sh", []),
        ("#!/bin/sh\ndocker run --security-opt $OPTION app:1\n", "run.sh", ["seccomp-unconfined"]),
    ],
)  # fmt: skip
def test_an_image_and_a_runtime_are_said_where_they_may_decide(
    tmp_path: Path, text: str, name: str, said: list[str]
) -> None:
    assert [note.split()[1] for note in undecided(scanned(tmp_path, text, name))] == said


def test_a_registry_that_is_not_known_may_be_none_of_the_allowed_ones(tmp_path: Path) -> None:
    config = "allowed-registries: [registry.example.com]\n"
    text = "services:\n  a:\n    image: ${REGISTRY}/docker:29.10.0-dind\n"
    notes = undecided(scanned(tmp_path, text, **{".dindguard.yaml": config}))
    assert notes == ["3 disallowed-registry could not decide: REGISTRY is not known here"]


@pytest.mark.parametrize(
    "setting",
    ["volumes: ['${DATA:-./data}:/data']", "volumes: ['${DATA}/sub:/data']", "volumes: ['data:/data']",
     "network_mode: ${NET:-none}"],
)  # fmt: skip
def test_what_is_known_enough_makes_none(tmp_path: Path, setting: str) -> None:
    report = scanned(tmp_path, f"services:\n  a:\n    image: nginx:1.29\n    {setting}\n")
    assert undecided(report) == []


@pytest.mark.parametrize(
    ("source", "confidence"),
    [("${S}", Confidence.MEDIUM), ("${D}/docker.sock", Confidence.HIGH), ("/opt/x/docker.sock", Confidence.HIGH)],
)
def test_a_socket_is_told_by_its_target(tmp_path: Path, source: str, confidence: Confidence) -> None:
    text = f"services:\n  a:\n    image: nginx:1.29\n    volumes: ['{source}:/var/run/docker.sock']\n"
    (finding,) = (f for f in scanned(tmp_path, text).findings if f.rule.id == "host-engine-socket")
    assert finding.confidence is confidence
    assert "\ufffc" not in str(finding.subjects[0].key)


def test_a_pod_is_told_likewise(tmp_path: Path) -> None:
    text = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  volumes: [{name: s, hostPath: {path: '${SOCKET}'}}]\n"
        "  containers: [{name: a, image: b, volumeMounts: [{name: s, mountPath: /var/run/docker.sock}]}]\n"
    )
    report = scanned(tmp_path, text, "pod.yaml")
    assert "host-engine-socket" in {finding.rule.id for finding in report.findings}


def test_an_example_of_variables_is_evidence_and_named(tmp_path: Path) -> None:
    text = "services:\n  a:\n    image: nginx:1.29\n    privileged: ${P}\n"
    report = scanned(tmp_path, text, **{".env.example": "P=true\n"})
    (finding,) = (f for f in report.findings if f.rule.id == "privileged-container")
    assert ("set in the example here", ".env.example") in [(step.what, step.span.path) for step in finding.related]


def test_equal_notes_are_folded_with_their_count(tmp_path: Path) -> None:
    services = "".join(f"  s{n}: {{image: 'nginx:1.29', volumes: ['${{DATA}}:/data']}}\n" for n in range(30))
    report = scanned(tmp_path, f"services:\n{services}")
    (notice,) = (notice for notice in report.notices if notice.kind == "undecided")
    assert (notice.span.line, [span.line for span in notice.also]) == (2, list(range(3, 32)))
    shown = reports.render("text", report, reports.Options(verbose=True))
    assert "compose.yaml:5:39, … (29 in all)" in " ".join(shown.split())
    assert report.coverage.of(State.UNDERSTOOD)[0].undecided == 30


@pytest.mark.parametrize("source", ["$PWD", "$(pwd)", "${HOME}", "$WORKSPACE"])
def test_a_folder_of_ones_own_could_not_be_the_whole_host(tmp_path: Path, source: str) -> None:
    assert undecided(scanned(tmp_path, f"#!/bin/sh\ndocker run -v {source}:/data nginx:1.29\n", "run.sh")) == []


PIPELINE = "build:\n  image: docker:29-cli\n  services: [docker:29-dind]\n  script: [docker build .]\n"


def test_the_privilege_that_a_runner_decides_is_unknown_and_not_off(tmp_path: Path) -> None:
    report = scanned(tmp_path, PIPELINE, ".gitlab-ci.yml")
    words = (
        "privileged-engine could not decide: whether the job's runner is privileged or in a sandbox is not known here"
    )
    assert undecided(report) == [f"3 {words}"]
    assert "it is not privileged" not in model_text.render(report, Terminal())
    assert exit_code(report, Severity.HIGH, strict=True) == INCOMPLETE


@pytest.mark.parametrize("privileged", ["true", "false"])
def test_a_runner_in_the_scan_decides_it(tmp_path: Path, privileged: str) -> None:
    runner = f"[[runners]]\nexecutor = 'docker'\n[runners.docker]\nimage = 'a'\nprivileged = {privileged}\n"
    assert undecided(scanned(tmp_path, PIPELINE, ".gitlab-ci.yml", **{"config.toml": runner})) == []


@pytest.mark.parametrize(
    ("first", "second", "decided"), [("true", "true", True), ("true", "false", False), ("false", "false", False)]
)
def test_several_runners_decide_it_where_all_are_privileged(
    tmp_path: Path, first: str, second: str, decided: bool
) -> None:
    runner = "[[runners]]\nexecutor = 'docker'\n[runners.docker]\nimage = 'a'\nprivileged = {}\n"
    report = scanned(
        tmp_path, PIPELINE, ".gitlab-ci.yml", **{"config.toml": runner.format(first) + runner.format(second)}
    )
    assert (undecided(report) == []) is decided
    engine = next(each for each in report.model.engines if each.owner is not None)
    assert engine.owner.privileged.state is (True if decided else None)
    assert (engine.owner.given_by is not None) is decided


def test_rootless_engines_and_clients_need_no_such_runner(tmp_path: Path) -> None:
    assert undecided(scanned(tmp_path, PIPELINE.replace("29-dind", "29-dind-rootless"), ".gitlab-ci.yml")) == []
