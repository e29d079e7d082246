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


PLANT = """\
import sys
from pathlib import Path
sys.path[:0] = sys.argv[1:3]
from dindguard import judging
from test_watching import PLANTED
number, run = int(sys.argv[3]), judging.run
def run_and_do(*arguments, **more):
    if number >= 0:
        PLANTED[number](Path.cwd())
    return run(*arguments, **more)
judging.run = run_and_do
from dindguard.cli import main
sys.argv[1:] = ["scan", "--exit-zero", *sys.argv[4:]]
main()
"""


def in_a_process(number: int, tree: Path, *options: str, **environment: str) -> list[str]:
    """Return what is told of a scan of the command line that does one of the deeds; -1 does none."""
    here = Path(__file__).parent
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PLANT, str(here), str(here.parent), str(number), *options],
        cwd=tree, capture_output=True, text=True, check=False, env=environment or None,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return watching.told_by_processes()


@pytest.mark.parametrize("number", range(len(PLANTED)), ids=lambda number: PLANTED[number].__name__)
def test_a_deed_of_a_command_is_noticed(number: int, tree: Path) -> None:
    assert in_a_process(number, tree)


@pytest.mark.parametrize(
    "options", [("--jobs", "2"), ("-f", "sarif", "-o", "report.sarif"), ("-f", "html", "-o", "r.html")]
)
def test_a_command_does_nothing_of_the_kind(options: tuple[str, ...], tree: Path) -> None:
    assert in_a_process(-1, tree, *options) == []


def test_a_process_with_an_environment_of_its_own_is_watched_too(tree: Path) -> None:
    assert in_a_process(6, tree, **watching.environment())
    assert in_a_process(6, tree, PATH="/usr/bin:/bin") == [], (
        "it could not be told: tests have to hand on what tells it"
    )


def test_what_is_done_outside_of_a_scan_does_not_matter(tree: Path) -> None:
    scan(Options(paths=(tree,), root=tree))
    for deed in PLANTED:
        deed(tree)
    assert watching.WATCH.taken() == []


IN_ITSELF = """\
from pathlib import Path
from dindguard import judging
from dindguard.scanning import Options, scan
def test_it(tmp_path, monkeypatch):
    run = judging.run
    monkeypatch.setattr(judging, "run", lambda *a, **k: (Path(tmp_path / "x").write_text("x"), run(*a, **k))[1])
    (tmp_path / "compose.yaml").write_text("services: {a: {image: docker:dind, privileged: true}}")
    scan(Options(paths=(tmp_path,), root=tmp_path))
"""
IN_A_COMMAND = """\
import subprocess, sys
PLANT = "from dindguard import judging; run = judging.run; from pathlib import Path; " \\
        "judging.run = lambda *a, **k: (Path('x').write_text('x'), run(*a, **k))[1]; from dindguard.cli import main; main()"
def test_it(tmp_path):
    (tmp_path / "compose.yaml").write_text("services: {a: {image: docker:dind, privileged: true}}")
    assert subprocess.run([sys.executable, "-c", PLANT, "scan"], cwd=tmp_path).returncode == 1
"""


@pytest.mark.parametrize("text", [IN_ITSELF, IN_A_COMMAND])
def test_the_suite_fails_for_it(text: str, tree: Path) -> None:
    """The same through pytest itself: a test whose scan writes, or that of a command it runs, does not pass."""
    test = tree / "test_planted.py"
    test.write_text(text)
    tests = Path(__file__).parent.parent
    (tree / "conftest.py").write_text((tests / "conftest.py").read_text("utf-8"))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tree), str(test)],
        capture_output=True, text=True, check=False, cwd=tree, env=os.environ | {"PYTHONPATH": str(tests)},
    )  # fmt: skip
    assert done.returncode == 1
    assert "a scan must not do that" in done.stdout
