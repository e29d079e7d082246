"""``dindguard audit docker --watch``: what comes and goes, as lines of JSON."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dindguard.cli.audited import ENGINE_NAME, judge, redaction
from dindguard.errors import CLEAN, FINDINGS, INCOMPLETE
from dindguard.reports.safe import one_line
from dindguard.rules import Severity
from dindguard.source import Gravity

if TYPE_CHECKING:
    from dindguard.audit.snapshot import Facts
    from dindguard.scanning import Report

Found = dict[str, dict[str, Any]]


def watch_docker(stopped: bool, context: str, seconds: float | None, options: dict[str, Any]) -> int:
    """Print the findings that are there and not in the baseline, then each that comes or goes; return an exit code.

    Ends after ``seconds``, else when it is interrupted. 1 when a finding came, or was there, at or above the threshold;
    3 when a state could not be judged whole. Raises :class:`~dindguard.errors.UserError` when the engine goes.
    """
    from dindguard.audit.watch import states

    known: Found = {}
    told: set[str] = set()
    grave = False
    for facts, because in states(redaction(), stopped=stopped, context=context, seconds=seconds):
        report = _judged(facts, options)
        now = _open(report)
        fail_on = options["fail_on"]
        threshold = Severity[fail_on.upper()] if fail_on else report.config.fail_on
        for change, line in _changes(known, now):
            click.echo(json.dumps({"time": _clock(), "change": change, "after": because, **line}, ensure_ascii=False))
            grave = grave or (change == "found" and Severity[line["severity"].upper()] >= threshold)
        known = now
        _tell_faults(report, told)
    if told:
        return INCOMPLETE
    return FINDINGS if grave and not options["exit_zero"] else CLEAN


def _tell_faults(report: Report, told: set[str]) -> None:
    """Say once what kept a state from being judged whole."""
    for notice in report.notices:
        if notice.gravity is Gravity.ERROR and notice.message not in told:
            told.add(notice.message)
            click.echo(f"dindguard: {one_line(notice.message)}", err=True)


def _judged(facts: Facts, options: dict[str, Any]) -> Report:
    from dindguard.audit.snapshot import written

    return judge(written(facts), Path(ENGINE_NAME), options)


def _open(report: Report) -> Found:
    """Return what the report says of each finding that nothing silences, by fingerprint."""
    from dindguard.reports import json as writer

    told = ("rule", "severity", "message", "fingerprint", "subjects")
    return {
        finding["fingerprint"]: {name: finding[name] for name in told if name in finding}
        for finding in writer.document(report)["findings"]
        if finding.get("status", "open") == "open"
    }


def _changes(before: Found, now: Found) -> Iterator[tuple[str, dict[str, Any]]]:
    for key in sorted(now.keys() - before.keys()):
        yield "found", now[key]
    for key in sorted(before.keys() - now.keys()):
        yield "gone", before[key]


def _clock() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
