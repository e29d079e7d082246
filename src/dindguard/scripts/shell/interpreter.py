"""Walks a script's tree as a shell would run it, without running anything, and collects the commands."""

from __future__ import annotations

from collections.abc import Sequence

from dindguard import budget
from dindguard.scripts.command import Command, base_name
from dindguard.scripts.shell.assignments import BUILTINS, Assignments
from dindguard.scripts.shell.context import Body, Collected, Context
from dindguard.scripts.shell.expansion import Expander
from dindguard.scripts.shell.lexer import TooDeep
from dindguard.scripts.shell.parser import parsed
from dindguard.scripts.shell.pieces import Piece, Script, Word, text_of
from dindguard.scripts.shell.starting import Starter, runs_its_arguments
from dindguard.scripts.shell.syntax import Choice, Function, Group, Guarded, Kind, Node, Part, Pipe, RawWord, Simple
from dindguard.scripts.shell.variables import UNDECIDED, Fields, Scopes, Variable, scalar
from dindguard.scripts.shell.wrappers import unwrap
from dindguard.scripts.shell.writing import COPIERS, WRITERS, Redirections
from dindguard.source import Span

Call = tuple[Fields | None, Span]
"""What a function is called with, ``None`` where the file does not tell, and where."""

_OF_THE_SHELL = frozenset({"set", "alias", "shift", "getopts"})
"""Builtins that change what variables, arguments or words stand for."""


def read_script(script: Script, collected: Collected, *, scopes: Scopes | None = None) -> None:
    """Collect what ``script`` runs."""
    Interpreter(script, scopes or Scopes(), collected, Context(), 0).run()


def read_argv(words: Sequence[Word], collected: Collected) -> None:
    """Collect what a list of words runs."""
    if words:
        Interpreter(Script(()), Scopes(), collected, Context(), 0).start(words)


def start_words(words: Sequence[Word], out: Collected, scopes: Scopes, stdin: Sequence[Piece] | None = None) -> None:
    """Collect what a list of words runs in the surroundings of a script in another language, which may give it ``stdin``."""
    Interpreter(Script(()), scopes, out, Context(), 0).start(words, stdin)


def unwrapped(words: Sequence[Word]) -> Command:
    """Return a list of words as a command, without what only wraps it."""
    context = Context()
    while (layer := unwrap(words)) is not None and layer.words:
        words, context = layer.words, context.within(layer)
    interpreter = Interpreter(Script(()), Scopes(), Collected(frozenset()), context, 0)
    return interpreter.starter.command(words, Simple(0), context)


class Interpreter:
    """Interprets one script; a script inside it gets an interpreter of its own."""

    def __init__(self, script: Script, scopes: Scopes, collected: Collected, context: Context, nesting: int) -> None:
        self._script = script
        self._scopes = scopes
        self._out = collected
        self._context = context
        self._nesting = nesting
        self._expander = Expander(script, scopes)
        self._redirections = Redirections(script, self._expander, collected, context.inside)
        self._assignments = Assignments(script, scopes, self._expander, self._redirections.given, collected)
        self.starter = Starter(script, scopes, collected, self._redirections)
        self._in_pipe = False
        self._functions: list[Function] = []
        self._assigned_by: dict[str, dict[str, Variable]] = {}
        self._calls: dict[str, dict[object, Call]] = {}

    def run(self, stdin: Sequence[Piece] | None = None) -> None:
        """Read the script and collect its commands; functions are read when all else is known.

        The first command gets ``stdin``, if it is known what the script is given.
        """
        try:
            nodes = parsed(self._script.text)
        except TooDeep as error:
            at = self._script.span(error.offset, error.offset + 1)
            budget.within(budget.SCRIPT_NESTING, budget.SCRIPT_NESTING.most + 1, at)
            return
        self._out.length += 0 if self._nesting else len(self._script.text)
        for index, node in enumerate(nodes):
            self._node(node, None if index else stdin)
        self._scopes.merge(list(self._assigned_by.values()), exhaustive=False)
        while self._functions:
            function = self._functions.pop(0)
            self._called(function, tuple(self._calls.get(function.name, {}).values()))
        self._scopes.positional = None

    def _called(self, function: Function, calls: Sequence[Call]) -> None:
        """Read a function's body with what each call gives it; the calls that are one too many, as one that tells nothing."""
        body = Body(self._out)
        if len(calls) > 1 and not self._out.ever_again(function.length):
            self._called_with(function, None, body)  # once, as what any of the calls may run
            if body.gave_anything:
                budget.met(budget.REPEATED_CALLS, calls[1][1])
            return
        if not calls:
            self._called_with(function, None, body)
        for index, (arguments, at) in enumerate(calls):
            if index and not self._out.again(function.length):
                if body.gave_anything:
                    budget.met(budget.REPEATED_CALLS, at)
                    self._called_with(function, None, body)
                return
            self._called_with(function, arguments, body)

    def _called_with(self, function: Function, arguments: Fields | None, body: Body) -> None:
        """Read a function's body as one call of it runs it."""
        outer, self._scopes.function_frame = self._scopes.function_frame, 1
        self._scopes.positional = arguments
        self._scopes.push()
        if function.body is not None:
            self._node(function.body)
        self._scopes.pop()
        self._scopes.function_frame = outer
        body.keep_new()

    def start(self, words: Sequence[Word], stdin: Sequence[Piece] | None = None) -> None:
        """Collect what a list of words runs."""
        self.starter.start(words, Simple(0), self._context, self._nested, stdin)

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
        """Note a function for later, and what it assigns when it is called."""
        if self._out.muted or node.body is None:
            return
        self._functions.append(node)
        if runs_its_arguments(node.body, self._script.text):
            self.starter.runs_arguments.add(node.name)
        self._out.muted = True
        self._assignments.locals.clear()
        self._scopes.push()
        self._node(node.body)
        assigned = self._scopes.pop()
        self._out.muted = False
        found = {name: value for name, value in assigned.items() if name not in self._assignments.locals}
        self._assigned_by[node.name] = found
        for name, value in found.items():
            other = self._scopes.called.get(name)
            self._scopes.called[name] = value if other is None or other.text == value.text else UNDECIDED

    def _pipe(self, node: Pipe) -> None:
        printed: Sequence[Piece] | None = None
        before: Command | None = None
        outer, self._in_pipe = self._in_pipe, True
        for part in node.nodes:
            first = len(self._out.commands)
            self._scopes.push()
            printed = self._node(part, printed)
            self._scopes.pop()
            found = self._out.commands[first:]
            if found and before is not None:
                reader = next((one for one in found if one.inside is None), found[0])
                reader.piped_from = before
            before = found[-1] if found else None
        self._in_pipe = outer

    # -- simple commands --------------------------------------------------------------------------------

    def _simple(self, node: Simple, stdin: Sequence[Piece] | None) -> Sequence[Piece] | None:
        self._inner_commands(node)
        leading = self._assignments.leading(node.words)
        prefix, rest = node.words[:leading], node.words[leading:]
        if not rest:
            for raw in prefix:
                self._assignments.assign(raw)
            return None
        plain = self._plain(rest[0])
        if plain in WRITERS and not (node.redirects or self._in_pipe):
            return None
        copies = plain in COPIERS and bool(node.redirects or self._in_pipe)
        if plain and not copies and not self.starter.matters(plain) and not self._changes_variables(plain):
            self._redirections.unseen(plain, node)
            self._out.pass_over(plain)
            return None
        first: list[Word] = []
        while rest and not first:
            first, rest = self._expander.words(rest[0]), rest[1:]  # ``$SUDO docker`` with an empty variable
        if not first:
            return None
        program = base_name(first[0].pattern)
        if self._builtin(program, node, rest):
            return None
        if not (first[0].unknown or copies or self.starter.matters(program)):
            self._out.pass_over(program)
            return None
        words = [*first, *(word for raw in rest for word in self._expander.words(raw))]
        context = self._context.having(self._assignments.prefix(prefix))
        given = self._redirections.given(node)
        stdin = given if given is not None else stdin
        self.starter.start(words, node, context, self._nested, stdin)
        return self._redirections.printed(words, node, stdin)

    def _plain(self, raw: RawWord) -> str:
        """Return the program's name if it is typed plainly; most commands are put aside by it."""
        if len(raw.parts) != 1 or raw.parts[0].kind is not Kind.LITERAL:
            return ""
        return base_name(self._script.text[raw.parts[0].start : raw.parts[0].end])

    def _changes_variables(self, program: str) -> bool:
        return program in BUILTINS or program in self._assigned_by or program in _OF_THE_SHELL

    def _inner_commands(self, node: Simple) -> None:
        for raw in node.words:
            if len(raw.parts) > 1 or (raw.parts and raw.parts[0].kind is not Kind.LITERAL):  # few words hold commands
                self._substitutions(raw.parts)
            for item in raw.items or ():
                self._substitutions(item.parts)
        for redirect in node.redirects:
            self._substitutions(redirect.target.parts)
            if redirect.body is not None:
                self._substitutions(redirect.body.parts)

    def _substitutions(self, parts: Sequence[Part]) -> None:
        """Interpret the commands in ``$(…)`` and the like."""
        for part in parts:
            if part.nodes:
                self._scopes.push()
                self._nodes(part.nodes)
                self._scopes.pop()
            if part.argument:
                self._substitutions(part.argument)

    def _builtin(self, program: str, node: Simple, raws: Sequence[RawWord]) -> bool:
        """Interpret what changes variables; tell whether that was all of the command."""
        if program in ("shift", "getopts"):
            self._scopes.shift(1 if program == "shift" and not raws else None)
        elif program == "set":
            self._set_arguments(node, raws)
        elif program == "alias":
            self._aliases(raws)
        elif program in self._assigned_by:
            self._note_call(program, node, raws)
            self._scopes.merge([self._assigned_by[program]], exhaustive=True)
            return False
        else:
            return self._assignments.builtin(program, raws, node)
        return True

    def _note_call(self, function: str, node: Simple, raws: Sequence[RawWord]) -> None:
        """Remember with what a function is called: its body is read with that; ``None`` where the file does not tell."""
        words = [word for raw in raws for word in self._expander.words(raw)]
        arguments = tuple(tuple(word.pieces) for word in words) if all(word.known for word in words) else None
        key = None if arguments is None else tuple(str(text_of(field)) for field in arguments)
        at = self._script.span(node.start, node.start + 1)
        self._calls.setdefault(function, {}).setdefault(key, (arguments, at))

    def _set_arguments(self, node: Simple, raws: Sequence[RawWord]) -> None:
        """``set -- program …`` is what a later ``exec "$@"`` starts."""
        if len(raws) > 1 and self._script.text[raws[0].start : raws[0].end] == "--":
            words = [word for raw in raws[1:] for word in self._expander.words(raw)]
            self._scopes.positional = None
            context = self._context._replace(wrappers=(*self._context.wrappers, "set"))
            self.starter.start(words, node, context, self._nested)

    def _aliases(self, raws: Sequence[RawWord]) -> None:
        for raw in raws:
            named = self._assignments.value(raw)
            if named is not None and named[1].fields is not None:
                self._nested(named[1].scalar, self._context, None, same_shell=True)

    def _nested(
        self, pieces: Sequence[Piece], context: Context, stdin: Sequence[Piece] | None, same_shell: bool
    ) -> None:
        """Read a script inside this one."""
        if self._out.muted or not pieces or not self._scopes.spending.reads(pieces):
            return
        if not budget.within(budget.SCRIPTS_IN_SCRIPTS, self._nesting + 1, pieces[0]):
            return
        scopes = self._scopes if same_shell else Scopes()
        if not same_shell and context.remote is None and context.inside is None:
            scopes.inherit(self._scopes)
        Interpreter(Script(pieces), scopes, self._out, context, self._nesting + 1).run(stdin)
