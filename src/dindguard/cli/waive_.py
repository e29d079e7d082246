"""``dindguard waive``: write an approval record for one finding, or renew it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dindguard.cli import answers
from dindguard.cli.options import config_option, policy_option
from dindguard.cli.waiver_questions import questions, show
from dindguard.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dindguard.findings import Finding, Subject
    from dindguard.policy.waiver_file import Waiver
    from dindguard.policy.writing import Value
    from dindguard.scanning import Report


@click.command("waive")
@click.option("--rule", metavar="RULE", help="The rule of the finding.")
@click.option("--file", "file", metavar="FILE", help="The file of the finding, relative to the repository's root.")
@click.option("--at", metavar="ADDRESS", help="The address in that file, as 'dindguard scan -v' shows it.")
@click.option("--reason", metavar="TEXT", help="Why the setting is needed, in words.")
@click.option(
    "--alternative",
    "alternatives",
    multiple=True,
    metavar="TEXT",
    help="An alternative that was considered; repeatable.",
)
@click.option("--poc", metavar="LINK", help="The proof of concept that showed the need (for critical findings).")
@click.option("--owner", metavar="NAME", help="Who is responsible for it.")
@click.option(
    "--approver",
    "approvers",
    multiple=True,
    metavar="NAME:ROLE",
    help="Who approved it, and in which role (never the owner); repeatable.",
)
@click.option("--ticket", metavar="LINK", help="The ticket in which it was discussed.")
@click.option("--notes", metavar="TEXT", help="Anything else, such as compensating controls.")
@click.option("--approved", metavar="DATE", help="The day of the approval (default: today).")
@click.option(
    "--expires", metavar="DATE", help="The last day on which it holds (default: as late as the policy allows)."
)
@click.option("--renew", is_flag=True, help="Renew an existing waiver; what is not given stays as it is.")
@config_option
@policy_option
def command(renew: bool, config: str | None, policy: str | None, **given: Any) -> None:
    """Write a waiver: the dated approval, by people who answer for it, of one dangerous setting.

    On a terminal it asks for what is missing. A scan computes the fingerprint of the settings that are approved.
    """
    from dindguard.files import find_root
    from dindguard.scanning import Options, scan

    given = {name: value for name, value in given.items() if value not in (None, ())}
    report = scan(Options(paths=(find_root(Path.cwd()),), config=config, policy=policy, without_baseline=True))
    finding, subject = _chosen(report, given)
    old = _existing(report, subject)
    if old is not None and not renew:
        raise UserError(f"{old.span}: there is a waiver already: renew it with --renew, or fix it there")
    if old is None and renew:
        raise UserError(f"{_waiver_file()}: there is no waiver of {subject.rule} for {subject.address}: drop --renew")
    if answers.interactive():
        show(report, finding, subject, old)
    fields = _fields(report, finding, subject, given, old)
    _write(report, finding, fields, old)


def _waiver_file() -> str:
    from dindguard.policy.config import WAIVER_FILE

    return WAIVER_FILE


# -- which finding ----------------------------------------------------------------------------------


def _candidates(report: Report) -> Iterator[tuple[Finding, Subject]]:
    doubts = (each for each in report.doubts if each.rule.needs_approval)
    for finding in (*report.findings, *doubts):
        if finding.rule.category != "policy":
            for subject in finding.subjects:
                yield finding, subject


def _chosen(report: Report, given: dict[str, Any]) -> tuple[Finding, Subject]:
    """Return the finding that the options name; on a terminal the user picks among several."""
    from dindguard.rules import nearest

    found = list(_candidates(report))
    for option, values in (
        ("rule", [subject.rule for _, subject in found]),
        ("file", [subject.path for _, subject in found]),
        ("at", [subject.address for _, subject in found]),
    ):
        name = given.get(option)
        if name is not None and name not in values:
            raise UserError(f"--{option} {name}: no finding there{nearest(name, values)}; see 'dindguard scan -v'")
        kept = [(f, s) for f, s in found if name in (None, {"rule": s.rule, "file": s.path, "at": s.address}[option])]
        if not kept:
            raise UserError(f"--{option} {name}: no finding of the rule there; see 'dindguard scan -v'")
        found = kept
    distinct = list({subject.key: (finding, subject) for finding, subject in found}.values())
    if len(distinct) == 1:
        return max((pair for pair in found if pair[1].key == distinct[0][1].key), key=lambda pair: pair[0].severity)
    if not distinct:
        raise UserError("there is no finding to waive")
    return _picked(distinct)


def _picked(found: list[tuple[Finding, Subject]]) -> tuple[Finding, Subject]:
    lines = [f"{number:>3}. {_options(subject)}" for number, (_, subject) in enumerate(found, 1)]
    if not answers.interactive():
        raise UserError("several findings match; name one:\n" + "\n".join(line[5:] for line in lines))
    click.echo("\n".join(lines), err=True)
    number = click.prompt("Which one", type=click.IntRange(1, len(found)), err=True)
    return found[number - 1]


def _options(subject: Subject) -> str:
    import shlex

    rule, file, at = map(shlex.quote, subject.key)
    return f"--rule {rule} --file {file} --at {at}"


def _existing(report: Report, subject: Subject) -> Waiver | None:
    from dindguard.policy import waiver_file

    source = _source(report)
    file = waiver_file.read(source) if source is not None else waiver_file.WaiverFile()
    for problem, span in file.faults:
        raise UserError(f"{span}: {problem}: fix it before a waiver can be written")
    return next((waiver for waiver in file.waivers if waiver.key == subject.key), None)


def _source(report: Report) -> Any:
    from dindguard.working_tree import WorkingTree

    return WorkingTree(report.root).open(_waiver_file())


# -- what it says -----------------------------------------------------------------------------------


def _fields(
    report: Report, finding: Finding, subject: Subject, given: dict[str, Any], old: Waiver | None
) -> dict[str, Value]:
    """Return the record's fields: those given or asked for; for a renewal only what changes."""
    from dindguard.findings import identity
    from dindguard.policy.approval import fingerprint

    fields: dict[str, Value] = {"rule": subject.rule, "file": subject.path, "at": subject.address}
    for name in ("reason", "owner", "poc", "ticket", "notes", "expires"):
        if name in given:
            fields[name] = str(given[name]).strip()
    if "alternatives" in given:
        fields["alternatives"] = [str(text) for text in given["alternatives"]]
    if "approvers" in given:
        fields["approvers"] = [answers.approver(text) for text in given["approvers"]]
    approved = answers.day(given.get("approved"), "--approved") or dt.date.today()
    latest = approved + dt.timedelta(days=min(_longest(report, finding), (dt.date.max - approved).days))
    answers.day(given.get("expires"), "--expires")
    if old is None:
        _ask(questions(report, finding, fields, latest), fields)
    fields.setdefault("expires", latest.isoformat())
    blames = [s.blames for f in (*report.findings, *report.doubts) for s in f.subjects if s.key == subject.key]
    fields["mode"] = finding.rule.needs_approval or "other"
    fields["approved"] = approved.isoformat()
    fields["fingerprint"] = fingerprint(identity(*subject.key), subject.about, blames)
    return fields


def _ask(asked: list[answers.Question], fields: dict[str, Value]) -> None:
    try:
        answers.ask(asked, fields)
    except (click.Abort, KeyboardInterrupt):
        click.echo(f"\nnothing was written; go on from your answers with:\n  {_go_on(fields, asked)}", err=True)
        raise KeyboardInterrupt from None


def _go_on(fields: dict[str, Value], asked: list[answers.Question]) -> str:
    return answers.resumed(fields, asked, renew=False)


def _longest(report: Report, finding: Finding) -> int:
    from dindguard.rules import Severity

    approval = report.config.approval
    critical = finding.severity is Severity.CRITICAL
    return min(approval.max_days, approval.max_days_critical) if critical else approval.max_days


# -- writing ----------------------------------------------------------------------------------------


def _write(report: Report, finding: Finding, fields: dict[str, Value], old: Waiver | None) -> None:
    """Write the record unless it would be faulty; one that only lacks approvals is written, and said not to hold."""
    from dindguard.cli.writing import ensure_attributes, write_text

    text, waiver, faults = _judged(report, finding, fields, old)
    waiting = [fault for fault in faults if _awaits_approval(fault)]
    if len(waiting) < len(faults):
        problems = "\n".join(f"  it {fault[2]}" for fault in faults if fault not in waiting)
        raise UserError(f"the waiver was not written:\n{problems}{_kept_answers(report, finding, fields, old)}")
    root = Path(report.root)
    write_text(root / _waiver_file(), text)
    click.echo(f"wrote {_waiver_file()}:{waiver.span.line} ({waiver.lasts} days, until {waiver.expires})")
    if ensure_attributes(root):
        click.echo("wrote .gitattributes: two people's waivers merge")
    for _, _, problem in waiting:
        click.echo(f"dindguard: it does not hold yet: it {problem}", err=True)


def _judged(
    report: Report, finding: Finding, fields: dict[str, Value], old: Waiver | None
) -> tuple[str, Waiver, list[tuple[str, Any, str]]]:
    """Return the waiver file's new text, the record in it, and what is wrong with that."""
    from dindguard.policy import review, waiver_file, writing
    from dindguard.source import Source
    from dindguard.working_tree import WorkingTree

    source = _source(report)
    text = source.text if source is not None else ""
    key = (str(fields["rule"]), str(fields["file"]), str(fields["at"]))
    if old is None:
        text = writing.added(text, fields)
    else:
        text = writing.renewed(text, key, {k: v for k, v in fields.items() if k not in ("rule", "file", "at")})
    waiver = next(each for each in waiver_file.read(Source(_waiver_file(), text)).waivers if each.key == key)
    known, approval = {rule.id for rule in report.rules}, report.config.approval
    faults = [
        *review.reasons(waiver, approval, dt.date.today(), WorkingTree(report.root), known),
        *review.unfit(waiver, finding.rule, finding.severity, approval),
    ]
    return text, waiver, faults


def _kept_answers(report: Report, finding: Finding, fields: dict[str, Value], old: Waiver | None) -> str:
    """Return how to go on from what a person has typed; options are in the shell's own history."""
    if not answers.interactive():
        return ""
    asked = questions(report, finding, fields, dt.date.today())
    return f"\ngo on from your answers with:\n  {answers.resumed(fields, asked, renew=old is not None)}"


def _awaits_approval(fault: tuple[str, Any, str]) -> bool:
    return fault[0] == "waiver-lacks-role" or "approvers" in fault[2]
