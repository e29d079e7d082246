"""A command as a shell would start it: the result of reading command lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dindguard.model.values import Text
from dindguard.named_tuples import NamedTuple
from dindguard.source import Embedded, Notice, Source, Span

USED = "used here"
"""What the step of a trail says that leads from a variable's assignment to its use."""


class Redirect(NamedTuple):
    """A redirection: ``>``, ``>>``, ``<`` … to ``target``; for ``<<`` the target is the delimiter."""

    operator: str
    target: Text
    heredoc: Source | None = None


class Command:
    """A command in command position, with its words after expansion; to be read, not changed.

    ``words[0]`` is the program as written, ``program`` its base name (``docker``). A word that the file does
    not decide has the value ``None``. ``environment`` holds what stands before the command (``K=V``,
    ``env K=V``) and earlier exports of this file. ``wrappers`` are the programs that start it (``sudo``,
    ``ssh``), outermost first. ``remote`` is the host that ``ssh`` and the like run it on, ``None`` for this
    one; ``inside`` the ``docker exec`` or ``docker run`` in whose container it runs. ``in_test`` tells that it
    is the condition of an ``if`` or a loop.
    """

    __slots__ = (
        "background",
        "call",
        "environment",
        "fed",
        "in_test",
        "inside",
        "piped_from",
        "program",
        "redirects",
        "remote",
        "span",
        "words",
        "wrappers",
    )

    def __init__(
        self,
        words: tuple[Text, ...],
        program: str,
        span: Span,
        *,
        environment: Mapping[str, Text],
        wrappers: tuple[str, ...] = (),
        remote: Text | None = None,
        inside: Command | None = None,
        redirects: tuple[Redirect, ...] = (),
        background: bool = False,
        in_test: bool = False,
    ) -> None:
        self.words = words
        self.program = program
        self.span = span
        self.environment = environment
        self.wrappers = wrappers
        self.remote = remote
        self.inside = inside
        self.redirects = redirects
        self.background = background
        self.in_test = in_test
        self.piped_from: Command | None = None
        self.fed = False
        """What it reads from its standard input stands in the script: a heredoc, or a pipe that begins with one."""
        self.call: object = Ellipsis
        """What it says as an engine client's command line, once somebody has asked (``docker_call``)."""

    def __repr__(self) -> str:
        return f"Command({' '.join(str(word) for word in self.words)!r} at {self.span})"

    @property
    def arguments(self) -> tuple[Text, ...]:
        """The words after the program."""
        return self.words[1:]


class Export(NamedTuple):
    """``export NAME=value`` in a script; ``span`` is the assignment."""

    name: str
    value: Text
    span: Span


class Commands(NamedTuple):
    """What a text runs (in order), the documents it writes, what it exports, and what could not be read."""

    commands: tuple[Command, ...] = ()
    embedded: tuple[Embedded, ...] = ()
    exports: tuple[Export, ...] = ()
    notices: tuple[Notice, ...] = ()
    others: frozenset[str] | None = None
    """The base names of the programs that a script runs besides, whose commands nobody asks for; ``None`` where not told."""


def base_name(word: str) -> str:
    """Return the program's name without its folder and ``.exe``."""
    if "/" in word or "\\" in word:
        word = word.replace("\\", "/").rpartition("/")[2]
    return word.removesuffix(".exe")


def place_of_use(word: Text) -> Span:
    """Return where a word stands in the command, also if a variable that was set elsewhere gives it."""
    uses = [step.span for step in word.span.trail if step.what == USED]
    return uses[-1] if uses else word.span


def spanning(words: Sequence[Text]) -> Span:
    """Return the span from the first word of a command to its last one."""
    first, last = place_of_use(words[0]), place_of_use(words[-1])
    if last.path != first.path or (last.end_line, last.end_column) < (first.end_line, first.end_column):
        last = first
    return Span(first.path, first.line, first.column, last.end_line, last.end_column, first.route)
