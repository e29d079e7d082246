"""The commands of a script, found where a shell would look for commands.

The grammar is read with tolerance: a construct that is not closed ends with the text, and a closer that
closes nothing is stepped over. So the lines of a CI step or a template are read as far as they make sense.
"""

from __future__ import annotations

from functools import lru_cache

from dindguard.patterns import regex
from dindguard.scripts.shell.compound import RESERVED, CompoundReader
from dindguard.scripts.shell.simple import BLANK, BLANKS
from dindguard.scripts.shell.syntax import Group, Guarded, Node, Pipe, Simple

_CLOSERS = frozenset({"then", "elif", "else", "fi", "do", "done", "esac", "}"})
_TESTS = frozenset({"[", "[[", "test", "((", "command", "grep", "which", "type", "hash", "!"})
_FIRST_WORD = regex(r"[^\s;&|<>()]*")


class Parser(CompoundReader):
    """Reads a script into a list of nodes."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._open: list[frozenset[str]] = []

    def script(self) -> list[Node]:
        """Read the whole text."""
        return self.nodes_until("")

    def nodes_until(self, closer: str) -> list[Node]:
        """Read commands up to ``closer`` (``)``, or the limit) and step over it."""
        saved, self._open = self._open, []
        nodes = self._list(frozenset({closer}) if closer else frozenset())
        self._open = saved
        if closer and self.pos < self.limit:
            self.pos += 1
        return nodes

    # -- lists and pipelines ------------------------------------------------------------------------

    def _list(self, closers: frozenset[str]) -> list[Node]:
        """Read commands until one of ``closers`` or of an outer construct's; it is not consumed."""
        self._enter()
        self._open.append(closers)
        nodes: list[Node] = []
        guard = False
        while self._to_command():
            start = self.pos
            if self._at_closer():
                break
            node = self._pipeline()
            if node is not None:
                nodes.append(Guarded(node) if guard else node)
            guard = self._separator(start, node)
            if self.pos == start:
                self.pos += 1
        self._open.pop()
        self.depth -= 1
        return nodes

    def _to_command(self) -> bool:
        """Step over what may stand before a command; tell whether something follows."""
        text = self.text
        while self.pos < self.limit:
            char = text[self.pos]
            if char in BLANKS and (blank := BLANK.match(text, self.pos, self.limit)):
                self.pos = blank.end()
            elif char == "\n":
                self._newline()
            elif char == "#":
                self._comment()
            elif (char == ";" and not (text.startswith(";", self.pos + 1) and self._expected(";;"))) or char == "&":
                self.pos += 1
            else:
                return True
        return False

    def _expected(self, closer: str) -> bool:
        return any(closer in closers for closers in self._open)

    def _at_closer(self) -> bool:
        """Whether a closer that somebody waits for stands here; others are stepped over."""
        text = self.text
        while self.pos < self.limit:
            if text[self.pos] == ")":
                closer, width = ")", 1
            elif text.startswith(";;", self.pos) or text.startswith(";&", self.pos):
                closer, width = ";;", 2
            else:
                reserved = RESERVED.match(text, self.pos, self.limit)
                if reserved is None or reserved.group() not in _CLOSERS:
                    return False
                closer, width = reserved.group(), len(reserved.group())
            if self._expected(closer):
                return True
            self.pos += width
            if not self._to_command():
                return False
        return False

    def _separator(self, start: int, node: Node | None) -> bool:
        """Step over what ends a command; tell whether the next one is guarded by this one's outcome."""
        self._blanks()
        text = self.text
        if text.startswith("&&", self.pos) and self.pos < self.limit:
            self.pos += 2
            first = _FIRST_WORD.match(text, start, self.limit)
            return first is not None and (first.group() in _TESTS or text.startswith("((", start))
        if text.startswith("||", self.pos) and self.pos < self.limit:
            self.pos += 2
            return True
        if text.startswith("&", self.pos) and self.pos < self.limit:
            self.pos += 1
            _mark_background(node)
        return False

    def _pipeline(self) -> Node | None:
        nodes: list[Node] = []
        while True:
            node = self._command()
            if node is not None:
                nodes.append(node)
            self._blanks()
            if not self.text.startswith("|", self.pos) or self.text.startswith("||", self.pos):
                break
            self.pos += 2 if self.text.startswith("|&", self.pos) else 1
            if not self._to_command() or self._at_closer():
                break
        if len(nodes) > 1:
            return Pipe(nodes)
        return nodes[0] if nodes else None

    # -- commands -----------------------------------------------------------------------------------

    def _command(self) -> Node | None:
        text = self.text
        while True:
            self._blanks()
            if self.pos >= self.limit or self._arithmetic():
                return None
            if text[self.pos] == "(":
                self.pos += 1
                return self._group(")", subshell=True)
            reserved = RESERVED.match(text, self.pos, self.limit)
            if reserved is None:
                return self._simple()
            self.pos = reserved.end()
            if reserved.group() != "!":
                return self._compound(reserved.group(), reserved.start())

    def _arithmetic(self) -> bool:
        """Step over ``(( … ))``, if it stands here."""
        end = self._arithmetic_end(self.pos + 2) if self.text.startswith("((", self.pos) else 0
        self.pos = end or self.pos
        return bool(end)


def _mark_background(node: Node | None) -> None:
    if isinstance(node, Simple):
        node.background = True
    elif isinstance(node, Pipe):
        for part in node.nodes:
            _mark_background(part)
    elif isinstance(node, Group):
        for part in node.body:
            _mark_background(part)


def parsed(text: str) -> list[Node]:
    """Return a script's nodes, which nobody changes; a short one is asked for again, by who looks for other programs."""
    return _parsed_short(text) if len(text) <= _SHORT_HELD else Parser(text).script()


@lru_cache(8)
def _parsed_short(text: str) -> list[Node]:
    return Parser(text).script()


_SHORT_HELD = 1000
"""Characters of a script whose nodes are held for a while."""
