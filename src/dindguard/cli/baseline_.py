"""``dindguard baseline``: write down the findings that are known, so that only new ones count."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dindguard.cli.policy_option import policy_option
from dindguard.errors import UserError

if TYPE_CHECKING:
    from dindguard.policy.baseline_file import Entry, Grace
    from dindguard.scanning import Report


@click.group("baseline")
def command() -> None:
    """Create or update the baseline of known findings.

    It holds no line numbers: moving, indenting and sorting keep it valid, another danger at the same place does not.
    """


_OUTPUT = click.option("-o", "--output", metavar="FILE", help="The baseline file (.dindguard/baseline.json).")
_CONFIG = click.option("--config", type=click.Path(path_type=Path), metavar="FILE", help="Use this configuration.")


@command.command()
@_OUTPUT
@_CONFIG
@policy_option
def create(output: str | None, config: Path | None, policy: str | None) -> None:
    """Write a baseline of what the repository has now."""
    report, path = _scanned(output, config, policy)
    if path.exists():
        raise UserError(f"{path} exists: 'dindguard baseline update' shrinks it, with --accept-new it grows")
    entries = tuple(entry for entry in _entries(report) if not entry.grace)
    _write(path, entries)
    click.echo(f"wrote {path}: {_count(entries)}{_left_out(report)}")


@command.command()
@_OUTPUT
@_CONFIG
@policy_option
@click.option("--accept-new", is_flag=True, help="Take in the findings that it does not hold yet.")
def update(output: str | None, config: Path | None, policy: str | None, accept_new: bool) -> None:
    """Remove what is gone; take in what is new only with --accept-new."""
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


def _scanned(output: str | None, config: Path | None, policy: str | None) -> tuple[Report, Path]:
    """Scan the whole repository without a baseline; return the report and the baseline's path."""
    from dindguard.files import find_root
    from dindguard.policy.file_names import BASELINE_FILE
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
