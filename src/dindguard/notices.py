"""What could not be done or known, in order, and said once."""

from __future__ import annotations

from collections.abc import Iterable

from dindguard.records import replace
from dindguard.source import Gravity, Notice


def folded(notices: Iterable[Notice]) -> tuple[Notice, ...]:
    """Return the notices in order, the gravest first; notes that say the same of several places are one.

    So are limits that many files meet: what is said of them holds for all of these files.
    """
    order = {Gravity.ERROR: 0, Gravity.WARNING: 1, Gravity.NOTE: 2}
    unique = dict.fromkeys(notices)
    kept: dict[object, list[Notice]] = {}
    for each in sorted(unique, key=lambda n: (order[n.gravity], n.span.path, n.span.line, n.span.column, n.message)):
        same = (each.kind, each.message) if each.gravity is Gravity.NOTE or each.kind == "budget" else each
        kept.setdefault(same, []).append(each)
    return tuple(_with_others(first, others) for first, *others in kept.values())


def _with_others(first: Notice, others: Iterable[Notice]) -> Notice:
    """Return a notice with the other places of which it is true; what one place says of several users is said once."""
    places = {(each.span.path, each.span.line, each.span.column): each.span for each in (first, *others)}
    also = tuple(places.values())[1:]
    return replace(first, also=also) if also else first
