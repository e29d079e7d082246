"""The pipeline: from paths to a report."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from dindguard import discover, rules
from dindguard.errors import UserError
from dindguard.findings import Finding, stamp
from dindguard.infer import infer
from dindguard.infer.sandbox import lowered
from dindguard.model.model import Model
from dindguard.policy import BASELINE_FILE, Surroundings, apply_policy
from dindguard.policy.config import Config
from dindguard.policy.config import load as load_config
from dindguard.reading import Progress, read_all
from dindguard.records import field, record, replace
from dindguard.rules import Profile, Rule, Severity
from dindguard.source import Gravity, Notice, Source, Span

if TYPE_CHECKING:
    from dindguard.policy.baseline import Entry


@record(kw_only=True)
class Options:
    """What a scan is asked to do.

    ``paths`` are files or folders; ``stdin`` is ``(name, bytes)`` of a document given on standard input, its
    name relative to the root. ``today`` decides what has expired. ``type_overrides`` maps patterns to format
    names. ``progress`` is called with files done and files in all.
    """

    paths: tuple[Path, ...] = ()
    root: Path | None = None
    stdin: tuple[str, bytes] | None = None
    today: dt.date = field(default_factory=dt.date.today)
    profile: Profile | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    untrusted: bool = False
    config: Path | None = None
    baseline: Path | None = None
    since: str = ""
    packs: tuple[str, ...] = ()
    rules_dirs: tuple[Path, ...] = ()
    type_overrides: tuple[tuple[str, str], ...] = ()
    progress: Progress | None = None


@record(kw_only=True)
class Report:
    """All that a scan found, could not read, and left out. ``findings`` include the silenced ones."""

    root: Path
    findings: tuple[Finding, ...]
    notices: tuple[Notice, ...]
    rules: tuple[Rule, ...]
    sources: Mapping[str, Source]
    model: Model
    config: Config = field(default_factory=Config)
    files_read: int = 0
    files_without_interest: int = 0
    files_unreadable: int = 0
    policy_summary: tuple[str, ...] = ()
    seconds: float | None = None

    @property
    def incomplete(self) -> bool:
        """Whether something recognised could not be read, or a rule failed."""
        return any(notice.gravity is Gravity.ERROR for notice in self.notices)

    @property
    def open(self) -> tuple[Finding, ...]:
        """The findings that nothing silences."""
        return tuple(finding for finding in self.findings if finding.open)

    def worst_open(self) -> Severity | None:
        """Return the gravest severity among open findings; ``None`` when there is none."""
        return max((finding.severity for finding in self.open), default=None)


def scan(options: Options) -> Report:
    """Read the given paths, build the model, run the rules, apply the policy.

    Raises :class:`~dindguard.errors.UserError` for what the user has to mend first: a missing path, a
    faulty configuration, a rule pack that does not load. All else becomes a notice in the report.
    """
    root = options.root or discover.find_root(options.paths[0] if options.paths else Path.cwd())
    config = load_config(root, options.config, untrusted=options.untrusted)
    chosen = load_rules(options)
    files = discover.Files(root)
    found = _discover(options, files, config)
    judged = _judge(found, files, config, chosen, options)
    if options.since:
        judged = _only_new(judged, root, config, chosen, options)
    sources = {source.path: source for source in found.sources}
    for finding in judged.findings:
        _add_sources(finding, files, sources)
    applied = apply_policy(judged.findings, _surroundings(sources, files, config, judged, options))
    notices = _kept([*found.notices, *files.notices, *judged.notices, *applied.notices])
    return Report(
        root=root,
        findings=applied.findings,
        notices=notices,
        rules=(*chosen, *applied.rules),
        sources=sources,
        model=judged.model,
        config=config,
        files_read=len(found.sources),
        files_without_interest=found.without_interest,
        files_unreadable=len({n.span.path for n in notices if n.kind == "unreadable"}),
        policy_summary=(*applied.summary, *_configured(config)),
    )


@record(kw_only=True)
class _Judged:
    """What the rules say about a set of sources, before policy."""

    findings: tuple[Finding, ...]
    notices: tuple[Notice, ...]
    model: Model
    given: frozenset[str]
    active: frozenset[str]


def _judge(
    found: discover.Found, files: discover.Files, config: Config, chosen: tuple[Rule, ...], options: Options
) -> _Judged:
    given = frozenset(source.path for source in found.sources)
    readings, notices = read_all(found.sources, files, options.type_overrides, options.progress)
    model = infer(readings, config.rule_policy())
    known = {rule.id for rule in chosen}
    if config.disabled or config.severities:
        from dindguard.policy.catalogue import RULES

        config.check_rules(known | set(RULES))
    active = tuple(
        rules.selected(
            chosen,
            profile=options.profile or config.profile,
            select=options.select,
            ignore=(*options.ignore, *(name for name in config.disabled if name in known)),
        )
    )
    verdicts, said = rules.run(model, active)
    findings = stamp(verdicts, lowered, config.severities)
    return _Judged(
        findings=tuple(finding for finding in findings if _concerns(finding, given)),
        notices=(*notices, *said),
        model=model,
        given=given,
        active=frozenset(rule.id for rule in active),
    )


def _only_new(judged: _Judged, root: Path, config: Config, chosen: tuple[Rule, ...], options: Options) -> _Judged:
    """Keep the findings, and their subjects, that the tree of ``options.since`` does not have."""
    from dindguard.policy.baseline import danger
    from dindguard.policy.since import Revision

    revision = Revision(root, options.since)
    try:
        before = discover.Found()
        for path in revision.paths:
            discover.take(path, revision, before)
        old = _judge(before, revision, config, chosen, options)
    finally:
        revision.close()
    known = {(s.identity, danger(f, s)) for f in old.findings for s in f.subjects}
    new = []
    for finding in judged.findings:
        fresh = tuple(s for s in finding.subjects if (s.identity, danger(finding, s)) not in known)
        if fresh:
            new.append(replace(finding, subjects=fresh))
    return replace(judged, findings=tuple(new))


def _surroundings(
    sources: Mapping[str, Source], files: discover.Files, config: Config, judged: _Judged, options: Options
) -> Surroundings:
    entries, name = _baseline(files, config, options)
    return Surroundings(
        sources=sources,
        files=files,
        config=config,
        today=options.today,
        given=judged.given,
        active=judged.active,
        trusted=not options.untrusted,
        baseline=entries,
        baseline_name=name,
    )


def _baseline(files: discover.Files, config: Config, options: Options) -> tuple[tuple[Entry, ...], str]:
    """Return the baseline in force: the command line's, else the configuration's, else the usual file."""
    if options.baseline is not None:
        from dindguard.policy import baseline

        name = str(options.baseline)
        try:
            return baseline.read(options.baseline.read_text("utf-8"), name), name
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"--baseline {name}: cannot be read: {error}") from None
    if options.untrusted:
        return (), ""
    name = config.baseline or BASELINE_FILE
    source = files.open(name)
    if source is None and config.baseline:
        raise UserError(f"{config.origins['baseline']}: the baseline '{name}' does not exist")
    if source is None:
        return (), ""
    from dindguard.policy import baseline

    return baseline.read(source.text, name), name


def _configured(config: Config) -> tuple[str, ...]:
    count = len(config.disabled)
    return (f"{count} rule{'s' * (count != 1)} off by configuration",) if count else ()


def load_rules(options: Options) -> tuple[Rule, ...]:
    """Return the built-in rules and those of the packs and folders that the command line names."""
    chosen = rules.load()
    if options.packs or options.rules_dirs:
        from dindguard.packs import load_packs

        chosen = (*chosen, *load_packs(options.packs, options.rules_dirs, options.paths))
    return chosen


def _discover(options: Options, files: discover.Files, config: Config) -> discover.Found:
    paths = [path.resolve() for path in options.paths]
    ignore_files = not options.untrusted
    found = discover.discover(paths, files, ignore_files=ignore_files, exclude=config.exclude)
    if options.stdin is not None:
        name, data = options.stdin
        source = files.adopt(name, data)
        if source is not None:
            found.sources.append(source)
    return found


def _concerns(finding: Finding, given: Collection[str]) -> bool:
    """Whether any place of a finding lies in a file that was given."""
    return any(span.path in given for span in finding.places)


def _add_sources(finding: Finding, files: discover.Files, sources: dict[str, Source]) -> None:
    for span in finding.places:
        if span.path and span.path not in sources:
            source = files.open(span.path)
            if source is not None:
                sources[span.path] = source


def _kept(notices: Iterable[Notice]) -> tuple[Notice, ...]:
    order = {Gravity.ERROR: 0, Gravity.WARNING: 1, Gravity.NOTE: 2}
    unique = dict.fromkeys(notices)
    return tuple(sorted(unique, key=lambda n: (order[n.gravity], n.span.path, n.span.line, n.span.column, n.message)))


__all__ = ["Options", "Report", "Span", "scan"]
