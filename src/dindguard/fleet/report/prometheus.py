"""The fleet's numbers for Prometheus: a file for node_exporter's textfile collector.

The text format is that of <https://prometheus.io/docs/instrumenting/exposition_formats/>. Names and labels are part of what
``docs/stability.md`` promises. A series that is 0 is written too, so that an alert sees the difference from one that is gone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from dindguard.fleet.dataset import NEW, Row
from dindguard.fleet.report.answers import Report
from dindguard.reports import safe
from dindguard.rules import Severity

MOST_TEAMS = 100
"""Teams with series of their own; what further ones have is summed under :data:`OTHERS`: a file must not swell a server."""
OTHERS = "(others)"
LONGEST = 100
"""Characters of a label's value."""

Labels = Mapping[str, str]

_TEAMS = """
SELECT team, coalesce(sum(open_critical), 0)::BIGINT, coalesce(sum(open_high), 0)::BIGINT,
       coalesce(sum(open_medium), 0)::BIGINT, coalesce(sum(open_low), 0)::BIGINT, coalesce(sum(open_info), 0)::BIGINT,
       coalesce(sum(ways_to_root), 0)::BIGINT, coalesce(sum(blind_spots), 0)::BIGINT
FROM repositories GROUP BY team ORDER BY 2 DESC, 3 DESC, 7 DESC, team
"""
_RULES = "SELECT rule, severity, count(*) FROM open GROUP BY rule, severity ORDER BY rule, severity"
_WAIVERS = "SELECT state, count(*) FROM kept GROUP BY state"
_FINISHED = "SELECT epoch(max(scanned_at)), epoch(min(scanned_at)) FROM repositories"

_WAIVER_STATES = ("in force", "due", "ran out", "not in force", "not needed", "faulty")


def pieces(report: Report) -> Iterator[str]:
    """Yield the file's lines."""
    for line in _lines(report):
        yield f"{line}\n"


def _lines(report: Report) -> Iterator[str]:
    totals = report.totals()
    teams = _limited(report.dataset.rows(_TEAMS))
    severities = sorted(Severity, reverse=True)
    yield from _metric(
        "repositories",
        "Repositories by what became of them.",
        [({"standing": word}, totals[word]) for word in ("scanned", "incomplete", "quarantined")],
    )
    yield from _metric(
        "open_findings",
        "Open findings by severity and team.",
        [
            ({"severity": severity.word, "team": row[0]}, row[1 + index])
            for row in teams
            for index, severity in enumerate(severities)
        ],
    )
    yield from _metric("ways_to_root", "Containers with a way to root on a machine.", _by_team(teams, 6))
    yield from _metric("blind_spots", "Files that nobody reads and that speak of engines.", _by_team(teams, 7))
    yield from _metric(
        "rule_open_findings",
        "Open findings by rule and severity.",
        [({"rule": rule, "severity": word}, count) for rule, word, count in report.dataset.rows(_RULES)],
    )
    states: dict[str, int] = dict(report.dataset.rows(_WAIVERS))
    yield from _metric(
        "waivers", "Waivers by their state.", [({"state": state}, states.get(state, 0)) for state in _WAIVER_STATES]
    )
    yield from _changes(report)
    [(last, first)] = report.dataset.rows(_FINISHED)
    yield from _metric("first_scan_timestamp_seconds", "When the first repository was scanned.", _moment(first))
    yield from _metric("last_scan_timestamp_seconds", "When the last repository was scanned.", _moment(last))
    made = report.made_by(NEW)
    versions = {name: ",".join(made[name]) for name in ("dindguard", "rules", "policy")}
    yield from _metric("info", "What the numbers were made by.", [(versions, 1)])


def _changes(report: Report) -> Iterator[str]:
    if report.compared:
        counts = [({"change": name}, _findings(report, name)) for name in ("came", "went")]
        yield from _metric("changed_findings", "Findings that came and went since the dataset compared with.", counts)


def _findings(report: Report, view: str) -> int:
    return report.dataset.count(f"SELECT DISTINCT repository, fingerprint FROM {view}")  # noqa: S608 - our own name


def _limited(teams: Sequence[Row]) -> list[Row]:
    """Return the gravest teams, and one row for all others."""
    if len(teams) <= MOST_TEAMS:
        return list(teams)
    rest = teams[MOST_TEAMS:]
    return [*teams[:MOST_TEAMS], (OTHERS, *(sum(row[index] for row in rest) for index in range(1, 8)))]


def _by_team(teams: Sequence[Row], index: int) -> list[tuple[Labels, int]]:
    return [({"team": row[0]}, row[index]) for row in teams]


def _moment(seconds: float | None) -> list[tuple[Labels, float]]:
    return [] if seconds is None else [({}, seconds)]


def _metric(name: str, about: str, series: Sequence[tuple[Labels, float]]) -> Iterator[str]:
    """Yield a gauge with its series; nothing for one without."""
    if not series:
        return
    name = f"dindguard_fleet_{name}"
    yield f"# HELP {name} {about}"
    yield f"# TYPE {name} gauge"
    summed: dict[str, float] = {}
    for labels, value in series:  # a collector refuses a file that has a series twice: names may be alike on one line
        pairs = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
        summed[pairs] = summed.get(pairs, 0) + value
    for pairs, value in summed.items():
        yield f"{name}{{{pairs}}} {value}" if pairs else f"{name} {value}"


def _escaped(text: str) -> str:
    return safe.one_line(safe.valid(text))[:LONGEST].replace("\\", "\\\\").replace('"', '\\"')
