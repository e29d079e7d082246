"""Regular expressions that are compiled when they are first used, and numbers in texts.

Compiling the patterns of all modules that a small scan imports took a fifth of a cold start
(``python -m benchmarks``); most of them are never used.
"""

from __future__ import annotations

import re
from typing import Any, AnyStr, cast


def decimal(text: str, digits: int = 5) -> int | None:
    """Return the whole number that a text of ASCII digits says; ``None`` for any other text, and for more ``digits``.

    Python's own ``isdigit`` knows digits that ``int`` does not take (``²``), and ``int`` refuses 4,301 of them.
    """
    return int(text) if len(text) <= digits and text.isascii() and text.isdigit() else None


def integer(text: str, digits: int = 5) -> int | None:
    """Return the number of a text that :func:`decimal` reads, or reads behind a minus."""
    number = decimal(text.removeprefix("-"), digits)
    return -number if number is not None and text.startswith("-") else number


class _Lazy:
    """Stands for a compiled pattern, and becomes one: each attribute is looked up there once, and kept here."""

    def __init__(self, *given: Any) -> None:
        self._given = given

    def __getattr__(self, name: str) -> Any:
        value = getattr(re.compile(*self._given), name)
        setattr(self, name, value)
        return value


def regex(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Return what ``re.compile`` returns, compiled when its first method is called.

    It cannot be given to functions of ``re``, which accept only their own patterns.
    """
    return cast("re.Pattern[AnyStr]", _Lazy(text, flags))
