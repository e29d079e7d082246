"""Datasets of fleets made directly as Parquet: rows of which only what matters is given."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from dindguard.fleet import layout
from dindguard.fleet.schema import TABLES, VERSION, Kind, Table

SCANNED = dt.datetime(2026, 11, 20, 3, 0, tzinfo=dt.UTC)
TODAY = dt.date(2026, 11, 23)

MISSING = "the extra 'fleet' is not installed: pip install 'dindguard[fleet]'"

WAY = "mounts /var/run/docker.sock → root on the host"
LONG = "mounts /run → holds the socket → root on the host"
EVIL = "=cmd|' /C calc'!A0\"'; DROP TABLE findings; --\x1b[31m<script>alert(1)</script>\u202e\n# HELP x"


def _types() -> dict[Kind, Any]:
    import pyarrow as pa

    return {
        Kind.TEXT: pa.string(),
        Kind.INTEGER: pa.int64(),
        Kind.REAL: pa.float64(),
        Kind.YES: pa.bool_(),
        Kind.DATE: pa.date32(),
        Kind.MOMENT: pa.timestamp("us", tz="UTC"),
        Kind.TEXTS: pa.list_(pa.string()),
        Kind.LABELS: pa.map_(pa.string(), pa.string()),
    }


_EMPTY: dict[Kind, Any] = {
    Kind.TEXT: "", Kind.INTEGER: 0, Kind.REAL: 0.0, Kind.YES: False, Kind.DATE: None, Kind.MOMENT: SCANNED,
    Kind.TEXTS: [], Kind.LABELS: [],
}  # fmt: skip
_RANKS = {"critical": 4, "high": 3, "medium": 2, "low": 1, "info": 0}

Rows = Sequence[Mapping[str, Any]]


def table_of(table: Table, rows: Rows, without: Iterable[str] = ()) -> Any:
    """Return a table's rows as Arrow's; a column that a row does not give is empty."""
    import pyarrow as pa

    types = _types()
    fields, arrays = [], []
    for column in table.columns:
        if column.name in without:
            continue
        values = [row.get(column.name, _EMPTY[column.kind]) for row in rows]
        fields.append(pa.field(column.name, types[column.kind]))
        arrays.append(pa.array(values, type=types[column.kind]))
    for row in rows:
        assert row.keys() <= set(table.names()), row.keys() - set(table.names())
    return pa.table(arrays, schema=pa.schema(fields))


def write(folder: Path, tables: Mapping[str, Rows], *, version: int = VERSION, without: Iterable[str] = ()) -> Path:
    """Write a whole dataset of one shard, and return its folder."""
    import pyarrow.parquet as pq

    shard = layout.Shard()
    parts = []
    for table in TABLES.values():
        path = Path(layout.part(str(folder), table.name, shard))
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = tables.get(table.name, ())
        pq.write_table(table_of(table, rows, without), path, row_group_size=layout.ROW_GROUP)
        parts.append({"file": path.relative_to(folder).as_posix(), "rows": len(rows)})
    manifest = {"version": version, "run": "r1", "shard": str(shard), "parts": parts}
    Path(layout.manifest(str(folder), shard)).write_text(json.dumps(manifest))
    return folder


def repository(name: str, team: str = "", standing: str = "scanned", **given: Any) -> dict[str, Any]:
    """Return a row of ``repositories``."""
    labels = [*given.pop("labels", {}).items()]
    return {
        "run": "r1", "repository": name, "team": team, "standing": standing, "source": f"/srv/git/{name}",
        "labels": [("team", team), *labels] if team else labels, "dindguard": "0.1.0", "rules": "rules-1", "policy": "",
        **given,
    }  # fmt: skip


def finding(repository: str, rule: str, severity: str, path: str = "compose.yaml", **given: Any) -> dict[str, Any]:
    """Return a row of ``findings``; its identity hangs on repository, rule, file and ``address``."""
    address = given.get("address", "services.web")
    identity = f"{rule}:{path}:{address}"
    return {
        "run": "r1", "repository": repository, "rule": rule, "title": f"About {rule}", "severity": severity,
        "severity_rank": _RANKS[severity], "confidence": "high", "status": "open", "claimed": "open", "path": path,
        "line": 3, "column": 5, "subject": "service 'web'", "address": address, "message": f"{rule} here",
        "fingerprint": identity, "identity": identity, **given,
    }  # fmt: skip


def container(
    repository: str, name: str = "web", way: str = "", path: str = "compose.yaml", **given: Any
) -> dict[str, Any]:
    """Return a row of ``containers``."""
    return {
        "run": "r1", "repository": repository, "path": path, "line": 2, "column": 3, "name": name,
        "address": f"services.{name}", "kind": "service", "workload_kind": "project", "platform": "container engine",
        "way_to_root": way, "way_length": len(way.split(" → ")) if way else 0, **given,
    }  # fmt: skip


def access(repository: str, via: str = "/var/run/docker.sock", **given: Any) -> dict[str, Any]:
    """Return a row of ``accesses``: a container that mounts the host's socket."""
    return {
        "run": "r1", "repository": repository, "who": "service 'web'", "who_address": "services.web",
        "who_path": "compose.yaml", "path": "compose.yaml", "line": 4, "to": "the host", "to_machine": True,
        "engine": "docker", "via": via, "via_kind": "mount", "permits": "everything", "deliberate": True, **given,
    }  # fmt: skip


def waiver(repository: str, rule: str, expires: dt.date | None, **given: Any) -> dict[str, Any]:
    """Return a row of ``waivers``."""
    return {
        "run": "r1", "repository": repository, "rule": rule, "path": "compose.yaml", "address": "services.web",
        "mode": "socket", "reason": "for a while", "owner": "ops", "approvers": ["ana (security)"], "ticket": "T-1",
        "approved": dt.date(2026, 6, 1), "expires": expires, "covers": 1, "in_force": True, **given,
    }  # fmt: skip


def file(repository: str, path: str, state: str, **given: Any) -> dict[str, Any]:
    """Return a row of ``coverage``."""
    return {"run": "r1", "repository": repository, "path": path, "state": state, **given}


FLEET: dict[str, list[dict[str, Any]]] = {
    "repositories": [
        repository("pay/api", "payments", open_critical=1, open_high=1, ways_to_root=2, labels={"tier": "1"}),
        repository("pay/web", "payments", open_critical=1, ways_to_root=1, blind_spots=1, labels={"tier": "2"}),
        repository("ops/ci", "ops", open_high=1, ways_to_root=1, labels={"tier": "1"}),
        repository("ops/clean", "ops", labels={"tier": "1"}),
        repository("lost", "", "incomplete", files_unreadable=1, notices=["compose.yaml:3: not YAML"]),
        repository("bomb", "", "quarantined", reason="memory", evidence="killed"),
    ],
    "findings": [
        finding("pay/api", "host-engine-socket", "critical", address="services.web.access.mounts./run"),
        finding("pay/api", "old-engine", "high", address="services.dind", claimed="waived"),
        finding("pay/web", "host-engine-socket", "critical", line=9),
        finding("pay/web", "host-engine-socket", "critical", line=9, identity="second", subject="service 'b'"),
        finding("ops/ci", "old-engine", "high", ".gitlab-ci.yml"),
        finding("ops/ci", "floating-image", "low", status="waived"),
    ],
    "containers": [
        container("pay/api", "web", WAY, runner="build-1"),
        container("pay/api", "dind", LONG, engine="docker", engine_version="24.0.7",
                       engine_version_sort="00024.00000.00007", hosted=True, platform="GitHub"),
        container("pay/web", "web", WAY, runner="build-1"),
        container("ops/ci", "web", WAY, ".gitlab-ci.yml", hosted=True, platform="GitHub", engine="docker",
                       engine_version="9.1", engine_version_sort="00009.00001", open_to_anyone=True),
        container("ops/clean", "web", engine="podman"),
    ],
    "accesses": [access("pay/api"), access("pay/web")],
    "coverage": [
        file("pay/web", "run.conf", "blind-spot", what="configuration", words="--privileged", line=4),
        file("lost", "compose.yaml", "broken", what="not YAML", line=3),
        file("pay/web", "ci.star", "known-not-read", what="drone starlark"),
    ],
    "waivers": [
        waiver("pay/api", "old-engine", dt.date(2026, 12, 1), address="services.dind"),
        waiver("ops/ci", "floating-image", dt.date(2026, 11, 1)),
        waiver("ops/ci", "old-engine", dt.date(2027, 6, 1), in_force=False),
        waiver("ops/ci", "open-engine", dt.date(2027, 6, 1), covers=0),
        waiver("ops/ci", "missing-tls", None, faults=["expires is missing"]),
        waiver("ops/clean", "near-privileged", dt.date(2027, 6, 1)),
    ],
}  # fmt: skip


def hostile(folder: Path) -> Path:
    return write(
        folder,
        {
            "repositories": [repository(EVIL, EVIL, "incomplete", open_critical=1, ways_to_root=1, notices=[EVIL],
                                             labels={EVIL: EVIL}, evidence=EVIL, source=EVIL, reason=EVIL, revision=EVIL)],
            "findings": [finding(EVIL, EVIL, "critical", EVIL, title=EVIL, message=EVIL, subject=EVIL)],
            "containers": [container(EVIL, EVIL, EVIL, EVIL, runner=EVIL, engine=EVIL, engine_version=EVIL)],
            "coverage": [file(EVIL, EVIL, "blind-spot", what=EVIL, words=EVIL, owners=[EVIL])],
            "waivers": [waiver(EVIL, EVIL, dt.date(2026, 11, 24), reason=EVIL, owner=EVIL, ticket=EVIL, faults=[EVIL])],
        },
    )  # fmt: skip


def changed(tmp_path: Path) -> tuple[Path, Path]:
    """Return a dataset and an older one: each kind of change, once."""
    old = {
        "repositories": [repository(name, open_high=1) for name in ("stays", "left", "breaks", "heals")],
        "findings": [
            finding("stays", "kept", "high"),
            finding("stays", "mended", "critical"),
            finding("stays", "silenced", "high"),
            finding("stays", "moved", "high", "old/compose.yaml"),
            finding("left", "kept", "high"),
            finding("breaks", "kept", "high"),
        ],
    }
    old["repositories"][3]["standing"] = "quarantined"
    new = {
        "repositories": [repository(name, open_high=2) for name in ("stays", "joined", "breaks", "heals")],
        "findings": [
            finding("stays", "kept", "high", line=40),
            finding("stays", "silenced", "high", status="allowed"),
            finding("stays", "moved", "high", "new/compose.yaml"),
            finding("stays", "fresh", "critical"),
            finding("stays", "fresh", "critical", identity="second", subject="service 'b'"),
            finding("joined", "kept", "high"),
            finding("heals", "kept", "high"),
        ],
    }
    new["repositories"][2]["standing"] = "quarantined"
    return write(tmp_path / "new", new), write(tmp_path / "old", old)
