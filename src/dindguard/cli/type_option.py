"""``--type FORMAT=GLOB``: the option that says what files are, and the help that lists every format."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from dindguard.errors import UserError


class TypeOption(click.Option):
    """An option whose help names all formats; they are looked up when help is asked for."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Return the option's line of the help."""
        from dindguard.formats import registry

        record = super().get_help_record(ctx)
        return record and (record[0], f"{record[1]} FORMAT is one of {', '.join(registry.names())}.")


def type_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the option, as ``types``."""
    words = "Read the files that match as this format, whatever they look like; may be repeated."
    option = click.option("--type", "types", cls=TypeOption, multiple=True, metavar="FORMAT=GLOB", help=words)
    return option(command)


def override(text: str) -> tuple[str, str]:
    """Return pattern and format of one use; raises :class:`UserError` for what makes no sense."""
    from dindguard.formats import registry
    from dindguard.rules import nearest

    name, equals, pattern = text.partition("=")
    if not equals or not pattern:
        raise UserError(f"--type {text}: write FORMAT=GLOB, for example kubernetes=deploy/*.tpl")
    names = registry.names()
    if name not in names:
        raise UserError(f"--type: there is no format '{name}'{nearest(name, names)}; there are {', '.join(names)}")
    return pattern, name
