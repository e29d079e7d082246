"""One page to keep or send: no script, nothing loaded from elsewhere, light and dark."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard import __version__
from dindguard.findings import Finding
from dindguard.reports import Options, advice, by_severity, empty, errors, page, plural, safe, sentence, worst_first
from dindguard.reports.excerpt import Excerpt
from dindguard.reports.masking import Masks
from dindguard.reports.quoting import Quote, QuotedLine, Quoter
from dindguard.rules import Rule
from dindguard.source import Gravity, Notice, Span

if TYPE_CHECKING:
    from dindguard.scanning import Report

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

_STYLE = """
:root { color-scheme: light dark; --back: #f6f7f9; --card: #fff; --text: #1c2128; --dim: #636c76; --line: #d7dce2;
  --critical: #8f2bb8; --high: #c62828; --medium: #b26a00; --low: #1766b5; --info: #4d6470; --mark: #ffe1a8; }
@media (prefers-color-scheme: dark) { :root { --back: #14171c; --card: #1c2128; --text: #dde3ea; --dim: #939daa;
  --line: #343b45; --critical: #d38bf2; --high: #ff7b72; --medium: #e3a341; --low: #6cb0f5; --info: #9fb4c0;
  --mark: #5b4413; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 2rem 1rem 4rem; }
a { color: inherit; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .8rem; }
.dim { color: var(--dim); } code, pre { font: 13px/1.55 ui-monospace, Menlo, Consolas, monospace; }
.counts { display: flex; flex-wrap: wrap; gap: .6rem; margin: 1.2rem 0 0; padding: 0; list-style: none; }
.counts li { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .5rem 1rem; }
.counts b { font-size: 1.4rem; display: block; line-height: 1.2; }
.card { background: var(--card); border: 1px solid var(--line); border-left: .3rem solid var(--tone);
  border-radius: .5rem; padding: .9rem 1.1rem; margin: 0 0 1rem; overflow-wrap: anywhere; }
.card h3 { margin: 0; font-size: 1rem; } .card p { margin: .4rem 0; }
.tone { color: var(--tone); font-weight: 600; }
.critical { --tone: var(--critical); } .high { --tone: var(--high); } .medium { --tone: var(--medium); }
.low { --tone: var(--low); } .info, .note { --tone: var(--info); } .error { --tone: var(--high); }
.warning { --tone: var(--medium); } .good { --tone: #2e7d32; }
.quote { border-collapse: collapse; display: block; overflow-x: auto; margin: .5rem 0; padding: .4rem 0;
  background: var(--back); border-radius: .35rem; }
.quote td { padding: 0 .8rem; vertical-align: top; white-space: pre; }
.quote td:first-child { text-align: right; color: var(--dim); user-select: none; }
.quote .why { white-space: normal; color: var(--low); font-size: 14px; }
mark { background: var(--mark); color: inherit; border-radius: .2rem; }
details { margin: .4rem 0; } summary { cursor: pointer; } pre { overflow-x: auto; }
"""


def render(report: Report, options: Options) -> str:
    """Return the page."""
    del options
    return safe.log_markup(_Page(report).page())


class _Page:
    """The pieces of the page: each method returns HTML, and escapes whatever it is given."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.masks = Masks(report.model)
        self.quoter = Quoter(report.sources, self.masks, 200)
        self.opened = worst_first(finding for finding in report.findings if finding.open)

    def text(self, text: str) -> str:
        """Return a message without credentials, escaped."""
        return safe.markup(self.masks.text(safe.one_line(text)))

    def page(self) -> str:
        """Return the whole page."""
        silenced = [finding for finding in self.report.findings if not finding.open]
        told = [notice for notice in self.report.notices if notice.gravity is not Gravity.NOTE]
        notes = [notice for notice in self.report.notices if notice.gravity is Gravity.NOTE]
        rules = {finding.rule.id: finding.rule for finding in self.opened}
        parts = [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>dindguard: {self.verdict()}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>",
            f'<h1>dindguard</h1>\n<p class="dim">{self.read()}</p>\n{self.counts()}',
            *self.section("Could not be looked at", [self.notice(notice) for notice in told]),
            *self.section("Findings", [self.finding(finding) for finding in self.opened]),
            *self.section("Silenced", [self.silenced(finding) for finding in silenced]),
            *self.section("Notes", [self.notice(notice) for notice in notes]),
            *self.section("Rules", [self.rule(rules[name]) for name in sorted(rules)]),
            "</main>\n</body>\n</html>\n",
        ]
        return "\n".join(parts)

    def section(self, title: str, items: list[str]) -> list[str]:
        """Return a heading and its items, or nothing."""
        return [f"<h2>{title}</h2>", *items] if items else []

    def verdict(self) -> str:
        """Return the result in a few words."""
        if self.opened:
            return ", ".join(f"{count} {severity.word}" for severity, count in by_severity(self.opened))
        if errors(self.report.notices):
            return "no findings, but the scan is incomplete"
        return "nothing to scan" if empty(self.report) else "no findings"

    def read(self) -> str:
        """Return what was read and what was not."""
        report = self.report
        parts = [f"{plural(report.files_read, 'file')} read"]
        if report.files_without_interest:
            parts.append(f"{report.files_without_interest} without containers or engines")
        if report.files_unreadable:
            parts.append(f"{report.files_unreadable} could not be read")
        words = " · ".join([", ".join(parts), plural(len(report.rules), "rule"), *report.policy_summary])
        return f"{self.text(words)} · version {safe.markup(__version__)}"

    def counts(self) -> str:
        """Return the numbers by severity."""
        items = [
            f'<li class="{severity.word}"><b class="tone">{count}</b>{severity.word}</li>'
            for severity, count in by_severity(self.opened)
        ]
        if not items:
            tone = "warning" if empty(self.report) or errors(self.report.notices) else "good"
            items = [f'<li class="{tone}"><b class="tone">0</b>{self.verdict()}</li>']
        return f'<ul class="counts">{"".join(items)}</ul>'

    def place(self, span: Span) -> str:
        """Return ``path:line:column``."""
        return f"<code>{safe.markup(str(span))}</code>" if span.path else ""

    def finding(self, finding: Finding) -> str:
        """Return a finding's card."""
        word, name = finding.severity.word, safe.markup(finding.rule.id)
        parts = [
            f'<article class="card {word}" id="finding-{safe.markup(finding.fingerprint)}">',
            f'<h3><span class="tone">{word}</span> <a href="#rule-{name}">{name}</a></h3>',
            f"<p>{self.text(sentence(finding.message))}</p>\n<p>{self.place(finding.span)}</p>",
            *(self.quote(quote, first=not index) for index, quote in enumerate(self.quoter.finding(finding))),
        ]
        if finding.path:
            steps = "".join(f"<li>{self.text(s.what)} {self.place(s.span)}</li>" for s in finding.path)
            parts.append(f"<details><summary>The way to the host</summary><ol>{steps}</ol></details>")
        if finding.containment:
            parts.append(f'<p class="dim">Less grave here: {self.text(finding.containment)}.</p>')
        if instead := advice(finding):
            parts.append(f"<p><strong>Instead:</strong> {self.text(instead)}.</p>")
        return "\n".join([*parts, "</article>"])

    def quote(self, quote: Quote, *, first: bool) -> str:
        """Return quoted lines as a table, their notes below them."""
        rows = [] if first else [f'<tr><td></td><td class="dim">{self.place(quote.first)}</td></tr>']
        for line in quote.lines:
            rows.append(f"<tr><td>{line.number}</td><td><code>{_marked(line.excerpt)}</code></td></tr>")
            rows += [f'<tr><td></td><td class="why">{safe.markup(note)}</td></tr>' for note in _notes(line)]
        return f'<table class="quote"><tbody>{"".join(rows)}</tbody></table>' if rows else ""

    def notice(self, notice: Notice) -> str:
        """Return a notice's card."""
        remedy = f"<p>{self.text(sentence(notice.remedy))}</p>" if notice.remedy else ""
        return (
            f'<article class="card {notice.gravity}"><h3><span class="tone">{notice.gravity}</span> '
            f"{safe.markup(notice.kind)} {self.place(notice.span)}</h3>"
            f"<p>{self.text(sentence(notice.message))}</p>{remedy}</article>"
        )

    def silenced(self, finding: Finding) -> str:
        """Return who answers for a silenced finding."""
        reason = finding.subjects[0].reason
        because = f"<p>{self.text(sentence(reason))}</p>" if reason else ""
        return (
            f'<article class="card info"><h3><span class="tone">{finding.status}</span> '
            f"{safe.markup(finding.rule.id)} {self.place(finding.span)}</h3>"
            f"<p>{self.text(sentence(finding.message))}</p>{because}</article>"
        )

    def rule(self, rule: Rule) -> str:
        """Return a rule's page, folded."""
        name = safe.markup(rule.id)
        head = f"<summary><strong>{name}</strong> {safe.markup(rule.title)}</summary>"
        return (
            f'<details class="card {rule.severity.word}" id="rule-{name}">{head}{page.for_html(rule.page)}</details>'
        )


def _notes(line: QuotedLine) -> list[str]:
    return [note for note in dict.fromkeys(line.notes) if note]


def _marked(excerpt: Excerpt) -> str:
    """Return a quoted line with its marks; columns count wide characters twice, so they are walked."""
    from dindguard.reports.terminal import cell

    result = []
    column = 0
    inside = False
    for char in excerpt.text:
        width = cell(char)
        now = any(start <= column < end for start, end in excerpt.marks) if width else inside
        if now != inside:
            result.append("<mark>" if now else "</mark>")
            inside = now
        result.append(safe.markup(char))
        column += width
    return "".join([*result, "</mark>"] if inside else result)
