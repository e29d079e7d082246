"""The command line: one small module per command, imported only when it is called."""

from __future__ import annotations

import gc
import importlib
import os
import sys
from typing import TYPE_CHECKING

import click

from dindguard import process
from dindguard.cli import helping
from dindguard.cli.debug import debug_option, debugging, forget
from dindguard.errors import CLEAN, INCOMPLETE, INTERRUPTED, USAGE, UserError

if TYPE_CHECKING:
    from typing import NoReturn

COMMANDS = {
    "scan": "Find what is dangerous or broken in containers that run containers.",
    "model": "Show what dindguard understands of your files: containers, engines, who commands them.",
    "coverage": "Show what became of every file, and which files nothing reads.",
    "formats": "List the file formats that are read, and what is understood of each.",
    "explain": "Explain a rule: why it matters, and what to write instead.",
    "rules": "List the rules.",
    "init": "Write a configuration, and show how to run in CI.",
    "config": "Show the configuration in force, and where each value comes from.",
    "waive": "Write or renew an approval record.",
    "waivers": "List the approval records, and when they expire.",
    "baseline": "Create or update the baseline of known findings.",
    "fix": "Fix findings: show the edits, or make them.",
    "lsp": "Run the language server, for findings in your editor.",
    "env": "Start, verify and remove a safe reference environment.",
    "audit": "Apply the rules to a running engine or cluster.",
    "attest": "Check signed statements about an engine.",
    "fleet": "Scan many repositories, and report on them.",
    "completion": "Print the script for command completion in your shell.",
}

SECTIONS = {
    "Scan and inspect": ("scan", "model", "coverage", "formats", "explain", "rules"),
    "Configure and approve": ("init", "config", "waive", "waivers", "baseline"),
    "Fix": ("fix", "lsp"),
    "Engines and fleets": ("env", "audit", "attest", "fleet"),
}

_EPILOG = """\b
Examples:
  dindguard scan                          scan the current folder
  dindguard explain host-engine-socket    why it matters, and what to write instead
  dindguard model compose.yaml            what dindguard understands of the file
  dindguard init                          write a configuration, show the lines for your CI
  dindguard COMMAND --help                all options of a command
"""


class LazyGroup(helping.OwnHelp, click.Group):
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
        helping.write(formatter, SECTIONS, {name: (name, about) for name, about in COMMANDS.items()}, "More")

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; fail, with what was probably meant, for a word that is none."""
        name = args[0] if args else ""
        if not ctx.resilient_parsing and args and name not in COMMANDS and not name.startswith("-"):
            from dindguard.rules import nearest

            meant = f" (to look at it: dindguard scan {name})" if os.path.exists(name) else nearest(name, COMMANDS)
            ctx.fail(f"there is no command '{name}'{meant}")
        return super().resolve_command(ctx, args)


def _version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from dindguard import __version__

        click.echo(f"dindguard {__version__}")
        ctx.exit()


@click.group(cls=LazyGroup, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "-V",
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_version,
    help="Show the version and exit.",
)
@debug_option
def cli() -> None:
    """Check containers that run, or command, other containers."""


def main(argv: list[str] | None = None) -> NoReturn:
    """Run the command line and end the process with its exit code; no traceback reaches anybody who did not ask.

    Without ``argv`` the process is our own.
    """
    if argv is not None:
        sys.exit(_run(argv))
    process.begin()
    code = _run(None)
    process.leave(code)
    gc.freeze()  # else the interpreter searches all that is left for cycles before it ends
    sys.exit(code)


def _run(argv: list[str] | None) -> int:
    """Run the command line and return the exit code."""
    forget()
    if sys.stdout is None or sys.stderr is None:
        from dindguard.cli.streams import replace_closed

        replace_closed()
    try:
        code = cli.main(args=argv, prog_name="dindguard", standalone_mode=False)
    except SystemExit as left:
        if isinstance(left.code, str):
            raise
        code = left.code
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        code = INTERRUPTED
    except UserError as error:
        _complain(f"error: {error}")
        code = error.exit_code
    except BrokenPipeError:
        # The reader went away (`| head`); Python would complain when it flushes stdout.
        sys.stderr.close()
        code = 141
    except Exception as error:
        from dindguard.cli.streams import mishap

        if said := mishap(error):
            _complain(f"error: {said}")
            return USAGE
        if debugging():
            import traceback

            traceback.print_exc()
        _complain(
            f"internal error: {type(error).__name__}: {error}; run it again with --debug and report it as a bug"
        )
        code = INCOMPLETE
    return code if isinstance(code, int) else CLEAN


def _complain(message: str) -> None:
    """Write one line of ours on stderr; it may quote what was scanned."""
    from dindguard.reports.safe import log, visible

    text = log("\n".join(map(visible, message.split("\n"))))
    click.echo(f"dindguard: {text}", err=True)
