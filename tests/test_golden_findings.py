"""No finding of any fixture changes unnoticed: neither its place, its severity and its words, nor that there is one."""

from __future__ import annotations

import pytest

from fixture_files import RULES
from golden_findings import WRITTEN, golden


@pytest.mark.parametrize("rule", sorted(RULES))
def test_the_fixtures_of_a_rule_give_what_is_written_down(rule: str) -> None:
    assert golden(rule) == (WRITTEN / f"{rule}.txt").read_text("utf-8"), (
        "if it is meant: python tests/golden_findings.py"
    )


def test_nothing_is_written_down_for_a_rule_that_is_gone() -> None:
    assert {file.stem for file in WRITTEN.iterdir()} == set(RULES)
