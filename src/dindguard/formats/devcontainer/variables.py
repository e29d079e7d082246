"""``${…}`` in ``devcontainer.json``: what the tool knows when it opens the folder, and the files do not.

Source: devcontainers/spec, "Variables in devcontainer.json".
"""

from __future__ import annotations

import re

from dindguard.documents.placeholders import substitute
from dindguard.model.values import How, Text, unknown
from dindguard.patterns import regex

_VARIABLE = regex(r"\$\{([^{}]*)\}")


class Variables:
    """The dialect of one file. A variable of the machine is unknown; its default holds where it has one."""

    def concerns(self, content: str) -> bool:
        """Whether a scalar may hold a variable."""
        return "${" in content

    def resolve(self, text: Text) -> Text:
        """Return ``text`` with its variables replaced as far as the file decides them."""
        return substitute(text, _VARIABLE, lambda match: _value(match, text)) if "${" in text.pattern else text


def _value(match: re.Match[str], text: Text) -> Text:
    kind, _, rest = match[1].partition(":")
    name, colon, default = rest.partition(":")
    if kind in ("localEnv", "env", "containerEnv") and colon:
        return Text(default, text.span, How.DEFAULT, raw=match[0])
    return unknown(text.span, name or kind, match[0])
