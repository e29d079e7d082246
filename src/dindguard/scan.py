"""The pipeline: from paths to a report."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dindguard import discover, rules
from dindguard.errors import UserError
from dindguard.findings import Finding, stamp
from dindguard.formats import FORMATS, Context, Document, Reading, load, shapes
from dindguard.infer import infer
from dindguard.infer.sandbox import lowered
from dindguard.model.container import Container
from dindguard.model.model import Model
from dindguard.policy import Surroundings, apply_policy
from dindguard.policy.config import Config
from dindguard.policy.config import load as load_config
from dindguard.records import field, record, replace
from dindguard.rules import Profile, Rule, Severity
from dindguard.source import Embedded, Gravity, Notice, Source, Span

if TYPE_CHECKING:
    from dindguard.documents.yaml import Tree
    from dindguard.policy.baseline import Entry

EMBEDDED_DEPTH = 5
"""Documents in documents in documents are followed this far."""

Progress = Callable[[int, int], None]


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
    readings, notices = read_all(found.sources, files, options)
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
    from dindguard.policy import baseline

    if options.baseline is not None:
        name = str(options.baseline)
        try:
            return baseline.read(options.baseline.read_text("utf-8"), name), name
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"--baseline {name}: cannot be read: {error}") from None
    if options.untrusted:
        return (), ""
    name = config.baseline or baseline.DEFAULT_FILE
    source = files.open(name)
    if source is None and config.baseline:
        raise UserError(f"{config.origins['baseline']}: the baseline '{name}' does not exist")
    return (baseline.read(source.text, name), name) if source is not None else ((), "")


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


def read_all(
    sources: Iterable[Source], files: discover.Files, options: Options
) -> tuple[list[Reading], list[Notice]]:
    """Recognise and read every source, and the documents inside them, round by round."""
    trees = _Trees(files)
    context = Context(files.open, trees.tree, files.listing)
    readings: list[Reading] = []
    waiting = [Embedded(source) for source in sources]
    for _ in range(EMBEDDED_DEPTH):
        if not waiting:
            break
        documents = _recognise(waiting, trees, options)
        waiting = []
        for name in FORMATS:
            if documents.get(name):
                reading = load(name).read(documents[name], context)
                readings.append(reading)
                waiting.extend(reading.embedded)
    notices = trees.all_notices()
    for reading in readings:
        notices.extend(reading.notices)
    return readings, notices


class _Trees:
    """Parsed YAML and JSON, each text once."""

    def __init__(self, files: discover.Files) -> None:
        self._files = files
        self._trees: dict[int, tuple[Source, Tree]] = {}
        self._ours: set[int] = set()

    def read(self, source: Source, syntax: shapes.Syntax) -> Tree:
        """Return the tree of a source."""
        if id(source) not in self._trees:
            if syntax is shapes.Syntax.JSON:
                from dindguard.documents import json as reader
            else:
                from dindguard.documents import yaml as reader  # type: ignore[no-redef]  # the same signature
            self._trees[id(source)] = (source, reader.read(source))
        return self._trees[id(source)][1]

    def tree(self, path: str) -> Tree | None:
        """Return the tree of a file that another one refers to; ``None`` when there is none."""
        source = self._files.open(path)
        if source is None:
            return None
        syntax = shapes.syntax_of(source) or shapes.Syntax.YAML
        tree = self.read(source, shapes.Syntax.JSON if syntax is shapes.Syntax.JSON else shapes.Syntax.YAML)
        self._ours.add(id(source))
        return tree

    def recognised(self, source: Source) -> None:
        """Note that a source is ours, so that its faults count."""
        self._ours.add(id(source))

    def all_notices(self) -> list[Notice]:
        """Return what went wrong, errors only for files that are ours as far as anyone can tell."""
        notices = []
        for key, (_, tree) in self._trees.items():
            for notice in tree.notices:
                ours = key in self._ours or notice.gravity is not Gravity.ERROR
                notices.append(notice if ours else replace(notice, gravity=Gravity.NOTE))
        return notices


def _recognise(waiting: Sequence[Embedded], trees: _Trees, options: Options) -> dict[str, list[Document]]:
    documents: dict[str, list[Document]] = {}
    for index, embedded in enumerate(waiting):
        source = embedded.source
        owner: Any = embedded.owner
        if options.progress is not None and source.parent is None:
            options.progress(index + 1, len(waiting))
        forced = _forced(source, options.type_overrides)
        syntax = shapes.syntax_of(source) if forced is None else None
        text_format = forced if forced in ("shell", "dockerfile", "makefile") else shapes.text_format(source)
        if syntax is shapes.Syntax.TEXT or forced == text_format is not None:
            documents.setdefault(text_format or "", []).append(Document(source, None, _container(owner)))
        elif syntax is not None or forced is not None:
            _recognise_tree(source, syntax or shapes.Syntax.YAML, forced, owner, trees, documents)
    return documents


def _recognise_tree(
    source: Source,
    syntax: shapes.Syntax,
    forced: str | None,
    owner: Any,
    trees: _Trees,
    documents: dict[str, list[Document]],
) -> None:
    tree = trees.read(source, syntax)
    if not tree.readable and shapes.name_is_ours(source):
        trees.recognised(source)
    for node in tree.documents:
        name = forced or shapes.document_format(source, node)
        if name is not None:
            trees.recognised(source)
            documents.setdefault(name, []).append(Document(source, node, _container(owner)))


def _container(owner: Any) -> Container | None:
    return owner if isinstance(owner, Container) else None


def _forced(source: Source, overrides: Sequence[tuple[str, str]]) -> str | None:
    from fnmatch import fnmatchcase

    if source.parent is not None:
        return None
    return next((name for pattern, name in overrides if fnmatchcase(source.path, pattern)), None)


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
