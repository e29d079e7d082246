"""Texts that stand encoded in a scalar, as base64 and compressed: all of one stands at the scalar's place."""

from __future__ import annotations

import base64
import binascii
import zlib

from dindguard import budget
from dindguard.documents.tree import Node
from dindguard.patterns import regex
from dindguard.source import Segment, Source

_PACKED = regex(r"[A-Za-z0-9+/\s]{24,}+={0,2}\s*")
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


def packed(node: Node, hint: str) -> Source | None:
    """Return what a scalar gives to a machine whose platform takes base64 alone; ``None`` for what is none, and no script."""
    if not node.is_scalar or node.style == "expression" or _PACKED.fullmatch(node.content) is None:
        return None
    text = decoded(node, node.content, hint)
    return text if text is not None and text.text.startswith(("#", "Content-Type:", "MIME-Version:")) else None


def _unzipped(data: bytes, node: Node) -> bytes:
    """Unpack no more than the limit allows, whatever the data say of themselves; raises ``ValueError`` beyond it."""
    unpacking = zlib.decompressobj(_GZIP)
    text = unpacking.decompress(data, budget.UNPACKED.most + 1)
    if not budget.within(budget.UNPACKED, len(text), node):
        raise ValueError("it unpacks to too much")
    if not unpacking.eof:
        raise ValueError("it ends too early")
    return text
