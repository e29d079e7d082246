"""YAML text into located trees, one per document of the stream.

PyYAML composes (it never constructs: no tag is executed, no number or boolean is made), with libyaml where
it is installed. What PyYAML gets wrong is mended here: the end marks of block collections, anchors that are
defined twice, merge keys that multiply without bound, and nesting that overflows libyaml's stack.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from dindguard import budget
from dindguard.documents.tree import Node
from dindguard.source import Gravity, Notice, Source

if TYPE_CHECKING:
    from dindguard.documents.yaml_nodes import Maker, YamlNode


class Tree:
    """The documents of one YAML or JSON source, and what went wrong while reading them.

    Nodes know what made them and never the tree, so that they go with their last user.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.documents: list[Node] = []
        self.notices: list[Notice] = []
        self.bare_braces = False
        """Whether two braces begin a value outside of quotes: correct YAML that nobody means, an action of a template."""
        self.passed_over = 0
        """Documents that were told by their outline, and are not among the others."""
        self.once = False
        """Whether another tree of the same text may be another one."""
        self.maker: Maker | None = None
        """What makes its nodes where PyYAML composed it."""

    @property
    def readable(self) -> bool:
        """Whether the whole text could be read."""
        return not any(notice.gravity is Gravity.ERROR for notice in self.notices)

    @property
    def made_once(self) -> bool:
        """Whether it must not be made again: it would be another one, or much would be merged again."""
        return self.once or (self.maker is not None and self.maker.merged_much)


def read(source: Source) -> Tree:
    """Read every document of ``source``; what cannot be read becomes an error notice with its place.

    Documents before a syntax error are kept. Never raises.
    """
    tree = read_part(source, source.text, 0)
    if tree.readable:
        return tree
    from dindguard.documents.yaml_loaders import pure, too_deep

    if too_deep(source.text):
        return tree
    again = _composed(source, source.text, 0, pure())
    best = again if again.readable or len(again.documents) > len(tree.documents) else tree
    best.notices = again.notices if again.readable else tree.notices
    return best


def read_without(source: Source, left: Sequence[tuple[int, int]]) -> Tree:
    """Read the documents of ``source`` but those between the given offsets, which are whole documents, in order."""
    tree = Tree(source)
    tree.passed_over = len(left)
    borders = [0, *(border for part in left for border in part), len(source.text)]
    for start, end in zip(borders[::2], borders[1::2], strict=True):
        if start < end:
            part = read_part(source, source.text[start:end], start)
            tree.documents += part.documents
            tree.notices += part.notices
    return tree


def read_part(source: Source, text: str, base: int, *, hides: bool = False) -> Tree:
    """Read the documents of ``text``, which stands for the characters of ``source`` from ``base`` on, in one go.

    Other characters may stand in it; it ``hides`` some where ``hidden`` of ``yaml_nodes`` wrote others.
    """
    # A Dockerfile alone needs no PyYAML.
    from dindguard.documents.yaml_loaders import FastLoader, pure, too_deep

    return _composed(source, text, base, pure() if too_deep(text) else FastLoader, hides=hides)


def _composed(source: Source, written: str, base: int, loader: Any, *, hides: bool = False) -> Tree:
    from dindguard.documents.libyaml import complete
    from dindguard.documents.yaml_loaders import YAMLError
    from dindguard.documents.yaml_nodes import Maker

    tree, maker = Tree(source), Maker(source, written, base, hides=hides)
    tree.maker, text = maker, written
    if not _is_plain(text):
        from dindguard.documents.yaml_scalars import accepted

        text = accepted(text)
    try:
        for root in _documents(text, loader):
            tree.documents.append(maker.document(root))
            tree.bare_braces = maker.bare_braces
    except (YAMLError, RecursionError, ValueError) as error:
        if isinstance(error, YAMLError) and not hasattr(error, "problem") and complete():  # it knows what is wrong
            return _composed(source, written, base, loader, hides=hides)
        tree.notices.append(_notice(error, source, base))
    return tree


def _is_plain(text: str) -> bool:
    """Whether a text has no character that a reader may refuse; of ASCII that is told in a fifth of the time."""
    if text.isascii():
        return not text.encode().translate(None, _PLAIN)
    return text.replace("\n", "").isprintable()


_PLAIN = bytes((ord("\n"), *range(ord(" "), ord("~") + 1)))


def _documents(text: str, loader_class: Any) -> Iterator[YamlNode]:
    loader = loader_class(text)
    try:
        while loader.check_node():
            node = loader.get_node()
            if node is not None:
                yield node
    finally:
        loader.dispose()


def _notice(error: Exception, source: Source, base: int) -> Notice:
    from dindguard.documents.faults import unreadable

    if isinstance(error, RecursionError):
        return budget.YAML_NESTING.notice(source.whole())
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    position = base + (mark.index if mark else getattr(error, "position", 0))
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    if type(error) is ValueError:
        problem = "a number has too many digits"
    context = getattr(error, "context", None)
    return unreadable(source, "YAML", f"{problem} ({context})" if context else problem, position)
