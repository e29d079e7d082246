"""``dindguard explain``: the page of a rule, or a guide."""

from __future__ import annotations

from typing import Any

import click

from dindguard import guides
from dindguard.cli.choice import RuleName
from dindguard.cli.known_rules import configured, every
from dindguard.cli.options import format_option
from dindguard.cli.rules_ import sources_of_rules
from dindguard.errors import UserError
from dindguard.reports import terminal
from dindguard.rules import Rule, nearest

FORMATS = ("text", "markdown", "json")


@click.command("explain")
@click.argument("name", metavar="RULE|choosing|glossary", type=RuleName())
@format_option("text", "markdown", "json")
@sources_of_rules("Look in")
@click.option("--no-pager", is_flag=True, help="Do not open a pager.")
def command(name: str, form: str, no_pager: bool, **given: Any) -> None:
    """Explain a rule: why it matters, what to write instead, and when a finding can be accepted.

    'choosing' tells how a job gets a container engine and what each way costs, 'glossary' what words mean here.
    """
    from dindguard.reports.output import deliver

    screen = terminal.stdout()
    if name in guides.NAMES:
        document = _guide(name, form, screen)
    else:
        document = _document(_find(name, given), form, screen)
    if screen.interactive and form == "text" and not no_pager and _long(document):
        click.echo_via_pager(document, color=screen.colour)
    else:
        deliver(document, None)


def _find(name: str, given: dict[str, Any]) -> Rule:
    """Return the rule of an id; a configuration that cannot be read is in the way of its own rules only."""
    rules = every(**given)
    if name not in {rule.id for rule in rules}:
        rules = every(**given, declared=configured())
    for rule in rules:
        if rule.id == name:
            return rule
    raise UserError(f"there is no rule '{name}'{nearest(name, (rule.id for rule in rules))}; see 'dindguard rules'")


def _guide(name: str, form: str, screen: terminal.Terminal) -> str:
    text = guides.guide(name)
    if form == "text":
        from dindguard.reports import page

        return "\n".join(page.for_terminal(text, screen)) + "\n"
    if form == "json":
        from dindguard.reports.json import dumps

        return dumps({"id": name, "page": text})
    return text


def _document(rule: Rule, form: str, screen: terminal.Terminal) -> str:
    from dindguard.reports import catalogue

    if form == "json":
        from dindguard.reports.json import dumps

        return dumps(catalogue.as_data(rule, with_page=True))
    return f"{rule.page}\n" if form == "markdown" else catalogue.explanation(rule, screen)


def _long(document: str) -> bool:
    import shutil

    return document.count("\n") >= shutil.get_terminal_size().lines
