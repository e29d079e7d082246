"""What the commands of ``dindguard env`` share: a session with the engine, options, and what they mean."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from dindguard.cli.choice import Named

if TYPE_CHECKING:
    from dindguard.engine_client import Engine
    from dindguard.environment.client import Command
    from dindguard.environment.signals import Guard
    from dindguard.environment.spec import Spec

LEVELS = ("sysbox", "rootless", "privileged")


def say(message: str) -> None:
    """Tell people, beside what goes to stdout."""
    click.echo(f"dindguard: {message}", err=True)


@contextmanager
def session() -> Iterator[tuple[Engine, Guard]]:
    """Open the engine with signals under control; a signal ends the process with the shell's code for it."""
    from dindguard.engine_client import connect
    from dindguard.environment.signals import Interrupted, guarded

    try:
        with guarded() as guard, connect() as engine:
            yield engine, guard
    except Interrupted as interruption:
        say(str(interruption))
        sys.exit(interruption.exit_code)


def options(*these: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return one decorator for several."""

    def decorate(function: Any) -> Any:
        for option in reversed(these):
            function = option(function)
        return function

    return decorate


as_json = click.option("--format", "form", type=Named(["text", "json"]), default="text", help="Output format.")
isolation_option = click.option(
    "--isolation",
    type=Named(["auto", *LEVELS]),
    default="auto",
    help="The isolation level; auto takes the best there is, never privileged mode without consent.",
)
consent_option = click.option(
    "--accept-privileged",
    "consent",
    metavar="TICKET",
    default="",
    help="The approval (a ticket) that permits privileged mode.",
)
image_options = options(
    click.option(
        "--image",
        "daemon_image",
        metavar="REF",
        default="",
        envvar="DINDGUARD_IMAGE",
        show_envvar=True,
        help="The nested engine's image (default: the official one for the level).",
    ),
    click.option(
        "--client-image",
        metavar="REF",
        default="",
        envvar="DINDGUARD_CLIENT_IMAGE",
        show_envvar=True,
        help="The image in which commands run (default: the official client's).",
    ),
)
limit_options = options(
    click.option(
        "--memory", default="2g", show_default=True, help="Memory limit of the engine and all its containers."
    ),
    click.option(
        "--cpus",
        type=click.FloatRange(0.1),
        default=2.0,
        show_default=True,
        help="Processor limit of the engine and all its containers.",
    ),
    click.option(
        "--pids",
        type=click.IntRange(128),
        default=1024,
        show_default=True,
        help="Limit of processes of the engine and all its containers.",
    ),
)
mirror_option = click.option(
    "--mirror", metavar="URL", default="", help="A registry mirror from which the nested engine pulls."
)
tun_option = click.option(
    "--tun-device",
    metavar="PATH",
    default="/dev/net/tun",
    envvar="DINDGUARD_TUN_DEVICE",
    show_envvar=True,
    help="A tun device on the engine's host that everyone may open (rootless).",
)
up_options = options(
    isolation_option,
    consent_option,
    image_options,
    limit_options,
    mirror_option,
    click.option(
        "--ttl", default="2h", show_default=True, help="Time to live, after which the engine stops by itself."
    ),
    click.option("--offline", is_flag=True, help="Give the environment's network no access to the outside."),
    click.option("--load", multiple=True, metavar="IMAGE", help="Copy this image from the outer engine; repeatable."),
    click.option(
        "--export",
        "exported",
        is_flag=True,
        help="Publish the engine on the loopback of the outer engine's host, for 'env export'.",
    ),
    tun_option,
)


def spec_of(name: str, chosen: dict[str, Any]) -> Spec:
    """Turn the options of ``up``, ``with`` and ``render`` into a :class:`Spec`."""
    from dindguard.environment.spec import CLIENT_IMAGE, Isolation, Limits, Spec, parse_size, parse_time

    asked = chosen.pop("isolation")
    limits = Limits(parse_size(chosen.pop("memory")), chosen.pop("cpus"), chosen.pop("pids"))
    return Spec(
        name,
        isolation=None if asked == "auto" else Isolation(asked),
        limits=limits,
        client_image=chosen.pop("client_image") or CLIENT_IMAGE,
        time_to_live=parse_time(chosen.pop("ttl", "2h")),
        **chosen,
    )


command_options = options(
    click.option(
        "-e",
        "--env",
        "environment",
        multiple=True,
        metavar="KEY[=VALUE]",
        help="Set a variable for the command; KEY alone passes yours on.",
    ),
    click.option("-i", "--interactive", is_flag=True, help="Pass stdin on to the command."),
    click.option("-t", "--tty", is_flag=True, help="Give the command this terminal."),
    click.argument("arguments", nargs=-1, required=True, metavar="-- CMD...", type=click.UNPROCESSED),
)
workspace_options = options(
    click.option(
        "--workspace",
        metavar="DIR",
        default=None,
        help="Copy DIR to /workspace, for the command and the nested engine, and what changed there back.",
    ),
    click.option("--bind", is_flag=True, help="Mount the workspace as it is instead, for the command alone."),
)


def command_of(arguments: tuple[str, ...], chosen: dict[str, Any]) -> Command:
    """Take the options of a command out of ``chosen``."""
    from dindguard.environment.client import Command
    from dindguard.environment.workspace import Workspace
    from dindguard.errors import UserError

    folder, bound = chosen.pop("workspace", None), chosen.pop("bind", False)
    if bound and folder is None:
        raise UserError("--bind goes with --workspace DIR")
    workspace = Workspace.at(folder, bound=bound) if folder is not None else None
    taken = {name: chosen.pop(name) for name in ("interactive", "tty")}
    environment = tuple(_settings(chosen.pop("environment")))
    return Command(list(arguments), environment, workspace=workspace, **taken)


def _settings(given: tuple[str, ...]) -> Iterator[str]:
    """Yield settings as Docker's own `-e` takes them: a name alone passes this process's variable on, if there is one."""
    import os

    for setting in given:
        name, sign, _ = setting.partition("=")
        if sign:
            yield setting
        elif name in os.environ:
            yield f"{name}={os.environ[name]}"
