"""Texts that a file hands out again are read until they name engines too often; what is read first always is."""

from __future__ import annotations

import pytest

from dindguard import budget, repeats
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
    monkeypatch.setattr(repeats, "OWN", 1_000_000)


def fitting(*sources: Source) -> list[bool]:
    counting = Repeats()
    return [counting.fits(source) for source in sources]


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


def copied(path: str, text: str, target: str) -> Source:
    """Return a file as an image has it that copies it."""
    return Source(path, text, hint=target)


def test_a_file_that_others_take_in_comes_again_under_any_name() -> None:
    text = "#!/bin/sh\ndocker run a\n"
    assert fitting(*[copied("c.sh", text, f"/c{n}.sh") for n in range(4)]) == [True, True, True, False]


def test_a_script_that_names_no_engine_may_be_taken_in_by_all() -> None:
    assert fitting(*[copied("c.sh", "#!/bin/sh\n" + "make\n" * 200, "/c.sh")] * 20) == [True] * 20


def test_files_take_of_one_stock_beyond_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "#!/bin/sh\ndocker run a\n"
    files = [copied(f"c{n}.sh", text, "/c.sh") for n in range(4)]
    assert fitting(*files, *files) == [True] * 6 + [False] * 2
    monkeypatch.setattr(repeats, "OWN", len(text) // 2)
    assert fitting(*files, *files) == [True] * 8, "two are each file's own"
