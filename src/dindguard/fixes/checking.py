"""A parse of an edited text, compared with that of the old one: nothing may have moved but what was meant."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence

from dindguard.documents import readers
from dindguard.documents.tree import Node
from dindguard.fixes.locating import Once
from dindguard.fixes.splices import Splice, apply
from dindguard.source import Source

Line = tuple[int, str, str]
Range = tuple[int, int]


def unmoved(source: Source, after: str, splices: Sequence[Splice], syntax: str) -> bool:
    """Whether the edited text can be read, and says what the old one did outside of the splices.

    No key may stand twice that did not, and none be left without its value: fixes that each take an item away would leave
    ``volumes:`` alone together, which is no list any more.
    """
    read = readers.reader(syntax)
    assert after == apply(source.text, splices)
    old, new = read(source), read(Source(source.path, after))
    if not new.readable or len(old.documents) != len(new.documents):
        return False
    before: list[Line] = []
    now: list[Line] = []
    twice = [0, 0]
    made = _made(splices)
    replaced, written = _Ranges((each.start, each.end) for each in splices), _Ranges(made)
    for root in old.documents:
        twice[0] += _outline(root, 0, replaced.touch, before, Once())
    parts = _parts(old.documents, splices, made)
    for root in new.documents:
        twice[1] += _outline(root, 0, lambda start, end: start in parts or written.touch(start, end), now, Once())
    empty = [sum(_empty(root, Once()) for root in each) for each in (old.documents, new.documents)]
    return before == now and twice[1] <= twice[0] and empty[1] <= empty[0]


def _empty(node: Node, once: Once) -> int:
    """Return how many keys and items have no value."""
    return 1 if node.is_null else sum(_empty(child, once) for child in once.below(node))


def _parts(roots: Sequence[Node], splices: Sequence[Splice], made: Sequence[Range]) -> set[int]:
    """Return where the scalars now begin of which a part was changed."""
    found: set[int] = set()
    scalars = sorted(place for root in roots for place in _scalars(root, Once()))
    for splice, (now, _) in zip(sorted(splices, key=lambda each: (each.start, each.end)), made, strict=True):
        before = bisect_left(scalars, (splice.start,)) - 1
        if before >= 0 and splice.start < scalars[before][1] and splice.end <= scalars[before][1]:
            found.add(scalars[before][0] + now - splice.start)
    return found


def _scalars(node: Node, once: Once) -> Iterator[Range]:
    if node.is_scalar:
        yield node.start, node.end
    for child in once.below(node):
        yield from _scalars(child, once)


def _made(splices: Sequence[Splice]) -> list[Range]:
    """Return where the new texts stand."""
    found, shift = [], 0
    for splice in sorted(splices, key=lambda each: (each.start, each.end)):
        start = splice.start + shift
        found.append((start, start + len(splice.text)))
        shift += len(splice.text) - (splice.end - splice.start)
    return found


def _outline(node: Node, depth: int, touched: Callable[[int, int], bool], lines: list[Line], once: Once) -> int:
    """Add the keys and scalars below a node that nothing touches; return how many keys stand twice."""
    below = once.below(node)
    for child in below:
        key = child.key
        if key is not None and not touched(key.start, key.end):
            lines.append((depth, "key", key.content))
        own = child.is_scalar and not child.is_null and (key is None or child.start >= key.end)
        if own and not touched(child.start, child.end):
            lines.append((depth, child.style, child.content))
    names = [child.name for child in below if node.is_mapping]
    return (
        len(names)
        - len(set(names))
        + sum(_outline(child, depth + 1, touched, lines, once) for child in below if not child.is_scalar)
    )


class _Ranges:
    """Ranges of a text that do not overlap."""

    def __init__(self, ranges: Iterable[Range]) -> None:
        self._ranges = sorted(ranges)
        self._ends = [end for _, end in self._ranges]

    def touch(self, start: int, end: int) -> bool:
        """Whether any of them has a part of another range, or is empty and stands inside of it."""
        at = bisect_right(self._ends, start)
        return at < len(self._ranges) and self._ranges[at][0] < end


def lines_gone(text: str, splices: Sequence[Splice]) -> int:
    """Return how many splices take away whole lines."""
    return sum(not each.text and "\n" in text[each.start : each.end] for each in splices)
