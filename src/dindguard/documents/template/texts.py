"""Templates of texts that no tree is made of, scripts and Dockerfiles: each action becomes a value or a variable.

Whatever nobody knows becomes a variable that has the expression's name. Each character keeps its place in the template.
"""

from __future__ import annotations

from bisect import bisect_right

from dindguard.documents.joined import Joined
from dindguard.documents.syntax import TOML
from dindguard.documents.template.actions import Act, Action
from dindguard.documents.template.answers import Known, text_of
from dindguard.documents.template.blocks import Block
from dindguard.documents.template.conditions import between
from dindguard.documents.template.frames import Frame
from dindguard.documents.template.neutral import blank
from dindguard.patterns import regex
from dindguard.source import Source, Step

_NOT_OF_NAMES = regex(r"\W+")


_DOCKERFILE = "dockerfile"
_SHELL = "shell"
"""The syntax whose reader knows actions as they are: a template's name is none of the script's own variables."""


class Filled(Source):
    """The whole text of a template, with what stands for its actions: a file still, if the template is one."""

    __slots__ = ("conditions",)

    @property
    def embedded(self) -> bool:
        """Whether the template is a document inside another one."""
        return self.parent is not None and self.parent.embedded


def plain_text(frame: Frame, syntax: str, deciding: Frame | None = None) -> Source:
    """Return a template's text without its actions; both branches of conditions are in it.

    ``deciding`` has what the conditions are about, if the files tell that.

    Where the ``syntax`` of what it makes wants values in quotes, what stands outside of quotes gets some.
    """
    source = frame.template.source
    text = source.text
    plain = Joined(source)
    at, continued = 0, -1
    goes_on_before: list[bool] = []  # of each block that is open: whether a line goes on where it begins
    for action in frame.template.actions:
        alone = _is_a_line(text, action)
        goes_on = alone and _goes_on(text, action.start, continued)
        if action.act is Act.ELSE and alone and not goes_on and goes_on_before[-1:] == [True]:
            line = max(text.rfind("\n", 0, action.start), at)
            plain.add(text[at:line], at, line)
            plain.add_glue(" \\")  # the branch before ends the line, and so does this one
            at, goes_on = line, True
        if action.act is Act.OPEN:
            goes_on_before.append(goes_on)
        elif action.act is Act.END:
            del goes_on_before[-1:]
        plain.add(text[at : action.start], at, action.start)
        if alone and (syntax == TOML or (syntax == _DOCKERFILE and not goes_on)):
            made = blank(text[action.start : action.end])
        else:
            quote = '"' if syntax == TOML and _outside_of_quotes(text, action.start) else ""
            made = _stand_in(action, frame, quote, shell=syntax == _SHELL)
        if goes_on and not made.strip():
            made, continued = f"{made[:-1]}\\", text.find("\n", action.end)
        plain.insert(made, action.start, action.end)
        at = action.end
    plain.add(text[at:], at, len(text))
    filled = plain.source(source.hint)
    found = Filled(source.path, filled.text, hint=filled.hint, parent=source, segments=filled.segments)
    found.conditions = _conditions(deciding or frame)
    return found


class _Conditions:
    """The stretches of a text that conditions decide about: each goes from its start, an offset, to the next one's."""

    __slots__ = ("_starts", "_steps")

    def __init__(self, starts: list[int], steps: list[tuple[Step, ...]]) -> None:
        self._starts, self._steps = starts, steps

    def __call__(self, offset: int) -> tuple[Step, ...]:
        """Return the conditions of a character."""
        return self._steps[max(bisect_right(self._starts, offset) - 1, 0)]


def _conditions(frame: Frame) -> _Conditions | None:
    """Return under what the branches of a template stand; ``None`` for one without any."""
    blocks = frame.template.blocks
    if not blocks.branches:
        return None
    found: dict[Block, tuple[Step, ...]] = {}
    for _, block in blocks.stretches():
        if block not in found:
            found[block] = tuple(each.step for each in between(block, blocks.root, frame) if each.holds is not True)
    stretches = list(blocks.stretches())
    return _Conditions([start for start, _ in stretches], [found[block] for _, block in stretches])


def _outside_of_quotes(text: str, at: int) -> bool:
    return text.count('"', text.rfind("\n", 0, at) + 1, at) % 2 == 0


def _is_a_line(text: str, action: Action) -> bool:
    """Whether an action is all that its line holds: settings that nobody sees here, where a value alone would be none."""
    start, end = text.rfind("\n", 0, action.start) + 1, text.find("\n", action.end)
    return not text[start : action.start].strip() and not text[action.end : end if end >= 0 else len(text)].strip()


def _goes_on(text: str, at: int, continued: int) -> bool:
    """Whether the line before goes on in this one: it ends in a backslash, or did so before it became blank."""
    end = text.rfind("\n", 0, at)
    return end >= 0 and (end == continued or text[text.rfind("\n", 0, end) + 1 : end].rstrip("\r").endswith("\\"))


def _stand_in(action: Action, frame: Frame, quote: str, *, shell: bool) -> str:
    written = frame.template.source.text[action.start : action.end]
    if action.act is not Act.OUTPUT or "\n" in written:
        return blank(written)
    answer = frame.answer(action.expression, action.start, frame.template.blocks.at(action.start))
    value = text_of(answer) if isinstance(answer, Known) and answer.value is not None else None
    if value is not None and "\n" not in value:
        return f"{quote}{value}{quote}"
    if shell:
        return f"{{{{ {' '.join(action.expression.split())} }}}}"
    name = _NOT_OF_NAMES.sub("_", action.expression).strip("_0123456789") or "value"
    return f"{quote}${{{name}}}{quote}"
