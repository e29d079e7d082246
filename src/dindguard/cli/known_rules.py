"""The rules that a command knows: built in, of packs and folders, and those that the configuration declares."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dindguard.policy.declared import Declared
    from dindguard.rules import Rule


def configured() -> tuple[Declared, ...]:
    """Return the rules without code of the configuration that holds here."""
    from dindguard.files import find_root
    from dindguard.policy.config_file import load
    from dindguard.working_tree import WorkingTree

    return load(WorkingTree(find_root(""))).rules


def every(
    packs: tuple[str, ...] = (),
    rules_dirs: tuple[Path, ...] = (),
    rule_files: tuple[Path, ...] = (),
    declared: tuple[Declared, ...] = (),
) -> tuple[Rule, ...]:
    """Return all rules, those of the policy itself and the ``declared`` ones included, sorted by id."""
    from dindguard.policy.catalogue import RULES
    from dindguard.rule_sources import load_rules
    from dindguard.scanning import Options

    options = Options(packs=packs, rules_dirs=rules_dirs, rule_files=rule_files)
    return tuple(sorted((*load_rules(options, declared), *RULES.values()), key=lambda rule: rule.id))
