"""dindguard: a security linter for containers that run, or command, other containers.

The public API: ``scan(Options(paths=…))`` gives a :class:`Report`, whose findings have a :class:`Severity`; what
the user has to mend first is raised as :class:`UserError`.
Everything else may change between minor versions.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as type checkers know it: ``typing`` is too much for who asks for the version alone
if TYPE_CHECKING:
    from typing import Any

    from dindguard.errors import UserError
    from dindguard.findings import Finding
    from dindguard.rules import Severity
    from dindguard.scanning import Options, Report, scan

__version__ = "0.1.0"
__all__ = ["Finding", "Options", "Report", "Severity", "UserError", "scan"]

_HOMES = {
    "Finding": "findings",
    "Options": "scanning",
    "Report": "scanning",
    "Severity": "rules",
    "UserError": "errors",
    "scan": "scanning",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for: ``import dindguard`` alone stays cheap."""
    if name not in _HOMES:
        raise AttributeError(f"module 'dindguard' has no attribute '{name}'")
    import importlib

    return getattr(importlib.import_module(f"dindguard.{_HOMES[name]}"), name)
