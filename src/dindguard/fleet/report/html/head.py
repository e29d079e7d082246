"""The head of the page: what was scanned, when and by what, and counts that lead somewhere."""

from __future__ import annotations

from collections.abc import Iterator

from dindguard.fleet.dataset import OLD
from dindguard.fleet.report.answers import Report, joined
from dindguard.fleet.report.questions import SECTIONS
from dindguard.reports import plural, safe
from dindguard.rules import Severity

MINUS = "\N{MINUS SIGN}"
_SHOWN_HASH = 12

_COUNTS = (
    *((severity.word, severity.word, "rules") for severity in sorted(Severity, reverse=True)),
    ("rooted", "with a way to root", "ways"),
    ("blind_spots", "blind spots", "blind-spots"),
    ("waivers_run_out", "waivers ran out", "waivers"),
    ("waivers_due", "waivers due", "waivers"),
    ("quarantined", "quarantined", "not-whole"),
)
"""Number, what it is called, and the section that it leads to."""

_WORDS = {
    "repositories": "Repositories", "scanned": "scanned whole", "incomplete": "of which something could not be read",
    "quarantined": "quarantined", "critical": "Open findings, critical", "high": "high", "medium": "medium", "low": "low",
    "info": "info", "ways_to_root": "Ways to root", "rooted": "Repositories with a way to root",
    "blind_spots": "Blind spots", "unreadable": "Files that could not be read", "waivers": "Waivers",
    "waivers_due": "due", "waivers_run_out": "run out",
}  # fmt: skip
_NEUTRAL = ("repositories", "scanned", "waivers")


def title(report: Report) -> str:
    """Return the page's title: the fleet and its verdict."""
    return f"{safe.one_line(report.name)}: {_verdict(report)} (dindguard)"


def _verdict(report: Report) -> str:
    totals = report.totals()
    found = [f"{totals[each.word]:,} {each.word}" for each in sorted(Severity, reverse=True) if totals[each.word]]
    return f"{', '.join(found) or 'no open findings'} in {_many(totals['repositories'])}"


def head(report: Report) -> Iterator[str]:
    """Yield the header."""
    totals, before = report.totals(), report.before()
    yield f"<header>\n<h1>{_text(report.name)}: {safe.markup(_many(totals['repositories']))}</h1>"
    yield '<dl class="facts">'
    for term, fact in _facts(report, totals):
        if fact:
            yield f"<div><dt>{term}</dt><dd>{_text(fact)}</dd></div>"
    yield "</dl>"
    yield f'<ul class="counts" aria-label="The fleet in numbers">{"".join(_counts(report, totals, before))}</ul>'
    if words := _unknown(totals):
        yield f'<p class="unknown">{words}{_link(report, "not-whole", "Which, and why")}</p>'
    if report.unlike():
        yield (
            f"<p><strong>{_text(joined(report.unlike(), ' and '))}</strong> changed since the dataset compared with: some of "
            "what came and went did so for that reason, and not because somebody wrote anything.</p>"
        )
    yield from _search()
    yield "</header>"


def _search() -> Iterator[str]:
    """Yield the form; it is hidden until the script that answers it runs."""
    yield '<form id="filters" class="filters" role="search" aria-label="Search in all tables" hidden>'
    yield '<label>Search in all tables <input type="search" name="words" autocomplete="off"></label>'
    yield '<button type="reset">Show all</button><p id="shown" role="status"></p></form>'


def _facts(report: Report, totals: dict[str, int]) -> Iterator[tuple[str, str]]:
    made = report.made_by()
    parts = [f"{totals[name]:,} {name}" for name in ("scanned", "incomplete", "quarantined") if totals[name]]
    yield "Repositories", ", ".join(parts)
    yield "Scanned", _span(made["first"], made["last"])
    yield "dindguard", joined(made["dindguard"])
    yield "Rules", joined(each[:_SHOWN_HASH] for each in made["rules"])
    yield "Policy", joined(each[:_SHOWN_HASH] for each in made["policy"])
    if report.compared:
        old = report.made_by(OLD)
        yield "Compared with", f"{report.against}, {_span(old['first'], old['last'])}"
    yield "Report of", report.today.isoformat()


def _span(first: str, last: str) -> str:
    """Return one moment, or the days between two."""
    if first[:10] == last[:10]:
        return last.replace("T", " ").removesuffix("Z") + (" UTC" if last else "")
    return f"{first[:10]} to {last[:10]}"


def _counts(report: Report, totals: dict[str, int], before: dict[str, int]) -> Iterator[str]:
    for name, words, section in _COUNTS:
        if not totals[name] and not before.get(name):
            continue
        tone = name if name in {each.word for each in Severity} else "warning"
        tone = "high" if name == "rooted" else tone
        difference = change(totals[name] - before[name]) if before else ""
        link = _link(report, section, f"<b>{totals[name]:,}</b> {words}")
        yield f'<li class="{tone}">{link}{difference}</li>'
    if not any(totals[each.word] for each in Severity):
        yield '<li class="good"><b>0</b> open findings in what was read</li>'


def _link(report: Report, section: str, words: str) -> str:
    """Return words that lead to a section, if the page has it."""
    there = report.chosen in ("", section) and report.dataset.rows(SECTIONS[section].question, most=1)
    return f'<a href="#{id_of(section)}">{words}</a>' if there else words


def _unknown(totals: dict[str, int]) -> str:
    """Return what the numbers do not cover."""
    parts = []
    if count := totals["quarantined"]:
        parts.append(f"{_many(count)} could not be scanned: what is in {'it' if count == 1 else 'them'} is not known")
    if count := totals["incomplete"]:
        parts.append(f"of {_many(count)} something could not be read")
    if not parts:
        return ""
    words = "; ".join(parts)
    return f"{words[:1].upper()}{words[1:]}. "


def comparison(report: Report) -> Iterator[str]:
    """Yield the numbers of both datasets beside each other."""
    if not report.compared or report.chosen:
        return
    now, before = report.totals(), report.before()
    yield '<section id="then" aria-labelledby="then-title">'
    yield '<h2 id="then-title">Then and now</h2>'
    yield '<div class="table"><table><thead><tr><th></th><th class="n">Then</th><th class="n">Now</th>'
    yield '<th class="n">Change</th></tr></thead><tbody>'
    for name, words in _WORDS.items():
        if now[name] or before[name]:
            inner = "" if words[:1].isupper() else ' class="inner"'
            yield (
                f'<tr><td{inner}>{words}</td><td class="n">{before[name]:,}</td><td class="n">{now[name]:,}</td>'
                f'<td class="n">{change(now[name] - before[name], plain=name in _NEUTRAL)}</td></tr>'
            )
    yield "</tbody></table></div></section>"


def id_of(section: str) -> str:
    """Return the anchor of a section."""
    return f"fleet-{section}"


def change(difference: int, *, plain: bool = False) -> str:
    """Return how much more there is, with its sign; nothing where nothing changed.

    More is worse, unless it is ``plain``: then it is neither.
    """
    if not difference:
        return ""
    sign, word = ("+", "more") if difference > 0 else (MINUS, "less")
    word = "dim" if plain else word
    return f' <span class="{word}">{sign}{abs(difference):,}</span>'


def _many(count: int) -> str:
    return f"{count:,} {plural(count, 'repository').partition(' ')[2]}".replace("repositorys", "repositories")


def _text(text: str) -> str:
    return safe.markup(safe.one_line(text))
