"""The record of waivers: all that was approved, by whom, and how long it still holds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import TYPE_CHECKING

from dindguard.reports import plural
from dindguard.reports.html.writing import Writer

if TYPE_CHECKING:
    from dindguard.policy.waiver_file import Waiver


def section(writer: Writer) -> Iterator[str]:
    """Yield the waivers, the first to end first."""
    waivers = writer.report.waivers
    if not waivers:
        return
    today = writer.report.today
    yield '<section id="waivers" aria-labelledby="waivers-title">'
    yield f'<h2 id="waivers-title">Waivers <span class="count">{len(waivers)}</span></h2>'
    for waiver in sorted(waivers, key=lambda each: (str(each.expires or ""), each.key)):
        yield from _waiver(writer, waiver, today)
    yield "</section>"


def _waiver(writer: Writer, waiver: Waiver, today: dt.date | None) -> Iterator[str]:
    days = waiver.days_left(today) if today is not None and waiver.expires is not None else None
    left = "" if days is None else f' <span class="left">{_left(days)}</span>'
    over = " over" if days is not None and days < 0 else ""
    yield f'<article class="card waiver{over}"><h3>{writer.text(waiver.rule)}{left}</h3><dl>'
    for term, fact in _record(waiver):
        if fact:
            yield f"<div><dt>{term}</dt><dd>{writer.text(fact)}</dd></div>"
    yield "</dl></article>"


def _record(waiver: Waiver) -> Iterator[tuple[str, str]]:
    data = waiver.as_data()
    yield "For", f"{data['at']} in {data['file']}"
    yield "Mode", str(data["mode"])
    yield "Reason", str(data["reason"])
    yield "Alternatives", "; ".join(data["alternatives"])
    yield "Owner", str(data["owner"])
    yield "Approved by", ", ".join(f"{each['name']} ({each['role']})" for each in data["approvers"])
    yield "Approved", str(data["approved"])
    yield "Expires", str(data["expires"])
    yield "Ticket", str(data["ticket"])
    yield "Proof of concept", str(data["poc"])
    yield "Notes", str(data["notes"])
    yield "Written at", str(waiver.span)


def _left(days: int) -> str:
    if days < 0:
        return f"ran out {plural(-days, 'day')} ago"
    return f"{plural(days, 'day')} left" if days else "ends today"
