"""What a text's characters say about how it is written."""

from __future__ import annotations

import pytest

from dindguard.documents.syntax import has_actions

MANY = "{a: 1} " * 300


@pytest.mark.parametrize("text", ["{{ x }}", "{% if x %}", "<% x %>", "a: {b: {{ x }}}", "50% of <%= x %>"])
@pytest.mark.parametrize("before", ["", "words\n", MANY, "%" + MANY])
def test_actions_are_seen_behind_any_number_of_braces(text: str, before: str) -> None:
    assert has_actions(before + text)


@pytest.mark.parametrize("text", ["", "a: {b: 1}", "50%", "a < b % c", "{ {", "%>", "}}", MANY, MANY + "%"])
def test_a_text_without_them_has_none(text: str) -> None:
    assert not has_actions(text)
