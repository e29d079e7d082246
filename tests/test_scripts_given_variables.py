"""Variables that a script's surroundings give it: a job's, a service's, a pod's."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard import Options, Report, scan
from dindguard.reports import Options as ReportOptions
from dindguard.reports import render
from support import write_files

RUNS = "docker run $OPTIONS alpine"


def report_of(folder: Path, **files: str) -> Report:
    (folder / ".git").mkdir()
    write_files(folder, {name.replace("__", "/").replace("_dot_", "."): text for name, text in files.items()})
    return scan(Options(paths=(folder,)))


SURROUNDINGS = {
    "GitLab, all jobs": {"_dot_gitlab-ci_dot_yml": f"variables: {{OPTIONS: --privileged}}\na: {{script: [{RUNS}]}}\n"},
    "GitLab, a job": {"_dot_gitlab-ci_dot_yml": f"a: {{variables: {{OPTIONS: --privileged}}, script: [{RUNS}]}}\n"},
    "GitHub": {
        "_dot_github__workflows__a_dot_yml": "on: push\nenv: {OPTIONS: --privileged}\n"
        f"jobs: {{a: {{runs-on: x, steps: [{{run: {RUNS}}}]}}}}\n"
    },
    "Compose": {
        "compose_dot_yaml": "services:\n  a:\n    image: docker:29-cli\n    environment: {OPTIONS: --privileged}\n"
        f"    entrypoint: [sh, -c, '{RUNS.replace('$', '$$')}']\n"
    },
    "Kubernetes": {
        "pod_dot_yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: a\n"
        "    image: docker:29-cli\n"
        f"    env: [{{name: OPTIONS, value: --privileged}}]\n    command: [sh, -c, '{RUNS}']\n"
    },
}  # fmt: skip


@pytest.mark.parametrize("files", SURROUNDINGS.values(), ids=SURROUNDINGS.keys())
@pytest.mark.parametrize(("option", "found"), [("--privileged", 1), ("--read-only", 0)])
def test_a_script_sees_what_surrounds_it(tmp_path: Path, files: dict[str, str], option: str, found: int) -> None:
    files = {name: text.replace("--privileged", option) for name, text in files.items()}
    report = report_of(tmp_path, **files)
    assert len([each for each in report.findings if each.rule.id == "privileged-container"]) == found
    assert not any("further options" in each.message for each in report.notices)


@pytest.mark.parametrize(("first", "found"), [("OPTIONS=--read-only", 0), ("OTHER=--read-only", 1)])
def test_a_scripts_own_assignment_comes_before(tmp_path: Path, first: str, found: int) -> None:
    text = f"a:\n  variables: {{OPTIONS: --privileged}}\n  script:\n  - {first}\n  - {RUNS}\n"
    report = report_of(tmp_path, **{"_dot_gitlab-ci_dot_yml": text})
    assert [each.rule.id for each in report.findings] == ["privileged-container"] * found


def test_the_engine_that_a_script_names_by_its_variable_is_told_once(tmp_path: Path) -> None:
    text = "a:\n  image: docker:29-cli\n  variables: {DOCKER_HOST: 'tcp://docker:2375'}\n  script: [docker -H $DOCKER_HOST ps]\n"
    report = report_of(tmp_path, **{"_dot_gitlab-ci_dot_yml": text})
    assert [each.rule.id for each in report.findings if each.rule.category != "supply-chain"] == [
        "plaintext-engine-client"
    ]


@pytest.mark.parametrize(
    ("value", "printed"),
    [("--privileged --rm", "OPTIONS: --privileged --rm"), ("--privileged -e A=hunter2", "OPTIONS: ***")],
)
def test_options_alone_are_printed(tmp_path: Path, value: str, printed: str) -> None:
    text = f"variables:\n  OPTIONS: {value}\na: {{script: [{RUNS}]}}\n"
    told = "".join(render("text", report_of(tmp_path, **{"_dot_gitlab-ci_dot_yml": text}), ReportOptions()))
    assert printed in told
    assert "hunter2" not in told


def test_jobs_that_share_a_script_give_it_variables_of_their_own(tmp_path: Path) -> None:
    text = (
        f".base: {{script: [{RUNS}]}}\n"
        "a: {extends: .base, variables: {OPTIONS: --privileged}}\n"
        "b: {extends: .base, variables: {OPTIONS: --pid=host}}\n"
        "c: {extends: .base}\n"
    )
    report = report_of(tmp_path, **{"_dot_gitlab-ci_dot_yml": text})
    assert {(each.rule.id, each.span.line) for each in report.findings} == {
        ("privileged-container", 2),
        ("host-pid-namespace", 3),
    }


def test_a_long_value_is_given_to_so_many_scripts_as_its_file_allows(tmp_path: Path) -> None:
    """Each script reads it anew: sixteen KiB took eight seconds."""
    value, jobs = "-e a=b " * 1_000, 150
    text = f"variables: {{X: '{value}'}}\n" + "".join(f"j{n}: {{script: ['docker run $X a']}}\n" for n in range(jobs))
    report = report_of(tmp_path, **{"_dot_gitlab-ci_dot_yml": text})
    assert any(notice.message.startswith("what variables put into") for notice in report.notices)
