"""The dataset's tables as Arrow sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.fleet.schema import VERSION, Kind, Table

if TYPE_CHECKING:
    import pyarrow as pa

METADATA = b"dindguard.dataset"
"""The key under which every part tells its dataset's version."""


def schema_of(table: Table) -> pa.Schema:
    """Return the Arrow schema of a table, with what each column means and the dataset's version in its metadata."""
    import pyarrow as pa

    types = {
        Kind.TEXT: pa.string(),
        Kind.INTEGER: pa.int64(),
        Kind.REAL: pa.float64(),
        Kind.YES: pa.bool_(),
        Kind.DATE: pa.date32(),
        Kind.MOMENT: pa.timestamp("us", tz="UTC"),
        Kind.TEXTS: pa.list_(pa.string()),
        Kind.LABELS: pa.map_(pa.string(), pa.string()),
    }
    fields = [
        pa.field(each.name, types[each.kind], nullable=each.kind is Kind.DATE, metadata={"about": each.about})
        for each in table.columns
    ]
    return pa.schema(fields, metadata={METADATA: str(VERSION).encode(), b"about": table.about.encode()})
