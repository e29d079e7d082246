"""What lowers the severity of what rules say: a sandbox, or a machine that ends with its job.

The facts: docs/engine-facts.md, "Sandboxes".
"""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import Any

from dindguard.files import Files
from dindguard.model.container import Container, Sandbox
from dindguard.model.examples import example_part, kind_of_example, others_code
from dindguard.model.values import Text
from dindguard.model.workload import WorkloadKind
from dindguard.patterns import regex
from dindguard.records import record
from dindguard.rules import Rule, Severity, blamed
from dindguard.source import Span

LEVELS = {Sandbox.VM: 2, Sandbox.USER_NAMESPACE: 2, Sandbox.GVISOR: int(Severity.CRITICAL)}
"""By how many levels a sandbox lowers the findings of the rules that name it; gVisor leaves information only."""

MACHINE_LEVELS = {"privilege": 3, "confinement": 3, "socket": 3, "build": 3, "daemon-api": 2}
"""By how many levels a hosted machine that ends with its job lowers what these categories say: the job is root there,
and nobody else is."""

TEST_LEVELS = {"privilege": 2, "confinement": 2}
"""By how many levels a container that stands for a machine in a test lowers what these categories say: one as all that is
for tests, and one because it asks for it to be like a machine (an init system starts in it, and the role under test is its
administrator), as products do whose own instructions say so. What else is said of it (a socket is its maker's own, and a
machine needs none) weighs one level less."""

SESSION_LEVELS = 2
"""By how many levels what somebody starts by hand to look into a node is lowered: an administrator, and no service."""

ENGINE_CATEGORIES = frozenset({"privilege", "socket", "data-root"})
"""What is said of a container less gravely if a nested engine starts it: by two levels, and by one if it is privileged,
because then it is all that the engine's container is."""

TASK_CATEGORIES = frozenset({"privilege", "confinement", "data-root"})
"""What is said of a container less gravely if all of its command is one tame thing: nobody gets into it who could use more."""

_SHOWN = 3
HEAD = 2000
"""As many characters of a file are read for what it says of itself."""

_TITLE = regex(r"(?m)^#{1,2}[ \t]+(?P<hash>\S.*)|<h1[^<>]*>(?P<html>[^<]+)|^(?P<under>\w.*)\n[=~]{3,}[ \t\r]*$")
_EXAMPLES = regex(
    r"(?i)\b(?:examples|demos?|samples|tutorials?|workshops?"
    r"|(?:sample|example) (?:app|ci|cluster|code|compose|config|deploy|docker|infra|manifest|pipeline|project|repo|set-?up|stack"
    r"|workflow)\w*)\b"
)
"""What a README calls all of a repository in its title."""
_COMMENT = regex(r"[ \t]*(?:#|//|--|;|\*|/\*|<#|\{#|<!--|::|rem\b)(?P<words>[^\n]*)")
_NOT_USED = regex(
    r"(?i)\b(?:for (?P<kind>reference|demonstration|illustration|example|documentation|testing|(?:local )?development|dev)"
    r"(?: purposes?| use)? only|(?P<only>reference|example|demo|dev|development) only"
    r"|(?:not|never)(?: be)? (?:(?:meant|intended|suitable|ready|use|used|run|deployed?)(?: it| this)? )?(?:for|in) production"
    r"|(?<=\bthis is )an? (?:example|sample|demo)(?: file| configuration)?)\b"
)
_IN_A_MACHINE = regex(
    r"(?i)\b(?:runs?|running|used|executed|provisions?|started|works?)(?: only)? (?:inside|in|on|within)"
    r" (?:an?|the|its own|our|your) (?:[a-z][\w-]* ){0,2}(?:virtual machine|VM)\b"
)
_DENIED = regex(r"(?i)\b(?:not|never|cannot|unless|without)\b|n't\b")


@record(eq=False)
class Ground:
    """Why what is said of something weighs less, in words, and by how many levels: of what a rule gives a severity to."""

    why: str
    levels: Callable[[Rule, Severity], int]


class Grading:
    """Lowers findings, also by what files say of themselves; ``trusted`` are the files that are believed, if any.

    A comment and a title change nothing of what a file does, and whoever may propose a change may write them.
    """

    def __init__(self, trusted: Files | None) -> None:
        self._trusted = trusted
        self._said: dict[str, str] = {}
        self._title: str | None = None
        self._parts: dict[str, str] = {}
        self._grounds: dict[int, tuple[Any, tuple[Ground, ...]]] = {}

    def lowered(self, rule: Rule, subject: Any, severity: Severity, at: Span) -> tuple[int, str]:
        """Return by how many levels a rule's finding about ``subject`` is lowered, and why, in words.

        ``severity`` is what the rule gives it, ``at`` the place that it blames. Either a sandbox contains the danger, or the
        machine is thrown away with the job whose script is its administrator anyway, or a test removes it, or its file is a
        test's or an example, or it takes other values than the files give to make it; the greatest of them counts.
        """
        found = [(ground.levels(rule, severity), ground.why) for ground in self._grounds_of(subject)]
        found.append(_by_default(severity, at, subject))
        levels, why = max(found, key=itemgetter(0))
        said = "" if levels else self._by_words(getattr(getattr(subject, "span", None), "path", ""))
        return (1, said) if said else (levels, why if levels else "")

    def _grounds_of(self, subject: Any) -> tuple[Ground, ...]:
        """Return what may lower findings about something, whatever rule says them; most things have nothing."""
        held = self._grounds.get(id(subject))
        if held is None:
            found = (*(ground(subject) for ground in _GROUNDS), self._by_place(subject))
            held = self._grounds[id(subject)] = subject, tuple(each for each in found if each is not None)
        return held[1]

    def _by_place(self, subject: Any) -> Ground | None:
        """Lower by one level what is said of anything in a folder of tests, examples or docs, or what only such start."""
        path = getattr(getattr(subject, "span", None), "path", "")
        if path not in self._parts:
            self._parts[path] = example_part(path)
        part = self._parts[path]
        if part:
            return Ground(f"'{part}' in its path says that it is {kind_of_example(part)}", _one_level)
        short_lived = subject.workload.assignment.short_lived if isinstance(subject, Container) else ""
        return Ground(short_lived, _one_level) if short_lived else None

    def _by_words(self, path: str) -> str:
        """Return what tells that nobody uses a file as it is: the comment that it begins with, the README's title."""
        if path and path not in self._said:
            self._said[path] = _said_at_the_top(self._beginning(path))
        return self._said.get(path, "") or self._examples()

    def _beginning(self, path: str) -> str:
        return self._trusted.beginning(path, HEAD) if self._trusted is not None else ""

    def _examples(self) -> str:
        if self._title is None:
            words = _title(self._beginning("README.md"))
            told = _EXAMPLES.search(words) if words else None
            self._title = f"the title of README.md says that all here are examples: '{told[0]}'" if told else ""
        return self._title


def _title(text: str) -> str:
    """Return the words of the title of a README; ``""`` where there is none."""
    title = _TITLE.search(text) if text else None
    return next((each for each in title.groups() if each), "") if title is not None else ""


def _said_at_the_top(text: str) -> str:
    """Return what the comment that a file begins with says of its use; ``""`` for an ordinary file."""
    for number, line in enumerate(text.splitlines(), 1):
        comment = _COMMENT.match(line)
        if comment is None and line.strip() not in ("", "---"):
            return ""
        words = comment["words"] if comment is not None else ""
        told = _NOT_USED.search(words)
        if told is not None:
            return f"line {number} says that the file is '{told[0]}'"
        told = _IN_A_MACHINE.search(words)
        if told is not None and _DENIED.search(words[: told.start()]) is None:
            return f"line {number} says that it '{told[0]}'"
    return ""


def _one_level(_rule: Rule, _severity: Severity) -> int:
    return 1


def _by_sandbox(subject: Any) -> Ground | None:
    sandbox = getattr(subject, "sandbox", Sandbox.NONE)
    if sandbox is Sandbox.NONE:
        return None
    evidence = getattr(subject, "sandbox_evidence", None)
    name = str(evidence) if isinstance(evidence, Text) else str(sandbox)
    words = f"contained by {name} ({sandbox})" if name != str(sandbox) else f"contained by a {sandbox}"
    return Ground(words + _said(subject), lambda rule, _: LEVELS[sandbox] if sandbox in rule.contained_by else 0)


def _said(subject: Any) -> str:
    """Return where an organisation says what no file of the repository shows."""
    fact = getattr(getattr(subject, "activity", None), "sandbox_fact", None)
    return "" if fact is None else f", as {fact.span.path}:{fact.span.line} says"


def _by_machine(subject: Any) -> Ground | None:
    machine = getattr(blamed(subject), "hosted_machine", None)
    if machine is None:
        return None
    why = f"on a machine of {machine}, which ends with the job" + _said(subject)
    return Ground(why, lambda rule, _: MACHINE_LEVELS.get(rule.category, 0))


def _by_tests(subject: Any) -> Ground | None:
    maker = subject.workload.for_tests if isinstance(subject, Container) else None
    if maker is None:
        return None
    return Ground(
        f"a test's machine, which {maker} makes and removes", lambda rule, _: TEST_LEVELS.get(rule.category, 1)
    )


def _by_task(subject: Any) -> Ground | None:
    """Lower to *medium* what a container may do beyond the one tame thing that is all of its command."""
    task = subject.only_does if isinstance(subject, Container) else ""
    if not task:
        return None

    def levels(rule: Rule, severity: Severity) -> int:
        return max(severity - Severity.MEDIUM, 0) if rule.category in TASK_CATEGORIES else 0

    return Ground(f"for a command that {task}", levels)


def _by_revision(subject: Any) -> Ground | None:
    """Lower to *medium* what only a base says: all that build upon it change it, and are judged as they make it."""
    takers = getattr(getattr(blamed(subject), "workload", None), "revised_by", ())
    if not takers:
        return None
    shown = ", ".join(each or "." for each in takers[:_SHOWN]) + (" …" if len(takers) > _SHOWN else "")
    why = f"a base, which all that build upon it here change: {shown}"
    return Ground(why, lambda _, severity: max(severity - Severity.MEDIUM, 0))


def _by_starter(subject: Any) -> Ground | None:
    """Lower to *high* what a container has only if root starts it: Podman's containers are those of whoever does."""
    rootless = subject.rootless_host if isinstance(subject, Container) else None
    if rootless is None or not rootless.unknown:
        return None
    return Ground(
        "Podman's container has the rights of whoever starts it, and nothing here starts it as root",
        lambda rule, severity: int(severity is Severity.CRITICAL and rule.category in ENGINE_CATEGORIES),
    )


def _by_use(subject: Any) -> Ground | None:
    """Leave information only of what nobody starts."""
    workload = getattr(blamed(subject), "workload", subject)
    runs_in = getattr(workload, "runs_in", None) or getattr(workload, "sent_by", None)
    within = runs_in.workload if isinstance(runs_in, Container) else workload
    words = getattr(workload, "dormant", "") or getattr(within, "dormant", "") or _of_others(within)
    return Ground(words, lambda *_: int(Severity.CRITICAL)) if words else None


def _of_others(workload: Any) -> str:
    """Return why nothing runs a job or a test's machine: those of code that is copied from elsewhere run there."""
    elsewhere = (
        getattr(workload, "kind", None) is WorkloadKind.JOB or getattr(workload, "for_tests", None) is not None
    )
    folder = others_code(workload.path) if elsewhere else ""
    return (
        f"'{folder}' in its path says that it is somebody else's code, whose pipelines and tests run elsewhere"
        if folder
        else ""
    )


def _by_session(subject: Any) -> Ground | None:
    target = subject.workload.for_debugging if isinstance(subject, Container) else None
    if target is None:
        return None
    return Ground(
        f"a session by hand in {target}, of whoever may start pods there anyway",
        lambda rule, _: SESSION_LEVELS if rule.category in ENGINE_CATEGORIES else 0,
    )


def _by_default(severity: Severity, at: Span, subject: Any) -> tuple[int, str]:
    """Lower by one level, to *medium* at least, what a chart leaves out as long as nobody asks for other values than its own.

    To *medium* if it is asked for by its name: the template then only hands on what somebody decides elsewhere.
    """
    held = subject.conditions if isinstance(subject, Container) else ()
    if not (at.trail or held):
        return 0, ""
    name = _plain(at.route.rpartition(".")[2])
    asked = next(
        (each for each in at.trail if each.asks_for and _plain(each.asks_for).removeprefix("is") == name), None
    )
    if asked is not None and severity > Severity.MEDIUM:
        return int(severity - Severity.MEDIUM), f"left to whoever asks for it: {asked.what}"
    off = next((step.what for step in at.trail if step.off), None)
    if off is None:
        off = next((each.words for each in held if each.holds is False), None)
    return (1, f"off by default: {off}") if off is not None and severity > Severity.MEDIUM else (0, "")


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def _by_engine(subject: Any) -> Ground | None:
    """Lower what is said of a container in a nested engine: its host is that engine's container."""
    host = subject.host if isinstance(subject, Container) else None
    if host is None or host.engine is None or _hands_on(host):
        return None
    levels = 1 if subject.privileged.on else 2
    return Ground(
        f"its host is {host}, whose engine starts it",
        lambda rule, _: levels if rule.category in ENGINE_CATEGORIES else 0,
    )


def _hands_on(host: Container) -> bool:
    """Whether the engine's container has paths of the real host that the containers in it could ask for."""
    return any(mount.host_path is not None for mount in host.host_mounts)


_GROUNDS = (
    _by_sandbox, _by_machine, _by_tests, _by_session, _by_use, _by_revision, _by_task, _by_starter, _by_engine,
)  # fmt: skip
"""Of those that lower a finding equally the first is told."""
