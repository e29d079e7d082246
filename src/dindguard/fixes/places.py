"""Edits at a place of a tree that need to know nothing of its format."""

from __future__ import annotations

from collections.abc import Sequence

from dindguard.documents.changes import Change, Cut, Overwrite
from dindguard.documents.tree import Node
from dindguard.edits import Edit, RemovePart, Rename, Set
from dindguard.fixes import texts, words
from dindguard.fixes.file import File
from dindguard.fixes.locating import Chain
from dindguard.fixes.splices import RefusedError, Splice
from dindguard.source import Span


def is_whole(file: File, edit: Edit, span: Span, chain: Chain) -> bool:
    """Whether the part that an edit takes out is all that stands under its key."""
    start, end = file.offsets(span)
    leaf = chain[-1]
    return isinstance(edit, RemovePart) and leaf.key is not None and (leaf.start, leaf.end) == (start, end)


def removal(file: File, span: Span, chain: Chain, entries: Sequence[Node]) -> Sequence[Change | Splice]:
    """Return what takes away the entry, the item or the option that stands at a place."""
    leaf, (start, end) = chain[-1], file.offsets(span)
    words_inside = any(char.isspace() for char in leaf.content.strip()) and (leaf.start, leaf.end) != (start, end)
    if leaf.is_scalar and words_inside and leaf.start <= start:
        quote = 1 if leaf.style in ("single", "double") else 0
        return [words.cut_option(file.source.text, start, end, leaf.start + quote, leaf.end - quote)]
    if not entries:
        raise RefusedError("other things rest on it")
    if list(entries) == [leaf] and len(chain) > 1 and chain[-2].is_sequence and leaf.is_scalar:
        whole = end - start >= leaf.end - leaf.start - 2
        return [Cut(leaf, _options_before(leaf, chain[-2].items(), whole=whole))]
    return [Cut(entry) for entry in entries]


def setting(file: File, edit: Set, span: Span, chain: Chain) -> Change | Splice:
    """Return what writes another value at a place."""
    leaf, (start, end) = chain[-1], file.offsets(span)
    if leaf.start == start and leaf.end == end and leaf.style not in ("literal", "folded"):
        texts.typed(edit, leaf.content)
        return Overwrite(leaf, edit.value)
    return texts.part(file, edit, start, end)


def renamed(file: File, edit: Rename, chain: Chain) -> Splice:
    """Return what writes another name: of a key, or of the option that a scalar is or follows."""
    key, leaf = chain[-1].key, chain[-1]
    if key is not None and key.content == edit.old:
        return texts.renamed(file.source.text, edit, key.start, key.end)
    items = chain[-2].items() if len(chain) > 1 else []
    before = items[items.index(leaf) - 1] if leaf in items and items.index(leaf) else leaf
    option = before if before.content == f"--{edit.old}" else leaf
    return texts.renamed(file.source.text, edit, option.start, option.end)


def _options_before(leaf: Node, items: Sequence[Node], *, whole: bool) -> int:
    """Return 1 when the item before holds the option whose value one is; refuse an option that may have a value."""
    index = items.index(leaf)
    word = leaf.content
    if not word.startswith("-"):
        before = items[index - 1].content if index else ""
        return int(before.startswith("-") and "=" not in before)
    following = items[index + 1].content if index + 1 < len(items) else "-"
    if "=" not in word and not following.startswith("-") and not whole:
        raise RefusedError("what follows the option may be its value")
    return 0
