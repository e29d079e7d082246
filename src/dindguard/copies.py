"""Copies of files: what is said of one file, and of its copies in the same words, is told once.

A file is a copy of another one if it holds the same text; if all services that it declares stand in the other one under the
same names with the same images (a project that was put together from its parts, a variant beside it); or if only versions in
their paths tell them apart (one script or project for each version). So is a command that one script repeats, and the branch
of a chart that another of its values would take instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from dindguard.findings import Finding
from dindguard.model.container import Container, ContainerKind
from dindguard.model.invocation import Invocation
from dindguard.model.model import Model
from dindguard.patterns import regex
from dindguard.records import replace
from dindguard.source import Source, Step

_SHOWN = 3
_AGAIN = "; the same stands in line "
_VERSION = regex(r"\d+(?:\.\d+)*|\blatest\b")


def told_once(
    findings: Sequence[Finding], model: Model, source_of: Callable[[str], Source | None]
) -> tuple[Finding, ...]:
    """Return findings in their order, those about copies of a file joined to the gravest of them.

    ``source_of`` gives the text of a file. What policy silences in one copy only stays a finding of its own.
    """
    findings = _without_alternatives(_without_repeated_commands(findings, source_of))
    alike: dict[tuple[object, ...], list[Finding]] = {}
    for finding in findings:
        written = _written(finding, source_of)
        if written:
            message = finding.message.partition(_AGAIN)[0]  # how often one of the files has it is no difference
            alike.setdefault((finding.rule.id, finding.status, message, written), []).append(finding)
    several = [group for group in alike.values() if len({finding.span.path for finding in group}) > 1]
    if not several:
        return tuple(findings)
    files = _Files(model, source_of)
    joined: dict[int, Finding | None] = {}
    for group in several:
        for first, *others in files.copies_among(group):
            # What a configuration grades otherwise in one place is told there.
            copies = [each for each in others if each.severity is first.severity or each.containment]
            if copies:
                joined.update(dict.fromkeys(map(id, copies)))
                joined[id(first)] = _joined(first, copies)
    told = (joined.get(id(finding), finding) for finding in findings)
    return tuple(finding for finding in told if finding is not None)


def _without_repeated_commands(
    findings: Sequence[Finding], source_of: Callable[[str], Source | None]
) -> Sequence[Finding]:
    """Return findings with those joined that are about the same command in branches of one script.

    So are containers that a script, or the tasks of a list, start under one name, by the same words.
    """
    alike: dict[object, list[Finding]] = {}
    for finding in findings:
        key: object = id(finding)
        if finding.subjects and all(_is_command(subject.about) for subject in finding.subjects):
            key = (finding.rule.id, finding.status, finding.message, finding.severity, finding.span.path)
            if not all(isinstance(subject.about, Invocation) for subject in finding.subjects):
                key = (key, _written(finding, source_of), *(id(_started(each.about)) for each in finding.subjects))
        alike.setdefault(key, []).append(finding)
    return [_joined(group[0], group[1:]) if len(group) > 1 else group[0] for group in alike.values()]


def _without_alternatives(findings: Sequence[Finding]) -> Sequence[Finding]:
    """Return findings with those joined that one value makes in branches of a template of which one alone is taken."""
    alike: dict[object, list[Finding]] = {}
    for finding in findings:
        path = finding.span.path
        elsewhere = tuple([step.span for step in finding.related if step.span.path != path])
        if elsewhere:
            key = (finding.rule.id, finding.status, finding.message, path, elsewhere)
            alike.setdefault(key, []).append(finding)
    joined: dict[int, Finding | None] = {}
    for group in (each for each in alike.values() if len(each) > 1):
        first, *others = sorted(group, key=lambda each: (-each.severity, _is_off(each)))
        branches = [each for each in others if _alternatives(first, each)]
        if branches:
            joined.update(dict.fromkeys(map(id, branches)))
            joined[id(first)] = _joined(first, branches)
    told = (joined.get(id(finding), finding) for finding in findings)
    return tuple(finding for finding in told if finding is not None)


def _is_off(finding: Finding) -> bool:
    """Whether the chart's own values leave out what is blamed."""
    about = (getattr(subject.about, "who", subject.about) for subject in finding.subjects)
    return any(isinstance(each, Container) and any(one.holds is False for one in each.conditions) for each in about)


def _started(about: object) -> object:
    """Return what a container that is blamed was started with: one script, on one machine."""
    workload = getattr(getattr(about, "who", about), "workload", None)
    return None if workload is not None and workload.for_debugging is not None else workload


def _is_command(about: object) -> bool:
    """Whether a command line is blamed, or a task: what it does, or the container that it starts by a name."""
    container = getattr(about, "who", about)
    if isinstance(container, Container):
        named = container.named or container.workload.for_debugging is not None
        return named or (container.kind is ContainerKind.MANAGED and bool(container.name))
    return isinstance(about, Invocation)


def _written(finding: Finding, source_of: Callable[[str], Source | None]) -> str:
    """Return the characters that are blamed, as far as their first line holds them."""
    span = finding.span
    source = source_of(span.path) if span.path else None
    line = source.line_text(span.line) if source is not None else ""
    return line[span.column - 1 : span.end_column - 1 if span.end_line == span.line else None]


def _alternatives(one: Finding, other: Finding) -> bool:
    """Whether two findings of one chart are about containers of which it makes only one, whatever it is asked for."""
    pairs = zip(one.subjects, other.subjects, strict=False)
    return len(one.subjects) == len(other.subjects) > 0 and all(
        _exclude(own.about, theirs.about) for own, theirs in pairs
    )


def _decisions(finding: Finding) -> list[object]:
    """Return what a finding shares with one that it is an alternative to: a block of a template, or a value that is compared."""
    about = finding.subjects[0].about if finding.subjects else None
    about = getattr(about, "who", about)
    held = about.conditions if isinstance(about, Container) else ()
    return list(dict.fromkeys(key for each in held for key in (each.decision, each.compared[:2]) if key != ("", "")))


def _exclude(one: object, other: object) -> bool:
    one, other = getattr(one, "who", one), getattr(other, "who", other)
    return isinstance(one, Container) and isinstance(other, Container) and one.excludes(other)


def _joined(first: Finding, others: Sequence[Finding]) -> Finding:
    same = others[0].span.path == first.span.path
    paths = list(dict.fromkeys(f"line {other.span.line}" if same else other.span.path for other in others))
    shown = ", ".join(paths[:_SHOWN]) + (f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else "")
    return replace(
        first,
        message=f"{first.message}; the same stands in {shown}",
        related=(*first.related, *(Step("the same stands here", other.span) for other in others)),
        subjects=(*first.subjects, *(subject for other in others for subject in other.subjects)),
        copies=tuple(other.span for other in others),
    )


Services = frozenset[tuple[str, str]]
"""The services of a project by name and image."""


class _Files:
    """The files of a scan as far as one may be a copy of another."""

    def __init__(self, model: Model, source_of: Callable[[str], Source | None]) -> None:
        self._source_of = source_of
        self._texts: dict[str, str] = {}
        self._unversioned: dict[str, str] = {}
        services: dict[str, set[tuple[str, str]]] = {}
        for container in model.containers:
            if container.kind is ContainerKind.SERVICE and container.span.path:
                services.setdefault(container.span.path, set()).add((container.name, str(container.image or "")))
        self._services = {path: frozenset(found) for path, found in services.items()}

    def copies_among(self, group: Iterable[Finding]) -> Iterable[list[Finding]]:
        """Yield findings of copies of one file, the one to be told first; one for each place of that file."""
        ranked = sorted(group, key=self._rank)
        largest = self._services.get(ranked[0].span.path, frozenset())
        sets: dict[object, list[Finding]] = {}
        decided: dict[object, list[list[Finding]]] = {}  # the sets by what their first one depends on
        again: dict[str, int] = {}
        for finding in ranked:
            path = finding.span.path
            number = again[path] = again.get(path, 0) + 1  # what stands twice in one file is told twice
            keys = ((self._without_version(path), number), self._kept_with(finding, largest, number))
            found = next((sets[key] for key in keys if key in sets), None)
            if found is None:
                decisions = _decisions(finding)
                near = (each for decision in decisions for each in decided.get(decision, ()))
                found = next((each for each in near if all(_alternatives(finding, one) for one in each)), [])
                if not found:
                    for decision in decisions:
                        decided.setdefault(decision, []).append(found)
            for key in keys:
                sets.setdefault(key, found)
            found.append(finding)
        unique = {id(each): each for each in sets.values()}
        return (sorted(each, key=self._order) for each in unique.values() if len(each) > 1)

    def _kept_with(self, finding: Finding, largest: Services, number: int) -> object:
        """Return what a finding has in common with those of copies: services, or the whole text and the place in it."""
        path = finding.span.path
        own = self._services.get(path, frozenset())
        if own:
            within = own <= largest
            return (largest, number) if within else (own, number)
        return (self._text(path), finding.span.line, finding.span.column)

    def _order(self, finding: Finding) -> tuple[object, ...]:
        """Return the order in which copies are told: the gravest, and then the part before the whole."""
        path = finding.span.path
        return -finding.severity, len(self._services.get(path, ())), path.count("/"), path

    def _rank(self, finding: Finding) -> tuple[object, ...]:
        """Return the order in which findings are looked at: the files that hold most come first."""
        path = finding.span.path
        return -len(self._services.get(path, ())), path.count("/"), path, finding.span.line, finding.span.column

    def _without_version(self, path: str) -> str:
        """Return a path with a sign for each version in it; several rules have findings in one file."""
        if path not in self._unversioned:
            self._unversioned[path] = _VERSION.sub("#", path)
        return self._unversioned[path]

    def _text(self, path: str) -> str:
        if path not in self._texts:
            source = self._source_of(path)
            self._texts[path] = source.text if source is not None else path
        return self._texts[path]
