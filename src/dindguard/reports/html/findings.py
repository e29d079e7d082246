"""The findings: a card for each, by severity, those that policy silences at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from dindguard.findings import Finding
from dindguard.reports import advice, plural, safe, sentence
from dindguard.reports.html.writing import Writer, badge, containers_of, written
from dindguard.rules import Severity

GROUPS = (("severity", "severity"), ("rule", "rule"), ("file", "file"), ("service", "service or job"))
"""What findings can be grouped by, and how that is called."""


def section(writer: Writer, opened: Sequence[Finding], silenced: Sequence[Finding]) -> Iterator[str]:
    """Yield the findings with their filters; nothing when there are none."""
    if not opened and not silenced:
        return
    yield '<section id="findings" aria-labelledby="findings-title">'
    yield f'<h2 id="findings-title">Findings <span class="count">{len(opened)}</span></h2>'
    yield from _filters(writer, [*opened, *silenced])
    yield from _overview(writer, opened)
    yield '<div id="list">'
    for severity in sorted(Severity, reverse=True):
        those = [finding for finding in opened if finding.severity is severity]
        yield from _group(writer, f"severity-{severity.word}", severity.word, those)
    yield from _group(writer, "silenced", "silenced", silenced)
    yield "</div>\n</section>"


def _group(writer: Writer, name: str, title: str, findings: Sequence[Finding]) -> Iterator[str]:
    if findings:
        yield f'<section class="group" id="{name}"><h3>{title} <span class="count">{len(findings)}</span></h3>'
        yield from (_card(writer, finding) for finding in findings)
        yield "</section>"


def _filters(writer: Writer, findings: Sequence[Finding]) -> Iterator[str]:
    """Yield the form; it is hidden until the script that answers it runs."""
    yield '<form id="filters" class="filters" role="search" aria-label="Filter findings" hidden>'
    yield '<label>Search <input type="search" name="words" autocomplete="off"></label>'
    yield _choice(
        "severity", "Severity", [(s.word, s.word) for s in sorted({f.severity for f in findings}, reverse=True)]
    )
    rules = sorted({finding.rule.id for finding in findings})
    yield _choice("rule", "Rule", [(safe.markup(rule), safe.markup(rule)) for rule in rules])
    files = sorted({finding.span.path for finding in findings})
    yield _choice("file", "File", [(writer.path(path), writer.path(path) or "no file") for path in files])
    states = list(dict.fromkeys(str(finding.status) for finding in findings))
    yield _choice("state", "State", [(state, state) for state in states], chosen="open" if "open" in states else "")
    groups = "".join(f'<option value="{value}">{words}</option>' for value, words in GROUPS)
    yield f'<label>Group by <select name="group">{groups}</select></label>'
    yield '<button type="reset">Show all</button>'
    yield '<p id="shown" role="status"></p>\n</form>'


def _choice(name: str, label: str, options: Sequence[tuple[str, str]], chosen: str = "") -> str:
    listed = "".join(
        f'<option value="{value}"{" selected" if value == chosen else ""}>{words}</option>'
        for value, words in options
    )
    return f'<label>{label} <select name="{name}"><option value="">all</option>{listed}</select></label>'


def _overview(writer: Writer, opened: Sequence[Finding]) -> Iterator[str]:
    """Yield how many findings each rule and each file has; the numbers set the filter where a script runs."""
    if len(opened) < 6:
        return
    yield '<details class="overview"><summary>By rule and by file</summary><div class="columns">'
    rules = Counter(finding.rule.id for finding in opened)
    worst = {finding.rule.id: finding.severity for finding in sorted(opened, key=lambda finding: finding.severity)}
    rows = [
        f'<tr><td>{badge(worst[rule])}</td><td><a href="#rule-{safe.markup(rule)}" data-rule="{safe.markup(rule)}">'
        f"{safe.markup(rule)}</a></td><td>{count}</td></tr>"
        for rule, count in sorted(rules.items(), key=lambda each: (-worst[each[0]], -each[1], each[0]))
    ]
    yield f"<table><caption>By rule</caption>{''.join(rows)}</table>"
    files = Counter(finding.span.path for finding in opened)
    first = {finding.span.path: finding for finding in reversed(opened)}
    rows = [
        f'<tr><td><a href="#{_id(first[path])}" data-file="{writer.path(path)}">{writer.path(path) or "no file"}</a></td>'
        f"<td>{count}</td></tr>"
        for path, count in sorted(files.items(), key=lambda each: (-each[1], each[0]))
    ]
    yield f"<table><caption>By file</caption>{''.join(rows)}</table></div></details>"


def _id(finding: Finding) -> str:
    return f"finding-{finding.fingerprint}"


def _card(writer: Writer, finding: Finding) -> str:
    """Return a finding's card."""
    word, name = finding.severity.word, safe.markup(finding.rule.id)
    who = containers_of(finding)
    service = writer.text(str(who[0])) if who else "elsewhere"
    state = str(finding.status)
    head = (
        f'<article class="card {word}" id="{_id(finding)}" data-severity="{word}" data-rule="{name}" '
        f'data-file="{writer.path(finding.span.path)}" data-service="{service}" data-state="{state}">'
    )
    return "\n".join(
        [
            head,
            f'<h4>{badge(finding.severity)} <a href="#rule-{name}">{name}</a></h4>',
            f'<p class="message">{writer.text(sentence(finding.message))} {writer.place(finding.span)}</p>',
            *(_silence(writer, finding) if not finding.open else _detail(writer, finding)),
            "</article>",
        ]
    )


def _detail(writer: Writer, finding: Finding) -> Iterator[str]:
    yield writer.quote(writer.quoter.finding(finding))
    if finding.path:
        yield writer.steps(finding.path, [finding.span])
    if finding.containment:
        yield f'<p class="dim">Less grave here: {writer.text(finding.containment)}.</p>'
    if instead := advice(finding):
        yield f'<p class="{_times(writer, finding)}"><strong>Instead:</strong> {writer.text(instead)}.</p>'
    yield from _who(writer, finding)


def _times(writer: Writer, finding: Finding) -> str:
    """Return ``again`` for advice that an earlier card gives: paper, where nothing is filtered, does without."""
    said = (finding.rule.id, advice(finding))
    known = said in writer.advised
    writer.advised.add(said)
    return "again" if known else "first"


def _who(writer: Writer, finding: Finding) -> Iterator[str]:
    """Yield links to the containers that a finding is about."""
    who = list({written(each): each for each in containers_of(finding)}.values())
    links = [f'<a href="#{writer.id_of(each)}">{writer.text(str(each))}</a>' for each in who[:5]]
    rest = f" and {plural(len(who) - 5, 'more')}" if len(who) > 5 else ""
    if links:
        yield f'<p class="dim who">Its source, and all that was found about it: {", ".join(links)}{rest}</p>'


def _silence(writer: Writer, finding: Finding) -> Iterator[str]:
    """Yield who answers for a silenced finding."""
    reason = finding.subjects[0].reason
    yield f"<p><strong>{finding.status}</strong>{f': {writer.text(sentence(reason))}' if reason else ''}</p>"
    for record in [subject.record for subject in finding.subjects if subject.record]:
        people = ", ".join(f"{each['name']} ({each['role']})" for each in record["approvers"]) or record["owner"]
        words = f"Owned by {record['owner']}, approved by {people} on {record['approved']}, until {record['expires']}"
        yield f'<p>{writer.text(words)} (<a href="#waivers">waiver in line {int(record["line"])}</a>)</p>'
