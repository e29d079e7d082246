"""The comments that a template's actions are: ``{{/* … */}}``, ``{# … #}``, ``<%# … %>``."""

from __future__ import annotations

from dindguard.documents.template import detection
from dindguard.documents.template.actions import Act, actions
from dindguard.documents.template.neutral import Neutral
from dindguard.source import Source


def apart(source: Source) -> tuple[str, list[tuple[int, int, str]]]:
    """Return a text without its actions, and its own comments: start, end, and what they say behind a sign.

    The text has the length of the source's; a text that is no template is returned as it is.
    """
    dialect = detection.by_name(source.path) or detection.by_text(source.text)
    if dialect is None:
        return source.text, []
    found = actions(source.text, dialect)
    said = [
        (each.start, each.end, f"# {each.expression.lstrip('/*# ').removesuffix('*/').strip()}")
        for each in found
        if each.act is Act.COMMENT
    ]
    return Neutral(source.text, found, dialect).text, said
