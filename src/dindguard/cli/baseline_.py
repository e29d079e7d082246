"""``dindguard baseline``: write down the findings that are known, so that only new ones count."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dindguard.cli.options import config_option, policy_option
from dindguard.errors import UserError

if TYPE_CHECKING:
    from dindguard.policy.baseline_file import Entry, Grace
    from dindguard.scanning import Report


@click.group("baseline")
def command() -> None:
    """Create or update the baseline of known findings.

    It holds no line numbers: it stays valid when code is moved, indented or sorted, but not for another danger at
    the same place.
    """


_OUTPUT = click.option(
    "-o", "--output", metavar="FILE", help="The baseline file (default: .dindguard/baseline.json)."
)


@command.command()
@_OUTPUT
@config_option
@policy_option
def create(output: str | None, config: str | None, policy: str | None) -> None:
    """Write a baseline of the findings that the repository has now."""
    report, path = _scanned(output, config, policy)
    if path.exists():
        raise UserError(f"{path} exists: 'dindguard baseline update' shrinks it, with --accept-new it grows")
    entries = tuple(entry for entry in _entries(report) if not entry.grace)
    _write(path, entries)
    click.echo(f"wrote {path}: {_count(entries)}{_left_out(report)}")


@command.command()
@_OUTPUT
@config_option
@policy_option
@click.option("--accept-new", is_flag=True, help="Add findings that it does not list yet.")
def update(output: str | None, config: str | None, policy: str | None, accept_new: bool) -> None:
    """Remove findings that are gone; add new ones only with --accept-new."""
    from dindguard.policy import baseline_file

    report, path = _scanned(output, config, policy)
    try:
        old = baseline_file.read(path.read_text("utf-8"), str(path))
    except (OSError, UnicodeDecodeError):
        raise UserError(f"{path} cannot be read: write it with 'dindguard baseline create'") from None
    update = baseline_file.updated(old.entries, _entries(report), accept_new=accept_new)
    _write(path, update.entries, old.grace)
    new = update.new
    added = (
        f"{new} added" if accept_new else f"{new} new left out (--accept-new takes them in)" if new else "none new"
    )
    moved = f"{update.moved} moved, " if update.moved else ""
    waiting = sum(entry.grace for entry in update.entries)
    click.echo(
        f"wrote {path}: {_count(update.entries)}, {update.removed} removed, {moved}{added}{_left_out(report, waiting)}"
    )


def _scanned(output: str | None, config: str | None, policy: str | None) -> tuple[Report, Path]:
    """Scan the whole repository without a baseline; return the report and the baseline's path."""
    from dindguard.files import find_root
    from dindguard.policy.config import BASELINE_FILE
    from dindguard.scanning import Options, scan

    root = find_root(Path.cwd())
    report = scan(Options(paths=(root,), config=config, policy=policy, without_baseline=True))
    if report.incomplete:
        raise UserError("the scan is incomplete, and so would be the baseline: see 'dindguard scan'", 3)
    return report, Path(output) if output else Path(root) / (report.config.baseline or BASELINE_FILE)


def _entries(report: Report) -> tuple[Entry, ...]:
    from dindguard.policy import baseline_file

    return baseline_file.entries_of(report.findings, report.config.approval.modes)


def _write(path: Path, entries: tuple[Entry, ...], grace: Grace | None = None) -> None:
    from dindguard.cli.writing import write_text
    from dindguard.policy import baseline_file

    write_text(path, baseline_file.write(entries, grace))


def _count(entries: tuple[Entry, ...]) -> str:
    return f"{len(entries)} known finding{'s' * (len(entries) != 1)}"


def _left_out(report: Report, waiting: int = 0) -> str:
    modes = report.config.approval.modes
    count = sum(1 for finding in report.open if finding.rule.needs_approval in modes) - waiting
    return f"; {count} left out, which only a waiver silences (dindguard waive)" if count > 0 else ""
