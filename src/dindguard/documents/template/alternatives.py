"""Keys that several branches of a template write: they are alternatives, and not one the other's successor."""

from __future__ import annotations

from collections.abc import Sequence

from dindguard.documents.tree import Kind, Node, Pairs
from dindguard.model.values import How, Text
from dindguard.patterns import regex
from dindguard.vocabulary import WORD_LISTS

_VARIABLE = regex(r"\w+=")


def combined(pairs: Pairs) -> Pairs:
    """Return the pairs of a mapping with those of one key, written under different conditions, made one."""
    groups: dict[str, Pairs] = {}
    for key, value in pairs:
        groups.setdefault(key.content, []).append((key, value))
    if len(groups) == len(pairs):
        return pairs
    found: Pairs = []
    for group in groups.values():
        if len(group) == 1 or not _differ([key for key, _ in group]):
            found += group
        else:
            found.append(_one([value for _, value in group], [key for key, _ in group]))
    return found


def _differ(keys: Sequence[Node]) -> bool:
    """Whether keys stand under different conditions; equal ones are a slip, and the last one counts."""
    return len({tuple((each.decision, each.branch) for each in key.conditions) for key in keys}) > 1


def _one(values: Sequence[Node], keys: Sequence[Node]) -> tuple[Node, Node]:
    kept = [index for index, value in enumerate(values) if not value.is_null] or [0]
    values, keys = [values[index] for index in kept], [keys[index] for index in kept]
    index = _by_default(keys)
    first = index if index is not None else 0
    kinds = {value.kind for value in values}
    if len(values) == 1:
        return keys[0], values[0]
    if kinds == {Kind.SCALAR}:
        return keys[first], _scalar(values, keys, index)
    likely = (
        values[first]
        if values[first].kind is not Kind.SCALAR
        else next(v for v in values if v.kind is not Kind.SCALAR)
    )
    alike = [value for value in values if value.kind is likely.kind]
    if likely.kind is Kind.MAPPING:
        return keys[first], likely.with_pairs(combined([pair for value in alike for pair in value.pairs()]))
    if all(item.is_mapping for value in alike for item in value.items()):
        return keys[first], likely.with_items(_items(alike, likely.route))
    if keys[first].content.lower() not in WORD_LISTS and not any(_sets_variables(value) for value in alike):
        alike.sort(key=lambda value: value is not likely)
        return keys[first], likely.with_items(_items(alike, likely.route))
    return keys[first], likely


def _sets_variables(values: Node) -> bool:
    """Whether a list holds ``NAME=value``, of which the last one counts."""
    return any(item.is_scalar and _VARIABLE.match(item.content) for item in values.items())


def _items(values: Sequence[Node], route: str) -> list[Node]:
    items = [item for value in values for item in value.items()]
    return [item.moved(f"{route}[{index}]") for index, item in enumerate(items)]


def _by_default(keys: Sequence[Node]) -> int | None:
    """Return which of several alternatives the files' own values choose; ``None`` when they do not."""
    chosen = [index for index, key in enumerate(keys) if all(each.holds is True for each in key.conditions)]
    others = [key for index, key in enumerate(keys) if index not in chosen]
    ruled_out = all(any(each.holds is False for each in key.conditions) for key in others)
    return chosen[-1] if chosen and ruled_out else None


def _scalar(values: Sequence[Node], keys: Sequence[Node], chosen: int | None) -> Node:
    """Return the value on which the alternatives agree, or that of the default; else one that is not known.

    A default of *no* beside a *yes* is not known either: whoever sets the condition must be told.
    """
    texts = [value.typed for value in values]
    if all(text.known and text.value == texts[0].value for text in texts):
        return values[chosen or 0]
    if chosen is not None and not (_word(texts[chosen]) == "false" and any(_word(text) == "true" for text in texts)):
        return values[chosen]
    node = values[chosen or 0]
    deciding = next((each for key in keys for each in key.conditions), None)
    name = deciding.text if deciding is not None else "a condition"
    raw = " or ".join(dict.fromkeys(text.raw or text.pattern for text in texts))
    text = Text(None, node.span, How.UNKNOWN, variable=name, raw=raw)
    return Node(
        Kind.SCALAR, node.source, node.start, node.end, route=node.route, content=raw, style=node.style, key=node.key,
        trail=node.trail, filled=text, conditions=node.conditions,
    )  # fmt: skip


def _word(text: Text) -> str:
    return (text.value or "").strip().lower()
