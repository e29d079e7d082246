"""Rules that a configuration or a file declares, as data: what they ask is checked where they are made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dindguard.errors import UserError
from dindguard.patterns import regex
from dindguard.policy.config import MODES, SEVERITIES
from dindguard.policy.typed import Reader, is_text, quoting
from dindguard.records import record
from dindguard.rules import Profile, Severity
from dindguard.source import Source, Span

if TYPE_CHECKING:
    import re

    from dindguard.documents.tree import Node

_ID = regex(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_PLACEHOLDER = regex(r"\{\{|\}\}|\{([\w.]*)\}")
CATEGORY = "organisation"


@record(kw_only=True)
class Declared:
    """A rule without code, as somebody wrote it: ``when`` is an expression about the object ``each`` (``container``).

    ``message`` may name attributes in braces, ``at`` is the attribute to point at. ``bad`` and ``good`` are its fixtures,
    paths relative to the file that declares it; ``span`` is its id's place.
    """

    id: str
    each: str
    when: Source
    message: Source
    severity: Severity
    span: Span
    at: Source | None = None
    category: str = CATEGORY
    profile: Profile = Profile.RECOMMENDED
    needs_approval: str = ""
    cwe: int = 0
    instead: str = ""
    page: str = ""
    bad: tuple[str, ...] = ()
    good: tuple[str, ...] = ()

    @property
    def asked(self) -> tuple[object, ...]:
        """What decides whether it finds something, wherever that is written."""
        return self.each, " ".join(self.when.text.split()), self.profile, self.needs_approval


def declared(reader: Reader) -> tuple[Declared, ...]:
    """Return the rules of the key ``rules``; raises :class:`UserError` with the place of what is wrong."""
    node = reader.take("rules")
    if node is None:
        return ()
    if not node.is_sequence:
        raise reader.fault(node, "'rules' must be a list of rules")
    found = tuple(_one(item) for item in node)
    seen: set[str] = set()
    for each in found:
        if each.id in seen:
            raise UserError(f"{each.span}: there are two rules '{each.id}': keep one")
        seen.add(each.id)
        reader.origins[f"rules.{each.id}"] = each.span
    return found


def from_file(source: Source) -> tuple[Declared, ...]:
    """Return the rules of a file that holds nothing else: a mapping with ``rules``."""
    from dindguard.documents import yaml

    tree = yaml.read(source)
    if tree.notices:
        raise UserError(f"{tree.notices[0].span}: {tree.notices[0].message}")
    if len(tree.documents) != 1 or not tree.documents[0].is_mapping or "rules" not in tree.documents[0]:
        raise UserError(f"{source.path}: a file of rules is one mapping with the key 'rules'")
    reader = Reader(tree.documents[0])
    found = declared(reader)
    reader.no_other_keys()
    return found


def _one(item: Node) -> Declared:
    if not item.is_mapping:
        raise UserError(f"{item.span}: a rule must be a mapping")
    own = Reader(item, "rules.")
    name = _text(own, item, "id")
    if _ID.fullmatch(name.text) is None:
        raise UserError(f"{name.whole()}: 'rules.id' is of small letters, digits and hyphens: 'acme-no-socket'")
    when, message = _text(own, item, "when"), _text(own, item, "message")
    at = _text(own, item, "at") if item["at"].present else None
    instead = " ".join(own.text("instead").split())
    title = " ".join((own.text("title") or _PLACEHOLDER.sub(_spoken, message.text)).split())
    found = Declared(
        id=name.text,
        each=_text(own, item, "each").text,
        when=when,
        message=message,
        at=at,
        severity=SEVERITIES[own.word("severity", SEVERITIES, "medium")],
        category=own.text("category", CATEGORY),
        profile=Profile(own.word("profile", tuple(Profile), "recommended")),
        needs_approval=own.word("approval", MODES, ""),
        cwe=own.number("cwe", 0),
        instead=instead,
        page="\n\n".join(_page(title, own.text("page"), instead, when.text)),
        bad=own.texts("bad"),
        good=own.texts("good"),
        span=name.whole(),
    )
    own.no_other_keys()
    return found


def _text(reader: Reader, item: Node, key: str) -> Source:
    """Return a text that a rule must have, as a document whose characters know where they stand."""
    node = reader.take(key)
    if node is None:
        raise UserError(f"{item.span}: a rule needs '{key}'")
    if not is_text(node) or not node.content.strip():
        raise reader.fault(node, f"'rules.{key}' must be a text{quoting(node)}")
    return node.document("rule")


def _spoken(match: re.Match[str]) -> str:
    """Return what stands for a placeholder where a rule is told of without an object."""
    path = match[1]
    if path is None:
        return match.group()[0]
    return path if "." in path else f"{'an' if path[:1] in 'aeiou' else 'a'} {path.replace('_', ' ')}"


def _page(title: str, page: str, instead: str, when: str) -> Iterator[str]:
    yield f"{title[:1].upper()}{title[1:].rstrip('.')}."
    if page.strip():
        yield page.strip()
    if instead and "## Instead" not in page:
        yield f"## Instead\n{instead[:1].upper()}{instead[1:].rstrip('.')}."
    yield f"## What it asks\n```cel\n{when.strip()}\n```"
