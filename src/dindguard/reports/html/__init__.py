"""One page to keep or send: nothing loaded from elsewhere, readable without script, light, dark, print and phone.

The policy in its head lets our own script and style run, by their hashes, and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import pkgutil
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING

from dindguard.findings import Finding
from dindguard.reports import Options, page, safe, worst_first
from dindguard.reports.html import approvals, containers, findings, picture, scanned, unseen
from dindguard.reports.html.writing import Writer
from dindguard.reports.picture import svg

if TYPE_CHECKING:
    from dindguard.scanning import Report


def pieces(report: Report, options: Options) -> Iterator[str]:
    """Yield the page."""
    del options
    for part in _page(Writer(report)):
        yield safe.log_markup(f"{part}\n")


def _page(writer: Writer) -> Iterator[str]:
    report = writer.report
    opened = worst_first(finding for finding in report.findings if finding.open)
    silenced = worst_first(finding for finding in report.findings if not finding.open)
    script, style = _part("page.js"), _part("page.css") + svg.STYLE
    words = f"{scanned.name_of(report)}: {scanned.verdict(report, opened)} (dindguard)"
    policy = f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; base-uri 'none'; form-action 'none'"
    begun = [(list(islice(part, 2)), part) for part in _parts(writer, opened, silenced)]
    yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{writer.text(words)}</title>\n<style>{style}</style>\n</head>\n<body>"
    yield '<a class="skip" href="#main">Skip to the report</a>'
    yield from scanned.head(writer, opened)
    yield from _contents(line for head, _ in begun for line in head)
    yield '<main id="main">'
    for head, rest in begun:
        yield from chain(head, rest)
    yield f"</main>\n<script>{script}</script>\n</body>\n</html>"


def _parts(writer: Writer, opened: Sequence[Finding], silenced: Sequence[Finding]) -> Iterator[Iterator[str]]:
    yield picture.section(writer)
    yield unseen.section(writer)
    yield findings.section(writer, opened, silenced)
    yield containers.section(writer, opened)
    yield approvals.section(writer)
    yield unseen.notes(writer)
    yield _rules([*opened, *silenced])


def _contents(lines: Iterable[str]) -> Iterator[str]:
    """Yield links to the sections that are there, under the titles that their first lines have."""
    links = []
    for line in lines:
        if not line.startswith("<h2 "):
            continue
        name = line.partition('id="')[2].partition('-title"')[0]
        links.append(f'<li><a href="#{name}">{line.partition(">")[2].removesuffix("</h2>")}</a></li>')
    if links:
        yield f'<nav aria-label="Contents"><ul>{"".join(links)}</ul></nav>'


def _rules(found: Sequence[Finding]) -> Iterator[str]:
    """Yield the pages of the rules that found something, folded."""
    rules = {finding.rule.id: finding.rule for finding in found}
    if not rules:
        return
    yield '<section id="rules" aria-labelledby="rules-title">'
    yield f'<h2 id="rules-title">Rules <span class="count">{len(rules)}</span></h2>'
    for name in sorted(rules):
        rule = rules[name]
        title = f"<summary><strong>{safe.markup(name)}</strong> {safe.markup(rule.title)}</summary>"
        yield f'<details class="rule" id="rule-{safe.markup(name)}">{title}{page.for_html(rule.page)}</details>'
    yield "</section>"


def _part(name: str) -> str:
    """Return a file of this package."""
    data = pkgutil.get_data(__name__, name)
    assert data is not None
    return data.decode("utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}"
