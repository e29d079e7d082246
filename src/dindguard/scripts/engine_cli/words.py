"""Options of a command line in the style of Docker's clients and daemons: ``--name value``, ``-itv src:dst``.

A word that the files do not decide and that may hold further options is kept in ``doubts``; the options that
were read stand, and others may be hidden.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from dindguard.model.values import UNKNOWN_PIECE, How, Text, unknown
from dindguard.patterns import regex
from dindguard.records import record, replace
from dindguard.scripts.engine_cli.flags import ALIASES, Flags
from dindguard.scripts.shell.pieces import Word
from dindguard.source import Span

_LOOKS_LIKE_IMAGE = regex(r"image|img|tag|repo|container|name", re.IGNORECASE)
_LOOKS_LIKE_OPTIONS = regex(
    r"opt|arg|flag|param|extra|mount|vol|env|port|priv|tty|interactive|net|caps?\b|device|label|\[@\]|^[@*]$",
    re.IGNORECASE,
)


@record
class Option:
    """One use of an option: its canonical long name without dashes, and its value.

    A switch without a value has the value ``true``. ``span`` covers the option and its value. The value is
    unknown, with the variable's name, if the files do not decide it or whether the option is there at all.
    """

    name: str
    value: Text
    span: Span


def options_of(words: Sequence[Text], flags: Flags) -> tuple[tuple[Option, ...], tuple[Text, ...], tuple[Text, ...]]:
    """Return options, arguments and doubts of ``words``, the arguments of a program with these ``flags``."""
    reader = OptionReader(words, flags)
    reader.read()
    reader.finish()
    return tuple(reader.options), tuple(reader.arguments), tuple(reader.doubts)


class OptionReader:
    """Reads options from ``words`` until the first argument; with ``interspersed`` flags, from all of them."""

    def __init__(self, words: Sequence[Text], flags: Flags) -> None:
        self.words = words
        self.flags = flags
        self.position = 0
        self.options: list[Option] = []
        self.arguments: list[Text] = []
        self.doubts: list[Text] = []

    def read(self) -> None:
        """Read options; stop at the first argument unless options may follow it."""
        while self.position < len(self.words):
            word = self.words[self.position]
            text = word.pattern
            if text == "--":
                self.position += 1
                if self.flags.interspersed:
                    self.finish()
                return
            if text.startswith("--") and len(text) > 2:
                self._long(word, text)
            elif text.startswith("-") and len(text) > 1:
                self._short(word, text)
            elif _may_hold_options(word) and self._hides_options(word):
                self.doubts.append(word)
                self.position += 1
            elif text == "" and word.value is None:
                self.position += 1
            elif self.flags.interspersed:
                self.arguments.append(word)
                self.position += 1
            else:
                return

    def finish(self) -> None:
        """Take the words that are left as arguments."""
        self.arguments += self.words[self.position :]
        self.position = len(self.words)

    def _hides_options(self, word: Text) -> bool:
        """Whether an undecided word in an option's place is taken for options, not for the argument."""
        if _LOOKS_LIKE_IMAGE.search(word.variable) and not _LOOKS_LIKE_OPTIONS.search(word.variable):
            return False
        if _LOOKS_LIKE_OPTIONS.search(word.variable):
            return True
        rest = self.words[self.position + 1 :]
        if rest and rest[0].pattern.startswith("-"):
            return any(not later.pattern.startswith("-") for later in rest)
        self.doubts.append(word)
        return False

    def _long(self, word: Text, text: str) -> None:
        name, equals, _ = text[2:].partition("=")
        if UNKNOWN_PIECE in name:
            self.doubts.append(word)
            self.position += 1
            return
        canonical = ALIASES.get(name, name)
        if equals:
            value = word.part(len(name) + 3, len(text))
            self._add(canonical, _or_unknown(word, value), word)
        elif name in self.flags.switches:
            self._add(canonical, _on(word), word)
        else:
            self._with_next(canonical, word)

    def _short(self, word: Text, text: str) -> None:
        for index in range(1, len(text)):
            letter = text[index]
            if letter == UNKNOWN_PIECE:
                self.doubts.append(word)
                break
            name = self.flags.letters.get(letter, letter)
            name = ALIASES.get(name, name)
            rest = index + 1
            if name in self.flags.switches:
                if text[rest : rest + 1] == "=":
                    self._record(name, word.part(rest + 1, len(text)), word)
                    break
                self._record(name, _on(word), word)
                continue
            if rest < len(text):
                start = rest + 1 if text[rest] == "=" else rest
                self._record(name, _or_unknown(word, word.part(start, len(text))), word)
                break
            self._with_next(name, word)
            return
        self.position += 1

    def _with_next(self, name: str, word: Text) -> None:
        """Take the next word as the option's value."""
        following = self.position + 1
        if following >= len(self.words):
            self._record(name, unknown(word.span, "", ""), word)
            self.position = following
            return
        value = self.words[following]
        if _may_hold_options(value) and value.variable in ("@", "*"):
            self.doubts.append(value)
        self._record(name, _or_unknown(word, value), word, value)
        self.position = following + 1

    def _add(self, name: str, value: Text, word: Text) -> None:
        self._record(name, value, word)
        self.position += 1

    def _record(self, name: str, value: Text, word: Text, following: Text | None = None) -> None:
        span = word.span if following is None else _together(word.span, following.span)
        self.options.append(Option(name, value, span))


def _may_hold_options(word: Text) -> bool:
    """Whether a word may turn out to be no word, or several."""
    return isinstance(word, Word) and (word.many or (word.optional and not word.partial.startswith("-")))


def _or_unknown(option: Text, value: Text) -> Text:
    """Return the value; if it is undecided whether the option is there, an unknown one."""
    if isinstance(option, Word) and option.optional and value.value is not None:
        return replace(value, value=None, how=How.UNKNOWN, partial=value.value, variable=option.variable)
    return value


def _on(word: Text) -> Text:
    """Return the value of a switch that stands alone."""
    if isinstance(word, Word) and word.optional:
        return Text(None, word.span, How.UNKNOWN, "true", word.variable, word.partial)
    return Text("true", word.span, word.how, raw=word.pattern)


def _together(first: Span, last: Span) -> Span:
    """Return the span of both, if both stand in the command or came in with the same variable."""
    if first.path != last.path or first.trail != last.trail or (last.line, last.column) < (first.line, first.column):
        return first
    return Span(first.path, first.line, first.column, last.end_line, last.end_column, first.route, first.trail)
