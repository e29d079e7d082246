"""How the rows of one repository say things: masked, printable, with places and owners."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from dindguard.reports import safe
from dindguard.reports.masking import Masks

if TYPE_CHECKING:
    from dindguard.model.model import Model
    from dindguard.model.values import Flag, Text
    from dindguard.policy.owners import Owners
    from dindguard.source import Span, Step


class Wording:
    """Texts, places, owners. ``of`` are the columns that every table has."""

    def __init__(self, model: Model, owners: Owners, of: dict[str, Any]) -> None:
        self._masks = Masks(model)
        self._owners = owners
        self.of = of

    def text(self, text: object) -> str:
        """Return a text on one line, without credentials and control characters."""
        return self._masks.line(safe.valid(str(text)))

    def valid(self, text: str) -> str:
        """Return a path as valid Unicode."""
        return safe.valid(text)

    def at(self, span: Span) -> str:
        """Return where something is said of, before a message: ``path:line: ``; nothing without a place."""
        return f"{safe.one_line(safe.valid(span.path))}:{span.line}: " if span.path else ""

    def place(self, span: Span) -> dict[str, Any]:
        """Return the columns of a place."""
        there = bool(span.path)
        return {
            "path": safe.valid(span.path),
            "line": span.line if there else 0,
            "column": span.column if there else 0,
        }

    def owners(self, path: str) -> list[str]:
        """Return who owns a file by CODEOWNERS, sorted."""
        return [self.text(owner) for owner in self._owners.of(path)]

    def way(self, steps: Iterable[Step]) -> dict[str, Any]:
        """Return the columns of a way to root."""
        told = [self.text(step.what) for step in steps]
        return {"way_to_root": " → ".join(told), "way_length": len(told)}

    def setting(self, text: Text | None) -> str:
        """Return a setting as written; empty for what nobody wrote."""
        return "" if text is None else self.text(text)

    @staticmethod
    def flag(flag: Flag) -> str:
        """Return ``yes``, ``no`` or ``unknown``."""
        return "yes" if flag.on else "no" if flag.off else "unknown"
