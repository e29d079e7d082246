"""Jenkins pipelines: which container steps run in, pods in calls and in YAML, and what is no pipeline."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard import Options, Report, budget, scan
from dindguard.model.container import Container
from dindguard.records import replace


def report_of(tmp_path: Path, text: str, name: str = "Jenkinsfile", **more: str) -> Report:
    (tmp_path / ".git").mkdir()
    for file, content in {name: text, **more}.items():
        (tmp_path / file).write_text(content, "utf-8")
    return scan(Options(paths=(tmp_path,)))


def containers(report: Report) -> dict[str, Container]:
    return {container.address: container for container in report.model.containers}


def test_declarative_agents_give_their_container_to_the_steps(tmp_path: Path) -> None:
    found = containers(
        report_of(
            tmp_path,
            """pipeline {
    agent { docker { image 'docker:29-cli'; args '-v /var/run/docker.sock:/var/run/docker.sock' } }
    environment { DOCKER_HOST = 'tcp://builder:2375' }
    stages {
        stage('A') { steps { sh 'docker ps' } }
        stage('B') { agent { dockerfile { dir 'ci'; filename 'Dockerfile.build'; args '--privileged' } }
            steps { sh 'docker run --rm alpine' } }
    }
}""",
        )
    )
    outer = found["agent.docker.docker:29-cli"]
    assert [str(mount.source) for mount in outer.mounts] == ["/var/run/docker.sock"]
    assert outer.environment.value("DOCKER_HOST") == "tcp://builder:2375"
    assert outer.invocations[0].action == "ps"
    built = found["stages.B.docker"]
    assert built.privileged.on
    assert built.build is not None
    assert built.build.dockerfile == "ci/Dockerfile.build"
    assert found["stages.B.docker.run.alpine"].workload.runs_in is built


def test_a_container_runs_cat_and_no_entry_point(tmp_path: Path) -> None:
    report = report_of(tmp_path, "node { docker.image('docker:29-dind').inside('--privileged') { sh 'docker ps' } }")
    container = next(each for each in report.model.containers if each.image is not None)
    assert container.privileged.on
    assert container.engine is None


def test_steps_run_in_the_image_that_a_variable_holds_there(tmp_path: Path) -> None:
    report = report_of(
        tmp_path,
        """node {
    def image = docker.image('example/first:1')
    image.inside('-v /var/run/docker.sock:/var/run/docker.sock') { sh 'docker ps' }
    image = docker.build('example/second:1')
    image.inside { sh 'docker info' }
    other.inside('-u root') { sh 'docker version' }
}""",
    )
    ran = {call.action: each for each in report.model.containers for call in each.invocations}
    assert {action: ran[action].name for action in ("ps", "info", "version")} == {
        "ps": "example/first:1",
        "info": "example/second:1",
        "version": "",
    }
    assert {action: len(ran[action].mounts) for action in ("ps", "info", "version")} == {
        "ps": 1,
        "info": 0,
        "version": 0,
    }
    assert ran["version"].user is not None


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("vars/run.groovy", "def call() { sh 'docker run --privileged alpine' }", 1),
        ("vars/deploy.groovy", "def toTest() { sh 'docker run --privileged alpine' }", 1),
        ("src/org/Deploy.groovy", "class Deploy {\n  def go() { script.sh 'docker run --privileged alpine' }\n}", 1),
        (
            "src/org/Deploy.groovy",
            "class Deploy {\n  def go() { script.echo 'docker run --privileged alpine' }\n}",
            0,
        ),
        ("src/org/Deploy.groovy", "class Deploy {\n  def go() { sh 'docker run --privileged alpine' }\n}", 0),
        ("jobs/a.groovy", "job('a') { steps { shell('docker run --privileged alpine') } }", 1),
        (
            "jobs/a.groovy",
            "pipelineJob('a') { definition { cps { script('''node { sh 'docker run --privileged alpine' }''') } } }",
            1,
        ),
        ("jobs/a.groovy", "job('a') { description('docker run --privileged alpine') }", 0),
    ],
)
def test_libraries_and_jobs_are_read(tmp_path: Path, name: str, text: str, found: int) -> None:
    (tmp_path / name).parent.mkdir(parents=True)
    report = report_of(tmp_path, text, name)
    assert len([each for each in report.findings if each.rule.id == "privileged-container"]) == found
    assert found or name.startswith("jobs") or report.coverage.blind_spots or "echo" in text


def test_builds_in_docker_of_a_job_are_told(tmp_path: Path) -> None:
    text = "job('a') {\n  wrappers { buildInDocker { image('a'); privilegedMode() } }\n  steps { shell('make') }\n}"
    report = report_of(tmp_path, text, "a.groovy")
    assert [str(spot.what) for spot in report.coverage.blind_spots] == ["builds in Docker of Job DSL"]


@pytest.mark.parametrize(
    "text",
    [
        "dockerNode(image: 'a', dockerHost: 'tcp://h:2375') { sh 'docker ps' }",
        "docker.withServer('tcp://h:2375') { docker.image('a').inside { sh 'docker ps' } }",
        "node { docker.withServer('tcp://h:2375') { withDockerContainer('a') { sh 'docker ps' } } }",
        "pipeline { agent { dockerContainer { image 'a'; dockerHost 'tcp://h:2375' } }; stages { stage('x') { sh 'docker ps' }}}",
    ],
)
def test_an_engine_that_a_container_is_given_is_told_once(tmp_path: Path, text: str) -> None:
    report = report_of(tmp_path, text)
    assert [each.rule.id for each in report.findings] == ["plaintext-engine-client"]


def test_pods_share_their_volumes_with_the_agent(tmp_path: Path) -> None:
    report = report_of(
        tmp_path,
        """podTemplate(label: 'b', hostNetwork: true, containers: [
    [name: 'cli', image: 'docker:29-cli'],
    containerTemplate(name: 'dind', image: 'docker:29-dind', privileged: true),
], volumes: [hostPathVolume(hostPath: '/var/run/docker.sock', mountPath: '/var/run/docker.sock')]) {
    node('b') { container('cli') { sh 'docker ps' } }
}""",
    )
    pod = next(each for each in report.model.workloads if each.name == "b")
    assert [each.name for each in pod.containers] == ["cli", "dind", "jnlp"]
    assert all(len(each.mounts) == 1 for each in pod.containers)
    assert pod.containers[1].engine is not None
    assert [call.action for call in pod.containers[0].invocations] == ["ps"]


def test_a_pod_in_yaml_keeps_its_places(tmp_path: Path) -> None:
    text = """pipeline {
    agent {
        kubernetes {
            yaml '''
spec:
  containers:
    - name: dind
      image: docker:29-dind
      securityContext: {privileged: true}
'''
        }
    }
}"""
    report = report_of(tmp_path, text)
    finding = next(each for each in report.findings if each.rule.id == "privileged-engine")
    assert (finding.span.line, finding.span.column) == (9, 37)


@pytest.mark.parametrize(
    ("statement", "command"),
    [
        ("sh 'docker run --privileged alpine'", 1),
        ("sh(returnStdout: true, script: 'docker run --privileged alpine').trim()", 1),
        ('sh "docker run ${options} --privileged alpine"', 1),
        ("def out = sh(script: '''docker run \\\n --privileged alpine''', returnStatus: true)", 1),
        ("retry(3) { timeout(5) { sh 'docker run --privileged alpine' } }", 1),
        ("parallel a: { sh 'docker run --privileged alpine' }, b: { echo 'x' }", 1),
        ("docker.image('alpine').run('--privileged')", 1),
        ("docker.build('x').withRun('--privileged') { c -> echo c.id }", 1),
        ("def i = docker.image('alpine')\ni.run('--privileged')", 1),
        ("def i\nstage('B') { i = docker.build('x') }\ni.withRun('--privileged') { c -> echo c.id }", 1),
        (
            "docker.withTool('x') { i = docker.image('alpine') }\ni.inside { sh 'docker run --privileged alpine' }",
            1,
        ),
        ("given.withRun('--privileged') { c -> echo c.id }", 1),
        ("given.run('--privileged')", 0),
        ("given.inside('out of --privileged') { echo 'x' }", 0),
        ("i.run('--rm')\ni = docker.image('alpine')", 0),
        ('sh """\ndocker run --privileged alpine\n""".stripIndent()', 1),
        ("sh(script: '''docker run --privileged alpine'''\n  .stripMargin().trim(), returnStdout: true)", 1),
        ("def text = 'docker run --privileged alpine'.trim()\nsh text", 1),
        ("sh(['docker', 'run', '--privileged', 'alpine'].join(' '))", 1),
        ("x ? sh('docker run --privileged alpine') : sh('true')", 1),
        ("def out = x ? sh(script: 'docker run --privileged alpine', returnStdout: true) : ''", 1),
        ("if (!sh(script: 'docker run --privileged alpine', returnStatus: true)) { echo 'x' }", 1),
        ("echo('x' + sh(script: 'docker run --privileged alpine', returnStdout: true))", 1),
        ("this.steps.sh 'docker run --privileged alpine'", 1),
        ("script.docker.image('alpine').run('--privileged')", 1),
        ("sshCommand remote: r, command: 'docker run --privileged alpine'", 1),
        ("sshPublisher(publishers: [p(transfers: [sshTransfer(execCommand: 'docker run --privileged alpine')])])", 1),
        ("sshTransfer(sourceFiles: 'docker run --privileged alpine')", 0),
        ("inDocker('alpine', '--privileged') { sh 'make' }", 1),
        ("def options = '--privileged'\nrunInContainer(image: 'alpine', args: options) { sh 'make' }", 1),
        ("inDocker('alpine', 'for --privileged') { sh 'make' }", 0),
        ("inStage('alpine', '--privileged') { sh 'make' }", 0),
        ("sh 'docker run --privileged alpine'.size()", 0),
        ("echo(['docker', 'run', '--privileged', 'alpine'].join(' '))", 0),
        ("x ? echo('docker run --privileged alpine') : sh('true')", 0),
        ("withEnv(['A=b']) { sh 'docker run --privileged alpine' }", 1),
        ("if (params.X) { sh 'docker run --privileged alpine' } else { sh 'true' }", 1),
        ("echo 'docker run --privileged alpine'", 0),
        ("def text = 'docker run --privileged alpine'", 0),
        ("// sh 'docker run --privileged alpine'", 0),
        ("sh 'echo docker run --privileged alpine'", 0),
        ("input message: 'docker run --privileged alpine'", 0),
    ],
)
def test_commands_are_found_where_steps_run_them(tmp_path: Path, statement: str, command: int) -> None:
    report = report_of(tmp_path, f"node('linux') {{\n    {statement}\n}}")
    found = [finding for finding in report.findings if finding.rule.id == "privileged-container"]
    assert len(found) == command


def test_a_server_is_an_engine_that_the_steps_command(tmp_path: Path) -> None:
    report = report_of(tmp_path, "node { docker.withServer('tcp://10.0.0.5:2375') { sh 'docker ps' } }")
    assert "plaintext-engine-client" in {finding.rule.id for finding in report.findings}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("build.groovy", "docker { url = 'tcp://x:2375' }\ntask a { sh 'docker run --privileged x' }"),
        ("Plugin.groovy", "package a\nclass Docker { def run() { sh 'docker run --privileged x' } }"),
        ("Jenkinsfile.md", "node { sh 'docker run --privileged x' }"),
    ],
)
def test_other_groovy_is_no_pipeline(tmp_path: Path, name: str, text: str) -> None:
    assert report_of(tmp_path, text, name).findings == ()


def test_a_broken_pipeline_is_said(tmp_path: Path) -> None:
    report = report_of(tmp_path, "node {\n  sh 'docker run --privileged x'\n")
    assert report.incomplete
    assert [(notice.kind, notice.span.line) for notice in report.notices] == [("unreadable", 1)]


def test_a_gitlab_runner_gives_nothing_to_jenkins(tmp_path: Path) -> None:
    runner = '[[runners]]\nexecutor = "docker"\n[runners.docker]\nprivileged = true\n'
    report = report_of(tmp_path, "node { sh 'docker ps' }", **{"config.toml": runner})
    job = next(each for each in report.model.containers if each.kind == "job")
    assert job.privileged.off


@pytest.mark.parametrize("around", ["timeout(time: 5)", "timestamps", "withEnv(['A=b'])", "stage('s')"])
def test_a_scripted_pipeline_may_stand_in_a_step(tmp_path: Path, around: str) -> None:
    text = f"{around} {{\n  node {{ sh 'docker run --privileged example/agent:1' }}\n}}\n"
    report = report_of(tmp_path, text, name="build.groovy")
    assert [(each.rule.id, each.span.line) for each in report.findings] == [("privileged-container", 2)]


def test_a_block_that_only_looks_like_a_step_is_no_pipeline(tmp_path: Path) -> None:
    text = "timeout(time: 5) {\n  exec { commandLine 'docker', 'run', '--privileged', 'example/agent:1' }\n}\n"
    assert report_of(tmp_path, text, name="build.groovy").model.containers == ()


def test_arguments_in_the_environment_are_known_around_what_is_not(tmp_path: Path) -> None:
    text = """pipeline {
  agent any
  environment { ARGS = "-v ${env.WORKSPACE}/x:/x -v /var/run/docker.sock:/var/run/docker.sock --network=host" }
  stages { stage('t') { steps { script {
    docker.image('example/test:1').inside(env.ARGS) { sh 'make' }
  } } } }
}
"""
    report = report_of(tmp_path, text)
    (container,) = (each for each in report.model.containers if each.image is not None)
    assert [str(each.target) for each in container.mounts] == ["/x", "/var/run/docker.sock"]
    assert str(container.namespaces.network) == "host"


def test_a_variable_that_scripts_name_is_given_to_so_many_of_them_as_the_file_allows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each script has its text before it: a long value times its uses was gigabytes."""
    monkeypatch.setattr(budget, "INSERTED_TEXT", replace(budget.INSERTED_TEXT, most=0))
    steps = "".join(f"sh 'echo \"$X\" {number}'\n" for number in range(40))
    (tmp_path / "Jenkinsfile").write_text(f"node {{\nenv.X = 'docker run {'a' * 400}'\n{steps}}}\n")
    report = scan(Options(paths=(tmp_path,)))
    assert any(notice.message.startswith("what variables put into") for notice in report.notices)
