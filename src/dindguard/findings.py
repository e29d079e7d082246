"""Problems stamped with their rule, severity and identity."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from operator import itemgetter
from typing import Any

from dindguard.enumerations import StrEnum
from dindguard.model.container import Container, Sandbox
from dindguard.model.values import Flag, Text
from dindguard.records import field, record, replace
from dindguard.rules import Confidence, Problem, Rule, Severity, Verdict, blamed
from dindguard.source import HasSpan, Span, Step

IDENTITY_VERSION = "v1"


class Status(StrEnum):
    """What policy says about a finding; only ``OPEN`` ones count."""

    OPEN = "open"
    ALLOWED = "allowed"
    WAIVED = "waived"
    BASELINE = "in baseline"


@record(slots=True)
class Subject:
    """One thing that a finding is about: a container, a daemon, a workload.

    ``address`` names it inside its file; :attr:`identity` is the hash of rule, path and named address, the key
    of waivers and baselines; it holds no message, line or index. ``about`` is the model object.
    """

    label: str
    rule: str
    address: str
    path: str
    span: Span
    blames: str = ""
    """The value that is blamed, so that another value is another danger."""
    about: Any = field(default=None, repr=False, compare=False)
    problem: Problem | None = field(default=None, repr=False, compare=False)
    asked: Any = field(default=None, repr=False, compare=False)
    """What the rule said of it, and of which object it was asked: its fixes start from both."""
    places: tuple[Span, ...] = field(default=(), repr=False, compare=False)
    """Every place that makes the problem one of this subject: what is blamed, what explains it, its own."""
    mark: str = ""
    """What tells it from others with the same key, in its identity only."""
    status: Status = Status.OPEN
    reason: str = ""
    record: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """The approval that silences it, field by field."""

    @property
    def key(self) -> tuple[str, str, str]:
        """Rule, path and address: what a waiver names."""
        return self.rule, self.path, self.address

    @property
    def identity(self) -> str:
        """The hash of rule, path and named address; computed when somebody asks."""
        return identity(self.rule, self.path, self.address + self.mark)


@record(kw_only=True, slots=True)
class Finding:
    """A problem, stamped. ``subjects`` share the one place where the setting is written."""

    rule: Rule
    severity: Severity
    confidence: Confidence
    message: str
    span: Span
    related: tuple[Step, ...] = ()
    path: tuple[Step, ...] = ()
    subjects: tuple[Subject, ...] = ()
    instead: str = ""
    containment: str = ""
    """The sandbox that lowered the severity, in words; empty when none did."""
    copies: tuple[Span, ...] = ()
    """Where copies of the file have the same; they are among the related places too."""
    undecided: bool = False
    """A rule could not decide it: it is told as a note as long as nothing silences it, and is no finding."""

    @property
    def open(self) -> bool:
        """Whether policy leaves any subject unsilenced."""
        subjects = self.subjects  # most findings have one, and nothing silences it
        return (
            not subjects
            or subjects[0].status is Status.OPEN
            or any(subject.status is Status.OPEN for subject in subjects)
        )

    @property
    def status(self) -> Status:
        """``OPEN`` as long as one subject is; otherwise what silences the first one."""
        return Status.OPEN if self.open else self.subjects[0].status

    @property
    def fingerprint(self) -> str:
        """The identity of the finding: that of its first subject."""
        return self.subjects[0].identity if self.subjects else ""

    @property
    def places(self) -> tuple[Span, ...]:
        """Every place of the finding: the primary one first."""
        return (self.span, *[step.span for steps in (self.related, self.path) for step in steps])


def paths_of(findings: Collection[Finding]) -> set[str]:
    """Return the paths of all places of findings."""
    further = (steps for finding in findings for steps in (finding.related, finding.path))
    return {finding.span.path for finding in findings} | {step.span.path for steps in further for step in steps}


def identity(rule_id: str, path: str, address: str) -> str:
    """Return the identity of a finding about the thing at ``address`` in ``path``: 32 hexadecimal digits."""
    from dindguard.digests import sha256

    text = f"{IDENTITY_VERSION}\x00{rule_id}\x00{path}\x00{address}"
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def stamp(
    verdicts: Iterable[Verdict],
    lowered: Callable[[Rule, Any, Severity, Span], tuple[int, str]],
    given: Callable[[Rule, str], Severity | None] = lambda *_: None,
) -> tuple[Finding, ...]:
    """Turn verdicts into findings, sorted by place.

    ``lowered`` says by how many levels, and why, a subject's sandbox lowers a rule's findings;
    ``given`` is the severity that the configuration sets for a rule in a file. Verdicts of one rule that blame the same
    characters become one finding with several subjects.
    """
    groups: dict[tuple[str, Span, int], list[Verdict]] = {}
    seen: dict[tuple[str, Span, Any], list[str]] = {}
    for verdict in verdicts:
        rule, span = verdict.rule.id, verdict.problem.at.span
        own = (rule, span, blamed(verdict.subject))
        messages = seen.setdefault(own, [])  # one subject may have several problems at one place
        if verdict.problem.message not in messages:
            messages.append(verdict.problem.message)
        again = messages.index(verdict.problem.message)
        groups.setdefault((rule, span, again), []).append(verdict)
    findings = _told_apart([_finding(group, lowered, given) for group in groups.values()])
    return tuple(sorted(findings, key=lambda f: (f.span.path, f.span.line, f.span.column, f.rule.id, f.message)))


def doubts(verdicts: Iterable[Verdict]) -> tuple[Finding, ...]:
    """Turn what rules could not decide into what policy can be asked about: one for each subject and place."""
    return tuple(
        replace(_finding([verdict], lambda *_: (0, ""), lambda *_: None), undecided=True)
        for verdict in dict.fromkeys(verdicts)
    )


def _finding(
    group: list[Verdict],
    lowered: Callable[[Rule, Any, Severity, Span], tuple[int, str]],
    given: Callable[[Rule, str], Severity | None],
) -> Finding:
    graded = []
    for verdict in group:
        told = verdict.problem.severity  # the lowest one counts as nothing where it is asked for its truth
        severity = verdict.rule.severity if told is None else min(told, verdict.rule.severity)
        levels, why = lowered(verdict.rule, blamed(verdict.subject), severity, verdict.problem.at.span)
        set_there = given(verdict.rule, verdict.problem.at.span.path)
        graded.append((severity.lowered(levels) if set_there is None else set_there, why, verdict))
    severity, containment, worst = max(graded, key=itemgetter(0))
    problem = worst.problem
    subjects = tuple(map(_subject, group))
    if len(group) > 1:
        subjects = tuple({subject.key: subject for subject in subjects}.values())
    message = problem.message
    kind: Any = type(worst.subject)
    if len(group) > 1 or "__str__" not in kind.__dict__:  # else its label is its own text
        # A record without a text of its own would tell all that it holds.
        own = "" if kind.__str__ is object.__str__ else str(worst.subject)
        message += _of_others(worst, group, {subject.label for subject in subjects} - {"", own})
    adder = getattr(blamed(worst.subject), "added_by", "")
    message += f"; {adder} adds this container" if adder else ""
    span = problem.at.span
    return Finding(
        rule=worst.rule,
        severity=severity,
        confidence=problem.confidence,
        message=message,
        span=span,
        related=_related(group, span),
        path=problem.path or _escape(worst, span),
        subjects=subjects,
        instead=problem.instead,
        containment=containment,
    )


def _related(group: list[Verdict], span: Span) -> tuple[Step, ...]:
    """Return the places that explain what is said of ``span``: each once, with the first words that are said of it."""
    because = [step for verdict in group for step in verdict.problem.because if step is not None]
    trail = [step for verdict in group for step in verdict.problem.at.span.trail]
    if off := [step for verdict in group for step in _off(verdict.subject)]:
        places = {step.span for step in trail}
        trail += [step for step in off if step.span not in places]
    related = [step for step in (*because, *trail) if step.span != span]
    return tuple({step.span: step for step in reversed(related)}.values())[::-1] if related else ()


def _off(subject: Any) -> list[Step]:
    """Return the conditions that keep a container out as long as nobody asks for other values than its file's own."""
    about = blamed(subject)
    held = about.conditions if isinstance(about, Container) else ()
    return [Step(each.words, each.span) for each in held if each.holds is False]


def _of_others(worst: Verdict, group: list[Verdict], labels: set[str]) -> str:
    """Return what a finding says of its further subjects: that the same holds for them, or what holds instead."""
    if not labels:
        return ""
    said = _without_name(worst)
    same, different = [], []
    for verdict in group:
        label = _label(verdict.subject)
        if label in labels and _without_name(verdict) == said:
            same.append(label)
        elif label in labels:
            different.append(verdict.problem.message)
    told = f" (the same holds for {_listed(list(dict.fromkeys(same)))})" if same else ""
    return told + "".join(f"; {each}" for each in list(dict.fromkeys(different))[:_FURTHER_SHOWN])


def _without_name(verdict: Verdict) -> str:
    return verdict.problem.message.replace(_label(verdict.subject), "")


_FURTHER_SHOWN = 3


def _escape(verdict: Verdict, span: Span) -> tuple[Step, ...]:
    """Return the way from the blamed container to the host, when the blamed place is a step of it.

    Nobody's code runs in an engine's container that a controller adds: the way begins at the first who commands it.
    """
    about = blamed(verdict.subject)
    escape = getattr(about, "escape", None)
    if isinstance(about, Container) and about.added_by:
        users = (access.who.escape for engine in about.engines for access in engine.clients if access.uses)
        escape = next((way for way in users if way is not None), escape)
    if escape is None or not any(_holds(step.span, span) for step in escape.steps):
        return ()
    steps: tuple[Step, ...] = escape.steps
    return steps


def _holds(place: Span, part: Span) -> bool:
    """Whether ``part`` begins inside ``place``, or is it."""
    begin, end = (place.line, place.column), (place.end_line, place.end_column)
    return place.path == part.path and (begin == (part.line, part.column) or begin <= (part.line, part.column) < end)


def _listed(names: list[str], most: int = 4) -> str:
    shown = names[:most]
    rest = len(names) - len(shown)
    if rest > 0 or len(shown) == 1:
        return ", ".join(shown) + (f" and {rest} more" if rest > 0 else "")
    return f"{', '.join(shown[:-1])} and {shown[-1]}"


def _subject(verdict: Verdict) -> Subject:
    about, at = verdict.subject, verdict.problem.at
    span: Span = getattr(about, "span", None) or at.span
    address = _address(about, at)
    path = span.path or at.span.path
    because = [step.span for step in verdict.problem.because if step is not None]
    places = (at.span, *(step.span for step in at.span.trail), *because, span)
    return Subject(
        _label(about), verdict.rule.id, address, path, span, _blamed_value(verdict), about, verdict.problem, verdict.asked,
        places,
    )  # fmt: skip


def _label(about: Any) -> str:
    return str(about) if "__str__" in type(about).__dict__ else str(getattr(about, "address", "") or "")


def _address(about: Any, at: HasSpan) -> str:
    """Return the named place of what is blamed: its container's, the subject's in it, and the part's in that."""
    place = str(getattr(about, "address", "") or "")
    part = str(getattr(at, "address", "") or "")
    if not _within(place, part):
        place = part if _within(part, place) else f"{place}.{part}"
    container = blamed(about)
    if isinstance(container, Container) and not _within(place, container.address):
        return f"{container.address}.{place}"
    return place


def _within(address: str, other: str) -> bool:
    """Whether an address holds another one: as its start, as its end, or because the other is empty."""
    return not other or f".{address}.".startswith(f".{other}.") or f".{address}.".endswith(f".{other}.")


def _blamed_value(verdict: Verdict) -> str:
    """Return what is blamed as a text without a place: the value of a setting, the source of a mount."""
    at = verdict.problem.at
    value = getattr(at, "value", at)
    if isinstance(value, Text):
        return str(value)
    if isinstance(at, Flag):
        return str(at.state)
    # The text of a record that has none of its own would hold lines and columns.
    return str(getattr(at, "address", "")) or (
        str(at) if "__str__" in type(at).__dict__ and not isinstance(at, Span) else ""
    )


def _told_apart(findings: list[Finding]) -> list[Finding]:
    """Return findings whose subjects all have identities of their own."""
    keys = [subject.key for finding in findings for subject in finding.subjects]
    if len(set(keys)) == len(keys):
        return findings
    from dindguard.numbering import numbered

    return numbered(findings)


__all__ = ["Finding", "Sandbox", "Status", "Subject", "identity", "stamp"]
