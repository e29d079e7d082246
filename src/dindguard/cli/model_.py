"""``dindguard model``: what dindguard understands of the files."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from dindguard.cli.choice import PathName
from dindguard.cli.options import (
    format_option,
    output_option,
    stdin_name_option,
    type_option,
    untrusted_option,
)
from dindguard.errors import CLEAN, INCOMPLETE
from dindguard.reports import terminal

if TYPE_CHECKING:
    from dindguard.scanning import Report

FORMS = ("text", "json", "svg", "dot", "mermaid")


@click.command("model")
@click.argument("paths", nargs=-1, type=PathName())
@format_option(*FORMS)
@output_option
@type_option
@stdin_name_option
@untrusted_option
def command(
    paths: tuple[str, ...],
    form: str,
    output: str | None,
    types: tuple[str, ...],
    stdin_name: str | None,
    untrusted: bool,
) -> None:
    """Show what dindguard understands of your files: containers, engines, and who commands them.

    With -f svg, dot or mermaid: a picture of who can reach what, and of the ways to root on a machine.
    """
    from dindguard.cli.scan_ import request
    from dindguard.reports import errors, safe, shown_place
    from dindguard.reports.output import deliver
    from dindguard.scanning import scan

    report = scan(request(paths, types=types, stdin_name=stdin_name, untrusted=untrusted))
    deliver(_document(report, form, terminal.Terminal(width=100) if output else terminal.stdout()), output)
    for notice in errors(report.notices):
        click.echo(f"dindguard: {safe.one_line(f'{shown_place(notice.span)}: {notice.message}')}", err=True)
    sys.exit(INCOMPLETE if report.incomplete else CLEAN)


def _document(report: Report, form: str, screen: terminal.Terminal) -> str:
    if form in ("text", "json"):
        from dindguard.reports import model_json, model_text

        return model_json.render(report) if form == "json" else model_text.render(report, screen)
    from dindguard.reports.picture import building, dot, folding, mermaid, svg

    graph = building.build(report)
    if form == "mermaid":
        return mermaid.document(mermaid.drawable(graph))
    draw = {"svg": svg.document, "dot": dot.document}[form]
    return draw(folding.legible(graph))
