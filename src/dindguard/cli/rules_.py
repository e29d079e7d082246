"""``dindguard rules``: the rules that there are, and the test of those that are written as expressions."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dindguard.cli.known_rules import configured, every
from dindguard.cli.options import format_option
from dindguard.errors import CLEAN, FINDINGS, UserError
from dindguard.reports import terminal

if TYPE_CHECKING:
    from dindguard.policy.declared import Declared

Command = Callable[..., None]


def sources_of_rules(verb: str) -> Callable[[Command], Command]:
    """Return the decorator that adds the options which name further rules; ``verb`` begins their help."""

    def decorate(function: Command) -> Command:
        for option in (
            click.option("--rule-file", "rule_files", multiple=True, type=click.Path(path_type=Path), metavar="FILE",
                         help=f"{verb} the rules without code of a file."),
            click.option("--rules-dir", "rules_dirs", multiple=True, type=click.Path(path_type=Path), metavar="DIR",
                         help=f"{verb} the rules of a folder."),
            click.option("--pack", "packs", multiple=True, metavar="NAME", help=f"{verb} the rules of an installed pack."),
        ):  # fmt: skip
            function = option(function)
        return function

    return decorate


@click.group("rules", invoke_without_command=True)
@format_option("text", "json")
@sources_of_rules("Include")
def command(form: str, **given: Any) -> None:
    """List the rules: what each looks for, its severity, and whether it runs by default.

    The rules without code of the configuration here are among them. 'dindguard rules test' runs their fixtures.
    """
    if click.get_current_context().invoked_subcommand is not None:
        return
    from dindguard.reports import catalogue
    from dindguard.reports.output import deliver

    rules = every(**given, declared=configured())
    deliver(catalogue.as_json(rules) if form == "json" else catalogue.table(rules, terminal.stdout()), None)


@command.command("test")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE]...")
def test(files: tuple[Path, ...]) -> None:
    """Test rules without code on their fixtures: each 'bad' file must give the finding, and no 'good' one may.

    FILES declare rules; without one, the configuration here is meant. Paths of fixtures are relative to their file.
    """
    from dindguard.rule_sources import declared_in

    given = {file: declared_in(file) for file in files} if files else {Path(): configured()}
    if not any(given.values()):
        raise UserError("there are no rules without code: write them under 'rules' (docs/rules-without-code.md)")
    wrong = 0
    for file, declared in given.items():
        for line, right in _tested(declared, file.parent):
            wrong += not right
            click.echo(line)
    sys.exit(FINDINGS if wrong else CLEAN)


def _tested(declared: tuple[Declared, ...], folder: Path) -> list[tuple[str, bool]]:
    """Return a line for each fixture of the rules, and whether it is as it should be."""
    lines: list[tuple[str, bool]] = []
    for rule in declared:
        for path in (*rule.bad, *rule.good):
            found, problem = _found(rule, declared, folder / path)
            right = not problem and found == (path in rule.bad)
            said = problem or ("a finding" if found else "no finding")
            lines.append((f"{'ok   ' if right else 'WRONG'} {rule.id}  {path}: {said}", right))
        if not rule.bad or not rule.good:
            lines.append((f"WRONG {rule.id}  it needs a 'bad' and a 'good' file", False))
    return lines


def _found(rule: Declared, declared: tuple[Declared, ...], path: Path) -> tuple[bool, str]:
    """Return whether a rule speaks of a file, and what went wrong."""
    from dindguard.policy.config import Config
    from dindguard.rule_sources import load_rules
    from dindguard.scanning import Options, Scan
    from dindguard.working_tree import WorkingTree

    if not path.exists():
        return False, "there is no such file"
    files = WorkingTree(str(path.resolve().parent))
    options = Options(paths=str(path), select=(rule.id,))
    scan = Scan(files, files, Config(rules=declared), load_rules(options, declared), options)
    judged = scan.judge(scan.find())
    failed = next((notice.message for notice in judged.notices if notice.kind == "rule-failed"), "")
    return bool(judged.findings), failed
