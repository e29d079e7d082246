"""What an editor offers to do about a finding: its fixes, an allow, a waiver. The editor makes them, never the server."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from dindguard.documents import syntax as syntaxes
from dindguard.errors import UserError
from dindguard.fixes.planning import Planner
from dindguard.fixes.proving import prove
from dindguard.fixes.splices import Splice
from dindguard.language_server.positions import Places
from dindguard.policy.config import WAIVER_FILE

if TYPE_CHECKING:
    from dindguard.findings import Finding, Subject
    from dindguard.fixes.planning import Planned
    from dindguard.language_server.project import Project
    from dindguard.report import Report
    from dindguard.source import Source

REASON = "REASON"
"""Stands where a person has to write why: too short to be one, so that what is forgotten is a finding."""

_ANY_REASON = "a reason in words"
"""Stands there while a scan shows whether the allow would be obeyed."""

_MARKS = {syntaxes.GROOVY: "//", "batch": "::"}
"""What a comment begins with where that is no ``#``."""


def for_finding(project: Project, report: Report, finding: Finding, places: Places) -> Iterator[lsp.CodeAction]:
    """Yield the actions for a finding: proven fixes first."""
    yield from _fixes(project, report, finding, places)
    approval = finding.rule.needs_approval
    if approval and approval in report.config.approval.modes:
        yield _waiver(project, report, finding, places)
    else:
        yield from _allow(project, report, finding, places)


def _fixes(project: Project, report: Report, finding: Finding, places: Places) -> Iterator[lsp.CodeAction]:
    scan = project.scan
    planner = Planner(scan.files, scan.recogniser, report.model, report.sources.keys(), report.open)
    for plan in planner.every_plan(finding):
        if prove([plan], {}, report, project.edited, planner).kept:
            what = f"{plan.fixer.says}{' (changes what runs)' * plan.fixer.unsafe}"
            action = _action(f"dindguard: {what}", _changes(project, plan, places))
            action.is_preferred = not plan.fixer.unsafe
            yield action


def _changes(project: Project, plan: Planned, places: Places) -> dict[str, list[lsp.TextEdit]]:
    return {
        places.uri(path): list(_text_edits(project, path, splices, places)) for path, splices in plan.splices.items()
    }


def _text_edits(project: Project, path: str, splices: tuple[Splice, ...], places: Places) -> Iterator[lsp.TextEdit]:
    source = project.source(path)
    if source is None:
        return
    for splice in splices:
        at = lsp.Range(*(places.units.position_at(source, each) for each in (splice.start, splice.end)))
        yield lsp.TextEdit(at, splice.text)


def _allow(project: Project, report: Report, finding: Finding, places: Places) -> Iterator[lsp.CodeAction]:
    """Yield the action that writes an allow at the end of the finding's line, else above it: the first that a scan obeys."""
    source = project.source(finding.span.path)
    syntax = project.scan.recogniser.syntax_of(source) if source is not None else syntaxes.JSON
    if source is None or syntax == syntaxes.JSON:
        return
    for start, before, after in _comments(source, finding, syntax):
        text = f"{before}dindguard: allow[{finding.rule.id}] {REASON}{after}"
        if _is_obeyed(project, report, finding, Splice(start, start, text.replace(REASON, _ANY_REASON))):
            edits = list(_text_edits(project, source.path, (Splice(start, start, text),), places))
            title = f"dindguard: allow {finding.rule.id} here, with a reason"
            yield _action(title, {places.uri(source.path): edits})
            return


def _comments(source: Source, finding: Finding, syntax: str) -> Iterator[tuple[int, str, str]]:
    """Yield where a comment could stand that covers a finding's line: its place, and what goes before and after its words."""
    line = source.line_text(finding.span.line)
    mark = _MARKS.get(syntax, "#")
    begin = source.offset(finding.span.line, 1)
    if mark not in line and not line.endswith("\\"):
        yield begin + len(line), f"  {mark} ", ""
    indentation = line[: len(line) - len(line.lstrip())]
    yield begin, f"{indentation}{mark} ", "\r\n" if "\r\n" in source.text else "\n"


def _is_obeyed(project: Project, report: Report, finding: Finding, splice: Splice) -> bool:
    """Whether a scan of the file with an allow in it takes the finding for allowed, and finds nothing else than before."""
    path = finding.span.path
    text = project.text(path) or ""
    edited = project.edited({path: text[: splice.start] + splice.text + text[splice.end :]})
    allowed = any(each.fingerprint == finding.fingerprint and not each.open for each in edited.findings)
    wanted = Counter(each.fingerprint for each in report.open)
    wanted[finding.fingerprint] -= 1
    return allowed and +wanted == Counter(each.fingerprint for each in edited.open)


def _waiver(project: Project, report: Report, finding: Finding, places: Places) -> lsp.CodeAction:
    from dindguard.policy.writing import added

    old = project.text(WAIVER_FILE) or ""
    new = old
    for subject in finding.subjects:
        try:
            new = added(new, _fields(report, finding, subject))
        except UserError:
            break
    lines = old.count("\n")
    whole = lsp.Range(lsp.Position(0, 0), lsp.Position(lines + 1, 0))
    document = lsp.OptionalVersionedTextDocumentIdentifier(places.uri(WAIVER_FILE), None)
    create = lsp.CreateFile(places.uri(WAIVER_FILE), options=lsp.CreateFileOptions(ignore_if_exists=True))
    edit = lsp.WorkspaceEdit(document_changes=[create, lsp.TextDocumentEdit(document, [lsp.TextEdit(whole, new)])])
    title = f"dindguard: write a waiver of {finding.rule.id}, to be completed and approved"
    return lsp.CodeAction(title, kind=lsp.CodeActionKind.QuickFix, edit=edit)


def _fields(report: Report, finding: Finding, subject: Subject) -> Mapping[str, str | list[str]]:
    from dindguard.findings import identity
    from dindguard.policy.approval import fingerprint

    today = report.today or dt.date.today()
    days = report.config.approval.max_days
    blames = [each.blames for every in report.findings for each in every.subjects if each.key == subject.key]
    return {
        "rule": subject.rule, "file": subject.path, "at": subject.address,
        "mode": finding.rule.needs_approval or "other", "reason": REASON, "alternatives": [REASON], "owner": REASON,
        "approvers": [], "approved": today.isoformat(),
        "expires": (today + dt.timedelta(days=min(days, (dt.date.max - today).days))).isoformat(),
        "fingerprint": fingerprint(identity(*subject.key), subject.about, blames),
    }  # fmt: skip


def _action(title: str, changes: dict[str, list[lsp.TextEdit]]) -> lsp.CodeAction:
    return lsp.CodeAction(title, kind=lsp.CodeActionKind.QuickFix, edit=lsp.WorkspaceEdit(changes=changes))
