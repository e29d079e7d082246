"""What a script's variables hold, where the script decides it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dindguard import budget
from dindguard.budget.limit import Limit
from dindguard.model.values import How
from dindguard.patterns import decimal
from dindguard.records import record, replace
from dindguard.scripts.shell.pieces import Piece, known, text_of
from dindguard.source import HasSpan, Span
from dindguard.vocabulary import ENGINE_CLIENTS, ENGINE_VARIABLES

if TYPE_CHECKING:
    from dindguard.budget.stocks import Stock

Fields = tuple[tuple[Piece, ...], ...]


@record
class Variable:
    """A value: one field for a scalar, one for each element of an array. ``fields`` None: not known."""

    fields: Fields | None
    array: bool = False

    @property
    def scalar(self) -> tuple[Piece, ...]:
        """The value as ``$NAME`` gives it: the first element."""
        return self.fields[0] if self.fields else ()

    @property
    def text(self) -> str:
        """All characters, to tell values apart."""
        return "\0".join(text_of(field) for field in self.fields or ())

    @property
    def known(self) -> bool:
        """Whether the script decides all of it."""
        return self.fields is not None and all(known(field) for field in self.fields)


UNDECIDED = Variable(None)

PIECE_LENGTH = 16
"""So many characters of a script let its variables bring in one piece more; real ones need thirteen for each, and more."""

_READING = 2
"""To read characters as a script costs so many times what it costs to have them in a word."""


class Spending:
    """Counts the pieces that the variables of one script bring in: some are its own by its length, the others all scripts'."""

    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self._stock: Stock | None = None
        self._beyond = 0
        self.pieces = 0
        """The pieces that uses of variables brought in so far."""
        self.length = 0
        """How long the script is that uses them: a long one may bring in more."""
        self._texts: dict[str, int] = {}
        self._read = 0

    def text_of(self, name: str, variable: Variable) -> None:
        """Count a use of a variable whose value does not change, and all of whose text is read anew."""
        if name not in self._texts:
            characters = sum(len(piece.text) for piece in variable.scalar)
            self._texts[name] = len(variable.scalar) + characters // PIECE_LENGTH
        self.pieces += self._texts[name]

    def reads(self, pieces: Sequence[Piece], *, written: bool = True) -> bool:
        """Whether a script may be read as well: what variables bring into one is read at each of their uses.

        It is written where it is run but for what variables bring in, or else (not ``written``) all of it is brought in.
        A quarter of the script's length is not counted: real ones run a text in two ways, which is nearly all of them.
        """
        brought_in = sum(
            len(piece.text) for piece in pieces if not written or piece.trail or piece.how is How.VARIABLE
        )
        free = min(brought_in, max(self.length // 4 - self._read, 0))
        self._read += free
        self.pieces += _READING * (brought_in - free) // PIECE_LENGTH
        return brought_in == free or self.fits(pieces[0])

    def fits(self, at: HasSpan) -> bool:
        """Whether what was counted since it was asked last fits, too."""
        more = self.pieces - self.length // PIECE_LENGTH - self._beyond
        if more <= 0:
            return True
        if self._stock is None:
            from dindguard.budget.stocks import stock  # few scripts need any

            self._stock = stock(self._limit)
        self._beyond += more
        return self._stock.take(more, at)


def scalar(pieces: Sequence[Piece]) -> Variable:
    """Return a variable that holds ``pieces``; too large a value is undecided."""
    return Variable((tuple(pieces),)) if _followed(pieces) else UNDECIDED


def array(fields: Fields) -> Variable:
    """Return an array; too large a one is undecided."""
    pieces = [piece for field in fields for piece in field]
    return Variable(fields, array=True) if _followed(pieces) else UNDECIDED


def _followed(pieces: Sequence[Piece]) -> bool:
    """Whether a value is small enough to follow: two variables that hold each other twice grow without end."""
    if not pieces:
        return True
    length = sum(len(piece.text) for piece in pieces)
    return budget.within(budget.VALUE_PIECES, len(pieces), pieces[0]) and budget.within(
        budget.VALUE_TEXT, length, pieces[0]
    )


def appended(before: Variable | None, added: Variable) -> Variable:
    """Return the value after ``NAME+=added``."""
    if before is None:
        return added
    if before.fields is None or added.fields is None:
        return UNDECIDED
    if before.array or added.array:
        return array(before.fields + added.fields)
    return scalar(before.scalar + added.scalar)


class Scopes:
    """The variables at one point of a script: branches and functions lie over what surrounds them."""

    def __init__(self) -> None:
        self._frames: list[dict[str, Variable]] = [{}]
        self._overwritten: set[str] = set()
        self.engine_variables: list[str] = []
        """The exported names that engines and their clients read, in order."""
        self._exported: set[str] = set()
        self._clients: dict[str, str] = {}
        self._caller: Scopes | None = None
        self.called: dict[str, Variable] = {}
        """What functions assign when they are called, for names that nothing else assigns."""
        self.spending = Spending(budget.EXPANSIONS)
        self.positional: Fields | None = None
        """What the function that is being read is called with; ``None`` where nobody tells."""
        self.function_frame = 0
        """The index of the frame at which the function that is being read starts; 0 outside functions."""

    def get(self, name: str) -> Variable | None:
        """Return what ``name`` holds here; ``None`` if the script assigns it nowhere before."""
        for index in range(len(self._frames) - 1, -1, -1):
            found = self._frames[index].get(name)
            if found is not None:
                outer = self.function_frame and index < self.function_frame
                return UNDECIDED if outer and name in self._overwritten else found
        if self._caller is not None and self._caller.exports(name):
            undecided = self.function_frame and name in self._overwritten
            return UNDECIDED if undecided else self._caller.get(name)
        return self.called.get(name)

    def argument(self, name: str) -> Variable | None:
        """Return what ``$1`` is in the call that is being read: empty when there are fewer; ``None`` if nobody tells."""
        number = decimal(name)
        if self.positional is None or not number:
            return None
        return Variable((self.positional[number - 1],) if number <= len(self.positional) else ((),))

    def shift(self, count: int | None) -> None:
        """Take away the first arguments of a call; in a branch, or by a count that is not typed, nobody knows what is left."""
        surely = count is not None and len(self._frames) == self.function_frame + 1
        self.positional = self.positional[count:] if surely and self.positional is not None else None

    def exports(self, name: str) -> bool:
        """Whether what is started here finds ``name`` in its environment."""
        return name in self._exported or (self._caller is not None and self._caller.exports(name))

    def export(self, name: str, place: Span) -> None:
        """Hand ``name`` to what is started from here on; every command asks for an engine's, so these are counted."""
        if self.exports(name):
            return
        if name.startswith(ENGINE_VARIABLES):
            if not budget.within(budget.EXPORTS, len(self.engine_variables) + 1, place):
                return
            self.engine_variables.append(name)
        self._exported.add(name)

    def use(self, name: str) -> Variable | None:
        """Return what ``name`` holds for a use of it, within the budget."""
        found = self.get(name)
        if found is None or found.fields is None:
            return found
        self.spending.pieces += sum(map(len, found.fields))
        at = next((piece for field in found.fields for piece in field), None)
        return found if at is None or self.spending.fits(at) else UNDECIDED

    def assign(self, name: str, value: Variable) -> None:
        """Assign ``value``."""
        before = self.get(name)
        if before is not None and before.text and not value.text.startswith(before.text):
            self._overwritten.add(name)
        self._frames[-1][name] = value
        if value.fields and len(value.fields) == 1 == len(value.fields[0]):
            last = value.fields[0][0].text.rpartition(" ")[2].rpartition("/")[2]
            if last in ENGINE_CLIENTS:
                self._clients[name] = last

    def client(self, name: str) -> str:
        """Return the engine's client that some assignment gives ``name``, whatever others do; ``""`` for none."""
        found = self._clients.get(name, "")
        return (
            self._caller.client(name)
            if not found and self._caller is not None and self._caller.exports(name)
            else found
        )

    def inherit(self, caller: Scopes) -> None:
        """Take over what the calling shell exported, which waits until this one ends: nothing needs to be copied."""
        self._caller = caller
        self.engine_variables = list(caller.engine_variables)

    def push(self) -> None:
        """Enter a branch, a function or a subshell."""
        self._frames.append({})

    def pop(self) -> dict[str, Variable]:
        """Leave it, and return what it assigned."""
        return self._frames.pop()

    def merge(self, branches: Sequence[dict[str, Variable]], *, exhaustive: bool) -> None:
        """Take over what ``branches`` assigned, one of which was taken (or none, if not ``exhaustive``)."""
        for name in dict.fromkeys(name for branch in branches for name in branch):
            before = self.get(name)
            values = [branch.get(name, before) for branch in branches]
            if not exhaustive:
                values.append(before)
            self._frames[-1][name] = either([value for value in values if value is not None], name)


def either(values: Sequence[Variable], name: str) -> Variable:
    """Return what holds if one of ``values`` does: the common beginning, and optional pieces after it."""
    distinct = list({(value.fields is None, value.text): value for value in values}.values())
    if len(distinct) == 1:
        return distinct[0]
    if any(value.fields is None for value in distinct):
        return UNDECIDED
    shortest = min(distinct, key=lambda value: len(value.text))
    others = [value for value in distinct if value is not shortest]
    is_array = any(value.array for value in distinct)
    if is_array:
        return _either_array(shortest, others, name)
    base = shortest.text
    if not all(value.text.startswith(base) for value in others) or (len(others) > 1 and not base):
        return UNDECIDED
    pieces = list(shortest.scalar)
    for value in others:
        pieces += [_optional(piece, name) for piece in _after(value.scalar, len(base))]
    return scalar(pieces)


def _either_array(shortest: Variable, others: Sequence[Variable], name: str) -> Variable:
    base = shortest.fields or ()
    fields = list(base)
    for value in others:
        found = value.fields or ()
        if [text_of(field) for field in found[: len(base)]] != [text_of(field) for field in base]:
            return UNDECIDED
        fields += [tuple(_optional(piece, name) for piece in field) for field in found[len(base) :]]
    return array(tuple(fields))


def _after(pieces: Sequence[Piece], start: int) -> list[Piece]:
    rest: list[Piece] = []
    for piece in pieces:
        length = len(piece.text)
        if start < length:
            rest.append(piece.cut(max(start, 0), length))
        start -= length
    return rest


def _optional(piece: Piece, name: str) -> Piece:
    return piece._replace(optional=True, variable=piece.variable or name)


def as_default(value: Variable) -> Variable:
    """Return a value that the environment may replace."""
    if value.fields is None:
        return value
    fields = tuple(
        tuple(piece._replace(how=How.DEFAULT) if piece.how is not How.UNKNOWN else piece for piece in field)
        for field in value.fields
    )
    return replace(value, fields=fields)
