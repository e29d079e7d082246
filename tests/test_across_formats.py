"""The same danger gives the same rule, at the characters that cause it, in every format that can express it."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from dindguard import Options, scan
from dindguard.formats import registry
from dindguard.rules import Profile
from support import write_files


def load() -> ModuleType:
    path = Path(__file__).parent.parent / "docs/across_formats.py"
    spec = importlib.util.spec_from_file_location("dindguard_across_formats", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


across = load()
CELLS = [(name, danger) for name, cells in across.TABLE.items() for danger in cells]


@pytest.mark.parametrize(("name", "danger"), CELLS, ids=["-".join(each) for each in CELLS])
def test_a_danger_is_told_where_it_is_written(tmp_path: Path, name: str, danger: str) -> None:
    files, path, line, column = across.marked(across.TABLE[name][danger])
    write_files(tmp_path, files | (across.POLICY if danger == "unapproved" else {}))
    report = scan(Options(paths=(tmp_path,), root=tmp_path, profile=Profile.ALL))
    rule = across.DANGERS[danger].rule
    places = [(each.span.path, each.span.line, each.span.column) for each in report.findings if each.rule.id == rule]
    assert places == [(path, line, column)], [f"{each.span}: {each.rule.id}" for each in report.findings]
    formats = next(each for each in report.coverage.every() if each.path == path)
    assert name in formats.what


def test_the_table_is_of_formats_that_there_are() -> None:
    assert {*across.TABLE, *across.NOTHING} <= set(registry.names())
    assert not across.TABLE.keys() & across.NOTHING.keys()
    assert {danger for cells in across.TABLE.values() for danger in cells} == set(across.DANGERS)


@pytest.mark.parametrize("danger", across.DANGERS)
def test_every_danger_is_written_in_several_formats(danger: str) -> None:
    assert sum(danger in cells for cells in across.TABLE.values()) >= 5


ALLOWED = [name for name, cells in across.TABLE.items() if "socket" in cells and name not in across.WITHOUT_COMMENTS]


@pytest.mark.parametrize("name", ALLOWED)
def test_what_needs_an_approval_is_not_silenced_by_a_comment(tmp_path: Path, name: str) -> None:
    files, path, line, _ = across.marked(across.TABLE[name]["socket"])
    text = files[path].splitlines(keepends=True)
    blank = text[line - 1][: len(text[line - 1]) - len(text[line - 1].lstrip())]
    text.insert(
        line - 1,
        f"{blank}{across.COMMENT.get(name, '#')} dindguard: allow[host-engine-socket] we have always done so\n",
    )
    write_files(tmp_path, files | {path: "".join(text), ".dindguard.yaml": "approval:\n  require: []\n"})
    options = Options(paths=(tmp_path,), root=tmp_path)
    statuses = [each.status.value for each in scan(options).findings if each.rule.id == "host-engine-socket"]
    assert statuses == ["allowed"]
    write_files(tmp_path, across.POLICY)
    found = {each.rule.id: each.status.value for each in scan(options).findings}
    assert (found["host-engine-socket"], found["allow-not-enough"]) == ("open", "open")
