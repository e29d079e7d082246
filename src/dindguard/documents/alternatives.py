"""The values that a matrix gives to the placeholders of a text: each combination is a job of its own."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence

from dindguard import budget
from dindguard.model.values import Text
from dindguard.source import HasSpan

Choice = dict[str, Text]
"""One value for each name."""


def combinations(values: Mapping[str, Sequence[Text]], names: Iterable[str], at: HasSpan) -> list[Choice]:
    """Return every combination of the known values that the named ones among ``values`` have; none if there is one only.

    A value that comes twice counts once.
    """
    axes: dict[str, list[Text]] = {}
    for name in dict.fromkeys(names):
        different = {text.value: text for text in values.get(name, ()) if text.known}
        if len(different) > 1:
            axes[name] = list(different.values())
    found: list[Choice] = []
    for chosen in itertools.product(*axes.values()) if axes else ():
        if not budget.within(budget.MATRIX_IMAGES, len(found) + 1, at):
            break
        found.append(dict(zip(axes, chosen, strict=True)))
    return found


def label(choice: Choice) -> str:
    """Return what tells a combination from the others, for addresses: ``docker=26``."""
    return ",".join(f"{name.rpartition('.')[2]}={text.value}" for name, text in choice.items())
