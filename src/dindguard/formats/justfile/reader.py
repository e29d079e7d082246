"""Justfiles: the containers and engines that their recipes start."""

from __future__ import annotations

from collections.abc import Sequence

from dindguard.formats import Context, Document, Reading, read_scripts
from dindguard.scripts.commands import Dialect


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read all justfiles of one scan."""
    return read_scripts(documents, Dialect.JUST, context)
