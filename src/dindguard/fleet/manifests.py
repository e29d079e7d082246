"""What the manifests of a fleet's folder say: whether its dataset is whole, and of a version that is known here.

A manifest is written when its dataset is whole, one for each shard::

    {
        "version": 1,
        "run": "…",
        "shard": "2-of-8",
        "parts": [{"file": "dataset/findings/part-2-of-8-00000.parquet", "rows": 812}],
    }
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from typing import Any

from dindguard.errors import INCOMPLETE, UserError
from dindguard.fleet.layout import DATASET, STAGED
from dindguard.fleet.schema import VERSION
from dindguard.patterns import regex

_NAME = regex(r"manifest(?:-(\d+)-of-(\d+))?\.json")
_LARGEST = 64 << 20


def check(folder: str) -> list[dict[str, Any]]:
    """Return the manifests of a folder whose dataset is whole.

    Raises :class:`UserError`: 2 where there is no dataset or one of a version that is not known here, 3 where shards or
    parts are missing or several runs were mixed.
    """
    names = _names(folder)
    if not names:
        raise _nothing(folder)
    found = [_read(os.path.join(folder, name)) for name in names]
    for name, manifest in zip(names, found, strict=True):
        _check_version(os.path.join(folder, name), manifest)
    _check_shards(folder, names)
    _check_runs(folder, names, found)
    for manifest in found:
        _check_parts(folder, manifest.get("parts", ()))
    return found


def _names(folder: str) -> list[str]:
    try:
        return sorted(name for name in os.listdir(folder) if _NAME.fullmatch(name))
    except NotADirectoryError:
        raise UserError(
            f"{folder}: name the folder that 'dindguard fleet scan --out DIR' wrote, not a file"
        ) from None
    except OSError as error:
        raise UserError(f"{folder}: cannot be read: {error.strerror}") from None


def _nothing(folder: str) -> UserError:
    if any(os.path.isdir(os.path.join(folder, name)) for name in (STAGED, DATASET)):
        return UserError(
            f"{folder}: the scan has not been finished, and there is no dataset yet; run the same 'dindguard fleet scan' "
            "again: it does what is missing",
            INCOMPLETE,
        )
    return UserError(f"{folder}: there is no dataset here; 'dindguard fleet scan SOURCES --out {folder}' makes one")


def _read(path: str) -> dict[str, Any]:
    try:
        if os.path.getsize(path) > _LARGEST:
            raise ValueError("it is larger than 64 MiB")
        with open(path, encoding="utf-8") as file:
            manifest = json.load(file)
        if not isinstance(manifest, dict):
            raise ValueError("it is no JSON object")
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: this manifest is damaged ({error}); run the same scan again", INCOMPLETE) from None
    return manifest


def _check_version(path: str, manifest: dict[str, Any]) -> None:
    version = manifest.get("version")
    if version == VERSION:
        return
    if isinstance(version, int) and version > VERSION:
        raise UserError(
            f"{path}: a newer dindguard wrote this dataset (version {version}; this one reads {VERSION}): upgrade dindguard"
        )
    if isinstance(version, int):
        raise UserError(
            f"{path}: an older dindguard wrote this dataset (version {version}; this one reads {VERSION}): scan again "
            "into a new folder, or report with that dindguard"
        )
    raise UserError(
        f"{path}: this manifest does not say which version of the dataset it is of; run the same scan again"
    )


def _check_shards(folder: str, names: Sequence[str]) -> None:
    """Raise an error where one of the shards of a CI matrix was not put here."""
    shards = [(int(found[1] or 1), int(found[2] or 1)) for found in map(_NAME.fullmatch, names) if found is not None]
    counts = {count for _, count in shards}
    if len(counts) > 1:
        raise UserError(
            f"{folder}: these are shards of different runs ({', '.join(names)}): keep those of one", INCOMPLETE
        )
    [count] = counts
    if missing := sorted(set(range(1, count + 1)) - {index for index, _ in shards}):
        listed = ", ".join(f"{index}/{count}" for index in missing[:10]) + (", …" if len(missing) > 10 else "")
        raise UserError(f"{folder}: of {count} shards these are missing: {listed}; put their files here", INCOMPLETE)


def _check_runs(folder: str, names: Iterable[str], found: Iterable[dict[str, Any]]) -> None:
    """Raise an error where shards were scanned by other rules or another policy, or from another list of sources."""
    runs = {str(manifest.get("run", "")): name for name, manifest in zip(names, found, strict=True)}
    if len(runs) > 1:
        raise UserError(
            f"{folder}: {' and '.join(sorted(runs.values()))} are of different runs: the same list of sources, dindguard, "
            "rules and policy make one run",
            INCOMPLETE,
        )


def _check_parts(folder: str, parts: Any) -> None:
    """Raise an error where a part is not there, or is not as long as it was written."""
    for part in parts if isinstance(parts, list) else ():
        file = part.get("file") if isinstance(part, dict) else None
        if not isinstance(file, str):
            continue
        path = os.path.join(folder, file)
        if not os.path.isfile(path):
            raise UserError(f"{path}: this part of the dataset is missing; run the same scan again", INCOMPLETE)
        size = part.get("bytes")
        if isinstance(size, int) and os.path.getsize(path) != size:
            raise UserError(
                f"{path}: this part of the dataset is damaged (it has {os.path.getsize(path):,} bytes, and was written with "
                f"{size:,}); run the same scan again",
                INCOMPLETE,
            )
