"""The suite notices a scan that connects, starts a process or writes: one that does is planted."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import watching
from dindguard import discover, judging
from dindguard.scanning import Options, scan


def connect(_: Path) -> None:
    socket.socket().close()


def look_up(_: Path) -> None:
    socket.getaddrinfo("127.0.0.1", 80)


def start(_: Path) -> None:
    subprocess.run([sys.executable, "-c", ""], check=True)


def start_gits_namesake(folder: Path) -> None:
    (folder / "git").symlink_to("/bin/true")
    subprocess.run([folder / "git"], check=True)


def shell(_: Path) -> None:
    os.system("true")


def write(folder: Path) -> None:
    (folder / "written").write_text("x")


def append(folder: Path) -> None:
    os.close(os.open(folder / "compose.yaml", os.O_WRONLY | os.O_APPEND))


def make(folder: Path) -> None:
    (folder / "made").mkdir()


def remove(folder: Path) -> None:
    (folder / "spare").unlink()


PLANTED = [connect, look_up, start, start_gits_namesake, shell, write, append, make, remove]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "compose.yaml").write_text("services: {a: {image: docker:29-dind, privileged: true}}\n")
    (tmp_path / "spare").write_text("")
    return tmp_path


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.__name__)
def test_a_planted_deed_is_noticed(
    planted: Callable[[Path], None], tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = judging.run

    def run_and_do(*arguments: object, **more: object) -> object:
        planted(tree)
        return run(*arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(judging, "run", run_and_do)
    scan(Options(paths=(tree,), root=tree))
    assert watching.WATCH.taken()


@pytest.mark.skipif(sys.platform != "linux", reason="processes that read are forks on Linux alone")
@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.__name__)
def test_a_deed_of_a_process_that_reads_is_noticed(
    planted: Callable[[Path], None], tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = discover.look

    def look_and_do(path: str, *arguments: Any) -> None:
        if path == "compose.yaml":
            planted(tree)
        look(path, *arguments)

    monkeypatch.setattr(discover, "look", look_and_do)
    assert scan(Options(paths=(tree,), root=tree, jobs=2)).findings
    assert watching.WATCH.taken()


def test_processes_that_read_do_nothing_of_the_kind(tree: Path) -> None:
    assert scan(Options(paths=(tree,), root=tree, jobs=2)).findings
    assert watching.WATCH.taken() == []


def test_a_scan_does_nothing_of_the_kind(tree: Path) -> None:
    assert scan(Options(paths=(tree,), root=tree)).findings
    assert watching.WATCH.taken() == []


def test_what_is_done_outside_of_a_scan_does_not_matter(tree: Path) -> None:
    scan(Options(paths=(tree,), root=tree))
    for deed in PLANTED:
        deed(tree)
    assert watching.WATCH.taken() == []


def test_the_suite_fails_for_it(tree: Path) -> None:
    """The same through pytest itself: a test whose scan writes does not pass."""
    test = tree / "test_planted.py"
    test.write_text(
        "from pathlib import Path\nfrom dindguard import judging\nfrom dindguard.scanning import Options, scan\n"
        "def test_it(tmp_path, monkeypatch):\n"
        "    run = judging.run\n"
        "    monkeypatch.setattr(judging, 'run', lambda *a, **k: (Path(tmp_path / 'x').write_text('x'), run(*a, **k))[1])\n"
        "    (tmp_path / 'compose.yaml').write_text('services: {a: {image: docker:dind, privileged: true}}')\n"
        "    scan(Options(paths=(tmp_path,), root=tmp_path))\n"
    )
    tests = Path(__file__).parent.parent
    (tree / "conftest.py").write_text((tests / "conftest.py").read_text("utf-8"))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tree), str(test)],
        capture_output=True, text=True, check=False, cwd=tree, env=os.environ | {"PYTHONPATH": str(tests)},
    )  # fmt: skip
    assert done.returncode == 1
    assert "a scan must not do that" in done.stdout
