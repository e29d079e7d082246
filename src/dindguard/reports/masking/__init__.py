"""Which characters of what a report shows stay secret.

Values of environment variables print as ``***``, but for a short list of names that decide how engines
behave. What looks like a credential is masked wherever it stands: by its form, by the name before it, by the
program that it is handed to, by the lines around it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from dindguard.patterns import regex
from dindguard.reports.excerpt import MASK, REACH, Range, looked_at
from dindguard.reports.masking import assigned, hints, shapes
from dindguard.reports.masking.names import bare_options, plain, reference, says_yes_or_no, secret_name, shown
from dindguard.reports.safe import one_line
from dindguard.source import SET_HERE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dindguard.model.model import Model
    from dindguard.model.values import Text
    from dindguard.rules import Rule
    from dindguard.source import Source, Span

LONGEST = 1000
"""Longer messages are cut."""

SHORTEST = 6
"""A shorter value of a credential may be an ordinary word: it is masked where it is written only."""

MOST_VALUES = 100
"""On a line with more values of variables, all of each stays hidden."""

BLOCK = 4 * REACH
"""Long lines are looked at in blocks of so many characters, each with one more before and after it."""

MOST_TEXTS = 2000
"""So many messages are remembered at a time with their masks: reports say much more than once."""

_RECENT = 256
"""Of so many pieces of lines it is remembered what they hold: many files say the same."""

_NAMED = regex(r"(?:export +)?[A-Za-z_]\w*=")

_Found = tuple[tuple[Range, ...], tuple[Range, ...]]


class Masks:
    """What to mask in the lines of one scan: the model says where the variables are.

    The words of which the names of ``rules`` are made stay: messages say them, whosever password is one of them.
    """

    def __init__(self, model: Model | None, rules: Iterable[Rule] = ()) -> None:
        self._lines: dict[tuple[str, int], list[tuple[int, int]]] = {}
        self._told: set[tuple[str, int, int, int, int]] = set()
        self._begun: set[tuple[str, int]] = set()
        self._names: dict[tuple[str, int, int], str] = {}
        self._hidden: dict[tuple[str, int], list[Range]] = {}
        self._blocks: dict[tuple[str, int, int], _Found] = {}
        self._values: dict[str, list[str]] = {}
        self._texts: dict[str, str] = {}
        named: frozenset[str] | None = None
        for name, value in _variables(model) if model is not None else ():
            if not shown(name) and not bare_options(value.value or ""):
                self._names[value.span.path, value.span.line, value.span.column - 1] = f"{name}="
                for span in (value.span, *(step.span for step in value.span.trail if step.what == SET_HERE)):
                    self._hide(span)
                if value.value and len(value.value) >= SHORTEST and secret_name(name) and not plain(value.value):
                    named = _names(model, rules) if named is None else named
                    if value.value in named:
                        continue  # ``airflow-webserver`` is no password, even if it is made of one; nor is ``engine``
                    known = self._values.setdefault(value.value[:SHORTEST], [])
                    known.append(value.value)

    def _hide(self, span: Span) -> None:
        place = (span.path, span.line, span.column, span.end_line, span.end_column)
        if place in self._told:
            return
        self._told.add(place)
        if span.column == 1:
            self._begun.add((span.path, span.line))
        for line in range(span.line, span.end_line + 1):
            start = span.column if line == span.line else 1
            end = span.end_column if line == span.end_line else 1 << 30
            self._lines.setdefault((span.path, line), []).append((start - 1, end - 1))

    def ranges(self, source: Source, number: int, marks: Iterable[Range] = ()) -> list[Range]:
        """Return the hidden characters of a line, 0-based, end exclusive; sorted and apart.

        ``marks`` are what the finding points at: a value there is masked only when it belongs to a
        container's variable or looks like a credential. Of a long line, what is near the first mark is looked at.
        """
        marks = tuple(marks)
        line = source.line_text(number)
        low, high = looked_at(len(line), marks)
        found = self._near(source.path, number, line, low, high, marks)
        for block in range(low // BLOCK, high // BLOCK + 1):
            certain, likely = self._block(source, number, line, block)
            found += certain
            found += [
                (a, b)
                for a, b in likely
                if not any(a < mark_end and mark_start < b for mark_start, mark_end in marks)
            ]
        return joined(found)

    def _near(self, path: str, number: int, line: str, low: int, high: int, marks: Sequence[Range]) -> list[Range]:
        """Return the values of variables in ``[low, high)`` of a line."""
        key = (path, number)
        if key not in self._hidden:
            name = _behind_name(line) if key in self._begun else 0
            own = ((self._value(key, line, start) or name, end) for start, end in self._lines.get(key, ()))
            within = [(start, min(end, len(line))) for start, end in own]
            self._hidden[key] = joined(each for each in within if not _tells_nothing(line[slice(*each)]))
        hidden = self._hidden[key]
        first = bisect_right(hidden, (low, 0))
        found: list[Range] = []
        for start, end in hidden[max(0, first - 1) :]:
            if start >= high:
                break
            found += self._around_marks(key, (start, end), marks)
        return found

    def _value(self, key: tuple[str, int], line: str, start: int) -> int:
        """Return where the value begins of what may be a variable's name as well, as commands are told (``-e NAME=value``)."""
        name = self._names.get((*key, start), "")
        return start + len(name) if line.startswith(name, start) else start

    def _around_marks(self, key: tuple[str, int], hidden: Range, marks: Sequence[Range]) -> Iterator[Range]:
        """Yield what stays hidden of a value: all of it but the words inside that the finding points at.

        A variable may hold a command's options. A word in it that is another variable's value stays hidden.
        """
        at, end = hidden
        own = self._lines[key]
        for start, stop in sorted(marks) if len(own) <= MOST_VALUES else ():
            inside = at <= start < stop <= end and (start, stop) != hidden
            if inside and not any(a < stop and start < b and not (a < start and stop < b) for a, b in own):
                yield at, start
                at = stop
        yield at, end

    def _block(self, source: Source, number: int, line: str, block: int) -> _Found:
        """Return what to hide in a block of a line: credentials, and values that only their name makes suspect."""
        key = (source.path, number, block)
        if key not in self._blocks:
            low = max(0, (block - 1) * BLOCK)
            piece = line[low : (block + 2) * BLOCK]
            own, likely = _in_text(piece)
            certain = [*own]
            if len(line) <= BLOCK:
                from dindguard.reports.masking.context import around

                certain += around(source, number)
            self._blocks[key] = (_moved(joined(certain), low), _moved(likely, low))
        return self._blocks[key]

    def text(self, text: str) -> str:
        """Return a message without credentials, not too long."""
        known = self._texts.get(text)
        if known is None:
            if len(self._texts) >= MOST_TEXTS:
                self._texts.clear()
            known = self._texts[text] = self._masked(text)
        return known

    def line(self, text: str) -> str:
        """Return a message without credentials as one line, without control characters."""
        return self.text(one_line(text))

    def _masked(self, text: str) -> str:
        if len(text) > LONGEST:
            text = self._without_values(text[: 2 * LONGEST])[:LONGEST] + "…"
        else:
            text = self._without_values(text)
        return _replaced(text, joined([*credentials(text), *_quoted_in_prose(text)]))

    def document(self, text: str) -> str:
        """Return a text of several lines without credentials, whole."""
        from dindguard.source import Source

        lines = self._without_values(text).split("\n")
        source, fresh = Source("", "\n".join(lines).replace("\r", " ")), Masks(None)
        for number, line in enumerate(lines, 1):
            blocks = range(len(line) // BLOCK + 1)
            hidden = [each for block in blocks for each in fresh._block(source, number, line, block)[0]]
            lines[number - 1] = _replaced(line, joined(hidden))
        return "\n".join(lines)

    def words(self, items: Sequence[str]) -> list[str]:
        """Return the words of a command, or of a list, without credentials: one may be told by those before it."""
        spans: list[Range] = []
        text = ""
        for item in items:
            clean = item.replace("\\", "/").replace('"', "'").replace("\n", " ")
            spans.append((len(text) + 1, len(text) + 1 + len(clean)))
            text += f'"{clean}", '
        hidden = joined(_spoken(text))
        result = []
        for item, (start, end) in zip(items, spans, strict=True):
            own = [(max(a, start) - start, min(b, end) - start) for a, b in hidden if a < end and start < b]
            result.append(_replaced(item, joined([*own, *credentials(item)])))
        return result

    def _without_values(self, text: str) -> str:
        """Replace values of credentials that the model knows, in one pass."""
        if not self._values:
            return text
        found = [
            (at, at + len(value))
            for at in range(len(text) - SHORTEST + 1)
            for value in self._values.get(text[at : at + SHORTEST], ())
            if text.startswith(value, at)
        ]
        return _replaced(text, joined(found))


def credentials(line: str) -> Iterator[Range]:
    """Yield what looks like a credential in a line, by its form, its name or the command it stands in."""
    yield from shapes.by_form(line)
    yield from shapes.in_addresses(line)
    yield from assigned.credentials(line)
    yield from _spoken(line)


@lru_cache(_RECENT)
def _in_text(piece: str) -> _Found:
    """Return the credentials in a piece of a line, and the values that only their name makes suspect."""
    return tuple(joined(credentials(piece))), tuple(joined(assigned.variables(piece)))


def _quoted_in_prose(text: str) -> Iterator[Range]:
    """Yield the credentials of commands that a sentence quotes, whatever quotes the commands hold themselves.

    Those of the sentence as it is, :func:`credentials` finds.
    """
    if "'" in text or '"' in text:
        yield from _spoken(text.replace("'", " ").replace('"', " "))
        if _joins().search(text) is not None:  # else no word is another one without its quotes
            bare = list(_spoken(text.replace("'", "").replace('"', "")))
            kept = [at for at, sign in enumerate(text) if sign not in "'\""] if bare else []
            yield from ((kept[start], kept[end - 1] + 1) for start, end in bare)


@cache
def _joins() -> re.Pattern[str]:
    """Quotes between what becomes one word without them."""
    return re.compile(r"[^\s'\"]['\"]+[^\s'\"]")


def _spoken(line: str) -> Iterator[Range]:
    """Yield the credentials of a line's commands."""
    if hints.speaks(line):
        from dindguard.reports.masking.words import spoken

        yield from spoken(line)


def _tells_nothing(value: str) -> bool:
    """Whether a variable's value is no secret whatever its name: where it comes from, a yes or a no, the root."""
    bare = value.strip("\"' ")
    return reference(value) or says_yes_or_no(bare) or bare == "/"


def _behind_name(line: str) -> int:
    """Return where the value of a line begins that names a variable first, as files of variables do: their names stay."""
    return found.end() if (found := _NAMED.match(line)) is not None else 0


def _variables(model: Model) -> Iterator[tuple[str, Text]]:
    told: set[int] = set()
    for container in model.containers:
        if id(container.environment) not in told:  # jobs that set nothing of their own share one
            told.add(id(container.environment))
            for variable in container.environment:
                yield variable.name, variable.value
        if container.build is not None:
            yield from container.build.arguments.items()
    for invocation in model.invocations:
        yield from invocation.environment.items()


def _names(model: Model | None, rules: Iterable[Rule]) -> frozenset[str]:
    """Return the words of which names of containers, images and rules are made: they are read in many places anyway."""
    containers = model.containers if model is not None else ()
    named = [container.name for container in containers]
    named += [container.image.repository for container in containers if container.image is not None]
    named += [rule.id for rule in rules]
    return frozenset(word for name in named for word in _SIGN.split(name))


_SIGN = regex(r"[^0-9A-Za-z]+")


def _moved(ranges: Iterable[Range], by: int) -> tuple[Range, ...]:
    return tuple((start + by, end + by) for start, end in ranges)


def _replaced(text: str, hidden: list[Range]) -> str:
    parts = []
    before = 0
    for start, end in hidden:
        parts += [text[before:start], MASK]
        before = end
    return "".join([*parts, text[before:]])


def joined(ranges: Iterable[Range]) -> list[Range]:
    """Return ranges sorted, those that touch made one."""
    found: list[Range] = []
    for start, end in sorted(pair for pair in ranges if pair[0] < pair[1]):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


__all__ = ["Masks", "credentials", "joined", "plain", "secret_name", "shown"]
