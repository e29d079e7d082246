"""The command lines of the container engines: their flags, options, mounts, and the small languages of values.

``specs`` is there as an attribute too, imported when the first short form is read: many files have none.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dindguard.scripts.engine_cli import specs as specs


def __getattr__(name: str) -> Any:
    if name != "specs":
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return importlib.import_module(f"{__name__}.specs")
