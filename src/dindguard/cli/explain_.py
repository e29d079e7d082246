"""``dindguard explain``: the page of a rule, or a guide."""

from __future__ import annotations

from pathlib import Path

import click

from dindguard import guides
from dindguard.cli.choice import Named, RuleName
from dindguard.errors import UserError
from dindguard.reports import terminal
from dindguard.rules import Rule, nearest

FORMATS = ("text", "markdown", "json")


@click.command("explain")
@click.argument("name", metavar="RULE|choosing|glossary", type=RuleName())
@click.option(
    "-f", "--format", "form", type=Named(["text", "markdown", "json"]), default="text", help="Output format."
)
@click.option("--pack", "packs", multiple=True, metavar="NAME", help="Look in an installed rule pack, too.")
@click.option("--rules-dir", "rules_dirs", multiple=True, type=click.Path(path_type=Path), metavar="DIR",
              help="Look in a folder of rules, too.")  # fmt: skip
@click.option("--no-pager", is_flag=True, help="Never open a pager.")
def command(name: str, form: str, packs: tuple[str, ...], rules_dirs: tuple[Path, ...], no_pager: bool) -> None:
    """Show why a rule matters, what to write instead, and when a finding is fine.

    'choosing' tells how a job gets a container engine and what each way costs, 'glossary' what words mean here.
    """
    from dindguard.cli.rules_ import every
    from dindguard.reports.output import deliver

    screen = terminal.stdout()
    if name in guides.NAMES:
        document = _guide(name, form, screen)
    else:
        document = _document(_find(name, every(packs, rules_dirs)), form, screen)
    if screen.interactive and form == "text" and not no_pager and _long(document):
        click.echo_via_pager(document, color=screen.colour)
    else:
        deliver(document, None)


def _find(name: str, rules: tuple[Rule, ...]) -> Rule:
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
