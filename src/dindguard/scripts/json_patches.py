"""JSON patches (RFC 6902) as the part of an object that they write: each value at its path, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from dindguard import budget
from dindguard.documents.built import mapping
from dindguard.documents.tree import Node

_Written: TypeAlias = "dict[str, _Written | Node]"
_WRITES = ("add", "replace")


def written_by(patches: Node) -> Node:
    """Return a mapping of what the patches of a list write; steps that are numbers, or ``-``, are places in a list."""
    tree: _Written = {}
    for patch in patches.items():
        steps = [step.replace("~1", "/").replace("~0", "~") for step in patch["path"].text.split("/")[1:]]
        if patch["op"].content not in _WRITES or not steps or not patch["value"].present:
            continue
        if budget.within(budget.PATCH_DEPTH, len(steps), patch):
            _put(tree, steps, patch["value"])
    return _node(tree, patches)


def _put(tree: _Written, steps: list[str], value: Node) -> None:
    for step in steps[:-1]:
        below = tree.get(step)
        if not isinstance(below, dict):
            below = tree[step] = {key.content: each for key, each in below.pairs()} if below is not None else {}
        tree = below
    tree[steps[-1]] = value


def _node(tree: Mapping[str, _Written | Node], at: Node) -> Node:
    made = {step: _node(below, at) if isinstance(below, dict) else below for step, below in tree.items()}
    if made and all(step == "-" or step.isdecimal() for step in made):
        return at.with_items(list(made.values()))
    return mapping(at, made)
