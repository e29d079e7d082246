"""What is written stays inside: no command follows a link of the tree to elsewhere."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from dindguard.errors import UserError
from dindguard.reports.output import write_whole
from dindguard.scanning import Options
from policy_tree import SOCKET, tree, waived, write
from policy_tree import command as run

APPROVED = (
    "--rule", SOCKET[0], "--reason", "The runner starts the stacks under test.", "--owner", "@owner",
    "--alternative", "a socket proxy", "--poc", "https://git.example/poc/7", "--approver", "@arch:architecture",
    "--approver", "@sec:security",
)  # fmt: skip

COMMANDS: dict[str, tuple[tuple[str, ...], str]] = {
    "baseline": (("baseline", "create"), ".dindguard/baseline.json"),
    "named baseline": (("baseline", "create", "-o", "known/b.json"), "known/b.json"),
    "waive": (("waive", *APPROVED), ".dindguard/waivers.yaml"),
    "attributes": (("waive", *APPROVED), ".gitattributes"),
    "configuration": (("init",), ".dindguard.yaml"),
    "schemas": (("init",), ".dindguard/waivers.schema.json"),
    "report": (("scan", "-f", "sarif", "-o", "report.sarif"), "report.sarif"),
    "report in a folder": (("scan", "-f", "html", "-o", "out/report.html"), "out/report.html"),
}


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def link_the_file(path: Path, outside: Path) -> None:
    (outside / "victim").write_text("mine\n")
    path.parent.mkdir(exist_ok=True)
    path.symlink_to(outside / "victim")


def link_to_nothing_yet(path: Path, outside: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    path.symlink_to(outside / "absent")


def link_the_folder(path: Path, outside: Path) -> None:
    path.parent.symlink_to(outside)


@pytest.mark.parametrize(
    ("name", "link"),
    [
        (name, link)
        for name, (_, written) in COMMANDS.items()
        for link in (link_the_file, link_to_nothing_yet, link_the_folder)
        if "/" in written or link is not link_the_folder
    ],
)
def test_no_command_writes_through_a_link(tmp_path: Path, name: str, link: Callable[[Path, Path], None]) -> None:
    arguments, written = COMMANDS[name]
    (tmp_path / "r").mkdir()
    (tmp_path / "outside").mkdir()
    folder = tree(tmp_path / "r")
    link(folder / written, tmp_path / "outside")
    before = everything(tmp_path / "outside")
    done = run(folder, *arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "leads out of" in done.stderr or "exists: 'dindguard baseline update'" in done.stderr
    assert everything(tmp_path / "outside") == before


@pytest.mark.parametrize("name", COMMANDS)
def test_a_link_that_stays_inside_is_followed(tmp_path: Path, name: str) -> None:
    arguments, written = COMMANDS[name]
    folder = tree(tmp_path)
    (folder / written).parent.mkdir(exist_ok=True)
    (folder / "there").mkdir()
    (folder / written).symlink_to(folder / "there" / "file")
    done = run(folder, *arguments)
    assert done.returncode in (0, 1), done.stderr
    assert (folder / "there" / "file").is_file()
    assert (folder / written).is_symlink()


def test_baselines_are_updated_and_waivers_renewed_inside_too(tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    folder = tree(tmp_path / "r")
    run(folder, "baseline", "create")
    (folder / ".dindguard").rename(tmp_path / "elsewhere")
    (folder / ".dindguard").symlink_to(tmp_path / "elsewhere")
    before = everything(tmp_path / "elsewhere")
    assert "leads out of" in run(folder, "baseline", "update").stderr
    assert everything(tmp_path / "elsewhere") == before
    (folder / ".dindguard").unlink()
    waived(folder)
    (folder / ".dindguard" / "waivers.yaml").rename(tmp_path / "waivers.yaml")
    (folder / ".dindguard" / "waivers.yaml").symlink_to(tmp_path / "waivers.yaml")
    assert run(folder, "waive", *APPROVED).returncode == 2


@pytest.mark.parametrize("given", ["there", "there/compose.yaml", "one.yaml", "."])
def test_nothing_is_fixed_through_a_link(tmp_path: Path, given: str) -> None:
    (tmp_path / "r").mkdir()
    (tmp_path / "outside").mkdir()
    folder = tree(tmp_path / "r")
    write(
        tmp_path,
        "outside/compose.yaml",
        "services: {a: {image: docker:29-dind, privileged: true, ports: ['2375:2375']}}\n",
    )
    (folder / "there").symlink_to(tmp_path / "outside")
    (folder / "one.yaml").symlink_to(tmp_path / "outside" / "compose.yaml")
    before = everything(tmp_path / "outside")
    done = run(folder, "fix", "--apply", given)
    assert ("leads out of" in done.stderr) is (given != ".")
    assert everything(tmp_path / "outside") == before


@pytest.mark.parametrize("where", ["file", "folder"])
def test_a_file_that_became_a_link_is_not_mended(tmp_path: Path, where: str) -> None:
    """Between the scan and the writing, even to a place inside: another file than the one that was looked at."""
    from dindguard.fixes.mending import mend
    from dindguard.fixes.writing import write as write_fixed

    write(
        tmp_path, "a/compose.yaml", "services: {a: {image: docker:29-dind, privileged: true, ports: ['2375:2375']}}\n"
    )
    mended = mend(Options(paths=(tmp_path,), root=tmp_path), unsafe=True)
    assert mended.texts
    moved = tmp_path / ("a/other.yaml" if where == "file" else "b")
    linked = tmp_path / ("a/compose.yaml" if where == "file" else "a")
    linked.rename(moved)
    linked.symlink_to(moved)
    before = everything(tmp_path)
    with pytest.raises(UserError, match="is reached through a link, and is not written"):
        write_fixed(mended)
    assert everything(tmp_path) == before


def test_what_somebody_names_outside_is_written(tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    folder = tree(tmp_path / "r")
    (tmp_path / "real").mkdir()
    (tmp_path / "latest").symlink_to(tmp_path / "real")
    assert run(folder, "scan", "-f", "json", "-o", str(tmp_path / "latest" / "a.json")).returncode == 1
    assert run(folder, "scan", "-f", "json", "-o", "../real/b.json").returncode == 1
    assert sorted(os.listdir(tmp_path / "real")) == ["a.json", "b.json"]


def test_what_is_no_file_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    # A pipe and not /dev/null: as root, a fault in what is tested would take that from the whole machine.
    folder = tree(tmp_path)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert run(folder, "scan", "-f", "json", "-o", str(pipe)).returncode == 1
        assert json.loads(os.read(reader, 1 << 20))["findings"]
    finally:
        os.close(reader)
    assert pipe.is_fifo()


def test_without_a_repository_the_current_folder_is_the_border(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "a").symlink_to(tmp_path / "victim")
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(UserError, match="leads out of"):
        write_whole("a", b"x")
    monkeypatch.chdir(tmp_path)
    write_whole("here/a", b"x")
    assert (tmp_path / "victim").read_bytes() == b"x"


def test_a_repository_is_one_wherever_its_git_leads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ``.git`` that leads to nothing is the border all the same: it could be there tomorrow."""
    repository, elsewhere = tmp_path / "r", tmp_path / "elsewhere"
    repository.mkdir()
    elsewhere.mkdir()
    (repository / ".git").symlink_to(tmp_path / "absent")
    (repository / "a").symlink_to(tmp_path / "victim")
    monkeypatch.chdir(elsewhere)
    with pytest.raises(UserError, match="leads out of"):
        write_whole(repository / "a", b"x")
    assert not (tmp_path / "victim").exists()


def test_a_draft_is_no_way_out_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "r").mkdir()
    write(tmp_path, "victim", "mine\n")
    monkeypatch.chdir(tree(tmp_path / "r"))
    (tmp_path / "r" / f".a.{os.getpid()}.tmp").symlink_to(tmp_path / "victim")
    with pytest.raises(UserError):
        write_whole("a", b"x")
    assert (tmp_path / "victim").read_text() == "mine\n"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755])
def test_a_file_that_is_written_again_keeps_its_mode(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "report.json"
    file.write_text("before")
    file.chmod(mode)
    write_whole(file, b"after")
    assert (file.read_bytes(), file.stat().st_mode & 0o7777) == (b"after", mode)
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


def test_folders_that_lack_are_made_only_where_that_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot write"):
        write_whole(tmp_path / "a/b.txt", b"x")
    write_whole(tmp_path / "a/b.txt", b"x", make_folders=True)
    assert (tmp_path / "a/b.txt").read_bytes() == b"x"
