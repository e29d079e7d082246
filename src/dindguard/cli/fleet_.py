"""``dindguard fleet``: many repositories, and what they say together."""

from __future__ import annotations

import click

from dindguard.cli.fleet_report import command as report
from dindguard.cli.fleet_scan import command as scan


@click.group("fleet")
def command() -> None:
    """Scan many repositories, and report on them: who can become root where, and where nobody looks."""


command.add_command(scan)
command.add_command(report)
