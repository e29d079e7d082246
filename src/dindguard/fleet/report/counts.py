"""The questions that count: by rule, team, label and repository."""

from __future__ import annotations

from dindguard.fleet.report.sections import WHO, Column, Kind, Section

RULES = Section(
    "rules",
    "By rule",
    "Open findings by rule. 'Claimed' are those that a repository's own waivers and allows would silence.",
    "rule",
    (
        Column("severity", "", Kind.SEVERITY),
        Column("rule", "Rule", Kind.RULE),
        Column("title", "What is wrong"),
        Column("findings", "Findings", Kind.NUMBER),
        Column("change", "Change", Kind.CHANGE),
        Column("claimed", "Claimed", Kind.NUMBER),
        Column("repositories", "Repositories", Kind.NUMBER),
        Column("teams", "Teams", Kind.NUMBER),
    ),
    """
    WITH now AS (
        SELECT rule, min(title) AS title, arg_max(severity, severity_rank) AS severity, max(severity_rank) AS rank,
               count(*) AS findings, count(*) FILTER (WHERE claimed) AS claimed, count(DISTINCT repository) AS repositories,
               count(DISTINCT nullif(team, '')) AS teams
        FROM open GROUP BY rule
    ), before AS (
        SELECT rule, min(title) AS title, arg_max(severity, severity_rank) AS severity, max(severity_rank) AS rank,
               count(*) AS findings
        FROM old.open GROUP BY rule
    )
    SELECT coalesce(now.severity, before.severity) AS severity, rule, coalesce(now.title, before.title) AS title,
           coalesce(now.findings, 0) AS findings, coalesce(now.findings, 0) - coalesce(before.findings, 0) AS change,
           coalesce(claimed, 0) AS claimed, coalesce(repositories, 0) AS repositories, coalesce(teams, 0) AS teams
    FROM now FULL JOIN before USING (rule)
    ORDER BY coalesce(now.rank, before.rank) DESC, findings DESC, rule
    """,
)

_COUNTED = (
    Column("repositories", "Repositories", Kind.NUMBER),
    Column("not_known", "Quarantined", Kind.NUMBER),
    Column("rooted", "With a way to root", Kind.NUMBER),
    Column("critical", "Critical", Kind.NUMBER),
    Column("high", "High", Kind.NUMBER),
    Column("change", "Change of both", Kind.CHANGE),
    Column("claimed", "Claimed", Kind.NUMBER),
    Column("blind_spots", "Blind spots", Kind.NUMBER),
)
_COUNTS = """
    count(*) AS repositories, count(*) FILTER (WHERE standing = 'quarantined') AS not_known,
    count(*) FILTER (WHERE ways_to_root > 0) AS rooted,
    coalesce(sum(open_critical), 0)::BIGINT AS critical, coalesce(sum(open_high), 0)::BIGINT AS high,
    coalesce(sum(blind_spots), 0)::BIGINT AS blind_spots
"""

TEAMS = Section(
    "teams",
    "By team",
    "Teams by their gravest open findings. A team is the label 'team' of the list of sources, else the owners of '*' by "
    "CODEOWNERS.",
    "team",
    (Column("team", "Team", missing="nobody is named"), *_COUNTED),
    f"""
    WITH claims AS (SELECT team, count(*) FILTER (WHERE claimed) AS claimed FROM open WHERE severity_rank >= 3 GROUP BY team),
    before AS (SELECT team, sum(open_critical + open_high)::BIGINT AS grave FROM old.repositories GROUP BY team),
    now AS (SELECT team, {_COUNTS} FROM repositories GROUP BY team)
    SELECT team, repositories, not_known, rooted, critical, high, critical + high - coalesce(grave, 0) AS change,
           coalesce(claimed, 0) AS claimed, blind_spots
    FROM now LEFT JOIN claims USING (team) LEFT JOIN before USING (team)
    ORDER BY team = '', critical DESC, high DESC, rooted DESC, team
    """,  # noqa: S608 - our own text
)

LABELS = Section(
    "labels",
    "By label",
    "The same by each other label of the list of sources, those with the fewest values first.",
    "value",
    (Column("label", "Label"), Column("value", "Value"), *_COUNTED),
    f"""
    WITH pairs AS (
        SELECT unnest(map_entries(labels)) AS pair, * FROM repositories
    ), claims AS (
        SELECT pair, count(*) AS claimed
        FROM (SELECT unnest(map_entries(labels)) AS pair FROM open WHERE severity_rank >= 3 AND claimed) GROUP BY pair
    ), before AS (
        SELECT pair, sum(grave)::BIGINT AS grave
        FROM (SELECT unnest(map_entries(labels)) AS pair, open_critical + open_high AS grave FROM old.repositories)
        GROUP BY pair
    ), now AS (
        SELECT pair, {_COUNTS} FROM pairs WHERE pair.key <> 'team' GROUP BY pair
    )
    SELECT pair.key AS label, pair.value AS value, repositories, not_known, rooted, critical, high,
           critical + high - coalesce(grave, 0) AS change, coalesce(claimed, 0) AS claimed, blind_spots
    FROM now LEFT JOIN claims USING (pair) LEFT JOIN before USING (pair)
    ORDER BY count(*) OVER (PARTITION BY pair.key), label, critical DESC, high DESC, rooted DESC, value
    """,  # noqa: S608 - our own text
)

REPOSITORIES = Section(
    "repositories",
    "Repositories",
    "Every repository, the gravest first.",
    "repository",
    (
        *WHO,
        Column("labels", "Labels", Kind.LABELS),
        Column("standing", "Standing", Kind.STATE),
        Column("critical", "Critical", Kind.NUMBER),
        Column("high", "High", Kind.NUMBER),
        Column("medium", "Medium", Kind.NUMBER),
        Column("low", "Low", Kind.NUMBER),
        Column("info", "Info", Kind.NUMBER, page=False),
        Column("change", "Change", Kind.CHANGE),
        Column("ways_to_root", "Ways to root", Kind.NUMBER),
        Column("blind_spots", "Blind spots", Kind.NUMBER),
        Column("files_read", "Files read", Kind.NUMBER, page=False),
        Column("files_unreadable", "Unreadable", Kind.NUMBER, page=False),
        Column("revision", "Revision", Kind.CODE, page=False),
        Column("scanned_at", "Scanned", Kind.DAY),
    ),
    """
    WITH before AS (
        SELECT repository, open_critical + open_high + open_medium + open_low + open_info AS findings FROM old.repositories
    )
    SELECT repository, team, labels, standing, open_critical AS critical, open_high AS high, open_medium AS medium,
           open_low AS low, open_info AS info,
           open_critical + open_high + open_medium + open_low + open_info - coalesce(before.findings, 0) AS change,
           ways_to_root, blind_spots, files_read, files_unreadable, revision,
           strftime(to_timestamp(epoch(scanned_at)) AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%SZ') AS scanned_at
    FROM repositories LEFT JOIN before USING (repository)
    ORDER BY critical DESC, high DESC, ways_to_root DESC, medium DESC, standing = 'scanned', low DESC, info DESC, repository
    """,
)
