"""The pipeline: from paths to a report."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from functools import partial
from typing import TYPE_CHECKING

from dindguard import budget, judging, memory, process
from dindguard.checkout import commit_of
from dindguard.coverage import notices_of
from dindguard.discover import Found, without_changed
from dindguard.files import Files, Left, find_root
from dindguard.findings import Finding, doubts, paths_of, stamp
from dindguard.formats.interest import IMAGES
from dindguard.formats.recognition import Recogniser
from dindguard.grading import Grading
from dindguard.infer import infer
from dindguard.model.engine_versions import stale
from dindguard.model.facts import Conclusions, noted
from dindguard.model.model import Model
from dindguard.notices import folded
from dindguard.options import Options, counted
from dindguard.policy.config import Config, Override
from dindguard.policy.config_file import configuration
from dindguard.policy.in_force import apply_policy, baseline_in_force, trusted
from dindguard.policy.regime import Regime, check_rules
from dindguard.policy.surroundings import Applied, Surroundings, Trust
from dindguard.reading import read_all
from dindguard.records import record, replace
from dindguard.report import Report, told
from dindguard.rule_sources import load_rules
from dindguard.rules import Rule
from dindguard.source import Gravity, Notice, Source
from dindguard.survey import Survey, find
from dindguard.working_tree import WorkingTree

if TYPE_CHECKING:
    from dindguard.policy.baseline_file import BaselineFile


def scan(options: Options, files: Files | None = None) -> Report:
    """Read the given paths, build the model, run the rules, apply the policy.

    ``files`` provides them, the tree on disk by default. Raises :class:`~dindguard.errors.UserError` for what the user
    has to mend first: a missing path, a faulty configuration, a rule pack that does not load. All else becomes a notice
    in the report.
    """
    this = Scan.of(options, files)
    try:
        found = this.find()
        judged = this.judge(found)
        return this.report(found, judged, this.apply(found, judged))
    finally:
        this.close()


@record(kw_only=True)
class Judged:
    """What the rules say about a set of sources, before policy; ``conclusions`` are what the model's objects were given."""

    findings: tuple[Finding, ...]
    doubts: tuple[Finding, ...]
    notices: tuple[Notice, ...]
    model: Model
    active: frozenset[str]
    muted: frozenset[str]
    stamped: tuple[Finding, ...]
    embedded: tuple[Source, ...]
    conclusions: Conclusions


class Scan:
    """One tree to be judged: where its files come from, and by which configuration, rules and options.

    ``authority`` are the files whose policy holds: mostly those of the tree, under ``--trust`` those of a revision.
    """

    def __init__(
        self, files: Files, authority: Files, config: Config, chosen: tuple[Rule, ...], options: Options
    ) -> None:
        self.files = files
        self.authority = authority
        self.config = config
        self.rules = chosen
        self.options = options
        self.recogniser = Recogniser(options.type_overrides)

    @classmethod
    def of(cls, options: Options, files: Files | None = None) -> Scan:
        """Return the scan that the options ask for; raises :class:`UserError` for what the user has to mend first."""
        paths = options.every_path
        start = paths[0] if paths else ""
        root = files.root if files is not None else os.path.realpath(options.root or find_root(start))
        files = files or WorkingTree(root)
        authority = files if options.untrusted else trusted(files, options.trust)
        try:
            config = configuration(authority, options.config, options.policy, untrusted=options.untrusted)
            return cls(files, authority, config, load_rules(options, config.rules), options)
        except BaseException:
            authority.close()
            raise

    def close(self) -> None:
        """Give back what the files hold."""
        self.authority.close()

    def find(self) -> Found:
        """Return the sources to be read."""
        options = self.options
        entries = self.files.below(
            [os.path.realpath(path) for path in options.every_path],
            exclude=self.config.exclude,
            ignores=None if options.untrusted else self.authority,
            force_exclude=options.force_exclude,
        )
        found = find(
            counted(entries, partial(self._at, "looking for files")), self.files, self.survey(), options.jobs
        )
        source = self.files.adopt(*options.stdin) if options.stdin is not None else None
        if source is not None:
            found.sources.append(source)
        return found

    def _at(self, what: str, done: int = 0, total: int = 0) -> None:
        """Tell who watches what the scan is at."""
        if self.options.progress is not None:
            self.options.progress(what, done, total)

    def _policy_files(self) -> frozenset[str]:
        """Return the files of policy that are named somewhere: what they quote is no configuration of containers."""
        named = (self.options.baseline, self.options.config, self.options.policy)
        paths = (self.files.relative(os.path.realpath(each)) for each in named if each is not None)
        return frozenset(path for path in (self.config.baseline, *paths) if path)

    def survey(self) -> Survey:
        """Return what is asked of each file; rules that are not ours may speak of files that ours cannot."""
        options = self.options
        foreign = bool(options.packs or options.rules_dirs or options.rule_files or self.config.rules)
        words = list(IMAGES) if self.config.allowed_registries else []
        words += [label.lower() for label, fact in self.config.runners.items() if fact.engine]
        return Survey(
            root=self.files.root, overrides=options.type_overrides, further=tuple(words), everything=foreign,
            policy=self._policy_files(),
        )  # fmt: skip

    def judge(self, found: Found) -> Judged:
        """Read the sources and run the rules over what they say."""
        with process.rare_collection(never=memory.kept()):
            told = partial(self._at, "reading files"), found.book, found.parts, found.processes
            readings, notices = read_all(found.waiting, self.files, self.recogniser, *told)
            process.collect()  # charts, and whoever read them, know each other
        self._at("working out who reaches whom")
        stays = process.rare_collection(never=True)
        with stays, budget.opened() as inferring, noted(memory.kept()) as conclusions:
            model = infer(readings, self.config.rule_policy())
        given, options = found.paths, self.options
        overrides, refused = self._nested(given)
        regime = Regime(
            self.config, self.rules, profile=options.profile, select=options.select, ignore=options.ignore,
            overrides=overrides,
        )  # fmt: skip
        self._at("asking the rules")
        with budget.opened() as judging_them:
            judgement = judging.run(model, regime.active, found.size_of)
        notices += [*inferring.notices, *judging_them.notices]
        grading = Grading(None if options.untrusted else self.authority)
        findings = stamp(judgement.verdicts, regime.holding(grading.lowered), regime.severity)
        return Judged(
            findings=tuple(finding for finding in findings if _concerns(finding, given)),
            doubts=doubts(judgement.doubts),
            notices=(*notices, *judgement.notices, *refused),
            model=model,
            active=frozenset(rule.id for rule in regime.active),
            muted=regime.muted,
            stamped=findings,
            embedded=tuple(embedded.source for reading in readings for embedded in reading.embedded),
            conclusions=conclusions,
        )

    def _nested(self, paths: Collection[str]) -> tuple[tuple[Override, ...], tuple[Notice, ...]]:
        """Return what configurations in folders ask for, and what of it is not obeyed."""
        if self.options.untrusted or not any("/" in path for path in paths):
            return (), ()
        from dindguard.policy.nested import nested

        return nested(self.authority, paths, self.config, self.rules)

    def apply(self, found: Found, judged: Judged) -> Applied:
        """Return the findings with what policy says of them."""
        options, own = self.options, not (self.options.untrusted or self.options.without_baseline)
        judged_all = (*judged.findings, *judged.doubts)
        applied = apply_policy(
            judged_all,
            Surroundings(
                sources=self.sources(found, judged_all),
                embedded=judged.embedded,
                syntax_of=self.recogniser.syntax_of,
                files=self.files,
                authority=self.authority,
                config=self.config,
                today=options.today,
                given=found.paths,
                known={rule.id: rule.severity for rule in self.rules},
                active=judged.active,
                muted=judged.muted,
                stamped=(*judged.stamped, *judged.doubts),
                trusted=not options.untrusted,
                baseline=baseline_in_force(self.authority, self.config, options.baseline, own=own),
                trust=None if self.authority is self.files else Trust(self._before, self._proposed, self._start),
            ),
        )
        told = tuple(finding for finding in applied.findings if not finding.undecided)
        return replace(applied, findings=told, doubts=tuple(each for each in applied.findings if each.undecided))

    def sources(self, found: Found, findings: Collection[Finding]) -> dict[str, Source]:
        """Return the sources that were found, and those of the other files that findings speak of, by path."""
        sources = {source.path: source for source in found.sources}
        for path in sorted(paths_of(findings) - sources.keys()):
            if path and (source := self.files.open(path)) is not None:
                sources[path] = source
        return sources

    def report(self, found: Found, judged: Judged, applied: Applied) -> Report:
        """Return what the scan found, in the form that reports take."""
        since = self.options.since
        findings = tuple(self._brought(applied.findings)) if since else applied.findings
        sources = self.sources(found, (*judged.findings, *findings))
        found.notices += [*self._ignored(found), *without_changed(sources, paths_of(findings))]
        undecided = dict.fromkeys(_undecided(each) for each in applied.doubts if each.open)
        said = (*found.notices, *self.files.notices, *judged.notices, *undecided, *applied.notices)
        coverage = found.book.close(said, (span for finding in judged.findings for span in finding.places))
        notices = folded([*said, *notices_of(coverage), *stale(self.options.today)])
        return Report(
            root=self.files.root,
            findings=told(findings, judged.model, sources.get),
            since=since,
            everything=applied.findings if since else (),
            doubts=applied.doubts,
            notices=notices,
            rules=(*self.rules, *applied.rules),
            sources=sources,
            model=judged.model,
            config=self.config,
            coverage=coverage,
            policy_summary=(*applied.summary, *self.config.summary),
            today=self.options.today,
            commit=commit_of(self.files.root),
            waivers=applied.waivers,
        )

    def _ignored(self, found: Found) -> list[Notice]:
        """Tell of tracked files that an ignore rule hides."""
        left = found.book.left(Left.IGNORED)
        if not left:
            return []
        from dindguard import unlooked

        return unlooked.notices(self.files, left, self.recogniser)

    def _brought(self, findings: tuple[Finding, ...]) -> Iterable[Finding]:
        """Keep the findings, and their subjects, that the tree of ``since`` lacks, or silences and this one not.

        Both trees are judged by the same rules, configuration and day; each by the allows and waivers it brings.
        """
        from dindguard.policy.git import nothing_before
        from dindguard.policy.revision import Revision
        from dindguard.policy.since import new_subjects

        if nothing_before(self.options.since):
            return findings
        with Revision(self.files.root, self.options.since, now=self.files) as revision:
            return new_subjects(findings, self._findings_of(revision))

    def _before(self) -> tuple[Finding, ...]:
        """Return what the trusted revision's own scan says."""
        return self._findings_of(self.authority)

    def _proposed(self, files: Files) -> tuple[Config, BaselineFile | None]:
        """Return the configuration and baseline of the tree, or of what it began with, which are not in force."""
        config = configuration(files, self.options.config, self.options.policy)
        check_rules(config, load_rules(self.options, config.rules) if config.rules else self.rules)
        own = not self.options.without_baseline
        return config, baseline_in_force(files, config, self.options.baseline, own=own)

    def _start(self) -> Files | None:
        """Return the files that the change began with; ``None`` when it has all of the trusted revision."""
        from dindguard.policy.revision import Revision

        return self.authority.behind() if isinstance(self.authority, Revision) else None

    def _findings_of(self, files: Files) -> tuple[Finding, ...]:
        """Return what the same scan of another state of the tree says."""
        self._at("looking at how it was before")
        older = self._of(files)
        found = older.find()
        return older.apply(found, older.judge(found)).findings

    def _of(self, files: Files) -> Scan:
        """Return the same scan of another state of the tree."""
        options, stdin = self.options, self.options.stdin
        paths = (*options.every_path, *((os.path.join(files.root, stdin[0]),) if stdin is not None else ()))
        config = self.config if files.open(self.config.baseline or ".") else replace(self.config, baseline="")
        older = replace(options, paths=paths, stdin=None, since="", trust="", progress=None)
        return Scan(files, files, config, self.rules, older)


def _undecided(doubt: Finding) -> Notice:
    """Return the note of what a rule could not decide."""
    remedy = ""
    if doubt.rule.needs_approval:
        import shlex

        rule, file, at = map(shlex.quote, doubt.subjects[0].key)
        remedy = f"let the files show it, or approve it: dindguard waive --rule {rule} --file {file} --at {at}"
    return Notice("undecided", doubt.message, doubt.span, Gravity.NOTE, remedy)


def _concerns(finding: Finding, given: Collection[str]) -> bool:
    """Whether any place of a finding lies in a file that was given."""
    return finding.span.path in given or any(span.path in given for span in finding.places)


__all__ = ["Options", "Report", "scan"]
