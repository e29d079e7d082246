"""``dindguard audit``: the same rules on what is running."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from dindguard import reports
from dindguard.cli.attest_ import nonce_option, read, trust_option
from dindguard.cli.audited import CLUSTER_NAME, ENGINE_NAME, judge, redaction
from dindguard.cli.options import (
    baseline_option,
    config_option,
    exit_zero_option,
    fail_on_option,
    ignore_option,
    profile_option,
    select_option,
    verbose_option,
)
from dindguard.cli.outputs import OrderedOptions, paired, report_options, write_all
from dindguard.cli.scan_ import exit_code
from dindguard.errors import INCOMPLETE, UserError
from dindguard.rules import Severity

if TYPE_CHECKING:
    from dindguard.scanning import Report


_EPILOG = """\b
Exit codes:
  0  nothing at or above --fail-on
  1  findings at or above --fail-on
  2  the command line, the configuration or a rule pack is at fault
  3  incomplete: something could not be read, or a rule failed
  5  the engine or the cluster cannot be asked
"""
_FILE = click.Path(path_type=Path, dir_okay=False)
_OPTIONS = (
    report_options,
    fail_on_option,
    profile_option,
    select_option,
    ignore_option,
    config_option,
    baseline_option,
    exit_zero_option,
    verbose_option,
    click.option("--save", type=_FILE, metavar="FILE", help="Save what was collected to FILE, without secrets."),
    click.option(
        "--from", "saved", type=_FILE, metavar="FILE", help="Judge this file instead of asking the engine or cluster."
    ),
)


def _with_options(function: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


@click.group("audit")
def command() -> None:
    """Apply the rules to a running engine or cluster. It is only queried; nothing is changed."""


def _check_watching(saved: Path | None, save: Path | None, options: Mapping[str, Any]) -> None:
    """Refuse options that make no sense where an engine is watched."""
    if saved is not None:
        raise UserError("--watch asks an engine, and --from reads a file")
    if save is not None:
        raise UserError("--watch prints what changes; --save writes one state: leave one of them out")
    if options["form"] or options["output"]:
        raise UserError("--watch prints lines of JSON: leave --format and --output out")


@command.command("docker", cls=OrderedOptions, epilog=_EPILOG)
@click.option("--all", "stopped", is_flag=True, help="Audit stopped containers, too.")
@click.option(
    "--context", default="", metavar="NAME", help="Audit the engine of this context of the Docker command line."
)
@click.option(
    "--watch", is_flag=True, help="Keep watching; print each finding that appears or disappears as a line of JSON."
)
@click.option(
    "--for", "seconds", type=click.FloatRange(0.1), metavar="SECONDS", help="With --watch: stop after this time."
)
@click.option(
    "--require-attestation",
    "attested",
    type=_FILE,
    metavar="FILE",
    help="Exit with 3 unless the signed statement in FILE is about this engine.",
)
@trust_option
@nonce_option
@_with_options
def docker(
    saved: Path | None,
    save: Path | None,
    stopped: bool,
    context: str,
    watch: bool,
    seconds: float | None,
    attested: Path | None,
    trust: tuple[Path, ...],
    nonce: str,
    **options: Any,
) -> None:
    """Audit the containers of an engine, and the engine itself.

    The engine is the one that DOCKER_HOST names, else that of the Docker command line's current context.

    With --from, FILE holds what --save wrote, or the output of 'docker inspect' or 'docker info --format json'.
    """
    if watch:
        _check_watching(saved, save, options)
    elif seconds is not None:
        raise UserError("--for ends a watch: it goes with --watch")
    _check_proof(attested, trust, nonce, asks=saved is None and not watch)
    if saved is not None:
        _finish(_audit_file(saved, save, "output of 'docker inspect'", options), options)
    from dindguard.audit.docker import collect
    from dindguard.audit.snapshot import written

    if watch:
        from dindguard.cli.audit_watch import watch_docker

        sys.exit(watch_docker(stopped, context, seconds, options))
    found = collect(redaction(), stopped=stopped, context=context)
    unproven = _unproven(attested, trust, nonce, context) if attested is not None else ""
    report = _audit(written(found), ENGINE_NAME, save, options)
    if unproven:
        click.echo(f"dindguard: this engine is not proven: {unproven}", err=True)
    _finish(report, options, incomplete=bool(unproven))


@command.command("kubernetes", cls=OrderedOptions, epilog=_EPILOG)
@click.option("-n", "--namespace", default="", metavar="NAME", help="Audit only this namespace.")
@click.option("--context", default="", metavar="NAME", help="Use this context of kubectl instead of the current one.")
@_with_options
def kubernetes(saved: Path | None, save: Path | None, namespace: str, context: str, **options: Any) -> None:
    """Audit the workloads of a cluster, as 'kubectl get' shows them.

    With --from, FILE holds the output of 'kubectl get … --output json' (or yaml).
    """
    if saved is not None:
        _finish(_audit_file(saved, save, "objects of a cluster", options), options)
    from dindguard.audit.kubernetes import collect
    from dindguard.audit.snapshot import written

    found = collect(redaction(), namespace=namespace, context=context)
    report = _audit(written(found.objects), CLUSTER_NAME, save, options)
    if found.refused:
        click.echo(
            f"dindguard: the cluster did not show everything: {reports.safe.one_line(found.refused)}", err=True
        )
    _finish(report, options, incomplete=bool(found.refused))


def _check_proof(attested: Path | None, trust: tuple[Path, ...], nonce: str, *, asks: bool) -> None:
    """Refuse what would look like a proof that was asked for, and none was."""
    if attested is None and (trust or nonce):
        raise UserError("--trust and --nonce go with --require-attestation FILE")
    if attested is not None and not asks:
        raise UserError("--require-attestation asks an engine once: it goes neither with --from nor with --watch")


def _unproven(file: Path, trust: tuple[Path, ...], nonce: str, context: str) -> str:
    """Say why a statement does not prove the engine; empty if it does."""
    from dindguard import engine_client
    from dindguard.environment.attest import doubts

    try:
        predicate = read(file, trust, nonce)
        with engine_client.connect(context) as engine:
            return "; ".join(doubts(engine, predicate))
    except UserError as error:
        if error.exit_code != INCOMPLETE:
            raise
        return str(error)


def _audit_file(saved: Path, save: Path | None, what: str, options: dict[str, Any]) -> Report:
    """Judge a saved document; its findings point into the file."""
    if save is not None:
        raise UserError("--save goes with asking, and --from with what was saved")
    try:
        data = saved.read_bytes()
    except OSError as error:
        raise UserError(f"--from {saved}: cannot be read: {error.strerror}") from None
    report = judge(data, saved, options)
    if reports.empty(report) and not report.incomplete and not _lists_nothing(data):
        raise UserError(f"--from {saved}: there is no {what} in it")
    return report


def _lists_nothing(data: bytes) -> bool:
    """Whether it is an empty list of what was asked for: an engine or a namespace without containers is clean."""
    text = data.decode("utf-8", "replace").strip()
    if text == "[]":
        return True
    listed = re.search(r"""["']?kind["']?\s*:\s*["']?\w*List\b""", text)
    return listed is not None and re.search(r"""(?m)["']?items["']?\s*:\s*\[\s*\]""", text) is not None


def _audit(data: bytes, name: str, save: Path | None, options: dict[str, Any]) -> Report:
    """Judge what was collected; its findings point into the file it is saved in, if it is."""
    if save is None:
        return judge(data, Path(name), options)
    from dindguard.reports.output import deliver

    deliver(data.decode("utf-8"), save)
    return judge(data, save, options)


def _finish(report: Report, options: dict[str, Any], *, incomplete: bool = False) -> NoReturn:
    """Print the report and end the process with the code that it deserves."""
    fail_on = options["fail_on"]
    threshold = Severity[fail_on.upper()] if fail_on else report.config.fail_on
    shown = reports.Options(verbose=options["verbose"], fail_on=threshold)
    write_all(paired(options["form"], options["output"]), report, shown)
    code = exit_code(report, threshold, exit_zero=options["exit_zero"])
    sys.exit(INCOMPLETE if incomplete else code)
