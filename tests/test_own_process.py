"""The command line's own process: what its garbage collector looks at, and when."""

from __future__ import annotations

import gc

import pytest

from dindguard import process


@pytest.mark.parametrize("never", [False, True])
@pytest.mark.parametrize("was_on", [False, True])
def test_the_collector_is_as_it_was_after_a_scan(never: bool, was_on: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "own", False)
    on, thresholds = gc.isenabled(), gc.get_threshold()
    try:
        (gc.enable if was_on else gc.disable)()
        with process.rare_collection(never=never):
            assert gc.isenabled() is not never
            assert gc.get_threshold()[0] > thresholds[0]
        assert gc.isenabled() is was_on
        assert gc.get_threshold() == thresholds
    finally:
        (gc.enable if on else gc.disable)()


@pytest.mark.parametrize(("own", "held", "freezes"), [(True, 0, 1), (True, 5, 0), (False, 0, 0)])
def test_what_a_process_of_our_own_has_imported_is_left_out_once(
    own: bool, held: int, freezes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen: list[None] = []
    monkeypatch.setattr(process, "own", own)
    monkeypatch.setattr(gc, "get_freeze_count", lambda: held)
    monkeypatch.setattr(gc, "freeze", lambda: frozen.append(None))
    with process.rare_collection(never=False):
        assert len(frozen) == freezes


@pytest.mark.parametrize(("own", "much"), [(True, True), (True, False), (False, True)])
def test_garbage_is_looked_for_where_much_was_made_of_our_own(
    own: bool, much: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(process, "own", own)
    monkeypatch.setattr(gc, "get_count", lambda: (9, 4, int(much)))
    monkeypatch.setattr(gc, "collect", lambda: asked.append("look"))
    monkeypatch.setattr(process, "_trim", lambda: asked.append("give back"))
    monkeypatch.setattr(gc, "isenabled", lambda: True)
    process.collect()
    process.give_back()
    assert asked == (["look", "give back", "give back"] if own and much else [])


def test_what_lies_free_is_given_back_where_the_library_can() -> None:
    process._trim()
