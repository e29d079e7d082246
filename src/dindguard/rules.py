"""What a rule is, what it says, and which rules are chosen."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cache
from typing import Any, TypeVar

from dindguard.edits import Fixer
from dindguard.enumerations import IntEnum, StrEnum
from dindguard.errors import UserError
from dindguard.model.container import Container, Sandbox
from dindguard.model.values import Flag
from dindguard.records import record
from dindguard.source import HasSpan, Step

API = 2
"""The version of what :mod:`dindguard.api` offers; a pack states the one it was written for."""

T = TypeVar("T")


class Severity(IntEnum):
    """What it costs if the finding is right (yardstick: docs/severity.md). Ordered."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def word(self) -> str:
        """The name in lower case, as people and files write it."""
        return self.name.lower()

    def __str__(self) -> str:
        return self.word

    def __format__(self, form: str) -> str:
        return format(self.word, form)

    def lowered(self, levels: int) -> Severity:
        """Return the severity some levels below, ``INFO`` at the least."""
        return Severity(max(self - levels, Severity.INFO))


class Confidence(StrEnum):
    """How sure a finding is right; for display and SARIF precision only."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Profile(StrEnum):
    """``recommended`` is what is dangerous or broken; ``all`` adds hygiene."""

    RECOMMENDED = "recommended"
    ALL = "all"


@record(slots=True)
class Problem:
    """What a rule says: where (``at``), what is wrong, and which other places make it so (``because``).

    ``message`` is one sentence: subject, verb, object; lower case, no full stop, no advice. ``because``
    takes steps, words with a place, as :func:`reason` makes them; ``None`` among them is dropped, and anything
    else is a ``TypeError``. ``path`` is a way of several steps. ``severity``
    may be lower than the rule's, never higher. ``subject`` replaces the rule's subject for identity, when
    the rule looks at something wider than what it blames. ``instead`` is advice for this very case, one line.
    """

    at: HasSpan
    message: str
    because: tuple[Step | None, ...] = ()
    severity: Severity | None = None
    confidence: Confidence = Confidence.HIGH
    path: tuple[Step, ...] = ()
    subject: object | None = None
    instead: str = ""

    def __post_init__(self) -> None:
        for each in self.because:
            if each is not None and not isinstance(each, Step):
                kind = type(each).__name__
                raise TypeError(f"'because' takes words with a place, not a {kind}: reason('why it matters', it)")


def reason(what: str, place: HasSpan | None) -> Step | None:
    """Return why something matters, in words, at its place: what :attr:`Problem.because` takes.

    ``None`` where there is no place, and for a flag that is off, unknown, or on without anybody having written it.
    """
    if place is None or (isinstance(place, Flag) and not (place.on and place.set)):
        return None
    return Step(what, place.span)


@record
class Undecided:
    """What a rule says when a value that nobody can know from the files would decide: never a finding."""

    at: HasSpan
    variable: str
    subject: Any = None
    """Whom it is about, if that is not what the rule was asked about."""


Check = Callable[[Any], Iterable[Problem | Undecided]]


@record(eq=False)
class Rule:
    """A rule: a pure function from one model object to problems, and what people need to know about it."""

    id: str
    each: type[Any]
    severity: Severity
    category: str
    since: str
    check: Check
    cwe: int = 0
    contained_by: frozenset[Sandbox] = frozenset()
    replaces: tuple[str, ...] = ()
    profile: Profile = Profile.RECOMMENDED
    precision: Confidence = Confidence.HIGH
    formats: str = ""
    """Why it applies to one format only; empty where it applies to several."""
    needs_approval: str = ""
    """The mode that an approval record names (``privileged``, ``socket``, ``sysbox``); empty: an allow will do."""
    pack: str = ""
    text: str = ""
    """The page, for a rule that has no module of its own."""
    asks: tuple[str, ...] = ()
    """What of the subject must be there for the rule to speak, any of it: ``mounts``, ``image.engine``, ``privileged and not
    runs_containers``, ``kind is job and containers.engine`` (of several containers any)."""
    among: Callable[[Sequence[Any]], Sequence[Any]] | None = None
    """Leaves only those of all subjects that it can speak of, where that costs less than asking it about each."""
    module: str = ""
    """The module that holds it; imported when the rule is asked."""
    fixes: tuple[Fixer, ...] = ()
    """Ways to mend what it reports; the first that fits is taken."""

    @property
    def page(self) -> str:
        """The rule's page, Markdown: its module's docstring."""
        if self.text:
            return self.text
        return _docstring(self.module or self.check.__module__)

    @property
    def advice(self) -> str:
        """What to do instead, in one sentence: the first of the page's section, as it is written, without markup.

        The section opens with it, before any list and any code; a full stop or the colon before its example ends it.
        """
        return _first_sentence(self.section("Instead"))

    @property
    def title(self) -> str:
        """The first line of the page."""
        return self.page.split("\n", 1)[0].rstrip(".")

    def section(self, heading: str) -> str:
        """Return the text below ``## heading`` of the page, or ``""``."""
        return _sections(self.page).get(heading.lower(), "")


@cache
def _sections(page: str) -> dict[str, str]:
    """Return the text below each ``## heading`` of a page, by the heading in lower case."""
    parts = (part.partition("\n") for part in reversed(page.split("\n## ")[1:]))
    return {name.strip().lower(): text.strip() for name, _, text in parts}


@cache
def _first_sentence(section: str) -> str:
    """Return the sentence that a section of a page opens with, without markup; a report asks for it with each finding."""
    opening: list[str] = []
    for line in section.split("\n"):
        if not line or line.startswith(("```", "- ", "* ")):
            break
        opening.append(line)
    words = " ".join(opening).split()
    ends = (number for number, word in enumerate(words, 1) if word.endswith("."))
    sentence = " ".join(words[: next(ends, len(words))]).removesuffix(".").rstrip(":")
    return sentence.replace("`", "").replace("**", "")


@cache
def _docstring(name: str) -> str:
    """Return a module's docstring; of one that nobody has imported, as it begins its file: a report tells of all rules."""
    module = sys.modules.get(name)
    if module is None and (text := _beginning(name)):
        return text.strip()
    return ((module or importlib.import_module(name)).__doc__ or "").strip()


def _beginning(name: str) -> str:
    """Return the docstring that a module's file begins with; nothing where only Python can tell what it is."""
    package, _, own = name.rpartition(".")
    folders = getattr(sys.modules.get(package), "__path__", ())
    for folder in folders:
        try:
            with open(f"{folder}/{own}.py", encoding="utf-8") as file:
                before, _, rest = file.read().partition('"""')
        except OSError:
            continue
        text, closed, _ = rest.partition('"""')
        if closed and (before == "r" or (not before and "\\" not in text)):
            return text
    return ""


def rule(
    id: str,  # noqa: A002 - it is the rule's id
    *,
    each: type[T],
    severity: Severity,
    category: str,
    since: str,
    cwe: int = 0,
    contained_by: Collection[Sandbox] = (),
    replaces: tuple[str, ...] = (),
    profile: Profile = Profile.RECOMMENDED,
    precision: Confidence = Confidence.HIGH,
    formats: str = "",
    needs_approval: str = "",
    asks: tuple[str, ...] = (),
    fixes: tuple[Fixer, ...] = (),
) -> Callable[[Callable[[T], Iterable[Problem | Undecided]]], Rule]:
    """Make a rule of a generator over one kind of model object; the module's docstring is its page."""

    def decorate(check: Callable[[T], Iterable[Problem | Undecided]]) -> Rule:
        return Rule(
            id, each, severity, category, since, check, cwe, frozenset(contained_by), replaces, profile, precision,
            formats, needs_approval, asks=asks, module=check.__module__, fixes=fixes,
        )  # fmt: skip

    return decorate


@record(slots=True)
class Verdict:
    """One problem with the rule that saw it and the object it looked at."""

    rule: Rule
    subject: Any
    problem: Problem
    asked: Any = None
    """The object that the rule looked at, when it blames another."""


def blamed(subject: Any) -> Any:
    """Return the container that a subject is about (a daemon's, an access's), or the subject itself."""
    if isinstance(subject, Container):
        return subject
    container = getattr(subject, "container", None) or getattr(subject, "who", None)
    return container if container is not None else subject


def nearest(name: str, names: Iterable[str]) -> str:
    """Return `` (did you mean 'x'?)`` for the most similar name, or ``""``."""
    import difflib

    close = difflib.get_close_matches(name, list(names), n=1)
    return f" (did you mean '{close[0]}'?)" if close else ""


def selected(
    rules: Iterable[Rule],
    *,
    profile: Profile = Profile.RECOMMENDED,
    select: Collection[str] = (),
    ignore: Collection[str] = (),
) -> Iterator[Rule]:
    """Yield the rules of a profile, or only those selected by id or category, without the ignored ones.

    Raises :class:`UserError` for a name that is neither an id nor a category.
    """
    rules = tuple(rules)
    known = {each.id for each in rules} | {each.category for each in rules}
    for name in (*select, *ignore):
        if name not in known:
            raise UserError(f"there is no rule or category '{name}'{nearest(name, known)}; see 'dindguard rules'")
    for each in rules:
        if each.id in ignore or each.category in ignore:
            continue
        if select and not (each.id in select or each.category in select):
            continue
        if not select and profile is Profile.RECOMMENDED and each.profile is Profile.ALL:
            continue
        yield each
