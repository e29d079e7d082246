"""This process's terminal, given to a command in a container: raw while it runs, and of the same size."""

from __future__ import annotations

import os
import select
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

from dindguard.errors import UserError

_CHUNK = 1 << 16


def require() -> None:
    """Raise :class:`UserError` where there is no terminal to give."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UserError("--tty needs a terminal on stdin and stdout; leave it out in a pipe or a CI job")


@contextmanager
def given(resize: Callable[[int, int], object]) -> Iterator[None]:
    """Make the terminal raw for the block; ``resize(rows, columns)`` is called now and whenever its size changes."""
    import termios
    import tty

    if sys.platform == "win32":
        raise NotImplementedError  # guarded() says so before

    def resized(_number: int, _frame: FrameType | None) -> None:
        size = shutil.get_terminal_size()
        with suppress(Exception):  # the command may have ended before
            resize(size.lines, size.columns)

    kept = termios.tcgetattr(sys.stdin)
    former = signal.signal(signal.SIGWINCH, resized)
    try:
        tty.setraw(sys.stdin)
        resized(0, None)
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, kept)
        signal.signal(signal.SIGWINCH, former)


def converse(connection: Any) -> None:
    """Copy between the terminal and a container's stream, both ways, until the container's side ends."""
    ours, theirs = sys.stdin.fileno(), connection.fileno()
    listening = [ours, theirs]
    while theirs in listening:
        ready, _, _ = select.select(listening, [], [])
        if theirs in ready:
            data = connection.recv(_CHUNK)
            if not data:
                return
            os.write(sys.stdout.fileno(), data)
        if ours in ready:
            data = os.read(ours, _CHUNK)
            if data:
                connection.sendall(data)
            else:
                listening.remove(ours)
