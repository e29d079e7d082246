"""Staged results made one dataset: ``python -m dindguard.fleet.compaction`` in a process of its own.

Standard input says what to do in its first line, then has one line for each repository, in order. A process of its own, so
that the driver's memory holds neither Arrow nor rows.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from dindguard.fleet import layout, staging
from dindguard.fleet.arrow import schema_of
from dindguard.fleet.layout import Shard
from dindguard.fleet.schema import REPOSITORIES, TABLES, VERSION, Kind, Standing, Table
from dindguard.fleet.staging import DamagedError, Filled, Row

if TYPE_CHECKING:
    import pyarrow as pa

_BATCH = 4_000
_GROUPS = 10
"""Row groups of one part: some million rows."""


def main() -> int:
    """Do what standard input asks for; print the numbers of repositories whose staged result is damaged."""
    lines = iter(sys.stdin.buffer)
    asked = json.loads(next(lines))
    shard = Shard(*asked["shard"])
    damaged = compact(asked["out"], shard, asked, (json.loads(line) for line in lines))
    print(damaged)  # noqa: T201 - this is how it answers
    return 0


def compact(out: str, shard: Shard, asked: dict[str, Any], staged: Iterable[dict[str, Any]]) -> int:
    """Write the dataset of a shard from its staged results; return how many of them were damaged.

    ``staged`` gives for each repository its key and the row to be written if what is staged under that is damaged. The
    manifest is removed first and written last.
    """
    target = layout.manifest(out, shard)
    staging.remove(target)
    writers = {name: _Writer(out, table, shard) for name, table in TABLES.items()}
    damaged = counted = 0
    standings = dict.fromkeys(map(str, Standing), 0)
    try:
        for each in staged:
            rows, whole = _rows_of(out, each, asked["output"])
            damaged += not whole
            counted += 1
            for name, values in rows:
                if name == REPOSITORIES.name:
                    standings[values[_STANDING]] += 1
                writers[name].add(values)
        parts = [part for writer in writers.values() for part in writer.close()]
    except BaseException:
        for writer in writers.values():
            writer.abandon()
        raise
    for writer in writers.values():
        writer.remove_older()
    told = {name: asked[name] for name in ("run", "dindguard", "rules", "policy")}
    manifest = {
        "version": VERSION, **told, "shard": str(shard), "repositories": counted, **standings, "finished": int(time.time()),
        "parts": parts,
    }  # fmt: skip
    _write(target, json.dumps(manifest, indent=2) + "\n")
    return damaged


_STANDING = REPOSITORIES.names().index("standing")


def _rows_of(out: str, each: dict[str, Any], most: int) -> tuple[list[Row], bool]:
    """Return the rows of one repository and whether they are what was staged; one that is damaged is quarantined."""
    try:
        rows = list(staging.read(out, each["key"], most))
        mine = [values for name, values in rows if name == REPOSITORIES.name]
        names = {values[1] for _, values in rows}
        if len(mine) != 1 or names != {each["row"]["repository"]} or mine[0][_STANDING] not in map(str, Standing):
            raise DamagedError("its rows are not those of one repository, this one")
    except DamagedError as error:
        staging.remove(layout.staged(out, each["key"]))
        evidence = f"what was staged for it is damaged: {error}; the next run scans it again"
        row = {**each["row"], "standing": "quarantined", "reason": "output", "evidence": evidence, "key": each["key"]}
        return [Filled(REPOSITORIES).row(**row)], False
    return rows, True


class _Writer:
    """Writes the parts of one table; what is written appears under its name when all is."""

    def __init__(self, out: str, table: Table, shard: Shard) -> None:
        self._out, self._table, self._shard = out, table, shard
        self._schema = schema_of(table)
        self._columns: list[list[Any]] = [[] for _ in table.columns]
        self._batches: list[pa.RecordBatch] = []
        self._rows = self._groups = 0
        self._writer: Any = None
        self._parts: list[tuple[str, int]] = []
        os.makedirs(os.path.join(out, layout.DATASET, table.name), exist_ok=True)

    def add(self, values: tuple[Any, ...]) -> None:
        """Take a row."""
        for column, value in zip(self._columns, values, strict=True):
            column.append(value)
        if len(self._columns[0]) >= _BATCH:
            self._batch()

    def _batch(self) -> None:
        import pyarrow as pa

        if not self._columns[0]:
            return
        arrays = [
            pa.array(_converted(column.kind, values), field.type)
            for column, values, field in zip(self._table.columns, self._columns, self._schema, strict=True)
        ]
        self._batches.append(pa.RecordBatch.from_arrays(arrays, schema=self._schema))
        self._columns = [[] for _ in self._table.columns]
        if sum(map(len, self._batches)) >= layout.ROW_GROUP:
            self._group()

    def _group(self) -> None:
        import pyarrow as pa

        whole = pa.Table.from_batches(self._batches, self._schema)
        self._batches = []
        self._opened().write_table(whole, row_group_size=max(len(whole), 1))
        self._rows += len(whole)
        self._groups += 1
        if self._groups >= _GROUPS:
            self._finish()

    def _opened(self) -> Any:
        import pyarrow.parquet as pq

        if self._writer is None:
            path = layout.part(self._out, self._table.name, self._shard, len(self._parts))
            self._parts.append((path, 0))
            self._writer = pq.ParquetWriter(f"{path}.tmp", self._schema, compression="zstd")
        return self._writer

    def _finish(self) -> None:
        self._writer.close()
        self._writer = None
        self._parts[-1] = (self._parts[-1][0], self._rows)
        self._rows = self._groups = 0

    def close(self) -> list[dict[str, Any]]:
        """Finish the parts, give them their names, and return what the manifest says of them."""
        self._batch()
        if self._batches or not self._parts:
            self._group()
        if self._writer is not None:
            self._finish()
        return [_named(self._out, path, rows) for path, rows in self._parts]

    def abandon(self) -> None:
        """Remove what is half written."""
        for path, _ in self._parts:
            staging.remove(f"{path}.tmp")

    def remove_older(self) -> None:
        """Remove parts of this shard that an earlier run left and this one did not write."""
        own = {os.path.basename(path) for path, _ in self._parts}
        folder = os.path.join(self._out, layout.DATASET, self._table.name)
        for name in os.listdir(folder):
            if name.startswith(f"part-{self._shard}-") and name not in own:
                staging.remove(os.path.join(folder, name))


def _converted(kind: Kind, values: list[Any]) -> list[Any]:
    """Return values as Arrow takes them."""
    if kind is Kind.LABELS:
        return [sorted(value.items()) for value in values]
    if kind is Kind.DATE:
        import datetime as dt

        return [dt.date.fromisoformat(value) if value else None for value in values]
    return values


def _named(out: str, path: str, rows: int) -> dict[str, Any]:
    os.replace(f"{path}.tmp", path)
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"file": os.path.relpath(path, out), "rows": rows, "bytes": os.path.getsize(path), "sha256": digest}


def _write(path: str, text: str) -> None:
    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        with open(temporary, "x", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        staging.remove(temporary)
        raise


def asked(out: str, shard: Shard, told: dict[str, Any], lines: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """Yield what :func:`main` reads."""
    yield json.dumps({"out": out, "shard": [shard.index, shard.count], **told}).encode() + b"\n"
    for each in lines:
        yield json.dumps(each).encode() + b"\n"


if __name__ == "__main__":
    sys.exit(main())
