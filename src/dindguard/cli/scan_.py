"""``dindguard scan``: read, judge, report; the exit code says how it went."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Any, ClassVar

import click

from dindguard import reports
from dindguard.cli.choice import Named, RuleName
from dindguard.cli.debug import debug_option
from dindguard.cli.helping import Sections
from dindguard.cli.outputs import OrderedOptions, paired, report_options, write_all
from dindguard.cli.policy_option import policy_option
from dindguard.cli.type_option import override, type_option
from dindguard.errors import CLEAN, FINDINGS, INCOMPLETE, UserError
from dindguard.rules import Profile, Severity

if TYPE_CHECKING:
    from dindguard.scanning import Options, Report

SEVERITIES = [severity.word for severity in sorted(Severity, reverse=True)]

_EPILOG = """\b
Examples:
  dindguard scan                                    the folder you are in
  dindguard scan compose.yaml ci/ -f concise        some files, one line for each finding
  dindguard scan --since origin/main                only what a branch brings
  dindguard scan -f sarif -o a.sarif -f html -o a.html -f text
  docker compose config | dindguard scan --stdin-name compose.yaml -

\b
Exit codes:
  0  nothing at or above --fail-on
  1  findings at or above --fail-on
  2  the command line, the configuration or a rule pack is at fault
  3  incomplete: something could not be read, or a rule failed
"""


_RULE = RuleName(categories=True)


class _Scan(OrderedOptions):
    sections: ClassVar[Sections] = {
        "Reports": ("form", "output", "verbose", "statistics", "sarif_suppressed", "fixes"),
        "The verdict": ("fail_on", "exit_zero", "strict"),
        "Which rules": ("profile", "select", "ignore", "packs", "rules_dirs", "rule_files"),
        "Which files": ("types", "force_exclude", "stdin_name", "jobs"),
        "What is known and agreed": ("config", "policy", "baseline", "since", "trust", "untrusted"),
    }


@click.command("scan", cls=_Scan, epilog=_EPILOG)
@click.argument("paths", nargs=-1, type=click.Path(allow_dash=True))
@report_options
@click.option(
    "--fail-on",
    type=Named(SEVERITIES),
    default=None,
    help="Exit with 1 for findings of this severity or above (the configuration's, else high).",
)
@click.option("--profile", type=Named([each.value for each in Profile]), help="Which rules (recommended).")
@click.option(
    "--select",
    multiple=True,
    type=RuleName(categories=True),
    metavar="RULE",
    help="Only this rule or category; may be repeated.",
)
@click.option(
    "--ignore",
    multiple=True,
    type=RuleName(categories=True),
    metavar="RULE",
    help="Not this rule or category; may be repeated.",
)
@click.option("--config", type=click.Path(), metavar="FILE", help="Use this configuration.")
@policy_option
@click.option("--baseline", type=click.Path(), metavar="FILE", help="Leave out the findings it lists.")
@click.option("--since", metavar="REF", help="Only what changed since this git revision.")
@click.option("--trust", metavar="REF", help="Obey the configuration, waivers, allows … of this git revision only.")
@click.option("--untrusted", is_flag=True, help="Obey nothing that the scanned files say about scanning.")
@click.option(
    "--strict",
    is_flag=True,
    help="Blind spots, rules that cannot decide, and having nothing to scan are incomplete (3).",
)
@click.option("--exit-zero", is_flag=True, help="Exit with 0 for findings, whatever their severity.")
@click.option(
    "--force-exclude", is_flag=True, help="Leave out what the configuration excludes even when it is named."
)
@type_option
@click.option("--stdin-name", metavar="NAME", help="What the document on standard input ('-') is called.")
@click.option("--pack", "packs", multiple=True, metavar="NAME", help="Use an installed rule pack.")
@click.option("--rules-dir", "rules_dirs", multiple=True, type=click.Path(), metavar="DIR",
              help="Use the rules of a folder outside the scanned paths.")  # fmt: skip
@click.option("--rule-file", "rule_files", multiple=True, type=click.Path(), metavar="FILE",
              help="Use the rules of a file, which are expressions (docs/rules-without-code.md).")  # fmt: skip
@click.option("--sarif-suppressed", is_flag=True, help="Put silenced findings into SARIF, marked as such.")
@click.option("--fixes", is_flag=True, help="JSON and SARIF: put proven fixes beside the findings (scans again).")
@click.option("--statistics", is_flag=True, help="Text: count by rule and by file instead of telling each finding.")
@click.option("-v", "--verbose", is_flag=True, help="Show notes and silenced findings.")
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(min=1),
    default=None,
    metavar="N",
    help="How many processes look for files (by the work: one for few or on two cores, up to 8 for many).",
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

    PATHS are files or folders, the current folder by default; '-' is standard input.
    """
    from dindguard.records import replace
    from dindguard.reports.progress import Progress
    from dindguard.scanning import scan

    outputs = paired(form, output)
    look = {"verbose": given.pop("verbose"), "silenced": given.pop("sarif_suppressed")}
    look["statistics"] = given.pop("statistics")
    start = time.perf_counter()
    with Progress() as progress:
        asked = request(progress=progress, **given)
        report = scan(asked)
        if fixes:
            from dindguard.fixes.proposing import propose

            progress("proving fixes")
            report = propose(report, asked)
        report = replace(report, seconds=time.perf_counter() - start)
        threshold = report.config.threshold(Severity[fail_on.upper()] if fail_on else None)
        write_all(outputs, report, reports.Options(fail_on=threshold, **look), progress)
    sys.exit(exit_code(report, threshold, strict=strict, exit_zero=exit_zero))


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
