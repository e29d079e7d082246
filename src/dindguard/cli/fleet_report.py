"""``dindguard fleet report``: what a fleet's dataset says, for people and for programs."""

from __future__ import annotations

import datetime as dt
import os

import click

from dindguard.cli.choice import Named
from dindguard.cli.options import format_option, output_option
from dindguard.errors import UserError
from dindguard.fleet.report import FORMATS
from dindguard.fleet.report.questions import SECTIONS

_EPILOG = """\b
Examples:
  dindguard fleet report DIR
  dindguard fleet report DIR --against LAST-MONTH -f html -o fleet.html
  dindguard fleet report DIR -f csv --section waivers -o waivers.csv
  dindguard fleet report DIR -f prometheus -o /var/lib/node_exporter/dindguard.prom

\b
Exit codes:
  0  the report is written
  2  the command line is at fault, or DIR holds no dataset that this dindguard reads
  3  the dataset is not complete, or damaged
"""


@click.command("report", epilog=_EPILOG)
@click.argument("folder", type=click.Path(), metavar="DIR")
@click.option(
    "--against",
    type=click.Path(),
    metavar="OLD",
    help="Compare with this earlier dataset: what is new, and what is gone.",
)
@format_option(*FORMATS)
@output_option
@click.option(
    "--section", type=Named(list(SECTIONS)), default=None, help="Write only this section (CSV: default repositories)."
)
@click.option(
    "--due",
    type=click.IntRange(0, 3650),
    default=30,
    metavar="DAYS",
    help="Count waivers as due that expire within this many days (default: 30).",
)
def command(folder: str, against: str | None, form: str, output: str | None, section: str | None, due: int) -> None:
    """Report on the dataset in DIR: ways to root, rules, teams, blind spots, engines, waivers, what changed.

    Nothing but DIR and OLD is read, no server is needed and nothing is sent.
    """
    from dindguard.fleet.dataset import opened
    from dindguard.fleet.report import pieces
    from dindguard.fleet.report.answers import Report, prepare
    from dindguard.reports import terminal
    from dindguard.reports.output import deliver

    if section is not None:
        _check_section(section, form, against)
    today = dt.date.today()
    with opened(folder, against) as dataset:
        prepare(dataset, today, due)
        screen = terminal.stdout() if output is None else terminal.Terminal(width=100)
        report = Report(_name(folder), today, dataset, due, section or "", _name(against) if against else "", screen)
        deliver(pieces(form, report), output)


def _check_section(name: str, form: str, against: str | None) -> None:
    if form == "prometheus":
        raise UserError("--section: the Prometheus file has no sections; leave it out")
    if SECTIONS[name].against and against is None:
        raise UserError(f"--section {name}: this needs an older dataset to compare with: --against OLD")


def _name(folder: str) -> str:
    return os.path.basename(os.path.abspath(folder)) or folder
