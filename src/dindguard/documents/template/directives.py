"""Templates of Terraform: directives and inserted blocks taken out of a text, so that the rest can be read as it stands."""

from __future__ import annotations

import re

from dindguard.documents import yaml
from dindguard.documents.yaml import Tree
from dindguard.documents.yaml_nodes import hidden
from dindguard.patterns import regex
from dindguard.source import Notice, Source

_DIRECTIVE = regex(r"%\{~?[^{}\n]{0,500}\}")
_INSERTED = regex(r"^[ \t]*+(?:\$(?:\{(?:[^{}\n]{0,500}|\{[^{}\n]{0,500}\})\}|\w++)[ \t]*+)+(?=\r?$)", re.MULTILINE)
"""A line that expressions write alone: a block that only the template's caller knows."""
_UNKNOWN = regex(r"\$\{\{[^{}\n]{0,500}\}\}")
"""How a text that stands in another file has what nobody knows, Terraform's directives among it; in a list in brackets it
would begin a mapping."""
_VARIABLE = regex(r"\$\{[^{}\n]{0,500}\}")
"""What a script puts into a text before it is YAML: in braces it would begin a mapping there."""
_TO_PLAIN = str.maketrans("{}[],:#\"'", "()_______")

_SAID = "a template: both branches of its conditions are read, and what it inserts is not known here"


def read(source: Source) -> Tree | None:
    """Return what a template of Terraform, or a text that a script fills in, says beside directives and variables.

    ``None`` for a text that they do not explain.
    """
    without = without_directives(source.text)
    filled = _VARIABLE.sub(lambda match: hidden(match[0]), without)
    for text in (filled,) if source.parent is not None else (without, filled):
        if text == source.text:
            continue
        tree = yaml.read_part(source, text, 0, hides=text != without)
        if tree.readable:
            if without != source.text:
                tree.notices.append(Notice("unresolved", _SAID, source.whole()))
            return tree
    return None


def without_directives(text: str) -> str:
    """Return a text of the same length with blanks for ``%{ … }`` and for lines of nothing but ``${ … }``; both branches stay."""
    for pattern in (_DIRECTIVE, _INSERTED):
        text = pattern.sub(lambda match: " " * len(match.group()), text)
    return _UNKNOWN.sub(lambda match: match.group().translate(_TO_PLAIN), text)
