"""A fleet's dataset, open for questions in SQL: DuckDB inside this process, confined to the dataset's own folder.

No server and no network: DuckDB may look below a scratch folder that holds a link to each dataset and nothing else, loads no
extension, and its settings are locked. What repositories brought is data in tables; no text of theirs becomes part of a question.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from dindguard.errors import INCOMPLETE, UserError
from dindguard.fleet import manifests
from dindguard.fleet.layout import DATASET
from dindguard.fleet.schema import TABLES, Kind, Table
from dindguard.patterns import regex
from dindguard.reports import safe

Row = tuple[Any, ...]

NEW = "main"
OLD = "old"
"""The schemas of the dataset and of the one that it is compared with, whose tables are empty when there is none."""

MEMORY = "512MB"
"""What DuckDB may hold; of a larger question it keeps the rest in the scratch folder."""

_SETTINGS = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "python_enable_replacements": "false",
    "memory_limit": MEMORY,
}
_BATCH = 1_000
_PART = regex(r"part-[\w.-]+\.parquet")
_TYPES = {
    Kind.TEXT: "VARCHAR",
    Kind.INTEGER: "BIGINT",
    Kind.REAL: "DOUBLE",
    Kind.YES: "BOOLEAN",
    Kind.DATE: "DATE",
    Kind.MOMENT: "TIMESTAMP WITH TIME ZONE",
    Kind.TEXTS: "VARCHAR[]",
    Kind.LABELS: "MAP(VARCHAR, VARCHAR)",
}
_ABSENT = {
    Kind.TEXT: "''",
    Kind.INTEGER: "0",
    Kind.REAL: "0",
    Kind.YES: "false",
    Kind.DATE: "NULL",
    Kind.MOMENT: "NULL",
    Kind.TEXTS: "[]",
    Kind.LABELS: "MAP {}",
}
"""What stands for a column that the dataset of an earlier dindguard does not have yet."""


class Dataset:
    """An open dataset. Its tables are those of :mod:`dindguard.fleet.schema`; the old one's are in the schema ``old``."""

    def __init__(self, connection: Any, fault: type[Exception], folders: Mapping[str, str], links: str) -> None:
        self._connection = connection
        self._fault = fault
        self._folders = folders
        self._links = links

    @property
    def compared(self) -> bool:
        """Whether there is an old dataset to compare with."""
        return OLD in self._folders

    def rows(self, question: str, values: Sequence[Any] = (), most: int = 0) -> list[Row]:
        """Return the answer to a question of ours, at most ``most`` rows of it if that is not 0.

        ``values`` stand for its ``?``. Raises :class:`UserError` (3) with the file's name when a part is damaged.
        """
        with self._told():
            answer = self._connection.execute(question, list(values))
            found: list[Row] = answer.fetchmany(most) if most else answer.fetchall()
        return found

    def stream(self, question: str) -> Iterator[Row]:
        """Yield the rows of an answer as they are made, however many there are; raises like :meth:`rows`."""
        cursor = self._connection.cursor()
        try:
            with self._told():
                cursor.execute(question)
            while rows := self._next(cursor):
                yield from rows
        finally:
            cursor.close()

    def _next(self, cursor: Any) -> list[Row]:
        with self._told():
            rows: list[Row] = cursor.fetchmany(_BATCH)
        return rows

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn what DuckDB raises into what a user is told; it makes an error of an interrupt, which is none."""
        try:
            yield
        except self._fault as error:
            raise self._damage(error) from error
        except RuntimeError as error:
            if "interrupted" in str(error).lower():
                raise KeyboardInterrupt from None
            raise

    def count(self, question: str) -> int:
        """Return how many rows the answer to a question has."""
        return int(self.rows(f"SELECT count(*) FROM ({question})")[0][0])  # noqa: S608 - a question of ours

    def _damage(self, error: Exception) -> UserError:
        """Return what to say of a question that failed: which part cannot be read to its end, each read alone."""
        for schema, folder in self._folders.items():
            for table in TABLES:
                for name in _part_names(folder, table):
                    path = os.path.join(self._links, schema, DATASET, table, name)
                    try:
                        self._connection.execute("SELECT max(hash(t)) FROM read_parquet(?) t", [path]).fetchall()
                    except self._fault as fault:
                        return _damaged(os.path.join(folder, DATASET, table, name), fault)
        return UserError(f"the dataset cannot be asked: {safe.one_line(str(error))}", INCOMPLETE)


@contextmanager
def opened(folder: str, against: str | None = None) -> Iterator[Dataset]:
    """Open the dataset in a fleet's folder, and the one it is compared with.

    Raises :class:`UserError`: 2 for what is no dataset, or is of a version that is not known here; 3 for one that is not
    complete or is damaged.
    """
    duckdb = library()
    folders = {NEW: folder} | ({OLD: against} if against is not None else {})
    for each in folders.values():
        manifests.check(each)
    with tempfile.TemporaryDirectory(prefix="dindguard-fleet-") as scratch:
        for schema, each in folders.items():
            os.symlink(os.path.realpath(each), os.path.join(scratch, schema))
        connection = duckdb.connect(":memory:", config=_SETTINGS)
        try:
            _confine(connection, scratch, [os.path.join(scratch, schema, DATASET) for schema in folders])
            dataset = Dataset(connection, duckdb.Error, folders, scratch)
            _make_views(dataset, folders, scratch)
            yield dataset
        finally:
            connection.close()


def library() -> Any:
    """Return DuckDB's module; raises :class:`UserError` that says what to install where it is missing."""
    try:
        import duckdb
    except ImportError:
        raise UserError(
            "a fleet's report needs DuckDB: install dindguard with the extra 'fleet' (dindguard[fleet])"
        ) from None
    return duckdb


def _confine(connection: Any, scratch: str, seen: Sequence[str]) -> None:
    """Let DuckDB see these folders alone, and what it keeps itself; nothing changes that any more."""
    for statement in (
        f"SET temp_directory = {_quoted(os.path.join(scratch, 'kept'))}",
        f"SET allowed_directories = [{', '.join(map(_quoted, seen))}]",
        "SET enable_external_access = false",
        "SET lock_configuration = true",
    ):
        connection.execute(statement)


def _make_views(dataset: Dataset, folders: Mapping[str, str], scratch: str) -> None:
    dataset.rows(f"CREATE SCHEMA {OLD}")
    for schema in (NEW, OLD):
        for table in TABLES.values():
            names = _part_names(folders[schema], table.name) if schema in folders else []
            paths = [os.path.join(scratch, schema, DATASET, table.name, name) for name in names]
            dataset.rows(f"CREATE VIEW {schema}.{table.name} AS {_select(dataset, table, paths)}")


def _select(dataset: Dataset, table: Table, paths: Sequence[str]) -> str:
    """Return the question for all rows of a table's parts: every column of the schema, whether it is there or not."""
    if not paths:
        columns = ", ".join(
            f"CAST({_ABSENT[each.kind]} AS {_TYPES[each.kind]}) AS {each.name}" for each in table.columns
        )
        return f"SELECT {columns} WHERE false"
    source = f"read_parquet([{', '.join(map(_quoted, paths))}], union_by_name = true)"
    there = {str(name): str(kind) for name, kind, *_ in dataset.rows(f"DESCRIBE SELECT * FROM {source}")}  # noqa: S608
    for each in table.columns:
        if there.get(each.name, _TYPES[each.kind]) != _TYPES[each.kind]:
            raise UserError(
                f"this is no dataset of dindguard: {table.name}.{each.name} is {there[each.name]}, not {_TYPES[each.kind]}"
            )
    columns = ", ".join(
        f'"{each.name}"'
        if each.name in there
        else f'CAST({_ABSENT[each.kind]} AS {_TYPES[each.kind]}) AS "{each.name}"'
        for each in table.columns
    )
    return f"SELECT {columns} FROM {source}"  # noqa: S608 - names of ours, and quoted paths


def _part_names(folder: str, table: str) -> list[str]:
    """Return the names of a table's parts; raises :class:`UserError` for one that is no file of the folder itself."""
    place = os.path.join(folder, DATASET, table)
    try:
        entries = sorted(os.scandir(place), key=lambda entry: entry.name)
    except OSError:
        return []
    found = []
    for entry in entries:
        if not _PART.fullmatch(entry.name):
            continue
        if not entry.is_file(follow_symlinks=False):
            raise UserError(f"{os.path.join(place, entry.name)}: a part is a file, and this is a link or a folder")
        found.append(entry.name)
    return found


def _damaged(path: str, fault: Exception) -> UserError:
    why = safe.one_line(str(fault).partition("\n")[0])
    return UserError(
        f"{path}: this part of the dataset is damaged ({why}); run the same 'dindguard fleet scan' again: it writes "
        "the dataset anew from what is staged",
        INCOMPLETE,
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
