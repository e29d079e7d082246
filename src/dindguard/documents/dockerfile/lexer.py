"""BuildKit's word processing: quotes, escapes and ``$VARIABLES`` (``frontend/dockerfile/shell/lex.go``)."""

from __future__ import annotations

from collections.abc import Callable

from dindguard import budget
from dindguard.patterns import regex

SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""What BuildKit's language takes for white space (``str.strip()`` would take a little more)."""

Substitute = Callable[[str, str, str], str | None]
"""Takes a variable's name, the operator (``""``, ``:-``, ``+`` …) and the operator's word; returns the
text to put there, or ``None`` to leave the reference as it was written."""

_PLAIN = regex(r"[^\s$<'\"\\`}/]+")
_NAME = regex(r"[0-9]+|[@*#?\-$!]|\w+")
_BLANKS = regex(r"[\t\r ]*")
_OPERATORS = ("-", "+", "?", "#", "%")


class LexError(ValueError):
    """BuildKit would refuse the text."""


class TooDeepError(LexError):
    """The defaults of variables nest more deeply than this reader follows them."""


class _Words:
    """Gathers words: white space ends one, unless it was quoted."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self._pieces: list[str] = []

    def add(self, text: str) -> None:
        """Add text whose white space separates words."""
        for char in text:
            if char not in SPACE:
                self._pieces.append(char)
            else:
                self.close()

    def add_raw(self, text: str) -> None:
        """Add text that belongs to the word as it is."""
        if text:
            self._pieces.append(text)

    def close(self) -> None:
        """End the word."""
        if self._pieces:
            self.done.append("".join(self._pieces))
            self._pieces.clear()


class Lexer:
    """Processes one text, once.

    ``raw_quotes`` and ``raw_escapes`` keep quotes and escape characters in the result.
    """

    def __init__(
        self,
        text: str,
        escape: str,
        substitute: Substitute,
        *,
        raw_quotes: bool = False,
        raw_escapes: bool = False,
    ) -> None:
        self._text = text
        self._at = 0
        self._escape = escape
        self._substitute = substitute
        self._raw_quotes = raw_quotes
        self._raw_escapes = raw_escapes
        self._depth = 0

    def process(self) -> tuple[str, list[str]]:
        """Return the whole result, and the result split into words; raises :class:`LexError`."""
        return self._until("")

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _next(self) -> str:
        char = self._peek()
        self._at += 1
        return char

    def _until(self, stop: str) -> tuple[str, list[str]]:
        """Process up to the character ``stop``, or to the end."""
        result: list[str] = []
        words = _Words()
        while self._at < len(self._text):
            plain = _PLAIN.match(self._text, self._at)
            if plain:
                self._at = plain.end()
                result.append(plain[0])
                words.add_raw(plain[0])
                continue
            char = self._peek()
            if char == stop:
                self._at += 1
                break
            self._special(char, result, words)
        else:
            if stop:
                raise LexError(f"{stop} is missing")
        words.close()
        return "".join(result), words.done

    def _special(self, char: str, result: list[str], words: _Words) -> None:
        """Process what starts with a character that isn't plain."""
        if char == "$":
            piece = self._dollar()
            words.add(piece)
        elif char in ("'", '"', "<"):
            piece = {"'": self._single, '"': self._double, "<": self._less}[char]()
            words.add_raw(piece)
        elif char == self._escape:
            self._at += 1
            escaped = self._next()
            piece = (char if self._raw_escapes else "") + escaped
            words.add_raw(piece)
        else:
            piece = self._next()
            words.add(piece)
        result.append(piece)

    def _single(self) -> str:
        end = self._text.find("'", self._at + 1)
        if end < 0:
            raise LexError("a single quote is missing")
        start, self._at = self._at, end + 1
        return self._text[start : end + 1] if self._raw_quotes else self._text[start + 1 : end]

    def _double(self) -> str:
        self._at += 1
        quote = '"' if self._raw_quotes else ""
        out = [quote]
        while self._at < len(self._text):
            char = self._peek()
            if char == '"':
                self._at += 1
                out.append(quote)
                return "".join(out)
            if char == "$":
                out.append(self._dollar())
                continue
            self._at += 1
            if char == self._escape:
                if self._raw_escapes:
                    out.append(char)
                if self._peek() in ('"', "$", self._escape):
                    char = self._next()
                elif not self._peek():
                    continue
            out.append(char)
        raise LexError("a double quote is missing")

    def _less(self) -> str:
        """Keep the blanks between ``<<`` and its word in the word."""
        if not self._text.startswith("<<", self._at):
            self._at += 1
            return "<"
        blanks = _BLANKS.match(self._text, self._at + 2)
        assert blanks is not None
        self._at = blanks.end()
        return "<<" + blanks[0]

    def _dollar(self) -> str:
        self._at += 1
        if self._peek() != "{":
            name = self._name()
            if not name:
                return "$"
            value = self._substitute(name, "", "")
            return f"${name}" if value is None else value
        self._at += 1
        if self._peek() in ("", "{", "}", ":"):
            raise LexError("bad substitution")
        self._depth += 1
        if self._depth > budget.DOCKERFILE_NESTING.most:
            raise TooDeepError("too many nested substitutions")
        name = self._name()
        operator, word = self._operation()
        self._depth -= 1
        value = self._substitute(name, operator, word)
        return f"${{{name}{operator}{word}}}" if value is None else value

    def _name(self) -> str:
        match = _NAME.match(self._text, self._at)
        if match is None:
            return ""
        self._at = match.end()
        return match[0]

    def _operation(self) -> tuple[str, str]:
        """Read what stands between a variable's name and its ``}``."""
        operator = self._next()
        if operator == "}":
            return "", ""
        if operator == "/":
            return self._replacement()
        if operator == ":":
            operator += self._next()
        kind = operator[-1:]
        if not kind or kind not in _OPERATORS or operator in (":#", ":%"):
            raise LexError(f"unsupported modifier {operator}")
        return operator, self._operand("}", raw=kind in "#%")

    def _replacement(self) -> tuple[str, str]:
        if self._peek() == "/":
            self._at += 1
        pattern = self._operand("/", raw=True)
        return "/", f"{pattern}/{self._operand('}', raw=True)}"

    def _operand(self, stop: str, *, raw: bool) -> str:
        kept, self._raw_escapes = self._raw_escapes, raw
        try:
            return self._until(stop)[0]
        finally:
            self._raw_escapes = kept
