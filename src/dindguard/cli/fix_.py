"""``dindguard fix``: show or make the edits that end findings, each proven by scanning the result."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, ClassVar

import click

from dindguard.cli.choice import PathName
from dindguard.cli.debug import debug_option
from dindguard.cli.helping import Sectioned, Sections
from dindguard.cli.options import (
    config_option,
    override,
    policy_option,
    profile_option,
    select_option,
    type_option,
    untrusted_option,
)
from dindguard.errors import CLEAN, INCOMPLETE
from dindguard.rules import Profile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dindguard.fixes.mending import Mended

_EPILOG = """\b
Examples:
  dindguard fix                          show the changes for the current folder
  dindguard fix --apply                  make them
  dindguard fix --unsafe compose.yaml    also changes that alter how containers run
  dindguard fix --select published-engine-api --apply

\b
Exit codes:
  0  done, whether or not there was anything to fix
  2  the command line, the configuration or a rule pack is at fault
  3  incomplete: something could not be read, or a rule failed
"""


class _Fix(Sectioned):
    sections: ClassVar[Sections] = {
        "What to fix": ("select", "unsafe", "profile"),
        "What to do": ("apply", "verbose"),
    }


@click.command("fix", cls=_Fix, epilog=_EPILOG)
@click.argument("paths", nargs=-1, type=PathName())
@click.option("--apply", is_flag=True, help="Write the changes to the files (default: only show them).")
@click.option("--unsafe", is_flag=True, help="Also make changes that alter how containers run.")
@select_option
@profile_option
@config_option
@policy_option
@untrusted_option
@type_option
@click.option("-v", "--verbose", is_flag=True, help="Say why a finding is not fixed.")
@debug_option
def command(
    paths: tuple[str, ...],
    apply: bool,
    unsafe: bool,
    select: tuple[str, ...],
    types: tuple[str, ...],
    profile: str | None,
    verbose: bool,
    **given: Any,
) -> None:
    """Fix findings that can be fixed without a decision of yours.

    PATHS are files or folders (default: the current folder). A change is made only if a scan of the edited files shows
    that the finding is gone and there is no new one. All else in the files stays as it is.
    """
    from dindguard.fixes.mending import mend
    from dindguard.scanning import Options

    options = Options(
        paths=paths or ("",),
        profile=Profile(profile) if profile else None,
        type_overrides=tuple(map(override, types)),
        **{name: value for name, value in given.items() if value is not None},
    )
    if apply:
        from dindguard.reports.output import stay_inside

        for path in paths:
            stay_inside(path)
    mended = mend(options, unsafe=unsafe, select=select)
    if apply:
        from dindguard.fixes.writing import write

        write(mended)
    else:
        from dindguard.fixes.diff import unified
        from dindguard.reports.output import deliver

        deliver(unified(mended, colour=_colour()), None)
    for line in _summary(mended, applied=apply, verbose=verbose):
        click.echo(line, err=True)
    sys.exit(INCOMPLETE if mended.before.incomplete else CLEAN)


def _colour() -> bool:
    from dindguard.reports import terminal

    return terminal.stdout().colour


def _summary(mended: Mended, *, applied: bool, verbose: bool) -> Iterator[str]:
    from dindguard.reports.safe import visible

    count, files = len(mended.made), len(mended.texts)
    what = f"{count} fix{'es' * (count != 1)} in {files} file{'s' * (files != 1)}"
    yield f"{'made' if applied else 'would make'} {what}" if count else "nothing to fix"
    for plan in mended.made:
        yield visible(f"  {plan.finding.span} {plan.finding.rule.id}: {plan.fixer.says}")
    left = mended.refused
    if left and not verbose:
        more = " (-v says why)"
        yield f"{len(left)} finding{'s' * (len(left) != 1)} that could not be fixed here{more}"
    for each in left if verbose else ():
        yield visible(f"  not fixed: {each.finding.span} {each.finding.rule.id}: {each.why}")
    if count and not applied:
        yield "write it with --apply"
