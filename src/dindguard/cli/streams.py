"""What the process was started with and cannot use: closed or full output, a folder that is gone."""

from __future__ import annotations

import errno
import io
import os
import sys

_UNWRITABLE = (errno.ENOSPC, errno.EBADF, errno.EIO, errno.EDQUOT, errno.EFBIG)


class _Closed(io.RawIOBase):
    """A stream that was closed before the process began."""

    def writable(self) -> bool:
        return True

    def write(self, _: object) -> int:
        raise OSError(errno.EBADF, "it is closed")


def replace_closed() -> None:
    """Put something in the place of standard streams that are closed: output fails, messages to nobody are dropped."""
    if sys.stdout is None:
        sys.stdout = io.TextIOWrapper(_Closed(), encoding="utf-8", write_through=True)
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - it stays open to the end


def mishap(error: Exception) -> str:
    """Return what to tell a user whose surroundings are at fault; ``""`` for any other error."""
    if not isinstance(error, OSError) or error.filename is not None:
        return ""
    if isinstance(error, FileNotFoundError) and not _in_a_folder():
        return "the current folder is gone: change into one that exists"
    if error.errno in _UNWRITABLE:
        sys.stdout = None  # nothing more is written, nor complained about when it is flushed
        return f"the output cannot be written: {error.strerror}"
    return ""


def _in_a_folder() -> bool:
    try:
        os.getcwd()
    except OSError:
        return False
    return True
