"""Spans of time as files write them: ``90``, ``10s``, ``1m30s``, ``500ms``."""

from __future__ import annotations

from dindguard.patterns import decimal, regex

_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = regex(r"(?<![0-9.])([0-9]++(?:\.[0-9]++)?)(us|ms|s|m|h)")
_WHOLE = regex(rf"(?:{_PART.pattern})+")


def seconds(text: str) -> float | None:
    """Return a duration in seconds; a bare number counts seconds. ``None`` for what is no duration."""
    word = text.strip().lower()
    if (bare := decimal(word, digits=9)) is not None:
        return float(bare)
    if len(word) > 40 or not _WHOLE.fullmatch(word):
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(word))
