"""What of a document its reader did not take: the same text at the same places, blanks for what was taken."""

from __future__ import annotations

from dindguard.documents.tree import Node
from dindguard.patterns import regex
from dindguard.source import Segment, Source

_PRINTED = regex(r"[^\s]")


class Remainder:
    """The text of one document; ``take`` leaves parts of it out."""

    def __init__(self, root: Node) -> None:
        self._root = root
        self._taken: list[tuple[int, int]] = []

    def take(self, *nodes: Node) -> None:
        """Leave out what was understood, with its key. Parts that stand in other texts are not in this one."""
        for node in nodes:
            if node.present and node.source is self._root.source:
                start = node.key.start if node.key is not None and node.key.source is node.source else node.start
                self._taken.append((start if start < node.end else node.start, node.end))

    def source(self) -> Source:
        """Return the document's text without what was taken."""
        root = self._root
        text, at = root.source.text, root.start
        pieces: list[str] = []
        for start, end in sorted(self._taken):
            if end > at:
                pieces += (text[at : max(start, at)], _PRINTED.sub(" ", text[max(start, at) : end]))
                at = end
        pieces.append(text[at : root.end])
        rest = "".join(pieces)
        return Source(root.source.path, rest, parent=root.source, segments=(Segment(0, root.start, len(rest)),))
