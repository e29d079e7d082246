"""Reads machines: their files and units are handed on under the paths that they get, their users may be let in.

Sources: coreos/butane, ``docs/config-fcos-v1_5.md``; coreos/ignition, ``docs/configuration-v3_4.md`` (``data:`` URLs).
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence

from dindguard.documents.encoded import decoded
from dindguard.documents.tree import Node
from dindguard.formats import Context, Document, Reading
from dindguard.patterns import regex
from dindguard.scripts.grants import engine_group, group_grant
from dindguard.source import Embedded, Notice, Segment, Source

_ESCAPE = regex(rb"%([0-9A-Fa-f]{2})")
_UNITS = "/etc/systemd/system"


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read every machine of a scan."""
    reading = Reading()
    for document in documents:
        _read(document.content, context, reading)
    copies = {(each.source.path, each.source.hint): each for each in reading.embedded if each.source.parent is None}
    reading.embedded = [each for each in reading.embedded if each.source.parent is not None] + [*copies.values()]
    return reading


def _read(root: Node, context: Context, reading: Reading) -> None:
    for file in root["storage"]["files"].items():
        path = file["path"].text
        for contents in (file["contents"], *file["append"].items()):
            reading.embedded += _contents(contents, path, context, reading) if path else ()
    for unit in root["systemd"]["units"].items():
        reading.embedded += _unit(unit, context)
    for user in root["passwd"]["users"].items():
        name = user["name"]
        group = engine_group(each.value for each in user["groups"].items() if each.is_scalar)
        if name.is_scalar and group is not None and user.key is None:
            program = root["passwd"]["users"].key
            shown = program.typed if program is not None else name.typed
            reading.invocations.append(group_grant(shown, name.value, group, f"users.{name.text}", group.span))


def _contents(contents: Node, path: str, context: Context, reading: Reading) -> Iterator[Embedded]:
    inline, source = contents["inline"], contents["source"]
    if inline.is_scalar and inline.content:
        yield Embedded(inline.document(path))
    elif contents["local"].is_scalar:
        yield from _local(contents["local"], path, context)
    elif source.is_scalar and source.content.startswith("data:"):
        packing = contents["compression"].content
        text = _data(source, path, zipped=packing == "gzip") if packing in ("", "null", "gzip") else None
        if text is not None:
            yield Embedded(text)
        elif packing not in ("", "null"):
            message = f"what is written into {path} is compressed, and was not read"
            reading.notices.append(Notice("skipped", message, source.span, remedy="write it as plain text"))


def _local(node: Node, path: str, context: Context) -> Iterator[Embedded]:
    """Yield a file beside it that becomes one of the machine's, unless its own name says what it is."""
    found = posixpath.normpath(posixpath.join(posixpath.dirname(node.source.path), node.text))
    source = context.open(found) if not context.named(found) else None
    if source is not None:
        yield Embedded(Source(source.path, source.text, hint=path))


def _data(node: Node, path: str, *, zipped: bool) -> Source | None:
    """Return what a ``data:`` URL holds; all of it stands at the URL's place."""
    head, comma, body = node.content.partition(",")
    if head.endswith(";base64"):
        return decoded(node, body, path, zipped=zipped)
    try:
        text = _unquoted(body) if comma and not zipped else None
    except ValueError:
        return None
    if text is None:
        return None
    return Source(node.source.path, text, hint=path, parent=node.source, segments=(Segment(0, node.start, 0),))


def _unquoted(text: str) -> str:
    """Return a text with its ``%XX`` escapes decoded; raises ``ValueError`` for what is no UTF-8."""
    return _ESCAPE.sub(lambda match: bytes.fromhex(match[1].decode()), text.encode()).decode()


def _unit(unit: Node, context: Context) -> Iterator[Embedded]:
    name = unit["name"].text
    if not name:
        return
    for path, node, local in (
        (f"{_UNITS}/{name}", unit["contents"], unit["contents_local"]),
        *(
            (f"{_UNITS}/{name}.d/{each['name'].text}", each["contents"], each["contents_local"])
            for each in unit["dropins"].items()
        ),
    ):
        if node.is_scalar and node.content:
            yield Embedded(node.document(path))
        elif local.is_scalar:
            yield from _local(local, path, context)
