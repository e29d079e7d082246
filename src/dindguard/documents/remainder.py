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
        """Leave out what was understood, with its key, wherever in the document's text it stands."""
        for node in nodes:
            if node.present:
                key = node.key
                beside = key is not None and key.source is node.source and key.start < node.end
                self._leave_out(node.source, key.start if key is not None and beside else node.start, node.end)

    def _leave_out(self, source: Source | None, start: int, end: int) -> None:
        """Leave out a range of the text, or of one that is embedded in it."""
        while source is not None and source is not self._root.source:
            start, end, source = source.origin(start), source.origin(max(end - 1, start)) + 1, source.parent
        if source is not None:
            self._taken.append((start, end))

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
