"""Which texts are templates, and in which language."""

from __future__ import annotations

import re

from dindguard.documents.template.actions import Dialect, actions
from dindguard.patterns import regex
from dindguard.source import Source

_BY_NAME = {
    ".j2": Dialect.JINJA, ".jinja": Dialect.JINJA, ".jinja2": Dialect.JINJA, ".erb": Dialect.ERB, ".epp": Dialect.ERB,
    ".gotmpl": Dialect.GO,
}  # fmt: skip
_MARKS = ("{{", "{%", "<%")
_GO_WORDS = regex(
    r"-?\s*(?:[.$(\"`]|/\*|(?:if|else|end|range|with|define|block|template|include|toYaml|fail)\b"
    r"|[a-zA-Z]+\s+[.$(\"`])"
)
_ENVIRONMENT = regex(r"^[ \t]*+\$\{?\w++\}?[ \t\r]*$", re.MULTILINE)


def may_be_template(source: Source) -> bool:
    """Whether a text holds the beginning of any action; most texts do not."""
    text = source.text
    return any(mark in text for mark in _MARKS)


def by_name(path: str) -> Dialect | None:
    """Return the language that a file's name tells; ``None`` when it tells none."""
    name = path.rpartition("/")[2].lower()
    return next((dialect for ending, dialect in _BY_NAME.items() if name.endswith(ending)), None)


def by_text(text: str) -> Dialect | None:
    """Return the language that a text's first actions look like; ``None`` for a text without any."""
    if "{%" in text and actions(text, Dialect.JINJA):
        return Dialect.JINJA
    start = text.find("{{")
    if start >= 0:
        return Dialect.GO if _GO_WORDS.match(text, start + 2) else Dialect.JINJA
    if "<%" in text:
        return Dialect.ERB
    return Dialect.ENVSUBST if _ENVIRONMENT.search(text) else None
