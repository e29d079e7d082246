"""Documents inside manifests: scripts, ConfigMaps and Secrets, each with the container that reads it."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from dindguard import Options, scan
from dindguard.model.container import Container
from manifests import containers, pod, read


def scripts(reading):
    return [
        (e.source.hint, e.source.text, e.owner.name if isinstance(e.owner, Container) else None)
        for e in reading.embedded
    ]


@pytest.mark.parametrize(
    ("container", "script"),
    [
        ("command: [sh, -c, docker ps]", "docker ps"),
        ("command: [/bin/bash, -ec], args: [docker ps]", "docker ps"),
        ("command: [bash, -o, pipefail, -c, docker ps]", "docker ps"),
        ("command: [tini, --, sh, -c, docker ps]", "docker ps"),
        ("command: [docker-init, --, sh, -c, docker ps]", "docker ps"),
        ("args: [sh, -c, docker ps]", "docker ps"),
        ("lifecycle: {postStart: {exec: {command: [sh, -c, docker ps]}}}", "docker ps"),
        ("livenessProbe: {exec: {command: [sh, -c, docker ps]}}", "docker ps"),
        ("command: [docker, run, alpine, sh, -c, ls]", "'docker' 'run' 'alpine' 'sh' '-c' 'ls' "),
        ("command: [dockerize, run, alpine, sh, -c, ls]", None),
        ("command: [sh, /run.sh, -c, x]", None),
        ("command: [python, -c, 'import os']", None),
        ("command: [sh]", None),
    ],
)
def test_shell_scripts(tmp_path, container, script):
    expected = [("shell", script, "c")] if script else []
    assert scripts(read(tmp_path, pod(container))) == expected


def test_a_script_keeps_its_place(tmp_path):
    (found,) = read(
        tmp_path,
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: p}
        spec:
          containers:
          - name: c
            image: docker:29-cli
            command:
            - sh
            - -c
            - |
              set -e
              docker run --privileged alpine
        """,
    ).embedded
    start = found.source.text.index("--privileged")
    span = found.source.span(start, start + len("--privileged"))
    assert (span.line, span.column, span.end_column) == (14, 18, 30)


CONFIG = """
        apiVersion: v1
        kind: {kind}
        metadata: {{name: engine}}
        {part}:
          {key}: {value}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {{name: p}}
        spec:
          containers:
          - {{name: dind, image: "docker:29-dind", volumeMounts: [{mount}]}}
          - {{name: client, image: "docker:29-cli"{client}}}
          volumes: [{{name: v, {volume}}}]
"""


def configured(tmp_path, **changes):
    settings = {
        "kind": "ConfigMap", "part": "data", "key": "daemon.json", "value": "'{\"debug\": true}'", "client": "",
        "mount": "{name: v, mountPath: /etc/docker}", "volume": "configMap: {name: engine}",
    }  # fmt: skip
    return scripts(read(tmp_path, CONFIG.format(**(settings | changes))))


JSON = '{"debug": true}'


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ("daemon.json", JSON, "dind")),
        ({"mount": "{name: v, mountPath: /etc/docker/daemon.json, subPath: daemon.json}"}, ("daemon.json", JSON, "dind")),
        ({"key": "engine.conf", "volume": "configMap: {name: engine, items: [{key: engine.conf, path: daemon.json}]}"},
         ("daemon.json", JSON, "dind")),
        ({"volume": "projected: {sources: [{configMap: {name: engine}}]}"}, ("daemon.json", JSON, "dind")),
        ({"mount": "{name: v, mountPath: /elsewhere}"}, ("daemon.json", JSON, None)),
        ({"volume": "configMap: {name: other}"}, ("daemon.json", JSON, None)),
        ({"kind": "Secret", "part": "stringData", "volume": "secret: {secretName: engine}"}, ("daemon.json", JSON, "dind")),
        ({"kind": "Secret", "value": base64.b64encode(JSON.encode()).decode(), "volume": "secret: {secretName: engine}"},
         ("daemon.json", JSON, "dind")),
        ({"key": "start.sh", "value": '"docker ps\\n"', "mount": "{name: v, mountPath: /scripts}"},
         ("start.sh", "docker ps\n", "dind")),
        ({"key": "start.sh", "value": '"docker ps\\n"', "mount": "{name: v, mountPath: /scripts}",
          "client": ", command: [/scripts/start.sh], volumeMounts: [{name: v, mountPath: /scripts}]"},
         ("start.sh", "docker ps\n", "client")),
        ({"key": "start.sh", "value": '"docker ps\\n"', "mount": "{name: v, mountPath: /scripts}",
          "client": ", volumeMounts: [{name: v, mountPath: /scripts}]"}, ("start.sh", "docker ps\n", None)),
    ],
)  # fmt: skip
def test_config_maps_and_secrets(tmp_path, changes, expected):
    assert configured(tmp_path, **changes) == [expected]


def test_what_is_no_document_is_left_alone(tmp_path):
    assert configured(tmp_path, value="tcp://dind:2376", key="host") == []
    assert configured(tmp_path, kind="Secret", value="'!!!'") == []


def test_each_engine_owns_the_configuration_that_it_mounts(tmp_path):
    found = configured(tmp_path, client=", volumeMounts: [{name: v, mountPath: /etc/docker}]")
    assert [owner for _, _, owner in found] == ["dind", "client"]


def test_scripts_of_tekton_and_argo(tmp_path):
    reading = read(
        tmp_path,
        """
        apiVersion: tekton.dev/v1
        kind: Task
        metadata: {name: build}
        spec:
          params: [{name: image, default: docker:29-cli}]
          stepTemplate: {env: [{name: DOCKER_HOST, value: tcp://localhost:2375}]}
          steps:
          - {name: build, image: $(params.image), script: "docker build .\\n"}
          - {name: py, image: python, script: "#!/usr/bin/env python\\nprint()\\n"}
          sidecars: [{name: dind, image: "docker:29-dind", securityContext: {privileged: true}}]
          volumes: [{name: s, emptyDir: {}}]
        ---
        apiVersion: argoproj.io/v1alpha1
        kind: Workflow
        metadata: {generateName: w-}
        spec:
          volumes: [{name: sock, hostPath: {path: /var/run/docker.sock}}]
          podSpecPatch: '{"containers": [{"name": "main", "securityContext": {"privileged": true}}]}'
          templates:
          - name: t
            script: {image: "docker:29-cli", command: [sh], source: "docker ps\\n", volumeMounts: [{name: sock, mountPath: /s}]}
            sidecars: [{name: dind, image: "docker:29-dind", mirrorVolumeMounts: true}]
          - {name: steps, steps: [[{name: a, template: t}]]}
        """,
    )
    assert scripts(reading) == [("shell", "docker build .\n", "build"), ("shell", "docker ps\n", "main")]
    found = containers(reading)
    assert list(found) == [
        "Task/-/build.steps.build", "Task/-/build.steps.py", "Task/-/build.sidecars.dind",
        "Workflow/-/w-*.t.script", "Workflow/-/w-*.t.sidecars.dind",
    ]  # fmt: skip
    build = found["Task/-/build.steps.build"]
    assert build.image is not None
    assert str(build.image.reference.value) == "docker:29-cli"
    assert build.environment.value("DOCKER_HOST") == "tcp://localhost:2375"
    assert found["Task/-/build.sidecars.dind"].privileged.on
    assert found["Workflow/-/w-*.t.script"].privileged.on
    assert found["Workflow/-/w-*.t.sidecars.dind"].mounts[0].host_path == "/run/docker.sock"


RUNNER = """
        apiVersion: actions.summerwind.dev/v1alpha1
        kind: RunnerDeployment
        metadata: {{name: r}}
        spec: {{template: {{spec: {{repository: o/r{settings}}}}}}}
"""


@pytest.mark.parametrize(
    ("settings", "privileged"),
    [
        ("", {"docker": True, "runner": False}),
        (", dockerEnabled: true", {"docker": True, "runner": False}),
        (", dockerEnabled: false", {"runner": False}),
        (", dockerdWithinRunnerContainer: true", {"runner": True}),
        (", containerMode: kubernetes", {"runner": False}),
        (", securityContext: {seLinuxOptions: {type: x}}", {"docker": False, "runner": False}),
        (", containers: [{name: docker, securityContext: {privileged: false}}]", {"docker": False, "runner": False}),
    ],
)
def test_the_older_runner_controller_adds_an_engine(tmp_path, settings, privileged):
    found = containers(read(tmp_path, RUNNER.format(settings=settings)))
    assert {c.name: c.privileged.on for c in found.values()} == privileged
    assert found["RunnerDeployment/-/r.containers.runner"].privileged.on is privileged["runner"]
    if "docker" in privileged:
        engine = found["RunnerDeployment/-/r.containers.docker"]
        assert engine.command is not None
        assert [str(word) for word in engine.command] == ["dockerd", "--host=unix:///run/docker.sock"]
        runner = found["RunnerDeployment/-/r.containers.runner"]
        shared = {m.storage.identity for m in engine.mounts if m.storage} & {
            m.storage.identity for m in runner.mounts if m.storage
        }
        assert len(shared) == 1
        assert runner.environment.value("DOCKER_HOST") == "unix:///run/docker.sock"


def test_what_nothing_mounts_and_only_looks_like_something_is_text(tmp_path):
    """It starts nothing: no finding, but a note when it speaks of what is dangerous."""
    text = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: notes}\ndata:\n  a.yaml: |\n    services:\n"
        "      a: {image: b, privileged: true}\n"
    )
    reading = read(tmp_path, text)
    assert reading.embedded == []
    assert [(each.what, each.source.hint) for each in reading.unread] == [
        ("text of a ConfigMap that nothing mounts", "a.yaml")
    ]


@pytest.mark.parametrize(("word", "found"), [("shapes", False), ("containers", True), ("\\u0063ontainers", True)])
def test_a_large_document_is_searched_for_pods_to_its_end(tmp_path: Path, word: str, *, found: bool) -> None:
    numbers = ", ".join("[1.5, 2.5]" for _ in range(20_000))
    pod = '[{"name": "a", "image": "docker:dind", "securityContext": {"privileged": true}}]'
    (tmp_path / "world.json").write_text(
        f'{{"numbers": [{numbers}], "spec": {{"hostPID": true, "{word}": {pod}}}}}', "utf-8"
    )
    report = scan(Options(paths=(tmp_path,)))
    assert ("privileged-engine" in {each.rule.id for each in report.findings}) is found
    assert not report.incomplete


@pytest.mark.parametrize(
    "spelling",
    [
        "containers: [{image: docker:dind, name: a}]",
        "'containers' :\n    [{image: docker:dind, name: a}]",
        "? containers # of the pod\n  : [{image: docker:dind, name: a}]",
        '"\\x63ontainers": [{image: docker:dind, name: a}]',
        "*word : [{image: docker:dind, name: a}]",
        "? *word\n  : [{image: docker:dind, name: a}]",
    ],
)
def test_a_pod_of_no_known_kind_is_found_however_its_key_is_spelt(tmp_path, spelling):
    text = f"word: &word containers\njobs:\n  hostPID: true\n  {spelling}\n"
    (tmp_path / "app.yaml").write_text(text)
    report = scan(Options(paths=(tmp_path,), root=tmp_path))
    assert [container.name for container in report.model.containers] == ["a"], report.notices


def test_a_text_without_such_a_key_is_not_searched_for_pods(tmp_path, monkeypatch):
    (tmp_path / "api.yaml").write_text("paths:\n  /containers/json: {summary: privileged containers}\n")
    monkeypatch.setattr("dindguard.documents.tree.Node.walk", lambda *_: pytest.fail("it was searched"))
    assert scan(Options(paths=(tmp_path,), root=tmp_path)).model.containers == ()
