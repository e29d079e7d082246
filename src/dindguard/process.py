"""The command line's own process: it lives for one scan, and is begun and left in a hurry."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

own = False
"""Whether nobody else's code shares this process, but for what the command line names."""


def begin() -> None:
    """Take the process for our own; it is too short-lived for the cycle collector to earn its price."""
    global own  # noqa: PLW0603 - a process is what it is
    own = True
    gc.disable()


@contextmanager
def rare_collection(*, never: bool) -> Iterator[None]:
    """Have the cycle collector look for garbage seldom: most of what is made stays, but trees of templates are full of cycles.

    Small scans are not searched at all. What a process of our own has imported until then stays to its end: the collector
    leaves it out, which would else go through all of it, for it was off while that was made.
    """
    was_on, before = gc.isenabled(), gc.get_threshold()
    if own and not gc.get_freeze_count():
        gc.freeze()
    gc.set_threshold(_MANY_OBJECTS, 5, 10)
    (gc.disable if never else gc.enable)()
    try:
        yield
    finally:
        gc.set_threshold(*before)
        (gc.enable if was_on else gc.disable)()


_MANY_OBJECTS = 50_000
"""Fewer are not worth a collection."""


def collect() -> None:
    """Have the cycle collector look for garbage now, and give back what that leaves, where so much was made that it may be
    worth it.

    Where the process is not our own, most of what it would go through is others', and may be much more than our scan.
    """
    if own and gc.isenabled() and gc.get_count()[2]:
        gc.collect()
        _trim()


def give_back() -> None:
    """Have the C library give back what lies free between what is held, where so much was made that it may be worth it.

    It does so by itself at the end of its heap only, and the model lies there. What Python keeps in arenas stays.
    """
    if own and gc.isenabled() and gc.get_count()[2]:
        _trim()


def _trim() -> None:
    if sys.platform == "linux":
        import ctypes  # few scans make so much

        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # of glibc alone
        if trim is not None:
            trim(0)


def leave(code: int) -> None:
    """End it at once: the system takes its memory back whole, the interpreter object by object.

    Does nothing, so that the process ends the usual way, while a thread runs, somebody watches (a profiler, a debugger),
    or what was written cannot be flushed.
    """
    threading = sys.modules.get("threading")
    if (threading and threading.active_count() > 1) or sys.getprofile() or sys.gettrace() or sys.flags.inspect:
        return
    try:
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except (OSError, ValueError):
        return
    os._exit(code)
