"""Buildkite: plugins that start containers, commands on the agent, values put in at upload."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard import Options, Report, scan
from support import write_files


def scanned(tmp_path: Path, text: str, name: str = ".buildkite/pipeline.yml", **files: str) -> Report:
    write_files(tmp_path, {name: text, **{each.replace("__", "."): body for each, body in files.items()}})
    return scan(Options(paths=(tmp_path,), root=tmp_path))


def places(report: Report) -> list[str]:
    return sorted(f"{each.span.line} {each.rule.id}" for each in report.findings)


def plugin(settings: str, name: str = "docker#v5.13.0") -> str:
    return f"steps:\n- command: make\n  plugins:\n  - {name}:\n      image: a:1\n      {settings}\n"


@pytest.mark.parametrize(
    "name",
    [
        "docker#v5.13.0", "docker", "buildkite-plugins/docker#v3.0.0",
        "https://github.com/buildkite-plugins/docker-buildkite-plugin#v5", "ssh://git@github.com/buildkite-plugins/docker-buildkite-plugin.git#v5",
    ],
)  # fmt: skip
def test_names_of_the_docker_plugin(tmp_path: Path, name: str) -> None:
    assert places(scanned(tmp_path, plugin("privileged: true", f'"{name}"'))) == ["6 privileged-container"]


@pytest.mark.parametrize("name", ["acme/docker#v1", "docker-login#v2", "github.com/acme/docker-buildkite-plugin#v1"])
def test_plugins_of_others_are_not_known(tmp_path: Path, name: str) -> None:
    assert places(scanned(tmp_path, plugin("privileged: true", name))) == []


@pytest.mark.parametrize(
    ("setting", "rule"),
    [
        ("privileged: on", "privileged-container"),
        ("volumes: ['/:/host']", "host-root-mount"),
        ("volumes: ['${SOCKET:-/var/run/docker.sock}:/var/run/docker.sock']", "host-engine-socket"),
        ("pid: host", "host-pid-namespace"),
        ("add-caps: [SYS_ADMIN]", "dangerous-capability"),
        ("security-opts: ['seccomp=unconfined']", "seccomp-unconfined"),
        ("devices: ['/dev/sda:/dev/sda']", "raw-device"),
    ],
)
def test_settings_are_options_of_docker_run(tmp_path: Path, setting: str, rule: str) -> None:
    assert f"6 {rule}" in places(scanned(tmp_path, plugin(setting)))


@pytest.mark.parametrize(
    "setting",
    ["privileged: off", "volumes: ['./state:/state', '$$HOME/x:/x']", "mount-buildkite-agent: true", "network: ci"],
)
def test_harmless_settings(tmp_path: Path, setting: str) -> None:
    assert places(scanned(tmp_path, plugin(setting))) == []


def test_a_variable_that_nobody_sets_is_unknown(tmp_path: Path) -> None:
    report = scanned(tmp_path, plugin("privileged: $P"))
    assert not report.findings
    assert [each.message for each in report.notices] == [
        "privileged-container could not decide: $P is not known here"
    ]


def test_a_command_runs_in_the_plugin_s_container(tmp_path: Path) -> None:
    text = (
        "env: {TAG: 29.1.0-cli}\nsteps:\n- label: a\n  command: docker ps\n  env: {DOCKER_HOST: 'tcp://engine:2376'}\n"
        "  plugins: [{docker: {image: 'docker:$TAG', environment: [TOKEN, A=b]}}]\n"
    )
    (job,) = scanned(tmp_path, text).model.containers
    assert (str(job.image), job.kind.value) == ("docker:29.1.0-cli", "job")
    assert [call.action for call in job.invocations] == ["ps"]
    assert job.environment.value("DOCKER_HOST") == "tcp://engine:2376"


def test_escaped_dollars_are_the_step_s_own(tmp_path: Path) -> None:
    text = "steps:\n- command: |\n    flag=--privileged\n    docker run $$flag a\n    docker run \\$flag b\n"
    assert places(scanned(tmp_path, text)) == ["3 privileged-container"]


def test_a_matrix_of_one_value_is_known(tmp_path: Path) -> None:
    text = "steps:\n- command: make\n  matrix: {setup: {tag: ['1']}}\n  plugins: [{docker: {image: 'a:{{matrix.tag}}'}}]\n"
    (job,) = scanned(tmp_path, text).model.containers
    assert str(job.image) == "a:1"


def test_a_service_of_a_compose_file_is_run_with_more_volumes(tmp_path: Path) -> None:
    text = (
        "steps:\n- command: make\n  plugins:\n  - docker-compose#v5: {run: app, config: ci.yml, volumes: "
        "['/var/run/docker.sock:/var/run/docker.sock']}\n"
    )
    report = scanned(tmp_path, text, ci__yml="services: {app: {image: 'a:1'}}\n")
    assert places(report) == ["4 host-engine-socket"]


@pytest.mark.parametrize("step", ["{skip: true, command: C}", "{skip: why, command: C}", "{if: 'false', command: C}"])
def test_steps_that_are_off(tmp_path: Path, step: str) -> None:
    text = f"steps:\n- {step}\n".replace("command: C", "command: docker run --privileged a")
    assert places(scanned(tmp_path, text)) == []


def test_groups_lists_and_repeated_names(tmp_path: Path) -> None:
    text = "- group: g\n  steps: [{label: a, command: docker ps}]\n- {label: a, commands: [docker ps]}\n- wait\n"
    addresses = [each.address for each in scanned(tmp_path, text).model.containers]
    assert addresses == ["steps.a", "steps.a#2"]


def test_a_quoted_variable_of_a_step_is_told_once(tmp_path: Path) -> None:
    step = "- label: a\n  env: {DOCKER_HOST: 'tcp://build.example:2375'}\n  command: docker ps\n"
    (found,) = scanned(tmp_path, f"steps:\n{step}").findings
    assert (found.rule.id, found.span.line, found.span.column) == ("plaintext-engine-client", 3, 22)
