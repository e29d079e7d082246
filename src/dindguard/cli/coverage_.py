"""``dindguard coverage``: what became of every file, one a line."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from dindguard.cli.choice import PathName
from dindguard.cli.options import format_option, output_option, type_option, untrusted_option
from dindguard.errors import CLEAN, INCOMPLETE
from dindguard.reports import terminal

if TYPE_CHECKING:
    from dindguard.coverage import FileState
    from dindguard.reports.terminal import Terminal

_STYLES = {"closed": "bold red", "broken": "bold red", "blind-spot": "black on yellow",
           "known-not-read": "magenta", "understood": "bold"}  # fmt: skip


@click.command("coverage")
@click.argument("paths", nargs=-1, type=PathName())
@format_option("text", "json")
@output_option
@click.option("--state", "states", multiple=True, metavar="STATE", help="Show only files in this state; repeatable.")
@type_option
@untrusted_option
def command(
    paths: tuple[str, ...],
    form: str,
    output: str | None,
    states: tuple[str, ...],
    types: tuple[str, ...],
    untrusted: bool,
) -> None:
    """Show for every file what read it, why it was left out, or that nothing reads it although something should."""
    from dindguard.cli.scan_ import request
    from dindguard.reports.output import deliver
    from dindguard.scanning import scan

    wanted = _states(states)
    report = scan(request(paths, types=types, untrusted=untrusted))
    files = [each for each in report.coverage.every() if each.state in wanted]
    screen = terminal.Terminal(width=100) if output else terminal.stdout()
    deliver(_json(files) if form == "json" else _text(files, screen), output)
    sys.exit(INCOMPLETE if report.incomplete else CLEAN)


def _states(names: tuple[str, ...]) -> set[str]:
    from dindguard.coverage import State
    from dindguard.errors import UserError
    from dindguard.rules import nearest

    known = [state.value for state in State]
    for name in names:
        if name not in known:
            raise UserError(
                f"--state {name}: there is no such state{nearest(name, known)}; there are {', '.join(known)}"
            )
    return set(names or known)


def _text(files: list[FileState], screen: Terminal) -> str:
    from collections import Counter

    from dindguard.reports import plural, safe

    width = max((len(each.state) for each in files), default=0)
    lines = []
    for each in files:
        place = f":{each.span.line}" if each.span is not None else ""
        said = f"says {each.words}" if each.words else ""
        left = plural(each.undecided, "undecided value") if each.undecided else ""
        details = "; ".join(filter(None, (each.what, said, left)))
        state = screen.paint(f"{each.state:<{width}}", _STYLES.get(each.state, "dim"))
        lines.append(
            safe.one_line(f"{safe.visible(each.path)}{place}") + (f"  {safe.one_line(details)}" if details else "")
        )
        lines[-1] = f"{state}  {lines[-1]}"
    counts = Counter(each.state for each in files)
    lines.append(", ".join(f"{count} {state}" for state, count in sorted(counts.items())) or "no files")
    return safe.log("\n".join(lines) + "\n")


def _json(files: list[FileState]) -> str:
    from dindguard.reports import safe
    from dindguard.reports.json import dumps

    return dumps({"version": 1, "files": [_plain(each, safe.valid) for each in files]})


def _plain(file: FileState, valid: Any) -> dict[str, Any]:
    return {
        "path": valid(file.path),
        "state": file.state.value,
        "what": valid(file.what),
        "says": valid(file.words),
        "line": file.span.line if file.span is not None else None,
        "undecided": file.undecided,
    }
