"""Whether a block exists at all: what ``count``, ``for_each`` and ``dynamic`` ask of the module's variables.

Source: the Terraform language documentation ("The count Meta-Argument", "dynamic Blocks", "Conditional Expressions"). Only a
question that the files' own values answer with no is told; what a calling module gives is not seen.
"""

from __future__ import annotations

from dindguard.documents.placeholders import Holes
from dindguard.documents.tree import Node
from dindguard.model.condition import Condition
from dindguard.patterns import regex
from dindguard.source import Step

_CHOICE = regex(r"(?s)([^?]+)\?([^?:]+):([^?:]+)")
_NOTHING = regex(r"0|null|\[\s*\]|\{\s*\}|to(?:set|list|map)\(\s*(?:\[\s*\]|\{\s*\})\s*\)")
_ASKED = regex(
    r"(?P<no>!)?\s*(?P<name>(?:var|local)\.[\w-]+)(?:\s*(?P<sign>[!=]=)\s*(?P<word>\"[^\"$]*\"|true|false|\d+))?"
)


def if_asked(node: Node, *deciders: Node) -> Node:
    """Return a node with a step for each decider (``count``, ``for_each``) that leaves it out as long as nobody asks."""
    conditions = (_condition(each) for each in deciders if each.is_scalar and not each.is_null)
    steps = [Step(each.words, each.span, off=True) for each in conditions if each is not None]
    return node.explained(*steps) if steps else node


def chosen(node: Node) -> str:
    """Return the one result of ``asked ? some : none`` that is not nothing; ``""`` for any other expression."""
    choice = _CHOICE.fullmatch(node.content) if node.style == "expression" else None
    results = [each.strip() for each in choice.groups()[1:]] if choice is not None else []
    some = [each for each in results if not _NOTHING.fullmatch(each)]
    return some[0] if len(results) == 2 and len(some) == 1 else ""


def _condition(node: Node) -> Condition | None:
    """Return the question that decides, if the answer is no; ``None`` for any other."""
    text = " ".join(node.content.split())
    if text == "0":
        return Condition(f"{node.name} > 0", node.span, False, "")
    if node.style != "expression" or not isinstance(node.scope, Holes):
        return None
    asked, wanted = text, True
    choice = _CHOICE.fullmatch(text)
    if choice is not None:
        asked, *results = (each.strip() for each in choice.groups())
        empty = [_NOTHING.fullmatch(each) is not None for each in results]
        if empty[0] == empty[1]:
            return None
        wanted = empty[1]
    answer = holds(asked, node.scope)
    if answer is None or answer is wanted:
        return None
    return Condition(asked if wanted else f"not {asked}", node.span, False, "")


def holds(asked: str, values: Holes) -> bool | None:
    """Return whether a question holds for the module's own values; ``None`` if the files do not decide it."""
    any_of = asked.split("||")
    if len(any_of) > 1:
        return _joined([holds(each, values) for each in any_of], decisive=True)
    all_of = asked.split("&&")
    if len(all_of) > 1:
        return _joined([holds(each, values) for each in all_of], decisive=False)
    match = _ASKED.fullmatch(asked.strip())
    value = values.values.get(match["name"]) if match is not None else None
    if match is None or value is None or value.value is None:
        return None
    if match["sign"] is None:
        found = value.value not in ("false", "0")
    else:
        found = (value.value == match["word"].strip('"')) is (match["sign"] == "==")
    return found is not bool(match["no"])


def _joined(answers: list[bool | None], *, decisive: bool) -> bool | None:
    if decisive in answers:
        return decisive
    return None if None in answers else not decisive
