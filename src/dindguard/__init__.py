"""dindguard: a security linter for containers that run, or command, other containers."""

from __future__ import annotations

__version__ = "0.1.0"
