"""A rule has so many findings in a file, and one more for each KiB of it; beyond, the scan is incomplete and says so."""

from __future__ import annotations

from pathlib import Path

from dindguard import Options, Report, budget, scan

RULE = "privileged-container"


def scanned(folder: Path, services: int, padding: int = 100) -> Report:
    (folder / ".git").mkdir()
    body = "".join(f"  s{n}: {{image: 'x:1', privileged: true}}\n{'#' * padding}\n" for n in range(services))
    (folder / "compose.yaml").write_text(f"services:\n{body}")
    (folder / "other.yaml").write_text("services:\n  a: {image: 'x:1', privileged: true}\n")
    return scan(Options(paths=(folder,), select=(RULE,)))


def told(report: Report) -> list[str]:
    return [notice.span.path for notice in report.notices if notice.kind == "budget"]


def found(report: Report, path: str) -> int:
    return sum(finding.span.path == path for finding in report.findings)


def test_as_many_as_a_file_may_have_are_all_told(tmp_path: Path) -> None:
    report = scanned(tmp_path, budget.RULE_FINDINGS.most)
    assert (found(report, "compose.yaml"), told(report), report.incomplete) == (500, [], False)


def test_one_more_is_not_and_the_neighbour_is_as_before(tmp_path: Path) -> None:
    report = scanned(tmp_path, budget.RULE_FINDINGS.most + 1)
    assert (found(report, "compose.yaml"), found(report, "other.yaml")) == (500, 1)
    assert (told(report), report.incomplete) == (["compose.yaml"], True)


def test_a_long_file_may_have_more(tmp_path: Path) -> None:
    report = scanned(tmp_path, 600, padding=1100)
    assert (found(report, "compose.yaml"), told(report)) == (600, [])
