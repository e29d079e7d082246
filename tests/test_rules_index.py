"""A scan reads what rules say of themselves from an index, and imports only those that have to look: both say the same."""

from __future__ import annotations

import pytest

import dindguard_rules._index as index
from dindguard.loading import index_row, load
from dindguard.rules import Rule

INDEXED = {row["id"]: row for row in index.RULES}


@pytest.mark.parametrize("rule", load(indexed=False), ids=lambda rule: rule.id)
def test_the_index_holds_what_a_rules_module_declares(rule: Rule) -> None:
    assert index_row(rule) == INDEXED[rule.id], "python docs/generate.py"


@pytest.mark.parametrize("rule", load(indexed=False), ids=lambda rule: rule.id)
def test_a_rule_that_is_loaded_from_the_index_is_the_one_that_its_module_declares(rule: Rule) -> None:
    (loaded,) = (each for each in load() if each.id == rule.id)
    assert index_row(loaded) == index_row(rule)
    assert (loaded.page, loaded.title, loaded.advice) == (rule.page, rule.title, rule.advice)
    assert loaded.check.__module__ == rule.check.__module__
