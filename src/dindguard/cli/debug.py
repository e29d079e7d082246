"""``--debug``: a traceback when dindguard itself fails, where there is otherwise one line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

_asked: list[bool] = []


def debugging() -> bool:
    """Whether the command line asked for tracebacks."""
    return bool(_asked)


def forget() -> None:
    """Start anew: what one command line asked for is nothing to the next one of the same process."""
    _asked.clear()


def debug_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the option."""
    words = "Show a traceback when dindguard itself fails."
    option = click.option("--debug", is_flag=True, expose_value=False, is_eager=True, callback=_note, help=words)
    return option(command)


def _note(_ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value:
        _asked.append(True)
