"""Texts that a file hands out again are read until they name engines too often; what is read first always is."""

from __future__ import annotations

import pytest

from dindguard import budget
from dindguard.records import replace
from dindguard.repeats import Repeats
from dindguard.source import Segment, Source

SHARED, OWN = "docker run a", "docker run b"
FILE = Source("ci.yml", f"{SHARED}\n{OWN}\n" + "".join(f"docker run c{n}\n" for n in range(10)))


def script(*texts: str, hint: str = "shell") -> Source:
    """Return lines of the file as one script, each at its place."""
    segments, at = [], 0
    for text in texts:
        segments.append(Segment(at, FILE.text.index(text), len(text)))
        at += len(text) + 1
    return Source(FILE.path, "\n".join(texts), hint=hint, parent=FILE, segments=tuple(segments))


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "REPEATED_TEXTS", replace(budget.REPEATED_TEXTS, most=4))


def fitting(*sources: Source) -> list[bool]:
    repeats = Repeats()
    return [repeats.fits(source) for source in sources]


def test_a_text_that_comes_again_is_read_as_often_as_may_be() -> None:
    with budget.opened() as ledger:
        assert fitting(*[script(SHARED)] * 4) == [True, True, True, False]
    assert [notice.span.line for notice in ledger.notices] == [1]


def test_a_part_that_comes_again_before_a_text_of_its_own_counts_alike() -> None:
    assert fitting(*[script(SHARED, f"docker run c{n}") for n in range(4)]) == [True, True, True, False]


def test_texts_of_their_own_are_all_read() -> None:
    assert fitting(*[script(f"docker run c{n}") for n in range(10)]) == [True] * 10


def test_a_text_in_which_no_engine_is_named_costs_nothing() -> None:
    plain = Source("ci.yml", "make all\n")
    text = Source("ci.yml", "make all", hint="shell", parent=plain, segments=(Segment(0, 0, 8),))
    assert fitting(*[text] * 20) == [True] * 20


def test_what_is_read_as_something_else_is_another_text() -> None:
    assert (
        fitting(*[script(OWN, hint=hint) for hint in ("shell", "make", "batch", "powershell", "just")]) == [True] * 5
    )


def test_places_are_those_of_the_file_whatever_lies_between() -> None:
    inner = [
        Source(
            "ci.yml", SHARED, hint="shell", parent=script(SHARED, f"docker run c{n}"), segments=(Segment(0, 0, 12),)
        )
        for n in range(4)
    ]
    assert fitting(*inner) == [True, True, True, False]


def test_a_long_text_of_data_costs_as_long_as_it_is() -> None:
    text = '{"debug": true, "labels": [' + ", ".join(['"a=b"'] * 60) + "]}"
    file = Source("compose.yaml", text)
    given = Source("compose.yaml", text, hint="daemon.json", parent=file, segments=(Segment(0, 0, len(text)),))
    assert fitting(given, given, given) == [True, True, False]
