"""Folders of files that are known by their paths alone."""

from __future__ import annotations

from dindguard.folders import Folders

HELD = Folders(["a.yaml", "k/pod.yaml", "k/base/pod.yaml", "k/base/crd/x.yaml", "k/b.yaml"])


def test_a_folder_has_its_own_files_and_folders() -> None:
    assert (HELD.files(""), HELD.folders("")) == (("a.yaml",), ("k",))
    assert (HELD.files("k"), HELD.folders("k")) == (("b.yaml", "pod.yaml"), ("base",))
    assert HELD.files("./k/") == HELD.files("k")


def test_what_is_no_folder_holds_nothing() -> None:
    for path in ("b", "k/bas", "a.yaml", "k/pod.yaml", "k/base/pod.yaml/x"):
        assert (HELD.files(path), HELD.folders(path), path in HELD) == ((), (), False)
    assert "k/base" in HELD
    assert "x" not in Folders([])


def test_a_very_deep_path_is_walked_once() -> None:
    deep = Folders(["/".join("d" * 100_000)])
    assert deep.folders("d/d") == ("d",)
