"""The actions of a template's text: where each stands, and whether it prints, decides, or only speaks to its reader."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dindguard import budget
from dindguard.enumerations import StrEnum
from dindguard.patterns import regex


class Dialect(StrEnum):
    """A template language, by how its actions are written."""

    GO = "go"
    """``{{ .Values.x }}``: Helm, Go's own templates, confd, sigil."""
    JINJA = "jinja"
    """``{{ x }}``, ``{% if x %}``, ``{# … #}``: Ansible, Salt, cookiecutter."""
    ERB = "erb"
    """``<%= @x %>``, ``<% if @x %>``, ``<%# … %>``: Puppet, Chef, Rails; of Puppet's own language ``<% if $x { %>`` as well."""
    ENVSUBST = "envsubst"
    """``$X`` and ``${X}``, and nothing that decides."""


class Act(StrEnum):
    """What an action does to the text around it."""

    COMMENT = "comment"
    OPEN = "open"
    """It begins a block: ``if``, ``with``, ``range``, ``define``."""
    ELSE = "else"
    """It ends one branch of a block and begins the next."""
    END = "end"
    SET = "set"
    """It prints nothing: an assignment, a call for its effect."""
    OUTPUT = "output"
    """It prints what its expression stands for."""


class Action:
    """One action: the characters ``[start, end)``.

    ``word`` is what begins the block (``if``, ``with``, ``range``, ``define``) or the branch; ``expression`` is what
    stands inside without that word; ``trims`` tell whether the blanks before and behind it are taken away.
    """

    __slots__ = ("act", "end", "expression", "start", "trims_after", "trims_before", "word")

    def __init__(self, start: int, end: int, act: Act, word: str, expression: str, trims: tuple[bool, bool]) -> None:
        self.start = start
        self.end = end
        self.act = act
        self.word = word
        self.expression = expression
        self.trims_before, self.trims_after = trims

    def __repr__(self) -> str:
        return f"Action({self.start}, {self.end}, {self.act}, {self.word!r}, {self.expression!r})"


Meaning = tuple[Act, str, str]
"""What an action does, the word of its block, its expression."""

_WORD = regex(r"[A-Za-z_]\w*")
_GO_REST = regex(r"(?:[^}\"`'/]++|\"(?:\\.|[^\"\\\n])*+\"|`[^`]*+`|'(?:\\.|[^'\\\n])'|\}(?!\})|/(?!\*))*+\}\}")
"""The rest of an action without comments, in which every quotation mark has its other half: most are so."""

_GO_STOP = regex(r"\}\}|/\*|[\"`']")
_GO_STRING = regex(r'"(?:\\.|[^"\\\n])*"')
_GO_CHARACTER = regex(r"'(?:\\.|[^'\\\n])'")
_GO_SET = regex(r"\$\w*(?:\s*,\s*\$\w+)?\s*:?=(?!=)")
_GO_BLOCKS = frozenset({"if", "with", "range", "define", "block"})
_GO_SILENT = frozenset({"break", "continue", "fail"})
_JINJA_RAW_END = regex(r"\{%[-+]?\s*endraw\s*[-+]?%\}")
_JINJA_OPENS = {
    "if": "if", "for": "range", "macro": "define", "block": "block", "with": "block", "filter": "block",
    "call": "block", "autoescape": "block", "trans": "block",
}  # fmt: skip
_ERB_LOOP = regex(r"(?:\bdo\b|\{)\s*(?:\|[^|]*\|)?$")
_EPP_CASE = regex(r"([^{}|]+):\s*\{$")
_ENVSUBST = regex(r"\$(?:\{(?P<braced>[A-Za-z_]\w*)\}|(?P<plain>[A-Za-z_]\w*))")


def normal(expression: str) -> str:
    """Return an expression with its blanks normalised, as names and messages show it."""
    return " ".join(expression.split())


def actions(text: str, dialect: Dialect) -> list[Action]:
    """Return the actions of ``text`` in order. One that nothing closes ends the search; never raises.

    Linear in the text: no character is looked at twice but for the ends of strings.
    """
    return list(_READERS[dialect](text))


def _inside(text: str, start: int, end: int) -> str:
    """Return what an action says; of one that is too long a part that no expression can be: it means nothing."""
    most = budget.ACTION_LENGTH.most
    return text[start:end] if end - start + 4 <= most else f"{text[start : start + most]} …"


# -- Go ---------------------------------------------------------------------------------------------


def _go(text: str) -> Iterator[Action]:
    ends = _GoEnds(text)
    start = text.find("{{")
    while start >= 0:
        end = ends.after(start + 2)
        if end < 0:
            return
        inner = _inside(text, start + 2, end - 2)
        trims = (inner[:1] == "-", end - start > 5 and text[end - 3] == "-")
        act, word, expression = _go_meaning(inner[trims[0] :].removesuffix("-" if trims[1] else "").strip())
        yield Action(start, end, act, word, expression, trims)
        start = text.find("{{", end)


class _GoEnds:
    """Finds the ``}}`` of each action, strings and comments skipped; what is missing once is not searched again."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._missing: set[str] = set()

    def after(self, position: int) -> int:
        """Return the offset behind the ``}}`` that closes an action which has begun; -1 without one."""
        if (whole := _GO_REST.match(self._text, position)) is not None:
            return whole.end()
        while stop := _GO_STOP.search(self._text, position):
            sign = stop.group()
            if sign == "}}":
                return stop.end()
            position = self._behind(stop.start(), sign)
        return -1

    def _behind(self, start: int, sign: str) -> int:
        """Return the offset behind what ``sign`` begins; behind the sign itself when that has no end."""
        if sign in ("/*", "`"):
            closing = sign[::-1]
            found = -1 if closing in self._missing else self._text.find(closing, start + len(sign))
            if found < 0:
                self._missing.add(closing)
            return found + len(closing) if found >= 0 else start + len(sign)
        match = (_GO_STRING if sign == '"' else _GO_CHARACTER).match(self._text, start)
        return match.end() if match else start + 1


def _go_meaning(body: str) -> Meaning:
    if body.startswith("/*"):
        return Act.COMMENT, "", body
    if body.startswith(")") or body.endswith("("):
        return _jq_meaning(body)
    word = _leading_word(body)
    rest = body[len(word) :].strip()
    if word in _GO_BLOCKS:
        return Act.OPEN, word, rest
    if word == "else":
        return Act.ELSE, *_go_else(rest)
    if word == "end":
        return Act.END, "", ""
    if word in _GO_SILENT or not body or (body[0] == "$" and _GO_SET.match(body)):
        return Act.SET, "", body
    return Act.OUTPUT, "", body


def _jq_meaning(body: str) -> Meaning:
    """Return what an action of a jq template does: ``{{ if … then ( -}}`` and ``{{ ) else "" end -}}`` begin and end a block.

    Source: docker-library/bashbrew, ``scripts/jq-template.awk``. Neither Go nor Jinja has an action with half of a pair.
    """
    if not body.startswith(")"):
        return Act.OPEN, "if" if _leading_word(body) == "if" else "block", body[:-1].strip()
    return (Act.ELSE, "", "") if body.endswith("(") else (Act.END, "", "")


def _leading_word(body: str) -> str:
    match = _WORD.match(body)
    return match.group() if match else ""


def _go_else(rest: str) -> tuple[str, str]:
    word = _leading_word(rest)
    return (word, rest[len(word) :].strip()) if word in ("if", "with") else ("", "")


# -- Jinja ------------------------------------------------------------------------------------------

_JINJA_START = regex(r"\{[{%#]")
_JINJA_STOP = {
    "{{": regex(r"\}\}|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'"),
    "{%": regex(r"%\}|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'"),
    "{#": regex(r"#\}"),
}
_CLOSING = {"{{": "}}", "{%": "%}", "{#": "#}"}


def _jinja(text: str) -> Iterator[Action]:
    position = 0
    unclosed: set[str] = set()
    while match := _JINJA_START.search(text, position):
        sign, start = match.group(), match.start()
        end = -1 if sign in unclosed else _jinja_end(text, start + 2, sign)
        if end < 0:
            unclosed.add(sign)
            position = start + 2
            continue
        inner = _inside(text, start + 2, end - 2)
        last = text[end - 3] if end - start > 4 else ""
        act, word, expression = _jinja_meaning(sign, inner.lstrip("-+").rstrip("-+").strip())
        yield Action(start, end, act, word, expression, (inner[:1] == "-", last == "-"))
        position = end
        if sign == "{%" and expression == "raw":
            raw_end = _JINJA_RAW_END.search(text, end)
            position = raw_end.start() if raw_end else len(text)


def _jinja_end(text: str, start: int, sign: str) -> int:
    for stop in _JINJA_STOP[sign].finditer(text, start):
        if stop.group() == _CLOSING[sign]:
            return stop.end()
    return -1


def _jinja_meaning(sign: str, body: str) -> Meaning:
    if sign == "{#":
        return Act.COMMENT, "", body
    if sign == "{{":
        return _jq_meaning(body) if body.startswith(")") or body.endswith("(") else (Act.OUTPUT, "", body)
    word = _leading_word(body)
    rest = body[len(word) :].strip()
    if word in _JINJA_OPENS:
        return Act.OPEN, _JINJA_OPENS[word], rest
    if word == "set" and "=" not in rest:
        return Act.OPEN, "define", rest
    if word in ("elif", "else"):
        return Act.ELSE, "if" if word == "elif" else "", rest
    if word.startswith("end") and word != "endraw":
        return Act.END, "", ""
    return Act.SET, "", body


# -- ERB --------------------------------------------------------------------------------------------


def _erb(text: str) -> Iterator[Action]:
    start = text.find("<%")
    while start >= 0:
        close = text.find("%>", start + 2)
        if close < 0:
            return
        end = close + 2
        inner = _inside(text, start + 2, close)
        if not inner.startswith("%"):
            act, word, expression = _erb_meaning(inner.rstrip("-").strip())
            yield Action(start, end, act, word, expression, (inner[:1] == "-", inner[-1:] == "-"))
        start = text.find("<%", end)


def _erb_meaning(body: str) -> Meaning:
    if body.startswith("#"):
        return Act.COMMENT, "", body
    if body.startswith("="):
        return Act.OUTPUT, "", body[1:].strip()
    body = body.removeprefix("-").strip()
    word = _leading_word(body)
    rest = body[len(word) :].strip()
    if body.startswith("}"):
        word = _leading_word(rest := body[1:].strip())
        if word not in ("else", "elsif"):
            return Act.END, "", ""
        rest = rest[len(word) :].strip()
    rest = rest.removesuffix("{").rstrip()
    if word in ("if", "unless", "case"):
        return Act.OPEN, "if", f"not ({rest})" if word == "unless" else rest
    if word in ("else", "elsif", "when"):
        return Act.ELSE, "" if word == "else" else "if", "" if word == "else" else rest
    if word == "end":
        return Act.END, "", ""
    if (chosen := _EPP_CASE.match(body)) is not None:
        return Act.OPEN, "if", chosen[1].rstrip()
    if _ERB_LOOP.search(body):
        return Act.OPEN, "range", body
    return Act.SET, "", body


# -- envsubst ---------------------------------------------------------------------------------------


def _envsubst(text: str) -> Iterator[Action]:
    for match in _ENVSUBST.finditer(text):
        name = match["braced"] or match["plain"]
        yield Action(match.start(), match.end(), Act.OUTPUT, "", name, (False, False))


_READERS: dict[Dialect, Callable[[str], Iterator[Action]]] = {
    Dialect.GO: _go,
    Dialect.JINJA: _jinja,
    Dialect.ERB: _erb,
    Dialect.ENVSUBST: _envsubst,
}
