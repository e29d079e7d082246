"""Texts as Terraform renders them, as far as that can be told without values: ``%{ if … }``, ``%{ for … }``, ``${…}``.

Source: the Terraform language documentation ("Strings and Templates").
"""

from __future__ import annotations

from dindguard.documents.joined import Joined
from dindguard.documents.placeholders import Holes
from dindguard.documents.tree import Node
from dindguard.formats.terraform.conditions import holds
from dindguard.patterns import regex

_DIRECTIVE = "%{"
_ODD = regex(r"[^\w.]+")
_SHOWN = 60
"""So many characters of an expression name it where it cannot stand itself."""


def is_rendered(node: Node) -> bool:
    """Whether a text as it is written is none that its reader gets: it has directives, or expressions with quotes."""
    scope = node.scope
    if not node.is_scalar or node.style == "expression" or not isinstance(scope, Holes):
        return False
    return any(_is_directive(node, start) or '"' in expression for start, _, expression in scope.places)


def rendered(node: Node) -> tuple[Node, list[tuple[int, int]]]:
    """Return a text with what its directives let in, and where in the file what they leave out stands (0-based offsets).

    That is a branch that stays out as long as nobody asks for other values than the module's own; a loop's body is there
    once. An expression with quotes stands there by a name.
    """
    assert isinstance(node.scope, Holes)
    writer = _Writer(node, node.scope)
    at = 0
    for start, end, expression in node.scope.places:
        writer.text(at, start)
        if _is_directive(node, start):
            writer.directive(expression)
        else:
            writer.expression(start, end, expression)
        at = end
    writer.text(at, len(node.content))
    return writer.node(), writer.left_out


def _is_directive(node: Node, start: int) -> bool:
    return node.content.startswith(_DIRECTIVE, start)


class _Writer:
    """Writes a text anew, each character at its place in the file."""

    def __init__(self, node: Node, scope: Holes) -> None:
        self.left_out: list[tuple[int, int]] = []
        self._node = node
        self._scope = scope
        self._document = node.document()
        self._kept = Joined(node.source)
        self._length = 0
        self._places: list[tuple[int, int, str]] = []
        self._branches: list[bool | None] = []
        """For each directive that is open, whether what follows is let in; ``None`` where nothing tells."""

    @property
    def _lets_in(self) -> bool:
        return False not in self._branches

    def text(self, start: int, end: int) -> None:
        """Write what stands there, if it is let in."""
        if start >= end:
            return
        if not self._lets_in:
            first, last = self._document.origin(start), self._document.origin(end - 1) + 1
            if self.left_out and self.left_out[-1][1] == first:  # an expression stands between
                first, _ = self.left_out.pop()
            self.left_out.append((first, last))
            return
        self._kept.add_slice(self._document, start, end)
        self._length += end - start

    def directive(self, directive: str) -> None:
        """Enter a branch, or leave one."""
        word, _, asked = directive.partition(" ")
        if word in ("if", "for"):
            self._branches.append(holds(asked, self._scope) if word == "if" else None)
        elif word == "else" and self._branches and self._branches[-1] is not None:
            self._branches[-1] = not self._branches[-1]
        elif word in ("endif", "endfor") and self._branches:
            self._branches.pop()

    def expression(self, start: int, end: int, expression: str) -> None:
        """Write an expression, if it is let in."""
        before = self._length
        if '"' not in expression or not self._lets_in:
            self.text(start, end)
        else:
            name = f"${{{_ODD.sub('_', expression).strip('_')[:_SHOWN]}}}"
            self._kept.add(name, self._document.origin(start), self._document.origin(end - 1) + 1)
            self._length += len(name)
        if self._length > before:
            self._places.append((before, self._length, expression))

    def node(self) -> Node:
        """Return what was written."""
        scope, text = self._scope, self._kept.source("")
        made = self._node.scoped(Holes(self._places, scope.values, scope.written))
        made.content, made.mapping = text.text, lambda _: text.segments
        return made
