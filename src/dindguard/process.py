"""The command line's own process: it lives for one scan, and is begun and left in a hurry."""

from __future__ import annotations

import atexit
import gc
import os
import sys

own = False
"""Whether nobody else's code shares this process, but for what the command line names."""


def begin() -> None:
    """Take the process for our own; it is too short-lived for the cycle collector to earn its price."""
    global own  # noqa: PLW0603 - a process is what it is
    own = True
    gc.disable()


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
