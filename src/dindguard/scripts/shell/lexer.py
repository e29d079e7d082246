"""Words of a script: quotes, variables, substitutions, and the templates that other tools leave in them."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod

from dindguard.budget import SCRIPT_NESTING
from dindguard.enumerations import StrEnum
from dindguard.model.values import UNKNOWN_PIECE
from dindguard.patterns import regex
from dindguard.scripts.shell.syntax import Kind, Node, Part, RawWord

"""So deep may constructs nest; real scripts stay under ten."""


class TooDeep(Exception):  # noqa: N818 (a signal to stop reading, not an error of the program)
    """The script nests deeper than :data:`~dindguard.budget.SCRIPT_NESTING`, at ``offset``."""

    def __init__(self, offset: int) -> None:
        super().__init__(offset)
        self.offset = offset


class Mode(StrEnum):
    """Where word parts are read: this decides what is special."""

    WORD = "word"
    QUOTED = "quoted"
    HEREDOC = "here-document"
    BRACED = "braced"
    QUOTED_BRACED = "quoted and braced"


_PLAIN = {
    Mode.WORD: regex(rf"[^\s\\\"'`$;&|<>(){{{UNKNOWN_PIECE}]+"),
    Mode.QUOTED: regex(rf"[^\"\\$`{{{UNKNOWN_PIECE}]+"),
    Mode.HEREDOC: regex(rf"[^\\$`{{{UNKNOWN_PIECE}]+"),
    Mode.BRACED: regex(rf"[^}}\\\"'`${UNKNOWN_PIECE}]+"),
    Mode.QUOTED_BRACED: regex(rf"[^}}\\\"`${UNKNOWN_PIECE}]+"),
}
"""What stands for itself."""
_SPECIAL = frozenset("\\$`{\"'" + UNKNOWN_PIECE)
"""What begins a part that does not stand for itself."""
_QUOTED_MODES = frozenset({Mode.QUOTED, Mode.HEREDOC, Mode.QUOTED_BRACED})
_STOP = {Mode.QUOTED: '"', Mode.BRACED: "}", Mode.QUOTED_BRACED: "}"}
_NAME = regex(r"[A-Za-z_]\w*|\d|[@*#?$!-]")
_PARAMETER = regex(r"([#!]?)([A-Za-z_]\w*|\d+|[@*?$!#-])(\[[^\]\n]*\])?")
_OPERATOR = regex(r":?[-=+?]")
_SINGLE_QUOTED = regex(r"[^']*")
_ANSI = regex(r"(?:[^'\\]|\\.)*", re.DOTALL)
_ANSI_PART = regex(r"[^\\]+|\\.", re.DOTALL)
_ANSI_CHARACTERS = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"', "e": "\x1b", "a": "\a"}
_PARENTHESIS = regex(r"[()]")


class Lexer(ABC):
    """Reads words of ``text``; positions only move forward, so that the work is linear in the text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.pos = 0
        self.limit = len(text)
        self.depth = 0
        self._absent: set[str] = set()
        self._closers: dict[str, int] = {}

    @abstractmethod
    def nodes_until(self, closer: str) -> list[Node]:
        """Read commands up to ``closer`` and step over it."""

    def word(self) -> RawWord:
        """Read the word at the current position."""
        start = self.pos
        parts = self._parts(Mode.WORD)
        return RawWord(start, self.pos, parts)

    def heredoc_parts(self, start: int, end: int) -> list[Part]:
        """Return the parts of a heredoc body in which variables are expanded."""
        saved = self.pos, self.limit
        self.pos, self.limit = start, min(end, len(self.text))
        parts = self._parts(Mode.HEREDOC)
        self.pos, self.limit = saved
        return parts

    # -- parts ---------------------------------------------------------------------------------

    def _parts(self, mode: Mode) -> list[Part]:
        self._enter()
        parts: list[Part] = []
        text = self.text
        quoted = mode in _QUOTED_MODES
        stop = _STOP.get(mode, "")
        while self.pos < self.limit:
            plain = _PLAIN[mode].match(text, self.pos, self.limit)
            if plain:
                parts.append(Part(Kind.LITERAL, self.pos, plain.end(), quoted=quoted))
                self.pos = plain.end()
                continue
            char = text[self.pos]
            if char == stop or (char not in _SPECIAL and (parts or char not in "<>")):
                break
            if char == "\\":
                self._escape(parts, mode)
            elif char == "$":
                parts.extend(self._dollar(quoted))
            elif char == "`":
                parts.append(self._backtick(quoted))
            elif char == UNKNOWN_PIECE:
                parts.append(Part(Kind.UNKNOWN, self.pos, self.pos + 1, quoted=quoted))
                self.pos += 1
            elif char == "{":
                parts.append(self._brace(quoted))
            elif char == '"' and mode is not Mode.HEREDOC:
                self._double_quoted(parts)
            elif char == "'" and not quoted:
                self._single_quoted(parts)
            elif char in "<>" and text.startswith("(", self.pos + 1):
                parts.append(self._substitution(self.pos + 2, quoted=True))
            else:
                break
        self.depth -= 1
        return parts

    def _enter(self) -> None:
        self.depth += 1
        if self.depth > SCRIPT_NESTING.most:
            raise TooDeep(self.pos)

    def _literal(self, start: int, end: int, *, quoted: bool) -> Part:
        self.pos = end
        return Part(Kind.LITERAL, start, end, quoted=quoted)

    def _escape(self, parts: list[Part], mode: Mode) -> None:
        following = self.pos + 1
        if following >= self.limit:
            parts.append(self._literal(self.pos, following, quoted=True))
            return
        if self.text.startswith(("\n", "\r\n"), following):
            self.pos = self.text.index("\n", following) + 1
            return
        special = '$`\\"' if mode is not Mode.HEREDOC else "$`\\"
        if mode in _QUOTED_MODES and self.text[following] not in special:
            parts.append(self._literal(self.pos, following, quoted=True))
            return
        parts.append(self._literal(following, following + 1, quoted=True))

    def _double_quoted(self, parts: list[Part]) -> None:
        start = self.pos
        self.pos += 1
        inner = self._parts(Mode.QUOTED)
        self.pos = min(self.pos + 1, self.limit)
        parts.extend(inner or [Part(Kind.LITERAL, start + 1, start + 1, quoted=True)])

    def _single_quoted(self, parts: list[Part]) -> None:
        found = _SINGLE_QUOTED.match(self.text, self.pos + 1, self.limit)
        end = found.end() if found else self.limit
        parts.append(Part(Kind.LITERAL, self.pos + 1, end, quoted=True))
        self.pos = min(end + 1, self.limit)

    def _ansi_quoted(self) -> list[Part]:
        found = _ANSI.match(self.text, self.pos + 2, self.limit)
        end = found.end() if found else self.limit
        parts: list[Part] = []
        for match in _ANSI_PART.finditer(self.text, self.pos + 2, end):
            piece = match.group()
            if piece.startswith("\\"):
                char = _ANSI_CHARACTERS.get(piece[1], piece)
                part = Part(Kind.LITERAL, match.start(), match.end(), quoted=True, name=char, operator="escape")
            else:
                part = Part(Kind.LITERAL, match.start(), match.end(), quoted=True)
            parts.append(part)
        self.pos = min(end + 1, self.limit)
        return parts

    # -- what begins with a dollar ----------------------------------------------------------------

    def _dollar(self, quoted: bool) -> list[Part]:
        text, start = self.text, self.pos
        if text.startswith("${{", start):
            return [self._template(start, "}}", 3, quoted)]
        if text.startswith("$[[", start):
            return [self._template(start, "]]", 3, quoted)]
        if text.startswith("$((", start):
            end = self._arithmetic_end(start + 3)
            if end:
                self.pos = end
                return [Part(Kind.UNKNOWN, start, end, quoted=True, name="arithmetic")]
        if text.startswith("$(", start):
            return [self._substitution(start + 2, quoted=quoted)]
        if text.startswith("${", start):
            return [self._parameter(quoted)]
        if not quoted and text.startswith("$'", start):
            return self._ansi_quoted()
        if not quoted and text.startswith('$"', start):
            self.pos += 1
            return []
        name = _NAME.match(text, start + 1, self.limit)
        if name:
            self.pos = name.end()
            return [Part(Kind.VARIABLE, start, self.pos, quoted=quoted, name=name.group())]
        return [self._literal(start, start + 1, quoted=quoted)]

    def _find(self, closer: str, start: int) -> int:
        """Return the offset of ``closer`` from ``start`` on, or -1; the text is searched for it once."""
        cached = self._closers.get(closer, 0)
        if cached < start and closer not in self._absent:
            cached = self.text.find(closer, start)
            self._closers[closer] = cached
            if cached < 0:
                self._absent.add(closer)
        if closer in self._absent or cached >= self.limit:
            return -1
        return cached

    def _template(self, start: int, closer: str, skip: int, quoted: bool) -> Part:
        end = self._find(closer, start + skip)
        if end < 0:
            return self._literal(start, start + skip, quoted=quoted)
        self.pos = end + len(closer)
        name = self.text[start + skip : end].strip(" -")
        return Part(Kind.UNKNOWN, start, self.pos, quoted=quoted, name=name, operator="template")

    def _brace(self, quoted: bool) -> Part:
        start = self.pos
        if self.text.startswith("{{", start):
            end = self._find("}}", start + 2)
            if end >= 0 and self.text.find("\n", start, end) < 0:
                return self._template(start, "}}", 2, quoted)
        return self._literal(start, start + 1, quoted=quoted)

    def _arithmetic_end(self, start: int) -> int:
        """Return the offset after ``))``; 0 if this is no arithmetic."""
        if "))" in self._absent:
            return 0
        level = 0
        for match in _PARENTHESIS.finditer(self.text, start, self.limit):
            if match.group() == "(":
                level += 1
            elif level:
                level -= 1
            else:
                return match.end() + 1 if self.text.startswith(")", match.end()) else 0
        self._absent.add("))")
        return 0

    def _substitution(self, inner: int, *, quoted: bool) -> Part:
        start = self.pos
        self.pos = inner
        nodes = self.nodes_until(")")
        return Part(Kind.SUBSTITUTION, start, self.pos, quoted=quoted, nodes=nodes)

    def _backtick(self, quoted: bool) -> Part:
        start = self.pos
        end = self._find("`", start + 1)
        while end > 0 and self.text[end - 1] == "\\":
            end = self._find("`", end + 1)
        if end < 0:
            return self._literal(start, start + 1, quoted=quoted)
        saved, self.limit = self.limit, end
        self.pos = start + 1
        nodes = self.nodes_until("")
        self.limit = saved
        self.pos = end + 1
        return Part(Kind.SUBSTITUTION, start, self.pos, quoted=quoted, nodes=nodes)

    def _parameter(self, quoted: bool) -> Part:
        start = self.pos
        self.pos = min(start + 2, self.limit)
        head = _PARAMETER.match(self.text, self.pos, self.limit)
        if head is None:
            return self._unfollowed(start, "", quoted)
        prefix, name, index = head.group(1), head.group(2), (head.group(3) or "")[1:-1]
        self.pos = head.end()
        if prefix:
            return self._unfollowed(start, name, quoted)
        if self.text.startswith("}", self.pos) and self.pos < self.limit:
            self.pos += 1
            return Part(Kind.VARIABLE, start, self.pos, quoted=quoted, name=name, index=index)
        operator = _OPERATOR.match(self.text, self.pos, self.limit)
        if operator is None:
            return self._unfollowed(start, name, quoted)
        self.pos = operator.end()
        argument = self._parts(Mode.QUOTED_BRACED if quoted else Mode.BRACED)
        self.pos = min(self.pos + 1, self.limit)
        return Part(
            Kind.VARIABLE,
            start,
            self.pos,
            quoted=quoted,
            name=name,
            index=index,
            operator=operator.group(),
            argument=argument,
        )

    def _unfollowed(self, start: int, name: str, quoted: bool) -> Part:
        """Step over a ``${…}`` whose meaning is not followed (``${x%y}``, ``${#x}``, ``${!x}``)."""
        self._parts(Mode.QUOTED_BRACED if quoted else Mode.BRACED)
        self.pos = min(self.pos + 1, self.limit)
        return Part(Kind.VARIABLE, start, max(self.pos, start + 2), quoted=quoted, name=name, operator="other")
