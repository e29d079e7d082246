"""Which keys a YAML text can have, without composing it: most texts say by them that they are nobody's.

What is told here may be more than there is, and never less: whoever asks passes a text over only where all that it may
hold says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dindguard.documents.yaml_outline import Part, parts
from dindguard.patterns import regex

_KEY = regex(r"([A-Za-z_][^\s:#\"'\[\]{},&*!|>%@`]*+)[ \t]*+:(?:[ \t]|$)")
_IS_NO_KEY = regex(r"-(?:\s|$)|[}\]]|\w(?!.*(?:\{[{%]|<%))")
"""What else a line at the left edge of a mapping begins with: an item of a list, the end of a collection, a text that goes on."""

_ACTIONS = ("{{", "{%", "<%")
_WITHIN_A_TEXT = regex(r"[ \t]*+(?:-[ \t]++)*+(?:[\w.$/-]++[ \t]*+:[ \t]++)?+[^\s&!?*\[{|>-]")
"""What stands before an action of a template that is a part of a text: on its line a value has begun."""

_COLON = regex(r"[\"']?(?:\s*+:|\s++#)")
"""What stands behind a key: a colon, or a comment behind which that may stand."""

_OTHERWISE = regex(r"\*[^\s*]++\s++:|\\[xuU\r\n][^\"\\]*+(?:\\|\"\s*+:)")
"""How a key may be written without its letters: as an alias, or with escapes."""


def top_keys(text: str) -> frozenset[str] | None:
    """Return the keys that mappings at the top of a text's documents may have.

    ``None`` where that takes a tree: keys in quotes, merged ones, lists.
    """
    found: set[str] = set()
    documents = parts(text)
    for document in documents:
        if _is_written(document) and not _takes(document, found):
            return None
    return frozenset(found) if documents else None


def stretches(text: str) -> Iterator[tuple[int, int]]:
    """Yield where the documents stand of a text whose top keys were told: 0-based offsets, the end excluded."""
    for document in parts(text):
        if _is_written(document):
            yield document.first, document.end


def actions_in_texts_alone(text: str) -> bool:
    """Whether each action of a template is a part of a text, so that none brings keys."""
    for action in _ACTIONS:
        at = text.find(action)
        while at >= 0:
            if _WITHIN_A_TEXT.match(text, text.rfind("\n", 0, at) + 1, at) is None:
                return False
            end = text.find("\n", at)
            at = text.find(action, end) if end >= 0 else -1
    return True


def may_have(text: str, names: Iterable[str]) -> bool:
    """Whether any of some keys may stand anywhere in a text."""
    names = tuple(names)
    if any(_stands(text, name) for name in names):
        return True
    return bool(names) and ("*" in text or "\\" in text) and _OTHERWISE.search(text) is not None


def _is_written(document: Part) -> bool:
    """Whether anything but comments is: an outline begins with one only where there is nothing else."""
    return bool(document.outline) and not document.outline.startswith("#")


def _takes(document: Part, found: set[str]) -> bool:
    """Add the keys at the left edge of a document; whether these are all that its root can have."""
    first, *others = document.outline.split("\n")
    if _KEY.match(first) is None:
        return False
    for line in (first, *others):
        key = _KEY.match(line)
        if key is not None:
            found.add(key[1])
        elif _IS_NO_KEY.match(line) is None:
            return False
    return True


def _stands(text: str, name: str) -> bool:
    at = text.find(name)
    while at >= 0:
        at += len(name)
        if _COLON.match(text, at) is not None:
            return True
        at = text.find(name, at)
    return False
