"""The list of findings that whoever moves code compares: what it holds, and what it calls a difference."""

from __future__ import annotations

import sys

import pytest

import findings_list
from findings_list import Row, compare, listed, main, read

SERVICE = "services:\n  engine:\n    image: docker:29-dind\n    privileged: true\n"
ROW = Row("privileged-engine", "repo/compose.yaml", "4", "17", "high", "aa")


@pytest.fixture
def repo(tmp_path):
    folder = tmp_path / "repo"
    folder.mkdir()
    (folder / "compose.yaml").write_text(SERVICE, "utf-8")
    return folder


def written(folder, capsys) -> str:
    assert main(["write", str(folder)]) == 0
    return capsys.readouterr().out


def test_a_row_names_the_rule_the_place_the_severity_and_the_identity(repo):
    row = next(row for row in listed(repo) if row.rule == "privileged-engine")
    assert row[:5] == ROW[:5]
    assert len(row.identity) == 32


def test_a_list_reads_back_as_it_was_written(repo, capsys):
    assert read(written(repo, capsys)) == listed(repo)


def test_a_line_of_another_shape_is_named():
    with pytest.raises(ValueError, match="line 2"):
        read("\t".join(ROW) + "\nno finding\n")


@pytest.mark.skipif(sys.platform == "win32", reason="no file name has a tab there")
def test_a_name_with_a_tab_stays_in_its_column(repo):
    (repo / "compose.yaml").rename(repo / "a\tcompose.yaml")
    assert {row.file for row in listed(repo)} == {"repo/a\\tcompose.yaml"}


@pytest.mark.parametrize(
    ("after", "kind"),
    [
        ([ROW._replace(line="9")], "moved"),
        ([ROW._replace(severity="critical")], "severity"),
        ([ROW._replace(severity="critical", line="9")], "severity"),
        ([ROW._replace(identity="bb")], "identity"),
        ([], "gone"),
        ([ROW, ROW], "new"),
        ([ROW, ROW._replace(file="repo/other.yaml")], "new"),
    ],
)
def test_differences_by_kind(after, kind):
    assert [difference.kind for difference in compare([ROW], after)] == [kind]


def test_the_order_of_two_lists_is_no_difference():
    other = ROW._replace(rule="unlimited-engine")
    assert compare([ROW, other], [other, ROW]) == []


def test_what_differs_is_told_and_counted(repo, tmp_path, capsys):
    before, after = tmp_path / "before.tsv", tmp_path / "after.tsv"
    before.write_text(written(repo, capsys), "utf-8")
    (repo / "compose.yaml").write_text("# one line more\n" + SERVICE, "utf-8")
    after.write_text(written(repo, capsys), "utf-8")
    assert main(["compare", str(before), str(before)]) == 0
    assert main(["compare", str(before), str(after)]) == 1
    told = capsys.readouterr().out
    assert "moved\trepo/compose.yaml:5:17\tprivileged-engine" in told
    assert "     1 moved     privileged-engine" in told


def test_the_script_knows_the_public_api_alone():
    """It is run with earlier commits, too."""
    text = findings_list.__file__
    with open(text, encoding="utf-8") as file:
        lines = [line for line in file if "import" in line and "dindguard" in line]
    assert lines == ["from dindguard import Options, scan\n"]
