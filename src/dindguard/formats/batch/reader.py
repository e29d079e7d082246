"""Batch files: the containers and engines that they start."""

from __future__ import annotations

from collections.abc import Sequence

from dindguard.formats import Context, Document, Reading, read_scripts
from dindguard.scripts.commands import Dialect


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read all scripts of one scan."""
    return read_scripts(documents, Dialect.BATCH, context)
