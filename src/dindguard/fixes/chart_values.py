"""Values of a chart: what a template takes from the chart's own values is changed there, if nothing else takes it."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator

from dindguard.edits import Edit, Remove, Set, place_of
from dindguard.files import Files
from dindguard.findings import Finding
from dindguard.fixes.file import File
from dindguard.fixes.locating import Chain
from dindguard.fixes.splices import RefusedError
from dindguard.model.values import Flag, How, Text
from dindguard.patterns import regex
from dindguard.source import SET_HERE, Span

_ACTION = regex(r"\{\{(?:(?!\{\{|\}\}).)*+\}\}")
_TOGETHER = "it is put together from several values of the chart"


class ChartValues:
    """The charts among the scanned files. ``opened`` returns a file by path, and refuses what was not scanned."""

    def __init__(self, files: Files, opened: Callable[[str], File]) -> None:
        self._files = files
        self._opened = opened

    def in_values(self, edit: Edit, wanting: Iterable[Finding]) -> Edit:
        """Return an edit of the values file for one of a template's action; any other edit as it is.

        ``wanting`` are the findings that ask for the same.

        Raises :class:`RefusedError` for values that others take too, and for what is put together of several.
        """
        span = place_of(edit).span
        places = _set_in_values(span)
        if not isinstance(edit, (Set, Remove)) or not places or not all(map(self._of_a_chart, places)):
            return edit
        chains = [self._opened(place.path).chain(place) for place in places]
        made = _removed(places, chains) if isinstance(edit, Remove) else _written(edit, places, chains)
        at = place_of(made).span
        problems = [subject.problem for finding in wanting for subject in finding.subjects]
        takers = (span, *(problem.at.span for problem in problems if problem is not None))
        mine = {(taker.path, taker.line) for taker in takers if at in _set_in_values(taker)}
        self._check_uses(at, chains[places.index(at)], mine)
        return made

    def _of_a_chart(self, place: Span) -> bool:
        """Whether a place is in a file of values beside a chart's description."""
        return self._files.exists(posixpath.join(posixpath.dirname(place.path), "Chart.yaml"))

    def _check_uses(self, at: Span, chain: Chain, mine: set[tuple[str, int]]) -> None:
        """Refuse to change a value that a chart's templates take in more places than ``mine``."""
        folder = posixpath.dirname(at.path)
        uses = list(self._uses(folder, [node.key.content for node in chain if node.key is not None]))
        others = [use for use in uses if use not in mine]
        if len(uses) > len(mine):
            path, line = (others or uses)[-1]
            raise RefusedError(f"others use it too: {path}:{line}")

    def _uses(self, folder: str, keys: list[str]) -> Iterator[tuple[str, int]]:
        """Yield where a chart's templates name a value, or something that holds it."""
        pattern = regex(_names(keys))
        top = os.path.join(self._files.root, folder, "templates")
        for entry in self._files.below([top]) if self._files.folders(folder) else ():
            source = self._files.open(entry.path)
            if source is not None:
                for found in pattern.finditer(source.text):
                    yield entry.path, source.position(found.start())[0]


def _names(keys: list[str]) -> str:
    """Return the expression for a way of keys below ``.Values``, and for all that it begins with."""
    way = ""
    for key in reversed(keys):
        way = rf"(?:\.{re.escape(key)}(?![\w-]){way}|(?![\w.-]))"
    return rf"\.Values{way}"


def _set_in_values(span: Span) -> list[Span]:
    return [step.span for step in span.trail if step.what == SET_HERE and step.span.path.endswith((".yaml", ".yml"))]


def _removed(places: list[Span], chains: list[Chain]) -> Edit:
    """Return what switches a flag off; of other settings, an item of a list goes that has more."""
    if len(places) != 1:
        raise RefusedError(_TOGETHER)
    leaf, above = chains[0][-1], chains[0][-2]
    if leaf.content == "true":
        return Set(Flag(True, places[0], How.WRITTEN), False)
    if above.is_sequence and len(above.items()) > 1:
        return Remove(places[0])
    raise RefusedError("the chart's templates may need the value that would go")


def _written(edit: Set, places: list[Span], chains: list[Chain]) -> Edit:
    """Return what writes a text anew: the last of the values that it is made of changes, and the others must stay."""
    values = [chain[-1].content for chain in chains]
    at = edit.at
    literals = _ACTION.split(at.raw) if isinstance(at, Text) else []
    between = literals if len(literals) == len(values) + 1 else ["", ""]
    if not isinstance(at, Text) or len(between) != len(values) + 1:
        raise RefusedError(_TOGETHER)
    before = "".join(map("".join, zip(between, values[:-1], strict=False))) + between[-2]
    after, new = between[-1], str(edit.value)
    fits = at.value == before + values[-1] + after and new.startswith(before) and new.endswith(after)
    if not fits:
        raise RefusedError(_TOGETHER)
    return Set(Text(values[-1], places[-1], raw=values[-1]), new[len(before) : len(new) - len(after)])
