"""``dindguard env``: stand up, check, use and remove the reference environment."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from dindguard.cli.choice import Named
from dindguard.cli.env_options import (
    LEVELS,
    as_json,
    consent_option,
    image_options,
    limit_options,
    mirror_option,
    say,
    session,
    spec_of,
    tun_option,
    up_options,
)
from dindguard.cli.env_use import exec_, export, load, run, with_
from dindguard.errors import CLEAN, INCOMPLETE, UserError

FORMATS = (
    "compose", "kubernetes", "arc", "gitlab-ci", "gitlab-chart", "github-actions", "jenkins", "buildkite", "tekton",
    "shell", "seccomp",
)  # fmt: skip


@click.group()
def command() -> None:
    """Start, verify and remove a safe reference environment: a nested engine whose isolation is checked."""


for _use in (run, with_, exec_, load, export):
    command.add_command(_use)


@command.command()
@as_json
def check(form: str) -> None:
    """Show which isolation levels this engine offers.

    And why not more. Creates nothing.
    """
    from dindguard.environment import offers

    with session() as (engine, _):
        found = offers.describe(engine.facts)
    click.echo(found.json() if form == "json" else found.text())


@command.command()
@click.argument("name")
@up_options
@click.option("--workspace-volume", "workspace", is_flag=True, help="Create a volume for `env run --workspace DIR`.")
@as_json
def up(name: str, form: str, **chosen: Any) -> None:
    """Start the environment NAME and verify it.

    What does not start, or does not pass, is removed again.
    """
    from dindguard.environment.lifecycle import up as bring_up
    from dindguard.environment.verify import NotVerifiedError

    spec = spec_of(name, chosen)
    with session() as (engine, guard):
        try:
            report = bring_up(engine, spec, guard, say)
        except NotVerifiedError as error:
            if form == "json":
                click.echo(error.report.json())
            raise
    click.echo(report.json() if form == "json" else report.text())


@command.command()
@click.argument("name")
@click.option(
    "--attest",
    "attested",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write a signed statement of what was verified to FILE.",
)
@click.option("--key", type=click.Path(path_type=Path), metavar="PEM", help="The private key that signs it.")
@click.option(
    "--nonce", default="", metavar="TEXT", help="A word for the statement to carry (default: a random one)."
)
@as_json
def verify(name: str, attested: Path | None, key: Path | None, nonce: str, form: str) -> None:
    """Verify the environment NAME again, with every check.

    Exit code 3 when one does not pass. With --attest a statement of what passed is signed and written; `dindguard
    attest check` reads it.
    """
    from dindguard.environment.verify import collect, judge

    if (attested is None) != (key is None):
        raise UserError("--attest FILE and --key PEM go together: an unsigned statement proves nothing")
    if key is not None:
        from dindguard.attestation import signer_of

        signer_of(key)  # a key that cannot sign is told before anything is asked
    with session() as (engine, guard):
        answers = collect(engine, name, guard)
    report = judge(answers)
    click.echo(report.json() if form == "json" else report.text())
    if attested is not None and key is not None and report.passed:
        from dindguard import attestation
        from dindguard.environment.attest import statement
        from dindguard.reports.output import deliver

        deliver(attestation.signed(statement(answers, report, nonce), key), attested)
        say(f"wrote {attested}")
    sys.exit(CLEAN if report.passed else INCOMPLETE)


@command.command()
@as_json
def status(form: str) -> None:
    """List the environments of this engine."""
    from dindguard.environment import lookup

    with session() as (engine, _):
        found = lookup.statuses(engine)
    click.echo(lookup.as_json(found) if form == "json" else lookup.as_text(found))


@command.command()
@click.argument("name", required=False)
@click.option("--all", "everything", is_flag=True, help="Remove all environments of this engine.")
@click.option("--expired", is_flag=True, help="Remove those whose time to live is over.")
def down(name: str | None, everything: bool, expired: bool) -> None:
    """Remove the environment NAME, or what is left of it.

    Nothing is touched that does not carry our labels and a name of ours.
    """
    from dindguard.environment.removal import down as take_down

    if sum((name is not None, everything, expired)) != 1:
        raise UserError("name one environment, or say --all or --expired")
    with session() as (engine, guard), guard.unbroken():
        say(take_down(engine, name, only_expired=expired))


@command.command()
@click.argument("form", metavar="FORMAT", type=Named(FORMATS))
@click.option(
    "--isolation",
    type=Named([*LEVELS, "kata"]),
    default=None,
    help="The isolation level (default: the best that FORMAT can express).",
)
@consent_option
@image_options
@limit_options
@mirror_option
@tun_option
@click.option(
    "--resolve", is_flag=True, help="Pin images to the digests that the engine knows (the only use of an engine)."
)
@click.option("-o", "--output", metavar="DIR", help="Write all files there, instead of the main one to stdout.")
def render(form: str, isolation: str | None, resolve: bool, output: str | None, **chosen: Any) -> None:
    """Write the environment for another tool.

    FORMAT is compose, kubernetes, github-actions, gitlab-ci, shell; arc (values of gha-runner-scale-set), gitlab-chart
    (values of gitlab-runner), jenkins, buildkite, tekton; or seccomp (the system call filter alone).
    """
    from dindguard.environment import render as renderer

    spec = renderer.settle(form, spec_of("dindguard", chosen | {"isolation": isolation or "auto"}))
    if resolve:
        from dindguard.environment.images import resolved

        with session() as (engine, _):
            spec = resolved(engine, spec)
    elif form != "seccomp" and not renderer.is_pinned(spec):
        say("the images are written by version: --resolve, or --image and --client-image, pin them by digest")
    files = renderer.render(form, spec)
    if output is None:
        main, *others = files
        click.echo(files[main], nl=False)
        if others:
            say(f"{main} goes with {', '.join(others)}: -o DIR writes them all")
    else:
        for path in renderer.write(files, output):
            say(f"wrote {path}")
