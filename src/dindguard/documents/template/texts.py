"""Templates of texts that no tree is made of, scripts and Dockerfiles: each action becomes a value or a variable.

Whatever nobody knows becomes a variable that has the expression's name. Each character keeps its place in the template.
"""

from __future__ import annotations

from dindguard.documents.joined import Joined
from dindguard.documents.syntax import TOML
from dindguard.documents.template.actions import Act, Action
from dindguard.documents.template.answers import Known, text_of
from dindguard.documents.template.frames import Frame
from dindguard.documents.template.neutral import blank
from dindguard.patterns import regex
from dindguard.source import Source

_NOT_OF_NAMES = regex(r"\W+")


_SHELL = "shell"
"""The syntax whose reader knows actions as they are: a template's name is none of the script's own variables."""


class Filled(Source):
    """The whole text of a template, with what stands for its actions: a file still, if the template is one."""

    __slots__ = ()

    @property
    def embedded(self) -> bool:
        """Whether the template is a document inside another one."""
        return self.parent is not None and self.parent.embedded


def plain_text(frame: Frame, syntax: str) -> Source:
    """Return a template's text without its actions; both branches of conditions are in it.

    Where the ``syntax`` of what it makes wants values in quotes, what stands outside of quotes gets some.
    """
    source = frame.template.source
    text = source.text
    plain = Joined(source)
    at, continued = 0, -1
    for action in frame.template.actions:
        alone = _is_a_line(text, action)
        bare = syntax == TOML and text.count('"', text.rfind("\n", 0, action.start) + 1, action.start) % 2 == 0
        quote = '"' if bare else ""
        plain.add(text[at : action.start], at, action.start)
        if alone and syntax == TOML:
            made = blank(text[action.start : action.end])
        else:
            made = _stand_in(action, frame, quote, shell=syntax == _SHELL)
        if alone and not made.strip() and _goes_on(text, action.start, continued):
            made, continued = f"{made[:-1]}\\", text.find("\n", action.end)
        plain.add(made, action.start, action.end)
        at = action.end
    plain.add(text[at:], at, len(text))
    filled = plain.source(source.hint)
    return Filled(source.path, filled.text, hint=filled.hint, parent=source, segments=filled.segments)


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
