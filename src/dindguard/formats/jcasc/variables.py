"""``${…}`` in Jenkins' configuration: variables and secrets of the machine that it runs on.

Source: jenkinsci/configuration-as-code-plugin, ``docs/features/secrets.adoc`` (``${V:-default}``, ``${readFile:…}``; ``^${`` is
no variable).
"""

from __future__ import annotations

import re

from dindguard.documents.placeholders import substitute
from dindguard.model.values import How, Text, unknown
from dindguard.patterns import regex

_VARIABLE = regex(r"\^?\$\{([^{}]*)\}")


class Variables:
    """The dialect of one file: only a default is known."""

    def concerns(self, content: str) -> bool:  # noqa: ARG002 - other dialects ask it
        """Whether a scalar has to know the scope: each does, for it may be a document."""
        return True

    def resolve(self, text: Text) -> Text:
        """Return ``text`` with its variables replaced as far as the file decides them."""
        return substitute(text, _VARIABLE, lambda match: _value(match, text)) if "${" in text.pattern else text


def _value(match: re.Match[str], text: Text) -> Text | str:
    if match[0].startswith("^"):
        return match[0][1:]
    name, colon, default = match[1].partition(":-")
    return Text(default, text.span, How.DEFAULT, raw=match[0]) if colon else unknown(text.span, name, match[0])
