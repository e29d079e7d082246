"""What composes YAML: libyaml where it is installed and safe, PyYAML's own parser where it is not."""

from __future__ import annotations

import importlib
from operator import is_
from typing import Any, TypeAlias

from dindguard.documents import libyaml
from dindguard.documents.kinds import MERGE
from dindguard.patterns import regex

YamlNode: TypeAlias = Any

_IMPLICIT = "tag:yaml.org,2002:str"
_DEEP = 200
_RUN_OF_INDICATORS = regex(r"(?:[-?] +){60,}")
_INDICATORS = "-" * 60
_BETWEEN_INDICATORS = ("- - ", "-  ", "? ")
"""One of these stands in each run of them; to look for all costs half of what it costs to copy a text."""
_NO_BRACKETS = bytes.maketrans(b"", b"").translate(None, b"[]{}")
_ONE_KIND = bytes.maketrans(b"[{]}", b"(())")


def _with_libyaml() -> Any:
    """Return libyaml's composer where it is installed, without the resolver, which it asks in Python about every node.

    Of all implicit tags, only the merge key's means anything here: no value is constructed.
    """
    binding = libyaml.binding()
    if binding is None:
        return None
    parser: Any = binding.CParser
    scalar = importlib.import_module("yaml.nodes").ScalarNode

    class Composer(parser):  # type: ignore[misc]  # it has no types
        def resolve(self, kind: type[YamlNode], value: str | None, implicit: tuple[bool, bool]) -> str:
            return MERGE if value == "<<" and kind is scalar and implicit[0] else _IMPLICIT

        # Both are called for every node and have nothing to do: a builtin that takes the same arguments does that in half the
        # time that a method of ours takes.
        descend_resolver = is_
        ascend_resolver = bool

    return Composer


def pure() -> Any:
    """Return PyYAML's own parser."""
    from dindguard.documents.yaml_pure import PureLoader

    return PureLoader


FastLoader: Any = _with_libyaml() or pure()
YAMLError: Any = importlib.import_module("yaml.error").YAMLError


def too_deep(text: str) -> bool:
    """Whether brackets may nest so deeply that libyaml's stack overflows (100,000 do)."""
    if text.count("[") + text.count("{") > _DEEP:
        brackets = text.encode(errors="replace").translate(_ONE_KIND, _NO_BRACKETS)
        for _ in range(_DEEP):
            fewer = brackets.replace(b"()", b"")
            if len(fewer) == len(brackets):
                break
            brackets = fewer
        else:
            return True
        if brackets.count(b"(") > _DEEP - 1:
            return True
    if not any(each in text for each in _BETWEEN_INDICATORS):
        return False
    return _INDICATORS in text.replace(" ", "").replace("?", "-") and _RUN_OF_INDICATORS.search(text) is not None
