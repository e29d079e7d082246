"""What came and what went since the old dataset.

A repository that one of the two could not look at, or does not have, says nothing of what came or went in it. A finding that only
moved to another file did neither.
"""

from __future__ import annotations

from dindguard.fleet.report.sections import Column, Kind, Section

_ALONE = """
CREATE TABLE {name} AS
WITH known AS (
    SELECT n.repository FROM main.repositories n JOIN old.repositories o USING (repository)
    WHERE n.standing <> 'quarantined' AND o.standing <> 'quarantined'
)
SELECT f.repository, f.identity, f.fingerprint, f.rule, f.title, f.severity, f.severity_rank, f.path, f.line, f.address,
       f.subject, f.message, r.team
FROM {here}.findings f JOIN known USING (repository) JOIN {here}.repositories r USING (repository)
WHERE f.status = 'open' AND NOT EXISTS (
    SELECT 1 FROM {there}.findings t
    WHERE t.status = 'open' AND t.repository = f.repository AND t.identity = f.identity
)
"""
"""The open subjects of findings that one dataset has and the other has not, of repositories that both know."""

_MOVED = """
CREATE TABLE moved AS
WITH once_came AS (
    SELECT repository, rule, address, subject, min(identity) AS identity
    FROM alone_now GROUP BY repository, rule, address, subject HAVING count(*) = 1
), once_went AS (
    SELECT repository, rule, address, subject, min(identity) AS identity
    FROM alone_before GROUP BY repository, rule, address, subject HAVING count(*) = 1
)
SELECT repository, once_came.identity AS came, once_went.identity AS went
FROM once_came JOIN once_went USING (repository, rule, address, subject)
"""
"""Pairs of one that went and one that came under the same name in another file."""

PREPARATIONS = (
    _ALONE.format(name="alone_now", here="main", there="old"),
    _ALONE.format(name="alone_before", here="old", there="main"),
    _MOVED,
    "CREATE VIEW came AS SELECT * FROM alone_now a ANTI JOIN moved m ON m.repository = a.repository AND m.came = a.identity",
    "CREATE VIEW went AS SELECT * FROM alone_before a ANTI JOIN moved m ON m.repository = a.repository AND m.went = a.identity",
)
"""What to make before anybody asks what changed."""

_FOUND = (
    Column("severity", "", Kind.SEVERITY),
    Column("repository", "Repository"),
    Column("team", "Team"),
    Column("rule", "Rule", Kind.RULE),
    Column("path", "File", Kind.CODE),
    Column("line", "Line", Kind.LINE),
    Column("subjects", "What it is about", Kind.TEXTS),
    Column("message", "What is wrong"),
)
_ONE = """
    arg_max(severity, severity_rank) AS severity, repository, any_value(team) AS team, min(rule) AS rule, min(path) AS path,
    min(line) AS line, list_sort(list_distinct(list(subject))) AS subjects, min(message) AS message
"""

CAME = Section(
    "came",
    "What came",
    "Open findings that the old dataset has not.",
    "finding",
    _FOUND,
    f"""
    SELECT {_ONE} FROM came GROUP BY repository, fingerprint
    ORDER BY max(severity_rank) DESC, repository, path, line, min(rule)
    """,  # noqa: S608 - our own text
    against=True,
)

WENT = Section(
    "went",
    "What went",
    "Findings that were open and no longer are: they were fixed or removed, or something silences them now.",
    "finding",
    (*_FOUND, Column("now", "Now")),
    f"""
    WITH silenced AS (SELECT repository, identity, min(status) AS status FROM findings GROUP BY repository, identity)
    SELECT {_ONE}, coalesce(min(silenced.status), 'gone') AS now
    FROM went LEFT JOIN silenced USING (repository, identity) GROUP BY repository, fingerprint
    ORDER BY max(severity_rank) DESC, repository, path, line, min(rule)
    """,  # noqa: S608 - our own text
    against=True,
)

SOURCES = Section(
    "sources",
    "Repositories that came and went",
    "What is in these repositories is in one of the two datasets only, so nothing of it counts as come or gone.",
    "repository",
    (
        Column("change", "What happened"),
        Column("repository", "Repository"),
        Column("team", "Team"),
        Column("findings", "Open findings", Kind.NUMBER),
    ),
    """
    WITH each AS (
        SELECT repository, coalesce(n.team, o.team) AS team,
               CASE WHEN o.repository IS NULL THEN 'new in the list'
                    WHEN n.repository IS NULL THEN 'no longer in the list'
                    WHEN n.standing = 'quarantined' AND o.standing <> 'quarantined' THEN 'quarantined now'
                    WHEN n.standing <> 'quarantined' AND o.standing = 'quarantined' THEN 'no longer quarantined'
               END AS change,
               coalesce(n.open_critical + n.open_high + n.open_medium + n.open_low + n.open_info,
                        o.open_critical + o.open_high + o.open_medium + o.open_low + o.open_info) AS findings
        FROM main.repositories n FULL JOIN old.repositories o USING (repository)
    )
    SELECT change, repository, team, findings FROM each WHERE change IS NOT NULL ORDER BY change, repository
    """,
    against=True,
)

CHANGES = (CAME, WENT, SOURCES)
