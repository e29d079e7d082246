"""Values know how they came to be, and nobody forgets that they may be unknown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dindguard.model.values import (
    UNKNOWN_PIECE,
    Flag,
    How,
    Text,
    flag,
    inherited,
    unknown,
    unset,
    written,
)
from dindguard.source import Source, Span

HERE = Span("f", 3, 5, 3, 15, "a.b")


@pytest.mark.parametrize("state", [True, False, None])
def test_a_flag_refuses_to_be_tested_for_truth(state: bool | None) -> None:
    value = Flag(state, HERE)
    for test in (bool, lambda it: not it, lambda it: it and 1, lambda it: 1 if it else 0):
        with pytest.raises(TypeError, match=r"\.on, \.off or \.unknown"):
            test(value)


@pytest.mark.parametrize("state", [True, False, None])
def test_a_flag_has_exactly_one_of_three_answers(state: bool | None) -> None:
    value = Flag(state, HERE)
    assert [value.on, value.off, value.unknown].count(True) == 1
    assert (value.on, value.off, value.unknown) == (state is True, state is False, state is None)


@pytest.mark.parametrize(
    ("typed", "state", "portable"),
    [
        ("true", True, True), ("false", False, True), ("yes", True, False), ("on", True, False), ("Y", True, False),
        ("1", True, False), ("True", True, False), (" true ", True, False), ("no", False, False), ("off", False, False),
        ("0", False, False), ("n", False, False), ("", False, False), ("maybe", None, False), ("2", None, False),
        ("truee", None, False), ("null", None, False),
    ],
)  # fmt: skip
def test_reading_a_flag(typed: str, state: bool | None, portable: bool) -> None:
    value = flag(written(typed, HERE), "privileged")
    assert (value.state, value.non_portable) == (state, not portable)
    assert (value.set, value.name, value.address, value.span) == (True, "privileged", "privileged", HERE)


def test_an_unknown_text_makes_an_unknown_flag_that_names_its_variable() -> None:
    value = flag(unknown(HERE, "P", "${P}"))
    assert value.unknown
    assert value.variable == "P"
    assert not value.non_portable


def test_what_nobody_wrote_is_not_set() -> None:
    assert not unset(HERE, "x").set
    assert unset(HERE, "x").off
    assert unset(HERE, "x", state=True).on
    assert not inherited("x", HERE).written
    assert written("x", HERE).written
    assert Text("x", HERE, How.DEFAULT).written


def test_texts_are_known_or_not() -> None:
    known, lost = written("a", HERE), unknown(HERE, "V", "${V}")
    assert (known.known, known.unknown, known.pattern, str(known)) == (True, False, "a", "a")
    assert (lost.known, lost.unknown, lost.pattern, str(lost)) == (False, True, UNKNOWN_PIECE, "${V}")


def test_a_part_of_a_plain_text_covers_just_its_characters() -> None:
    text = Text("/var:/data", HERE, raw="/var:/data")
    part = text.part(0, 4)
    assert (part.value, part.span) == ("/var", Span("f", 3, 5, 3, 9))
    assert text.part(5, 10).span == Span("f", 3, 10, 3, 15)
    assert text.part(5, 10).part(1, 5).span == Span("f", 3, 11, 3, 15)


def test_a_part_of_a_quoted_text_skips_the_quote() -> None:
    quoted = Text("/var:/da", HERE, raw="/var:/da")  # two characters of the span are quotes
    assert quoted.span_of(0, 4) == Span("f", 3, 6, 3, 10)


@pytest.mark.parametrize(
    "text",
    [
        Text("/var:/dat", HERE, raw="/var:/dat"),  # nine characters cannot fill ten: something is escaped
        Text("/var:/data", HERE, How.DEFAULT, raw="/var:/data"),
        Text("/var:/data", HERE, raw="${A}:/data"),
        Text("/var:/data", Span("f", 3, 5, 4, 15), raw="/var:/data"),
    ],
)
def test_where_characters_cannot_be_told_apart_the_whole_text_is_meant(text: Text) -> None:
    assert text.span_of(0, 4) == text.span


def test_a_part_is_unknown_only_where_the_unknown_piece_is() -> None:
    text = Text(None, HERE, How.UNKNOWN, f"/a:{UNKNOWN_PIECE}/b", "V", "/a:${V}/b")
    first, second = text.part(0, 2), text.part(3, 6)
    assert (first.value, first.how, first.variable) == ("/a", How.WRITTEN, "")
    assert (second.value, second.how, second.variable, second.pattern) == (
        None,
        How.UNKNOWN,
        "V",
        f"{UNKNOWN_PIECE}/b",
    )


@given(st.text(alphabet="ab:/ é😀", min_size=1, max_size=20), st.data())
def test_parts_of_what_is_typed_stand_where_they_say(value: str, data: st.DataObject) -> None:
    prefix = data.draw(st.sampled_from(["", "- ", 'a: "']))
    source = Source("f", f"{prefix}{value}{prefix[-1:].strip(' ')}")
    quotes = prefix.endswith('"')
    text = Text(value, source.span(len(prefix) - quotes, len(prefix) + len(value) + quotes), raw=value)
    start = data.draw(st.integers(0, len(value)))
    end = data.draw(st.integers(start, len(value)))
    span = text.part(start, end).span
    assert source.line_text(1)[span.column - 1 : span.end_column - 1] == value[start:end]


def test_uses_are_added_to_the_trail() -> None:
    at = Span("g", 1, 1, 1, 2)
    text = written("a", HERE).used_at(at)
    assert [(step.what, step.span) for step in text.span.trail] == [("used here", at)]
    assert text.span == HERE
