"""``dindguard env``: what is done with an environment: run, with, exec, load, export."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from dindguard.cli.env_options import (
    command_of,
    command_options,
    options,
    say,
    session,
    spec_of,
    up_options,
    workspace_options,
)

__all__ = ["exec_", "export", "load", "run", "with_"]


@click.command()
@click.argument("name")
@options(workspace_options, command_options)
def run(name: str, arguments: tuple[str, ...], **chosen: Any) -> None:
    """Run CMD beside the engine of NAME.

    Ends with CMD's own exit code.
    """
    from dindguard.environment.client import run as run_command

    with session() as (engine, guard):
        code = run_command(engine, name, command_of(arguments, chosen), guard, say)
    sys.exit(code)


@click.command("with")
@options(up_options, workspace_options, command_options)
def with_(arguments: tuple[str, ...], **chosen: Any) -> None:
    """Start an environment, run CMD in it, remove it.

    Ends with CMD's own exit code.
    """
    from dindguard.environment.lifecycle import with_environment

    command = command_of(arguments, chosen)
    copied = command.workspace is not None and not command.workspace.bound
    spec = spec_of("with", chosen | {"workspace": copied})
    with session() as (engine, guard):
        code = with_environment(engine, spec, command, guard, say)
    sys.exit(code)


@click.command("exec")
@click.argument("name")
@command_options
def exec_(name: str, arguments: tuple[str, ...], **chosen: Any) -> None:
    """Run CMD in the engine's own container of NAME.

    As the engine's user, and as a client of it. Ends with CMD's own exit code.
    """
    from dindguard.environment.client import execute

    with session() as (engine, _):
        code = execute(engine, name, command_of(arguments, chosen))
    sys.exit(code)


@click.command()
@click.argument("name")
@click.argument("images", nargs=-1, required=True, metavar="IMAGE...")
def load(name: str, images: tuple[str, ...]) -> None:
    """Copy images from the outer engine into the one of NAME.

    What the outer engine does not have, it pulls.
    """
    from dindguard.environment.lifecycle import load as load_image

    with session() as (engine, _):
        for image in images:
            load_image(engine, name, image, say)


@click.command()
@click.argument("name")
@click.option("-o", "--output", metavar="DIR", default=None, help="Write the certificates there.")
def export(name: str, output: str | None) -> None:
    """Let programs on this machine use the engine of NAME.

    Prints lines for a shell: eval "$(dindguard env export NAME)". NAME was started with --export.
    """
    from dindguard.environment.export import export as export_engine
    from dindguard.environment.export import unset_line

    with session() as (engine, _):
        lines = export_engine(engine, name, Path(output) if output else None)
    click.echo(lines + unset_line(), nl=False)
