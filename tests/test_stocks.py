"""What many small files could multiply comes out of one stock: what is each file's own, no other takes away."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard import Options, Report, budget, scan
from dindguard.records import replace
from dindguard.source import Source

AT = Source("run.sh", "docker ps\n").whole()


def scanned(folder: Path, files: dict[str, str], jobs: int = 1) -> Report:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return scan(Options(paths=(folder,), root=folder, jobs=jobs))


def said(report: Report, limit: budget.Limit) -> list[str]:
    """Return the files that a notice of a limit is about."""
    words = limit.what.partition("{")[0]
    return sorted(notice.span.path for notice in report.notices if notice.message.startswith(words))


def lowered(monkeypatch: pytest.MonkeyPatch, name: str, most: int) -> budget.Limit:
    limit = replace(getattr(budget, name), most=most)
    monkeypatch.setattr(budget, name, limit)
    return limit


def test_a_stock_is_the_open_ledgers() -> None:
    limit = replace(budget.EXPANSIONS, most=3)
    with budget.opened() as ledger:
        assert not ledger.shares
        assert [budget.stock(limit).take(count, AT) for count in (0, 2, 1, 0, 1)] == [True, True, True, True, False]
        with budget.opened() as inner:
            assert budget.stock(limit).take(3, AT), "an inner ledger has stocks of its own"
        assert inner.shares
        assert not inner.notices
    assert ledger.shares
    assert [notice.span for notice in ledger.notices] == [AT]
    assert budget.stock(limit).take(3, AT), "without a ledger, each has its own"


def test_what_is_shared_is_read_once_in_any_case_and_then_as_often_as_all_files_have_it() -> None:
    shared = budget.Shared(replace(budget.SHARED_FILES, most=0), 5)
    with budget.opened() as ledger:
        assert [shared.fits("a", 10, AT) for _ in range(5)] == [True, True, True, False, False]
        assert shared.fits("b", 1_000, AT)
    assert len(ledger.notices) == 1


LONG = "x='" + "a " * 40 + "'\n" + "docker ps $x\n" * 3


def test_variables_of_many_scripts_come_out_of_one_stock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = lowered(monkeypatch, "EXPANSIONS", 200)
    report = scanned(tmp_path, {f"r{n}.sh": LONG for n in range(4)})
    assert said(report, limit) == ["r2.sh", "r3.sh"]


def test_a_long_script_has_its_own_whatever_others_take(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = lowered(monkeypatch, "EXPANSIONS", 1)
    report = scanned(tmp_path, {"a.sh": LONG, "b.sh": LONG + "# more\n" * 100})
    assert said(report, limit) == ["a.sh"]


def test_scripts_that_are_read_apart_take_of_the_same_stock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes that each read some of the files give the same report as one that reads all."""
    limit = lowered(monkeypatch, "EXPANSIONS", 200)
    files = {f"r{n}.sh": LONG for n in range(4)} | {f"x{n}.sh": "docker ps\n" for n in range(20)}
    one, two = scanned(tmp_path, files), scanned(tmp_path, files, jobs=2)
    assert said(one, limit)
    assert [str(notice) for notice in one.notices] == [str(notice) for notice in two.notices]
    assert one.findings == two.findings


COPY = 'FROM docker:dind\nCOPY c.sh /c{n}.sh\nENTRYPOINT ["/c{n}.sh"]\n'
SCRIPT = "#!/bin/sh\ndocker run --privileged a\n"


def test_a_script_that_many_images_copy_is_read_as_often_as_may_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {f"d{n}.Dockerfile": COPY.format(n=n) for n in range(4)} | {"c.sh": SCRIPT}
    assert not said(scanned(tmp_path, files), budget.REPEATED_TEXTS)
    limit = lowered(monkeypatch, "REPEATED_TEXTS", 5)
    assert said(scanned(tmp_path, files), limit) == ["c.sh"]
    assert not said(scanned(tmp_path, files | {"c.sh": SCRIPT + "# more\n" * 100}), limit), "its own by its size"


TEMPLATE = "parameters: [{name: a}]\nsteps:\n- script: docker run --privileged ${{ parameters.a }}\n" + "#" * 1_000


def test_a_template_that_many_pipelines_extend_is_read_for_the_first_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipelines = {
        f"azure-pipelines-{n}.yml": f"extends: {{template: t.yml, parameters: {{a: b{n}}}}}\n" for n in range(9)
    }
    assert not said(scanned(tmp_path, pipelines | {"t.yml": TEMPLATE}), budget.SHARED_FILES)
    limit = lowered(monkeypatch, "SHARED_FILES", 1)
    report = scanned(tmp_path, pipelines | {"t.yml": TEMPLATE})
    assert len(said(report, limit)) == 1, "whatever comes behind is the rest"
    assert any(finding.span.path == "t.yml" for finding in report.findings), "the first one has it"
    assert not report.incomplete


def test_a_file_that_many_pipelines_include_is_read_for_the_first_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {f"d{n}/.gitlab-ci.yml": "include: /c.yml\na: {script: docker ps}\n" for n in range(9)}
    files["c.yml"] = (
        ".a: {image: docker, services: ['docker:dind']}\nb: {extends: .a, script: docker ps}\n" + "#" * 1_000
    )
    assert not said(scanned(tmp_path, files), budget.SHARED_FILES)
    limit = lowered(monkeypatch, "SHARED_FILES", 1)
    report = scanned(tmp_path, files)
    assert said(report, limit)
    assert any(finding.span.path == "c.yml" for finding in report.findings)
    assert not [notice for notice in report.notices if "no file that was read defines" in notice.message]
