"""Regular expressions that are compiled when they are first used.

Compiling the patterns of all modules that a small scan imports took a fifth of a cold start
(``python -m benchmarks``); most of them are never used.
"""

from __future__ import annotations

import re
from typing import Any, AnyStr, cast


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
