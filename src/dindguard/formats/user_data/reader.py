"""Takes user data apart: each part is a document of its own, for the readers of scripts and of cloud-init.

Source: canonical/cloud-init, ``user_data.py`` and ``handlers/__init__.py`` (what the first line and the content type say).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence

from dindguard.documents import yaml
from dindguard.formats import Context, Document, Reading
from dindguard.patterns import regex
from dindguard.source import Embedded, Segment, Source

_BOUNDARY = regex(r"(?i)^content-type:[ \t]*multipart/[^\n]*(?:\n[ \t][^\n]*)*?boundary=\"?([^\"\s;]+)\"?", 8)
_TYPE = regex(r"(?i)^content-type:[ \t]*([\w./+-]+)", 8)
_ENCODED = regex(r"(?i)^content-transfer-encoding:[ \t]*base64", 8)
_HEAD = regex(r"\r?\n\r?\n")
_CONFIG = "cloud-init.yaml"
_HINTS = {"text/cloud-config": _CONFIG, "text/jinja2": "", "text/plain": ""}


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read every text of a scan."""
    del context
    reading = Reading()
    for document in documents:
        for source in _parts(document.source):
            reading.embedded.append(Embedded(source))
    return reading


def _parts(source: Source) -> Iterator[Source]:
    text = source.text
    boundary = _BOUNDARY.search(text[:4000])
    if boundary is not None:
        yield from _message(source, boundary[1], boundary.end())
    elif text.startswith("#cloud-config-archive"):
        yield from _archive(source)
    else:
        yield from _one(source.part(0, len(text)), "")


def _one(part: Source, content_type: str) -> Iterator[Source]:
    """Yield a part as its content type or its first line says."""
    hint = _HINTS.get(content_type, "") or _by_first_line(part.text)
    if content_type.startswith(("text/x-shellscript", "text/cloud-boothook")):
        hint = "shell"
    if hint:
        part.hint = hint
        yield part


def _by_first_line(text: str) -> str:
    lines = [line for line in text.lstrip("\ufeff\r\n ").splitlines()[:20] if line]
    if not lines:
        return ""
    if lines[0].startswith(("#!", "#cloud-boothook")):
        return "shell" if "sh" in lines[0].rpartition("/")[2] or lines[0].startswith("#cloud-boothook") else ""
    return _CONFIG if any(line.startswith("#cloud-config") for line in lines) else ""


def _message(source: Source, boundary: str, start: int) -> Iterator[Source]:
    """Yield the parts of a MIME message."""
    mark, at = f"--{boundary}", start
    while (begin := source.text.find(mark, at)) >= 0 and not source.text.startswith("--", begin + len(mark)):
        at = begin + len(mark)
        end = source.text.find(f"\n{mark}", at)
        end = len(source.text) if end < 0 else end + 1
        yield from _part(source, at, end)


def _part(source: Source, start: int, end: int) -> Iterator[Source]:
    body = _HEAD.search(source.text, start, end)
    if body is None:
        return
    head = source.text[start : body.start()]
    found = _TYPE.search(head)
    kind = found[1].lower() if found is not None else ""
    part = source.part(body.end(), end)
    if _ENCODED.search(head):
        decoded = _decoded(source, body.end(), end)
        if decoded is None:
            return
        part = decoded
    yield from _one(part, kind)


def _decoded(source: Source, start: int, end: int) -> Source | None:
    try:
        text = base64.b64decode("".join(source.text[start:end].split()), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return None
    return Source(source.path, text, parent=source, segments=(Segment(0, start, 0),))


def _archive(source: Source) -> Iterator[Source]:
    """Yield the parts of ``#cloud-config-archive``: a list of texts, or of types and contents."""
    for root in yaml.read(source).documents:
        for item in root.items():
            content = item if item.is_scalar else item["content"]
            if content.is_scalar and content.content:
                yield from _one(content.document(), item["type"].content)
