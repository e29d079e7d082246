"""Every regular expression of dindguard and its rules: found where modules make them, and by reading their source.

Run as a program it writes each as a line of JSON: where it is made, the pattern, its flags, and how it is asked.
"""

from __future__ import annotations

import ast
import importlib
import json
import os
import pkgutil
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
FOLDERS = (ROOT / "src/dindguard", ROOT / "rules/dindguard_rules")
ASKED = ("match", "fullmatch", "search", "finditer", "findall", "sub", "subn", "split")


def modules() -> Iterator[tuple[Path, ast.Module]]:
    """Yield every module with its syntax tree."""
    for folder in FOLDERS:
        for path in sorted(folder.rglob("*.py")):
            yield path, ast.parse(path.read_text("utf-8"))


def makers(tree: ast.Module) -> Iterator[ast.Call]:
    """Yield the calls that make a pattern, or ask one by its text."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        if called in ("regex", "patterns.regex", "re.compile") or (called.startswith("re.") and called[3:] in ASKED):
            yield node


def asked(tree: ast.Module) -> dict[str, set[str]]:
    """Return by the name of a pattern the methods that a module calls on it."""
    found: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in ASKED:
            name = ast.unparse(node.value).removesuffix("()").rpartition(".")[2]
            found.setdefault(name, set()).add(node.attr)
    return found


def names(tree: ast.Module) -> dict[int, str]:
    """Return by line the name that a pattern made there gets, where it gets one by itself."""
    found = {}
    for node in ast.walk(tree):
        value = getattr(node, "value", None)
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(value, ast.Call):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(target, ast.Name):
                found[value.lineno] = target.id
    return found


def record() -> list[dict[str, Any]]:
    """Import every module and return the patterns that were made meanwhile."""
    from dindguard import patterns

    made: list[dict[str, Any]] = []
    compiled = re.compile

    def note(text: Any, flags: Any = 0) -> None:
        frame = sys._getframe(2)
        path = frame.f_code.co_filename
        if any(path.startswith(str(folder)) for folder in FOLDERS):
            made.append({"path": path, "line": frame.f_lineno, "pattern": text, "flags": int(flags)})

    def regex(text: Any, flags: Any = 0) -> Any:
        note(text, flags)
        return lazily(text, flags)

    def compile_(text: Any, flags: Any = 0) -> Any:
        note(text, flags)
        return compiled(text, flags)

    lazily, patterns.regex, re.compile = patterns.regex, regex, compile_  # type: ignore[assignment]
    for package in ("dindguard", "dindguard_rules"):
        for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    patterns.regex, re.compile = lazily, compiled
    return made + _of_rows()


def _of_rows() -> list[dict[str, Any]]:
    """Return the patterns of the formats' rows, which are kept as text."""
    from dindguard.formats import registry

    found = []
    for row in registry.rows():
        texts = {name: getattr(row, name) for name in ("names", "refuses", "first_line", "beginning", "installed")}
        texts |= {f"words {index}": word[1] for index, word in enumerate(row.words) if not isinstance(word, str)}
        texts |= {f"unmodelled {index}": word[1] for index, word in enumerate(row.unmodelled)}
        for name, text in texts.items():
            if text:
                path = str(FOLDERS[0] / "formats" / row.name / "__init__.py")
                how = ["match"] if name == "first_line" else ["search"]
                found.append(
                    {"path": path, "line": 0, "pattern": text, "flags": 0, "how": how, "name": f"{row.name} {name}"}
                )
    return found


def complete() -> list[dict[str, Any]]:
    """Return every pattern once, with how it is asked; raises ``LookupError`` for one that was not found by importing."""
    made = record()
    seen: dict[tuple[str, int], dict[str, Any]] = {}
    for each in made:
        seen.setdefault((each["path"], each["line"]), each)
    found = [each for each in made if "how" in each]
    for path, tree in modules():
        named, how = names(tree), asked(tree)
        for call in makers(tree):
            lines = range(call.lineno, (call.end_lineno or call.lineno) + 1)
            here = [each for each in made if each["path"] == str(path) and each["line"] in lines]
            text = call.args[0] if call.args else None
            method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
            if not here and isinstance(text, ast.Constant) and method in ASKED:
                here = [{"path": str(path), "line": call.lineno, "pattern": text.value, "flags": 0, "how": [method]}]
            name = named.get(call.lineno, "")
            for each in here:
                known = sorted(how.get(name, {"search"})) if name.startswith("_") else ["search"]
                known = [method] if method in ASKED else known
                found.append({"how": known, "name": name, **each})
            if not here:
                found.append({"path": str(path), "line": call.lineno, "pattern": None, "name": ast.unparse(call)})
    once = {(each["pattern"], each.get("flags"), tuple(each.get("how", ()))): each for each in found}
    return [each | {"path": os.path.relpath(each["path"], ROOT)} for each in once.values()]


if __name__ == "__main__":
    for each in complete():
        if isinstance(each["pattern"], bytes):
            each |= {"pattern": each["pattern"].decode("latin-1"), "bytes": True}
        print(json.dumps(each))
