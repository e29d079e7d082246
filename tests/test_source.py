"""Texts know where their characters stand, in the file and through every layer of embedding."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dindguard.source import ChangedError, Segment, Source, Span, Step

BREAKS = st.text(alphabet="ab\n\r\t \u2028\u0085é😀", max_size=40)


@pytest.mark.parametrize(
    ("text", "offset", "position"),
    [
        ("", 0, (1, 1)),
        ("ab", 2, (1, 3)),
        ("a\nb", 2, (2, 1)),
        ("a\r\nb", 3, (2, 1)),
        ("a\r\nb", 2, (1, 3)),  # between the two halves of one line break
        ("a\rb", 2, (2, 1)),
        ("a\r\rb", 3, (3, 1)),
        ("a\n\rb", 3, (3, 1)),
        ("a\u2028b", 2, (1, 3)),  # no line break for an editor
        ("a\x85b\x0cc", 4, (1, 5)),
        ("😀é\nx", 3, (2, 1)),  # code points, not bytes or UTF-16 units
    ],
)
def test_position(text: str, offset: int, position: tuple[int, int]) -> None:
    assert Source("f", text).position(offset) == position


@given(BREAKS)
def test_every_character_is_where_its_position_says(text: str) -> None:
    source = Source("f", text)
    for offset, char in enumerate(text):
        line, column = source.position(offset)
        if char not in "\r\n":
            assert source.line_text(line)[column - 1] == char
        assert source.span(offset, offset + 1).column == column


@given(BREAKS)
def test_lines_lose_nothing_but_their_breaks(text: str) -> None:
    source = Source("f", text)
    lines = []
    number = 1
    while source.position(len(text))[0] >= number:
        lines.append(source.line_text(number))
        number += 1
    assert "".join(lines) == text.replace("\r", "").replace("\n", "")
    assert source.line_text(0) == source.line_text(number) == ""


def test_a_span_is_one_based_and_end_exclusive() -> None:
    span = Source("dir/f.yaml", "ab\ncde").span(3, 5, "a.b")
    assert (span.line, span.column, span.end_line, span.end_column, span.route) == (2, 1, 2, 3, "a.b")
    assert str(span) == "dir/f.yaml:2:1"
    assert span.span is span


def test_spans_are_equal_when_they_cover_the_same_characters() -> None:
    assert Span("f", 1, 2, 1, 3, "a") == Span("f", 1, 2, 1, 3, "b")
    assert Span("f", 1, 2, 1, 3) != Span("f", 1, 2, 1, 4)
    assert Span("f", 1, 2, 1, 3) != Span("g", 1, 2, 1, 3)


def test_a_trail_grows_and_repeats_nothing() -> None:
    span = Span("f", 1, 1, 1, 2, "r")
    used, other = Step("used here", Span("f", 5, 1, 5, 2)), Step("set here", Span("f", 5, 1, 5, 2))
    assert span.with_trail(used).with_trail(other, used).trail == (used, other)
    assert span.with_trail(used).route == "r"


def test_whole_is_the_first_line() -> None:
    assert Source("f", "ab\r\ncd\n").whole() == Span("f", 1, 1, 1, 3)
    assert Source("f", "ab\rcd\n").whole() == Span("f", 1, 1, 1, 3)
    assert Source("f", "").whole() == Span("f", 1, 1, 1, 1)


def test_a_part_of_a_part_stands_where_its_characters_stand() -> None:
    source = Source("f", "one\ntwo: |\n  three\n")
    inner = source.part(4, 18, hint="x").part(9, 14)
    assert inner.text == "three"[:5]
    assert inner.span(0, 5) == source.span(13, 18)
    assert inner.file is source
    assert (inner.path, inner.line_text(3)) == ("f", "  three")


def test_segments_map_what_is_mapped_and_clamp_the_rest() -> None:
    parent = Source("f", "0123456789")
    inner = Source("f", "abcdef", parent=parent, segments=(Segment(1, 2, 2), Segment(4, 8, 2)))
    assert [inner.origin(offset) for offset in range(7)] == [2, 2, 3, 4, 8, 9, 10]
    assert inner.span(1, 3) == parent.span(2, 4)
    assert inner.span(4, 6) == parent.span(8, 10)
    assert Source("f", "x", parent=parent).origin(0) == 0


def test_an_embedded_range_ends_after_its_last_character() -> None:
    """The next character may stand far away: it must not stretch the range."""
    parent = Source("f", "ab\n\n\ncd")
    inner = Source("f", "abcd", parent=parent, segments=(Segment(0, 0, 2), Segment(2, 5, 2)))
    assert inner.span(0, 2) == Span("f", 1, 1, 1, 3)
    assert inner.span(0, 3) == Span("f", 1, 1, 4, 2)
    assert inner.span(2, 2) == Span("f", 4, 1, 4, 1)


def test_names() -> None:
    assert Source("a/b/c.yaml", "").name == "c.yaml"
    assert Source("c.yaml", "").name == "c.yaml"
    assert "12 characters, shell" in repr(Source("c", "x" * 12, hint="shell"))


def test_a_text_that_rests_is_had_again_and_keeps_its_lines() -> None:
    source = Source("a.yml", "one\ntwo\n# dindguard: allow\n")
    assert source.position(4) == (2, 1)
    asked = []

    def again(resting: Source) -> str:
        asked.append(resting.path)
        return "one\ntwo\n# dindguard: allow\n"

    source.rest(again)
    assert (source.rests, source.speaks, source.position(4), asked) == (True, True, (2, 1), [])
    assert (source.line_text(2), asked, source.rests) == ("two", ["a.yml"], False)


@pytest.mark.parametrize("now", ["other", None])
def test_a_text_that_changed_while_it_rested_is_not_taken_for_the_one_that_was_read(now: str | None) -> None:
    source = Source("a.yml", "text")
    source.rest(lambda _: now)
    assert not source.unchanged
    with pytest.raises(ChangedError, match=r"a\.yml changed while it was scanned"):
        source.line_text(1)


def test_a_text_that_rests_unread_may_be_another_one_when_its_turn_comes() -> None:
    source = Source("a.yml", "text")
    source.rest(lambda _: "newer", read=False)
    assert source.text == "newer"
