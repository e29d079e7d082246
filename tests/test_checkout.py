"""The commit of a checkout, as its files tell it."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard.checkout import commit_of

ONE, TWO = "1" * 40, "a" * 64


@pytest.mark.parametrize(
    ("files", "commit"),
    [
        ({}, ""),
        ({"HEAD": f"{ONE}\n"}, ONE),
        ({"HEAD": "ref: refs/heads/main\n", "refs/heads/main": f"{TWO}\n"}, TWO),
        (
            {
                "HEAD": "ref: refs/heads/main\n",
                "packed-refs": f"# pack-refs\n{ONE} refs/heads/other\n{TWO} refs/heads/main\n",
            },
            TWO,
        ),
        ({"HEAD": "ref: refs/heads/unborn\n"}, ""),
        ({"HEAD": "ref: refs/heads/../../secret\n", "secret": f"{ONE}\n"}, ""),
        ({"HEAD": "ref: refs/heads/../../secret\n", "refs/heads/main": f"{TWO}\n", "secret": f"{ONE}\n"}, ""),
        ({"HEAD": "ref: secret\n", "secret": f"{ONE}\n"}, ""),
        ({"HEAD": f"{ONE}1\n"}, ""),
        ({"HEAD": f"{ONE}\n" + "x" * (1 << 20)}, ONE),
        ({"HEAD": "x" * (1 << 20) + f"{ONE}\n"}, ""),
        (
            {
                "HEAD": "ref: refs/heads/z\n",
                "packed-refs": f"{TWO} refs/heads/a\n" * 20_000 + f"{ONE} refs/heads/z\n",
            },
            ONE,
        ),
        ({"HEAD": "ref: ../secret\n", "../secret": f"{ONE}\n"}, ""),
        ({"HEAD": "ref: refs/heads/main\n", "refs/heads/main": "<script>\n"}, ""),
        ({"HEAD": "\x00\xff"}, ""),
    ],
)
def test_the_commit_is_read_and_nothing_else(tmp_path: Path, files: dict[str, str], commit: str) -> None:
    for name, text in files.items():
        path = tmp_path / ".git" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "latin-1")
    assert commit_of(str(tmp_path)) == commit


def test_a_worktree_leads_to_its_repository(tmp_path: Path) -> None:
    git = tmp_path / "main" / ".git" / "worktrees" / "side"
    git.mkdir(parents=True)
    (git / "HEAD").write_text("ref: refs/heads/side\n")
    (git / "commondir").write_text("../..\n")
    (git / "gitdir").write_text(f"{tmp_path / 'side' / '.git'}\n")
    (tmp_path / "main" / ".git" / "refs" / "heads").mkdir(parents=True)
    (tmp_path / "main" / ".git" / "refs" / "heads" / "side").write_text(f"{ONE}\n")
    (tmp_path / "side").mkdir()
    (tmp_path / "side" / ".git").write_text(f"gitdir: {git}\n")
    assert commit_of(str(tmp_path / "side")) == ONE


def test_a_submodule_leads_to_its_repository(tmp_path: Path) -> None:
    git = tmp_path / ".git" / "modules" / "part"
    git.mkdir(parents=True)
    (git / "HEAD").write_text(f"{ONE}\n")
    (git / "config").write_text("[core]\n\tworktree = ../../../part\n")
    (tmp_path / "part").mkdir()
    (tmp_path / "part" / ".git").write_text("gitdir: ../.git/modules/part\n")
    assert commit_of(str(tmp_path / "part")) == ONE


SECRET = "5ec4e7" * 10 + "5ec4"


def test_a_folder_that_does_not_name_this_one_is_not_read(tmp_path: Path) -> None:
    """Else a tree could ask for the first line of any file called HEAD."""
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "HEAD").write_text(f"{SECRET}\n")
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / ".git").write_text("gitdir: ../private\n")
    assert commit_of(str(tmp_path / "tree")) == ""


def test_a_worktree_of_another_folder_is_not_read(tmp_path: Path) -> None:
    git = tmp_path / "private" / ".git" / "worktrees" / "side"
    git.mkdir(parents=True)
    (git / "HEAD").write_text(f"{SECRET}\n")
    (git / "gitdir").write_text(f"{tmp_path / 'side' / '.git'}\n")
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / ".git").write_text(f"gitdir: {git}\n")
    assert commit_of(str(tmp_path / "tree")) == ""


def test_a_folder_whose_name_begins_alike_is_outside(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git-private").mkdir()
    (tmp_path / ".git-private" / "key").write_text(f"{SECRET}\n")
    (tmp_path / ".git" / "HEAD").symlink_to(tmp_path / ".git-private" / "key")
    assert commit_of(str(tmp_path)) == ""


@pytest.mark.parametrize("name", ["HEAD", "refs/heads/main", "packed-refs", "commondir"])
def test_no_link_leads_out_of_the_repository(tmp_path: Path, name: str) -> None:
    private = tmp_path / "private"
    private.mkdir()
    (private / "key").write_text(f"{SECRET} refs/heads/main\n" if name == "packed-refs" else f"{SECRET}\n")
    git = tmp_path / "tree" / ".git"
    (git / "refs" / "heads").mkdir(parents=True)
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    if name == "commondir":
        (git / name).write_text("../../private\n")
        (private / "refs" / "heads").mkdir(parents=True)
        (private / "refs" / "heads" / "main").write_text(f"{SECRET}\n")
    else:
        (git / name).unlink(missing_ok=True)
        (git / name).symlink_to(private / "key")
    assert commit_of(str(tmp_path / "tree")) == ""


def test_a_link_in_the_place_of_git_is_not_followed(tmp_path: Path) -> None:
    """Not even to a repository that names this folder: whoever made the link chose what is read."""
    tree, own = tmp_path / "tree", tmp_path / "own"
    tree.mkdir()
    own.mkdir()
    (own / "HEAD").write_text(f"{ONE}\n")
    (own / "config").write_text(f"[core]\n\tworktree = {tree}\n")
    (tmp_path / "file").write_text(f"gitdir: {own}\n")
    (tree / ".git").symlink_to(tmp_path / "file")
    assert commit_of(str(tree)) == ""
    (tree / ".git").unlink()
    (tree / ".git").write_text(f"gitdir: {own}\n")
    assert commit_of(str(tree)) == ONE
