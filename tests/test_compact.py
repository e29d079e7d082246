"""What is held in little room is the same when somebody asks for it, and does not grow without bound."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from dindguard import compact, reports
from dindguard.compact import Paths, joined, shared, shared_number
from dindguard.coverage import Book, State
from dindguard.scanning import Options, scan
from dindguard.source import Source


def names(count: int) -> list[str]:
    return [f"folder-{number % 7}/a file\n{number} \udce9.txt" for number in range(count)]


@pytest.mark.parametrize("count", [0, 1, compact.PACKED - 1, compact.PACKED, 2 * compact.PACKED + 3])
def test_packed_paths_are_the_same_in_their_order(count: int) -> None:
    paths = Paths(names(count))
    assert list(paths) == names(count)
    assert len(paths) == count
    assert (names(count)[-1] in paths) if count else ("" not in paths)
    assert "another" not in paths


def test_each_packed_path_is_found_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compact, "PACKED", 50)
    paths = Paths(names(220))
    assert all(each in paths for each in names(220))
    assert not any(f"{each}x" in paths or each[1:] in paths for each in names(220))
    paths.append("later")  # not packed yet
    assert "later" in paths
    for name in names(50):
        paths.append(f"more/{name}")
    assert all(f"more/{name}" in paths for name in names(50))
    assert "later" in pickle.loads(pickle.dumps(paths))
    assert names(1)[0] in pickle.loads(pickle.dumps(paths))


def test_packed_paths_with_one_checksum_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compact, "PACKED", 2)
    monkeypatch.setattr(compact, "_mark", lambda path, pack: len(path) << 32 | pack)
    paths = Paths(["aa", "b", "cc", "d", "ee", "f"])
    assert all(each in paths for each in ["aa", "b", "cc", "d", "ee", "f"])
    assert not any(each in paths for each in ("xx", "x", "xxx", ""))


def test_a_file_of_several_texts_is_counted_once() -> None:
    book = Book()
    source = Source("a.yaml", "a: 1\n---\nb: 2\n")
    for part in (source.part(0, 5), source.part(9, 14), source):
        book.source_unread(part)
    book.plain("b.go", State.OTHER)
    assert book.close(()).count(State.NOTHING) == 1
    assert [each.path for each in book.close(()).every()] == ["a.yaml", "b.go"]
    assert book.has_looked_at("a.yaml")
    assert book.has_looked_at("b.go")
    assert not book.has_looked_at("c.go")


def test_packed_paths_take_a_fifth_of_the_room() -> None:
    paths = Paths(f"src/main/java/org/example/project/module/Class{number}.java" for number in range(10_000))
    assert len(pickle.dumps(paths)) < 10_000 * 60 / 5


def test_books_of_several_processes_are_one_book() -> None:
    one, other = Book(), Book()
    for number, name in enumerate(names(compact.PACKED + 10)):
        (one if number % 2 else other).plain(name, State.OTHER)
    one.add(pickle.loads(pickle.dumps(other)))
    assert sorted(one.looked_at()) == sorted(names(compact.PACKED + 10))
    one.forget(names(1)[0])
    assert sorted(one.looked_at()) == sorted(names(compact.PACKED + 10)[1:])
    assert not one.has_looked_at(names(1)[0])
    assert one.close(()).count(State.OTHER) == compact.PACKED + 9


def test_equal_texts_are_one_as_long_as_they_are_not_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compact, "_KNOWN", {})
    monkeypatch.setattr(compact, "_BEFORE", {})
    monkeypatch.setattr(compact, "KNOWN", 3)
    first = "".join(["a", "b"])
    assert shared(first) is first
    assert shared("".join(["a", "b"])) is first
    for number in range(10):
        assert shared(str(number)) == str(number)
    assert len(compact._KNOWN) <= 3
    assert len(compact._BEFORE) <= 3
    assert first not in (*compact._KNOWN, *compact._BEFORE)


def test_a_text_that_is_met_often_stays_one_among_many_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compact, "_KNOWN", {})
    monkeypatch.setattr(compact, "_BEFORE", {})
    monkeypatch.setattr(compact, "KNOWN", 3)
    first = shared("".join(["a", "b"]))
    for number in range(20):
        shared(f"another {number}")
        assert shared("".join(["a", "b"])) is first


@pytest.mark.parametrize("size", [10, 1000, 2**16 - 1, 2**16, 2**17])
def test_where_lines_begin_is_the_same_in_little_room(size: int) -> None:
    starts = [*range(0, size, size // 100 or 1), size]
    assert [*compact.compact(starts)] == starts


def test_equal_numbers_of_lines_are_one() -> None:
    number = int("1000")
    assert shared_number(int("1000")) is shared_number(number)
    assert shared_number(10**9) == 10**9


def test_a_tree_of_more_files_than_are_packed_together_is_told_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(30):
        (tmp_path / f"{number}.txt").write_text("words")
        (tmp_path / f"{number}.yaml").write_text(
            "services: {a: {image: alpine, privileged: true}}\n" if number % 3 else "a: 1\n"
        )
    options = Options(paths=(str(tmp_path),), untrusted=True)
    report = scan(options)
    before = "".join(reports.pieces("json", report, reports.Options()))
    monkeypatch.setattr(compact, "PACKED", 4)
    packed = scan(options)
    assert "".join(reports.pieces("json", packed, reports.Options())) == before
    assert packed.coverage.every() == report.coverage.every()
    assert (packed.coverage.count(State.UNDERSTOOD), packed.coverage.count(State.OTHER)) == (20, 30)


def test_of_the_same_two_tuples_the_same_one_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compact, "_JOINED", {})
    monkeypatch.setattr(compact, "KNOWN", 3)
    first, more = ("a", "b"), ("B", "c", "a")
    made = joined(first, more, str.lower)
    assert made == ("a", "B", "c")
    assert joined(first, more, str.lower) is made
    assert joined((), more, str.lower) is more
    assert joined(first, (), str.lower) is first
    assert joined(("x",), ("x",), str.lower) == ("x",)
    assert joined((), (), str.lower) == ()
    for number in range(10):
        assert joined(first, (str(number),), str.lower) == ("a", "b", str(number))
    assert len(compact._JOINED) <= 3
