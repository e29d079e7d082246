"""New values as text: ruamel.yaml writes YAML, and only the new node of it."""

from __future__ import annotations

import io
import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from dindguard.records import record

if TYPE_CHECKING:
    from dindguard.documents.changes import Content

_PLAIN = re.compile(r"[A-Za-z/.][\w./@+-]*(?::[\w./@+-]+)*")
_WORDS = frozenset({"y", "yes", "n", "no", "on", "off", "true", "false", "null"})
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


@record
class Look:
    """How a YAML file is indented: the columns of a mapping's entries, and of a list's dashes below their key."""

    step: int = 2
    dash: int = 2


def yaml_scalar(value: str | bool | int, style: str = "") -> str:
    """Return a scalar as YAML, in the quotes of the one that it takes the place of."""
    if isinstance(value, str) and style == "single":
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, str) and style == "double":
        return json.dumps(value, ensure_ascii=False)
    return yaml_flow(value)


def yaml_flow(value: Content) -> str:
    """Return a value as YAML on one line."""
    return _flow_of(json.dumps(value))


def yaml_block(value: Content, look: Look) -> list[str]:
    """Return a mapping or a list as the lines of a YAML block, not yet indented."""
    return _block_of(json.dumps(value), look).split("\n")


@lru_cache(maxsize=256)
def _flow_of(value: str) -> str:
    """Return a value, which is told as JSON, on one line: many fixes of a file write the same."""
    return _dump([_wrapped(json.loads(value), flow=True)], Look(2, 0))[2:].rstrip("\n")


@lru_cache(maxsize=256)
def _block_of(value: str, look: Look) -> str:
    return _dump(_wrapped(json.loads(value), flow=False), look).rstrip("\n")


def _wrapped(value: Content, *, flow: bool) -> Any:
    from ruamel.yaml.comments import CommentedMap, CommentedSeq
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    made: Any
    if isinstance(value, dict):
        made = CommentedMap({key: _wrapped(inner, flow=flow) for key, inner in value.items()})
    elif isinstance(value, list):
        flow = flow or (all(isinstance(inner, str) and len(inner) < 30 for inner in value) and len(value) > 1)
        made = CommentedSeq(_wrapped(inner, flow=flow) for inner in value)
    else:
        return DoubleQuotedScalarString(value) if isinstance(value, str) and not _may_be_plain(value) else value
    if flow:
        made.fa.set_flow_style()
    return made


def _may_be_plain(text: str) -> bool:
    return _PLAIN.fullmatch(text) is not None and text.lower() not in _WORDS


def _dump(value: Any, look: Look) -> str:
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.width = 1_000_000
    yaml.indent(mapping=look.step, sequence=look.dash + 2, offset=look.dash)
    out = io.StringIO()
    yaml.dump(value, out)
    return out.getvalue()


def json_value(value: Content) -> str:
    """Return a value as JSON on one line."""
    return json.dumps(value, ensure_ascii=False)


def toml_value(value: Content) -> str:
    """Return a value as TOML on one line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{toml_key(key)} = {toml_value(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def toml_key(key: str) -> str:
    """Return a key as TOML, quoted where it must be."""
    return key if _BARE_KEY.fullmatch(key) else json.dumps(key, ensure_ascii=False)
