"""Text that came from an engine, a container or a user, made safe to print."""

from __future__ import annotations


def printable(text: object, limit: int = 300) -> str:
    """Return ``text`` on one line: no control or format characters, runs of spaces joined, cut at ``limit``."""
    line = " ".join(str(text).split())
    safe = "".join(char if char.isprintable() else "�" for char in line)
    return safe if len(safe) <= limit else safe[: limit - 1] + "…"
