"""The page of the fleet's dataset: its tables and columns, from the schema."""

from __future__ import annotations

import textwrap

from dindguard.fleet import layout
from dindguard.fleet.schema import TABLES, VERSION, Column, Table

HEAD = f"""<!-- Written by docs/generate.py: edit src/dindguard/fleet/schema.py instead. -->
# The dataset of a fleet

What `dindguard fleet scan` writes. **Version {VERSION}**, which `manifest.json` and the metadata of every part tell. Within a
version columns are added, and none is renamed, removed or given another meaning. DuckDB, Polars and pandas read it as it is.

```text
{textwrap.dedent((layout.__doc__ or "").split("::")[1].split("Shards")[0]).strip()}
```

Rows are in the order of the list of sources, in row groups of some {layout.ROW_GROUP:,}. A dataset is whole when its manifest is
there: it is written last. Everything that comes from a repository is data to be shown, never to be run: quote it.
"""


def page() -> str:
    """Return the page."""
    return "\n\n".join([HEAD.strip(), *(_section(table) for table in TABLES.values())]) + "\n"


def _section(table: Table) -> str:
    rows = [_row(column, table) for column in table.columns]
    head = "| column | holds | what it means |\n|---|---|---|"
    return f"## {table.name}\n\n{table.about}\n\n{head}\n" + "\n".join(rows)


def _row(column: Column, table: Table) -> str:
    aside = " *(measured: differs between equal runs)*" if column.name in table.measured else ""
    return f"| `{column.name}` | {column.kind.value} | {column.about}{aside} |"
