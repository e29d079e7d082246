"""``dindguard waivers``: the register of approvals, what each covers, its state, and who made it so."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dindguard.cli.options import config_option, format_option, output_option, policy_option
from dindguard.errors import UserError

if TYPE_CHECKING:
    from dindguard.policy.waiver_file import Waiver
    from dindguard.report import Report
    from dindguard.reports.register import Row

FORMATS = ("text", "json", "csv", "markdown", "html")


@click.command("waivers")
@format_option(*FORMATS)
@output_option
@click.option(
    "--due",
    is_flag=True,
    help="Show only those that have expired, do not hold, or expire within 'approval.warn-days'.",
)
@click.option("--history", is_flag=True, help="Show who added, renewed and withdrew each, and in which commit.")
@config_option
@policy_option
def command(form: str, output: str | None, due: bool, history: bool, config: str | None, policy: str | None) -> None:
    """List the waivers: what each says, what it covers and whether it holds; the first to expire comes first."""
    from dindguard.files import find_root
    from dindguard.reports import register
    from dindguard.reports.output import deliver
    from dindguard.scanning import Options, scan

    root = find_root(Path.cwd())
    report = scan(Options(paths=(root,), config=config, policy=policy, without_baseline=True))
    rows = sorted((_row(report, waiver) for waiver in _waivers(root)), key=_order)
    if due:
        soon = report.config.approval.warn_days
        rows = [row for row in rows if row["faults"] or row["days_left"] is None or row["days_left"] <= soon]
    if history:
        rows = _with_history(root, rows, due=due)
    deliver(register.render(form, rows), output)


def _waivers(root: str) -> tuple[Waiver, ...]:
    from dindguard.policy import waiver_file
    from dindguard.policy.config import WAIVER_FILE
    from dindguard.working_tree import WorkingTree

    source = WorkingTree(root).open(WAIVER_FILE)
    file = waiver_file.read(source) if source is not None else waiver_file.WaiverFile()
    for problem, span in file.faults:
        raise UserError(f"{span}: {problem}")
    return file.waivers


def _order(row: Row) -> tuple[Any, ...]:
    days = row["days_left"]
    return (-1 if days is None else days, row["file"], row["at"], row["rule"])


def _row(report: Report, waiver: Waiver) -> Row:
    own = range(waiver.span.line, waiver.span.end_line + 1)
    faults = [
        finding.message.removeprefix(f"{waiver} ")
        for finding in report.findings
        if finding.rule.id.startswith("waiver-") and finding.subjects[0].address == "|".join(waiver.key)
        if finding.span.line in own
    ]
    covers = [
        f"{finding.message} ({subject.path}:{subject.span.line})"
        for finding in report.findings
        if finding.rule.category != "policy"
        for subject in finding.subjects
        if subject.key == waiver.key
    ]
    days = waiver.days_left(dt.date.today()) if waiver.expires is not None else None
    return {
        **waiver.as_data(),
        "days_left": days,
        "state": _state(days, faults),
        "covers": list(dict.fromkeys(covers)),
        "faults": list(dict.fromkeys(faults)),
    }


def _state(days: int | None, faults: list[str]) -> str:
    if days is not None and days < 0:
        return "expired"
    return "not in force" if faults else "in force"


def _with_history(root: str, rows: list[Row], *, due: bool) -> list[Row]:
    """Return the rows with what happened to each, and those of waivers that were withdrawn."""
    from dindguard.policy.history import history

    events: dict[tuple[str, str, str], list[Row]] = {}
    for event in history(root):
        told = {name: getattr(event, name) for name in ("what", "commit", "date", "author", "signature", "subject")}
        events.setdefault(event.key, []).append({**told, "fields": list(event.fields)})
    for row in rows:
        row["history"] = events.pop((row["rule"], row["file"], row["at"]), [])
    gone = [] if due else [_withdrawn(key, told) for key, told in events.items() if told[-1]["what"] == "withdrawn"]
    return [*rows, *gone]


def _withdrawn(key: tuple[str, str, str], told: list[Row]) -> Row:
    from dindguard.reports.register import COLUMNS

    rule, file, at = key
    lists = dict.fromkeys(("approvers", "alternatives", "covers", "faults"), ())
    row: Row = {column: list(lists[column]) if column in lists else "" for column in COLUMNS}
    return row | {"rule": rule, "file": file, "at": at, "state": "withdrawn", "days_left": None, "history": told}
