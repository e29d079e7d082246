"""``dindguard formats``: what is read, by what it is known, and what of it is not read."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import click

from dindguard.cli.options import format_option
from dindguard.reports import terminal

if TYPE_CHECKING:
    from dindguard.formats.describing import Description
    from dindguard.reports.terminal import Terminal


@click.command("formats")
@click.argument("names", nargs=-1, metavar="[FORMAT]...")
@format_option("text", "json")
def command(names: tuple[str, ...], form: str) -> None:
    """List the file formats that are read: how a file is recognised, what is understood of it, and what is not.

    Without FORMAT, all of them, and the kinds of files that are known by name and not read.
    """
    from dindguard.reports.output import deliver

    found = _chosen(names)
    unread = () if names else unread_kinds()
    deliver(_json(found, unread) if form == "json" else _text(found, unread, terminal.stdout()), None)


def unread_kinds() -> tuple[str, ...]:
    """Return the kinds of files that are known by name and that no format reads."""
    from dindguard import surfaces
    from dindguard.formats import registry

    return surfaces.kinds(lambda path: any(row.named(path) for row in registry.rows()))


def _chosen(names: tuple[str, ...]) -> list[Description]:
    from dindguard.errors import UserError
    from dindguard.formats.describing import descriptions
    from dindguard.rules import nearest

    found = descriptions()
    known = sorted(each.name for each in found)
    for name in names:
        if name not in known:
            raise UserError(f"there is no format '{name}'{nearest(name, known)}; there are {', '.join(known)}")
    return [each for each in found if not names or each.name in names]


def _text(found: list[Description], unread: tuple[str, ...], screen: Terminal) -> str:
    blocks = ["\n".join(_block(each, screen)) for each in found]
    if unread:
        heading = screen.paint("Known by name, and not read", "bold")
        blocks.append("\n".join([heading, *_wrapped("", ", ".join(unread), screen)]))
    return "\n\n".join(blocks) + "\n"


def _block(each: Description, screen: Terminal) -> list[str]:
    lines = [f"{screen.paint(each.title, 'bold')}  {screen.paint(each.name, 'dim')}"]
    lines += _wrapped("reads", each.reads, screen)
    lines += _wrapped("known by", each.known_by, screen)
    if each.names:
        lines.append(f"  {'names':<9} {each.names}")
    if each.not_read:
        lines += _wrapped("not read", "; ".join(each.not_read), screen)
    return lines


def _wrapped(label: str, text: str, screen: Terminal) -> list[str]:
    indent = " " * 12 if label else "  "
    first = f"  {label:<9} " if label else indent
    width = max(screen.width, 40)
    return textwrap.wrap(text, width, initial_indent=first, subsequent_indent=indent, break_on_hyphens=False)


def _json(found: list[Description], unread: tuple[str, ...]) -> str:
    from dindguard.reports.json import dumps

    formats = [
        {
            "name": each.name, "title": each.title, "syntaxes": list(each.syntaxes), "reads": each.reads,
            "known_by": each.known_by, "names": each.names, "not_read": list(each.not_read),
        }
        for each in found
    ]  # fmt: skip
    return dumps({"version": 1, "formats": formats, "known_by_name_only": list(unread)})
