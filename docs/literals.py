"""Literals of which an expression needs one: a text that holds none of them cannot match, and need not be asked.

And usual names of files that an expression finds in any folder: a path that ends with one need not be asked either.
The index of formats is written with them. A start that looks at one file then compiles the expressions of one or two
formats and not of all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from re import _constants as ops
from re import _parser as parser
from typing import Any

_NAMES = (
    "compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml", "Dockerfile", "Containerfile",
    ".gitlab-ci.yml", "Makefile", "daemon.json", "devcontainer.json", "Jenkinsfile", "kustomization.yaml",
)  # fmt: skip

_MOST = 64
"""A part of an expression that stands for more texts than this is not spelt out."""

_REPEATS = (ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT)
_WIDTHLESS = (ops.AT, ops.ASSERT, ops.ASSERT_NOT)


def needed(expression: str) -> tuple[str, ...]:
    """Return literals in lower case, one of which every ASCII text that matches holds; none when nothing can be said."""
    return tuple(sorted(_without_longer(_needed(parser.parse(expression)))))


def names(expression: str) -> tuple[str, ...]:
    """Return the usual names of files that an expression finds wherever they lie.

    What is found begins with the ``/`` before a name and asks nothing of what stands before that.
    """
    if "(?<" in expression or "\\b" in expression:
        return ()
    found = ((name, re.search(expression, f"a/{name}")) for name in _NAMES)
    return tuple(name for name, match in found if match is not None and match.span() == (1, 2 + len(name)))


def _needed(parts: Iterable[Any]) -> frozenset[str]:
    """Return the set of literals that says most: its shortest one is the longest."""
    runs, run = [], frozenset({""})
    for part in parts:
        texts = _texts(part)
        longer = _joined(run, texts) if texts is not None else None
        if longer is not None:
            run = longer
            continue
        runs += [run, _inside(part)]
        run = texts if texts is not None else frozenset({""})
    return max((*runs, run), key=lambda texts: min(map(len, texts), default=0), default=frozenset())


def _inside(part: Any) -> frozenset[str]:
    """Return what a part needs that cannot be spelt out."""
    kind, value = part
    if kind is ops.SUBPATTERN:
        return _needed(value[-1])
    if kind is ops.ATOMIC_GROUP:
        return _needed(value)
    if kind in _REPEATS and value[0] > 0:
        return _needed(value[-1])
    if kind is ops.BRANCH:
        return (
            frozenset().union(*each) if all(map(_says, each := [_needed(way) for way in value[1]])) else frozenset()
        )
    return frozenset()


def _says(texts: frozenset[str]) -> bool:
    return bool(texts) and "" not in texts


def _texts(part: Any) -> frozenset[str] | None:
    """Return all texts that a part of an expression stands for, in lower case; ``None`` when they are too many."""
    kind, value = part
    if kind is ops.LITERAL:
        return frozenset({chr(value).lower()})
    if kind in _WIDTHLESS:
        return frozenset({""})
    if kind is ops.IN:
        return frozenset(chr(each).lower() for _, each in value) if _are_literals(value) else None
    if kind is ops.SUBPATTERN:
        return _whole(value[-1])
    if kind is ops.BRANCH:
        ways = [_whole(way) for way in value[1]]
        spelt = [way for way in ways if way is not None]
        return _few(frozenset().union(*spelt)) if len(spelt) == len(ways) else None
    if kind in _REPEATS and value[:2] == (0, 1):
        once = _whole(value[-1])
        return once | {""} if once is not None else None
    return None


def _are_literals(members: Iterable[tuple[Any, Any]]) -> bool:
    return all(kind is ops.LITERAL for kind, _ in members)


def _whole(parts: Iterable[Any]) -> frozenset[str] | None:
    found: frozenset[str] | None = frozenset({""})
    for part in parts:
        texts = _texts(part)
        if found is None or texts is None:
            return None
        found = _joined(found, texts)
    return found


def _joined(first: frozenset[str], second: frozenset[str]) -> frozenset[str] | None:
    return _few(frozenset(a + b for a in first for b in second))


def _few(texts: frozenset[str]) -> frozenset[str] | None:
    return texts if len(texts) <= _MOST else None


def _without_longer(texts: frozenset[str]) -> frozenset[str]:
    """Drop texts that hold another one: who has them has that one too."""
    if not _says(texts):
        return frozenset()
    return frozenset(text for text in texts if not any(other != text and other in text for other in texts))
