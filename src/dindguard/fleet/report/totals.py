"""The numbers of the whole fleet, and what made them."""

from __future__ import annotations

from typing import Any

from dindguard.fleet.dataset import NEW, OLD, Dataset

NUMBERS = (
    "repositories", "scanned", "incomplete", "quarantined", "critical", "high", "medium", "low", "info", "ways_to_root",
    "rooted", "blind_spots", "unreadable", "waivers", "waivers_due", "waivers_run_out",
)  # fmt: skip
"""The names of the numbers; ``rooted`` are repositories with a way to root."""

_TOTALS = """
SELECT count(*), count(*) FILTER (WHERE standing = 'scanned'), count(*) FILTER (WHERE standing = 'incomplete'),
       count(*) FILTER (WHERE standing = 'quarantined'),
       coalesce(sum(open_critical), 0)::BIGINT, coalesce(sum(open_high), 0)::BIGINT, coalesce(sum(open_medium), 0)::BIGINT,
       coalesce(sum(open_low), 0)::BIGINT, coalesce(sum(open_info), 0)::BIGINT, coalesce(sum(ways_to_root), 0)::BIGINT,
       count(*) FILTER (WHERE ways_to_root > 0), coalesce(sum(blind_spots), 0)::BIGINT,
       coalesce(sum(files_unreadable), 0)::BIGINT,
       (SELECT count(*) FROM {schema}.kept), (SELECT count(*) FROM {schema}.kept WHERE state = 'due'),
       (SELECT count(*) FROM {schema}.kept WHERE state = 'ran out')
FROM {schema}.repositories
"""
_MAKERS = """
SELECT strftime(min(scanned_at) AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%SZ'),
       strftime(max(scanned_at) AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%SZ'),
       list_sort(list_distinct(list(dindguard))), list_sort(list_distinct(list(rules))), list_sort(list_distinct(list(policy)))
FROM {schema}.repositories
"""


def totals(dataset: Dataset, schema: str = NEW) -> dict[str, int]:
    """Return the numbers of one dataset."""
    [row] = dataset.rows(_TOTALS.format(schema=schema))
    return dict(zip(NUMBERS, map(int, row), strict=True))


def made_by(dataset: Dataset, schema: str = NEW) -> dict[str, Any]:
    """Return when the repositories were scanned, and by which dindguard, rules and policy."""
    [row] = dataset.rows(_MAKERS.format(schema=schema))
    first, last, *lists = row
    names = ("dindguard", "rules", "policy")
    return {
        "first": first or "",
        "last": last or "",
        **{name: [each for each in found or [] if each] for name, found in zip(names, lists, strict=True)},
    }


def unlike(dataset: Dataset) -> list[str]:
    """Return what is not the same in the two datasets although it decides what is found."""
    new, old = made_by(dataset), made_by(dataset, OLD)
    words = {"dindguard": "the version of dindguard", "rules": "the rules", "policy": "the policy"}
    return [said for name, said in words.items() if new[name] != old[name]]
