"""Azure Pipelines: containers, templates, expressions, tasks."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard import Options, Report, budget, scan
from dindguard.documents import yaml
from dindguard.formats import Context, Document
from dindguard.formats.azure_pipelines import reader as azure_pipelines
from dindguard.model.container import Container
from dindguard.records import replace
from dindguard.source import Source
from support import write_files

OWN = "pool: {name: Own}\n"


def scanned(tmp_path: Path, text: str, **files: str) -> Report:
    named = {name.replace("__", "/") + ".yml": each for name, each in files.items()}
    write_files(tmp_path, {"azure-pipelines.yml": text, **named})
    return scan(Options(paths=(tmp_path,), root=tmp_path))


def places(report: Report) -> list[str]:
    return sorted(f"{each.span.path}:{each.span.line} {each.rule.id}" for each in report.findings)


def named(report: Report, name: str) -> Container:
    return next(each for each in report.model.containers if each.name == name)


@pytest.mark.parametrize(
    ("step", "rule"),
    [
        ("script: docker run --privileged x", "privileged-container"),
        ("bash: docker run --privileged x", "privileged-container"),
        ("{task: Bash@3, inputs: {targetType: inline, script: docker run --privileged x}}", "privileged-container"),
        ("{task: CmdLine@2, inputs: {script: docker run --privileged x}}", "privileged-container"),
        ("{task: AzureCLI@2, inputs: {scriptType: bash, inlineScript: docker run --privileged x}}", "privileged-container"),
        ("{task: AzureCLI@2, inputs: {scriptType: pscore, inlineScript: docker run --privileged x}}", "privileged-container"),
        ("{task: SSH@0, inputs: {runOptions: inline, inline: docker run --privileged x}}", "privileged-container"),
        ("{task: SSH@0, inputs: {runOptions: commands, commands: docker run --privileged x}}", "privileged-container"),
        ("{task: Docker@2, inputs: {command: run, arguments: --privileged x}}", "privileged-container"),
        ("{task: Docker@1, inputs: {command: Run an image, imageName: x, volumes: '/:/host'}}", "host-root-mount"),
        ("{task: Docker@0, inputs: {action: Run a Docker command, customCommand: run --privileged x}}", "privileged-container"),
        ("{task: Docker@2, inputs: {command: build, arguments: --allow security.insecure}}", "insecure-build-entitlement"),
        ("{script: docker run --privileged x, condition: \"eq(variables.a, 'b')\"}", "privileged-container"),
        ("${{ if eq(variables.a, 'b') }}: [{script: docker run --privileged x}]", "privileged-container"),
        ("${{ each a in parameters.as }}: [{script: docker run --privileged x}]", "privileged-container"),
        ("{template: steps.yml@elsewhere, parameters: {after: [{script: docker run --privileged x}]}}", "privileged-container"),
    ],
)  # fmt: skip
def test_what_steps_run(tmp_path: Path, step: str, rule: str) -> None:
    assert places(scanned(tmp_path, f"{OWN}steps:\n- {step}\n")) == [f"azure-pipelines.yml:3 {rule}"]


@pytest.mark.parametrize(
    "step",
    [
        "{script: docker run --privileged x, enabled: false}",
        "{script: docker run --privileged x, condition: false}",
        "${{ if false }}: [{script: docker run --privileged x}]",
        "{script: 'echo docker run --privileged x'}",
        "{task: Bash@3, inputs: {targetType: filePath, filePath: x.sh}, displayName: docker run --privileged x}",
        "{pwsh: '# docker run --privileged x'}",
        "{task: Docker@2, inputs: {command: login, containerRegistry: '--privileged'}}",
    ],
)
def test_what_steps_do_not_run(tmp_path: Path, step: str) -> None:
    assert places(scanned(tmp_path, f"{OWN}steps:\n- {step}\n")) == []


@pytest.mark.parametrize(
    ("pool", "hosted"),
    [
        ("{vmImage: ubuntu-24.04}", "ubuntu-24.04"),
        ("{name: Azure Pipelines, vmImage: ubuntu-24.04}", "Azure Pipelines"),
        ("Hosted Ubuntu 1604", "Hosted Ubuntu 1604"),
        ("{name: Own, vmImage: ubuntu-24.04}", None),
        ("Own", None),
        ("{name: $(pool)}", None),
    ],
)
def test_whose_machine_it_is(tmp_path: Path, pool: str, hosted: str | None) -> None:
    report = scanned(tmp_path, f"pool: {pool}\nsteps: [{{script: docker ps}}]\n")
    (workload,) = report.model.workloads
    assert (str(workload.hosted) if workload.hosted is not None else None) == hosted


@pytest.mark.parametrize(
    ("pool", "container", "noted"),
    [
        ("{name: Own}", "docker:29-cli", True),
        ("{name: Own}", "{image: 'docker:29-cli', mapDockerSocket: $(map)}", True),
        ("{name: Own}", "{image: 'docker:29-cli', mapDockerSocket: false}", False),
        ("{vmImage: ubuntu-24.04}", "docker:29-cli", False),
        ("{name: Own}", "", False),
    ],
)
def test_a_socket_that_the_agent_s_version_decides_is_unknown(
    tmp_path: Path, pool: str, container: str, noted: bool
) -> None:
    report = scanned(tmp_path, f"pool: {pool}\ncontainer: {container}\nsteps: [{{script: make}}]\n")
    assert not report.findings
    notes = [each for each in report.notices if "maps its engine's socket" in each.message]
    assert bool(notes) is noted
    assert all("mapDockerSocket" in each.remedy for each in notes)


def test_services_are_found_by_a_bare_job_at_localhost(tmp_path: Path) -> None:
    text = OWN + (
        "resources:\n  containers:\n  - container: dind\n    image: docker:29.1.0-dind\n    options: --privileged\n"
        "    env: {DOCKER_TLS_CERTDIR: ''}\n    ports: ['127.0.0.1:2375:2375']\n"
        "variables: {DOCKER_HOST: 'tcp://localhost:2375'}\nservices: {dind: dind}\n"
        "steps: [{script: docker run --privileged x}]\n"
    )
    report = scanned(tmp_path, text)
    service, job = named(report, "dind"), named(report, "")
    assert [each.to for each in job.accesses] == [service.engine]
    assert "azure-pipelines.yml:6 privileged-engine" in places(report)


def test_templates_get_what_their_callers_give(tmp_path: Path) -> None:
    base = """
jobs:
- template: job.yml
  parameters: {first: "${{ parameters.own }}"}
- ${{ if parameters.deep }}:
  - job: deep
    container:
      image: ${{ parameters.image }}:1
      options: --privileged
- ${{ else }}:
  - job: flat
    container: {image: c, options: --ipc=host}
parameters: {own: [], deep: false, image: b}
"""
    job = """
jobs:
- job: ${{ parameters.name }}
  steps:
  - ${{ parameters.first }}
  - script: docker run -v /:/h e
parameters: {first: [], name: d}
"""
    text = (
        OWN
        + """extends:
  template: ci/base.yml
  parameters:
    own: [{script: docker run --pid=host a}]
    deep: true
"""
    )
    report = scanned(tmp_path, text, ci__base=base, ci__job=job)
    assert places(report) == [
        "azure-pipelines.yml:5 host-pid-namespace",
        "ci/base.yml:9 privileged-container",
        "ci/job.yml:6 host-root-mount",
    ]
    assert str(named(report, "deep").image) == "b:1"


def test_defaults_of_a_pipeline_s_own_parameters_are_told(tmp_path: Path) -> None:
    text = (
        OWN
        + """
parameters: [{name: deep, type: boolean, default: false}]
jobs:
- ${{ if eq(parameters.deep, true) }}:
  - job: a
    container: {image: b, options: --privileged}
- ${{ else }}:
  - job: c
    container: {image: d, options: --privileged}
"""
    )
    report = scanned(tmp_path, text)
    deep, flat = named(report, "a"), named(report, "c")
    assert [each.words for each in deep.conditions] == ["only when 'eq(parameters.deep, true)', false by default"]
    assert deep.excludes(flat)


@pytest.mark.parametrize(
    ("source", "told"),
    [("$(Build.SourcesDirectory)", True), ('"$BUILD_SOURCESDIRECTORY/x"', True), ("$(pwd)", True), ("/srv/x", False)],
)
def test_a_job_s_folder_is_none_of_the_host_s(tmp_path: Path, source: str, told: bool) -> None:
    text = OWN + (
        "container: {image: 'docker:29.10.0-cli', mapDockerSocket: true}\n"
        f"steps:\n- script: docker run -v {source}:/src registry.example/tests:4\n"
    )
    found = [each.message for each in scanned(tmp_path, text).findings if each.rule.id == "path-of-another-engine"]
    assert bool(found) is told
    assert all(f"gets an empty folder: {source[:1]}" in each or '"' in source for each in found)


def test_a_macro_that_nobody_sets_is_named_as_it_is_written(tmp_path: Path) -> None:
    report = scanned(
        tmp_path, OWN + "steps:\n- script: docker run --pid=$(Some.Mode) registry.example/tests:$(tag)\n"
    )
    assert [each.message for each in report.notices] == [
        "host-pid-namespace could not decide: $(Some.Mode) is not known here"
    ]


def test_images_of_a_matrix(tmp_path: Path) -> None:
    text = OWN + (
        "jobs:\n- job: a\n  strategy: {maxParallel: 2, matrix: {old: {tag: '1'}, new: {tag: '2'}, next: {tag: '3'}}}\n"
        "  container: {image: 'docker:$(tag)', mapDockerSocket: false}\n  steps: [{script: make}]\n"
    )
    report = scanned(tmp_path, text)
    assert [str(each.image) for each in report.model.containers] == ["docker:1", "docker:2", "docker:3"]
    assert report.model.workloads[0].replicas is not None
    assert report.model.workloads[0].replicas.count == 2


def test_deployments_targets_and_stages(tmp_path: Path) -> None:
    text = OWN + (
        "stages:\n- stage: s\n  jobs:\n  - deployment: d\n    strategy:\n      runOnce:\n        deploy:\n          steps:\n"
        "          - {script: docker ps, target: 'docker:29-cli'}\n        on:\n          failure:\n            steps:\n"
        "            - script: docker run --privileged x\n"
    )
    report = scanned(tmp_path, text)
    assert places(report) == ["azure-pipelines.yml:14 privileged-container"]
    assert [(each.address, each.kind.value) for each in report.model.containers if each.kind.value == "step"] == [
        ("stages.s.jobs.d.targets.docker:29-cli", "step")
    ]


def test_windows_scripts_are_no_shell_s_and_get_no_socket(tmp_path: Path) -> None:
    text = "pool: {vmImage: windows-2025}\ncontainer: a\nsteps: [{script: 'if exist x (docker run y)'}]\n"
    assert not [each for each in scanned(tmp_path, text).notices if each.kind != "blind-spot"]


@pytest.mark.parametrize(
    "files",
    [
        {"a": "steps: [{template: azure-pipelines.yml}, {script: docker ps}]"},
        {"a": "parameters: {x: '${{ parameters.x }}'}\nsteps: [{script: 'docker ${{ parameters.x }}'}]"},
    ],
)
def test_templates_that_lead_back_end(tmp_path: Path, files: dict[str, str]) -> None:
    report = scanned(tmp_path, OWN + "steps: [{template: a.yml}, {script: docker run --privileged x}]\n", **files)
    assert "azure-pipelines.yml:2 privileged-container" in places(report)


def test_a_template_without_a_word_of_ours_is_understood_where_it_is_used(tmp_path: Path) -> None:
    report = scanned(
        tmp_path,
        OWN + "steps: [{script: docker ps}, {template: templates/a.yml}]\n",
        templates__a="steps: [{script: make}]",
    )
    assert {each.path: each.state.value for each in report.coverage.every()} == {
        "azure-pipelines.yml": "understood", "templates/a.yml": "understood",
    }  # fmt: skip


def test_variables_of_all_jobs_are_read_within_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "PIPELINE_VARIABLES", replace(budget.PIPELINE_VARIABLES, most=5))
    text = "variables: {A: '1', B: '2'}\njobs:\n" + "".join(
        f"- {{job: j{n}, variables: {{C: '{n}'}}, container: docker, steps: [{{script: docker ps}}]}}\n"
        for n in range(3)
    )
    source = Source("azure-pipelines.yml", text)
    empty = Context(open=lambda _: None, tree=lambda _: None, listing=lambda _: ())
    with budget.opened() as ledger:
        reading = azure_pipelines.read([Document(source, node) for node in yaml.read(source).documents], empty)
    found = {each.name: [one.name for one in each.containers[0].environment] for each in reading.workloads}
    assert found == {"j0": ["A", "B", "C"], "j1": ["C"], "j2": ["C"]}
    assert [notice.span.line for notice in ledger.notices] == [4]


@pytest.mark.parametrize(
    "jobs", ["steps:\n- script: docker ps\n", "jobs:\n- job: a\n  steps:\n  - script: docker ps\n"]
)
def test_the_variables_of_a_file_are_read_once(jobs: str) -> None:
    asked: list[str] = []

    def tree(path: str) -> yaml.Tree | None:
        asked.append(path)
        return yaml.read(Source(path, "variables: {DOCKER_HOST: tcp://engine.example.com:2375}\n"))

    source = Source("azure-pipelines.yml", f"variables:\n- template: v.yml\n{jobs}")
    context = Context(open=lambda _: None, tree=tree, listing=lambda _: ())
    [workload] = azure_pipelines.read([Document(source, yaml.read(source).documents[0])], context).workloads
    assert str(workload.containers[0].environment.value("DOCKER_HOST")) == "tcp://engine.example.com:2375"
    assert asked == ["v.yml"]
