"""The parts of a summary, flowed into lines."""

from __future__ import annotations

from dindguard.reports.terminal import Terminal, cells


def flow(parts: list[str], terminal: Terminal) -> list[str]:
    """Join parts by dots, breaking lines between them, and at commas where a part is too long by itself."""
    first, *rest = [piece for part in parts for piece in _broken(part, terminal.width)]
    lines = [first]
    for part in rest:
        joined = f"{lines[-1]} {terminal.glyphs.dot} {part}"
        if _length(joined) > terminal.width:
            lines.append(part)
        else:
            lines[-1] = joined
    return lines


def _broken(part: str, width: int) -> list[str]:
    if _length(part) <= width:
        return [part]
    lines: list[str] = []
    for piece in part.split(", "):
        if lines and _length(f"{lines[-1]}, {piece},") <= width:
            lines[-1] += f", {piece}"
        else:
            lines.append(piece)
    return lines


def _length(text: str) -> int:
    if "\x1b" not in text:
        return cells(text)
    import re

    return cells(re.sub(r"\x1b\[[0-9;]*m", "", text))
