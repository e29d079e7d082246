"""Rules from elsewhere: installed packs and folders, and only those that the command line names."""

from __future__ import annotations

import importlib
import importlib.metadata
import sys
from collections.abc import Iterable
from pathlib import Path

from dindguard import loading
from dindguard.errors import UserError
from dindguard.files import StrPath
from dindguard.model.model import KINDS
from dindguard.rules import API, Rule

GROUP = "dindguard.rules"


def load_packs(names: Iterable[str], folders: Iterable[StrPath], scanned: Iterable[StrPath]) -> tuple[Rule, ...]:
    """Return the rules of installed packs (entry points of :data:`GROUP`) and of folders.

    Ids get the pack's name as a prefix (``acme/…``, ``local/…``). Raises :class:`UserError` for a pack that
    is not installed, was written for another API, does not load, or brings nothing, and for a folder inside
    a scanned path: what is scanned never supplies code.
    """
    found: list[Rule] = []
    for name in names:
        found.extend(_installed(name))
    roots = [Path(path).resolve() for path in scanned]
    for folder in folders:
        found.extend(_local(Path(folder), roots))
    for each in found:
        if each.each not in KINDS.values():
            asked, known = getattr(each.each, "__name__", each.each), ", ".join(sorted(KINDS))
            raise UserError(f"rule '{each.id}' has each={asked}, which the model has none of; there are {known}")
    ids = [each.id for each in found]
    twice = sorted({each for each in ids if ids.count(each) > 1})
    if twice:
        raise UserError(f"these rule ids come twice: {', '.join(twice)}")
    return tuple(found)


def _installed(name: str) -> tuple[Rule, ...]:
    points = importlib.metadata.entry_points(group=GROUP)
    point = next((each for each in points if each.name == name), None)
    if point is None:
        known = ", ".join(sorted(each.name for each in points)) or "none"
        raise UserError(f"rule pack '{name}' is not installed (installed packs: {known})")
    _check_api(name, point.value)
    return loading.load(point.value, prefix=name)


def _check_api(name: str, package: str) -> None:
    try:
        module = importlib.import_module(package)
    except Exception as error:
        raise UserError(f"rule pack '{name}' cannot be loaded: {type(error).__name__}: {error}") from error
    stated = getattr(module, "DINDGUARD_API", None)
    if stated != API:
        raise UserError(f"rule pack '{name}' is written for rule API {stated}, this dindguard offers {API}")


def _local(folder: Path, scanned: Iterable[StrPath]) -> tuple[Rule, ...]:
    real = folder.resolve()
    if not real.is_dir():
        raise UserError(f"--rules-dir {folder}: there is no such folder")
    for path in scanned:
        if real == path or path in real.parents:
            raise UserError(
                f"--rules-dir {folder} lies inside {path}, which is scanned: scanned code is never run; "
                "keep the rules elsewhere or install them as a pack"
            )
    parent, package = str(real.parent), real.name
    if not package.isidentifier() or package in sys.modules:
        raise UserError(f"--rules-dir {folder}: the folder's name must be a new Python package name")
    sys.path.insert(0, parent)
    try:
        return loading.load(package, prefix="local")
    finally:
        sys.path.remove(parent)
