"""Where a document goes: standard output, or a file that is written whole or not at all."""

from __future__ import annotations

import os
import sys

from dindguard.errors import UserError


def deliver(document: str, path: str | os.PathLike[str] | None) -> None:
    """Write a document, UTF-8 with LF, to ``path`` or to standard output.

    Raises :class:`UserError` when the file cannot be written; it is then as it was.
    """
    if path is not None:
        write_whole(path, document.encode("utf-8", "replace"))
        return
    sys.stdout.flush()
    stream = getattr(sys.stdout, "buffer", None)
    if stream is None:
        sys.stdout.write(document)
        return
    encoding = (sys.stdout.encoding or "utf-8") if sys.stdout.isatty() else "utf-8"
    stream.write(document.encode(encoding, "replace"))
    stream.flush()


def write_whole(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a file through a neighbour that takes its name once it is complete; devices and pipes directly."""
    from pathlib import Path

    path = Path(path)
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(data)
            return
        target = path.resolve()
        draft = target.with_name(f".{target.name}.{os.getpid()}.tmp")
        try:
            mode = target.stat().st_mode & 0o7777 if target.exists() else None
            draft.write_bytes(data)
            if mode is not None:
                draft.chmod(mode)
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror or error}") from error
