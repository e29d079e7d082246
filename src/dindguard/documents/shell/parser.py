"""The commands of a script, found where a shell would look for commands.

The grammar is read with tolerance: a construct that is not closed ends with the text, and a closer that
closes nothing is stepped over. So the lines of a CI step or a template are read as far as they make sense.
"""

from __future__ import annotations

import re

from dindguard.documents.shell.simple import BLANK, CommandReader
from dindguard.documents.shell.syntax import (
    Choice,
    Function,
    Group,
    Guarded,
    Kind,
    Node,
    Part,
    Pipe,
    RawWord,
    Simple,
)

_RESERVED = re.compile(
    r"(if|then|elif|else|fi|while|until|for|select|do|done|case|esac|function|\[\[|[{}!])(?=[\s;&|<>()]|\\\r?\n|$)"
)
_CLOSERS = frozenset({"then", "elif", "else", "fi", "do", "done", "esac", "}"})
_FUNCTION_NAME = re.compile(r"[ \t]*([^\s(){};&|<>]+)(?:[ \t]*\([ \t]*\))?")
_FOR_HEAD = re.compile(r"[ \t]*([A-Za-z_]\w*)")
_IN = re.compile(r"(?:\s|\\\n)*in(?=[\s;]|$)")
_TESTS = frozenset({"[", "[[", "test", "((", "command", "grep", "which", "type", "hash", "!"})
_FIRST_WORD = re.compile(r"[^\s;&|<>()]*")


class Parser(CommandReader):
    """Reads a script into a list of nodes; see :func:`parse`."""

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
            blank = BLANK.match(text, self.pos, self.limit)
            if blank:
                self.pos = blank.end()
                continue
            char = text[self.pos]
            if char == "\n":
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
                reserved = _RESERVED.match(text, self.pos, self.limit)
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
            reserved = _RESERVED.match(text, self.pos, self.limit)
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

    def _compound(self, word: str, start: int) -> Node | None:
        """Read the command that the reserved ``word`` begins; it is consumed."""
        match word:
            case "{":
                return self._group("}", subshell=False)
            case "if":
                return self._if()
            case "while" | "until":
                return self._loop()
            case "for" | "select":
                return self._for()
            case "case":
                return self._case()
            case "function":
                return self._function()
            case "[[":
                return self._test(start)
        return None

    def _close(self, word: str) -> None:
        if self.pos < self.limit and self.text.startswith(word, self.pos):
            self.pos += len(word)

    def _group(self, closer: str, *, subshell: bool) -> Group:
        group = Group(self._list(frozenset({closer})), subshell=subshell)
        self._close(closer)
        self._redirects(group.redirects)
        return group

    def _if(self) -> Choice:
        choice = Choice()
        while True:
            choice.conditions += self._list(frozenset({"then", "else", "elif", "fi"}))
            self._close("then")
            choice.branches.append(self._list(frozenset({"elif", "else", "fi"})))
            if not self._here("elif"):
                break
            self._close("elif")
        if self._here("else"):
            self._close("else")
            choice.branches.append(self._list(frozenset({"fi"})))
            choice.exhaustive = True
        self._close("fi")
        self._redirects(choice.redirects)
        return choice

    def _here(self, word: str) -> bool:
        return self.pos < self.limit and self.text.startswith(word, self.pos)

    def _loop(self) -> Choice:
        choice = Choice()
        choice.conditions = self._list(frozenset({"do", "done"}))
        return self._do(choice)

    def _do(self, choice: Choice) -> Choice:
        self._close("do")
        choice.branches.append(self._list(frozenset({"done"})))
        self._close("done")
        self._redirects(choice.redirects)
        return choice

    def _for(self) -> Choice:
        choice = Choice()
        self._blanks()
        if self.text.startswith("((", self.pos):
            self.pos = self._arithmetic_end(self.pos + 2) or self.pos + 2
        head = _FOR_HEAD.match(self.text, self.pos, self.limit)
        if head:
            choice.variable = head.group(1)
            self.pos = head.end()
            found = _IN.match(self.text, self.pos, self.limit)
            if found:
                self.pos = found.end()
                choice.items = self._words_to_separator()
        self._list(frozenset({"do", "done"}))
        return self._do(choice)

    def _words_to_separator(self) -> list[RawWord]:
        words: list[RawWord] = []
        while True:
            self._blanks()
            if self.pos >= self.limit or self.text[self.pos] in "\n;&|<>()#":
                return words
            words.append(self.word())

    def _case(self) -> Choice:
        choice = Choice()
        self._blanks()
        self._list_word()
        found = _IN.match(self.text, self.pos, self.limit)
        if found is None:
            return choice
        self.pos = found.end()
        while self._to_pattern():
            star = self.text.startswith("*)", self.pos)
            if not self._pattern():
                break
            choice.exhaustive = choice.exhaustive or star
            choice.branches.append(self._list(frozenset({";;", "esac"})))
            if self.pos < self.limit and self.text[self.pos] == ";":
                self.pos += 3 if self.text.startswith(";;&", self.pos) else 2
        self._close("esac")
        self._redirects(choice.redirects)
        return choice

    def _list_word(self) -> None:
        if self.pos < self.limit and not self.text[self.pos].isspace():
            self.word()

    def _to_pattern(self) -> bool:
        """Step over blanks and comments before a pattern of ``case``; ``False`` at ``esac`` or the end."""
        while self.pos < self.limit:
            char = self.text[self.pos]
            if char == "#":
                self._comment()
            elif char == "\n":
                self._newline()
            elif char.isspace() or self.text.startswith("\\\n", self.pos):
                self.pos += 1 if char.isspace() else 2
            else:
                reserved = _RESERVED.match(self.text, self.pos, self.limit)
                return reserved is None or reserved.group() != "esac"
        return False

    def _pattern(self) -> bool:
        """Step over ``a | b )``; ``False`` if no pattern ends on this line."""
        self._close("(")
        while self.pos < self.limit:
            char = self.text[self.pos]
            if char == ")":
                self.pos += 1
                return True
            if char == "\n":
                return False
            before = self.pos
            self.word()
            if self.pos == before:
                self.pos += 1
        return False

    def _function(self) -> Node | None:
        name = _FUNCTION_NAME.match(self.text, self.pos, self.limit)
        if name is None:
            return None
        self.pos = name.end()
        return self._function_body(name.group(1))

    def _function_body(self, name: str) -> Function:
        while self.pos < self.limit and self.text[self.pos] in " \t\r\n":
            if self.text[self.pos] == "\n":
                self._newline()
            else:
                self.pos += 1
        self._enter()
        body = self._command()
        self.depth -= 1
        return Function(name, body)

    def _test(self, start: int) -> Simple:
        """Read ``[[ … ]]``: its operators are no command separators."""
        simple = Simple(start)
        simple.words.append(RawWord(start, self.pos, [Part(Kind.LITERAL, start, self.pos)]))
        while self.pos < self.limit:
            char = self.text[self.pos]
            if self.text.startswith("]]", self.pos):
                self.pos += 2
                break
            if char == "\n":
                self._newline()
            elif char.isspace() or char in "()&|<>;":
                self.pos += 1
            else:
                simple.words.append(self.word())
        simple.end = self.pos
        self._redirects(simple.redirects)
        return simple


def _mark_background(node: Node | None) -> None:
    if isinstance(node, Simple):
        node.background = True
    elif isinstance(node, Pipe):
        for part in node.nodes:
            _mark_background(part)
    elif isinstance(node, Group):
        for part in node.body:
            _mark_background(part)
