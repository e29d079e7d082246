"""Whose engine starts what a script starts, and what that makes of its sockets, mounts and privilege."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard import Finding, Options, Severity, scan
from dindguard.model.container import Container, ContainerKind
from dindguard.model.engine import Engine, Machine

GITLAB = """job:
  image: {image}
  services: [docker:29-dind]
  variables: {{{variables}}}
  script: ['{script}']
"""
NESTED = "DOCKER_HOST: 'tcp://docker:2376', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: /certs/client"
ELSEWHERE = "DOCKER_HOST: 'tcp://builder.example.com:2376', DOCKER_TLS_VERIFY: '1'"


def report(root: Path, name: str, text: str) -> tuple[Container, list[Finding]]:
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    found = scan(Options(paths=(root,), root=root))
    (command,) = (each for each in found.model.containers if each.kind is ContainerKind.COMMAND)
    return command, list(found.findings)


def job(
    root: Path, script: str, variables: str = NESTED, image: str = "docker:29-cli"
) -> tuple[Container, list[Finding]]:
    text = GITLAB.format(script=script, variables=variables, image=image)
    return report(root, ".gitlab-ci.yml", text)


def severity_of(rule: str, findings: list[Finding]) -> Severity | None:
    return max((each.severity for each in findings if each.rule.id == rule), default=None)


RUNS = [
    # (command, rule, severity in the nested engine, severity in an engine elsewhere)
    ("docker run --privileged x:1", "privileged-container", Severity.HIGH, Severity.CRITICAL),
    ("docker run -v /:/host x:1", "host-root-mount", Severity.MEDIUM, Severity.CRITICAL),
    ("docker run --pid=host x:1", "host-pid-namespace", None, None),
    ("docker run -v /var/run/docker.sock:/var/run/docker.sock x:1", "host-engine-socket", None, Severity.CRITICAL),
]


@pytest.mark.parametrize(("command", "rule", "nested", "elsewhere"), RUNS)
def test_a_nested_engine_is_what_its_containers_reach(
    tmp_path: Path, command: str, rule: str, nested: Severity | None, elsewhere: Severity | None
) -> None:
    container, findings = job(tmp_path / "nested", command)
    assert isinstance(container.runs_on, Engine)
    other, more = job(tmp_path / "elsewhere", command, ELSEWHERE)
    assert isinstance(other.runs_on, Machine)
    if elsewhere is None:
        before, after = severity_of(rule, more), severity_of(rule, findings)
        assert before is not None
        assert after is not None
        assert after < before
    else:
        assert (severity_of(rule, findings), severity_of(rule, more)) == (nested, elsewhere)


@pytest.mark.parametrize(
    ("script", "variables"),
    [
        ("docker -H tcp://builder.example.com:2376 run --privileged x:1", NESTED),
        ("DOCKER_HOST=tcp://builder.example.com:2376 docker run --privileged x:1", NESTED),
        ("docker run --privileged x:1", "DOCKER_HOST: $SOMEWHERE"),
        ("docker run --privileged x:1", "DOCKER_HOST: 'tcp://other:2376'"),
    ],
)
def test_another_or_an_unknown_engine_lowers_nothing(tmp_path: Path, script: str, variables: str) -> None:
    container, findings = job(tmp_path, script, variables)
    assert not isinstance(container.runs_on, Engine)
    assert severity_of("privileged-container", findings) is Severity.CRITICAL


def test_an_engine_with_the_hosts_files_lowers_nothing(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(
        '[[runners]]\nexecutor = "docker"\n[runners.docker]\nprivileged = true\nvolumes = ["/srv:/srv"]\n'
    )
    _, findings = job(tmp_path, "docker run -v /:/host x:1")
    assert severity_of("host-root-mount", findings) is Severity.CRITICAL


def test_a_privileged_container_in_a_privileged_engine_has_a_way_to_the_host(tmp_path: Path) -> None:
    compose = """services:
  engine:
    image: docker:29-dind
    privileged: {privileged}
  job:
    image: docker:29-cli
    environment: {{DOCKER_HOST: 'tcp://engine:2376', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: /certs}}
    command: sh -c 'docker run --privileged x:1'
"""
    command, _ = report(tmp_path / "on", "compose.yaml", compose.format(privileged="true"))
    assert isinstance(command.runs_on, Engine)
    assert command.escape is not None
    assert "service 'engine'" in command.escape.steps[1].what
    command, _ = report(tmp_path / "off", "compose.yaml", compose.format(privileged="false"))
    assert command.escape is None


def test_a_job_on_the_machine_itself_meets_the_machines_engine(tmp_path: Path) -> None:
    (tmp_path / "run.sh").write_text("#!/bin/sh\ndocker run --privileged x:1\n")
    found = scan(Options(paths=(tmp_path,), root=tmp_path))
    assert severity_of("privileged-container", list(found.findings)) is Severity.CRITICAL


SERVICES = "services:\n  web:\n    image: nginx:1.29\n    volumes: [/:/host]\n"
UP = "docker compose -f {file} up -d"


def started_project(root: Path, script: str, variables: str = NESTED, **files: str) -> Severity | None:
    files.setdefault("compose.jobs.yaml", SERVICES)
    files[".gitlab-ci.yml"] = GITLAB.format(image="docker:29-cli", variables=variables, script=script)
    for name, text in files.items():
        (root / name).write_text(text)
    findings = scan(Options(paths=(root,), root=root)).findings
    return severity_of("host-root-mount", list(findings))


def test_a_project_that_only_a_nested_engine_starts_reaches_that_engines_container(tmp_path: Path) -> None:
    assert started_project(tmp_path, UP.format(file="compose.jobs.yaml")) is Severity.MEDIUM


@pytest.mark.parametrize(
    ("script", "variables", "files"),
    [
        ("docker compose -f other.yaml up -d", NESTED, {}),
        ("docker compose -f compose.jobs.yaml build", NESTED, {}),
        ("docker compose -f compose.jobs.yaml up", ELSEWHERE, {}),
        ("docker -H tcp://builder.example.com:2376 compose -f compose.jobs.yaml up", NESTED, {}),
        ("cd sub && docker compose -f compose.jobs.yaml up", NESTED, {}),
        (
            f"{UP} && docker -H tcp://builder.example.com:2376 compose -f {{file}} up".format(
                file="compose.jobs.yaml"
            ),
            NESTED,
            {},
        ),
        ("docker compose -f compose.yaml up", NESTED, {"compose.jobs.yaml": "", "compose.yaml": SERVICES}),
        (
            "docker compose -f compose.jobs.yaml up",
            NESTED,
            {"try.sh": "#!/bin/sh\ndocker compose -f compose.jobs.yaml up\n"},
        ),
        ("docker compose -f compose.jobs.yaml up", NESTED, {"try.sh": "#!/bin/sh\ndocker compose -f $FILE up\n"}),
    ],
)
def test_a_project_that_others_may_start_is_not_lowered(
    tmp_path: Path, script: str, variables: str, files: dict[str, str]
) -> None:
    assert started_project(tmp_path, script, variables, **files) is Severity.CRITICAL


def test_an_engine_that_a_controller_adds_is_named_so_and_its_way_begins_at_the_runner(tmp_path: Path) -> None:
    text = (
        "apiVersion: actions.summerwind.dev/v1alpha1\nkind: RunnerDeployment\nmetadata: {name: r}\n"
        "spec: {template: {spec: {repository: acme/app}}}\n"
    )
    (tmp_path / "runners.yaml").write_text(text)
    (finding,) = scan(Options(paths=(tmp_path,), root=tmp_path)).findings
    assert finding.message.endswith("; the runners' controller adds this container")
    assert finding.path[0].what == "code in container 'runner'"
    assert len(finding.path) > 3
    (tmp_path / "runners.yaml").write_text(text.replace("acme/app", "acme/app, containers: [{name: docker}]"))
    (finding,) = scan(Options(paths=(tmp_path,), root=tmp_path)).findings
    assert "adds this container" not in finding.message


def test_an_address_that_no_client_understands_names_no_engine(tmp_path: Path) -> None:
    container, findings = job(tmp_path, "docker run --privileged x:1", "DOCKER_HOST: 'pigeon://roof'")
    assert container.runs_on is None
    assert severity_of("privileged-container", findings) is Severity.CRITICAL


POD = """apiVersion: v1
kind: Pod
metadata: {{name: ci}}
spec:
  containers:
    - name: engine
      image: docker:29-dind
      securityContext: {{privileged: true}}
      volumeMounts: [{{name: run, mountPath: /var/run}}]
    - name: job
      image: docker:29-cli
      command: [sh, -c, docker run --privileged x:1]
      volumeMounts: [{{name: {volume}, mountPath: /var/run}}]
  volumes:
    - {{name: run, emptyDir: {{}}}}
    - {{name: own, emptyDir: {{}}}}
"""


def test_a_socket_in_a_volume_of_both_is_the_neighbours_engine(tmp_path: Path) -> None:
    command, _ = report(tmp_path / "shared", "pod.yaml", POD.format(volume="run"))
    assert isinstance(command.runs_on, Engine)
    assert command.runs_on.container is not None
    assert command.runs_on.container.name == "engine"
    command, _ = report(tmp_path / "own", "pod.yaml", POD.format(volume="own"))
    assert command.runs_on is None
