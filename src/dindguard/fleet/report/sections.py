"""What a section of a fleet's report is: a question, and what the columns of its answer are called."""

from __future__ import annotations

from enum import StrEnum

from dindguard.records import record


class Kind(StrEnum):
    """What a column holds: how a page shows it, and nothing else."""

    TEXT = "text"
    NUMBER = "number"
    CHANGE = "change"
    """How much more there is than in the old dataset, and more is worse; left out when there is none."""
    DIFFERENCE = "difference"
    """The same where more is not worse."""
    SEVERITY = "severity"
    RULE = "rule"
    STATE = "state"
    CODE = "code"
    """A name out of a file: a path, an image, a revision."""
    LINE = "line"
    """The line in the file that the column before names; 0 without one."""
    WAY = "way"
    """The steps of a way, joined by an arrow."""
    TEXTS = "texts"
    LINES = "lines"
    """Texts of which each has a line of its own."""
    LABELS = "labels"
    YES = "yes"
    DAY = "day"

    @property
    def is_number(self) -> bool:
        """Whether it is one that stands to the right, under others."""
        return self in (Kind.NUMBER, Kind.CHANGE, Kind.DIFFERENCE)


@record
class Column:
    """A column: its key in JSON and CSV, its heading on a page, and what it holds.

    ``missing`` is what a page says of an empty one; ``page`` is off for what only programs ask for.
    """

    name: str
    heading: str
    kind: Kind = Kind.TEXT
    missing: str = ""
    page: bool = True


@record
class Section:
    """A section: its name on the command line, its title, what it tells, its columns, and the question in SQL.

    ``unit`` is what one row is called. ``against`` says that it is there only when an old dataset is compared.
    """

    name: str
    title: str
    about: str
    unit: str
    columns: tuple[Column, ...]
    question: str
    against: bool = False


PLACE = (Column("path", "File", Kind.CODE), Column("line", "Line", Kind.LINE))
WHO = (Column("repository", "Repository"), Column("team", "Team"))
"""Columns that several sections have."""
