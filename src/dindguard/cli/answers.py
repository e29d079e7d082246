"""What ``dindguard waive`` asks: each answer is checked when it is given, and none is lost."""

from __future__ import annotations

import datetime as dt
import shlex
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import click

from dindguard.errors import UserError
from dindguard.records import record

if TYPE_CHECKING:
    from dindguard.policy.writing import Value

    Check = Callable[[Value], str]
    """Returns what is wrong with an answer, in words; an empty text for nothing."""


@record
class Question:
    """One field of a record: its name and option, the words, and how an answer is read and checked.

    ``several`` answers stand on one line, separated by semicolons. An ``optional`` one may be left empty, one with a
    ``default`` as well.
    """

    field: str
    option: str
    words: str
    check: Check
    read: Callable[[str], Any] = str
    several: bool = False
    optional: bool = False
    default: str = ""


def interactive() -> bool:
    """Whether a person can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def ask(questions: list[Question], fields: dict[str, Value]) -> None:
    """Ask for the fields that are not given yet, and put the answers into ``fields``.

    Raises :class:`UserError` that names the option when nobody can be asked.
    """
    missing = [question for question in questions if question.field not in fields]
    for number, question in enumerate(missing, 1):
        if not interactive():
            if not question.optional and not question.default:
                raise UserError(f"{question.option} is missing: {question.words}")
            continue
        fields[question.field] = _answer(question, f"{number} of {len(missing)} · {question.words}")


def _answer(question: Question, words: str) -> Value:
    """Ask until the answer will do."""
    default = question.default or ("" if question.optional else None)
    while True:
        text = str(click.prompt(words, default=default, show_default=bool(question.default), err=True)).strip()
        try:
            value = _value(question, text)
        except UserError as error:
            click.echo(f"  {error}", err=True)
            continue
        problem = question.check(value) if value or not question.optional else ""
        if not problem:
            return value
        click.echo(f"  {problem}", err=True)


def _value(question: Question, text: str) -> Value:
    if not question.several:
        return str(question.read(text))
    return [question.read(each.strip()) for each in text.split(";") if each.strip()]


def resumed(fields: dict[str, Value], questions: list[Question], renew: bool) -> str:
    """Return the command that goes on from the answers given so far."""
    options = {question.field: question.option for question in questions}
    named = {"rule": "--rule", "file": "--file", "at": "--at", "notes": "--notes"}
    words = ["dindguard", "waive", *(["--renew"] if renew else [])]
    for field, option in (named | options).items():
        for value in _given(fields.get(field)):
            words += [option, value]
    return shlex.join(words)


def _given(value: Value | None) -> Iterator[str]:
    for each in value if isinstance(value, list) else [value] if value else []:
        yield f"{each['name']}:{each['role']}" if isinstance(each, dict) else each


def approver(text: str) -> dict[str, str]:
    """Return an approver as ``NAME:ROLE`` gives one; raises :class:`UserError` for anything else."""
    name, colon, role = text.rpartition(":")
    if not colon or not name.strip() or not role.strip():
        raise UserError(f"--approver {text}: write NAME:ROLE, for example @ada:security")
    return {"name": name.strip(), "role": role.strip()}


def day(text: str | None, option: str) -> dt.date | None:
    """Return a day; raises :class:`UserError` for a text that is none."""
    from dindguard.policy.typed import date_of

    found = date_of(text) if text else None
    if text and found is None:
        raise UserError(f"{option} {text}: write a date such as 2027-03-31")
    return found
