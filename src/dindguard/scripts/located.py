"""Values of a located tree as command lines and scripts, every character with its place."""

from __future__ import annotations

import re
from collections.abc import Iterable

from dindguard.documents.joined import Joined
from dindguard.documents.placeholders import Holes
from dindguard.documents.tree import Node
from dindguard.model.values import UNKNOWN_PIECE, How, Text
from dindguard.scripts.shell.pieces import Piece, Script, unknown_piece
from dindguard.scripts.shell.split import split
from dindguard.source import Source, Span, Step

_NO_EXPRESSION = re.compile(r"[{}\"'\n`\\]")


def option_words(node: Node) -> tuple[Text, ...]:
    """Return the words of a scalar that is put into a command line, split by a shell's quoting rules."""
    if not node.is_scalar or node.is_null:
        return ()
    return tuple(split(Script(_pieces(node))))


def add_script(joined: Joined, node: Node, unknown: str = "${{{{ {} }}}}") -> None:
    """Add a scalar's text to a script; an expression that nothing decides stays one, as shell readers know it.

    ``unknown`` is the form that such an expression has for another reader of the text.
    """
    document = node.document()
    values = node.scope.values if isinstance(node.scope, Holes) else {}
    at = 0
    for start, end, expression in _holes(node):
        joined.add_slice(document, at, start)
        value = values.get(expression)
        add = joined.add if value is None or value.pattern == UNKNOWN_PIECE else joined.insert
        origin = document.origin(start)
        add(_said(value, expression, unknown), origin, max(document.origin(end - 1) + 1, origin + 1))
        at = end
    joined.add_slice(document, at, len(document.text))


def _said(value: Text | None, expression: str, unknown: str) -> str:
    """Return the text of an expression's value, in which what nothing decides has the form ``unknown``."""
    if value is not None and not value.unknown:
        return value.pattern
    undecided = unknown.format(
        _NO_EXPRESSION.sub("", value.variable if value is not None and value.variable else expression)
    )
    return undecided if value is None else value.pattern.replace(UNKNOWN_PIECE, undecided)


def _holes(node: Node) -> tuple[tuple[int, int, str], ...]:
    return node.scope.places if isinstance(node.scope, Holes) else ()


def _value(node: Node, expression: str, at: Span) -> Text:
    assert isinstance(node.scope, Holes)
    return node.scope.value_of(expression, at)


def _pieces(node: Node, *, followed: bool = True) -> list[Piece]:
    """Return what a scalar says; what a name in it stands for is placed where that was written, if ``followed``."""
    document, typed = node.document(), node.typed
    pieces: list[Piece] = []
    at = 0
    for start, end, expression in _holes(node):
        pieces.append(Piece(document.text[at:start], document, at, start))
        place = typed.span_of(start, end)
        value = _value(node, expression, place)
        written = node.scope.written(expression) if followed and isinstance(node.scope, Holes) else None
        if written is not None:
            pieces += _used(written, place)
        elif value.value is not None:
            how = How.VARIABLE if value.how is How.WRITTEN else value.how
            pieces.append(Piece(value.value, document, start, end, how))
        else:
            pieces += _partly(value, document, start, end, expression)
        at = end
    pieces.append(Piece(document.text[at:], document, at, len(document.text)))
    return pieces


def _used(written: Node, at: Span) -> list[Piece]:
    """Return what the scalar that gives a name its value says, used where the name stands."""
    from dindguard.scripts.command import USED

    return [piece.used(Step(USED, at)) for piece in _pieces(written, followed=False)]


def _partly(value: Text, document: Source, start: int, end: int, expression: str) -> list[Piece]:
    """Return a value of which the files decide parts only, all of it at the place of its expression."""
    pieces: list[Piece] = []
    for index, known in enumerate(value.pattern.split(UNKNOWN_PIECE)):
        if index:
            pieces.append(unknown_piece(document, start, end, value.variable or expression, many=True))
        if known:
            pieces.append(Piece(known, document, start, end, How.VARIABLE))
    return pieces


def add_exports(joined: Joined, variables: Iterable[tuple[str, Node]]) -> None:
    """Add assignments of variables that a script sees, each at the place of its value."""
    for name, node in variables:
        if not name.isidentifier() or not node.is_scalar or node.source is not joined.parent:
            continue
        quote, value = _quoted(node.value)
        if not joined.repeats(value, node):
            continue
        joined.add_glue(f"export {name}={quote}")
        # At the scalar's whole place, quotes too: there the container's own variable is told as well.
        joined.add(value, node.start, max(node.end, node.start + 1))
        joined.add_glue(f"{quote}\n")


def _quoted(text: Text) -> tuple[str, str]:
    """Return a quote, and a value as it is between two; what is not known of it stays an expression, which shell readers know."""
    if text.value is not None:
        return "'", text.value.replace("'", "'\\''")
    escaped = re.sub(r'([\\"$`])', r"\\\1", text.pattern)
    return '"', escaped.replace(UNKNOWN_PIECE, f"${{{{ {_NO_EXPRESSION.sub('', text.variable)} }}}}")
