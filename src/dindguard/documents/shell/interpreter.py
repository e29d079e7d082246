"""Walks a script's tree as a shell would run it, without running anything, and collects the commands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from dindguard.documents.command import Command, Export, Redirect, base_name, spanning
from dindguard.documents.docker_options import docker_call
from dindguard.documents.shell.expansion import Expander
from dindguard.documents.shell.lexer import TooDeep
from dindguard.documents.shell.parser import Parser
from dindguard.documents.shell.pieces import Piece, Script, Word, embedded_source, joined_span, word
from dindguard.documents.shell.syntax import (
    Choice,
    Function,
    Group,
    Guarded,
    Kind,
    Node,
    Part,
    Pipe,
    RawRedirect,
    RawWord,
    Simple,
)
from dindguard.documents.shell.variables import (
    UNDECIDED,
    Scopes,
    Variable,
    appended,
    array,
    scalar,
)
from dindguard.documents.shell.wrappers import SHELLS, Layer, joined, may_unwrap, unwrap
from dindguard.model.values import UNKNOWN_PIECE, How, Text
from dindguard.source import Embedded, Gravity, Notice

NESTING_LIMIT = 5
"""Scripts in scripts (``ssh host "sh -c '…'"``) are followed so far."""
WRAPPER_LIMIT = 16
EXPORT_LIMIT = 64
"""So many exported variables are followed, the first ones."""

_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)(?:\[[^\]]*\])?(\+?=)")
_DECLARATIONS = frozenset({"export", "declare", "typeset", "local", "readonly"})
_FORGETTERS = frozenset({"read", "mapfile", "readarray", "getopts", "unset"})
_ENGINE_VARIABLES = ("DOCKER_", "BUILDX_", "BUILDKIT_", "COMPOSE_", "CONTAINER_", "CONTAINERD_")
_ALL_ARGUMENTS = frozenset({'"$@"', "$@", "$*", '"$*"', '"${@}"', "${@}", '"${@:2}"', "${@:2}", '"${@:3}"'})
_WRITERS = frozenset({"cat", "echo", "printf", "tee"})
_STDIN_FILES = frozenset({"-", "/dev/stdin"})
_ECHO_OPTION = re.compile(r"-[neE]+\Z")
_PRINTS = re.compile(r"echo|print|log|info|debug|warn", re.IGNORECASE)
_PRINTF_DIRECTIVE = re.compile(r"(?:%[sb](?:\\n)?)+\Z")


class Context(NamedTuple):
    """Where a command runs: on which host, in whose container, started by what."""

    remote: Text | None = None
    inside: Command | None = None
    wrappers: tuple[str, ...] = ()
    environment: tuple[tuple[str, Text], ...] = ()
    in_test: bool = False

    def within(self, layer: Layer) -> Context:
        """Return the context of what ``layer`` starts."""
        return self._replace(
            remote=layer.remote or self.remote,
            wrappers=(*self.wrappers, layer.name),
            environment=(*self.environment, *layer.assignments),
        )


class Collected:
    """What was found, in all scripts of one text."""

    def __init__(self, programs: frozenset[str]) -> None:
        self.programs = programs
        self.commands: list[Command] = []
        self.embedded: list[Embedded] = []
        self.exports: list[Export] = []
        self.notices: list[Notice] = []


def read_script(script: Script, collected: Collected, *, scopes: Scopes | None = None) -> None:
    """Collect what ``script`` runs."""
    Interpreter(script, scopes or Scopes(), collected, Context(), 0).run()


def read_argv(words: Sequence[Word], collected: Collected) -> None:
    """Collect what a list of words runs."""
    Interpreter(Script(()), Scopes(), collected, Context(), 0).start(words)


class Interpreter:
    """Interprets one script; a script inside it gets an interpreter of its own."""

    def __init__(self, script: Script, scopes: Scopes, collected: Collected, context: Context, nesting: int) -> None:
        self._script = script
        self._scopes = scopes
        self._out = collected
        self._context = context
        self._nesting = nesting
        self._expander = Expander(script, scopes)
        self._functions: list[Function] = []
        self._assigned_by: dict[str, dict[str, Variable]] = {}
        self._runs_arguments: set[str] = set()
        self._locals: set[str] = set()
        self._muted = False

    def run(self, stdin: Sequence[Piece] | None = None) -> None:
        """Read the script and collect its commands; functions are read when all else is known.

        The first command gets ``stdin``, if it is known what the script is given.
        """
        try:
            nodes = Parser(self._script.text).script()
        except TooDeep as error:
            span = self._script.span(error.offset, error.offset + 1)
            message = "commands nest too deeply to be read"
            self._out.notices.append(Notice("budget", message, span, Gravity.WARNING))
            return
        for index, node in enumerate(nodes):
            self._node(node, None if index else stdin)
        self._scopes.merge(list(self._assigned_by.values()), exhaustive=False)
        while self._functions:
            function = self._functions.pop(0)
            self._scopes.push()
            self._scopes.function_frame = 1
            if function.body is not None:
                self._node(function.body)
            self._scopes.function_frame = 0
            self._scopes.pop()

    # -- nodes ----------------------------------------------------------------------------------------

    def _nodes(self, nodes: Sequence[Node]) -> None:
        for node in nodes:
            self._node(node)

    def _node(self, node: Node, stdin: Sequence[Piece] | None = None) -> Sequence[Piece] | None:
        """Interpret a node that reads ``stdin`` if that is known; return what it prints if that is known."""
        match node:
            case Simple():
                return self._simple(node, stdin)
            case Pipe():
                self._pipe(node)
            case Guarded():
                self._branches([[node.node]], exhaustive=False)
            case Group():
                self._group(node)
            case Choice():
                self._choice(node)
            case Function():
                self._function(node)
        return None

    def _branches(self, bodies: Sequence[Sequence[Node]], *, exhaustive: bool) -> None:
        frames = []
        for body in bodies:
            self._scopes.push()
            self._nodes(body)
            frames.append(self._scopes.pop())
        self._scopes.merge(frames, exhaustive=exhaustive)

    def _group(self, node: Group) -> None:
        if node.subshell:
            self._scopes.push()
        self._nodes(node.body)
        if node.subshell:
            self._scopes.pop()

    def _choice(self, node: Choice) -> None:
        outer = self._context
        self._context = outer._replace(in_test=True)
        self._nodes(node.conditions)
        self._context = outer
        for item in node.items:
            self._substitutions(item.parts)
        if node.variable:
            self._scopes.assign(node.variable, self._loop_value(node))
        self._branches(node.branches, exhaustive=node.exhaustive)

    def _loop_value(self, node: Choice) -> Variable:
        if len(node.items) != 1:
            return UNDECIDED
        words = self._expander.words(node.items[0])
        return scalar(words[0].pieces) if len(words) == 1 and words[0].known else UNDECIDED

    def _function(self, node: Function) -> None:
        if self._muted or node.body is None:
            return
        self._functions.append(node)
        if _runs_its_arguments(node.body, self._script.text):
            self._runs_arguments.add(node.name)
        self._muted, self._locals = True, set()
        self._scopes.push()
        self._node(node.body)
        assigned = self._scopes.pop()
        self._muted = False
        found = {name: value for name, value in assigned.items() if name not in self._locals}
        self._assigned_by[node.name] = found
        for name, value in found.items():
            other = self._scopes.called.get(name)
            self._scopes.called[name] = value if other is None or other.text == value.text else UNDECIDED

    def _pipe(self, node: Pipe) -> None:
        printed: Sequence[Piece] | None = None
        before: Command | None = None
        for part in node.nodes:
            first = len(self._out.commands)
            self._scopes.push()
            printed = self._node(part, printed)
            self._scopes.pop()
            found = self._out.commands[first:]
            if found and before is not None:
                reader = next((one for one in found if one.inside is None), found[0])
                before.pipes_to, reader.piped_from = reader, before
            before = found[-1] if found else None

    # -- simple commands --------------------------------------------------------------------------------

    def _simple(self, node: Simple, stdin: Sequence[Piece] | None) -> Sequence[Piece] | None:
        self._inner_commands(node)
        position = 0
        while position < len(node.words) and self._assignment(node.words[position]):
            position += 1
        prefix, rest = node.words[:position], node.words[position:]
        if not rest:
            for raw in prefix:
                self._assign(raw)
            return None
        first: list[Word] = []
        while rest and not first:
            # ``$SUDO docker`` with an empty variable: the next word is the program.
            first, rest = self._expander.words(rest[0]), rest[1:]
        if not first:
            return None
        program = base_name(first[0].pattern)
        if self._builtin(program, node, rest) or not self._matters(first[0], program):
            return None
        words = [*first, *(word for raw in rest for word in self._expander.words(raw))]
        context = self._context._replace(environment=(*self._context.environment, *self._prefix(prefix)))
        given = self._heredoc(node.redirects)
        stdin = given if given is not None else stdin
        self._start(words, node, context, stdin)
        return self._printed(words, node, stdin)

    def _inner_commands(self, node: Simple) -> None:
        for raw in node.words:
            self._substitutions(raw.parts)
            for item in raw.items or ():
                self._substitutions(item.parts)
        for redirect in node.redirects:
            self._substitutions(redirect.target.parts)
            if redirect.body is not None:
                self._substitutions(redirect.body.parts)

    def _matters(self, first: Word, program: str) -> bool:
        """Whether a command is one of those to collect, or may start or write something."""
        return (
            first.unknown
            or program in self._out.programs
            or program in _WRITERS
            or program in self._runs_arguments
            or may_unwrap(program)
        )

    def _assignment(self, raw: RawWord) -> re.Match[str] | None:
        first = raw.parts[0] if raw.parts else None
        if first is None or first.kind is not Kind.LITERAL or first.quoted:
            return None
        return _ASSIGNMENT.match(self._script.text, raw.start, raw.end)

    def _value(self, raw: RawWord) -> tuple[str, Variable] | None:
        found = self._assignment(raw)
        if found is None:
            return None
        name, operator = found.group(1), found.group(2)
        if raw.items is not None:
            words = [word for item in raw.items for word in self._expander.words(item)]
            value = array(tuple(word.pieces for word in words))
        elif "[" in found.group():
            return name, UNDECIDED
        else:
            value = self._expander.scalar(raw, found.end() - raw.start)
        if operator == "+=":
            value = appended(self._scopes.get(name), value)
        return name, value

    def _assign(self, raw: RawWord, *, export: bool = False) -> None:
        found = self._value(raw)
        if found is None:
            return
        name, value = found
        self._scopes.assign(name, value)
        if export:
            self._export(name, value, raw)

    def _export(self, name: str, value: Variable, raw: RawWord | None) -> None:
        if name not in self._scopes.exported and len(self._scopes.exported) < EXPORT_LIMIT:
            self._scopes.exported.append(name)
        if raw is not None and not self._muted:
            span = self._script.span(raw.start, raw.end)
            if value.fields is None:
                text = Text(None, span, How.UNKNOWN, UNKNOWN_PIECE, name)
            else:
                pieces = value.scalar
                text = word(pieces, joined_span(pieces) if pieces else span)
            self._out.exports.append(Export(name, text, span))

    def _prefix(self, raws: Sequence[RawWord]) -> list[tuple[str, Text]]:
        found: list[tuple[str, Text]] = []
        for raw in raws:
            named = self._value(raw)
            if named is not None:
                name, value = named
                span = self._script.span(raw.start, raw.end)
                text = word(value.scalar, joined_span(value.scalar) if value.scalar else span)
                found.append((name, text))
        return found

    def _builtin(self, program: str, node: Simple, rest: Sequence[RawWord]) -> bool:
        """Interpret what changes variables; tell whether that was all of the command."""
        if program in _DECLARATIONS:
            self._declare(program, rest)
        elif program in _FORGETTERS:
            self._forget(program, rest)
        elif program in (":", "true"):
            for raw in rest:
                self._expander.words(raw)
        elif program == "set":
            self._set_arguments(node, rest)
        elif program == "alias":
            self._aliases(rest)
        else:
            if program in self._assigned_by:
                self._scopes.merge([self._assigned_by[program]], exhaustive=True)
            return False
        return True

    def _set_arguments(self, node: Simple, raws: Sequence[RawWord]) -> None:
        """``set -- program …`` is what a later ``exec "$@"`` starts."""
        if len(raws) > 1 and self._script.text[raws[0].start : raws[0].end] == "--":
            words = [word for raw in raws[1:] for word in self._expander.words(raw)]
            context = self._context._replace(wrappers=(*self._context.wrappers, "set"))
            self._start(words, node, context, None)

    def _aliases(self, raws: Sequence[RawWord]) -> None:
        for raw in raws:
            named = self._value(raw)
            if named is not None and named[1].fields is not None:
                self._nested(named[1].scalar, self._context, None, same_shell=True)

    def _declare(self, program: str, raws: Sequence[RawWord]) -> None:
        text = self._script.text
        options = " ".join(text[raw.start : raw.end] for raw in raws if text.startswith("-", raw.start))
        export = program == "export" or "x" in options
        for raw in raws:
            found = self._assignment(raw)
            name = found.group(1) if found else text[raw.start : raw.end]
            if program not in ("export", "readonly"):
                self._locals.add(name)
            if found:
                self._assign(raw, export=export)
            elif export and name.isidentifier():
                value = self._scopes.get(name)
                if value is not None:
                    self._export(name, value, raw)

    def _forget(self, program: str, raws: Sequence[RawWord]) -> None:
        for raw in raws:
            name = self._script.text[raw.start : raw.end]
            if name.isidentifier():
                self._scopes.assign(name, Variable(((),)) if program == "unset" else UNDECIDED)

    def _substitutions(self, parts: Sequence[Part]) -> None:
        """Interpret the commands in ``$(…)`` and the like."""
        for part in parts:
            if part.nodes:
                self._scopes.push()
                self._nodes(part.nodes)
                self._scopes.pop()
            if part.argument:
                self._substitutions(part.argument)

    def start(self, words: Sequence[Word]) -> None:
        """Collect what a list of words runs."""
        if words:
            self._start(words, Simple(0), self._context, None)

    @classmethod
    def unwrapped(cls, words: Sequence[Word]) -> Command:
        """Return ``words`` as a command, without what wraps it."""
        collected = Collected(frozenset())
        interpreter = cls(Script(()), Scopes(), collected, Context(), 0)
        context = interpreter._context
        while (layer := unwrap(words)) is not None and layer.words:
            words, context = layer.words, context.within(layer)
        return interpreter._command(words, Simple(0), context)

    # -- starting commands --------------------------------------------------------------------------------

    def _start(self, words: Sequence[Word], node: Simple, context: Context, stdin: Sequence[Piece] | None) -> None:
        """Take off what wraps the command, and collect it or the script that it runs."""
        if self._muted:
            return
        for _ in range(WRAPPER_LIMIT):
            if not words:
                return
            if base_name(words[0].pattern) in self._runs_arguments:
                words = self._arguments_run(words)
                continue
            if _maybe_wrapper(words, self._out.programs):
                words, context = words[1:], context._replace(wrappers=(*context.wrappers, str(words[0])))
                continue
            layer = unwrap(words)
            if layer is None:
                break
            if layer.script is not None:
                self._nested(layer.script, context.within(layer), stdin, same_shell=layer.same_shell)
                return
            if layer.stdin:
                if stdin is not None:
                    self._nested(stdin, context.within(layer), None, same_shell=False)
                break
            words, context = layer.words, context.within(layer)
        self._collect(words, node, context, stdin)

    def _arguments_run(self, words: Sequence[Word]) -> Sequence[Word]:
        """Return the command among the arguments of a function that runs its arguments."""
        for index, one in enumerate(words[1:5], start=1):
            name = base_name(one.pattern)
            if name in self._out.programs or unwrap(words[index:]) is not None:
                return words[index:]
        return ()

    def _collect(self, words: Sequence[Word], node: Simple, context: Context, stdin: Sequence[Piece] | None) -> None:
        program = _program(words[0])
        if program not in self._out.programs:
            return
        command = self._command(words, node, context)
        self._out.commands.append(command)
        self._substituted(command, node)
        self._in_container(command, node, context, stdin)

    def _command(self, words: Sequence[Word], node: Simple, context: Context) -> Command:
        return Command(
            words=tuple(words),
            program=_program(words[0]),
            span=spanning(words),
            environment=self._environment(context),
            wrappers=context.wrappers,
            remote=context.remote,
            inside=context.inside,
            redirects=tuple(self._redirect(redirect) for redirect in node.redirects),
            background=node.background,
            in_test=context.in_test,
        )

    def _substituted(self, command: Command, node: Simple) -> None:
        """``bash <(curl …)`` is a pipe as well."""
        if command.program not in SHELLS or len(self._out.commands) < 2:
            return
        text = self._script.text
        if any(text.startswith("<(", raw.start) for raw in node.words):
            before = self._out.commands[-2]
            before.pipes_to, command.piped_from = command, before

    def _in_container(self, command: Command, node: Simple, context: Context, stdin: Sequence[Piece] | None) -> None:
        """Follow what ``docker exec`` or ``docker run`` starts in a container."""
        call = docker_call(command)
        if call is None or call.action not in ("exec", "run", "compose exec", "compose run"):
            return
        words = [one for one in call.arguments[1:] if isinstance(one, Word)]
        if words and self._nesting < NESTING_LIMIT:
            inner = Interpreter(self._script, Scopes(), self._out, Context(inside=command), self._nesting + 1)
            bare = Simple(node.start)
            inner._start(words, bare, inner._context._replace(remote=context.remote), stdin)

    def _environment(self, context: Context) -> dict[str, Text]:
        found: dict[str, Text] = {}
        for name in self._scopes.exported:
            value = self._scopes.get(name) if name.startswith(_ENGINE_VARIABLES) else None
            if value is not None and value.fields is not None and value.scalar:
                found[name] = word(value.scalar, joined_span(value.scalar))
        found.update(context.environment)
        return found

    def _nested(
        self, pieces: Sequence[Piece], context: Context, stdin: Sequence[Piece] | None, *, same_shell: bool
    ) -> None:
        if self._muted or self._nesting >= NESTING_LIMIT or not pieces:
            return
        scopes = self._scopes if same_shell else Scopes()
        if not same_shell and context.remote is None and context.inside is None:
            for name in self._scopes.exported:
                value = self._scopes.get(name)
                if value is not None:
                    scopes.assign(name, value)
            scopes.exported = list(self._scopes.exported)
        Interpreter(Script(pieces), scopes, self._out, context, self._nesting + 1).run(stdin)

    # -- redirections and documents -----------------------------------------------------------------------

    def _redirect(self, raw: RawRedirect) -> Redirect:
        body = self._body(raw)
        target = self._target(raw)
        return Redirect(raw.operator, target, embedded_source(body, "") if body else None)

    def _target(self, raw: RawRedirect) -> Text:
        words = self._expander.words(raw.target)
        if words:
            return words[0]
        span = self._script.span(raw.target.start, raw.target.end)
        return Text("", span)

    def _heredoc(self, redirects: Sequence[RawRedirect]) -> Sequence[Piece] | None:
        """Return what the last heredoc or here-string gives."""
        for raw in reversed(redirects):
            if raw.operator == "<<<":
                return [piece for one in self._expander.words(raw.target) for piece in one.pieces]
            if raw.body is not None:
                return self._body(raw)
        return None

    def _body(self, raw: RawRedirect) -> list[Piece]:
        return self._expander.pieces(raw.body.parts, raw.body) if raw.body is not None else []

    def _printed(self, words: Sequence[Word], node: Simple, stdin: Sequence[Piece] | None) -> Sequence[Piece] | None:
        """Return what a writing command prints; what it writes to a file becomes a document."""
        while words and (layer := unwrap(words)) is not None and layer.words:
            words = layer.words
        program = base_name(words[0].pattern) if words else ""
        if program not in _WRITERS:
            return None
        targets = [self._target(raw) for raw in node.redirects if raw.operator in (">", ">>", ">|", "&>")]
        if program == "tee":
            targets += [one for one in words[1:] if not one.pattern.startswith("-")]
            printed: Sequence[Piece] | None = stdin
        elif program == "cat":
            files = [one.pattern for one in words[1:] if not one.pattern.startswith("-")]
            printed = stdin if all(file in _STDIN_FILES for file in files) else None
        else:
            printed = _echoed(program, words[1:])
        if printed and not self._muted:
            for target in targets:
                self._write(printed, target)
        return None if targets and program != "tee" else printed

    def _write(self, pieces: Sequence[Piece], target: Text) -> None:
        hint = target.pattern.rpartition(UNKNOWN_PIECE)[2] or f"${target.variable}"
        source = embedded_source(pieces, hint)
        if source is not None and hint not in ("$", "/dev/null"):
            self._out.embedded.append(Embedded(source))


def _maybe_wrapper(words: Sequence[Word], programs: frozenset[str]) -> bool:
    """Whether an undecided ``$SUDO`` stands before a program: it is taken for a wrapper, unless it may print."""
    first = words[0]
    if len(words) < 2 or first.partial != UNKNOWN_PIECE or not first.many or _PRINTS.search(first.variable):
        return False
    return base_name(words[1].pattern) in programs or unwrap(words[1:]) is not None


def _program(first: Word) -> str:
    """Return the base name of the program; a variable that is named after a client stands for it."""
    name = base_name(first.pattern)
    if first.value is None and not first.optional:
        if first.partial == UNKNOWN_PIECE:
            known_as = first.variable.lower().replace("-", "_")
            for client in ("docker_compose", "docker", "podman", "nerdctl"):
                if known_as in (client, f"{client}_cmd", f"{client}_bin", f"{client}_cli", f"{client}_command"):
                    return client.replace("_", "-")
            if known_as in ("container_engine", "container_runtime", "container_tool", "container_cli"):
                return "docker"
        return name if UNKNOWN_PIECE not in name else ""
    return name


def _echoed(program: str, words: Sequence[Word]) -> list[Piece]:
    """Return what ``echo`` or ``printf`` prints."""
    rest = list(words)
    while program == "echo" and rest and _ECHO_OPTION.match(rest[0].pattern):
        rest.pop(0)
    if program == "printf" and len(rest) > 1 and _PRINTF_DIRECTIVE.match(rest[0].pattern):
        rest.pop(0)
    pieces = list(joined(rest))
    if pieces:
        last = pieces[-1]
        pieces.append(Piece("\n", last.place, last.end, last.end))
    return pieces


def _runs_its_arguments(node: Node, text: str) -> bool:
    """Whether a function's body starts ``"$@"`` as a command."""
    match node:
        case Simple():
            words = [text[raw.start : raw.end] for raw in node.words]
            if words and words[0] in _ALL_ARGUMENTS:
                return True
            wraps = bool(words) and base_name(words[0]) in (
                "sudo",
                "timeout",
                "env",
                "exec",
                "eval",
                "time",
                "command",
            )
            return wraps and any(one in _ALL_ARGUMENTS for one in words)
        case Pipe():
            return any(_runs_its_arguments(one, text) for one in node.nodes)
        case Guarded():
            return _runs_its_arguments(node.node, text)
        case Group():
            return any(_runs_its_arguments(one, text) for one in node.body)
        case Choice():
            bodies = [node.conditions, *node.branches]
            return any(_runs_its_arguments(one, text) for body in bodies for one in body)
    return False
