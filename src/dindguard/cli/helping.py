"""Help in sections: options and commands stand with their like."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

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


class OwnHelp(click.Command):
    """A command that describes ``--help`` itself: click looks for translations of its words before anybody asks for help.

    And one whose ``-f`` click does not take for a misspelt ``--f…`` first, for which it would look for what was meant.
    """

    _help: click.Option | None = None

    def make_parser(self, ctx: click.Context) -> Any:
        """Return the parser of the command line; it knows short options that stand alone among the long ones."""
        parser = super().make_parser(ctx)
        short, long = getattr(parser, "_short_opt", None), getattr(parser, "_long_opt", None)
        if isinstance(short, dict) and isinstance(long, dict):
            vars(parser)["_long_opt"] = _Known(long, short)
        return parser

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return the option; ``None`` where there is none."""
        names = self.get_help_option_names(ctx)
        if self._help is None and names and self.add_help_option:
            self._help = click.Option(
                names, is_flag=True, is_eager=True, expose_value=False, callback=_show_help, help=_HELP
            )
        return self._help


class _Known(dict[str, Any]):
    """Long options, and short ones for who asks by name: what was meant is looked for among the long ones."""

    def __init__(self, long: Mapping[str, Any], short: Mapping[str, Any]) -> None:
        super().__init__(long)
        self._short = short

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or name in self._short

    def __missing__(self, name: str) -> Any:
        return self._short[name]


_HELP = "Show this message and exit."


def _show_help(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        click.echo(ctx.get_help(), color=ctx.color)
        ctx.exit()


class Sectioned(OwnHelp):
    """A command whose options are shown in sections, by the names of their parameters."""

    sections: ClassVar[Sections] = {}

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options of each section."""
        options = (parameter for parameter in self.get_params(ctx) if isinstance(parameter, click.Option))
        records = ((option.name or "", option.get_help_record(ctx)) for option in options)
        write(formatter, self.sections, {name: record for name, record in records if record}, "Other")
