"""The repositories of a fleet: a list of lines, or folders that hold them.

A line is ``name TAB path [TAB revision [TAB label=value,label=value …]]``, or a JSON object with ``name``, ``path``,
``revision`` and ``labels``. Blank lines and those that begin with ``#`` count for nothing. Paths are relative to the list.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from typing import Any

from dindguard.errors import UserError
from dindguard.records import field, record
from dindguard.rules import nearest

ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".zip")
_KEYS = ("name", "path", "revision", "labels")
_DEPTH = 6
_LONGEST_NAME = 300


@record(kw_only=True)
class RepositorySource:
    """One repository: its name in the dataset, where it is, at which revision, and its labels."""

    name: str
    path: str
    revision: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)


def sources(given: tuple[str, ...]) -> Iterator[RepositorySource]:
    """Yield the repositories that lists and folders name, in order, without holding them.

    Raises :class:`UserError` for a path that is not there, a faulty line, and a name that comes twice.
    """
    seen: set[bytes] = set()
    for path in given:
        for source, place in _of(path):
            mark = _mark(source.name)
            if mark in seen:
                raise UserError(f"{place}: there are two repositories called '{source.name}': give one another name")
            seen.add(mark)
            yield source


def _mark(name: str) -> bytes:
    import hashlib

    return hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=12).digest()


def _of(path: str) -> Iterator[tuple[RepositorySource, str]]:
    if os.path.isdir(path) or path.endswith(ARCHIVES):
        if not os.path.exists(path):
            raise UserError(f"{path} does not exist")
        top = os.path.realpath(path)
        if is_repository(top) or not os.path.isdir(top):
            yield RepositorySource(name=_name(os.path.basename(top)), path=top), path
        else:
            yield from ((each, path) for each in _below(top, "", _DEPTH))
    else:
        yield from _listed(path)


# -- folders ----------------------------------------------------------------------------------------


def _below(folder: str, prefix: str, depth: int) -> Iterator[RepositorySource]:
    """Yield the repositories of a folder: its archives and folders; a folder that holds repositories is a group."""
    for entry in sorted(_entries(folder), key=lambda each: each.name):
        name = f"{prefix}{_name(entry.name)}"
        if entry.name.startswith(".") or entry.is_symlink():
            continue
        if entry.is_dir() and depth and not is_repository(entry.path) and _holds_repositories(entry.path):
            yield from _below(entry.path, f"{name}/", depth - 1)
        elif entry.is_dir() or (entry.is_file() and entry.name.endswith(ARCHIVES)):
            yield RepositorySource(name=name, path=entry.path)


def is_repository(folder: str) -> bool:
    """Whether a folder is a work tree, or a bare repository."""
    return os.path.lexists(os.path.join(folder, ".git")) or is_bare(folder)


def is_bare(folder: str) -> bool:
    """Whether a folder has what a bare repository has."""
    return all(os.path.exists(os.path.join(folder, name)) for name in ("HEAD", "objects", "refs"))


def _holds_repositories(folder: str) -> bool:
    return any(each.is_dir() and not each.is_symlink() and is_repository(each.path) for each in _entries(folder))


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        return list(os.scandir(folder))
    except OSError as error:
        raise UserError(f"{folder}: cannot be opened: {error.strerror}") from None


def _name(base: str) -> str:
    ending = next((each for each in (".git", *ARCHIVES) if base.endswith(each) and base != each), "")
    return base[: len(base) - len(ending)]


# -- lists ------------------------------------------------------------------------------------------


def _listed(path: str) -> Iterator[tuple[RepositorySource, str]]:
    folder = os.path.dirname(os.path.realpath(path))
    try:
        with open(path, encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, 1):
                text = line.strip("\r\n")
                if text.strip() and not text.lstrip().startswith("#"):
                    place = f"{path}:{number}"
                    yield _placed(_read(text, place), folder), place
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UserError(f"{path}: a list of repositories must be UTF-8") from None


def _placed(source: RepositorySource, folder: str) -> RepositorySource:
    return RepositorySource(
        name=source.name,
        path=os.path.normpath(os.path.join(folder, source.path)),
        revision=source.revision,
        labels=source.labels,
    )


def _read(line: str, place: str) -> RepositorySource:
    source = _json(line, place) if line.lstrip().startswith("{") else _columns(line, place)
    if not source.name or len(source.name) > _LONGEST_NAME or not source.name.isprintable():
        raise UserError(f"{place}: a repository needs a printable name of at most {_LONGEST_NAME} characters")
    if not source.path or "\0" in source.path:
        raise UserError(
            f"{place}: '{source.name}' has no path: write name, path, revision and labels, tabs between them"
        )
    if source.revision.startswith("-") or not (source.revision.isprintable()):
        raise UserError(f"{place}: '{source.revision}' is no revision")
    return source


def _columns(line: str, place: str) -> RepositorySource:
    name, path, revision, labels, *more = [*map(str.strip, line.split("\t")), "", "", ""]
    if any(more):
        raise UserError(f"{place}: more than four columns: labels are one, with commas between them (team=a,tier=1)")
    pairs = dict(_pair(each, place) for each in labels.split(",") if each.strip())
    return RepositorySource(name=name, path=path, revision=revision, labels=pairs)


def _pair(text: str, place: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise UserError(f"{place}: '{text.strip()}' is no label: write label=value")
    return name.strip(), value.strip()


def _json(line: str, place: str) -> RepositorySource:
    try:
        data: Any = json.loads(line)
    except ValueError as error:
        raise UserError(f"{place}: this line is no JSON object: {error}") from None
    for key in data:
        if key not in _KEYS:
            raise UserError(f"{place}: there is no field '{key}'{nearest(key, _KEYS)}")
    labels = data.get("labels") or {}
    texts = [data.get("name", ""), data.get("path", ""), data.get("revision") or ""]
    if not isinstance(labels, dict) or not all(isinstance(each, str) for each in (*texts, *labels.values())):
        raise UserError(f"{place}: name, path and revision must be texts, and labels a mapping of texts")
    return RepositorySource(name=texts[0], path=texts[1], revision=texts[2], labels=labels)
