"""The tree of a script: what the parser makes, and the interpreter walks. Offsets are 0-based, ends exclusive."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from dindguard.enumerations import IntEnum

_LOOKUPS = frozenset({"which", "command", "type"})
"""Commands that tell where a program is."""


class Kind(IntEnum):
    """What a part of a word is."""

    LITERAL = 1
    VARIABLE = 2
    SUBSTITUTION = 3
    """``$(…)``, backticks, ``<(…)``: ``nodes`` holds the commands."""
    UNKNOWN = 4
    """A template expression, arithmetic, or a piece that an outer reader could not decide."""


class Part:
    """A part of a word: ``text[start:end]``.

    For a variable, ``name`` is its name, ``index`` what stands in ``[…]`` and ``operator`` one of
    ``:-`` ``-`` ``:=`` ``=`` ``:+`` ``+`` with ``argument``, or ``other`` for what is not followed.
    """

    __slots__ = ("argument", "end", "index", "kind", "name", "nodes", "operator", "quoted", "start")

    def __init__(
        self,
        kind: Kind,
        start: int,
        end: int,
        *,
        quoted: bool = False,
        name: str = "",
        index: str = "",
        operator: str = "",
        argument: list[Part] | None = None,
        nodes: list[Node] | None = None,
    ) -> None:
        self.kind = kind
        self.start = start
        self.end = end
        self.quoted = quoted
        self.name = name
        self.index = index
        self.operator = operator
        self.argument = argument or []
        self.nodes = nodes or []


class RawWord:
    """A word as typed; ``items`` holds the words of an array assignment, ``NAME=( … )``."""

    __slots__ = ("end", "items", "parts", "start")

    def __init__(self, start: int, end: int, parts: list[Part]) -> None:
        self.start = start
        self.end = end
        self.parts = parts
        self.items: list[RawWord] | None = None

    @property
    def plain(self) -> bool:
        """Whether it is one run of characters that stand for themselves, as most words are."""
        if len(self.parts) != 1:
            return False
        (part,) = self.parts
        return part.kind is Kind.LITERAL and not part.quoted and (part.start, part.end) == (self.start, self.end)


class RawRedirect:
    """A redirection. For a heredoc, ``body`` holds the parts of its lines and ``target`` the delimiter."""

    __slots__ = ("body", "operator", "target")

    def __init__(self, operator: str, target: RawWord) -> None:
        self.operator = operator
        self.target = target
        self.body: RawWord | None = None


class Simple:
    """A simple command: words (assignments first) and redirections."""

    __slots__ = ("background", "end", "redirects", "start", "words")

    def __init__(self, start: int) -> None:
        self.start = start
        self.end = start
        self.words: list[RawWord] = []
        self.redirects: list[RawRedirect] = []
        self.background = False


class Pipe:
    """Commands joined by ``|``."""

    __slots__ = ("nodes",)

    def __init__(self, nodes: list[Node]) -> None:
        self.nodes = nodes


class Guarded:
    """A command that runs only if the test before ``&&`` or ``||`` says so."""

    __slots__ = ("node",)

    def __init__(self, node: Node) -> None:
        self.node = node


class Group:
    """``( … )`` or ``{ … }``."""

    __slots__ = ("body", "redirects", "subshell")

    def __init__(self, body: list[Node], *, subshell: bool) -> None:
        self.body = body
        self.subshell = subshell
        self.redirects: list[RawRedirect] = []


class Choice:
    """``if``, ``case``, ``while``, ``for``: branches of which one is taken; ``exhaustive`` if always one is."""

    __slots__ = ("branches", "conditions", "exhaustive", "items", "redirects", "variable")

    def __init__(self) -> None:
        self.conditions: list[Node] = []
        self.branches: list[list[Node]] = []
        self.exhaustive = False
        self.variable = ""
        self.items: list[RawWord] = []
        self.redirects: list[RawRedirect] = []


class Function:
    """A function definition; ``length`` is how many characters its body has."""

    __slots__ = ("body", "length", "name")

    def __init__(self, name: str, body: Node | None, length: int) -> None:
        self.name = name
        self.body = body
        self.length = length


Node: TypeAlias = "Simple | Pipe | Guarded | Group | Choice | Function"


def command_name(nodes: Sequence[Node], text: str) -> str:
    """Return how people call what ``$(…)`` prints: by the first command in it."""
    for node in nodes:
        if isinstance(node, Simple) and node.words:
            first = node.words[0]
            return f"$({text[first.start : first.end]})"
    return "$(…)"


def looked_up(nodes: Sequence[Node], text: str) -> RawWord | None:
    """Return the program that ``$(…)`` finds: ``which docker``, or the first of ``command -v podman || echo docker``."""
    first, rest = nodes[:1], nodes[1:]
    guarded = [node.node for node in rest if isinstance(node, Guarded)]
    found = [_named(node, text) for node in (*first, *guarded)]
    return found[0] if found and None not in found and len(guarded) == len(rest) else None


def _named(node: Node, text: str) -> RawWord | None:
    words = node.words if isinstance(node, Simple) else []
    typed = [text[each.start : each.end] for each in words]
    finds = len(typed) > 1 and (typed[0] in _LOOKUPS or (typed[0] == "echo" and len(typed) == 2))
    return words[-1] if finds and typed[-1].isidentifier() else None
