"""Texts that no format takes, told by their keys: what a scan of a repository composes is mostly somebody else's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dindguard.documents import syntax, top_keys
from dindguard.documents.json_glance import glance
from dindguard.documents.yaml_outline import parts
from dindguard.formats import registry
from dindguard.formats.recognition import Recogniser
from dindguard.patterns import regex
from dindguard.source import Source

if TYPE_CHECKING:
    from dindguard.trees import Trees

_IS_DESCRIPTION = regex(r"(?m)^(?:swagger|openapi):[ \t]*+[\"']?\d")
"""An interface's description, of which there are long ones in many repositories: its version stands at its top."""

_OTHERS_TOO = frozenset({"info", "servers"})
"""Keys at the top of an interface's description that mean something else in others' documents."""


def passed_over(source: Source, trees: Trees) -> bool:
    """Whether no format takes any document of a text; they are noted as unread then, and no tree of them is made.

    That is not asked of what a chart's values fill in.
    """
    if not is_nobodys(source, trees.recogniser):
        return False
    if syntax.has_actions(source.text) and trees.home(source):
        return False
    for part in _documents(source, trees.recogniser.tree_syntax(source)):
        trees.unread(part)
    trees.forget(source)
    return True


def is_nobodys(source: Source, recogniser: Recogniser) -> bool:
    """Whether it can be told without a tree of a text that no format claims any of its documents.

    It cannot of texts that are templates by name, nor of those inside others that have actions.
    """
    written, text = recogniser.tree_syntax(source), source.text
    acts = syntax.has_actions(text)
    if acts and (source.parent is not None or syntax.without_template(source.path) != source.path):
        return False
    if recogniser.name_says_enough(source):
        return False
    if written == syntax.JSON:
        node = glance(source)
        return (
            node is not None
            and not recogniser.formats_of(source, node)
            and recogniser.idle_format(source, node) is None
        )
    if written != syntax.YAML or (acts and not top_keys.actions_in_texts_alone(text)):
        return False
    keys, told = top_keys.top_keys(text), recogniser.told(source)
    if keys is None:
        return False
    of_an_interface = "paths" in keys and _IS_DESCRIPTION.search(text) is not None and len(parts(text)) == 1
    if of_an_interface:
        keys -= _OTHERS_TOO
    return not any(
        not row.keys
        or not keys.isdisjoint(row.keys)
        or row.name in told
        or (not of_an_interface and top_keys.may_have(text, row.within))
        for row in registry.written_in(written)
        if row.shape is not None or row.part is not None
    )


def _documents(source: Source, written: str) -> Iterator[Source]:
    """Yield the documents of a text, itself where there is one."""
    several = [*top_keys.stretches(source.text)] if written == syntax.YAML else []
    yield from [source.part(start, end) for start, end in several] if len(several) > 1 else [source]
