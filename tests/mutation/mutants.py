"""The mutants: every change of one word that a module can undergo, and the statement that it stands in."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent

COMPARISONS = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip

NOT_BEHAVIOUR = {"cwe", "since", "category", "formats", "precision", "repr", "compare", "maxsize"}
"""Keyword arguments that people read and no test can fail on."""


# -- mutants --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mutant:
    """The ``number``-th mutant of a module, and what it does to which line."""

    path: Path
    number: int
    line: int
    what: str

    @property
    def name(self) -> str:
        return f"{self.path.relative_to(ROOT).as_posix()}:{self.line}: {self.what}"


def mutants(path: Path) -> list[Mutant]:
    """Return every mutant of a module, in the order of the file."""
    tree = ast.parse(path.read_text("utf-8"))
    return [Mutant(path, number, line, what) for number, (line, what) in enumerate(_places(tree, None))]


def mutated(mutant: Mutant) -> ast.Module:
    """Return the module's tree with one mutant in it."""
    tree = ast.parse(mutant.path.read_text("utf-8"))
    for number, _ in enumerate(_places(tree, mutant.number)):
        if number == mutant.number:
            break
    return ast.fix_missing_locations(tree)


def _places(tree: ast.Module, chosen: int | None) -> Iterator[tuple[int, str]]:
    """Yield line and description of every mutant; the one that is chosen is put into the tree when it is reached."""
    count = 0
    for parent, name, index, node in list(_nodes(tree)):
        for what, replacement in _changes(node):
            if count == chosen:
                if index is None:
                    setattr(parent, name, replacement)
                else:
                    getattr(parent, name)[index] = replacement
            yield getattr(node, "lineno", 0), what
            count += 1


def _nodes(parent: ast.AST) -> Iterator[tuple[ast.AST, str, int | None, ast.AST]]:
    """Yield every node that behaves, with the place it hangs at; annotations and docstrings do not behave."""
    for name, value in ast.iter_fields(parent):
        if name in ("annotation", "returns", "type_params") or (name == "bases" and isinstance(parent, ast.ClassDef)):
            continue
        for index, node in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if not isinstance(node, ast.AST) or isinstance(
                node, (ast.Assert, ast.Import, ast.ImportFrom, ast.JoinedStr)
            ):
                continue
            if isinstance(node, ast.keyword) and node.arg in NOT_BEHAVIOUR:
                continue
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
                continue
            if isinstance(node, ast.Assign) and any(
                isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets
            ):
                continue
            yield parent, name, index, node
            yield from _nodes(node)


def _changes(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Yield every change of one node: what it is, and the node to put there."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in COMPARISONS:
        other = copy.deepcopy(node)
        other.ops = [COMPARISONS[type(node.ops[0])]()]
        yield f"{ast.unparse(node)}  →  {ast.unparse(other)}", other
    elif isinstance(node, ast.BoolOp):
        swapped = copy.deepcopy(node)
        swapped.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield f"{ast.unparse(node)}  →  {ast.unparse(swapped)}", swapped
        for left_out in node.values:
            rest = [value for value in node.values if value is not left_out]
            other = rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
            yield f"{ast.unparse(node)}  →  {ast.unparse(other)}", copy.deepcopy(other)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield f"{ast.unparse(node)}  →  {ast.unparse(node.operand)}", copy.deepcopy(node.operand)
    elif isinstance(node, ast.IfExp):
        for always in (node.body, node.orelse):
            yield f"{ast.unparse(node)}  →  {ast.unparse(always)}", copy.deepcopy(always)
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield f"{node.value}  →  {not node.value}", ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        yield f"{node.value}  →  {node.value + 1}", ast.Constant(node.value + 1)
    elif isinstance(node, (ast.Set, ast.Tuple, ast.List)) and len(node.elts) > 1:
        if isinstance(getattr(node, "ctx", None), ast.Store) or not all(map(_is_member, node.elts)):
            return
        for left_out in node.elts:
            other = copy.deepcopy(node)
            other.elts = [copy.deepcopy(each) for each in node.elts if each is not left_out]
            yield f"without the member {ast.unparse(left_out)}", other
    elif (
        isinstance(node, ast.Dict) and len(node.keys) > 1 and all(isinstance(key, ast.Constant) for key in node.keys)
    ):
        for number, key in enumerate(node.keys):
            other = copy.deepcopy(node)
            del other.keys[number], other.values[number]
            yield f"without the entry {ast.unparse(key)}", other
    elif isinstance(node, ast.Return) and node.value is not None and not _is_none(node.value):
        yield f"{ast.unparse(node)}  →  return None", ast.Return(ast.Constant(None))
    elif isinstance(node, ast.Expr) and isinstance(node.value, (ast.Yield, ast.YieldFrom)):
        yield f"without {ast.unparse(node).splitlines()[0]}", ast.Pass()


def _is_member(node: ast.expr) -> bool:
    return isinstance(node, (ast.Constant, ast.Attribute))


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
