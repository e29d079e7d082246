"""Places that several nodes of a tree make up."""

from __future__ import annotations

from dindguard.documents.tree import Node
from dindguard.source import Span


def entry_span(key: Node, value: Node) -> Span:
    """Return the span of ``key: value`` where it stands on one line of one file; else the key's."""
    if key.source is not value.source or key.start > value.start:
        return key.span
    span = key.source.span(key.start, value.end, value.route)
    if span.line != span.end_line:
        return key.span
    return span.explained(value.trail) if value.trail else span
