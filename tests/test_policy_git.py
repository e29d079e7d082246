"""Git's objects, and nothing else of a repository: where it may be, what it may say, and what is told of it."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from dindguard import budget
from dindguard.errors import UserError
from dindguard.files import Left
from dindguard.policy.git import Repository
from dindguard.records import replace
from policy_tree import committed, git, write


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return started(tmp_path / "r")


def started(folder: Path) -> Path:
    folder.mkdir()
    git(folder, "init", "-q")
    write(folder, "a.txt", "one\n")
    committed(folder)
    return folder


def text(folder: Path, revision: str = "HEAD", path: str = "a.txt") -> str:
    with Repository(str(folder), f"--since {revision}") as found:
        return found.read(found.blobs(found.commit(revision))[path], path).decode()


def refusal(folder: Path, revision: str = "HEAD") -> str:
    with pytest.raises(UserError) as caught:
        text(folder, revision)
    assert str(caught.value).startswith(f"--since {revision}: ")
    return str(caught.value)


@pytest.mark.parametrize("revision", ["HEAD", "main", "refs/heads/main", "v1", "HEAD~0", "@{0}", "main@{0}"])
def test_every_way_to_name_a_commit(repository: Path, revision: str) -> None:
    git(repository, "tag", "-a", "v1", "-m", "x")
    assert text(repository, revision) == "one\n"
    git(repository, "pack-refs", "--all")
    git(repository, "gc", "-q")
    assert text(repository, revision) == "one\n"


def test_linked_work_trees_and_submodules_are_followed(repository: Path, tmp_path: Path) -> None:
    git(repository, "worktree", "add", "-q", "../w")
    write(tmp_path / "w", "a.txt", "two\n")
    committed(tmp_path / "w")
    assert text(tmp_path / "w") == "two\n"
    assert text(tmp_path / "w", "main") == "one\n"
    outer = started(tmp_path / "outer")
    git(outer, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(repository), "sub")
    assert (outer / "sub" / ".git").is_file()
    assert text(outer / "sub") == "one\n"


def test_a_repository_elsewhere_must_name_the_folder(repository: Path, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / ".git").write_text(f"gitdir: {repository / '.git'}\n")
    assert "does not name this folder" in refusal(tree)
    (tree / ".git").unlink()
    (tree / ".git").symlink_to(repository / ".git")
    said = refusal(tree)
    assert f"config core.worktree '{tree}'" in said
    git(repository, "config", "core.worktree", str(tree))
    assert text(tree) == "one\n"


def test_a_repository_inside_the_folder_is_followed(repository: Path) -> None:
    (repository / ".git").rename(repository / "kept")
    (repository / ".git").write_text("gitdir: kept\n")
    assert text(repository) == "one\n"


@pytest.mark.parametrize("name", ["commondir", "objects"])
def test_parts_of_a_repository_do_not_lead_out_of_it(repository: Path, tmp_path: Path, name: str) -> None:
    tree = started(tmp_path / "tree")
    if name == "objects":
        (tree / ".git" / name).rename(tmp_path / "old")
        (tree / ".git" / name).symlink_to(repository / ".git" / name)
    else:
        (tree / ".git" / name).write_text(f"{repository / '.git'}\n")
    assert "not followed" in refusal(tree)


def test_objects_lie_in_the_repository_not_in_the_tree(tmp_path: Path) -> None:
    tree = started(tmp_path / "tree")
    (tree / ".git" / "objects").rename(tree / "files")
    (tree / ".git" / "objects").symlink_to(tree / "files")
    assert "not followed" in refusal(tree)


@pytest.mark.parametrize("name", ["refs", "packed-refs"])
def test_refs_do_not_lead_out_of_it(repository: Path, tmp_path: Path, name: str) -> None:
    """Not even to a name for a commit that is in it."""
    git(tmp_path, "clone", "-q", str(repository), "tree")
    git(repository, "branch", "elsewhere")
    if name == "packed-refs":
        git(repository, "pack-refs", "--all")
    there = tmp_path / "tree" / ".git" / name
    if there.exists():
        there.rename(tmp_path / "old")
    there.symlink_to(repository / ".git" / name)
    refusal(tmp_path / "tree", "elsewhere")


def test_links_of_a_commit_are_no_files(repository: Path) -> None:
    (repository / "link").symlink_to("/etc/passwd")
    with Repository(str(repository), "--since HEAD") as found:
        blobs = found.blobs(committed(repository))
        assert set(blobs) == {"a.txt"}
        assert found.unread == {"link": Left.LINK}


@pytest.mark.parametrize(
    "line",
    [
        "{other}",
        "../../../other/.git/objects",
        '"{other}"',
        '"../../..\\057other/.git/objects"',
        "# nothing\n{other}",
        "link",
    ],
)
def test_objects_are_not_borrowed_from_elsewhere(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    other = started(tmp_path / "other") / ".git/objects"
    write(tmp_path / "other", "a.txt", "secret")
    commit = committed(tmp_path / "other")
    (repository / ".git/objects/link").symlink_to(other)
    write(repository, ".git/objects/info/alternates", line.format(other=other) + "\n")
    assert f"leads out of {repository}" in refusal(repository, commit)
    if '"' not in line:
        monkeypatch.setenv("GIT_ALTERNATE_OBJECT_DIRECTORIES", str(other))
        assert text(repository, commit) == "secret"


def test_objects_are_borrowed_from_within(repository: Path) -> None:
    write(started(repository / "inner"), "a.txt", "two\n")
    commit = committed(repository / "inner")
    write(repository, ".git/objects/info/alternates", "# a part of this\n../../inner/.git/objects\n")
    assert text(repository, commit) == text(repository / "inner", commit)
    write(repository / "inner", ".git/objects/info/alternates", "/\n")
    assert "info/alternates leads out" in refusal(repository, commit)


def test_its_configuration_is_not_read(repository: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hunter2 is no configuration\n")
    with (repository / ".git" / "config").open("a") as config:
        config.write(f"[include]\n\tpath = {secret}\n[core]\n\tgarbage\n[nonsense\n")
    assert text(repository) == "one\n"
    assert "hunter2" not in refusal(repository, "nope")


def test_objects_are_not_replaced(repository: Path) -> None:
    first = git(repository, "rev-parse", "HEAD:a.txt").strip()
    other = git(repository, "hash-object", "-w", ".git/HEAD").strip()
    git(repository, "replace", first, other)
    assert text(repository) == "one\n"


def test_an_environment_of_ours_alone(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = started(tmp_path / "other")
    write(tmp_path, "home/.gitconfig", "[nonsense\n")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name, value in {
        "GIT_DIR": other / ".git", "GIT_WORK_TREE": other, "GIT_CONFIG_COUNT": "x", "GIT_TRACE": tmp_path / "trace",
        "GIT_CONFIG_SYSTEM": tmp_path / "home" / ".gitconfig", "GIT_NAMESPACE": "n", "GIT_EXEC_PATH": tmp_path,
    }.items():  # fmt: skip
        monkeypatch.setenv(name, str(value))
    write(repository, "a.txt", "two\n")
    assert text(repository) == "one\n"
    assert not (tmp_path / "trace").exists()


def test_a_git_of_the_tree_is_not_run(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in (repository, repository / "bin"):
        write(folder, "git", f"#!/bin/sh\ntouch {repository}/trap\n")
        (folder / "git").chmod(0o755)
    monkeypatch.chdir(repository)
    monkeypatch.setenv("PATH", os.pathsep.join(["", ".", "bin", str(repository / "bin"), os.environ["PATH"]]))
    assert text(repository) == "one\n"
    assert not (repository / "trap").exists()
    monkeypatch.setenv("PATH", str(repository / "bin"))
    assert "needs git" in refusal(repository)


def test_a_git_of_the_tree_is_not_run_through_a_link(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(repository / "bin", "git", f"#!/bin/sh\ntouch {repository}/trap\n")
    (repository / "bin" / "git").chmod(0o755)
    (tmp_path / "tools").symlink_to(repository / "bin")
    monkeypatch.setenv("PATH", str(tmp_path / "tools"))
    assert "needs git" in refusal(repository)
    assert not (repository / "trap").exists()


@pytest.mark.parametrize("folder", ["", ".", "bin"])
def test_a_git_of_the_current_folder_is_not_run(
    repository: Path, tmp_path: Path, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever that is: a relative folder of the search path is where somebody else has led us."""
    write(tmp_path, f"here/{folder}/git", f"#!/bin/sh\ntouch {tmp_path}/trap\n")
    (tmp_path / "here" / folder / "git").chmod(0o755)
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("PATH", folder)
    assert "needs git" in refusal(repository)
    assert not (tmp_path / "trap").exists()


@pytest.mark.parametrize(
    ("revision", "said"),
    [
        ("mian", "did you mean 'main'?"),
        ("mian", "'git fetch origin mian'"),
        ("origin/feature", "'git fetch origin feature'"),
        ("abcdef1", "there is no commit 'abcdef1' here"),
        ("HEAD:a.txt", "'HEAD:a.txt' is no commit"),
        ("--output=x", "is no revision"),
        ("HEAD^{/nothing}", "there is no revision"),
    ],
)
def test_what_is_missing_is_named_with_what_mends_it(repository: Path, revision: str, said: str) -> None:
    assert said in refusal(repository, revision)


def test_a_shallow_clone_says_how_to_get_the_rest(repository: Path, tmp_path: Path) -> None:
    first = git(repository, "rev-parse", "HEAD").strip()
    git(repository, "commit", "-q", "--allow-empty", "-m", "two")
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{repository}", "shallow")
    for revision in (first, "HEAD~1", "v1"):
        said = refusal(tmp_path / "shallow", revision)
        for words in ("shallow clone", f"'{revision}'", "git fetch --unshallow", "fetch-depth: 0", "GIT_DEPTH: 0"):
            assert words in said
    assert text(tmp_path / "shallow") == "one\n"
    git(tmp_path / "shallow", "fetch", "-q", "--unshallow")
    assert text(tmp_path / "shallow", first) == "one\n"


def test_a_partial_clone_says_what_it_lacks(repository: Path, tmp_path: Path) -> None:
    git(repository, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "--no-checkout", "--filter=blob:none", f"file://{repository}", "partial")
    said = refusal(tmp_path / "partial")
    assert "this clone lacks a.txt" in said
    git(tmp_path / "partial", *said.rpartition("'git ")[2].rstrip("'").split())
    assert text(tmp_path / "partial") == "one\n"


def test_without_a_commit_or_a_repository(tmp_path: Path) -> None:
    assert "is no Git repository" in refusal(tmp_path)
    git(tmp_path, "init", "-q")
    assert "has no commit yet" in refusal(tmp_path)


def test_sha256_repositories(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--object-format=sha256")
    write(tmp_path, "a.txt", "one\n")
    committed(tmp_path)
    assert text(tmp_path) == "one\n"


def test_nothing_is_left_behind(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    text(repository)
    refusal(repository, "nope")
    assert list((tmp_path / "scratch").iterdir()) == []


@pytest.mark.parametrize("name", ["HEAD", "config", "objects/info/alternates"])
def test_files_of_gits_that_are_too_large_are_said(
    repository: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budget, "GIT_FILE", replace(budget.GIT_FILE, most=300))
    (repository / ".git" / name).write_text("#" * 301)
    with pytest.raises(
        UserError, match=rf"{name}: this file of Git's own is larger than 300 bytes; it was not read: let Git"
    ):
        text(repository)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
@pytest.mark.parametrize("name", ["objects/info/alternates", "HEAD", "config", "packed-refs", "shallow"])
def test_nobody_waits_for_a_pipe(repository: Path, name: str) -> None:
    (repository / ".git" / name).unlink(missing_ok=True)
    os.mkfifo(repository / ".git" / name)
    with pytest.raises(UserError, match=rf"{name} is a pipe or a device, where Git has a file: remove it"):
        text(repository)


def test_what_git_is_given(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No configuration of the system, of the user or of the environment: only what is made for this."""
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "git").write_text(f'#!/bin/sh\nenv >> "{tmp_path}/given"\nexec {shutil.which("git")} "$@"\n')
    (tools / "git").chmod(0o755)
    inside = repository / "bin"
    inside.mkdir()
    monkeypatch.setenv("PATH", os.pathsep.join((str(tools), str(inside), os.environ["PATH"])))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.fsmonitor")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "true")
    assert text(repository) == "one\n"
    given = dict(line.partition("=")[::2] for line in (tmp_path / "given").read_text().splitlines())
    own = {name: value for name, value in given.items() if name.startswith("GIT_")}
    assert own.pop("GIT_DIR").startswith(os.path.join(tempfile.gettempdir(), "dindguard-git-"))
    assert own == {
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_OBJECT_DIRECTORY": str(repository / ".git" / "objects"),
    }
    assert given.keys() - own.keys() <= {"GIT_DIR", "PATH", "LC_ALL", "PWD", "SHLVL", "_", "OLDPWD"}
    folders = {line for line in (tmp_path / "given").read_text().splitlines() if line.startswith("PWD=")}
    assert folders == {f"PWD={given['GIT_DIR']}"}  # it looks for nothing in the folder where dindguard runs
    assert str(inside) not in given["PATH"].split(os.pathsep)  # nor is a helper of the tree's own found


@pytest.mark.parametrize("revision", ["-h", "--git-dir=/x", "--"])
def test_an_option_is_no_revision(repository: Path, revision: str) -> None:
    assert refusal(repository, revision).endswith(f"'{revision}' is no revision")
