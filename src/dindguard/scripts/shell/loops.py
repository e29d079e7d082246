"""What a loop over several words starts for each of them: copies that run at the same time, unless the loop ends them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

from dindguard.named_tuples import NamedTuple
from dindguard.patterns import regex
from dindguard.scripts.command import base_name
from dindguard.scripts.shell.lexer import TooDeep
from dindguard.scripts.shell.parser import parsed
from dindguard.scripts.shell.pieces import Script
from dindguard.scripts.shell.syntax import Choice, Function, Group, Guarded, Node, Pipe, RawWord, Simple
from dindguard.source import Source, Span
from dindguard.vocabulary import ENGINE_CLIENTS

_LEAVES = frozenset({"break", "exit", "return", "wait"})
_ENDS = frozenset({"stop", "rm", "kill", "wait", "restart", "down", "logs", "attach", "exec"})
"""What a client is told that ends a container, or waits for it: the next one begins when that is done."""
_RANGE = regex(
    r"\{(?P<first>[0-9]{1,5})\.\.(?P<last>[0-9]{1,5})\}\Z|[$]\(seq (?:(?P<low>[0-9]{1,5}) )?(?P<high>[0-9]{1,5})\)\Z"
)


class Repeated(NamedTuple):
    """A command that a loop runs several times: where it stands, how often, and what the loop goes over."""

    command: Span
    times: int
    over: Span


class Loops:
    """The commands of a script that run several times, and nothing ends one before the next begins."""

    def __init__(self, source: Source) -> None:
        script = Script.of(source)
        try:
            nodes = parsed(script.text)
        except TooDeep:
            nodes = []
        found = (each for loop in _loops(nodes) for each in _of_loop(loop, script))
        by_place = {(each.command.line, each.command.column): each for each in found}
        self._places = sorted(by_place)
        self._commands = [by_place[place] for place in self._places]

    def at(self, place: Span) -> Repeated | None:
        """Return the repeated command that something is, or stands in; ``None`` for what runs once."""
        at = place.line, place.column
        index = bisect_right(self._places, at) - 1
        found = self._commands[index] if index >= 0 else None
        inside = found is not None and at < (found.command.end_line, found.command.end_column)
        return found if inside and found is not None and found.command.path == place.path else None


def _loops(nodes: Iterable[Node]) -> Iterator[Choice]:
    for node in nodes:
        if isinstance(node, Choice) and node.variable and node.items:
            yield node
        yield from _loops(_within(node))


def _within(node: Node) -> Sequence[Node]:
    match node:
        case Choice():
            return [each for branch in node.branches for each in branch]
        case Group():
            return node.body
        case Pipe():
            return node.nodes
        case Guarded():
            return [node.node]
        case Function():
            return [node.body] if node.body is not None else []
    return []


def _of_loop(loop: Choice, script: Script) -> Iterator[Repeated]:
    count = _count(loop.items, script.text)
    if count < 2 or any(_ends(each, script.text) for each in _simple(_within(loop), through=True)):
        return
    over = script.span(loop.items[0].start, loop.items[-1].end)
    for each in _simple(_within(loop), through=False):
        yield Repeated(script.span(each.start, each.end), count, over)


def _simple(nodes: Iterable[Node], *, through: bool) -> Iterator[Simple]:
    """Yield simple commands; of those in branches, and behind ``&&``, only if one is to look ``through`` them."""
    for node in nodes:
        if isinstance(node, Simple):
            yield node
        elif through or isinstance(node, Group):
            yield from _simple(_within(node), through=through)


def _ends(command: Simple, text: str) -> bool:
    words = [text[word.start : word.end] for word in command.words]
    client = next((index for index, word in enumerate(words) if base_name(word) in ENGINE_CLIENTS), len(words))
    return bool(words) and (words[0] in _LEAVES or not _ENDS.isdisjoint(words[client + 1 : client + 3]))


def _count(items: Sequence[RawWord], text: str) -> int:
    """Return how many words a loop goes over; 0 where only the shell would know."""
    if len(items) > 1:
        return len(items)
    found = _RANGE.match(text[items[0].start : items[0].end])
    if found is None:
        return 0
    last, first = found["last"] or found["high"], found["first"] or found["low"] or "1"
    return abs(int(last) - int(first)) + 1
