"""Functions of Go templates that decide values, Helm's and Sprig's; none of them reads or runs anything.

Each takes answers and gives one; :func:`call` makes any answer with an unknown part unknown, where a function does not
know better. What is not in the tables is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dindguard import budget
from dindguard.documents.template.answers import (
    NOTHING,
    Answer,
    Known,
    Unknown,
    field,
    items_of,
    steps_of,
    text_of,
    truth,
)  # fmt: skip
from dindguard.documents.template.kinds import kind_is, type_is, type_of
from dindguard.documents.template.scalar_functions import STRICT
from dindguard.documents.tree import Node
from dindguard.patterns import regex
from dindguard.records import record
from dindguard.source import HasSpan

Function = Callable[[Sequence[Answer]], Answer]


@record
class Functions:
    """The functions of a language: ``lenient`` ones take unknown answers, ``strict`` ones plain known values."""

    lenient: Mapping[str, Function]
    strict: Mapping[str, Callable[..., Any]]


def call(
    functions: Functions, name: str, arguments: Sequence[Answer], words: Callable[[], str], at: HasSpan | None = None
) -> Answer:
    """Return what a function makes of its arguments; when nobody knows, unknown under the name that ``words`` give.

    ``at`` is where it is called.
    """
    lenient = functions.lenient.get(name)
    try:
        if lenient is not None:
            answer = lenient(arguments)
        else:
            strict = functions.strict.get(name)
            unknown = next((each for each in arguments if isinstance(each, Unknown)), None)
            if strict is None or unknown is not None:
                return Unknown(words() if strict is None or unknown is None else unknown.name)
            values = [each.value for each in arguments if isinstance(each, Known)]
            answer = Known(strict(*values), steps_of(arguments))
    except (TypeError, ValueError, IndexError, KeyError, AttributeError, ArithmeticError):
        return Unknown(words())
    made = answer.value if isinstance(answer, Known) else answer.partial
    return answer if _fits(made, at) else Unknown(words())


def _fits(value: Any, at: HasSpan | None) -> bool:
    """Whether a value is one to go on with: assignments that double a text, or a number, would never end."""
    if isinstance(value, int):
        return value.bit_length() <= 64  # what is beyond it overflows in Go as well
    length = len(value) if isinstance(value, (str, list, dict)) else 0
    return length <= budget.TEMPLATE_TEXT.most if at is None else budget.within(budget.TEMPLATE_TEXT, length, at)


# -- functions that know what to do with an unknown argument ----------------------------------------


def _default(arguments: Sequence[Answer]) -> Answer:
    fallback, value = arguments
    if isinstance(value, Unknown):
        return value if value.name.lstrip("$").startswith(_ALWAYS_SET) else fallback
    return value if truth(value) else fallback


_ALWAYS_SET = (".Release", ".Capabilities", ".Template", ".Files")
"""What Helm fills in itself, so that a default beside it never counts."""


def _coalesce(arguments: Sequence[Answer]) -> Answer:
    for each in arguments:
        if truth(each) is not False:
            return each
    return NOTHING


def and_(arguments: Sequence[Answer]) -> Answer:
    """Return the first answer that is false, else an unknown one, else the last."""
    if any(truth(each) is False for each in arguments):
        return next(each for each in arguments if truth(each) is False)
    return next((each for each in arguments if isinstance(each, Unknown)), arguments[-1])


def or_(arguments: Sequence[Answer]) -> Answer:
    """Return the first answer that is true, else an unknown one, else the last."""
    if any(truth(each) is True for each in arguments):
        return next(each for each in arguments if truth(each) is True)
    return next((each for each in arguments if isinstance(each, Unknown)), arguments[-1])


def not_(arguments: Sequence[Answer]) -> Answer:
    """Return the opposite of an answer."""
    holds = truth(arguments[0])
    return arguments[0] if holds is None else Known(not holds, arguments[0].steps)


def ternary_(arguments: Sequence[Answer]) -> Answer:
    """Return the first or the second answer, as the third one decides."""
    yes, no, test = arguments
    holds = truth(test)
    return test if holds is None else yes if holds else no


def _empty(arguments: Sequence[Answer]) -> Answer:
    return not_(arguments)


def dict_(arguments: Sequence[Answer]) -> Answer:
    """Return names and values as a mapping."""
    names = [text_of(each) for each in arguments[::2]]
    pairs = zip(names, arguments[1::2], strict=False)
    return Known({name: value for name, value in pairs if name is not None})


def list_(arguments: Sequence[Answer]) -> Answer:
    """Return answers as a list."""
    return Known(list(arguments))


def _index(arguments: Sequence[Answer]) -> Answer:
    found, *path = arguments
    for each in path:
        name = text_of(each)
        if name is None:
            return Unknown(each.name if isinstance(each, Unknown) else "index")
        items = items_of(found) if isinstance(each, Known) and isinstance(each.value, int) else None
        found = items[each.value][1] if items is not None and isinstance(each, Known) else field(found, name, name)
    return found


def _get(arguments: Sequence[Answer]) -> Answer:
    return _index(arguments[:2])


def _dig(arguments: Sequence[Answer]) -> Answer:
    *path, fallback, found = arguments
    for each in path:
        found = field(found, text_of(each) or "", text_of(each) or "")
    return fallback if truth(found) is False else found


def _has_key(arguments: Sequence[Answer]) -> Answer:
    holder, name = arguments
    if isinstance(holder, Unknown) or text_of(name) is None:
        return Unknown("hasKey")
    held = holder.value
    return Known(text_of(name) in (held.keys() if isinstance(held, (Node, dict)) else ()), holder.steps)


def _same(arguments: Sequence[Answer]) -> Answer:
    return arguments[-1]


def _structure(arguments: Sequence[Answer]) -> Answer:
    """What was never written out is a structure still; a text is not read again."""
    value = arguments[-1]
    return Unknown("fromYaml") if isinstance(value, Known) and text_of(value) else value


def _has(arguments: Sequence[Answer]) -> Answer:
    wanted, held = text_of(arguments[0]), items_of(arguments[1])
    if wanted is None or held is None:
        return Unknown("has")
    return Known(any(text_of(item) == wanted for _, item in held), arguments[1].steps)


def _trim(arguments: Sequence[Answer]) -> Answer:
    value = arguments[-1]
    text = text_of(value)
    return value if text is None or isinstance(value, Unknown) else Known(text.strip(), value.steps)


def print_(arguments: Sequence[Answer]) -> Answer:
    """Return answers as one text."""
    return _joined(arguments, "")


def _printf(arguments: Sequence[Answer]) -> Answer:
    template, *rest = arguments
    pattern = text_of(template)
    if pattern is None:
        return template
    pieces: list[Answer] = []
    at = 0
    values = iter(rest)
    for match in _VERB.finditer(pattern):
        pieces.append(Known(pattern[at : match.start()]))
        at = match.end()
        if match.group() == "%%":
            pieces.append(Known("%"))
        else:
            value = next(values, NOTHING)
            if match.group().endswith("T"):
                pieces.append(type_of(value))
                continue
            quoted = match.group().endswith("q")
            pieces += [Known('"'), value, Known('"')] if quoted else [value]
    pieces.append(Known(pattern[at:]))
    return _joined(pieces, "")


_VERB = regex(r"%[-+# 0]*+\d*+(?:\.\d++)?[a-zA-Z%]")


def _joined(pieces: Sequence[Answer], separator: str) -> Answer:
    """Return the text of answers one behind the other, unknown pieces among them."""
    pieces = [Unknown("") if each == NOTHING else each for each in pieces]
    texts = [text_of(each) if isinstance(each, Known) else each.partial for each in pieces]
    missing = next((each for each in pieces if isinstance(each, Unknown)), None)
    if any(text is None for text in texts):
        return Unknown("print")
    whole = separator.join(text or "" for text in texts)
    steps = steps_of(pieces)
    return Known(whole, steps) if missing is None else Unknown(missing.name, whole, steps)


def join_(arguments: Sequence[Answer]) -> Answer:
    """Return the items of the second answer as one text, the first between them."""
    separator, held = arguments
    items = items_of(held)
    if items is None:
        return held if isinstance(held, Unknown) else Unknown("join")
    return _joined([value for _, value in items], text_of(separator) or "")


def _omit(arguments: Sequence[Answer]) -> Answer:
    return _chosen(arguments, keep=False)


def _pick(arguments: Sequence[Answer]) -> Answer:
    return _chosen(arguments, keep=True)


def _chosen(arguments: Sequence[Answer], *, keep: bool) -> Answer:
    held, *names = arguments
    if isinstance(held, Unknown):
        return held
    wanted = {text_of(each) for each in names}
    value = held.value
    if isinstance(value, Node):
        return Known(
            value.with_pairs([pair for pair in value.pairs() if (pair[0].content in wanted) is keep]), held.steps
        )
    if isinstance(value, dict):
        return Known({name: each for name, each in value.items() if (name in wanted) is keep}, held.steps)
    return held


def _merge(arguments: Sequence[Answer]) -> Answer:
    """The first one wins, as in Sprig's ``merge``."""
    merged: dict[str, Answer] = {}
    for each in arguments:
        if isinstance(each, Unknown):
            return each
        for key, value in items_of(each) or []:
            merged.setdefault(text_of(key) or "", value)
    return Known(merged, steps_of(arguments))


def _merge_overwrite(arguments: Sequence[Answer]) -> Answer:
    return _merge(arguments[::-1])


def _concat(arguments: Sequence[Answer]) -> Answer:
    found: list[Answer] = []
    for each in arguments:
        if isinstance(each, Known) and isinstance(each.value, list):
            found += each.value  # as it is: a list that grows by one item many times is copied as often
            continue
        items = items_of(each)
        if items is None:
            return each if isinstance(each, Unknown) else Unknown("concat")
        found += [value for _, value in items]
    return Known(found, steps_of(arguments))


def _append(arguments: Sequence[Answer]) -> Answer:
    return _concat([arguments[0], Known([arguments[1]])])


def _first(arguments: Sequence[Answer]) -> Answer:
    items = items_of(arguments[0])
    if items is None:
        return Unknown("first")
    return items[0][1] if items else NOTHING


_LENIENT: dict[str, Function] = {
    "default": _default, "coalesce": _coalesce, "and": and_, "or": or_, "not": not_, "ternary": ternary_,
    "empty": _empty, "dict": dict_, "list": list_, "tuple": list_, "index": _index, "get": _get, "dig": _dig,
    "hasKey": _has_key, "print": print_, "printf": _printf, "join": join_, "omit": _omit, "pick": _pick,
    "merge": _merge, "mergeOverwrite": _merge_overwrite, "mustMergeOverwrite": _merge_overwrite, "concat": _concat,
    "append": _append, "first": _first, "required": _same, "toYaml": _same, "toJson": _same, "toPrettyJson": _same,
    "fromYaml": _structure, "fromJson": _structure, "has": _has, "mustHas": _has,
    "toRawJson": _same, "nindent": _same, "indent": _same, "deepCopy": _same, "set": lambda arguments: arguments[0],
    "mustToYaml": _same, "mustToJson": _same, "kindIs": kind_is, "trim": _trim, "typeIs": type_is, "toYamlPretty": _same,
}  # fmt: skip
"""Go's functions that take unknown arguments; the values that they only write in another way stay what they are."""


GO = Functions(_LENIENT, STRICT)
"""The functions of Helm's charts."""
