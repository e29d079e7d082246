"""The answers that every format shows: the numbers, and the sections with their rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

from dindguard.fleet.dataset import NEW, OLD, Dataset, Row
from dindguard.fleet.report import changes, views
from dindguard.fleet.report.questions import SECTIONS
from dindguard.fleet.report.sections import Column, Kind, Section
from dindguard.fleet.report.totals import made_by, totals, unlike
from dindguard.records import field, record
from dindguard.reports.terminal import Terminal


@record
class Answer:
    """A section's first rows, and how many there are."""

    section: Section
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    total: int

    @property
    def left(self) -> int:
        """How many rows are not shown."""
        return self.total - len(self.rows)


@record(eq=False)
class Report:
    """A fleet's report: what it is called, the day, the dataset, and which section is asked for (all without one).

    ``screen`` is where text is shown.
    """

    name: str
    today: dt.date
    dataset: Dataset
    due: int = 30
    chosen: str = ""
    against: str = ""
    screen: Terminal = field(default_factory=Terminal)

    @property
    def compared(self) -> bool:
        """Whether there is an old dataset to compare with."""
        return self.dataset.compared

    def totals(self) -> dict[str, int]:
        """Return the fleet's numbers."""
        return totals(self.dataset)

    def before(self) -> dict[str, int]:
        """Return the numbers of the old dataset; nothing without one."""
        return totals(self.dataset, OLD) if self.compared else {}

    def made_by(self, schema: str = NEW) -> dict[str, Any]:
        """Return when and by what the repositories were scanned."""
        return made_by(self.dataset, schema)

    def unlike(self) -> list[str]:
        """Return what differs between the two datasets but the repositories."""
        return unlike(self.dataset) if self.compared else []

    def sections(self) -> Iterator[Section]:
        """Yield the sections that the report has."""
        for section in SECTIONS.values():
            if (self.compared or not section.against) and self.chosen in ("", section.name):
                yield section

    def columns(self, section: Section) -> tuple[Column, ...]:
        """Return the columns of a section's answer: those of changes only where something is compared."""
        return tuple(section.columns[index] for index in self._shown(section))

    def rows(self, section: Section) -> Iterator[Row]:
        """Yield all rows of a section's answer, as they are made."""
        shown = self._shown(section)
        for row in self.dataset.stream(section.question):
            yield _picked(row, shown)

    def data(self, section: Section) -> Iterator[dict[str, Any]]:
        """Yield all rows of a section's answer by the names of its columns, as JSON has them."""
        names = [column.name for column in self.columns(section)]
        for row in self.rows(section):
            yield dict(zip(names, map(plain, row), strict=True))

    def answer(self, section: Section, most: int) -> Answer:
        """Return the first rows of a section's answer."""
        rows = self.dataset.rows(section.question, most=most)
        total = len(rows) if len(rows) < most else self.dataset.count(section.question)
        shown = self._shown(section)
        return Answer(section, self.columns(section), tuple(_picked(row, shown) for row in rows), total)

    def _shown(self, section: Section) -> list[int]:
        return [
            index
            for index, column in enumerate(section.columns)
            if self.compared or column.kind not in (Kind.CHANGE, Kind.DIFFERENCE)
        ]


def _picked(row: Row, shown: Iterable[int]) -> Row:
    return tuple(row[index] for index in shown)


def prepare(dataset: Dataset, today: dt.date, due: int) -> None:
    """Make the views that the questions use."""
    views.make(dataset, today, due)
    if dataset.compared:
        for statement in changes.PREPARATIONS:
            dataset.rows(statement)


def plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(key): value[key] for key in sorted(value)}
    return value


def joined(values: Iterable[Any], separator: str = ", ") -> str:
    """Return a list's texts in one; nothing for what is not there."""
    return separator.join(str(value) for value in values or ())
