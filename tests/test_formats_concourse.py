"""Concourse: what the tasks of pipelines become, and the files that describe them."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard.documents import readers
from dindguard.formats import Document, Reading
from dindguard.formats.concourse import reader
from dindguard.model.container import Container, ContainerKind
from dindguard.model.values import UNKNOWN_PIECE
from dindguard.source import Source
from support import context_of

TASK = "platform: linux\nimage_resource: {type: registry-image, source: {repository: alpine, tag: '3.22'}}\nrun: {path: make}\n"


def read(files: dict[str, str]) -> Reading:
    documents = []
    for path, text in files.items():
        source = Source(path, text)
        [content] = readers.reader("yaml")(source).documents
        documents.append(Document(source, content))
    return reader.read(documents, context_of(Path()))


def containers(**files: str) -> dict[str, Container]:
    named = {f"{name.replace('__', '/')}.yml": text for name, text in files.items()}
    return {workload.address: workload.containers[0] for workload in read(named).workloads}


def job(*steps: str, more: str = "") -> str:
    return "jobs:\n- name: j\n  plan:\n" + "".join(f"  - {step}\n" for step in steps) + more


def step(name: str, more: str = "", config: str = "platform: linux, run: {path: make}") -> str:
    return f"{{task: {name}, {more}config: {{{config}}}}}"


def test_each_task_is_a_container_of_its_own() -> None:
    found = containers(ci=job(step("a", "privileged: true, "), step("b"), step("b")))
    assert list(found) == ["jobs.j.a", "jobs.j.b", "jobs.j.b#2"]
    assert [each.privileged.on for each in found.values()] == [True, False, False]
    assert str(found["jobs.j.a"]) == "step 'a' of job 'j'"


@pytest.mark.parametrize(
    "written",
    [
        f"in_parallel: [{step('a')}]",
        f"in_parallel: {{limit: 2, steps: [{step('a')}]}}",
        f"aggregate: [{step('a')}]",
        f"do: [{{get: r}}, {step('a')}]",
        f"try: {step('a')}",
        f"{{put: r, on_success: {step('a')}}}",
        f"{{get: r, on_failure: {{do: [{step('a')}]}}}}",
        f"{{get: r, ensure: {step('a')}}}",
        f"{{do: [], across: [{{var: v, values: [1, 2]}}], on_abort: {step('a')}}}",
    ],
)
def test_a_step_is_found_wherever_it_lies(written: str) -> None:
    assert list(containers(ci=job(written))) == ["jobs.j.a"]


def test_a_job_has_hooks_as_well() -> None:
    assert list(containers(ci=job("get: r", more=f"  on_error: {step('a')}\n"))) == ["jobs.j.a"]


def test_a_step_that_holds_itself_ends() -> None:
    text = "jobs:\n- name: j\n  plan:\n  - &s {do: [*s, " + step("a") + "]}\n"
    assert "jobs.j.a" in containers(ci=text)


IMAGES = (
    "resources:\n- {name: i, type: registry-image, source: {repository: example/i, tag: '2'}}\n"
    "- {name: old, type: docker-image, source: {repository: example/old}}\n"
    "- {name: code, type: git, source: {uri: example, repository: example/code}}\n"
)


@pytest.mark.parametrize(
    ("more", "config", "image"),
    [
        ("image: i, ", "", "example/i:2"),
        ("image: old, ", "", "example/old"),
        ("image: code, ", "", None),  # what a step has built
        ("image: nobody, ", "", None),
        ("", "image_resource: {type: docker-image, source: {repository: docker, tag: dind}}, ", "docker:dind"),
        ("", "image_resource: {type: registry-image, source: {repository: a, tag: ((t))}}, ", "a:((t))"),
        ("image: i, ", "image_resource: {type: registry-image, source: {repository: docker}}, ", "example/i:2"),
        ("", "image_resource: {type: mock, source: {mirror_self: true}}, ", None),
    ],
)
def test_the_image_of_a_task(more: str, config: str, image: str | None) -> None:
    [container] = containers(ci=IMAGES + job(step("a", more, config + "platform: linux, run: {path: make}"))).values()
    told = None if container.image is None else container.image.reference.pattern.replace(UNKNOWN_PIECE, "((t))")
    assert told == image


def test_a_file_of_a_task_is_read_where_a_step_names_it() -> None:
    found = containers(ci=job("{task: a, file: repo/tasks/t.yml, privileged: true}"), tasks__t=TASK)
    assert list(found) == ["jobs.j.a"]
    [container] = found.values()
    assert container.image is not None
    assert (container.image.span.path, container.span.path) == ("tasks/t.yml", "ci.yml")


def test_the_file_of_a_repository_beside_others() -> None:
    found = containers(app__ci=job("{task: a, file: repo/tasks/t.yml}"), app__tasks__t=TASK)
    assert list(found) == ["jobs.j.a"]


def test_a_file_that_no_step_names_is_a_task_by_itself() -> None:
    found = containers(ci=job("{task: a, file: repo/tasks/other.yml}"), tasks__t=TASK)
    assert [(address, str(each)) for address, each in found.items()] == [
        ("jobs.j.a", "step 'a' of job 'j'"),
        ("task", "step 't'"),
    ]


def test_a_step_tells_the_variables_of_its_file() -> None:
    task = TASK.replace("'3.22'", "((tag))")
    found = containers(ci=job("{task: a, file: r/t.yml, vars: {tag: '3.23'}}", "{task: b, file: r/t.yml}"), t=task)
    images = [str(each.image) for each in found.values()]
    assert images[0] == "alpine:3.23"
    assert images[1] != "alpine:3.23"


def test_an_unknown_switch_is_unknown() -> None:
    [container] = containers(ci=job(step("a", "privileged: ((p)), "))).values()
    assert container.privileged.unknown
    assert container.privileged.variable == "p"


def test_other_platforms_have_no_containers() -> None:
    [container] = containers(ci=job(step("a", "privileged: true, ", "platform: darwin, run: {path: make}"))).values()
    assert container.kind is ContainerKind.JOB
    assert container.privileged.off


def test_parameters_of_the_step_count_more_than_those_of_the_task() -> None:
    config = "platform: linux, params: {A: 1, B: 2}, run: {path: make}"
    [container] = containers(ci=job(step("a", "params: {B: 3}, ", config))).values()
    assert {name: str(container.environment[name].value) for name in ("A", "B")} == {"A": "1", "B": "3"}  # type: ignore[union-attr]


def test_a_script_sees_parameters_and_keeps_its_places() -> None:
    text = job(
        "task: a\n    config:\n      platform: linux\n      params: {IMAGE: docker}\n      run:\n        path: sh\n"
        "        args:\n        - -ec\n        - |\n          docker run --privileged $IMAGE"
    )
    [script] = read({"ci.yml": text}).embedded
    assert "export IMAGE='docker'" in script.source.text
    at = script.source.text.index("docker run")
    assert script.source.span(at, at + 6).line == text[: text.index("docker run")].count("\n") + 1


def test_a_command_without_a_shell_is_read() -> None:
    found = read(
        {"ci.yml": job(step("a", "", "platform: linux, run: {path: docker, args: [run, --privileged, alpine]}"))}
    )
    assert [str(each.containers[0]) for each in found.workloads] == ["step 'a' of job 'j'", "docker run 'alpine'"]


def test_a_privileged_resource_type_is_a_container() -> None:
    types = "resource_types:\n- {name: t, type: registry-image, source: {repository: example/t}, privileged: true}\n"
    found = containers(ci=types + job("get: r"))
    assert found["resource_types.t"].privileged.on
    assert str(found["resource_types.t"].image) == "example/t"


def test_two_tasks_that_a_script_writes_are_two() -> None:
    text = "".join(f"cat > t{n}.yml <<EOF\n{TASK}EOF\n" for n in (1, 2))
    file = Source("make.sh", text)
    starts = [text.index(TASK), text.rindex(TASK)]
    documents = []
    for start in starts:
        source = file.part(start, start + len(TASK))
        [content] = readers.reader("yaml")(source).documents
        documents.append(Document(source, content))
    assert len(reader.read(documents, context_of(Path())).workloads) == 2


STARTS = [
    ("{path: repo/ci/x.sh}", True),
    ("{path: ./repo/ci/x.sh, args: [release]}", True),
    ("{path: bash, args: [repo/ci/x.sh]}", True),
    ("{path: bash, args: [-ex, repo/ci/x.sh]}", True),
    ("{path: sh, args: [-c, repo/ci/x.sh]}", True),
    ("{path: ci/x.sh, dir: repo}", True),
    ("{path: repo/ci/program}", True),
    ("{path: sh, args: [-c, 'echo repo/ci/x.sh']}", False),
    ("{path: repo/ci/y.sh}", False),
    ("{path: repo/ci/data}", False),
    ("{path: ../repo/ci/x.sh}", False),
    ("{path: /repo/ci/x.sh}", False),
    ("{path: ((dir))/ci/x.sh}", True),
]


@pytest.mark.parametrize(("run", "started"), STARTS)
@pytest.mark.parametrize("beside", ["", "app/"])
def test_a_repositorys_script_is_of_the_task_that_starts_it(
    tmp_path: Path, run: str, started: bool, beside: str
) -> None:
    folder = tmp_path / beside / "ci"
    folder.mkdir(parents=True)
    for name, text in (("x.sh", "dockerd &\n"), ("program", "#!/bin/sh\ndockerd &\n"), ("data", "dockerd\n")):
        (folder / name).write_text(text)
    pipeline = Source(f"{beside}ci/pipeline.yml", job(step("a", "", f"platform: linux, run: {run}")))
    [content] = readers.reader("yaml")(pipeline).documents
    found = reader.read([Document(pipeline, content)], context_of(tmp_path))
    scripts = [each for each in found.embedded if each.source.path != pipeline.path]
    assert [each.owner for each in scripts] == ([found.workloads[0].containers[0]] if started else [])


def test_a_task_that_names_no_engine_is_read_for_its_script(tmp_path: Path) -> None:
    (tmp_path / "t.yml").write_text("platform: linux\nrun: {path: repo/x.sh}\n")
    (tmp_path / "x.sh").write_text("docker ps\n")
    pipeline = Source("pipeline.yml", job("{task: a, file: repo/t.yml}"))
    [content] = readers.reader("yaml")(pipeline).documents
    found = reader.read([Document(pipeline, content)], context_of(tmp_path))
    assert [each.source.path for each in found.embedded] == ["x.sh"]
