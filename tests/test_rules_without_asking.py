"""A rule can be asked about every object of its kind: it says nothing of what does not concern it, and never fails.

``asks`` only saves time. What it keeps away from a rule in a scan must be safe to hand to it all the same.
"""

from __future__ import annotations

import pytest

from dindguard import judging, scan
from dindguard.loading import load
from dindguard.model.model import Model
from dindguard.options import Options
from dindguard.records import replace
from dindguard.rules import Rule
from fixture_files import FIXTURES


@pytest.fixture(scope="module")
def everything() -> Model:
    return scan(Options(paths=(FIXTURES,), root=FIXTURES)).model


@pytest.mark.parametrize("rule", load(), ids=lambda rule: rule.id)
def test_a_rule_looks_at_everything_and_fails_at_nothing(everything: Model, rule: Rule) -> None:
    judged = judging.run(everything, [replace(rule, asks=())])
    assert not judged.notices
    usual = judging.run(everything, [rule])
    assert [(each.subject, each.problem.at.span, each.problem.message) for each in judged.verdicts] == [
        (each.subject, each.problem.at.span, each.problem.message) for each in usual.verdicts
    ]
