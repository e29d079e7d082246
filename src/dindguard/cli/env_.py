"""``dindguard env``: stand up, check, use and remove the reference environment."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from dindguard.errors import CLEAN, INCOMPLETE, UserError

if TYPE_CHECKING:
    from dindguard.engine_client import Engine
    from dindguard.environment.signals import Guard
    from dindguard.environment.spec import Spec

LEVELS = ("sysbox", "rootless", "privileged")
FORMATS = ("compose", "kubernetes", "gitlab-ci", "github-actions", "shell", "seccomp")


def _say(message: str) -> None:
    click.echo(f"dindguard: {message}", err=True)


@contextmanager
def _session() -> Iterator[tuple[Engine, Guard]]:
    """Open the engine with signals under control; a signal ends the process with the shell's code for it."""
    from dindguard.engine_client import connect
    from dindguard.environment.signals import Interrupted, guarded

    try:
        with guarded() as guard, connect() as engine:
            yield engine, guard
    except Interrupted as interruption:
        _say(str(interruption))
        sys.exit(interruption.exit_code)


def _options(*options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def decorate(function: Any) -> Any:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


_as_json = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="Output.")
_isolation = click.option(
    "--isolation",
    type=click.Choice(["auto", *LEVELS]),
    default="auto",
    help="The level; auto takes the best, and never privileged without consent.",
)
_consent = click.option(
    "--accept-privileged",
    "consent",
    metavar="TICKET",
    default="",
    help="The approval under which privileged mode may be used.",
)
_images = _options(
    click.option(
        "--image",
        "daemon_image",
        metavar="REF",
        default="",
        envvar="DINDGUARD_IMAGE",
        show_envvar=True,
        help="The nested engine's image (default: the official one of the level).",
    ),
    click.option(
        "--client-image",
        metavar="REF",
        default="",
        envvar="DINDGUARD_CLIENT_IMAGE",
        show_envvar=True,
        help="The image in which commands run (default: the official client).",
    ),
)
_limits = _options(
    click.option("--memory", default="2g", show_default=True, help="For the engine and all its containers."),
    click.option("--cpus", type=click.FloatRange(0.1), default=2.0, show_default=True, help="The same, processors."),
    click.option("--pids", type=click.IntRange(128), default=1024, show_default=True, help="The same, processes."),
)
_mirror = click.option("--mirror", metavar="URL", default="", help="A registry mirror for the nested engine.")
_tun = click.option(
    "--tun-device",
    metavar="PATH",
    default="/dev/net/tun",
    envvar="DINDGUARD_TUN_DEVICE",
    show_envvar=True,
    help="A tun device on the engine's host that everyone may open (rootless).",
)
_up = _options(
    _isolation,
    _consent,
    _images,
    _limits,
    _mirror,
    click.option("--ttl", default="2h", show_default=True, help="Time to live; the engine then stops by itself."),
    click.option("--offline", is_flag=True, help="No way out of the environment's network."),
    click.option("--load", multiple=True, metavar="IMAGE", help="Copy this image from the engine; repeatable."),
    _tun,
)


def _spec(name: str, options: dict[str, Any]) -> Spec:
    """Turn the options of ``up``, ``with`` and ``render`` into a :class:`Spec`."""
    from dindguard.environment.spec import CLIENT_IMAGE, Isolation, Limits, Spec, parse_size, parse_time

    asked = options.pop("isolation")
    limits = Limits(parse_size(options.pop("memory")), options.pop("cpus"), options.pop("pids"))
    return Spec(
        name,
        isolation=None if asked == "auto" else Isolation(asked),
        limits=limits,
        client_image=options.pop("client_image") or CLIENT_IMAGE,
        time_to_live=parse_time(options.pop("ttl", "2h")),
        **options,
    )


@click.group()
def command() -> None:
    """Stand up, check and remove a safe reference environment: a nested engine that proves itself."""


@command.command()
@_as_json
def check(form: str) -> None:
    """Say what isolation this engine offers.

    And why not more. Creates nothing.
    """
    from dindguard.environment import offers

    with _session() as (engine, _):
        found = offers.describe(engine.facts)
    click.echo(found.json() if form == "json" else found.text())


@command.command()
@click.argument("name")
@_up
@_as_json
def up(name: str, form: str, **options: Any) -> None:
    """Start the environment NAME and verify it.

    What does not start, or does not pass, is removed again.
    """
    from dindguard.environment.lifecycle import up as bring_up
    from dindguard.environment.verify import NotVerifiedError

    spec = _spec(name, options)
    with _session() as (engine, guard):
        try:
            report = bring_up(engine, spec, guard, _say)
        except NotVerifiedError as error:
            if form == "json":
                click.echo(error.report.json())
            raise
    click.echo(report.json() if form == "json" else report.text())


_command_options = _options(
    click.option("-e", "--env", "environment", multiple=True, metavar="KEY=VALUE", help="Set for the command."),
    click.option("-i", "--interactive", is_flag=True, help="Pass stdin on to the command."),
    click.argument("arguments", nargs=-1, required=True, metavar="-- CMD...", type=click.UNPROCESSED),
)


@command.command()
@click.argument("name")
@_command_options
def run(name: str, arguments: tuple[str, ...], **options: Any) -> None:
    """Run CMD beside the engine of NAME.

    Ends with CMD's own exit code.
    """
    from dindguard.environment.client import run as run_command

    with _session() as (engine, guard):
        code = run_command(engine, name, list(arguments), guard, **options)
    sys.exit(code)


@command.command("with")
@_up
@_command_options
def with_(arguments: tuple[str, ...], environment: tuple[str, ...], interactive: bool, **options: Any) -> None:
    """Start an environment, run CMD in it, remove it.

    Ends with CMD's own exit code.
    """
    from dindguard.environment.lifecycle import with_environment

    spec = _spec("with", options)
    with _session() as (engine, guard):
        code = with_environment(
            engine, spec, list(arguments), guard, _say, environment=environment, interactive=interactive
        )
    sys.exit(code)


@command.command()
@click.argument("name")
@_as_json
def verify(name: str, form: str) -> None:
    """Put every check to the environment NAME again.

    Exit code 3 when one does not pass.
    """
    from dindguard.environment.verify import verify as verify_environment

    with _session() as (engine, guard):
        report = verify_environment(engine, name, guard)
    click.echo(report.json() if form == "json" else report.text())
    sys.exit(CLEAN if report.passed else INCOMPLETE)


@command.command()
@_as_json
def status(form: str) -> None:
    """List the environments of this engine."""
    from dindguard.environment import lookup

    with _session() as (engine, _):
        found = lookup.statuses(engine)
    click.echo(lookup.as_json(found) if form == "json" else lookup.as_text(found))


@command.command()
@click.argument("name", required=False)
@click.option("--all", "everything", is_flag=True, help="All environments of this engine.")
@click.option("--expired", is_flag=True, help="Those whose time to live is over.")
def down(name: str | None, everything: bool, expired: bool) -> None:
    """Remove the environment NAME, whatever is left.

    Nothing is touched that does not carry our labels and a name of ours.
    """
    from dindguard.environment.removal import down as take_down

    if sum((name is not None, everything, expired)) != 1:
        raise UserError("name one environment, or say --all or --expired")
    with _session() as (engine, guard), guard.unbroken():
        _say(take_down(engine, name, only_expired=expired))


@command.command()
@click.argument("form", metavar="FORMAT", type=click.Choice(FORMATS))
@click.option(
    "--isolation", type=click.Choice(LEVELS), default=None, help="The level (default: the best that FORMAT can say)."
)
@_consent
@_images
@_limits
@_mirror
@_tun
@click.option("--resolve", is_flag=True, help="Ask the engine for the images' digests (the one use of an engine).")
@click.option("-o", "--output", metavar="DIR", help="Write all files there, instead of the main one to stdout.")
def render(form: str, isolation: str | None, resolve: bool, output: str | None, **options: Any) -> None:
    """Write the environment for another tool.

    FORMAT is compose, kubernetes, gitlab-ci, github-actions, shell, or seccomp (the system call filter alone).
    """
    from dindguard.environment import render as renderer

    spec = renderer.settle(form, _spec("dindguard", options | {"isolation": isolation or "auto"}))
    if resolve:
        from dindguard.environment.images import resolved

        with _session() as (engine, _):
            spec = resolved(engine, spec)
    elif form != "seccomp" and not renderer.is_pinned(spec):
        _say("the images are written by version: --resolve, or --image and --client-image, pin them by digest")
    files = renderer.render(form, spec)
    if output is None:
        main, *others = files
        click.echo(files[main], nl=False)
        if others:
            _say(f"{main} goes with {', '.join(others)}: -o DIR writes them all")
    else:
        for path in renderer.write(files, output):
            _say(f"wrote {path}")
