"""``dindguard attest``: signed statements of what was proven of an engine."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import click

from dindguard.cli.env_options import session
from dindguard.errors import CLEAN, INCOMPLETE, UserError
from dindguard.printable import printable

_FILE = click.Path(path_type=Path, dir_okay=False)

trust_option = click.option(
    "--trust", multiple=True, type=_FILE, metavar="PEM", help="A public key that you trust; repeatable."
)
nonce_option = click.option("--nonce", default="", metavar="TEXT", help="The nonce that the statement must contain.")


@click.group("attest")
def command() -> None:
    """Check signed statements about an engine, as `env verify --attest` writes them."""


@command.command()
@click.argument("file", type=_FILE)
@trust_option
@nonce_option
def check(file: Path, trust: tuple[Path, ...], nonce: str) -> None:
    """Check that the statement in FILE is about the engine that is running now.

    It must be signed by a key that you name, in its time, and about the very container that runs. Exit code 3 if not.
    """
    from dindguard.environment import attest

    predicate = read(file, trust, nonce)
    with session() as (engine, _):
        found = attest.differences(engine, predicate)
    for words in found:
        click.echo(f"  DIFFERS  {words}")
    name, isolation = (printable(predicate.get(key), 40) for key in ("environment", "isolation"))
    if found:
        click.echo(f"{name}: not the engine that was attested")
        sys.exit(INCOMPLETE)
    told = "attested" if predicate.get("isolated") is True else "attested, and not isolated from its host"
    click.echo(f"{name}: {isolation}, {told} at {predicate['taken']}, until {predicate['expires']}")
    sys.exit(CLEAN)


def read(file: Path, trust: tuple[Path, ...], nonce: str = "") -> dict[str, Any]:
    """Return what a statement says, if a trusted key has signed it and its time is not over."""
    from dindguard import attestation
    from dindguard.environment import attest

    try:
        with file.open(encoding="utf-8") as opened:
            text = opened.read(attestation.LARGEST + 1)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise UserError(f"{file}: cannot be read: {reason}") from error
    predicate: dict[str, Any] = attestation.opened(text, trust)["predicate"]
    attest.refuse_if_over(predicate, time.time(), nonce)
    return predicate
