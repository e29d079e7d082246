"""Reports are made a finding at a time, and written whole or not at all."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dindguard.cli import coverage_
from dindguard.coverage import FileState, State
from dindguard.records import replace
from dindguard.reports import FORMATS, Options, json_pieces, pieces, render
from dindguard.reports.output import BLOCK, deliver
from dindguard.reports.terminal import Terminal
from dindguard.scanning import Report
from dindguard.source import Span
from reporting import coverage, sample

LONG = frozenset(FORMATS) - {"markdown"}
"""Markdown is cut at a length, and comes in one piece."""


def with_many(times: int) -> Report:
    """Return the sample with each of its findings so many times."""
    report = sample()
    return replace(report, findings=report.findings * times)


@pytest.mark.parametrize("form", sorted(LONG))
def test_no_piece_grows_with_the_findings(form: str) -> None:
    few, many = ([len(piece) for piece in pieces(form, with_many(n), Options())] for n in (30, 300))
    assert max(many) <= 1.2 * max(few)
    assert len(many) > 100 or form in ("gitlab", "sarif")


@pytest.mark.parametrize("changes", [{}, {"findings": (), "notices": ()}], ids=["with findings", "with none"])
def test_blind_spots_have_colours(changes: dict[str, Any]) -> None:
    spot = FileState("p.yaml", State.BLIND_SPOT, "", "--privileged", Span("p.yaml", 7, 3, 7, 15))
    screen = Terminal(colour=True, links=True, interactive=True)
    report = sample(coverage=coverage(14, 3, 0, spot), **changes)
    assert "\x1b[30;43mnot judged\x1b[0m" in render("text", report, Options(terminal=screen))
    assert render("text", report, Options(terminal=screen, verbose=True))


def test_every_state_of_a_file_has_its_colour() -> None:
    screen = Terminal(colour=True)
    assert all("\x1b[" in coverage_._text([FileState("a", state)], screen) for state in State)


def plain(chance: random.Random, depth: int = 0) -> Any:
    if depth < 4 and chance.random() < 0.6:
        items = [plain(chance, depth + 1) for _ in range(chance.randint(0, 4))]
        return items if chance.random() < 0.5 else {f'k{n}é"': item for n, item in enumerate(items)}
    return chance.choice(["", "a\nb", "é\u2028\x1b", True, False, None, 0, -1, 10**30, 1.5, 1e300, "\ud800"])


def test_json_is_what_the_library_writes() -> None:
    chance = random.Random(1)
    for _ in range(500):
        content = plain(chance)
        assert json_pieces.text(content) == json.dumps(content, indent=2)


def test_json_in_pieces_is_what_the_library_writes() -> None:
    content = {"a": [], "b": iter([{"x": [1]}, {}]), "c": json_pieces.Members({}), "d": iter(())}
    whole = {"a": [], "b": [{"x": [1]}, {}], "c": {}, "d": []}
    assert "".join(json_pieces.document(json_pieces.Members(content))) == json.dumps(whole, indent=2) + "\n"


def test_json_refuses_what_is_no_plain_data() -> None:
    with pytest.raises(TypeError):
        json_pieces.text({"a": object()})


def failing() -> Iterator[str]:
    yield "x" * (BLOCK + 1)
    raise RuntimeError("in the middle")


def test_a_file_is_as_it_was_when_the_report_fails_in_the_middle(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("before")
    with pytest.raises(RuntimeError, match="in the middle"):
        deliver(failing(), tmp_path / "a.json")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a.json": "before"}


def test_standard_output_has_what_was_made_until_then(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    with pytest.raises(RuntimeError, match="in the middle"):
        deliver(failing(), None)
    assert capfdbinary.readouterr().out == b"x" * (BLOCK + 1)


class Screen(io.TextIOWrapper):
    """A standard output that people look at, with an encoding of its own."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "encoding", "written"),
    [
        (Screen, "cp1252", b"caf\xe9 ?"),
        (Screen, "utf-8", b"caf\xc3\xa9 \xe2\x86\x92"),
        (io.TextIOWrapper, "cp1252", b"caf\xc3\xa9 \xe2\x86\x92"),
    ],
)
def test_only_a_terminal_is_written_to_in_its_own_encoding(
    monkeypatch: pytest.MonkeyPatch, stream: type[io.TextIOWrapper], encoding: str, written: bytes
) -> None:
    buffer = io.BytesIO()
    monkeypatch.setattr("sys.stdout", stream(buffer, encoding=encoding))
    deliver("café →", None)
    assert buffer.getvalue() == written


def test_a_standard_output_of_texts_gets_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr("sys.stdout", out)
    deliver(iter(["a", "b"]), None)
    assert out.getvalue() == "ab"


def test_a_whole_document_and_pieces_are_one_file(tmp_path: Path) -> None:
    deliver("café →", tmp_path / "one.txt")
    deliver(iter(["café", " →"]), tmp_path / "two.txt")
    assert (tmp_path / "one.txt").read_bytes() == (tmp_path / "two.txt").read_bytes() == "café →".encode()
