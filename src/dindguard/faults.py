"""What a fault of ours costs: a reader that fails is asked about each file by itself, and what went wrong is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from dindguard.apart import joined
from dindguard.formats import Document, Reading
from dindguard.records import replace
from dindguard.source import ChangedError, Gravity, Notice, Source, Span

if TYPE_CHECKING:
    from dindguard.documents.tree import Node

Read: TypeAlias = Callable[[list[Document]], tuple[Reading, list[Notice]]]
"""Reads documents of one format, and tells what went wrong."""


def read_apart(documents: list[Document], error: Exception, read: Read) -> tuple[Reading, list[Notice]]:
    """Read documents on which together a format's reader failed with ``error``; that costs only those that it fails on."""
    if len(documents) == 1:
        return Reading(), [failed(documents[0].source, error)]
    message = "the files of this format were read one by one, for a fault of dindguard's own"
    apart = replace(failed(documents[0].source, error), message=f"{message}: {type(error).__name__}: {error}")
    alone = [read([document]) for document in documents]
    faults = [fault for _, found in alone for fault in found]
    if not faults:
        return joined(reading for reading, _ in alone), [apart]
    good = [document for document, (_, found) in zip(documents, alone, strict=True) if not found]
    reading, more = read(good) if good else (Reading(), [])
    return reading, [*faults, *more]


def failed(source: Source, error: Exception) -> Notice:
    """Say that a reader failed on a file: that is our fault unless the file has changed, and it counts as not read."""
    if isinstance(error, ChangedError):
        changed = "this file changed while it was scanned, so it was not read"
        return Notice("unreadable", changed, Span(source.path, 1, 1, 1, 1), Gravity.ERROR, "scan it again")
    message = f"cannot be read, for a fault of dindguard's own: {type(error).__name__}: {error}"
    return Notice("unreadable", message, source.whole(), Gravity.ERROR, "please report this as a bug, with the file")


def ambiguous(node: Node, names: list[str]) -> Notice:
    """Say that several formats claim a document; one of them has to be told."""
    message = f"looks like {' and like '.join(names)}; it was read as {names[0]}"
    return Notice("ambiguous", message, node.span, Gravity.NOTE, f"say which: --type {names[-1]}={node.span.path}")
