"""The workspace: what goes in, what comes back, and what must not."""

import io
import os
import tarfile
from pathlib import Path

import pytest

from dindguard.environment import bodies
from dindguard.environment.workspace import Workspace, mount, packed, unpack
from dindguard.errors import USAGE, UserError


def archive(*members: tuple[str, bytes | str | None, int]) -> list[bytes]:
    """A tar as the engine gives it: (name, content or link target or none for a folder, type)."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        for name, content, kind in members:
            member = tarfile.TarInfo(name)
            member.type = kind
            if isinstance(content, bytes):
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
            else:
                member.linkname = content or ""
                tar.addfile(member)
    return [file.getvalue()]


FILE, FOLDER, LINK, HARD, PIPE = tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "work"
    (made / "sub").mkdir(parents=True)
    (made / "a.txt").write_text("one\n")
    (made / "sub" / "run.sh").write_text("#!/bin/sh\n")
    (made / "sub" / "run.sh").chmod(0o750)
    (made / ".git").mkdir()
    (made / ".git" / "config").write_text("[core]\n")
    (made / "link").symlink_to("a.txt")
    os.mkfifo(made / "pipe")
    return made


def test_everything_but_special_files_goes_in_and_everyone_may_write(folder: Path) -> None:
    with packed(folder) as (file, files, size), tarfile.open(fileobj=file) as tar:
        members = {member.name: member for member in tar}
    assert set(members) == {".", "./a.txt", "./sub", "./sub/run.sh", "./.git", "./.git/config", "./link"}
    assert (files, size) == (4, 21)
    assert members["./a.txt"].mode == 0o666
    assert members["./sub/run.sh"].mode == 0o777
    assert {member.uid for member in members.values()} == {65534}
    assert members["./link"].linkname == "a.txt"


def test_what_changed_comes_back_and_the_rest_is_not_touched(folder: Path) -> None:
    before = (folder / "a.txt").stat().st_mtime_ns
    returned = unpack(
        archive(
            ("workspace", None, FOLDER),
            ("workspace/a.txt", b"one\n", FILE),
            ("workspace/sub/run.sh", b"#!/bin/sh\necho\n", FILE),
            ("workspace/new", None, FOLDER),
            ("workspace/new/result.xml", b"<ok/>", FILE),
            ("workspace/link", "a.txt", LINK),
        ),
        folder,
    )
    assert str(returned) == "2 files written back"
    assert (folder / "a.txt").stat().st_mtime_ns == before
    assert (folder / "sub" / "run.sh").stat().st_mode & 0o777 == 0o750, "its own mode"
    assert (folder / "new" / "result.xml").read_text() == "<ok/>"
    assert (folder / "link").is_symlink()
    assert not list(folder.rglob(".dindguard-*"))


@pytest.mark.parametrize(
    "member",
    [
        ("workspace/../evil", b"x", FILE),
        ("workspace/sub/../../evil", b"x", FILE),
        ("workspace/.git/hooks/pre-commit", b"x", FILE),
        ("workspace/sub/.git/config", b"x", FILE),
        ("workspace/.GIT/config", b"x", FILE),
        ("workspace/.git./config", b"x", FILE),
        ("workspace/out/evil", b"x", FILE),  # `out` is a link of ours to elsewhere
        ("workspace/out", b"x", FILE),
        ("workspace/evil", "/etc/passwd", LINK),
        ("workspace/evil", "workspace/a.txt", HARD),
        ("workspace/evil", None, PIPE),
        ("workspace/sub", b"x", FILE),  # a file where a folder is
        ("workspace/a.txt", None, FOLDER),
    ],
)
def test_a_hostile_command_writes_nothing_else(folder: Path, member: tuple[str, bytes | None, int]) -> None:
    outside = folder.parent / "outside"
    outside.mkdir()
    (folder / "out").symlink_to(outside)
    before = sorted(str(path) for path in folder.parent.rglob("*"))
    returned = unpack(archive(("workspace/a.txt", b"one\n", FILE), member), folder)
    assert returned.written == 0
    assert sorted(str(path) for path in folder.parent.rglob("*")) == before
    assert (folder / ".git" / "config").read_text() == "[core]\n"
    assert returned.refused or ".git" in member[0]


def test_what_is_left_out_is_told_and_cannot_command_a_terminal(folder: Path) -> None:
    members = [(f"workspace/link{number}\x1b[2J", "/etc", LINK) for number in range(5)]
    told = str(unpack(archive(*members), folder))
    assert told.startswith("0 files written back; left out: link0")
    assert told.endswith("and 2 more")
    assert "\x1b" not in told


def test_a_folder_that_is_not_there() -> None:
    with pytest.raises(UserError, match="there is no such folder") as refusal:
        Workspace.at("/nonexistent")
    assert refusal.value.exit_code == USAGE


def test_copied_is_a_volume_and_bound_is_the_folder(folder: Path) -> None:
    assert mount("v")["VolumeOptions"] == {"NoCopy": True}
    bound = mount("v", Workspace.at(str(folder), bound=True))
    assert (bound["Type"], bound["Source"], bound["Target"]) == ("bind", str(folder), "/workspace")


def test_bound_commands_run_as_whose_folder_it_is(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dindguard.environment.spec import Isolation
    from test_environment_levels import planned

    monkeypatch.setattr(os, "getuid", lambda: 1234)
    monkeypatch.setattr(os, "getgid", lambda: 77)
    plan = planned(Isolation.ROOTLESS, workspace=True)
    assert bodies.client(plan, ["true"], workspace=Workspace(folder, bound=True))["User"] == "1234:77"
    monkeypatch.setattr(os, "getuid", lambda: 0)
    given = os.stat_result((0o040755, 0, 0, 1, 1001, 88, 0, 0, 0, 0))
    monkeypatch.setattr(Path, "stat", lambda _: given)
    assert bodies.client(plan, ["true"], workspace=Workspace(folder, bound=True))["User"] == "1001:88"
    given = os.stat_result((0o040755, 0, 0, 1, 0, 0, 0, 0, 0, 0))
    assert bodies.client(plan, ["true"], workspace=Workspace(folder, bound=True))["User"] == bodies.NOBODY
    copied = bodies.client(plan, ["true"], workspace=Workspace(folder))
    assert copied["User"] == bodies.NOBODY
    assert copied["WorkingDir"] == "/workspace"
    assert [mount["Target"] for mount in bodies.daemon(plan)["HostConfig"]["Mounts"]][2:] == ["/workspace"]
