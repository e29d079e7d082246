"""CODEOWNERS, as GitHub and GitLab read it: which file counts, which line of it, and for whom."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard.policy.owners import Owners, Ownership, owners_of, ownership
from dindguard.working_tree import WorkingTree
from policy_tree import write

FILE = ".dindguard/waivers.yaml"


def owned(folder: Path, text: str, place: str = "CODEOWNERS") -> Ownership:
    write(folder, place, text)
    found = ownership(FILE, WorkingTree(str(folder)))
    assert found is not None
    return found


def test_without_the_file_nobody_says_who_owns(tmp_path: Path) -> None:
    assert ownership(FILE, WorkingTree(str(tmp_path))) is None
    assert owners_of(FILE, WorkingTree(str(tmp_path))) is None


@pytest.mark.parametrize("place", [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS"])
def test_each_place_of_the_file(tmp_path: Path, place: str) -> None:
    found = owned(tmp_path, "* @a\n", place)
    assert (found.owners, found.span.path, found.span.line) == ({"@a"}, place, 1)


def test_the_first_place_counts_alone(tmp_path: Path) -> None:
    write(tmp_path, "docs/CODEOWNERS", "* @docs\n")
    write(tmp_path, ".gitlab/CODEOWNERS", "* @gitlab\n")
    assert owned(tmp_path, "* @root\n").owners == {"@root"}
    assert owned(tmp_path, "* @github\n", ".github/CODEOWNERS").owners == {"@github"}


@pytest.mark.parametrize(
    ("text", "owners", "line"),
    [
        ("", set(), 1),
        ("# /.dindguard/ @a\n\n   \n* @b\n", {"@b"}, 4),
        ("* @a\n/.dindguard/ @b @c\n", {"@b", "@c"}, 2),
        ("/.dindguard/ @b\n* @a\n/src/ @d\n", {"@a"}, 2),
        ("/.dindguard/ @b # for waivers @e\n", {"@b"}, 1),
        ("* @a\n/.dindguard/\n", set(), 2),
        ("* @a\n!/.dindguard/\n", set(), 2),
        ("* @a\n!/.dindguard/ @b\n", set(), 2),
        ("waivers.yaml\\ old @a\n*.yaml @b\n", {"@b"}, 2),
        ("* @a\nwaivers.yaml\\\n", {"@a"}, 1),
        ("/waivers.yaml @a\n", set(), 1),
        ("/src/ @d\n\n*.yaml a@example.org\n", {"a@example.org"}, 3),
        ("[Policy] @p\n/.dindguard/\n", {"@p"}, 2),
        ("[Policy] @p\n/.dindguard/ @q\n", {"@q"}, 2),
        ("* @a\n[Policy][2] @p\n/.dindguard/\n", {"@a", "@p"}, 3),
        ("^[Policy] @p\n/.dindguard/\n[policy] @q\n*.yaml\n", {"@q"}, 4),
    ],
)
def test_the_last_line_that_matches_counts_in_each_section(
    tmp_path: Path, text: str, owners: set[str], line: int
) -> None:
    found = owned(tmp_path, text)
    assert (set(found.owners), found.span.line) == (owners, line)


def test_many_files_are_asked_of_one_reading(tmp_path: Path) -> None:
    write(tmp_path, "CODEOWNERS", "* @b @a\n/docs/ @docs\n")
    owners = Owners.among(WorkingTree(str(tmp_path)))
    assert [owners.of(path) for path in ("a.yaml", "docs/b.yaml", "a.yaml")] == [
        ["@a", "@b"],
        ["@docs"],
        ["@a", "@b"],
    ]
    assert Owners.among(WorkingTree(str(tmp_path / "docs"))).of("a.yaml") == []
