"""One template's text, taken apart once: its actions, its blocks, its neutralised text and the documents in that."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import pairwise

from dindguard import budget
from dindguard.documents import yaml
from dindguard.documents.template.actions import Act, Action, Dialect, actions
from dindguard.documents.template.blocks import Block, Blocks
from dindguard.documents.template.go_expressions import assigned
from dindguard.documents.template.neutral import Graft, Neutral
from dindguard.documents.tree import Node
from dindguard.patterns import regex
from dindguard.source import Gravity, Notice, Source, Span

_SEPARATOR = regex(r"^---(?=\s|$)", re.MULTILINE)
REMEDY = "scan what it is rendered to as well"


class Template:
    """A text with actions. ``defines`` are its named templates by name."""

    def __init__(self, source: Source, dialect: Dialect) -> None:
        self.source = source
        self.dialect = dialect
        self.actions = actions(source.text, dialect)
        for action in self.actions:
            if action.end - action.start > budget.ACTION_LENGTH.most and action.act is not Act.COMMENT:
                budget.met(budget.ACTION_LENGTH, source.span(action.start, action.end))
        self.blocks = Blocks(self.actions, len(source.text))
        for block in self.blocks.branches:
            if not block.knows_all_before:
                budget.met(budget.TEMPLATE_BRANCHES, source.span(block.start, block.start + 2))
        self.neutral = Neutral(source.text, self.actions, dialect)
        self.notices: list[Notice] = []
        self._starts = [action.start for action in self.actions]
        self._graft_starts = [graft.action.start for graft in self.neutral.grafts]
        self._raw: dict[int, list[Node]] = {}
        self.assignments = _by_name(self.blocks)
        self.defines = {
            name: block
            for block in self.blocks.branches
            if block.word in ("define", "block") and not block.before and (name := _name(block))
        }

    def between(self, start: int, end: int) -> Sequence[Action]:
        """Return the actions that begin in ``[start, end)``."""
        return self.actions[bisect_left(self._starts, start) : bisect_left(self._starts, end)]

    def grafts(self, start: int, end: int) -> Sequence[Graft]:
        """Return the grafts that begin in ``[start, end)``."""
        return self.neutral.grafts[bisect_left(self._graft_starts, start) : bisect_left(self._graft_starts, end)]

    def action_at(self, offset: int) -> Action | None:
        """Return the action that a character belongs to."""
        index = bisect_right(self._starts, offset) - 1
        return self.actions[index] if index >= 0 and self.actions[index].end > offset else None

    def place(self, start: int, end: int = -1) -> Place:
        """Return a place of the text: a part of it, or the action that begins there."""
        return Place(self, start, end)

    def documents(self, block: Block | None = None) -> list[Node]:
        """Return the YAML documents of the text outside its named templates, or of one of these.

        Both branches of every condition are in them, in JSON with a comma between them. Where those do not fit together, only
        the first branches are; where not even they do, a document is left out with a notice.
        """
        key = block.start if block is not None else -1
        if key not in self._raw:
            self._raw[key] = []  # while it is read
            self._raw[key] = self._read(block)
        return self._raw[key]

    def _read(self, block: Block | None) -> list[Node]:
        start, end = self.body(block)
        left_out = [each for each in self._within(start, end) if each.word == "define"]
        text = self.neutral.without(left_out, start, end)
        tree = yaml.read_part(self.source, text, start)
        if not tree.readable and text.lstrip()[:1] in ("{", "["):
            tree = yaml.read_part(self.source, self._separated(text, start), start)
        if tree.readable:
            return tree.documents
        later = [each for each in self._within(start, end) if each.before or each.word == "define"]
        first = self.neutral.without(later, start, end)
        found: list[Node] = []
        for begin, finish in _parts(text):
            found += self._part(text[begin:finish], first[begin:finish], start + begin)
        return found

    def _separated(self, text: str, start: int) -> str:
        """Return a text of JSON with a comma between branches: only one of them is written, and none ends with it."""
        pieces: list[str] = []
        at, last = 0, ","
        for action in self.between(start, start + len(text)):
            piece = text[at : action.start - start]
            last = piece.rstrip()[-1:] or last
            pieces.append(piece)
            at = action.start - start
            if action.act is Act.ELSE and last not in ",{[:":
                pieces.append(",")
                at, last = at + 1, ","
        return "".join((*pieces, text[at:]))

    def _part(self, both: str, first: str, base: int) -> list[Node]:
        fault: Notice | None = None
        for text in dict.fromkeys((both, first, both.replace("\t", " "), first.replace("\t", " "))):
            tree = yaml.read_part(self.source, text, base)
            if tree.readable:
                return tree.documents
            fault = fault or tree.notices[0]
        assert fault is not None
        problem = fault.message.removeprefix("this YAML cannot be read: ")
        message = f"this part of the template cannot be read without rendering it: {problem}"
        self.notices.append(Notice("undecided", message, fault.span, Gravity.NOTE, REMEDY))
        return []

    def body(self, block: Block | None) -> tuple[int, int]:
        """Return where the text inside a block begins and ends, the actions at both ends left out."""
        if block is None or block.action is None:
            return 0, len(self.source.text)
        index = bisect_left(self._starts, block.end) - 1
        last = self.actions[index] if index >= 0 else None
        closed = last is not None and last.end == block.end and last is not block.action
        return block.action.end, last.start if closed and last is not None else block.end

    def _within(self, start: int, end: int) -> list[Block]:
        branches = self.blocks.branches
        low = bisect_left(branches, start, key=lambda block: block.start)
        return branches[low : bisect_left(branches, end, key=lambda block: block.start)]


def _parts(text: str) -> list[tuple[int, int]]:
    """Return where the documents of a stream begin and end."""
    starts = [0, *(match.start() for match in _SEPARATOR.finditer(text)), len(text)]
    return [(start, end) for start, end in pairwise(starts) if text[start:end].strip()]


def _name(block: Block) -> str:
    """Return the name of a named template: a string in Go, a word in Jinja."""
    words = block.expression.split()
    return words[0].strip("\"`'") if words else ""


def _by_name(blocks: Blocks) -> dict[str, list[tuple[Action, Block, str]]]:
    """Return the assignments of a text by the variables that they set, in order, with their expressions."""
    found: dict[str, list[tuple[Action, Block, str]]] = {}
    for action, block in blocks.assignments:
        made = assigned(action.expression)
        for name in made[0] if made is not None else ():
            found.setdefault(name, []).append((action, block, made[1] if made is not None else ""))
    return found


class Place:
    """A place of a template, whose line is counted only when somebody asks: few do, and every call has one."""

    __slots__ = ("_end", "_start", "_template")

    def __init__(self, template: Template, start: int, end: int) -> None:
        self._template, self._start, self._end = template, start, end

    @property
    def span(self) -> Span:
        """Where it is written."""
        action = self._template.action_at(self._start) if self._end < 0 else None
        return self._template.source.span(
            self._start, action.end if action is not None else max(self._start, self._end)
        )
