"""TeamCity's settings in Kotlin: where steps run, what they run, and what parameters stand for."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard import Options, Report, scan
from dindguard.documents.groovy.reader import read_kotlin
from dindguard.model.container import Container
from dindguard.source import Source

SETTINGS = ".teamcity/settings.kts"
PRIVILEGED = "docker run --privileged alpine"


def report_of(folder: Path, text: str, name: str = SETTINGS) -> Report:
    (folder / ".git").mkdir()
    (folder / name).parent.mkdir(parents=True)
    (folder / name).write_text(text, "utf-8")
    return scan(Options(paths=(folder,)))


def build(steps: str, more: str = "") -> str:
    return f'object Build : BuildType({{\n    name = "A build"\n{more}\n    steps {{\n{steps}\n    }}\n}})\n'


def containers(report: Report) -> dict[str, Container]:
    return {container.address: container for container in report.model.containers}


def test_a_step_runs_in_its_container_or_on_the_builds_agent(tmp_path: Path) -> None:
    steps = """
        script { id = "in"; scriptContent = "docker ps"; dockerImage = "docker:29-cli"
            dockerRunParameters = "-e DOCKER_HOST=tcp://docker:2375 -v /srv:/srv" }
        script { name = "first"; scriptContent = "docker info" }
        exec { path = "docker"; arguments = "version" }
        gradle { tasks = "build" }"""
    found = containers(report_of(tmp_path, build(steps)))
    assert set(found) == {"Build.in.docker", "Build"}
    inside = found["Build.in.docker"]
    assert str(inside.image) == "docker:29-cli"
    assert (inside.environment.value("DOCKER_HOST"), len(inside.mounts)) == ("tcp://docker:2375", 1)
    assert inside.engine is None
    assert [call.action for call in inside.invocations] == ["ps"]
    assert [call.action for call in found["Build"].invocations] == ["info", "version"]


def test_a_build_may_run_in_one_container(tmp_path: Path) -> None:
    steps = 'script { scriptContent = "docker ps" }\nscript { id = "b"; scriptContent = "docker info"; dockerImage = "other" }'
    feature = '    features { runInDocker { dockerImage = "docker:29-cli"; dockerRunParameters = "--privileged" } }'
    found = containers(report_of(tmp_path, build(steps, feature)))
    assert [call.action for call in found["Build.docker"].invocations] == ["ps"]
    assert found["Build.docker"].privileged.on
    assert [call.action for call in found["Build.b.docker"].invocations] == ["info"]
    assert not found["Build.b.docker"].privileged.on


@pytest.mark.parametrize(
    ("step", "found"),
    [
        (f'script {{ scriptContent = "{PRIVILEGED}" }}', 1),
        (f'script {{ scriptContent = """\n#!/bin/sh\n{PRIVILEGED}\n""".trimIndent() }}', 1),
        ('script { scriptContent = """docker run \\\n  --privileged alpine""" }', 1),
        (f'steps.script {{ scriptContent = "{PRIVILEGED}" }}', 1),
        (f'step(ScriptBuildStep {{ scriptContent = "{PRIVILEGED}" }})', 1),
        (f'step {{ type = "simpleRunner"; param("script.content", "{PRIVILEGED}") }}', 1),
        (f'powerShell {{ scriptMode = script {{ content = "{PRIVILEGED}" }} }}', 1),
        ('exec { path = "docker"; arguments = "run --privileged alpine" }', 1),
        ('dockerCommand { commandType = other { subCommand = "run"; commandArgs = "--privileged alpine" } }', 1),
        (f'if (x) {{ script {{ scriptContent = "{PRIVILEGED}" }} }}', 1),
        (f'for (x in xs) {{ script {{ scriptContent = "{PRIVILEGED} $x" }} }}', 1),
        ('gradle { tasks = "build"; dockerImage = "a"; dockerRunParameters = "--privileged" }', 1),
        ('gradle { tasks = "build"; dockerRunParameters = "--privileged" }', 0),
        (f'script {{ name = "{PRIVILEGED}"; scriptContent = "make" }}', 0),
        (f'// script {{ scriptContent = "{PRIVILEGED}" }}', 0),
        (f'script {{ scriptContent = "echo {PRIVILEGED}" }}', 0),
        ('dockerCommand { commandType = build { source = file { path = "a" }; commandArgs = "--privileged" } }', 0),
        ('dockerCommand { commandType = build { source = file { path = "run --privileged a" } } }', 0),
    ],
)
def test_what_steps_run(tmp_path: Path, step: str, found: int) -> None:
    report = report_of(tmp_path, build(step))
    assert len([each for each in report.findings if each.rule.id == "privileged-container"]) == found
    assert not report.notices or all(each.gravity.value == "note" for each in report.notices)


def test_a_build_of_an_image_names_its_file(tmp_path: Path) -> None:
    step = (
        'dockerCommand { commandType = build { source = file { path = "ci/a.Dockerfile" }; namesAndTags = "a:1" } }'
    )
    (call,) = containers(report_of(tmp_path, build(step)))["Build"].invocations
    assert (call.action, {name: [str(value) for value in values] for name, values in call.options.items()}) == (
        "build",
        {"file": ["ci/a.Dockerfile"]},
    )


def test_parameters_are_those_of_the_build_before_its_projects(tmp_path: Path) -> None:
    text = """
        project {
            params { param("image", "docker:29-dind"); param("env.DOCKER_HOST", "tcp://docker:2375") }
        }
    """ + build(
        'script { id = "a"; scriptContent = "docker run %image%:%tag%"; dockerImage = "%image%" }',
        '    params { text("image", "docker:29-cli"); password("env.TOKEN", "x") }',
    )
    report = report_of(tmp_path, text)
    inside = containers(report)["Build.a.docker"]
    assert str(inside.image) == "docker:29-cli"
    assert inside.environment.value("DOCKER_HOST") == "tcp://docker:2375"
    (finding,) = (each for each in report.findings if each.rule.id == "plaintext-engine-client")
    assert (finding.span.line, len(finding.subjects)) == (3, 1)


def test_pods_of_cloud_agents_are_read(tmp_path: Path) -> None:
    text = '''kubernetesCloudImage { podSpecification = customTemplate { customPod = """
apiVersion: v1
kind: Pod
spec:
  containers:
  - name: agent
    image: jetbrains/teamcity-agent
    securityContext: {privileged: true}
""".trimIndent() } }
'''
    (finding,) = (each for each in report_of(tmp_path, text).findings if each.rule.id == "privileged-container")
    assert (finding.span.line, finding.span.column) == (8, 35)


def test_kotlins_strings() -> None:
    text = 'a = """x\\n${\'$\'}y $z ${w}"""\nb = "x\\n\\$y"\nc = """"quoted""""\nd = \'/\'\ne = 4 / 2 / 1\nf = "g"\n'
    tree = read_kotlin(Source("a.kts", text))
    (root,) = tree.documents
    assert not tree.notices
    assert [root[name].content for name in "abcdf"] == ["x\\n$y $z ${w}", "x\n$y", '"quoted"', "/", "g"]
    assert [place[2] for place in root["a"].scope.places] == ["z", "w"]  # type: ignore[union-attr]  # holes, which have places
    written = root["a"].document()
    at = written.text.index("$z")
    assert text[written.origin(at) :].startswith("$z")


def test_what_has_no_end_says_where(tmp_path: Path) -> None:
    (notice,) = report_of(tmp_path, 'script { scriptContent = """docker ps').notices
    assert (notice.kind, notice.span.line) == ("unreadable", 1)
    assert "Kotlin" in notice.message
