"""The pipeline: from paths to a report."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from dindguard import discover, loading, rules
from dindguard.checkout import commit_of
from dindguard.findings import Finding, stamp
from dindguard.formats.interest import Interest
from dindguard.formats.recognition import Recogniser
from dindguard.grading import lowered
from dindguard.infer import infer
from dindguard.model.model import Model
from dindguard.policy import Surroundings, apply_policy, baseline_in_force
from dindguard.policy.config import Config
from dindguard.policy.config import load as load_config
from dindguard.reading import Progress, no_collection, read_all
from dindguard.records import field, record, replace
from dindguard.report import Report
from dindguard.rules import Profile, Rule
from dindguard.source import Gravity, Notice, Source, Span

if TYPE_CHECKING:
    from dindguard.discover import StrPath


@record(kw_only=True)
class Options:
    """What a scan is asked to do.

    ``paths`` are files or folders; ``stdin`` is ``(name, bytes)`` of a document given on standard input, its
    name relative to the root. ``today`` decides what has expired. ``type_overrides`` maps patterns to format
    names. ``progress`` is called with files done and files in all.
    ``without_baseline`` leaves the tree's own baseline out.
    """

    paths: tuple[StrPath, ...] = ()
    root: StrPath | None = None
    stdin: tuple[str, bytes] | None = None
    today: dt.date = field(default_factory=dt.date.today)
    profile: Profile | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    untrusted: bool = False
    config: StrPath | None = None
    baseline: StrPath | None = None
    without_baseline: bool = False
    since: str = ""
    packs: tuple[str, ...] = ()
    force_exclude: bool = False
    rules_dirs: tuple[StrPath, ...] = ()
    type_overrides: tuple[tuple[str, str], ...] = ()
    progress: Progress | None = None


def scan(options: Options) -> Report:
    """Read the given paths, build the model, run the rules, apply the policy.

    Raises :class:`~dindguard.errors.UserError` for what the user has to mend first: a missing path, a
    faulty configuration, a rule pack that does not load. All else becomes a notice in the report.
    """
    root = os.fspath(options.root or discover.find_root(options.paths[0] if options.paths else ""))
    config = load_config(root, options.config, untrusted=options.untrusted)
    chosen = load_rules(options)
    files = discover.Files(root)
    found = _discover(options, files, config)
    judged = _judge(found, files, config, chosen, options)
    sources = {source.path: source for source in found.sources}
    for finding in judged.findings:
        _add_sources(finding, files, sources)
    applied = apply_policy(judged.findings, _surroundings(sources, files, config, judged, options))
    everything = applied.findings
    if options.since:
        applied = replace(applied, findings=_brought(everything, files, config, chosen, options))
    for finding in applied.findings if applied.rules else ():
        _add_sources(finding, files, sources)
    notices = _kept([*found.notices, *files.notices, *judged.notices, *applied.notices])
    return Report(
        root=root,
        findings=applied.findings,
        since=options.since,
        everything=everything if options.since else (),
        notices=notices,
        rules=(*chosen, *applied.rules),
        sources=sources,
        model=judged.model,
        config=config,
        files_read=len(found.sources),
        files_without_interest=found.without_interest,
        files_unreadable=len({n.span.path for n in notices if n.kind == "unreadable"}),
        policy_summary=(*applied.summary, *config.summary),
        today=options.today,
        commit=commit_of(root),
        waivers=applied.waivers,
    )


@record(kw_only=True)
class _Judged:
    """What the rules say about a set of sources, before policy."""

    findings: tuple[Finding, ...]
    notices: tuple[Notice, ...]
    model: Model
    given: frozenset[str]
    known: frozenset[str]
    active: frozenset[str]
    muted: frozenset[str]
    stamped: tuple[Finding, ...]
    embedded: tuple[Source, ...]


def _judge(
    found: discover.Found, files: discover.Files, config: Config, chosen: tuple[Rule, ...], options: Options
) -> _Judged:
    with no_collection():
        readings, notices = read_all(found.sources, files, Recogniser(options.type_overrides), options.progress)
        model = infer(readings, config.rule_policy())
    given = frozenset(source.path for source in found.sources)
    active, muted = _selected(chosen, config, options)
    verdicts, said = rules.run(model, active)
    findings = stamp(verdicts, lowered, config.severities)
    return _Judged(
        findings=tuple(finding for finding in findings if _concerns(finding, given)),
        notices=(*notices, *said),
        model=model,
        given=given,
        known=frozenset(rule.id for rule in chosen),
        active=frozenset(rule.id for rule in active),
        muted=muted,
        stamped=findings,
        embedded=tuple(embedded.source for reading in readings for embedded in reading.embedded),
    )


def _selected(chosen: tuple[Rule, ...], config: Config, options: Options) -> tuple[tuple[Rule, ...], frozenset[str]]:
    """Return the rules to run, and the ids of policy's own rules that are off."""
    profile = options.profile or config.profile
    if not (options.select or options.ignore or config.disabled or config.severities):
        return tuple(rules.selected(chosen, profile=profile)), frozenset()
    from dindguard.policy.catalogue import RULES

    config.check_rules({*RULES, *(rule.id for rule in chosen)})
    ignore = (*options.ignore, *config.disabled)
    every = (*chosen, *RULES.values())
    selected = tuple(rules.selected(every, profile=profile, select=options.select, ignore=ignore))
    on = {rule.id for rule in selected}
    return tuple(rule for rule in selected if rule.id not in RULES), frozenset(set(RULES) - on)


def _brought(
    findings: tuple[Finding, ...], files: discover.Files, config: Config, chosen: tuple[Rule, ...], options: Options
) -> tuple[Finding, ...]:
    """Keep the findings, and their subjects, that the tree of ``options.since`` lacks, or silences and this one not.

    Both trees are judged by the same rules, configuration and day; each by the allows and waivers it brings.
    """
    from dindguard.policy.git import nothing_before
    from dindguard.policy.since import Revision, new_subjects

    if nothing_before(options.since):
        return findings
    with Revision(files.root, options.since) as revision:
        before = discover.Found()
        interest = _interest(recogniser := Recogniser(options.type_overrides), options, config)
        for path in revision.paths_below(_prefixes(options, files), config.exclude, files.exists):
            if recogniser.could_be_ours(path):
                discover.take(path, revision, before, interest)
        old = _judge(before, revision, config, chosen, replace(options, progress=None))
        sources = {source.path: source for source in before.sources}
        for finding in old.findings:
            _add_sources(finding, revision, sources)
        known = config if revision.open(config.baseline or ".") else replace(config, baseline="")
        applied = apply_policy(old.findings, _surroundings(sources, revision, known, old, options))
    return new_subjects(findings, applied.findings)


def _prefixes(options: Options, files: discover.Files) -> tuple[str, ...]:
    given = [discover.relative(os.path.realpath(path), files.root) for path in options.paths]
    return (*given, *((options.stdin[0],) if options.stdin is not None else ()))


def _surroundings(
    sources: Mapping[str, Source], files: discover.Files, config: Config, judged: _Judged, options: Options
) -> Surroundings:
    own = not (options.untrusted or options.without_baseline)
    return Surroundings(
        sources=sources,
        embedded=judged.embedded,
        syntax_of=Recogniser(options.type_overrides).syntax_of,
        files=files,
        config=config,
        today=options.today,
        given=judged.given,
        known=judged.known,
        active=judged.active,
        muted=judged.muted,
        stamped=judged.stamped,
        trusted=not options.untrusted,
        baseline=baseline_in_force(files, config, options.baseline, own=own),
    )


def load_rules(options: Options) -> tuple[Rule, ...]:
    """Return the built-in rules and those of the packs and folders that the command line names."""
    chosen = loading.load()
    if options.packs or options.rules_dirs:
        from dindguard.packs import load_packs

        chosen = (*chosen, *load_packs(options.packs, options.rules_dirs, options.paths))
    return chosen


def _discover(options: Options, files: discover.Files, config: Config) -> discover.Found:
    recogniser = Recogniser(options.type_overrides)
    found = discover.discover(
        map(os.path.realpath, options.paths),
        files,
        ignore_files=not options.untrusted,
        exclude=config.exclude,
        could_be_ours=recogniser.could_be_ours,
        interest=_interest(recogniser, options, config),
        force_exclude=options.force_exclude,
    )
    if options.stdin is not None:
        name, data = options.stdin
        source = files.adopt(name, data)
        if source is not None:
            found.sources.append(source)
    return found


def _interest(recogniser: Recogniser, options: Options, config: Config) -> Interest:
    """Return the byte test; rules that are not ours may speak of files that ours cannot."""
    images, foreign = bool(config.allowed_registries), bool(options.packs or options.rules_dirs)
    return Interest(recogniser.must_be_read, every_image=images, everything=foreign)


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
