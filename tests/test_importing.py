"""Our modules are found as Python finds them, from what they were compiled to as long as it is of their source."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from dindguard import importing

HOUSE = "house_of_tests"


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Yield a package with a module and a package below it, which the finder is asked for first."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "meta_path", [importing.OwnModules(HOUSE), *sys.meta_path])
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    folder = tmp_path / HOUSE
    (folder / "wing").mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "room.py").write_text("SAID = 1\n")
    (folder / "wing/__init__.py").write_text("from house_of_tests.wing import corner as corner\n")
    (folder / "wing/corner.py").write_text("SAID = 2\n")
    importlib.invalidate_caches()
    yield folder
    forget()


def forget() -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == HOUSE]:
        del sys.modules[name]


def said(name: str = "room") -> int:
    """Return what a module says that is imported anew."""
    forget()
    number: int = importlib.import_module(f"{HOUSE}.{name}").SAID
    return number


def facts(name: str) -> dict[str, object]:
    module = importlib.import_module(f"{HOUSE}.{name}")
    spec = module.__spec__
    assert spec is not None
    names = ("__name__", "__file__", "__cached__", "__package__", "__doc__")
    return {
        **{each: getattr(module, each, None) for each in names},
        "path": list(getattr(module, "__path__", [])),
        "spec": (spec.name, spec.origin, spec.cached, spec.has_location, spec.submodule_search_locations),
    }


@pytest.mark.parametrize("name", ["room", "wing", "wing.corner"])
def test_a_module_knows_of_itself_what_python_tells(name: str, house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert house.is_dir()
    ours = facts(name)
    assert type(sys.modules[f"{HOUSE}.{name}"].__loader__).__module__ == "dindguard.importing"
    monkeypatch.setattr(sys, "meta_path", sys.meta_path[1:])
    forget()
    assert facts(name) == ours


def test_what_was_compiled_is_taken_and_not_the_source(house: Path) -> None:
    assert said() == 1
    source = house / "room.py"
    times = source.stat()
    source.write_text("SAID = 3\n")
    os.utime(source, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert said() == 1, "a source of the same age and size is taken for the same, as Python does"


@pytest.mark.parametrize(("text", "later"), [("SAID = 3\n", 10), ("SAID = 3  # longer\n", 0)])
def test_a_source_that_has_changed_is_compiled_again(house: Path, text: str, later: int) -> None:
    assert said() == 1
    source = house / "room.py"
    times = source.stat()
    source.write_text(text)
    os.utime(source, (times.st_atime, int(times.st_mtime) + later))
    assert said() == 3
    assert said() == 3


@pytest.mark.parametrize(
    "spoil", [lambda data: b"\0\0\0\0" + data[4:], lambda data: data[:10], lambda _: b"", lambda data: data[:4]]
)
def test_what_was_compiled_for_another_python_or_is_cut_off_is_made_again(house: Path, spoil: object) -> None:
    assert said() == 1
    (compiled,) = (house / "__pycache__").glob("room.*.pyc")
    whole = compiled.read_bytes()
    assert callable(spoil)
    compiled.write_bytes(spoil(whole))
    assert said() == 1
    assert compiled.read_bytes() == whole


def test_a_module_that_is_not_there_is_said_as_usual(house: Path) -> None:
    assert house.is_dir()
    with pytest.raises(ModuleNotFoundError, match=rf"No module named '{HOUSE}.cellar'"):
        importlib.import_module(f"{HOUSE}.cellar")


def test_others_and_those_in_an_archive_are_left_to_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr(f"{HOUSE}/__init__.py", "")
        archive.writestr(f"{HOUSE}/room.py", "SAID = 7\n")
    monkeypatch.syspath_prepend(str(tmp_path / "all.zip"))
    monkeypatch.setattr(sys, "meta_path", [importing.OwnModules(HOUSE), *sys.meta_path])
    assert said() == 7
    forget()
    finder = importing.OwnModules(HOUSE)
    assert finder.find_spec("json.decoder", [str(tmp_path)]) is None
    assert finder.find_spec(HOUSE) is None


@pytest.mark.parametrize(
    ("options", "first"), [((), "OwnModules"), (("-O",), "other"), (("-X", "pycache_prefix=x"), "other")]
)
def test_the_finder_is_ours_where_what_it_reads_lies_beside_the_sources(options: tuple[str, ...], first: str) -> None:
    code = "import sys; from dindguard import importing; importing.begin(); found = type(sys.meta_path[0]).__name__\n"
    code += "print(found if found == 'OwnModules' else 'other'); from dindguard import scanning, rules"
    done = subprocess.run([sys.executable, *options, "-B", "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == (first, "")
