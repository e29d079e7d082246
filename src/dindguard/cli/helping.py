"""Help in sections: options and commands stand with their like."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

import click

Sections = Mapping[str, Sequence[str]]
"""Titles, each with the names of what belongs to it."""

Rows = Mapping[str, tuple[str, str]]
"""What is written of each name: how it is called, and what it does."""


def write(formatter: click.HelpFormatter, sections: Sections, rows: Rows, rest: str) -> None:
    """Write each section that has rows, then under ``rest`` what no section names."""
    for title, found in (*_titled(sections, rows), (rest, _untold(sections, rows))):
        if found:
            with formatter.section(title):
                formatter.write_dl(found)


def _titled(sections: Sections, rows: Rows) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    for title, names in sections.items():
        yield title, [rows[name] for name in names if name in rows]


def _untold(sections: Sections, rows: Rows) -> list[tuple[str, str]]:
    told = {name for names in sections.values() for name in names}
    return [row for name, row in rows.items() if name not in told]


class Sectioned(click.Command):
    """A command whose options are shown in sections, by the names of their parameters."""

    sections: ClassVar[Sections] = {}

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options of each section."""
        options = (parameter for parameter in self.get_params(ctx) if isinstance(parameter, click.Option))
        records = ((option.name or "", option.get_help_record(ctx)) for option in options)
        write(formatter, self.sections, {name: record for name, record in records if record}, "Other")
