"""Files describe containers of their own, and share a stock for more; beyond, the scan is incomplete and says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dindguard import Options, Report, budget, scan
from dindguard.formats.azure_pipelines.pipeline import Pipeline
from dindguard.formats.github_actions.workflows import WorkflowReader
from dindguard.model.container import Container
from dindguard.records import replace
from dindguard.scripts import meaning
from dindguard.scripts.engine_cli.started import container_of
from support import write_files

MOST = 4
SMALL = {"other/compose.yaml": "services:\n  a: {image: 'x:1', privileged: true}\n"}


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "DESCRIBED_CONTAINERS", replace(budget.DESCRIBED_CONTAINERS, most=MOST))


def calls(count: int) -> str:
    return "#!/bin/sh\n" + "".join(f"docker run --privileged --name c{n} x:1\n" for n in range(count))


def pods(count: int, padding: int = 0) -> str:
    return "---\n".join(
        f"apiVersion: v1\nkind: Pod\nmetadata: {{name: p{n}}}\n{'#' * padding}\n"
        "spec: {containers: [{name: a, image: 'x:1', securityContext: {privileged: true}}]}\n"
        for n in range(count)
    )


def jobs(count: int) -> str:
    return "".join(f"j{n}: {{image: 'x:1', script: docker run --privileged y:1}}\n" for n in range(count))


def stages(count: int) -> str:
    return "".join(f"FROM x:1 AS s{n}\nRUN docker run --privileged y{n}:1\n" for n in range(count))


def scanned(folder: Path, files: dict[str, str], processes: int = 1) -> Report:
    write_files(folder, SMALL | files)
    return scan(
        Options(paths=(folder,), root=folder, select=("privileged-container",), jobs=processes, untrusted=True)
    )


def lines(report: Report, path: str) -> list[int]:
    return [finding.span.line for finding in report.findings if finding.span.path == path]


def told(report: Report) -> list[tuple[str, int]]:
    limits = [notice for notice in report.notices if notice.kind == "budget"]
    return [(span.path, span.line) for notice in limits for span in (notice.span, *notice.also)]


def services(count: int) -> str:
    return "x: &a {image: 'x:1', privileged: true}\nservices:\n" + "".join(f"  s{n}: *a\n" for n in range(count))


def test_as_many_as_there_may_be_are_all_looked_at(tmp_path: Path) -> None:
    report = scanned(tmp_path, {"run.sh": calls(2), "pods.yaml": pods(MOST), "Dockerfile": stages(1)})
    assert (told(report), report.incomplete) == ([], False)
    assert lines(report, "run.sh") == [2, 3]
    assert lines(report, "Dockerfile") == [2]
    assert len(lines(report, "pods.yaml")) == MOST


@pytest.mark.parametrize(
    ("path", "text", "found", "at"),
    [
        ("run.sh", calls(MOST + 4), [2, 3, 4, 5, 6, 7, 8], 9),
        ("compose.yaml", services(MOST + 3), [1], 9),
        (".gitlab-ci.yml", jobs(4), [1, 2], 3),
        ("Dockerfile", stages(4), [2, 4], 6),
    ],
)
def test_what_is_beyond_is_said_and_what_is_before_is_kept(
    tmp_path: Path, path: str, text: str, found: list[int], at: int
) -> None:
    report = scanned(tmp_path, {path: text})
    assert (sorted({*lines(report, path)}), told(report), report.incomplete) == (found, [(path, at)], True)
    assert lines(report, "other/compose.yaml") == [2]


def test_a_long_list_ends_where_its_size_says(tmp_path: Path) -> None:
    text = pods(5 * MOST)
    room = budget.own_containers(len(text)) + MOST
    report = scanned(tmp_path, {"pods.yaml": text})
    assert lines(report, "pods.yaml") == [5 + 6 * n for n in range(room)]
    assert told(report) == [("pods.yaml", 1 + 6 * room)]


def test_texts_of_one_file_make_no_more_containers_than_it_may_describe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    def counted(*given: Any) -> Container:
        made.append(given[0].command.span.path)
        return container_of(*given)

    monkeypatch.setattr(meaning, "container_of", counted)
    steps = "".join(f"      - run: docker run --privileged --name c{n} x\n" for n in range(60))
    text = f"on: push\njobs:\n  j:\n    runs-on: ubuntu-latest\n    steps:\n{steps}"
    report = scanned(tmp_path, {".github/workflows/w.yml": text})
    room = budget.own_containers(len(text)) + MOST - 1  # the job is one of them
    assert lines(report, ".github/workflows/w.yml") == [6 + n for n in range(room)]
    assert told(report) == [(".github/workflows/w.yml", 6 + room)]
    assert len(made) == room < 60


@pytest.mark.parametrize(
    ("path", "text", "reader", "method"),
    [
        (
            ".github/workflows/w.yml",
            "on: push\njobs:\n" + "".join(f"  j{n}: {{runs-on: x, container: 'docker:{n}'}}\n" for n in range(60)),
            WorkflowReader,
            "_job",
        ),
        (
            "azure-pipelines.yml",
            "jobs:\n" + "".join(f"- {{job: j{n}, container: 'docker:{n}', steps: []}}\n" for n in range(60)),
            Pipeline,
            "_with",
        ),
    ],
)
def test_jobs_for_which_a_file_has_no_room_are_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, text: str, reader: Any, method: str
) -> None:
    read = []
    before = getattr(reader, method)
    monkeypatch.setattr(reader, method, lambda *given: read.append(given) or before(*given))
    report = scanned(tmp_path, {path: text})
    room = budget.own_containers(len(text)) + MOST
    assert [place for place, _ in told(report)] == [path]
    assert len(read) <= room + 1 < 60
    assert sum(each.span.path == path for each in report.model.containers) == room


def test_a_long_file_has_less_for_each_kib_beyond_its_first() -> None:
    long = budget.LONG_FILE
    assert budget.own_containers(long) == 2 + 4 * long // 1024
    assert budget.own_containers(3 * long) - budget.own_containers(long) == 2 * 2 * long // 1024


def test_many_files_share_what_goes_beyond_their_own(tmp_path: Path) -> None:
    report = scanned(tmp_path, {f"{n}.sh": calls(3).replace("name c", f"name f{n}-") for n in range(6)})
    assert {path for path, _ in told(report)} == {f"{n}.sh" for n in (4, 5)}
    assert [len(lines(report, f"{n}.sh")) for n in range(6)] == [3, 3, 3, 3, 2, 2]
    assert lines(report, "other/compose.yaml") == [2], "each has its own"


def test_what_a_script_does_behind_containers_that_others_left_no_room_for_is_looked_at(tmp_path: Path) -> None:
    report = scanned(tmp_path, {"a.sh": calls(2 + MOST), "b.sh": calls(4) + "chmod 666 /var/run/docker.sock\n"})
    assert told(report) == [("b.sh", 4)]
    assert lines(report, "b.sh") == [2, 3]
    assert "chmod" in {each.program for each in report.model.invocations if each.span.path == "b.sh"}


@pytest.mark.parametrize("count", [3, 6])
def test_projects_that_share_a_file_have_its_containers_as_long_as_there_is_room(tmp_path: Path, count: int) -> None:
    shared = {"shared/c.yaml": services(2)}
    report = scanned(tmp_path, shared | {f"{n}/compose.yaml": "include: [../shared/c.yaml]\n" for n in range(count)})
    assert bool(told(report)) is report.incomplete is (count > 3)


def test_what_lies_in_a_container_beyond_is_not_looked_at(tmp_path: Path) -> None:
    report = scanned(tmp_path, {".gitlab-ci.yml": jobs(MOST + 4)})
    assert lines(report, ".gitlab-ci.yml") == []
    assert told(report) == [(".gitlab-ci.yml", MOST + 4)]


def test_a_long_file_may_describe_more(tmp_path: Path) -> None:
    report = scanned(tmp_path, {"pods.yaml": pods(4 * MOST, padding=512)})
    assert (len(lines(report, "pods.yaml")), told(report)) == (4 * MOST, [])


def test_any_number_of_processes_says_the_same(tmp_path: Path) -> None:
    files = {"run.sh": calls(MOST + 2), "a.sh": calls(2), "b.sh": calls(1), "Dockerfile": stages(MOST + 2)}
    one, two = (scanned(tmp_path, files, processes) for processes in (1, 2))
    assert (told(one), [finding.fingerprint for finding in one.findings]) == (
        told(two),
        [finding.fingerprint for finding in two.findings],
    )
