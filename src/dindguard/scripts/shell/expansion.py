"""From words as typed to the words that a command gets: variables, arrays, splitting."""

from __future__ import annotations

from collections.abc import Sequence

from dindguard import budget
from dindguard.model.values import How
from dindguard.patterns import regex
from dindguard.scripts.command import USED
from dindguard.scripts.shell.pieces import (
    Piece,
    Script,
    Word,
    joined_span,
    known,
    text_of,
    unknown_piece,
    word,
)
from dindguard.scripts.shell.syntax import Kind, Part, RawWord, Simple, command_name, looked_up
from dindguard.scripts.shell.variables import Scopes, Variable, as_default, scalar
from dindguard.source import Step

_BLANKS = regex(r"[ \t\r\n]+")
_POSITIONAL = frozenset("@*#?$!-0123456789")
_LITERAL_CHOICE = regex(r"&&\s*'([^']*+)'\s*+(?:\|\|\s*+'')?+\s*+\Z")
_DEFAULTS = frozenset({":-", "-", ":=", "="})


class Field:
    """A word in the making."""

    __slots__ = ("pieces", "quoted", "typed")

    def __init__(self) -> None:
        self.pieces: list[Piece] = []
        self.quoted = False
        self.typed = False
        """Some of its characters stand in the word itself, not in a variable."""


class Expander:
    """Expands the words of ``script`` with the variables of ``scopes``."""

    def __init__(self, script: Script, scopes: Scopes) -> None:
        self._script = script
        self._scopes = scopes
        scopes.spending.length = max(scopes.spending.length, len(script.text))

    def words(self, raw: RawWord) -> list[Word]:
        """Return the words that ``raw`` becomes: none, one, or several."""
        if raw.plain and len(pieces := self._script.cut(raw.start, raw.end)) == 1:
            plain = _typed(self._script, raw, pieces[0], quoted=False)
            if plain is not None:
                return [plain]
        return [self._word(raw, field) for field in self._fields(raw.parts, raw, split=True)]

    def reads(self, pieces: Sequence[Piece]) -> bool:
        """Whether a text may be read as well, which variables may have brought in."""
        return self._scopes.spending.reads(pieces)

    def scalar(self, raw: RawWord, skip: int) -> Variable:
        """Return the value of an assignment whose name and ``=`` take ``skip`` characters."""
        parts = _after(raw.parts, raw.start + skip)
        fields = self._fields(parts, raw, split=False)
        return scalar([piece for field in fields for piece in field.pieces])

    def pieces(self, parts: Sequence[Part], raw: RawWord) -> list[Piece]:
        """Return the pieces of ``parts`` as one text, unsplit (a heredoc's body)."""
        return [piece for field in self._fields(parts, raw, split=False) for piece in field.pieces]

    def _word(self, raw: RawWord, field: Field) -> Word:
        script, pieces = self._script, field.pieces
        if len(pieces) == 1:
            alone = len(script.pieces) == 1 and script.pieces[0].place is pieces[0].place
            if alone or (field.typed and script.text[raw.start : raw.end] == pieces[0].text):
                plain = _typed(script, raw, pieces[0], quoted=field.quoted)
                if plain is not None:
                    return plain
        quoted = field.quoted
        brought_in = known(pieces) and (not field.typed or all(piece.trail for piece in pieces))
        if pieces and brought_in and _one_place(pieces):
            return word(pieces, joined_span(pieces), quoted=quoted)
        typed = script.span(raw.start, raw.end)
        steps = dict.fromkeys(
            [
                Step("set here", piece.place.span(piece.start, piece.end))
                for piece in pieces
                if piece.trail and piece.how is not How.WRITTEN
            ]
        )
        span = typed.with_trail(*steps) if steps else typed
        if len(script.pieces) > 1:
            trail = script.piece_at(raw.start).trail
            span = span.explained(trail) if trail else span
        return word(pieces, span, raw=script.text[raw.start : raw.end], quoted=quoted)

    # -- fields ---------------------------------------------------------------------------------------

    def _fields(self, parts: Sequence[Part], raw: RawWord, *, split: bool) -> list[Field]:
        fields: list[Field] = []
        current = Field()
        for part in parts:
            if part.quoted:
                current.quoted = True
            if part.kind is Kind.LITERAL:
                current.typed = True
                current.pieces += self._literal(part)
                continue
            pieces, arrays = self._value(part, raw)
            if arrays is not None and split:
                current = self._spread(fields, current, arrays)
                continue
            if arrays is not None:
                pieces = _spaced(arrays)
            if split and not part.quoted:
                before = len(fields)
                current = _split(fields, current, pieces)
                self._scopes.spending.pieces += len(fields) - before
            else:
                current.pieces += pieces
            if len(fields) > budget.WORD_FIELDS.most:
                budget.within(budget.WORD_FIELDS, len(fields), self._script.span(raw.start, raw.end))
                break
        if current.pieces or current.quoted or not split:
            fields.append(current)
        return fields

    def _spread(self, fields: list[Field], current: Field, arrays: Sequence[Sequence[Piece]]) -> Field:
        """Add the elements of an array, each a word of its own."""
        for index, pieces in enumerate(arrays):
            if index:
                fields.append(current)
                current = Field()
            current.quoted = True
            current.pieces += pieces
        if not arrays and not current.pieces:
            current.quoted = False
        return current

    def _literal(self, part: Part) -> list[Piece]:
        pieces = self._script.cut(part.start, part.end)
        if part.operator == "escape" and pieces:
            return [pieces[0]._replace(text=part.name, end=pieces[-1].end)]
        return pieces

    # -- values ---------------------------------------------------------------------------------------

    def _value(self, part: Part, raw: RawWord) -> tuple[list[Piece], list[list[Piece]] | None]:
        """Return the pieces of ``part``, or the elements if it is a whole array in quotes."""
        if part.kind is Kind.UNKNOWN:
            return self._undecided_part(part), None
        if part.kind is Kind.SUBSTITUTION:
            return self._substitution(part), None
        name = part.name
        whole = part.index in ("@", "*")
        if name in ("@", "*") and self._scopes.positional is not None and not part.operator:
            step = self._step(part)
            return [], [[piece.used(step) for piece in field] for field in self._scopes.positional]
        positional = name in _POSITIONAL or name.isdigit()
        variable = self._scopes.argument(name) if positional and name != "@" else self._scopes.use(name)
        if name == "@" or (whole and (variable is None or variable.fields is None)):
            return [self._unknown(part, f"{name}[@]" if whole else name, many=True)], None
        if variable is not None and variable.fields is not None and whole:
            step = self._step(part)
            elements = [[piece.used(step) for piece in field] for field in variable.fields]
            if part.operator in (":+", "+") and part.argument:
                return self._argument(part, raw), None
            return [], elements
        return self._scalar(part, variable, raw), None

    def _scalar(self, part: Part, variable: Variable | None, raw: RawWord) -> list[Piece]:
        operator = part.operator
        if operator == "other" or (part.index and not part.index.isdigit()):
            return [self._unknown(part, part.name)]
        if operator in (":+", "+"):
            return self._alternative(part, variable, raw)
        if operator in _DEFAULTS and _falls_back(variable, operator):
            pieces = [_defaulted(piece) for piece in self._argument(part, raw)]
            if operator.endswith("="):
                self._scopes.assign(part.name, as_default(scalar(pieces)))
            return pieces
        if variable is None or variable.fields is None:
            return [self._unknown(part, part.name)]
        step = self._step(part)
        index = int(part.index) if part.index else 0
        field = variable.fields[index] if index < len(variable.fields) else ()
        return [used(piece, step, part.name, many=not part.quoted) for piece in field]

    def _alternative(self, part: Part, variable: Variable | None, raw: RawWord) -> list[Piece]:
        """``${NAME:+argument}``: there if the variable is set; undecided if the file doesn't tell."""
        argument = self._argument(part, raw)
        if variable is not None and variable.known:
            return argument if variable.text or part.operator == "+" else []
        return [piece._replace(optional=True, variable=piece.variable or part.name) for piece in argument]

    def _argument(self, part: Part, raw: RawWord) -> list[Piece]:
        return self.pieces(part.argument, raw)

    def _substitution(self, part: Part) -> list[Piece]:
        """``$(which docker)`` is ``docker``, and ``$(cat <<EOF …)`` the heredoc; what other commands print is not known."""
        if len(part.nodes) == 1 and isinstance(part.nodes[0], Simple):
            words = part.nodes[0].words
            if [self._script.text[one.start : one.end] for one in words] == ["cat"]:
                return self._shown(part, part.nodes[0])
        program = looked_up(part.nodes, self._script.text)
        if program is not None:
            return [piece.used(self._step(part)) for piece in self._script.cut(program.start, program.end)]
        return [self._unknown(part, command_name(part.nodes, self._script.text))]

    def _shown(self, part: Part, node: Simple) -> list[Piece]:
        """Return the heredoc that ``cat`` shows, without the ends of its last lines."""
        body = node.redirects[0].body if len(node.redirects) == 1 else None
        if body is None:
            return [self._unknown(part, "$(cat)")]
        script, step = Script(self.pieces(body.parts, body)), self._step(part)
        return [piece.used(step) for piece in script.cut(0, len(script.text.rstrip("\n")))]

    def _undecided_part(self, part: Part) -> list[Piece]:
        inherited = self._script.piece_at(part.start)
        if not part.name and inherited.unknown:
            return [inherited._replace(many=inherited.many and not part.quoted)]
        choice = _LITERAL_CHOICE.search(part.name) if part.operator == "template" else None
        if choice and choice.group(1):
            start = self._script.text.index(f"'{choice.group(1)}'", part.start) + 1
            pieces = self._script.cut(start, start + len(choice.group(1)))
            return [piece._replace(optional=True, variable=part.name) for piece in pieces]
        return [self._unknown(part, part.name)]

    def _unknown(self, part: Part, name: str, *, many: bool = False) -> Piece:
        place = self._script.cut(part.start, part.end)
        first, last = place[0], place[-1]
        end = last.end if last.place is first.place else first.end
        return unknown_piece(first.place, first.start, end, name, many=many or not part.quoted)

    def _step(self, part: Part) -> Step:
        return Step(USED, self._script.span(part.start, part.end))


def _typed(script: Script, raw: RawWord, piece: Piece, *, quoted: bool) -> Word | None:
    """Return the word that is one piece as somebody typed it, as most words are; ``None`` for any other."""
    if piece.how is not How.WRITTEN or piece.trail or piece.optional:
        return None
    typed = script.text[raw.start : raw.end]
    text = piece.text
    span = piece.place.span(piece.start, piece.end) if typed == text else script.span(raw.start, raw.end)
    return Word(text, span, raw="" if typed == text else typed, pieces=(piece,), quoted=quoted)


def _split(fields: list[Field], current: Field, pieces: Sequence[Piece]) -> Field:
    """Split what a variable holds into words at its blanks."""
    for piece in pieces:
        if piece.unknown:
            current.pieces.append(piece)
            continue
        start = 0
        for blank in _BLANKS.finditer(piece.text):
            if blank.start() > start:
                current.pieces.append(piece.cut(start, blank.start()))
            if current.pieces or current.quoted:
                fields.append(current)
                current = Field()
            start = blank.end()
        if start < len(piece.text):
            current.pieces.append(piece.cut(start, len(piece.text)))
    return current


def _spaced(arrays: Sequence[Sequence[Piece]]) -> list[Piece]:
    """Join the elements of an array to one text."""
    pieces: list[Piece] = []
    for element in arrays:
        if pieces and element:
            pieces.append(space_before(element[0]))
        pieces += element
    return pieces


def space_before(piece: Piece) -> Piece:
    """Return the blank that joins ``piece`` to what precedes it."""
    return Piece(" ", piece.place, piece.start, piece.start, piece.how if not piece.unknown else How.WRITTEN)


def _falls_back(variable: Variable | None, operator: str) -> bool:
    """Whether ``${NAME-default}`` gives the default: nothing in the file sets the variable, or sets it to ``""``."""
    if variable is None:
        return True
    return variable.fields is not None and not variable.text and operator.startswith(":")


def used(piece: Piece, step: Step, name: str, *, many: bool) -> Piece:
    """Return a piece of the variable ``name`` at its use; an undecided one takes the name people know."""
    if not piece.unknown:
        return piece.used(step)
    known_as = piece.variable if piece.variable.isidentifier() else name
    return piece.used(step)._replace(many=many, variable=known_as)


def _defaulted(piece: Piece) -> Piece:
    return piece if piece.unknown else piece._replace(how=How.DEFAULT)


def _after(parts: Sequence[Part], start: int) -> list[Part]:
    """Return the parts from ``start`` on; the one that holds it is cut."""
    rest: list[Part] = []
    for part in parts:
        if part.start >= start:
            rest.append(part)
        elif part.end > start:
            rest.append(Part(part.kind, start, part.end, quoted=part.quoted))
    return rest


def _one_place(pieces: Sequence[Piece]) -> bool:
    """Whether the pieces stand in one place, one after the other."""
    first = pieces[0]
    end = first.start
    for piece in pieces:
        if piece.place is not first.place or piece.start < end:
            return False
        end = piece.end
    return end - first.start <= len(text_of(pieces)) + 2
