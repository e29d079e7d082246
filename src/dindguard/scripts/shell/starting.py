"""What a command starts: itself, the command that it wraps, or the script that it is given."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

from dindguard import budget
from dindguard.model.values import UNKNOWN_PIECE, Text
from dindguard.patterns import regex
from dindguard.scripts.command import Command, base_name, spanning
from dindguard.scripts.engine_cli.calls import docker_call
from dindguard.scripts.shell.context import Collected, Context
from dindguard.scripts.shell.pieces import Piece, Script, Word, embedded_source, joined_span, text_of, word
from dindguard.scripts.shell.syntax import Choice, Group, Guarded, Node, Pipe, Simple
from dindguard.scripts.shell.variables import Scopes
from dindguard.scripts.shell.wrappers import may_unwrap, unwrap
from dindguard.scripts.shell.writing import EDITORS, PRINTS, WRITERS, Redirections
from dindguard.source import Embedded
from dindguard.vocabulary import SHELLS

Follow = Callable[[Sequence[Piece], Context, "Sequence[Piece] | None", bool], None]
"""Reads a script inside the script: its text, where it runs, what it is given, and if it shares the variables."""

_ALL_ARGUMENTS = frozenset({'"$@"', "$@", "$*", '"$*"', '"${@}"', "${@}", '"${@:2}"', "${@:2}", '"${@:3}"'})
_PASS_ON = frozenset({"sudo", "timeout", "env", "exec", "eval", "time", "command"})
_IN_CONTAINER = frozenset({"exec", "run", "compose exec", "compose run"})
_CLIENT_ENDS = ("engine", "runtime", "tool", "cli", "binary", "bin", "cmd", "command")
_NAMED_AFTER = {
    name + end: client
    for name, client, ends in (
        ("container", "docker", _CLIENT_ENDS),
        *(
            (name.replace("-", ""), name, ("", *_CLIENT_ENDS))
            for name in ("docker-compose", "docker", "podman", "nerdctl")
        ),
    )
    for end in ends
}
"""Clients by what variables that hold them are called, in lower case and without dashes."""
_TUNNELS = frozenset({"ssh", "autossh"})
_FORWARDS = regex(r"-[A-Za-z]*[LR]")


def _hands_on(words: Sequence[Word]) -> bool:
    """Whether ``ssh`` is asked for a port or a socket; else it only leads to another machine."""
    return any(_FORWARDS.match(word.pattern) for word in words[1:])


class Starter:
    """Collects the commands that one script starts."""

    def __init__(self, script: Script, scopes: Scopes, collected: Collected, redirections: Redirections) -> None:
        self._script = script
        self._scopes = scopes
        self._out = collected
        self._redirections = redirections
        self.runs_arguments: set[str] = set()
        """The functions that run their arguments (``retry docker …``)."""

    def matters(self, program: str) -> bool:
        """Whether a program is one of those to collect, or may start or write something."""
        return (
            program in self._out.programs
            or program in WRITERS
            or program in EDITORS
            or program in self.runs_arguments
            or may_unwrap(program)
        )

    def start(
        self,
        words: Sequence[Word],
        node: Simple,
        context: Context,
        follow: Follow,
        stdin: Sequence[Piece] | None = None,
    ) -> None:
        """Take off what wraps the command, and collect it, or have the script that it runs read by ``follow``."""
        if self._out.muted:
            return
        for count in itertools.count(1):
            if not words or not budget.within(budget.WRAPPERS, count, words[0]):
                return
            if self.runs_arguments and base_name(words[0].pattern) in self.runs_arguments:
                self._out.told_others = False
                words = self._arguments_run(words)
                continue
            if self._maybe_wrapper(words):
                if self._program(words[1]) in self._out.programs or unwrap(words[1:]) is not None:
                    words, context = words[1:], context._replace(wrappers=(*context.wrappers, str(words[0])))
                    continue
                self._out.told_others = False
            layer = unwrap(words)
            if layer is None:
                break
            if layer.script is not None:
                follow(layer.script, context.within(layer), stdin, layer.same_shell)
                return
            if layer.stdin:
                if stdin is not None:
                    follow(stdin, context.within(layer), None, False)
                break
            words, context = layer.words, context.within(layer)
        self._collect(words, node, context, follow, stdin)

    def command(self, words: Sequence[Word], node: Simple, context: Context) -> Command:
        """Return ``words`` as a command."""
        return Command(
            words=tuple(words),
            program=self._program(words[0]),
            span=spanning(words),
            environment=self._environment(context, words[0]),
            wrappers=context.wrappers,
            remote=context.remote,
            inside=context.inside,
            redirects=self._redirections.all(node),
            background=node.background,
            in_test=context.in_test,
        )

    def _arguments_run(self, words: Sequence[Word]) -> Sequence[Word]:
        """Return the command among the arguments of a function that runs its arguments."""
        for index, one in enumerate(words[1:5], start=1):
            name = base_name(one.pattern)
            if name in self._out.programs or unwrap(words[index:]) is not None:
                return words[index:]
        return ()

    def _collect(
        self, words: Sequence[Word], node: Simple, context: Context, follow: Follow, stdin: Sequence[Piece] | None
    ) -> None:
        program = self._program(words[0])
        if program not in self._out.programs:
            self._out.pass_over(program)
            return
        if program in _TUNNELS and not _hands_on(words):
            return
        command = self.command(words, node, context)
        command.fed = stdin is not None
        self._out.commands.append(command)
        self._substituted(command, node)
        if stdin is not None:
            self._given(command, stdin)
        call = docker_call(command)
        if call is not None and call.action in _IN_CONTAINER:
            inner = [one for one in call.arguments[1:] if isinstance(one, Word)]
            there = Context(remote=context.remote, inside=command)
            if inner and context.inside is None:
                self.start(inner, Simple(node.start), there, follow, stdin)

    def _given(self, command: Command, stdin: Sequence[Piece]) -> None:
        """Hand on the document that a command is given through a heredoc or a pipe."""
        from dindguard.scripts.standard_input import document_of  # few scripts give one

        name = document_of(command, text_of(stdin))
        source = embedded_source(stdin, name) if name and self._scopes.spending.reads(stdin) else None
        if source is not None:
            self._out.embedded.append(Embedded(source, command.inside))

    def _substituted(self, command: Command, node: Simple) -> None:
        """``bash <(curl …)`` is a pipe as well."""
        if command.program not in SHELLS or len(self._out.commands) < 2:
            return
        text = self._script.text
        if any(text.startswith("<(", raw.start) for raw in node.words):
            before = self._out.commands[-2]
            command.piped_from = before

    def _maybe_wrapper(self, words: Sequence[Word]) -> bool:
        """Whether an undecided ``$SUDO`` stands before other words: before a program, it is a wrapper, unless it may print."""
        first = words[0]
        undecided = len(words) > 1 and first.partial == UNKNOWN_PIECE and first.many
        return undecided and not self._program(first) and not PRINTS.search(first.variable)

    def _program(self, first: Word) -> str:
        """Return the base name of the program; a variable stands for the client that it is given, or that it is named after."""
        name = base_name(first.pattern)
        if first.known or first.optional:
            return name
        if name != UNKNOWN_PIECE:  # the folder may be unknown as well: ``/usr/bin/$ENGINE``
            return "" if UNKNOWN_PIECE in name else name
        called = first.variable.lower().replace("-", "").replace("_", "")
        return self._scopes.client(first.variable) or _NAMED_AFTER.get(called, "")

    def _environment(self, context: Context, program: Word) -> dict[str, Text]:
        """Return what is set for a command; what is set to nothing has the command's own place."""
        found: dict[str, Text] = {}
        for name in self._scopes.engine_variables:
            value = self._scopes.get(name)
            if value is not None and value.fields is not None:
                pieces = value.scalar
                found[name] = word(pieces, joined_span(pieces)) if pieces else Text("", program.span)
        found.update(context.environment)
        return found


def runs_its_arguments(node: Node, text: str) -> bool:
    """Whether a function's body starts ``"$@"`` as a command."""
    match node:
        case Simple():
            words = [text[raw.start : raw.end] for raw in node.words]
            passed = words[:1] if words and base_name(words[0]) not in _PASS_ON else words
            return any(one in _ALL_ARGUMENTS for one in passed)
        case Pipe():
            return any(runs_its_arguments(one, text) for one in node.nodes)
        case Guarded():
            return runs_its_arguments(node.node, text)
        case Group():
            return any(runs_its_arguments(one, text) for one in node.body)
        case Choice():
            bodies = [node.conditions, *node.branches]
            return any(runs_its_arguments(one, text) for body in bodies for one in body)
    return False
