"""One repository's result as a file of its own: written whole, read line by line, believed only after a check.

Lines of JSON, compressed: a head, then ``[table, values in the order of its columns]``.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from dindguard.fleet import layout
from dindguard.fleet.request import Answer
from dindguard.fleet.schema import TABLES, VERSION, Kind, Standing, Table
from dindguard.records import record

Row = tuple[str, tuple[Any, ...]]
"""A table's name and the values of one row, in the order of its columns."""

LONGEST_LINE = 8 << 20


class TooMuchError(Exception):
    """A result is larger than the limit."""


class DamagedError(Exception):
    """A staged file is not what a scan writes; the message says where."""


def write(folder: str, answer: Answer, rows: Iterable[Row], most: int) -> None:
    """Write a result, whole or not at all; raises :class:`TooMuchError` when its text has more than ``most`` bytes."""
    path = layout.staged(folder, answer.key)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    temporary = f"{path}.{os.getpid()}.{os.urandom(4).hex()}.tmp"
    head = {"staged": VERSION, "key": answer.key, "standing": answer.standing, "worst": answer.worst}
    size = 0
    try:
        with open(temporary, "xb") as raw:
            with gzip.GzipFile("", "wb", 4, raw, mtime=0) as file:
                for each in (head, *rows):
                    line = json.dumps(each, separators=(",", ":")).encode() + b"\n"
                    size += len(line)
                    if size > most or len(line) > LONGEST_LINE:
                        raise TooMuchError(f"its result has more than {most:,} bytes")
                    file.write(line)
            raw.flush()
            os.fsync(raw.fileno())
        os.replace(temporary, path)
    except BaseException:
        remove(temporary)
        raise


def remove(path: str) -> None:
    """Remove a file, if it is there."""
    with contextlib.suppress(FileNotFoundError):
        os.remove(path)


def known(folder: str, key: str) -> Answer | None:
    """Return what is staged under a key; ``None`` when nothing whole is."""
    try:
        with gzip.open(layout.staged(folder, key)) as file:
            return _head(file.readline(LONGEST_LINE), key)
    except (OSError, EOFError, DamagedError):
        return None


def read(folder: str, key: str, most: int) -> Iterator[Row]:
    """Yield the rows of a staged file, each checked; raises :class:`DamagedError` for anything that no scan writes.

    At most ``most`` bytes of text are read: what is staged is a worker's, and workers are not trusted.
    """
    try:
        with gzip.open(layout.staged(folder, key)) as file:
            _head(file.readline(LONGEST_LINE), key)
            size = 0
            while line := file.readline(LONGEST_LINE):
                size += len(line)
                if size > most:
                    raise DamagedError(f"it has more than {most:,} bytes")
                yield _row(line)
    except (OSError, EOFError, ValueError) as error:
        raise DamagedError(f"it cannot be read: {error}") from None


def _head(line: bytes, key: str) -> Answer:
    head = _loaded(line)
    if not isinstance(head, dict) or head.get("staged") != VERSION or head.get("key") != key:
        raise DamagedError("its head is none of this version and name")
    answer = Answer.of(f"{key} {head.get('standing')} {head.get('worst') or 'none'} kept")
    if answer is None:
        raise DamagedError("its head is none that a scan writes")
    return answer


def _row(line: bytes) -> Row:
    pair = _loaded(line)
    if not isinstance(pair, list) or len(pair) != 2 or pair[0] not in TABLES or not isinstance(pair[1], list):
        raise DamagedError("a line is no row of a table")
    name, values = pair
    table = TABLES[name]
    if len(values) != len(table.columns):
        raise DamagedError(f"a row of '{name}' has {len(values)} values, not {len(table.columns)}")
    for column, value in zip(table.columns, values, strict=True):
        if not _FITS[column.kind](value):
            raise DamagedError(f"'{name}.{column.name}' holds something else than {column.kind}")
    return name, tuple(values)


def _loaded(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        raise DamagedError("a line is no JSON") from None


def _is_text(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_day(value: Any) -> bool:
    import datetime as dt

    if value is None:
        return True
    try:
        return isinstance(value, str) and bool(dt.date.fromisoformat(value))
    except ValueError:
        return False


_LARGEST = 1 << 62
_FITS: dict[Kind, Callable[[Any], bool]] = {
    Kind.TEXT: _is_text,
    Kind.INTEGER: lambda value: type(value) is int and abs(value) < _LARGEST,
    Kind.REAL: lambda value: type(value) in (int, float) and abs(value) < _LARGEST,
    Kind.YES: lambda value: type(value) is bool,
    Kind.DATE: _is_day,
    Kind.MOMENT: lambda value: type(value) is int and 0 <= value < _LARGEST,
    Kind.TEXTS: lambda value: isinstance(value, list) and all(map(_is_text, value)),
    Kind.LABELS: lambda value: isinstance(value, dict) and all(map(_is_text, (*value, *value.values()))),
}


@record
class Filled:
    """A table's row in the making: every column that is not given has the empty value of its kind."""

    table: Table

    def row(self, **given: Any) -> Row:
        """Return a row; raises ``KeyError`` for a column that the table does not have."""
        values = {column.name: EMPTY[column.kind] for column in self.table.columns}
        for name, value in given.items():
            if name not in values:
                raise KeyError(f"{self.table.name}.{name}")
            values[name] = value
        return self.table.name, tuple(values.values())


EMPTY: dict[Kind, Any] = {
    Kind.TEXT: "", Kind.INTEGER: 0, Kind.REAL: 0.0, Kind.YES: False, Kind.DATE: None, Kind.MOMENT: 0, Kind.TEXTS: [],
    Kind.LABELS: {},
}  # fmt: skip

__all__ = ["DamagedError", "Filled", "Row", "Standing", "TooMuchError", "known", "read", "remove", "write"]
