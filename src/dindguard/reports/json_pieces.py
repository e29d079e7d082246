"""JSON text made piece by piece: a document of any length takes the memory of its longest piece."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from dindguard.records import record
from dindguard.reports import safe

STEP = "  "


def _quoting() -> Callable[[str], str]:
    """Return the library's function that quotes a text; its package would bring expressions for reading JSON along."""
    for home in ("_json", "json.encoder"):
        try:
            found: Callable[[str], str] = importlib.import_module(home).encode_basestring_ascii
        except (ImportError, AttributeError):
            continue
        return found
    raise ImportError("json")


quoted = _quoting()

_CONSTANTS = {None: "null", True: "true", False: "false"}


@record(eq=False)
class Members:
    """An object that is written member by member."""

    content: Mapping[str, Any]


def document(content: Any) -> Iterator[str]:
    """Yield a document in ASCII, indented, in which nothing can be taken for a log command; the line break last."""
    for piece in pieces(content):
        yield safe.json_text(piece)
    yield "\n"


def pieces(content: Any, depth: int = 0) -> Iterator[str]:
    """Yield the text of plain data that may hold :class:`Members`, and iterators for lists, at any depth."""
    brk = "\n" + STEP * (depth + 1)
    before = brk
    if isinstance(content, Members):
        yield "{"
        for name, value in content.content.items():
            yield f"{before}{quoted(name)}: "
            yield from pieces(value, depth + 1)
            before = f",{brk}"
        yield "}" if before == brk else f"\n{STEP * depth}}}"
    elif isinstance(content, Iterator):
        yield "["
        for item in content:
            yield before
            yield from pieces(item, depth + 1)
            before = f",{brk}"
        yield "]" if before == brk else f"\n{STEP * depth}]"
    else:
        yield text(content, "\n" + STEP * depth)


def text(content: Any, brk: str = "\n") -> str:
    """Return what ``json.dumps(content, indent=2)`` does, which makes three times the work of it.

    ``brk`` is the line break with the indent of what surrounds the text.
    """
    if isinstance(content, str):
        return quoted(content)
    if content is None or content is True or content is False:
        return _CONSTANTS[content]
    if isinstance(content, int):
        return int.__repr__(content)
    inner = brk + STEP
    if isinstance(content, dict):
        if not content:
            return "{}"
        members = [f"{quoted(name)}: {text(value, inner)}" for name, value in content.items()]
        return f"{{{inner}{f',{inner}'.join(members)}{brk}}}"
    if isinstance(content, (list, tuple)):
        if not content:
            return "[]"
        return f"[{inner}{f',{inner}'.join([text(item, inner) for item in content])}{brk}]"
    import json

    return json.dumps(content)  # which says what it thinks of it
