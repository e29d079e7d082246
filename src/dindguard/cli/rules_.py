"""``dindguard rules``: the rules that there are."""

from __future__ import annotations

from pathlib import Path

import click

from dindguard.cli.choice import Named
from dindguard.reports import terminal
from dindguard.rules import Rule


@click.command("rules")
@click.option("-f", "--format", "form", type=Named(["text", "json"]), default="text", help="Output format.")
@click.option("--pack", "packs", multiple=True, metavar="NAME", help="Include the rules of an installed pack.")
@click.option("--rules-dir", "rules_dirs", multiple=True, type=click.Path(path_type=Path), metavar="DIR",
              help="Include the rules of a folder.")  # fmt: skip
def command(form: str, packs: tuple[str, ...], rules_dirs: tuple[Path, ...]) -> None:
    """List the rules: what each looks for, how grave it is, and whether it is on by default."""
    from dindguard.reports import catalogue
    from dindguard.reports.output import deliver

    rules = every(packs, rules_dirs)
    deliver(catalogue.as_json(rules) if form == "json" else catalogue.table(rules, terminal.stdout()), None)


def every(packs: tuple[str, ...] = (), rules_dirs: tuple[Path, ...] = ()) -> tuple[Rule, ...]:
    """Return all rules, those of the policy itself included, sorted by id."""
    from dindguard.policy.catalogue import RULES
    from dindguard.scanning import Options, load_rules

    rules = (*load_rules(Options(packs=packs, rules_dirs=rules_dirs)), *RULES.values())
    return tuple(sorted(rules, key=lambda rule: rule.id))
