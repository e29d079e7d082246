"""Every rule that a scan runs: the built-in ones, those of packs and folders, and those that are expressions."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dindguard import loading
from dindguard.errors import UserError
from dindguard.rules import Rule
from dindguard.source import Source

if TYPE_CHECKING:
    from dindguard.files import StrPath
    from dindguard.options import Options
    from dindguard.policy.declared import Declared


def load_rules(options: Options, declared: Sequence[Declared] = ()) -> tuple[Rule, ...]:
    """Return the built-in rules, those of the packs, folders and files that the command line names, and the declared."""
    chosen = loading.load()
    if options.packs or options.rules_dirs:
        from dindguard.packs import load_packs

        chosen = (*chosen, *load_packs(options.packs, options.rules_dirs, options.every_path))
    if declared or options.rule_files:
        from dindguard.expressions.rules import made
        from dindguard.policy.catalogue import RULES

        every = (*declared, *(rule for file in options.rule_files for rule in declared_in(file)))
        chosen = (*chosen, *made(every, {*RULES, *(rule.id for rule in chosen)}))
    return chosen


def declared_in(file: StrPath) -> tuple[Declared, ...]:
    """Return the rules that a file declares; raises :class:`UserError` when it cannot be read."""
    from dindguard.policy.declared import from_file

    try:
        with open(file, encoding="utf-8-sig") as stream:
            return from_file(Source(os.fspath(file), stream.read()))
    except (OSError, UnicodeDecodeError) as error:
        problem = getattr(error, "strerror", "") or "it is not UTF-8"
        raise UserError(f"--rule-file {os.fspath(file)}: cannot be read: {problem}") from None
