"""A scan on a terminal says what it is at, and Ctrl-C ends it there: at once, with 130, and no half file."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dindguard.errors import INTERRUPTED

pty = pytest.importorskip("pty", reason="this system has no pseudo-terminals")

SLOWLY = """
import fcntl, sys, termios, time
import dindguard.judging, dindguard.reports, dindguard.scanning
from dindguard.cli import main

def wait(*given, **named):
    time.sleep(60)

def pieces(*given):
    yield "half of the report"
    wait()

def find(entries, *given, **named):
    next(iter(entries))
    wait()

def read_all(sources, files, recogniser, progress, *given):
    progress(1, 2)
    wait()

where, _, name = sys.argv.pop(1).rpartition(".")
setattr(sys.modules[f"dindguard.{where}"], name, globals().get(name, wait))
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
main(sys.argv[1:])
"""
"""A scan in which one phase never ends, on a terminal that it is the foreground of."""

PHASES = {
    "scanning.find": b"looking for files (1)",
    "scanning.read_all": b"[###############...............] reading files: 1 of 2",
    "scanning.infer": b"working out who reaches whom",
    "judging.run": b"asking the rules",
    "reports.pieces": b"writing out.json",
}


def read_until(master: int, words: bytes, seconds: float = 60) -> bytes:
    """Return what a terminal shows up to some words, or all that comes in time."""
    shown = b""
    end = time.monotonic() + seconds
    while words not in shown and time.monotonic() < end:
        if select.select([master], [], [], 0.2)[0]:
            shown += os.read(master, 4096)
    return shown


@pytest.mark.parametrize("phase", PHASES)
def test_ctrl_c_ends_a_scan_whatever_it_is_at(phase: str, tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("services: {a: {image: docker:29-dind, privileged: true}}\n")
    (tmp_path / "out.json").write_text("before")
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", SLOWLY, phase, "scan", "-f", "json", "-o", "out.json", "compose.yaml"],
        cwd=tmp_path, stdin=slave, stderr=slave, stdout=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    os.close(slave)
    try:
        shown = read_until(master, PHASES[phase])
        assert PHASES[phase] in shown
        assert process.poll() is None
        os.write(master, b"\x03")
        assert process.wait(20) == INTERRUPTED
        rest = read_until(master, b"\r\x1b[K", 1)
    finally:
        process.kill()
        process.wait()
        os.close(master)
    assert rest.rstrip().endswith(b"\r\x1b[K"), "the line stays on the screen"
    assert b"Traceback" not in shown + rest
    assert {path.name: path.read_text()[:6] for path in tmp_path.iterdir()} == {
        "compose.yaml": "servic",
        "out.json": "before",
    }
