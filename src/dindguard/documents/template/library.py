"""The named templates that a chart's texts call, and what came of calling them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dindguard import budget
from dindguard.documents.template.answers import Answer, Known, Unknown
from dindguard.documents.template.charts import Chart
from dindguard.documents.template.frames import Defined, Frame
from dindguard.documents.template.template import Template
from dindguard.documents.template.writing import taken_between, written_out
from dindguard.source import Span, Step


class Taken:
    """What a chart's texts have taken: the places of values that stand in documents, and where the named templates begin
    that somebody called."""

    def __init__(self) -> None:
        self.places: set[Span] = set()
        self.grafted: set[tuple[str, int]] = set()


class Named:
    """The named templates of a chart by name; files are read as far as a name has to be searched for."""

    def __init__(self, read: Iterable[Template], more: Iterator[Template], taken: Taken | None = None) -> None:
        self._known: dict[str, Defined] = {}
        self._more = more
        taken = taken or Taken()
        self.places = taken.places
        self.noted: dict[int, tuple[Step, ...]] = {}
        """Steps of which the places are noted, by where they lie in memory, which they keep: answers are met often."""
        self.grafted = taken.grafted
        self.texts: dict[tuple[str, int, Chart], Answer] = {}
        """What named templates write for the chart as a whole, by their files and places."""
        for template in read:
            self._add(template)

    def _add(self, template: Template) -> None:
        for name, block in template.defines.items():
            self._known.setdefault(name, (template, block))

    def find(self, name: str) -> Defined | None:
        """Return a named template; ``None`` for one that no file has."""
        while name not in self._known and (template := next(self._more, None)) is not None:
            self._add(template)
        return self._known.get(name)


class Calls:
    """The calls that one text makes, counted."""

    def __init__(self, named: Named, caller: Template) -> None:
        self.named = named
        self.find = named.find
        self._caller = caller
        self._count = 0

    def used(self, answer: Answer) -> None:
        """Note the places whose values stand in a document, or decide whether a part of one does."""
        steps = answer.steps
        if id(steps) not in self.named.noted:
            self.named.noted[id(steps)] = steps
            self.named.places.update(step.span for step in steps)

    def grafts(self, defined: Defined) -> bool:
        """Note that a named template is written somewhere as part of a document; whether it may be, once more."""
        self.named.grafted.add((defined[0].source.path, defined[1].start))
        return self._counts()

    def _counts(self) -> bool:
        self._count += 1
        return budget.within(budget.TEMPLATE_CALLS, self._count, self._caller.source.whole())

    def write(self, frame: Frame, start: int, end: int) -> Answer:
        """Return the text that a part of a template writes; for the chart as a whole it is put together once."""
        path = frame.template.source.path
        whole = frame.dot.value if isinstance(frame.dot, Known) and isinstance(frame.dot.value, Chart) else None
        known = self.named.texts.get((path, start, whole)) if whole is not None else None
        if known is not None:
            return known
        if not self._counts():
            return Unknown("a named template")
        self.named.grafted.add((path, frame.template.blocks.at(start - 1).start))
        answer = written_out(frame, start, end)
        if whole is not None:
            self.named.texts[path, start, whole] = answer
        return answer

    def taken(self, frame: Frame, offset: int, start: int) -> bool | None:
        """Return whether the branches between ``start`` and a place are taken; ``None`` when nobody knows."""
        return taken_between(frame, offset, start)
