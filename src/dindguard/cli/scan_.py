"""``dindguard scan``: read, judge, report; the exit code says how it went."""

from __future__ import annotations

import os
import sys
import time
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, ClassVar

import click

from dindguard import reports
from dindguard.cli.choice import PathName
from dindguard.cli.debug import debug_option
from dindguard.cli.helping import Sections
from dindguard.cli.options import (
    baseline_option,
    config_option,
    exit_zero_option,
    fail_on_option,
    ignore_option,
    override,
    policy_option,
    profile_option,
    select_option,
    stdin_name_option,
    type_option,
    untrusted_option,
    verbose_option,
)
from dindguard.cli.outputs import OrderedOptions, paired, report_options, write_all
from dindguard.errors import CLEAN, FINDINGS, INCOMPLETE, UserError
from dindguard.rules import Profile, Severity

if TYPE_CHECKING:
    from dindguard.reports.progress import Progress
    from dindguard.scanning import Options, Report

_EPILOG = """\b
Examples:
  dindguard scan                                    the current folder
  dindguard scan compose.yaml ci/ -f concise        some files, one line per finding
  dindguard scan --since origin/main                only what a branch changes
  dindguard scan -f sarif -o a.sarif -f html -o a.html -f text
  docker compose config | dindguard scan --stdin-name compose.yaml -

\b
Exit codes:
  0  nothing at or above --fail-on
  1  findings at or above --fail-on
  2  the command line, the configuration or a rule pack is at fault
  3  incomplete: something could not be read, or a rule failed
"""


class _Scan(OrderedOptions):
    sections: ClassVar[Sections] = {
        "Reports": ("form", "output", "verbose", "statistics", "sarif_suppressed", "fixes"),
        "Exit code": ("fail_on", "exit_zero", "strict"),
        "Rules": ("profile", "select", "ignore", "packs", "rules_dirs", "rule_files"),
        "Files": ("types", "force_exclude", "stdin_name", "jobs"),
        "Configuration and policy": ("config", "policy", "baseline", "since", "trust", "untrusted"),
    }


@click.command("scan", cls=_Scan, epilog=_EPILOG)
@click.argument("paths", nargs=-1, type=PathName())
@report_options
@fail_on_option
@profile_option
@select_option
@ignore_option
@config_option
@policy_option
@baseline_option
@click.option("--since", metavar="REF", help="Report only what changed since this git revision.")
@click.option(
    "--trust",
    metavar="REF",
    help="Take configuration, waivers, allows and baseline from this git revision, not from the files at hand.",
)
@untrusted_option
@click.option(
    "--strict",
    is_flag=True,
    help="Exit with 3 if there are blind spots, undecided rules, or no files to scan.",
)
@exit_zero_option
@click.option(
    "--force-exclude",
    is_flag=True,
    help="Apply the configuration's excludes to files named on the command line, too.",
)
@type_option
@stdin_name_option
@click.option(
    "--pack",
    "packs",
    multiple=True,
    metavar="NAME",
    help="Also run the rules of this installed rule pack; repeatable.",
)
@click.option("--rules-dir", "rules_dirs", multiple=True, type=PathName(), metavar="DIR",
              help="Also run the rules in this folder, which must lie outside the scanned paths.")  # fmt: skip
@click.option("--rule-file", "rule_files", multiple=True, type=PathName(), metavar="FILE",
              help="Also run the rules in this file, written as expressions (docs/rules-without-code.md).")  # fmt: skip
@click.option("--sarif-suppressed", is_flag=True, help="SARIF: include silenced findings, marked as suppressed.")
@click.option("--fixes", is_flag=True, help="JSON and SARIF: include fixes, each verified by another scan.")
@click.option("--statistics", is_flag=True, help="Text: show counts by rule and by file instead of each finding.")
@verbose_option
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(min=1),
    default=None,
    metavar="N",
    help="Number of processes that look for files (default: by the amount of work, at most 8).",
)
@debug_option
def command(
    form: tuple[str, ...],
    output: tuple[str, ...],
    exit_zero: bool,
    strict: bool,
    fail_on: str | None,
    fixes: bool,
    **given: Any,
) -> None:
    """Find what is dangerous or broken in containers that run containers.

    PATHS are files or folders (default: the current folder); '-' reads standard input.
    """
    from dindguard.records import replace
    from dindguard.scanning import scan

    outputs = paired(form, output)
    look = {"verbose": given.pop("verbose"), "silenced": given.pop("sarif_suppressed")}
    look["statistics"] = given.pop("statistics")
    start = time.perf_counter()
    with _watched() as progress:
        asked = request(progress=progress, **given)
        report = scan(asked)
        if fixes:
            from dindguard.fixes.proposing import propose

            if progress is not None:
                progress("proving fixes")
            report = propose(report, asked)
        report = replace(report, seconds=time.perf_counter() - start)
        threshold = report.config.threshold(Severity[fail_on.upper()] if fail_on else None)
        write_all(outputs, report, reports.Options(fail_on=threshold, **look), progress)
    sys.exit(exit_code(report, threshold, strict=strict, exit_zero=exit_zero))


def _watched() -> AbstractContextManager[Progress | None]:
    """Return what shows on a terminal what the scan is at; nothing where there is none."""
    if sys.stderr is None or not sys.stderr.isatty():
        return nullcontext()
    from dindguard.reports.progress import Progress

    return Progress()


def exit_code(report: Report, fail_on: Severity, *, strict: bool = False, exit_zero: bool = False) -> int:
    """Return the process's code: incomplete before findings."""
    if report.incomplete or (strict and (report.unsure or reports.empty(report))):
        return INCOMPLETE
    worst = report.worst_open()
    return FINDINGS if worst is not None and worst >= fail_on and not exit_zero else CLEAN


def request(
    paths: tuple[str, ...],
    *,
    stdin_name: str | None = None,
    types: tuple[str, ...] = (),
    profile: str | None = None,
    jobs: int | None = 1,
    **given: Any,
) -> Options:
    """Return what the command line asks a scan to do; raises :class:`UserError` for what makes no sense."""
    from dindguard.scanning import Options

    files = tuple(path for path in paths if not _is_pipe(path))
    stdin = _stdin(stdin_name, [path for path in paths if _is_pipe(path)]) if len(files) < len(paths) else None
    if stdin_name is not None and stdin is None:
        raise UserError("--stdin-name goes with the path '-'")
    if not files and stdin is None:
        files = ("",)
    return Options(
        jobs=jobs or 0,
        paths=files,
        stdin=stdin,
        profile=Profile(profile) if profile else None,
        type_overrides=tuple(map(override, types)),
        **{name: value for name, value in given.items() if value is not None},
    )


def _is_pipe(path: str) -> bool:
    """Whether a path is standard input, or what a shell makes of ``<(command)``."""
    if not path.startswith(("/dev/fd/", "/dev/stdin", "/proc/self/fd/")):
        return path == "-"
    return os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path)


def _stdin(name: str | None, pipes: list[str]) -> tuple[str, bytes]:
    from dindguard.files import find_root, relative

    if len(pipes) > 1:
        raise UserError(f"{', '.join(pipes)}: only one document can come through a pipe")
    if pipes == ["-"]:
        if sys.stdin is None:
            raise UserError("-: standard input is closed")
        data = sys.stdin.buffer.read()
    else:
        with open(pipes[0], "rb") as pipe:
            data = pipe.read()
    return relative(os.path.realpath(name or _name_for(data)), find_root("")), data


def _name_for(data: bytes) -> str:
    """Return a name that lets an unnamed document be read as what its first line says it is."""
    start = data.lstrip()[:40].upper()
    if start.startswith(b"#!"):
        return "stdin.sh"
    if start.startswith((b"FROM ", b"ARG ", b"# SYNTAX=", b"#SYNTAX=")):
        return "stdin.Dockerfile"
    return "stdin.json" if start.startswith(b"{") else "stdin.yaml"
