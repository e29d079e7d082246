"""The blocks of a template: which branch of which ``if`` a place stands in, and what the loops around it go over."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from dindguard import budget
from dindguard.documents.template import go_expressions
from dindguard.documents.template.actions import Act, Action, Dialect

_SCOPES = frozenset({"with", "range", "define", "block"})
"""Blocks in which the dot means something else."""


class Block:
    """One branch of a block, ``[start, end)`` with the actions at both ends.

    ``word`` is ``if``, ``with``, ``range``, ``define``, ``block`` or empty for the whole text; ``expression`` is what
    decides this branch, empty for an ``else``. All branches of one block share ``group``, the offset of its first
    action; ``before`` are the branches above this one, the last of them where the budget does not allow for all, and
    ``number`` is how many there are.
    """

    __slots__ = (
        "_loop", "_scope", "action", "before", "end", "expression", "group", "number", "parent", "start", "word",
    )  # fmt: skip

    def __init__(self, action: Action | None, parent: Block | None, before: tuple[Block, ...] = ()) -> None:
        self.action = action
        self.parent = parent
        self.before = before[-budget.TEMPLATE_BRANCHES.most :]
        self.number: int = before[-1].number + 1 if before else 0
        self.start = action.start if action else 0
        self.end = 0
        self.word = action.word if action else ""
        self.expression = action.expression if action else ""
        self.group: int = before[-1].group if before else self.start
        # One that is its own scope or loop does not hold itself: it would wait for the cycle collector.
        self._scope: Block | None = None if parent is None or self.word in _SCOPES else parent.scope
        self._loop: Block | None = None if parent is None or self.word == "range" else parent.loop

    @property
    def scope(self) -> Block:
        """The nearest block, itself among them, that says what the dot is."""
        return self._scope or self

    @property
    def loop(self) -> Block | None:
        """The nearest loop, itself among them."""
        return self if self.word == "range" else self._loop

    def above(self) -> Iterator[Block]:
        """Yield the blocks around it, the nearest first, itself first of all."""
        block: Block | None = self
        while block is not None:
            yield block
            block = block.parent

    @property
    def knows_all_before(self) -> bool:
        """Whether no branch above this one was left out."""
        return self.number == len(self.before)

    def loops_below(self, outer: Block) -> Iterator[Block]:
        """Yield the loops around this block that lie inside of ``outer``, the innermost first."""
        loop = self.loop
        while loop is not None and loop is not outer and outer.holds(loop.start):
            yield loop
            loop = loop.parent.loop if loop.parent is not None else None

    def holds(self, offset: int) -> bool:
        """Whether a place stands in it."""
        return self.start <= offset < self.end


class Blocks:
    """The blocks of one text. An ``end`` too many is passed over; what nothing ends goes on to the end."""

    def __init__(self, actions: list[Action], length: int) -> None:
        self.root = Block(None, None)
        self.branches: list[Block] = []
        """Every branch, in the order of the text."""
        self.assignments: list[tuple[Action, Block]] = []
        self._starts: list[int] = [0]
        self._at: list[Block] = [self.root]
        current = self.root
        for action in actions:
            current = self._after(action, current)
        for block in current.above():
            block.end = length

    def at(self, offset: int) -> Block:
        """Return the innermost block at a place; an action that begins a branch belongs to that branch."""
        return self._at[bisect_right(self._starts, offset) - 1]

    def stretches(self) -> Iterator[tuple[int, Block]]:
        """Yield where each stretch of the text begins that lies in one block, with that block."""
        return zip(self._starts, self._at, strict=True)

    def _after(self, action: Action, current: Block) -> Block:
        """Return the block that is open behind an action."""
        if action.act is Act.SET:
            self.assignments.append((action, current))
        if action.act is Act.OPEN:
            return self._enter(Block(action, current), action.start)
        if action.act is Act.ELSE and current.parent is not None:
            current.end = action.start
            branch = Block(action, current.parent, (*current.before, current))
            branch.word = action.word or "if"
            return self._enter(branch, action.start)
        if action.act is Act.END and current.parent is not None:
            current.end = action.end
            return self._leave(current.parent, action.end)
        return current

    def _enter(self, block: Block, offset: int) -> Block:
        self.branches.append(block)
        return self._leave(block, offset)

    def _leave(self, block: Block, offset: int) -> Block:
        self._starts.append(offset)
        self._at.append(block)
        return block


def loop_names(block: Block, dialect: Dialect) -> tuple[str, ...]:
    """Return the variables that a loop or a ``with`` sets."""
    if block.word not in ("range", "with"):
        return ()
    if dialect is Dialect.JINJA:
        names, found, _ = block.expression.partition(" in ")
        return tuple(name.strip() for name in names.split(",")) if found else ()
    made = go_expressions.assigned(block.expression)
    return made[0] if made is not None else ()
