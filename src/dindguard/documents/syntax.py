"""Syntaxes: what a file's name says about how it is written."""

from __future__ import annotations

from dindguard.patterns import regex
from dindguard.source import Source

YAML, JSON, TOML, GROOVY, HCL = "yaml", "json", "toml", "groovy", "hcl"
TREES = (YAML, JSON, TOML, GROOVY, HCL)
"""Syntaxes that a reader here turns into a tree; a text in any other is read by its format itself."""

_TEMPLATES = frozenset({"j2", "jinja", "jinja2", "erb", "epp", "tpl", "tmpl", "tftpl", "gotmpl", "template"})
_EXAMPLES = frozenset({"dist", "example", "sample", "in", "envsubst"})
"""Endings of templates and examples; what they are made from counts."""

_BY_ENDING = {
    "yaml": YAML, "yml": YAML, "manifest": YAML, "json": JSON, "jsonc": JSON, "ign": JSON, "toml": TOML, "groovy": GROOVY,
    "tf": HCL, "tofu": HCL, "hcl": HCL, "nomad": HCL,
}  # fmt: skip
_EXEMPLIFIED = (YAML, JSON, TOML)
"""Syntaxes of which there are templates and examples whose own name's ending stands before that which says so."""
_OF_JOBS = ("nomad", "hcl")
"""Endings of HCL of which there are templates as well: jobs, of which one text is filled in for each environment."""

_OF_A_CHART = regex(r"(?:^|/)templates/(?:(?!/templates/).)*+(?<=[^/]\.tpl)\Z")
_TEXTS = frozenset({
    "bash", "cfg", "conf", "css", "env", "html", "ini", "js", "lua", "php", "pl", "properties", "ps1", "py", "rb", "service",
    "sh", "sql", "txt", "xml",
})  # fmt: skip
"""Endings of what is no manifest: a chart takes such a template into one, and others have a folder of that name too."""


def is_library(path: str) -> bool:
    """Whether a file in a chart's ``templates`` holds named templates only, by its name."""
    name = path.rpartition("/")[2]
    return name.startswith("_") or name.endswith(".tpl")


def without_template(name: str) -> str:
    """Return a file's name without the ending that says that it is a template."""
    stem, dot, ending = name.rpartition(".")
    return stem if dot and ending.lower() in _TEMPLATES else name


def may_be_filled(source: Source) -> bool:
    """Whether something may put values into a text before it is read: a script that writes it, or its name says so."""
    return source.parent is not None or without_template(source.path) != source.path


def has_actions(text: str) -> bool:
    """Whether a text holds marks of a template's actions.

    A character alone is found a hundred times as fast as two, and most long texts have few that begin an action.
    """
    at = text.find("{")
    for _ in range(_BRACES):
        if at < 0:
            return "%" in text and "<%" in text
        if text.startswith(("{{", "{%"), at):
            return True
        at = text.find("{", at + 1)
    return "{{" in text or ("%" in text and ("{%" in text or "<%" in text))


_BRACES = 100
"""So many are looked at one by one."""


def by_name(name: str) -> str:
    """Return the tree's syntax that a file name's extension names; ``""`` for any other file."""
    stem, dot, ending = name.rpartition(".")
    ending = ending.lower() if dot else ""
    if ending in _BY_ENDING:
        return _BY_ENDING[ending]
    if ending not in _TEMPLATES and ending not in _EXAMPLES:
        return ""
    _, dot, before = stem.rpartition(".")
    syntax = _BY_ENDING.get(before.lower(), "") if dot else ""
    if syntax in _EXEMPLIFIED or before.lower() in _OF_JOBS:
        return syntax
    return YAML if ending == "tpl" and before.lower() not in _TEXTS and _OF_A_CHART.search(name) else ""
