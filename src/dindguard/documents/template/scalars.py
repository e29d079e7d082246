"""Scalars of a template's neutralised text, with what the files make of the actions in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dindguard.compact import shared
from dindguard.documents.template.actions import Act, Action, Dialect, normal
from dindguard.documents.template.answers import Answer, Known, Unknown, steps_of, text_of
from dindguard.documents.template.frames import Frame
from dindguard.documents.template.inner import document_of
from dindguard.documents.template.writing import written_out
from dindguard.documents.tree import Node
from dindguard.model.values import UNKNOWN_PIECE, How, Text
from dindguard.records import record
from dindguard.source import Source, Span


@record(eq=False)
class Filled:
    """A scalar with actions: as it is shown, what it says, and the mapping or list that it stands for, if it does.

    The text tells the steps to it, and of its place the file alone: the node that it fills has that.
    """

    shown: str
    text: Text
    structure: Answer | None = None
    inner: Callable[[str], Source] | None = None


def filled(raw: Node, frame: Frame, begin: int) -> Filled | None:
    """Return what a scalar with actions says; ``None`` for one without any. ``begin`` is where its value may begin."""
    template = frame.template
    if not template.between(begin, raw.end + 1):
        return None
    filler = template.neutral.filler
    start, end = _extent(raw, frame, begin)
    actions = template.between(start, end)
    if not actions:
        return None
    path = raw.source.path
    lines = raw.style in ("literal", "folded")  # of which both branches are read, like those of a document
    if not lines and any(action.act is not Act.OUTPUT for action in actions):
        inner = (start + 1, end - 1) if raw.style in ("single", "double") and start == raw.start else (start, end)
        answer = written_out(frame, *inner)
        frame.library.used(answer)
        shown = normal(template.source.text[inner[0] : inner[1]])
        return Filled(shown, _text(answer, shown, path))
    outputs = [action for action in actions if template.neutral.text.startswith(filler, action.start)]
    answers = [_answer(action, frame) for action in outputs]
    for answer in answers:
        frame.library.used(answer)
    shown = "".join(_pieces(raw.content, filler, outputs, [_shown(action, template.dialect) for action in outputs]))
    alone = raw.content.strip(filler) == "" and len(outputs) == 1
    if alone and (raw.style == "" or template.dialect is Dialect.JINJA) and _structured(answers[0]):
        return Filled(shown, _text(answers[0], shown, path), answers[0])
    named = [_named(each, action) for each, action in zip(answers, outputs, strict=True)]
    answers = [Unknown("") if _is_nothing(each) else each for each in answers]
    texts = [text_of(each) if isinstance(each, Known) else each.partial for each in answers]
    unknown = next((name for name, text in zip(named, texts, strict=True) if name or text is None), "")
    if any(text is None for text in texts) and not unknown:
        unknown = normal(outputs[0].expression)
    whole = "".join(
        _pieces(raw.content, filler, outputs, [text if text is not None else UNKNOWN_PIECE for text in texts])
    )
    whole, shown = shared(whole), shared(shown)
    steps = steps_of(answers)
    within = document_of(raw, outputs, answers, filler)
    if unknown:
        text = Text(None, Span(path, trail=steps), How.UNKNOWN, whole, shared(unknown), shown)
        return Filled(shown, text, inner=within)
    return Filled(shown, Text(whole, Span(path, trail=steps), How.DEFAULT, raw=shown), inner=within)


def _answer(action: Action, frame: Frame) -> Answer:
    """Return what an action prints; one that prints nothing and stands in the middle of a word prints an empty text."""
    if action.act is not Act.OUTPUT:
        return Known("")
    return frame.answer(action.expression, action.start, frame.template.blocks.at(action.start))


def key_text(raw: Node, frame: Frame) -> str:
    """Return the text of a key; of one that the files do not decide, its expression."""
    if frame.template.neutral.filler not in raw.content:
        return raw.content
    found = filled(raw, frame, raw.start)
    if found is None:
        return raw.content
    return found.text.value if found.text.value is not None else found.shown


def is_name(key: Node | None) -> bool:
    """Whether a key's value is a name, which is shown and remembered as it is written."""
    return key is not None and key.content in _NAMES


_NAMES = frozenset({"name", "generateName", "namespace", "container_name", "hostname", "claimName", "serviceName"})


def _named(answer: Answer, action: Action) -> str:
    """Return the name of what is unknown about an answer; empty when it is known. Nothing at all is not known."""
    if isinstance(answer, Unknown):
        return answer.name or normal(action.expression) or "an empty action"
    return normal(action.expression) if _is_nothing(answer) else ""


def _is_nothing(answer: Answer) -> bool:
    """Whether nobody says anything of a value."""
    return isinstance(answer, Known) and answer.value is None and not answer.steps


def _structured(answer: Answer) -> bool:
    return isinstance(answer, Known) and answer.value is not None and text_of(answer) is None


def _text(answer: Answer, shown: str, path: str) -> Text:
    value = text_of(answer)
    span, shown = Span(path, trail=answer.steps), shared(shown)
    if value is None:
        name = answer.name if isinstance(answer, Unknown) else shown
        partial = answer.partial if isinstance(answer, Unknown) else UNKNOWN_PIECE
        return Text(None, span, How.UNKNOWN, shared(partial), shared(name), shown)
    return Text(shared(value), span, How.DEFAULT, raw=shown)


def _shown(action: Action, dialect: Dialect) -> str:
    if action.act is not Act.OUTPUT:
        return ""
    expression = normal(action.expression)
    return f"<%= {expression} %>" if dialect is Dialect.ERB else f"{{{{ {expression} }}}}"


def _pieces(content: str, filler: str, actions: Sequence[Action], texts: Sequence[str]) -> list[str]:
    """Return a scalar's content with the filler of each action replaced by its text."""
    if len(actions) == 1 and not content.strip(filler):
        return [*texts]  # most scalars with an action are one
    pieces: list[str] = []
    at = 0
    for action, text in zip(actions, texts, strict=True):
        first = content.find(filler, at)
        if first < 0:
            break
        pieces += (content[at:first], text)
        at = first + action.end - action.start
        while at > len(content) or content[at - 1] != filler:
            at -= 1  # an action over several lines has filler on its first one only
    pieces.append(content[at:])
    return pieces


def _extent(raw: Node, frame: Frame, begin: int) -> tuple[int, int]:
    """Return where a scalar begins and ends, together with the actions that touch it on its line."""
    template, text = frame.template, raw.source.text
    start, end = raw.start, raw.end
    if raw.style in ("literal", "folded"):
        return start, end
    while (before := template.action_at(start - 1)) is not None and before.start >= begin:
        if before.end != start or "\n" in text[before.start : start] or not text[begin : before.start].strip():
            break
        start = before.start
    while (
        (behind := template.action_at(end)) is not None and behind.start == end and "\n" not in text[end : behind.end]
    ):
        end = behind.end
    return start, end
