"""Dockerfiles, edited by dockerfile-parse: what it writes is compared line by line, and only the lines meant are taken."""

from __future__ import annotations

import io
from typing import Any

from dindguard.documents.dockerfile.reader import read
from dindguard.fixes.splices import RefusedError, Splice
from dindguard.source import Source


def instruction_at(text: str, line: int) -> dict[str, Any]:
    """Return the instruction on a 1-based line as dockerfile-parse tells it; raises :class:`RefusedError` without one."""
    for each in _parser(text).structure:
        if each["startline"] <= line - 1 <= each["endline"]:
            return dict(each)
    raise RefusedError("no instruction stands there")


def set_value(text: str, line: int, old: str, new: str) -> Splice:
    """Return the splice that gives an instruction on one line (``FROM``, ``ENV``) another image or value."""
    found = instruction_at(text, line)
    if found["startline"] != found["endline"]:
        raise RefusedError("the instruction goes over several lines")
    parser = _parser(text)
    if found["instruction"] == "FROM":
        images = parser.parent_images
        index = [each for each in parser.structure if each["instruction"] == "FROM"].index(found)
        if images[index] != old:
            raise RefusedError("the image is written with variables")
        parser.parent_images = [*images[:index], new, *images[index + 1 :]]
    elif found["instruction"] == "ENV":
        names = [name for name, value in parser.envs.items() if value == old and name in found["value"]]
        if len(names) != 1:
            raise RefusedError("the value is written with variables")
        parser.envs[names[0]] = new
    else:
        raise RefusedError("the instruction is none that is changed")
    return _changed(text, parser.content, line - 1)


def sets(text: str, line: int) -> bool:
    """Whether an instruction that gives an image or variables stands on a line."""
    return instruction_at(text, line)["instruction"] in ("FROM", "ENV")


def is_lone_variable(text: str, line: int) -> bool:
    """Whether the instruction on a line sets one variable and nothing else."""
    found = instruction_at(text, line)
    alone = found["startline"] == found["endline"] and found["value"].count("=") <= 1
    return bool(found["instruction"] == "ENV" and alone and "$" not in found["value"])


def without_line(text: str, line: int) -> Splice:
    """Return the splice that takes a line away."""
    lines = text.split("\n")
    start = sum(len(each) + 1 for each in lines[: line - 1])
    return Splice(start, min(start + len(lines[line - 1]) + 1, len(text)), "")


def same_shape(before: str, after: str, taken: int = 0) -> bool:
    """Whether two Dockerfiles have the same instructions in the same order, but for ``taken`` that are gone.

    A line that was taken may be one of a here-document.
    """
    old, new = _instructions(before), _instructions(after)
    return old == new or (0 < taken == len(old) - len(new) and set(new) <= set(old))


def _instructions(text: str) -> list[str]:
    """Return the instructions in order; dockerfile-parse takes the lines of here-documents for instructions."""
    if "<<" in text:
        return [each.name for each in read(Source("Dockerfile", text)).instructions]
    return [each["instruction"] for each in _parser(text).structure if each["instruction"] != "COMMENT"]


def _changed(before: str, after: str, line: int) -> Splice:
    old, new = before.split("\n"), after.split("\n")
    if len(old) != len(new) or old[:line] != new[:line] or old[line + 1 :] != new[line + 1 :]:
        raise RefusedError("more than its line would change")
    start = sum(len(each) + 1 for each in old[:line])
    return Splice(start, start + len(old[line]), new[line])


def _parser(text: str) -> Any:
    from dockerfile_parse import DockerfileParser

    return DockerfileParser(fileobj=io.BytesIO(text.encode()))
