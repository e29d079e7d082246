"""PowerShell scripts: statements, assignments, pipelines, and the programs that they start.

Source: Microsoft's ``about_Operators`` (call operator), ``about_Pipelines``, and the pages of ``Start-Process``,
``Invoke-Expression`` and ``Set-Content``. Blocks are read in the order of the text; what a branch assigns may hold after it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from dindguard import budget
from dindguard.model.values import How
from dindguard.patterns import regex
from dindguard.scripts.command import Export, base_name
from dindguard.scripts.shell.context import Collected
from dindguard.scripts.shell.interpreter import start_words
from dindguard.scripts.shell.pieces import Piece, Script, Word, embedded_source, joined_span, word
from dindguard.scripts.shell.variables import UNDECIDED, Scopes, Variable, appended, array, scalar
from dindguard.scripts.shell.wrappers import joined
from dindguard.scripts.shell.writing import is_engines_file, not_seen
from dindguard.scripts.windows.cmdlets import (
    TO_FILE,
    argument_words,
    file_and_value,
    inner_command,
    process_words,
    written,
)
from dindguard.scripts.windows.hashtables import MEMBER, TO_JSON, Hashtables
from dindguard.scripts.windows.shells import Shell, Shells
from dindguard.scripts.windows.words import ASSIGNMENT, COMMENT, Item, WordReader, variable_name
from dindguard.source import Embedded
from dindguard.vocabulary import POWERSHELLS

_SET_VARIABLE = regex(
    r"\[(?:System\.)?Environment\]::SetEnvironmentVariable\([ \t]*['\"](\w+)['\"][ \t]*,[ \t]*", re.IGNORECASE
)
_SHEBANG = regex(r"#![^\n]*\b(?:ba|da|z|k|a)?sh\b")
_VALUE = "'\"@$(["
_ENDS = ("", "\n", ";", "}", ")", "#", ",", "|")
_PREFIXES = frozenset({"&", ".", "return", "else", "try", "finally", "do", "begin", "process", "end", "throw"})
_FUNCTION = frozenset({"function", "filter", "class", "workflow"})
_LOOPS = frozenset({"foreach", "for", "while"})
_EXPRESSIONS = frozenset({"invoke-expression", "iex"})
_PROCESSES = frozenset({"start-process", "saps", "start"})


class PowerShell:
    """Reads one script; one inside it gets a reader of its own."""

    def __init__(self, script: Script, collected: Collected, scopes: Scopes, shells: Shells) -> None:
        self._script = script
        self._text = script.text
        self._out = collected
        self._scopes = scopes
        self._shells = shells
        self._words = WordReader(script, scopes, self._statements)
        self._depth = 0
        self._given: dict[str, list[Variable]] = {}
        """All values that variables get, for texts that are run: branches may each put one together."""
        self._tables = Hashtables(self._words)
        self._scripts: dict[int, Sequence[Piece]] = {}
        """Scripts of another shell that stand in variables, until something tells what file they become."""

    def run(self) -> None:
        """Read the whole script; a text that begins as a script does is one, whatever becomes of it."""
        at = 0
        while at < len(self._text):
            at = self._statements(at, "")
        for pieces in self._scripts.values():
            source = embedded_source(pieces, "shell")
            if source is not None:
                self._out.embedded.append(Embedded(source))

    # -- statements -------------------------------------------------------------------------------------

    def _statements(self, at: int, closer: str) -> int:
        """Read statements up to ``closer``; return the offset after it."""
        self._depth += 1
        text, own_scope = self._text, False
        if at < len(text) and not budget.within(budget.SCRIPT_NESTING, self._depth, self._script.span(at, at + 1)):
            self._depth -= 1
            return len(text)
        while at < len(text):
            at = self._words.blanks(at)
            char = text[at : at + 1]
            if char in ("", closer):
                at += 1
                break
            if char == "#":
                found = COMMENT.match(text, at)
                at = found.end() if found else at + 1
            elif char == "{":
                at = self._block(at + 1, own_scope=own_scope)
            elif char in "\n;|&)},":
                at += 1
            else:
                after, own_scope = self._statement(at, closer)
                at = max(after, at + 1)
        self._depth -= 1
        return at

    def _block(self, at: int, *, own_scope: bool) -> int:
        """Read ``{ … }``; what a function assigns ends with it."""
        self._scopes.push()
        at = self._statements(at, "}")
        assigned = self._scopes.pop()
        if not own_scope:
            self._scopes.merge([assigned], exhaustive=False)
        return at

    def _statement(self, at: int, closer: str) -> tuple[int, bool]:
        """Read one statement; return its end, and whether the block that follows has variables of its own."""
        found = ASSIGNMENT.match(self._text, at)
        if found is not None:
            return self._assignment(found, closer), False
        if MEMBER.match(self._text, at):
            return self._tables.put(at), False
        if self._tables.begins(at):
            pieces, after = self._tables.json_at(at)
            return self._table_written(pieces, self._words.blanks(after)), False
        kept = _SET_VARIABLE.match(self._text, at)
        if kept is not None:
            item, after = self._words.values(kept.end(), ")")
            self._assign(f"env:{kept[1]}", self._variable(item), at, after)
            return after, False
        items, after = self._arguments(at, closer)
        names = [item.words[0].pattern.lower() for item in items[:1] if item.words and item.bare]
        if names and names[0] in _FUNCTION:
            return after, True
        if names and names[0] in _LOOPS:
            return after, False
        return self._run(items, after), False

    def _arguments(self, at: int, closer: str) -> tuple[list[Item], int]:
        """Read the items of a command up to the end of the statement."""
        items: list[Item] = []
        start = at
        while at < len(self._text):
            at = self._words.blanks(at)
            char = self._text[at : at + 1]
            if char in ("", "\n", ";", "|", "}", ")", "#") or (char == "{" and not items):
                break
            if char == "{":
                return items, at
            if char == "&":
                if at > start or self._text.startswith("&&", at):
                    break
                at += 1
                continue
            if char == ",":
                at += 1
                continue
            item, after = self._words.item(at, "")
            at = max(after, at + 1)
            items.append(item)
        del closer
        return items, at

    # -- assignments ------------------------------------------------------------------------------------

    def _assignment(self, found: re.Match[str], closer: str) -> int:
        name = found[1] or found[2]
        start, at = found.start(), self._words.blanks(found.end())
        self._tables.forget(name)
        if self._tables.begins(at):
            self._assign(name, UNDECIDED, start, at)
            return self._tables.assign(name, at)
        made = self._as_json(at)
        if made is not None:
            self._assign(name, scalar(made[0]), start, made[1])
            return made[1]
        if self._text[at : at + 1] not in tuple(_VALUE) or self._text.startswith("$(", at):
            self._assign(name, UNDECIDED, start, at)
            return self._statement(at, closer)[0] if self._text[at : at + 1] not in ("", "\n", ";", "{", "}") else at
        if ASSIGNMENT.match(self._text, at):
            return self._statement(at, closer)[0]
        item, after = self._words.values(at, closer)
        value = self._variable(item)
        if found[3] == "+=":
            value = _added(self._scopes.get(variable_name(name)), value)
        following = self._words.blanks(after)
        if self._text[following : following + 1] not in _ENDS:
            value = UNDECIDED  # an operator that is not followed
        if closer == ")" and value.fields is not None:
            value = _as_default(value)
        self._assign(name, value, start, after)
        return after

    def _as_json(self, at: int) -> tuple[list[Piece], int] | None:
        """Return what ``$table | ConvertTo-Json`` or ``ConvertTo-Json $table`` at an offset makes, and where it ends."""
        line = self._text[at : self._text.find("\n", at)].lower()
        if TO_JSON not in line or ">" in line:
            return None
        items, after = self._arguments(at, "")
        if self._text.startswith("|", after):
            others, after = self._arguments(self._words.blanks(after + 1), "")
            items = [*items, *others] if not self._text.startswith("|", after) else []
        tables = [self._tables.json_of(word.pieces) for item in items for word in item.words]
        found = next((table for table in tables if table is not None), None)
        return (found, after) if found is not None else None

    def _variable(self, item: Item) -> Variable:
        words = item.words
        if len(words) == 1:
            return scalar(words[0].pieces)
        return array(tuple(tuple(word.pieces) for word in words))

    def _assign(self, name: str, value: Variable, start: int, end: int) -> None:
        key = variable_name(name)
        self._scopes.assign(key, value)
        if value.fields is not None and not value.array:
            self._given.setdefault(key, []).append(value)
            if value.scalar and _SHEBANG.match(value.scalar[0].text):
                self._scripts[value.scalar[0].start] = value.scalar
        if name.lower().startswith("env:"):
            span = self._script.span(start, max(end, start + 1))
            self._scopes.export(key, span)
            if value.fields is not None and value.scalar:
                self._out.exports.append(Export(key, word(value.scalar, joined_span(value.scalar)), span))

    # -- commands ---------------------------------------------------------------------------------------

    def _run(self, items: Sequence[Item], after: int) -> int:
        """Collect what a command starts or writes; return where it ends, with the pipe that it fills."""
        while items and items[0].bare and items[0].words[0].pattern.lower() in _PREFIXES:
            items = items[1:]
        words = [word for item in items for word in item.words]
        if not words:
            return after
        program = base_name(words[0].pattern).lower()
        arguments = words[1:]
        if not items[0].bare and len(items) == 1 and self._text.startswith("|", after):
            return self._piped(words[0].pieces, after)
        if program in _EXPRESSIONS:
            self._nested(joined([word for word in arguments if not word.pattern.startswith("-")]))
        elif program in _PROCESSES:
            self._start(process_words(arguments))
        elif program in POWERSHELLS:
            self._nested(inner_command(arguments))
        elif program == "cmd":
            self._batch(arguments)
        elif program in TO_FILE:
            self._write(*file_and_value(arguments))
        elif program == TO_JSON and self._text.startswith("|", after):
            tables = [self._tables.json_of(word.pieces) for word in arguments]
            table = next((each for each in tables if each is not None), None)
            return self._piped(table, after) if table is not None else after
        elif program == "setx" and len(arguments) > 1:
            self._assign(f"env:{arguments[0].pattern}", scalar(arguments[1].pieces), after - 1, after)
        else:
            self._start(words)
        return after

    def _start(self, words: Sequence[Word]) -> None:
        """Start a program, or the one that a function is given: ``Exec docker …``, ``Exec "docker …"``."""
        if not words:
            return
        rest = argument_words(words, self._out.programs)
        if rest is None:
            start_words(words, self._out, self._scopes)
        elif len(rest) == 1 and rest[0].quoted:
            self._nested(rest[0].pieces)
        else:
            start_words(rest, self._out, self._scopes)

    def _nested(self, pieces: Sequence[Piece]) -> None:
        """Read a text that is run; one that begins with a variable of several values, with each of them."""
        first = variable_name(pieces[0].variable) if pieces and pieces[0].unknown and not self._shells.nesting else ""
        given = self._given.get(first, ())
        for value in given[: budget.SCRIPTS_IN_SCRIPTS.most]:
            if self._scopes.spending.reads(value.scalar, written=False):
                self._hand_to(Shell.POWERSHELL, [*value.scalar, *pieces[1:]])
        if not given:
            self._hand_to(Shell.POWERSHELL, pieces)

    def _batch(self, arguments: Sequence[Word]) -> None:
        index = next((at for at, word in enumerate(arguments) if word.pattern.lower() in ("/c", "/k")), None)
        self._hand_to(Shell.BATCH, joined(arguments[index + 1 :]) if index is not None else ())

    def _hand_to(self, shell: Shell, pieces: Sequence[Piece]) -> None:
        self._shells.read(shell, pieces, self._out, self._scopes)

    # -- files ------------------------------------------------------------------------------------------

    def _piped(self, pieces: Sequence[Piece], at: int) -> int:
        """``"…" | Set-Content FILE``, ``"…" | docker compose -f -``: a text that a command gets; return where it was read to."""
        items, after = self._arguments(self._words.blanks(at + 1), "")
        words = [word for item in items for word in item.words]
        program = words[0].pattern.lower() if words else ""
        starts = base_name(program) in self._out.programs
        table = self._tables.json_of(pieces) if program == TO_JSON else None
        if table is not None and self._text.startswith("|", after):
            return self._piped(table, after)
        if program in TO_FILE:
            self._write(file_and_value(words[1:])[0], pieces)
        elif starts:
            start_words(words, self._out, self._scopes, pieces)
        return after if starts or program in TO_FILE else at

    def _table_written(self, pieces: Sequence[Piece], at: int) -> int:
        """``@{ … } | ConvertTo-Json | Set-Content FILE``."""
        items, after = self._arguments(self._words.blanks(at + 1), "") if self._text.startswith("|", at) else ([], at)
        as_json = bool(items) and items[0].words[0].pattern.lower() == TO_JSON
        return self._piped(pieces, after) if as_json and self._text.startswith("|", after) else at

    def _write(self, file: Word | None, pieces: Sequence[Piece]) -> None:
        embedded = written(file, pieces)
        if embedded is None and file is not None and is_engines_file(file):
            self._out.notices.append(not_seen(file))
        if embedded is not None:
            self._scripts.pop(pieces[0].start, None)
            self._out.embedded.append(embedded)


def _added(before: Variable | None, value: Variable) -> Variable:
    """Return a value with another one added; a list grows by an element."""
    if before is not None and before.array and value.fields is not None and before.fields is not None:
        return array(before.fields + value.fields)
    return appended(before, value)


def _as_default(value: Variable) -> Variable:
    """Return a parameter's value: whoever calls the script may give another one."""
    fields = tuple(
        tuple(piece if piece.unknown else piece._replace(how=How.DEFAULT) for piece in field)
        for field in value.fields or ()
    )
    return Variable(fields, value.array)
