"""The questions of a fleet's report, in the order in which a platform team asks them."""

from __future__ import annotations

from dindguard.fleet.report.changes import CHANGES
from dindguard.fleet.report.counts import LABELS, REPOSITORIES, RULES, TEAMS
from dindguard.fleet.report.sections import PLACE, WHO, Column, Kind, Section

MACHINES = Section(
    "machines",
    "Who can become root, and where",
    "The machines on which containers of the repositories can become root. Those that a provider ends with the job come "
    "last: on any other, whoever broke out stays.",
    "machine",
    (
        Column("machine", "Machine"),
        Column("hosted", "Ends with the job", Kind.YES),
        Column("repositories", "Repositories", Kind.NUMBER),
        Column("containers", "Containers", Kind.NUMBER),
        Column("change", "Change", Kind.CHANGE),
        Column("teams", "Teams", Kind.TEXTS),
        Column("shortest", "The shortest way", Kind.WAY),
    ),
    """
    WITH before AS (SELECT machine, hosted, count(*) AS containers FROM old.root GROUP BY machine, hosted)
    SELECT machine, hosted, count(DISTINCT repository) AS repositories, count(*) AS containers,
           count(*) - coalesce(any_value(before.containers), 0) AS change,
           list_sort(list_distinct(list(team) FILTER (WHERE team <> ''))) AS teams, min((way_length, way_to_root))[2] AS shortest
    FROM root LEFT JOIN before USING (machine, hosted)
    GROUP BY machine, hosted
    ORDER BY hosted, repositories DESC, machine
    """,
)

WAYS = Section(
    "ways",
    "The gravest ways to root",
    "Containers from which root on a machine can be had, by the gravest finding about each, then by how short the way is. "
    "No repository's second one comes before another's first that is as grave.",
    "way",
    (
        Column("severity", "", Kind.SEVERITY),
        *WHO,
        Column("container", "Container"),
        *PLACE,
        Column("machine", "Root on"),
        Column("hosted", "Ends with the job", Kind.YES),
        Column("way_to_root", "Way", Kind.WAY),
    ),
    """
    WITH worst AS (
        SELECT c.repository, c.path, c.address, max(severity_rank) AS rank, arg_max(severity, severity_rank) AS severity
        FROM root c JOIN findings f ON f.repository = c.repository AND f.path = c.path
             AND (f.address = c.address OR starts_with(f.address, c.address || '.'))
        WHERE f.status = 'open' GROUP BY c.repository, c.path, c.address
    )
    SELECT coalesce(worst.severity, '') AS severity, root.repository, team, kind || ' ''' || name || '''' AS container,
           path, line, machine, hosted, way_to_root
    FROM root LEFT JOIN worst USING (repository, path, address)
    ORDER BY coalesce(rank, -1) DESC,
             row_number() OVER (
                 PARTITION BY root.repository, coalesce(rank, -1) ORDER BY hosted, way_length, path, line, name, root.address
             ),
             hosted, way_length, root.repository
    """,
)

UNREAD = Section(
    "unread",
    "Where nobody looks, by kind",
    "Files that speak of engines or are of a kind that is known, and that were not read: what is in them is not known.",
    "kind",
    (
        Column("state", "What became of it", Kind.STATE),
        Column("what", "What it is"),
        Column("words", "It says"),
        Column("files", "Files", Kind.NUMBER),
        Column("change", "Change", Kind.CHANGE),
        Column("repositories", "Repositories", Kind.NUMBER),
        Column("example", "For example", Kind.CODE),
    ),
    """
    WITH before AS (SELECT state, what, words, count(*) AS files FROM old.coverage GROUP BY state, what, words)
    SELECT state, what, words, count(*) AS files, count(*) - coalesce(any_value(before.files), 0) AS change,
           count(DISTINCT repository) AS repositories, min(repository || ': ' || path) AS example
    FROM coverage LEFT JOIN before USING (state, what, words)
    WHERE state IN ('blind-spot', 'known-not-read')
    GROUP BY state, what, words
    ORDER BY state, files DESC, what, words
    """,
)

BLIND_SPOTS = Section(
    "blind-spots",
    "Where nobody looks",
    "Files that no format reads and that speak of containers with power over their host; and files that are ours and could not "
    "be read.",
    "file",
    (
        *WHO,
        *PLACE,
        Column("state", "What became of it", Kind.STATE),
        Column("words", "It says"),
        Column("what", "What it is"),
        Column("owners", "Owners", Kind.TEXTS),
    ),
    """
    SELECT repository, team, path, line, state, words, what, owners
    FROM coverage JOIN repositories USING (repository)
    WHERE state IN ('blind-spot', 'broken', 'closed')
    ORDER BY state <> 'blind-spot', repository, path, line
    """,
)

ENGINES = Section(
    "engines",
    "Engines and their versions",
    "Engines that containers run or machines are configured for. An image without a version in its tag is the newest on the "
    "day when it is pulled.",
    "version",
    (
        Column("product", "Engine"),
        Column("version", "Version", missing="not told"),
        Column("maintained", "This line"),
        Column("where", "Where"),
        Column("containers", "Containers", Kind.NUMBER),
        Column("change", "Change", Kind.DIFFERENCE),
        Column("repositories", "Repositories", Kind.NUMBER),
        Column("open_to_anyone", "Open to anyone", Kind.NUMBER),
        Column("teams", "Teams", Kind.TEXTS),
    ),
    """
    WITH seen AS (
        SELECT *, CASE WHEN kind = 'machine' THEN 'machine' ELSE 'container' END AS place FROM containers WHERE engine <> ''
    ), before AS (
        SELECT engine, engine_version, CASE WHEN kind = 'machine' THEN 'machine' ELSE 'container' END AS place,
               count(*) AS containers
        FROM old.containers WHERE engine <> '' GROUP BY ALL
    )
    SELECT engine AS product, engine_version AS version,
           coalesce(any_value(s.maintained) FILTER (WHERE engine = 'docker'), '') AS maintained, place AS where,
           count(*) AS containers,
           count(*) - coalesce(any_value(before.containers), 0) AS change, count(DISTINCT seen.repository) AS repositories,
           count(*) FILTER (WHERE open_to_anyone) AS open_to_anyone,
           list_sort(list_distinct(list(r.team) FILTER (WHERE r.team <> ''))) AS teams
    FROM seen JOIN repositories r USING (repository) LEFT JOIN before USING (engine, engine_version, place)
    LEFT JOIN support s ON s.version = seen.engine_version
    GROUP BY engine, engine_version, place
    ORDER BY engine, min(engine_version_sort), place
    """,
)

WAIVERS = Section(
    "waivers",
    "Waivers that need somebody",
    "Records of the repositories that have run out or soon will, are faulty or not in force, or cover nothing any more.",
    "waiver",
    (
        Column("state", "State", Kind.STATE),
        Column("expires", "Expires", Kind.DAY),
        Column("days", "Days left", Kind.NUMBER),
        *WHO,
        Column("rule", "Rule", Kind.RULE),
        Column("path", "File", Kind.CODE),
        Column("address", "At", Kind.CODE),
        Column("owner", "Owner"),
        Column("approvers", "Approved by", Kind.TEXTS),
        Column("ticket", "Ticket"),
        Column("reason", "Reason"),
        Column("faults", "Faults", Kind.LINES),
    ),
    """
    SELECT state, expires, days, repository, team, rule, path, address, owner, approvers, ticket, reason, faults
    FROM kept WHERE state <> 'in force'
    ORDER BY expires NULLS LAST, repository, path, address, rule
    """,
)

NOTWHOLE = Section(
    "not-whole",
    "Repositories not seen whole",
    "Quarantined ones were not scanned, so their findings are not known; of incomplete ones something could not be read.",
    "repository",
    (
        *WHO,
        Column("standing", "Standing", Kind.STATE),
        Column("reason", "Why"),
        Column("evidence", "Evidence"),
        Column("notices", "Notices", Kind.LINES),
        Column("source", "Source", Kind.CODE),
    ),
    """
    SELECT repository, team, standing, reason, evidence, notices, source
    FROM repositories WHERE standing <> 'scanned'
    ORDER BY standing DESC, reason, repository
    """,
)

SECTIONS = {
    section.name: section
    for section in (
        MACHINES, WAYS, RULES, TEAMS, LABELS, *CHANGES, UNREAD, BLIND_SPOTS, ENGINES, WAIVERS, NOTWHOLE, REPOSITORIES,
    )
}  # fmt: skip
"""The sections by name, in the order of the report."""
