"""The page of the model: every kind of object with its fields, from the docstrings beside them."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from typing import Any

import dindguard.model
from dindguard.enumerations import IntEnum, StrEnum
from dindguard.expressions import schema
from dindguard.model.model import KINDS
from dindguard.rules import API

HEAD = f"""<!-- Written by docs/generate.py: edit the docstrings of src/dindguard/model instead. -->
# The model

What rules see, field by field. **Version {API}** (`dindguard.api.API`): a pack states the version it was written for. Within
one version fields are added, and none is renamed or removed.

A `Flag` is on, off or unknown, and has no truth value. A `Text` knows its value or the variable that decides it. Everything
has a `span`: where it is written. *Concluded* attributes come from `infer/`; the others are what files say.

A rule's `each=` is one of: {", ".join(f"[`{name}`](#{name.lower()})" for name in sorted(KINDS))}.
"""


def page() -> str:
    """Return the page: the kinds that a rule may ask for first, then what they are made of."""
    kinds = {kind.__name__: kind for kind in schema.kinds() if _is_told(kind)}
    for group in {group for kind in kinds.values() for group in _groups(kind)}:
        del kinds[group.__name__]
    order = [*sorted(KINDS), *sorted(set(kinds) - set(KINDS))]
    return "\n\n".join([HEAD.strip(), *(section(kinds[name]) for name in order if name in kinds)]) + "\n"


def _is_told(kind: type[Any]) -> bool:
    """Whether a class is a record or an enumeration of the model itself."""
    in_model = kind.__module__.startswith(f"{dindguard.model.__name__}.")
    return in_model and (hasattr(kind, "__record_fields__") or issubclass(kind, (StrEnum, IntEnum)))


def _groups(kind: type[Any]) -> tuple[type[Any], ...]:
    """Return the records that a kind is put together from."""
    return tuple(base for base in kind.__bases__ if hasattr(base, "__record_fields__"))


def section(kind: type[Any]) -> str:
    """Return what is said of one kind: its docstring, its fields group by group, what it tells besides."""
    parts = [f"## {kind.__name__}", _prose(inspect.getdoc(kind) or "")]
    for group in _groups(kind):
        parts += [f"**{group.__name__}.** {_prose(inspect.getdoc(group) or '')}", _table(group)]
    parts.append(_table(kind))
    return "\n\n".join(part for part in parts if part)


def _table(kind: type[Any]) -> str:
    lines = [f"| `{name}` | {_cell(form)} | {_cell(text)} |" for name, form, text in _members(kind)]
    return "\n".join(["| name | is | |", "|---|---|---|", *lines]) if lines else ""


def _members(kind: type[Any]) -> Iterator[tuple[str, str, str]]:
    """Yield name, type and meaning of fields, enumeration members and properties, in the order of the source."""
    tree = ast.parse(inspect.getsource(kind)).body[0]
    assert isinstance(tree, ast.ClassDef)
    for node, after in zip(tree.body, [*tree.body[1:], None], strict=True):
        said = _prose(after.value.value) if _is_text(after) else ""  # type: ignore[union-attr]
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            if not node.target.id.startswith("_"):
                yield node.target.id, f"`{ast.unparse(node.annotation)}`", said
        elif (
            isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and issubclass(kind, (StrEnum, IntEnum))
        ):
            yield node.targets[0].id, f"`{ast.unparse(node.value)}`", said
        elif isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and _is_property(node):
            form = ast.unparse(node.returns) if node.returns is not None else ""
            yield node.name, f"`{form}`, concluded", _prose((ast.get_docstring(node) or "").split("\n\n")[0])


def _is_text(node: ast.stmt | None) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _is_property(node: ast.FunctionDef) -> bool:
    return any(
        isinstance(each, ast.Name) and each.id in ("property", "cached_property") for each in node.decorator_list
    )


def _prose(text: str) -> str:
    """Return a docstring as Markdown: roles and double backticks as code."""
    text = re.sub(r":\w+:`~?(?:[\w.]+\.)?(\w+)`", r"`\1`", inspect.cleandoc(text))
    return text.replace("``", "`")


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
