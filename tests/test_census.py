"""A file describes so many containers, or four for each KiB of it; beyond, the scan is incomplete and says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard import Options, Report, budget, scan
from dindguard.records import replace
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
    return [(notice.span.path, notice.span.line) for notice in report.notices if notice.kind == "budget"]


def test_as_many_as_a_file_may_have_are_all_looked_at(tmp_path: Path) -> None:
    report = scanned(tmp_path, {"run.sh": calls(MOST), "pods.yaml": pods(MOST), "Dockerfile": stages(MOST // 2)})
    assert (told(report), report.incomplete) == ([], False)
    assert lines(report, "run.sh") == [2, 3, 4, 5]
    assert lines(report, "Dockerfile") == [2, 4]
    assert len(lines(report, "pods.yaml")) == MOST


@pytest.mark.parametrize(
    ("path", "text", "found", "at"),
    [
        ("run.sh", calls(MOST + 2), [2, 3, 4, 5], 6),
        ("pods.yaml", pods(MOST + 2), [5, 11, 17, 23], 29),
        (".gitlab-ci.yml", jobs(3), [1], 2),
        ("Dockerfile", stages(3), [2], 4),
    ],
)
def test_what_is_beyond_is_said_and_what_is_before_is_kept(
    tmp_path: Path, path: str, text: str, found: list[int], at: int
) -> None:
    report = scanned(tmp_path, {path: text})
    assert (lines(report, path), told(report), report.incomplete) == (found, [(path, at)], True)
    assert lines(report, "other/compose.yaml") == [2]


def test_what_lies_in_a_container_beyond_is_not_looked_at(tmp_path: Path) -> None:
    report = scanned(tmp_path, {".gitlab-ci.yml": jobs(MOST + 2)})
    assert lines(report, ".gitlab-ci.yml") == []
    assert told(report) == [
        (".gitlab-ci.yml", MOST + 1),
    ]


def test_a_long_file_may_describe_more(tmp_path: Path) -> None:
    report = scanned(tmp_path, {"pods.yaml": pods(2 * MOST, padding=512)})
    assert (len(lines(report, "pods.yaml")), told(report)) == (2 * MOST, [])


def test_any_number_of_processes_says_the_same(tmp_path: Path) -> None:
    files = {"run.sh": calls(MOST + 2), "a.sh": calls(MOST), "Dockerfile": stages(MOST + 2)}
    one, two = (scanned(tmp_path, files, processes) for processes in (1, 2))
    assert (told(one), [finding.fingerprint for finding in one.findings]) == (
        told(two),
        [finding.fingerprint for finding in two.findings],
    )
