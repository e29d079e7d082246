"""Compound commands: groups, ``if``, loops, ``case``, functions, ``[[ … ]]``."""

from __future__ import annotations

from abc import abstractmethod

from dindguard.patterns import regex
from dindguard.scripts.shell.simple import CommandReader
from dindguard.scripts.shell.syntax import Choice, Function, Group, Kind, Node, Part, RawWord, Simple

RESERVED = regex(
    r"(if|then|elif|else|fi|while|until|for|select|do|done|case|esac|function|\[\[|[{}!])(?=[\s;&|<>()]|\\\r?\n|$)"
)
"""A word that is special where a command begins."""

_FUNCTION_NAME = regex(r"[ \t]*([^\s(){};&|<>]+)(?:[ \t]*\([ \t]*\))?")
_FOR_HEAD = regex(r"[ \t]*([A-Za-z_]\w*)")
_IN = regex(r"(?:\s|\\\n)*in(?=[\s;]|$)")


class CompoundReader(CommandReader):
    """Reads compound commands; lists of commands are the parser's."""

    @abstractmethod
    def _list(self, closers: frozenset[str]) -> list[Node]:
        """Read commands until one of ``closers`` or of an outer construct's; it is not consumed."""

    @abstractmethod
    def _command(self) -> Node | None:
        """Read one command."""

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
                reserved = RESERVED.match(self.text, self.pos, self.limit)
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
        start = self.pos
        body = self._command()
        self.depth -= 1
        return Function(name, body, self.pos - start)

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
