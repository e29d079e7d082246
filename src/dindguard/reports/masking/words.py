"""Credentials in commands: values of options, words of certain programs, what is piped into a login.

A line is cut into words as a shell does it, and lists of quoted words (JSON, exec form) give the same words. What
stands between quotes and holds blanks is looked at again as a command of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from dindguard.reports.excerpt import Range
from dindguard.reports.masking import hints, programs
from dindguard.reports.masking.names import plain, reference, secret_name, shown

DEEPEST = 3


class Word:
    """A word, without the quotes around it; ``sign`` for what separates commands or redirects.

    No record: a long line has thousands of them.
    """

    __slots__ = ("end", "quoted", "sign", "start", "text")

    def __init__(self, start: int, end: int, text: str, *, sign: bool = False, quoted: bool = False) -> None:
        self.start = start
        self.end = end
        self.text = text
        self.sign = sign
        self.quoted = quoted


@cache
def _chunk() -> re.Pattern[str]:
    return re.compile(
        r"(?P<sign>\|\||\|&?|&&|;;?|<<<|<<-?|>>?|<|&|[()`])"
        r"|(?P<quoted>\"(?:[^\"\\]|\\.)*\"?|'[^']*'?)"
        r"|(?P<bare>(?:\\.|[^\s\"'|&;()<>`\\])+|\\)",
        re.DOTALL,
    )


def words(line: str) -> list[Word]:
    """Cut a line into words and signs."""
    found: list[Word] = []
    parts: list[tuple[int, int, bool]] = []  # of the word that is being read
    for chunk in _chunk().finditer(line):
        if parts and chunk.start() != parts[-1][1]:
            found += _whole(line, parts)
            parts = []
        if chunk["sign"]:
            found += _whole(line, parts)
            parts = []
            found.append(Word(chunk.start(), chunk.end(), chunk[0], sign=True))
        elif chunk["quoted"]:
            parts.append((chunk.start(), chunk.end(), True))
        elif parts and parts[-1][2] and chunk[0][0] in ",]}:":
            # After quotes these separate the items of a list or mapping.
            found += _whole(line, parts)
            start = chunk.start() + len(chunk[0]) - len(chunk[0].lstrip(",]}:[{"))
            parts = [(start, chunk.end(), False)] if start < chunk.end() else []
        else:
            start = chunk.start() + (len(chunk[0]) - len(chunk[0].lstrip("[{,")) if not parts else 0)
            if start < chunk.end():
                parts.append((start, chunk.end(), False))
    return found + _whole(line, parts)


def _whole(line: str, parts: list[tuple[int, int, bool]]) -> list[Word]:
    if not parts:
        return []
    start, end = parts[0][0], parts[-1][1]
    if len(parts) == 1 and parts[0][2]:
        closed = end - start > 1 and line[end - 1] == line[start]
        return [Word(start + 1, end - closed, line[start + 1 : end - closed], quoted=True)]
    if not parts[-1][2]:
        end -= len(line[start:end]) - len(line[start:end].rstrip(",]}"))
    return [Word(start, end, line[start:end])] if start < end else []


def spoken(line: str, depth: int = 0) -> Iterator[Range]:
    """Yield the credentials of a line's commands; nobody asks of a line that :func:`~.hints.speaks` finds harmless."""
    every = words(line)
    for word in every:
        if word.quoted and depth < DEEPEST and " " in word.text:
            inner = word.text.replace("\\n", "  ").replace("\\t", "  ")
            if hints.speaks(inner):
                yield from ((a + word.start, b + word.start) for a, b in spoken(inner, depth + 1))
    before: _Command | None = None
    for command in _commands(every):
        yield from command.secrets()
        if command.takes_secret():
            yield from command.given
            if command.piped and before is not None:
                yield from before.said()
        before = command


def _commands(every: Sequence[Word]) -> Iterator[_Command]:
    """Part words into commands, with what is redirected into and out of each."""
    current: list[Word] = []
    given: list[Range] = []
    target = ""
    piped = False
    redirected = ""
    for word in every:
        if word.sign and word.text[0] in "<>":
            redirected = word.text
        elif word.sign:
            yield _Command(current, given, target, piped=piped)
            current, given, target, redirected = [], [], "", ""
            piped = word.text in ("|", "|&")
        elif redirected:
            if redirected == "<<<" and not plain(word.text):
                given.append((word.start, word.end))
            elif redirected[0] == ">":
                target = word.text
            redirected = ""
        else:
            current.append(word)
    yield _Command(current, given, target, piped=piped)


_NOTHING = ("", "", "")
"""Stands before the first word: of one that credentials may follow, three words are asked for."""


class _Command:
    """The words of one command; ``given`` is what here-strings hand it, ``piped`` whether another one writes to it."""

    __slots__ = ("_lower", "given", "piped", "target", "tells", "words")

    def __init__(self, words: Sequence[Word], given: Sequence[Range], target: str, *, piped: bool) -> None:
        self.words = words
        self.given = given
        self.target = target
        self.piped = piped
        self._lower = [*_NOTHING, *[word.text.lower() for word in words]]
        self.tells = not programs.TELLS.isdisjoint(self._lower)

    def secrets(self) -> Iterator[Range]:
        """Yield what its own words give away."""
        program = ""
        assigns = False
        for index, word in enumerate(self.words):
            text = word.text
            if text.startswith("-") and len(text) > 1:
                yield from self.option(index, programs.OPTIONS.get(program, {}))
                continue
            before = self.words[index - 1].text if index else ""
            if before in programs.ENVIRONMENT or assigns:
                yield from _variable(word, 0)
            name = text.rpartition("/")[2].lower() if len(text) < 200 else ""
            if name in programs.OPTIONS and before not in programs.NAMES_A_CONTAINER:
                program = name
            assigns = assigns or (text in programs.ASSIGNS and (index == 0 or text.islower()))
            if program or word.quoted or self.tells:  # all else asks for one of these: most words are prose
                yield from self.positional(index, program)
        if self.target and _secret_file(self.target):
            yield from self.said()

    def option(self, index: int, known: dict[str, str]) -> Iterator[Range]:
        """Yield the value of an option that takes a credential."""
        word = self.words[index]
        name, equals, value = word.text.partition("=")
        start = word.start + len(name) + 1
        if name in programs.ENVIRONMENT and equals:
            yield from _variable(word, len(name) + 1)
        elif word.text.startswith("-e") and "=" in word.text and not word.text.startswith("-e="):
            yield from _variable(word, 2)
        short = known.get(word.text[:2], "") if len(word.text) > 2 and word.text[1] != "-" else ""
        # ``-pmysecret1`` is no option called ``pmysecret1``; letters alone may be one, as in ``-password``.
        written_on = short == programs.ATTACHED or (short == programs.EITHER and not word.text[2:].isalpha())
        how = known.get(name) or (programs.EITHER if not written_on and secret_name(name.lstrip("-")) else "")
        if how and equals and how != programs.ATTACHED:
            yield from _given(start, value, how)
        elif how in (programs.NEXT, programs.EITHER, programs.PAIR) and index + 1 < len(self.words):
            following = self.words[index + 1]
            if not following.text.startswith("-") or following.quoted:
                yield from _given(following.start, following.text, how)
        elif not how and not word.text.startswith("--"):
            last = known.get(f"-{word.text[-1]}", "") if word.text[1:].isalpha() else ""
            if short in (programs.ATTACHED, programs.EITHER, programs.PAIR):
                yield from _given(word.start + 2, word.text[2:], short)
            elif last in (programs.NEXT, programs.EITHER, programs.PAIR) and index + 1 < len(self.words):
                following = self.words[index + 1]  # of several options in one word, as in ``curl -su``
                yield from _given(following.start, following.text, last)

    def positional(self, index: int, program: str) -> Iterator[Range]:
        """Yield a word that is a credential because of those before it."""
        word = self.words[index]
        if self.old_environment(index):
            yield word.start, self.words[-1].end
        elif self.set_by_name(index) or self.of_program(index, program) or self.after_a_word(index, program):
            yield from _given(word.start, word.text, programs.NEXT)

    def before(self, index: int, distance: int) -> str:
        """Return an earlier word in lower case, or nothing; at most three words before."""
        return self._lower[index - distance + len(_NOTHING)]

    def old_environment(self, index: int) -> bool:
        """Whether the value of ``ENV NAME value`` begins here."""
        if index != 2 or self.words[0].text not in ("ENV", "ARG"):
            return False
        name = self.words[1].text
        return "=" not in name and not shown(name)

    def set_by_name(self, index: int) -> bool:
        """Whether ``set NAME value`` or ``"name", "value"`` says that the word is a credential."""
        word, name = self.words[index], self.before(index, 1)
        if self.before(index, 2) in ("set", "setx", "setenv", "config") and secret_name(name.rpartition(":")[2]):
            return True
        return word.quoted and index > 0 and self.words[index - 1].quoted and _names_secret(name, word.text)

    def of_program(self, index: int, program: str) -> bool:
        """Whether a program takes a credential as its word at this place."""
        last = index == len(self.words) - 1
        return (
            (program == "rabbitmqctl" and self.before(index, 2) in ("add_user", "change_password"))
            or (program in ("htpasswd", "mosquitto_passwd") and last and self.has_flag("b"))
            or (last and self.words[0].text == "openssl" and self.before(index - 1, 1) == "passwd")
            or (program == "cloudflared" and self.before(index, 1) == "install")
            or (self.before(index, 3) == "vault" and self.before(index, 2) == "token")
            or self.before(index, 1) in programs.NAMES_NEXT
            or (self.before(index, 2), self.before(index, 1)) in programs.TAKES_NEXT
        )

    def after_a_word(self, index: int, program: str) -> bool:
        """Whether the word before names it, in SQL, in ``.netrc``, or for a database's tools."""
        if self.before(index, 1) not in ("password", "passwd", "by", "account"):
            return False
        said = self.before(index, 2) in ("identified", "with", "encrypted", "set") or self.words[0].text == "machine"
        return said or self.words[index].quoted or program.startswith("mysql")

    def has_flag(self, letter: str) -> bool:
        """Whether a short option with this letter is there, alone or among others."""
        return any(re.fullmatch(r"-[A-Za-z]*", each.text) and letter in each.text for each in self.words)

    def takes_secret(self) -> bool:
        """Whether it reads a credential from its standard input, or writes it to a file of credentials."""
        texts = {word.text for word in self.words}
        return (
            not texts.isdisjoint(programs.READS_SECRET)
            or any(set(both) <= texts for both in programs.READS_SECRET_TOO)
            or ("tee" in texts and any(_secret_file(text) for text in texts))
        )

    def said(self) -> Iterator[Range]:
        """Yield what ``echo`` and ``printf`` write."""
        at = next((n for n, word in enumerate(self.words) if word.text.rpartition("/")[2] in programs.SPEAKS), None)
        if at is None:
            return
        rest = [word for word in self.words[at + 1 :] if not re.fullmatch(r"-[neE]+", word.text)]
        if len(rest) > 1 and "%" in rest[0].text and self.words[at].text == "printf":
            rest = rest[1:]
        for word in rest:
            if not reference(word.text):
                yield word.start, word.end


def _variable(word: Word, offset: int) -> Iterator[Range]:
    """Yield the value of ``NAME=value`` in a word, whatever the name, unless it is one that may be shown."""
    name, equals, value = word.text[offset:].partition("=")
    if equals and re.fullmatch(r"[A-Za-z_][\w.-]*", name) and not shown(name):
        yield from _given(word.start + offset + len(name) + 1, value, programs.NEXT)


def _given(start: int, value: str, how: str) -> Iterator[Range]:
    """Yield the place of a value that starts there, or of the second half of a pair."""
    if len(value) > 1 and value[0] in "\"'" and value[-1] == value[0]:
        start, value = start + 1, value[1:-1]
    if how == programs.PAIR:
        sign = re.search(r"[:%,]", value)
        if sign is None:
            return
        start, value = start + sign.end(), value[sign.end() :]
    elif value.startswith(("pass:", "token=")):
        skipped = 5 if value.startswith("pass:") else 6
        start, value = start + skipped, value[skipped:]
    if value and not plain(value) and not re.fullmatch(r"\d+:\d+(?:/\w+)?", value):
        yield start, start + len(value)


def _names_secret(name: str, value: str) -> bool:
    """Whether an item of a list names what the next one is, both in quotes, and the next is no name itself."""
    return bool(re.fullmatch(r"[A-Za-z_][\w.-]{0,100}", name)) and secret_name(name) and not secret_name(value)


def _secret_file(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name in programs.SECRET_FILES or secret_name(name.lstrip(".").partition(".")[0])


def secret_option(text: str) -> bool:
    """Whether a word is an option that takes a credential as its next word."""
    return text.startswith("-") and "=" not in text and secret_name(text.lstrip("-"))
