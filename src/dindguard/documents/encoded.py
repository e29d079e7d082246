"""Texts that stand encoded in a scalar, as base64 and compressed: all of one stands at the scalar's place."""

from __future__ import annotations

import base64
import binascii
import zlib

from dindguard import budget
from dindguard.documents.tree import Node
from dindguard.source import Segment, Source

_GZIP = 16 + zlib.MAX_WBITS


def decoded(node: Node, written: str, hint: str, *, zipped: bool = False) -> Source | None:
    """Return the text that ``written``, a part of the scalar ``node``, holds in base64; ``None`` for what is none.

    What unpacks to more than anybody writes is not read, and said.
    """
    try:
        data = base64.b64decode("".join(written.split()), validate=True)
        text = (_unzipped(data, node) if zipped else data).decode("utf-8")
    except (binascii.Error, zlib.error, ValueError):
        return None
    return Source(node.source.path, text, hint=hint, parent=node.source, segments=(Segment(0, node.start, 0),))


def _unzipped(data: bytes, node: Node) -> bytes:
    """Unpack no more than the limit allows, whatever the data say of themselves; raises ``ValueError`` beyond it."""
    unpacking = zlib.decompressobj(_GZIP)
    text = unpacking.decompress(data, budget.UNPACKED.most + 1)
    if not budget.within(budget.UNPACKED, len(text), node):
        raise ValueError("it unpacks to too much")
    if not unpacking.eof:
        raise ValueError("it ends too early")
    return text
