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
    (tmp_path / "main" / ".git" / "refs" / "heads").mkdir(parents=True)
    (tmp_path / "main" / ".git" / "refs" / "heads" / "side").write_text(f"{ONE}\n")
    (tmp_path / "side").mkdir()
    (tmp_path / "side" / ".git").write_text(f"gitdir: {git}\n")
    assert commit_of(str(tmp_path / "side")) == ONE
