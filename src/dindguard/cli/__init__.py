"""The command line: one small module per command, imported only when it is called."""

from __future__ import annotations

import atexit
import gc
import importlib
import sys
from typing import Any

import click

from dindguard.errors import UserError

COMMANDS = {
    "scan": "Find what is dangerous or broken in containers that run containers.",
    "model": "Show what dindguard believes your files say.",
    "explain": "Show the page of a rule.",
    "rules": "List the rules.",
    "init": "Write a configuration and show how to run in CI.",
    "config": "Show the configuration in force and where each value came from.",
    "waive": "Write or renew an approval record.",
    "waivers": "List the approval records and the days they have left.",
    "baseline": "Create or update the baseline of known findings.",
    "env": "Stand up, check and remove a safe reference environment.",
    "audit": "Apply the rules to a running engine or cluster.",
}


class LazyGroup(click.Group):
    """A group whose commands live in ``dindguard.cli.<name>`` as ``command``."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names, in the order in which people meet them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import one command's module and return its ``command``; ``None`` for an unknown name."""
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"dindguard.cli.{cmd_name}_").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the command table without importing any command."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from dindguard import __version__

        click.echo(f"dindguard {__version__}")
        ctx.exit()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_version,
    help="Show the version and exit.",
)
def cli() -> None:
    """Check containers that run, or command, other containers."""


def main(argv: list[str] | None = None) -> Any:
    """Run the command line; a :class:`UserError` becomes one line on stderr and its exit code.

    Without ``argv`` the process is our own, and too short-lived for the cycle collector to earn its price.
    """
    if argv is None:
        gc.disable()
        atexit.register(gc.freeze)  # else the interpreter searches all that is left for cycles before it ends
    try:
        return cli.main(args=argv, prog_name="dindguard", standalone_mode=True)
    except UserError as error:
        from dindguard.reports.safe import log, visible

        # The message may quote what was scanned.
        text = log("\n".join(map(visible, str(error).split("\n"))))
        click.echo(f"dindguard: error: {text}", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader went away (`| head`); Python would complain when it flushes stdout.
        sys.stderr.close()
        sys.exit(141)
