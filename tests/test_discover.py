"""Which files of a tree are looked at: ignore files as git reads them, links, names, and the root."""

from __future__ import annotations

import re
import socket
import subprocess
from pathlib import Path

import pytest

from dindguard import budget
from dindguard.coverage import State
from dindguard.discover import Criteria, discover
from dindguard.errors import UserError
from dindguard.files import Left, UnreadError, decode, find_root, relative
from dindguard.formats import registry
from dindguard.formats.interest import EVERYWHERE, IMAGES, _Exact
from dindguard.records import replace
from dindguard.scanning import Options, scan
from dindguard.working_tree import WorkingTree
from manifests import write_files

OURS = "image: docker:dind\n"


def found(root: Path, *paths: str, ignore_files: bool = True, exclude: tuple[str, ...] = ()) -> list[str]:
    files = WorkingTree(root)
    given = [str(root / path) for path in paths] or [str(root)]
    entries = files.below(given, ignores=files if ignore_files else None, exclude=exclude)
    result = discover(entries, files, Criteria(interest=names_an_engine))
    return [source.path for source in result.sources]


def names_an_engine(_: str, data: bytes) -> bool:
    return b"docker" in data


def tree(root: Path, ignores: dict[str, str], *names: str) -> Path:
    return write_files(root, {**ignores, **dict.fromkeys(names, OURS)})


@pytest.mark.parametrize(
    ("ignores", "names", "expected"),
    [
        ({}, ["b.yaml", "a/c.yaml", "a.yaml"], ["a.yaml", "a/c.yaml", "b.yaml"]),
        ({".gitignore": "*.yaml"}, ["a.yaml", "b.yml"], ["b.yml"]),
        ({".gitignore": "*.yaml\n!keep.yaml"}, ["a.yaml", "keep.yaml"], ["keep.yaml"]),
        ({".gitignore": "/a.yaml"}, ["a.yaml", "b/a.yaml"], ["b/a.yaml"]),
        ({".gitignore": "out/"}, ["out/a.yaml", "b/out/a.yaml", "outer/a.yaml"], ["outer/a.yaml"]),
        ({".gitignore": "out/\n!out/a.yaml"}, ["out/a.yaml"], []),  # git does not look below an ignored folder
        ({".gitignore": "*.yaml", "b/.gitignore": "!a.yaml"}, ["a.yaml", "b/a.yaml", "b/c.yaml"], ["b/a.yaml"]),
        ({"b/.gitignore": "/a.yaml"}, ["a.yaml", "b/a.yaml", "b/c/a.yaml"], ["a.yaml", "b/c/a.yaml"]),
        ({".gitignore": "a/**/z.yaml"}, ["a/z.yaml", "a/b/c/z.yaml", "z.yaml"], ["z.yaml"]),
        ({".gitignore": "# a.yaml\n\n\\#b.yaml"}, ["a.yaml", "#b.yaml"], ["a.yaml"]),
        ({".dindguardignore": "a.yaml"}, ["a.yaml", "b.yaml"], ["b.yaml"]),
        ({".gitignore": "a.yaml", ".dindguardignore": "!a.yaml"}, ["a.yaml"], ["a.yaml"]),
        ({".gitignore": "a[.yaml\nb.yaml"}, ["b.yaml", "c.yaml"], ["c.yaml"]),  # one bad line spoils no other
        ({}, ["node_modules/a.yaml", ".venv/a.yaml", ".terraform/a.yaml", "vendor/a.yaml"], ["vendor/a.yaml"]),
    ],
)
def test_ignore_files(tmp_path: Path, ignores: dict[str, str], names: list[str], expected: list[str]) -> None:
    assert found(tree(tmp_path, ignores, *names)) == expected


def test_git_ignores_the_same(tmp_path: Path) -> None:
    """The oracle: git itself, on a tree of nested ignore files."""
    ignores = {
        ".gitignore": "*.tmp.yaml\n/top.yaml\nbuild/\n!build/keep.yaml\ndoc/*.yaml\n!doc/keep.yaml\n**/deep/x.yaml\n",
        "a/.gitignore": "!b.tmp.yaml\nlocal.yaml\n",
        "a/b/.gitignore": "*\n!c.yaml\n!.gitignore\n",
    }
    names = [
        "top.yaml", "a/top.yaml", "b.tmp.yaml", "a/b.tmp.yaml", "a/c.tmp.yaml", "build/keep.yaml", "a/build/x.yaml", "doc/x.yaml",
        "doc/keep.yaml", "doc/sub/x.yaml", "a/deep/x.yaml", "deep/y.yaml", "a/local.yaml", "local.yaml", "a/b/c.yaml",
        "a/b/d.yaml", "a/b/e/c.yaml",
    ]  # fmt: skip
    tree(tmp_path, ignores, *names)
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    listed = subprocess.run(
        ["git", "ls-files", "--others", "--exclude-standard", "*.yaml"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert found(tmp_path) == sorted(listed.stdout.splitlines())


def test_an_ignore_file_above_the_scanned_folder_counts(tmp_path: Path) -> None:
    tree(tmp_path, {".gitignore": "x.yaml\n/a/y.yaml"}, "a/x.yaml", "a/y.yaml", "a/z.yaml")
    assert found(tmp_path, "a") == ["a/z.yaml"]


def test_a_file_that_is_named_is_read_whatever_is_ignored(tmp_path: Path) -> None:
    tree(tmp_path, {".gitignore": "*"}, "a.yaml")
    assert found(tmp_path, "a.yaml") == ["a.yaml"]


def test_untrusted_trees_cannot_hide_anything(tmp_path: Path) -> None:
    tree(tmp_path, {".gitignore": "a.yaml", ".dindguardignore": "*"}, "a.yaml", "b.yaml")
    assert found(tmp_path, ignore_files=False) == ["a.yaml", "b.yaml"]


def test_excluded_patterns_hold_for_what_is_not_named(tmp_path: Path) -> None:
    tree(tmp_path, {}, "a.yaml", "x/b.yaml", "y/x/c.yaml")
    assert found(tmp_path, exclude=("/x/", "a.yaml")) == ["y/x/c.yaml"]
    assert found(tmp_path, "a.yaml", exclude=("a.yaml",)) == ["a.yaml"]


def test_variables_are_read_even_when_ignored(tmp_path: Path) -> None:
    write_files(tmp_path, {".gitignore": ".env\n*.yaml", ".env": "SOCKET=/var/run/docker.sock\n", "a.yaml": OURS})
    assert found(tmp_path) == [".env"]


def test_links(tmp_path: Path) -> None:
    root = tree(tmp_path / "root", {}, "a.yaml", "b/c.yaml")
    tree(tmp_path, {}, "outside.yaml")
    (root / "in.yaml").symlink_to(root / "a.yaml")
    (root / "out.yaml").symlink_to(tmp_path / "outside.yaml")
    (root / "folder").symlink_to(root / "b")
    assert found(root) == ["a.yaml", "b/c.yaml"]
    files = WorkingTree(root)
    assert files.open("in.yaml") is not None, "a file that others refer to may be a link inside the root"
    assert files.open("folder/c.yaml") is not None
    for outside in ("out.yaml", "../outside.yaml", "/etc/hostname", "b/../../outside.yaml", "a\0b"):
        assert files.open(outside) is None, outside
    assert files.listing("..") == ()
    assert files.listing("b") == ("c.yaml",)


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="there are no sockets in folders here")
def test_what_is_no_path_below_the_root_or_no_file_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # the names of sockets are short
    files = WorkingTree(tmp_path)
    (tmp_path / "a").write_text("x")
    assert files.inside("a") == str(tmp_path.resolve() / "a")
    assert files.inside(str(tmp_path.resolve() / "a")) is None, "paths are told from the root"
    assert files.inside("a\0") is None
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("s")
        with pytest.raises(UnreadError) as caught:
            files.read("s")
    assert caught.value.left is Left.SPECIAL


def test_a_path_given_twice_is_read_once(tmp_path: Path) -> None:
    tree(tmp_path, {}, "a.yaml", "b/c.yaml")
    assert found(tmp_path, "b", ".", "a.yaml", "b/c.yaml") == ["a.yaml", "b/c.yaml"]


def test_a_missing_path_is_the_users_to_mend(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not exist"):
        found(tmp_path, "no.yaml")
    with pytest.raises(UserError, match="outside"):
        relative(str(tmp_path), str(tmp_path / "below"))


@pytest.mark.parametrize(
    ("name", "text"),
    [("pod.yaml", "spec: {containers: [{image: evil.example/app:1}]}"), ("Dockerfile", "FROM evil.example/a:1")],
)
def test_where_registries_are_listed_every_image_counts(tmp_path: Path, name: str, text: str) -> None:
    write_files(tmp_path, {name: text, ".dindguard.yaml": "allowed-registries: [good.example]\n"})
    report = scan(Options(paths=(tmp_path,), root=tmp_path))
    assert [(finding.rule.id, finding.span.path) for finding in report.findings] == [("disallowed-registry", name)]
    (tmp_path / ".dindguard.yaml").unlink()
    assert scan(Options(paths=(tmp_path,), root=tmp_path)).coverage.count(State.NOTHING) == 1


@pytest.mark.parametrize(
    ("name", "text", "state"),
    [
        ("compose.yaml", OURS, State.BROKEN),
        ("x.yaml", "apiVersion: v1\nkind: Pod\n", State.BROKEN),
        ("x.yaml", "services:\n  a:\n    image: b\n", State.BROKEN),
        ("x.yaml", OURS, State.LEFT_OUT),
        ("x.conf", OURS, State.LEFT_OUT),
        ("x.md", OURS, State.OTHER),
    ],
)
def test_a_file_above_the_cap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str, state: State
) -> None:
    """Its name or its beginning says whether it would be ours: then not to read it is an error."""
    monkeypatch.setattr(budget, "FILE_SIZE", replace(budget.FILE_SIZE, most=5))
    (tmp_path / name).write_text(text)
    report = scan(Options(paths=(tmp_path,), root=tmp_path))
    assert report.coverage.every()[0].state is state
    assert report.incomplete == (state is State.BROKEN)


POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{securityContext: {privileged: true}}]}\n"
DEFINITION = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: b}\nspec:\n"


@pytest.mark.parametrize(
    ("beside", "times", "state"),
    [
        (DEFINITION, 2, State.UNDERSTOOD),
        (DEFINITION, 9, State.BROKEN),
        (DEFINITION.replace("Custom", "Other"), 2, State.BROKEN),
        (DEFINITION + "  description: '{{ x }}'\n", 2, State.BROKEN),
    ],
)
def test_definitions_of_custom_resources_do_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, beside: str, times: int, state: State
) -> None:
    """An operator's manifest may be megabytes long, and little of it is composed; four times the limit is the end."""
    monkeypatch.setattr(budget, "FILE_SIZE", replace(budget.FILE_SIZE, most=500))
    (tmp_path / "x.yaml").write_text(f"{POD}---\n{beside}{'  # long' * 50 * times}\n")
    report = scan(Options(paths=(tmp_path,), root=tmp_path))
    assert report.coverage.every()[0].state is state
    assert bool(report.findings) == (state is State.UNDERSTOOD)


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("repo/a/b", "repo"),
        ("repo/a/b/f.yaml", "repo"),
        ("repo", "repo"),
        ("plain/a", "plain"),
        ("elsewhere", "elsewhere"),
    ],
)
def test_the_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: str, expected: str) -> None:
    """The nearest folder with .git, else the current folder when it lies above, else the path itself."""
    write_files(tmp_path, {"repo/.git/HEAD": "", "repo/a/b/f.yaml": "", "plain/a/x": "", "elsewhere/x": ""})
    monkeypatch.chdir(tmp_path / "plain")
    assert find_root(tmp_path / start) == str(tmp_path / expected)


def test_a_worktrees_root_has_a_file_named_git(tmp_path: Path) -> None:
    write_files(tmp_path, {"w/.git": "gitdir: elsewhere\n", "w/a/x": ""})
    assert find_root(tmp_path / "w/a") == str(tmp_path / "w")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32", "utf-8-sig"])
def test_decoding(encoding: str) -> None:
    assert decode("é😀\r\n".encode(encoding)) == "é😀\r\n"


def test_what_is_no_text() -> None:
    assert decode(b"a\0b") is None
    assert decode(b"a\xffb") == "a\ufffdb"
    assert decode(b"\xff\xfea") == "\ufffd"


WORDS = (*EVERYWHERE, *IMAGES, *(word for row in registry.rows() for word in row.words))
EXACT = [word[1] for word in WORDS if not isinstance(word, str)]


@pytest.mark.parametrize("expression", [r"\bdind\b", r"\bab|cd", r"(?m)^ab?c", r"\b(?:x|y)z", *dict.fromkeys(EXACT)])
def test_an_expression_is_found_wherever_it_matches(expression: str) -> None:
    exact = _Exact(expression)
    begins = ("", "x", "-", " ", "\n", "\n  ", "a\n\t", "{{\n", "kind: pod\n{{", "\r")
    words = (
        "dind",
        "dindx",
        "ab",
        "abc",
        "cd",
        "ac",
        "xz",
        "container:",
        "kind: pod",
        "kind:",
        "user x",
        "user root",
        "user 0",
    )
    words += (
        "users x",
        "host: {path: /",
        "host:path:",
        "pid:",
        "helm  install -f ",
        "/a/b:/",
        "source: /",
        "oc debug",
        "releases:",
    )
    texts = [
        first + one + between + other for first in begins for one in words for between in begins for other in words
    ]
    wrong = [
        text
        for text in texts
        if exact.stands_in(text.encode()) != bool(re.search(expression.encode(), text.encode()))
    ]
    assert wrong == []
