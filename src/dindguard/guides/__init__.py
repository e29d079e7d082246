"""Guides: pages that are about no single rule, shown by ``dindguard explain`` and copied to ``docs/``."""

from __future__ import annotations

from pathlib import Path

NAMES = ("choosing", "glossary")


def guide(name: str) -> str:
    """Return a guide, Markdown."""
    return (Path(__file__).parent / f"{name}.md").read_text("utf-8")
