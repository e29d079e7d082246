"""Where a text has comments: not in its strings, block scalars or here-documents."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from functools import cached_property

from dindguard.documents.brackets import BRACKETED, closings
from dindguard.documents.syntax import without_template
from dindguard.patterns import regex
from dindguard.records import record
from dindguard.source import Source, Span

Range = tuple[int, int]

_OF_TEMPLATES = ("yaml", "json")
"""Syntaxes in which templates are written that are read in place."""

_LINE_BREAK = regex(r"\r\n|\n|\r")
_HEREDOC = regex(r"<<(?P<tabs>-?)[ \t]*(?P<quote>['\"]?)(?P<word>[A-Za-z_][\w.-]*)(?P=quote)")
_SHELL = regex(
    r"\\.|\$'(?:\\.|[^'\\])*'|'[^']*'|\"(?:\\.|[^\"\\])*\"|<<<|(?P<heredoc><<-?[ \t]*['\"]?[A-Za-z_])"
    r"|(?P<comment>(?:(?<=[\s;&|()])|^)#[^\n\r]*)",
    re.DOTALL | re.MULTILINE,
)
_TOML = regex(
    r'"""(?:\\.|[^\\])*?"""|\'\'\'.*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|(?P<comment>#[^\n\r]*)', re.DOTALL
)
_JSON = regex(r'"(?:\\.|[^"\\\n])*"|(?P<comment>//[^\n\r]*|/\*.*?\*/)|/\*.*+', re.DOTALL)
_OTHER = regex(
    r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|(?P<comment>(?:(?:(?<=\s)|^)(?:\#|//|;))[^\n\r]*)', re.MULTILINE
)
_POWERSHELL = regex(
    r"@(?P<quote>['\"])[ \t]*\r?\n(?:.*?\n(?P=quote)@|.*)|'[^'\n]*'|\"(?:`.|[^\"`\n])*\"|<#(?:[^#]|#(?!>))*+(?:#>|\Z)|`."
    r"|(?P<comment>(?:(?<=[\s;{}()|])|^)#[^\n\r]*)",
    re.DOTALL | re.MULTILINE,
)
_BATCH = regex(r"^[ \t]*(?P<comment>(?:@?rem(?=\s)|::)[^\n\r]*)", re.IGNORECASE | re.MULTILINE)
_OWN_LINE = regex(r"^[ \t]*(?P<comment>#[^\n\r]*)", re.MULTILINE)
_TRAILING = regex(r"\S[^\n\r]*\s(?P<comment>#[^\n\r]*)")
_ESCAPE = regex(r"\A(?:\s*#[^\n]*\n)*?\s*#\s*escape\s*=\s*`", re.IGNORECASE)
_RUNS_A_SHELL = regex(r"\s*(?:ONBUILD\s+)?(?:RUN|CMD|ENTRYPOINT|HEALTHCHECK)\b", re.IGNORECASE)


_CONTINUES = {
    "shell": "\\", "envrc": "\\", "dockerfile": "\\", "makefile": "\\", "justfile": "\\", "powershell": "`", "batch": "^",
}  # fmt: skip
"""What a line ends in that goes on in the next one, by syntax."""
_SIGNS = {"json": ("//", "/*"), "batch": ("rem ", "REM ", "Rem ", "@rem ", "::")}
"""How lines begin that are comments; elsewhere with ``#``."""


@record
class Comment:
    """One comment. ``text`` starts with its sign (``#``); ``lines`` are the 1-based lines of the file it speaks about.

    That is its own line, continued lines included, or the next one that holds anything when it stands alone.
    ``block`` are first and last line of the block that begins there (``cap_add:`` and its items, ``[`` to ``]``), 0 without one.
    ``fault`` says why it looks like a comment and is none.
    """

    text: str
    span: Span
    lines: tuple[int, ...]
    fault: str = ""
    block: Range = (0, 0)


def find(source: Source, syntax: str, word: str, *, scripts: frozenset[int] = frozenset()) -> Iterator[Comment]:
    """Yield the comments of a text that hold ``word``.

    ``syntax`` is a name of :mod:`dindguard.documents.syntax`, or a format's own; one that has no reader here is read with
    care. ``scripts`` are the 1-based lines of a YAML file at which block scalars begin that have comments of their own.
    """
    read = source.text
    actions: list[tuple[int, int, str]] = []
    template = syntax in _OF_TEMPLATES or without_template(source.path) != source.path
    if template and any(mark in read for mark in ("{{", "{%", "{#", "<%")):
        from dindguard.documents.template.comments import apart

        read, actions = apart(source)
    text = _Text(source, read, syntax, scripts)
    for start, end, fault in _READERS.get(syntax, _other)(read):
        if word in read[start:end]:
            yield Comment(read[start:end], source.span(start, end), text.about(start), fault, text.block(start))
    for start, end, said in actions:
        if word in said:
            yield Comment(said, source.span(start, end), text.about(start), "", text.block(start))


class _Text:
    """A text by lines, to tell which of them a comment speaks about."""

    def __init__(self, source: Source, text: str, syntax: str, scripts: frozenset[int]) -> None:
        self.source = source
        self.text = text
        self.starts = [0, *(found.end() for found in _LINE_BREAK.finditer(text))]
        self.continues = _CONTINUES.get(syntax, "")
        if syntax == "dockerfile" and _ESCAPE.match(text):
            self.continues = "`"
        self.signs = _SIGNS.get(syntax, ("#",) if syntax in _READERS else ("#", "//", ";"))
        self.skips_comments = syntax == "dockerfile"
        self.long = dict(_long_scalars(text, self.line)) if syntax == "yaml" else {}
        self.scripts = scripts
        self.has_blocks = syntax == "yaml" or syntax in BRACKETED
        self.bracketed = syntax in BRACKETED
        self._blocks: dict[int, Range] = {}

    def line(self, offset: int) -> int:
        """Return the 0-based line of an offset."""
        return bisect_right(self.starts, offset) - 1

    def content(self, line: int) -> str:
        """Return a line's text, stripped."""
        end = self.starts[line + 1] if line + 1 < len(self.starts) else len(self.text)
        return self.text[self.starts[line] : end].strip()

    def about(self, start: int) -> tuple[int, ...]:
        """Return the file's lines that a comment at ``start`` speaks about."""
        own = self.line(start)
        alone = not self.text[self.starts[own] : start].strip()
        first = last = own
        if alone:
            first = last = self._next(own)
        else:
            while first > 0 and self._continued(first - 1):
                first -= 1
        while last + 1 < len(self.starts) and self._goes_on(last):
            last += 1
        at = self.source.position(self.starts[first])[0]
        if at not in self.scripts:
            last = max(last, self.long.get(first, 0))
        here = range(first, last + 1) if alone is False or first != own else range(own, own + 1)
        return tuple(sorted({self._in_file(line) for line in (own, *here)}))

    def block(self, start: int) -> Range:
        """Return the file's first and last line of the block that begins where a comment at ``start`` speaks."""
        own = self.line(start)
        first = own if self.text[self.starts[own] : start].strip() else self._next(own)
        if not self.has_blocks or self.content(first).startswith(self.signs):
            return 0, 0
        if first not in self._blocks:
            last = self._last_of_block(first)
            self._blocks[first] = (self._in_file(first), self._in_file(last)) if last > first else (0, 0)
        return self._blocks[first]

    def _last_of_block(self, first: int) -> int:
        """Return the last line that is indented deeper; the items of a list may also stand right below their key."""
        if self.bracketed:
            return self._closings.get(first, first)
        indent, is_item = self._indent(first), self.content(first).startswith("-")
        last = first
        while (line := self._next(last)) > last:
            own = self._indent(line)
            if own < indent or (own == indent and (is_item or not self.content(line).startswith("- "))):
                break
            last = line
        return last

    @cached_property
    def _closings(self) -> dict[int, int]:
        return closings(self.text.replace("\r\n", "\n").replace("\r", "\n"))

    def _indent(self, line: int) -> int:
        end = self.starts[line + 1] if line + 1 < len(self.starts) else len(self.text)
        text = self.text[self.starts[line] : end]
        return len(text) - len(text.lstrip(" \t"))

    def _in_file(self, line: int) -> int:
        blank = self._indent(line) if self.source.embedded else 0
        return self.source.position(self.starts[line] + blank)[0]

    def _next(self, line: int) -> int:
        """Return the next line that holds anything but a comment; ``line`` itself when there is none."""
        found = self._following[line]
        return found or line

    @cached_property
    def _following(self) -> list[int]:
        following = [0] * len(self.starts)
        for line in range(len(self.starts) - 1, 0, -1):
            content = self.content(line)
            holds = content and not content.startswith(self.signs)
            following[line - 1] = line if holds else following[line]
        return following

    def _continued(self, line: int) -> bool:
        return bool(self.continues) and self.content(line).endswith(self.continues)

    def _goes_on(self, line: int) -> bool:
        if self._continued(line):
            return True
        # Comments inside a continued instruction are taken out before it is read.
        return self.skips_comments and self.content(line).startswith("#") and line > 0 and self._goes_on(line - 1)


def _long_scalars(text: str, line: Callable[[int], int]) -> Iterator[tuple[int, int]]:
    """Yield first and last 0-based line of every scalar of a YAML text that takes several."""
    for start, end, _ in _scalars(text):
        first, last = line(start), line(max(start, len(text[:end].rstrip()) - 1))
        if last > first:
            yield first, last


def _scalars(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and style of every scalar; what follows an error counts as one, because nothing is read there."""
    import yaml

    from dindguard.documents.yaml_scalars import accepted

    reached = 0

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        for token in yaml.scan(accepted(text), loader):
            reached = token.end_mark.index
            if isinstance(token, yaml.ScalarToken):
                yield token.start_mark.index, token.end_mark.index, token.style or ""
    except (yaml.YAMLError, RecursionError):
        yield reached, len(text), "'"


Found = Iterator[tuple[int, int, str]]


def _yaml(text: str) -> Found:
    inside: list[Range] = []
    for start, end, style in _scalars(text):
        if style in ("|", ">"):
            header = _LINE_BREAK.search(text, start)
            inside.append((header.start() if header else end, end))
        elif style:
            inside.append((start, end))
    starts = [start for start, _ in inside]
    for match in re.finditer(r"(?:(?<=\s)|^)#[^\n\r]*", text, re.MULTILINE):
        index = bisect_right(starts, match.start()) - 1
        if index < 0 or match.start() >= inside[index][1]:
            yield match.start(), match.end(), ""


def _by(pattern: re.Pattern[str]) -> Callable[[str], Found]:
    def reader(text: str) -> Found:
        for match in pattern.finditer(text):
            if match["comment"] is not None:
                yield match.start("comment"), match.end("comment"), ""

    return reader


def _shell(text: str) -> Found:
    position = 0
    bodies = 0
    while match := _SHELL.search(text, position):
        position = max(match.end(), match.start() + 1)
        if match["comment"] is not None:
            yield match.start("comment"), match.end("comment"), ""
        elif match["heredoc"] is not None:
            # Its body starts on the next line, or behind the body of another one on the same line.
            found = _HEREDOC.match(text, match.start())
            body = _body(text, found, bodies) if found is not None else None
            if found is not None and body is not None:
                line_end = _LINE_BREAK.search(text, found.end())
                rest = text[found.end() : line_end.start() if line_end else len(text)]
                comment = re.search(r"\s(#.*)", rest)
                if comment is not None and _HEREDOC.search(rest) is None:
                    yield found.end() + comment.start(1), found.end() + comment.end(1), ""
                more = _HEREDOC.search(rest) is not None
                position, bodies = (found.end(), body[1]) if more else (body[1], 0)


def _body(text: str, found: re.Match[str], after: int) -> Range | None:
    """Return where a here-document's body and its closing line stand; ``None`` when nothing closes it."""
    line_end = _LINE_BREAK.search(text, found.end())
    if line_end is None:
        return None
    start = max(line_end.end(), after)
    tabs = r"\t*" if found["tabs"] else ""
    closing = re.compile(rf"^{tabs}{re.escape(found['word'])}[ \t]*\r?$", re.MULTILINE).search(text, start)
    return (start, closing.end()) if closing else None


def _dockerfile(text: str) -> Found:
    escape = "`" if _ESCAPE.match(text) else "\\"
    position = 0
    instruction = ""
    while position < len(text):
        line_end = _LINE_BREAK.search(text, position)
        end = line_end.start() if line_end else len(text)
        after = line_end.end() if line_end else len(text)
        line = text[position:end]
        own = _OWN_LINE.match(line)
        if own is not None:
            yield position + own.start("comment"), end, ""
        elif line.strip():
            instruction = instruction or line
            trailing = _TRAILING.match(line)
            if trailing is not None and not _RUNS_A_SHELL.match(instruction):
                yield (
                    position + trailing.start("comment"),
                    end,
                    "comments of a Dockerfile stand on lines of their own",
                )
            for found in _HEREDOC.finditer(text, position, end):
                body = _body(text, found, after)
                after = body[1] if body is not None else after
            instruction = instruction if line.rstrip().endswith(escape) else ""
        position = max(after, position + 1)


_other = _by(_OTHER)

_READERS: dict[str, Callable[[str], Found]] = {
    "yaml": _yaml,
    "json": _by(_JSON),
    "toml": _by(_TOML),
    "shell": _shell,
    "dockerfile": _dockerfile,
    "makefile": _by(_OWN_LINE),
    "envrc": _shell,
    "justfile": _by(_OWN_LINE),
    "powershell": _by(_POWERSHELL),
    "batch": _by(_BATCH),
}
