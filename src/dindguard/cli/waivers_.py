"""``dindguard waivers``: the approval records, and how long each still holds."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dindguard.cli.policy_option import policy_option
from dindguard.errors import UserError

if TYPE_CHECKING:
    from dindguard.policy.waiver_file import Waiver


@click.command("waivers")
@click.option("-f", "--format", "form", type=click.Choice(["text", "json"]), default="text", help="Output.")
@click.option("--config", type=click.Path(path_type=Path), metavar="FILE", help="Use this configuration.")
@policy_option
def command(form: str, config: Path | None, policy: str | None) -> None:
    """List the waivers with the days they have left, the first to end first.

    Whether each still covers what was approved is told by 'dindguard scan'.
    """
    from dindguard.reports.json import dumps
    from dindguard.reports.output import deliver

    rows = _rows(config, policy)
    deliver(dumps({"waivers": rows}) if form == "json" else _table(rows), None)


def _rows(explicit: Path | None, policy: str | None) -> list[dict[str, Any]]:
    from dindguard.files import find_root
    from dindguard.policy import WAIVER_FILE, review, waiver_file
    from dindguard.policy.config_file import configuration
    from dindguard.scanning import Options, load_rules
    from dindguard.working_tree import WorkingTree

    root = find_root(Path.cwd())
    files = WorkingTree(root)
    source = files.open(WAIVER_FILE)
    file = waiver_file.read(source) if source is not None else waiver_file.WaiverFile()
    for problem, span in file.faults:
        raise UserError(f"{span}: {problem}")
    approval, today = configuration(files, explicit, policy).approval, dt.date.today()
    known = {rule.id for rule in load_rules(Options())}
    rows = []
    for waiver in file.waivers:
        faults = [problem for _, _, problem in review.reasons(waiver, approval, today, files, known)]
        rows.append(_row(waiver, today, faults))
    return sorted(rows, key=lambda row: (row["days_left"], row["file"], row["at"], row["rule"]))


def _row(waiver: Waiver, today: dt.date, faults: list[str]) -> dict[str, Any]:
    return {
        "rule": waiver.rule,
        "file": waiver.file,
        "at": waiver.at,
        "mode": waiver.mode,
        "owner": waiver.owner,
        "approvers": [{"name": each.name, "role": each.role} for each in waiver.approvers],
        "ticket": waiver.ticket,
        "reason": waiver.reason,
        "approved": str(waiver.approved or ""),
        "expires": str(waiver.expires or ""),
        "days_left": waiver.days_left(today),
        "faults": faults,
        "line": waiver.span.line,
    }


def _table(rows: list[dict[str, Any]]) -> str:
    from dindguard.reports import safe

    if not rows:
        return "no waivers\n"
    lines = []
    for row in rows:
        left = f"{row['days_left']} days left" if row["days_left"] >= 0 else f"ran out {-row['days_left']} days ago"
        lines.append(f"{left:>22}  {row['rule']}  {row['file']}  {row['at']}")
        people = ", ".join(f"{each['name']} ({each['role']})" for each in row["approvers"]) or "nobody"
        lines.append(f"{'':22}  owner {row['owner']}, approved by {people}, until {row['expires']}")
        lines += [f"{'':22}  not in force: it {fault}" for fault in row["faults"]]
    return "".join(f"{safe.visible(line)}\n" for line in lines)
