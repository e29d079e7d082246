"""Which reader makes a tree of a syntax; each is imported when a text asks for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from dindguard.documents.syntax import GROOVY, HCL, JSON, TOML, without_template
from dindguard.patterns import regex
from dindguard.source import Source

if TYPE_CHECKING:
    from dindguard.documents.yaml import Tree


_FILLED = regex(r"(?m)\$\{|^[ \t]*+\$\w++[ \t\r]*+$")
"""What a script or another template puts into a text before it is YAML: a value, or a line of its own."""
_OF_TERRAFORM = regex(r"(?m)^[ \t]*+%\{~?[ \t]*+(?:if|for)\b")
"""A line with a directive of Terraform, whose templates have the names of what they become."""


def reader(syntax: str) -> Callable[[Source], Tree]:
    """Return the function that reads a syntax of :data:`TREES`."""
    if syntax == JSON:
        from dindguard.documents import json

        return json.read
    if syntax == TOML:
        from dindguard.documents import toml

        return toml.read
    if syntax in (GROOVY, HCL):
        return _of_our_own(syntax)
    return _yaml


def _yaml(source: Source) -> Tree:
    """Read YAML; of a template whose directives are no YAML, what stands beside them."""
    from dindguard.documents import yaml

    tree = yaml.read(source)
    if tree.readable or not _may_have_directives(source):
        return tree
    from dindguard.documents.template import directives  # few trees have templates of Terraform

    return directives.read(source) or tree


def _may_have_directives(source: Source) -> bool:
    """Whether a text is a template: something else writes it, its name says so, or lines that no YAML has."""
    if source.parent is not None and _FILLED.search(source.text) is not None:
        return True
    return without_template(source.path) != source.path or _OF_TERRAFORM.search(source.text) is not None


def _of_our_own(syntax: str) -> Callable[[Source], Tree]:
    if syntax == GROOVY:
        from dindguard.documents.groovy import reader as groovy

        return groovy.read
    from dindguard.documents.hcl import reader as hcl

    return hcl.read
