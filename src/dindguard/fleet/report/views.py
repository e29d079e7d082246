"""The views that every question may use, over the new and the old dataset alike."""

from __future__ import annotations

import datetime as dt

from dindguard.fleet.dataset import NEW, OLD, Dataset
from dindguard.model.engine_versions import lifecycle
from dindguard.patterns import regex
from dindguard.vocabulary import EngineProduct

_OPEN = """
CREATE VIEW {schema}.open AS
SELECT f.repository, f.fingerprint, any_value(r.team) AS team, any_value(r.labels) AS labels,
       min(f.rule) AS rule, min(f.title) AS title, arg_max(f.severity, f.severity_rank) AS severity,
       max(f.severity_rank) AS severity_rank, bool_and(f.claimed <> 'open') AS claimed
FROM {schema}.findings f JOIN {schema}.repositories r USING (repository)
WHERE f.status = 'open'
GROUP BY f.repository, f.fingerprint
"""
"""One row for each finding with an open subject; ``claimed``: the repository's own waivers and allows would silence it all."""

_ROOT = """
CREATE VIEW {schema}.root AS
SELECT c.*, r.team, r.labels,
       CASE WHEN c.runner <> '' THEN c.runner
            WHEN c.platform <> '' THEN 'not told (' || c.platform || ')'
            ELSE 'not told' END AS machine
FROM {schema}.containers c JOIN {schema}.repositories r USING (repository)
WHERE c.way_length > 0
"""
"""One row for each container with a way to root; ``machine`` is whose root that is, as far as the files tell."""

_KEPT = """
CREATE VIEW {schema}.kept AS
SELECT w.*, r.team, date_diff('day', g.today, w.expires) AS days,
       CASE WHEN len(w.faults) > 0 THEN 'faulty'
            WHEN w.expires < g.today THEN 'ran out'
            WHEN w.covers = 0 THEN 'not needed'
            WHEN NOT w.in_force THEN 'not in force'
            WHEN w.expires <= g.today + g.due THEN 'due'
            ELSE 'in force' END AS state
FROM {schema}.waivers w JOIN {schema}.repositories r USING (repository) CROSS JOIN given g
"""
"""The waivers, each with its team, the days it has left, and what is to be said of it on the day of the report."""


_VERSION = regex(r"\d{1,5}(?:\.\d{1,5}){0,2}")


def make(dataset: Dataset, today: dt.date, due: int) -> None:
    """Make the views, and the table ``given`` with the day of the report and the days in which a waiver is due."""
    dataset.rows("CREATE TABLE given AS SELECT CAST(? AS DATE) AS today, CAST(? AS INTEGER) AS due", (today, due))
    for schema in (NEW, OLD):
        for view in (_OPEN, _ROOT, _KEPT):
            dataset.rows(view.format(schema=schema))
    asked = "SELECT DISTINCT engine_version FROM containers WHERE engine = ? ORDER BY ALL"
    versions = [version for (version,) in dataset.rows(asked, (EngineProduct.DOCKER.value,))]
    dataset.rows(
        "CREATE TABLE support AS SELECT unnest(CAST(? AS VARCHAR[])) AS version, unnest(CAST(? AS VARCHAR[])) AS maintained",
        (versions, [_maintained(version) for version in versions]),
    )


def _maintained(version: str) -> str:
    """Return what became of the line of a version of Docker's engine; empty when nothing is known of it."""
    line = lifecycle(tuple(map(int, version.split(".")))) if _VERSION.fullmatch(version) else None
    return "" if line is None else line.end
