"""Which format a text has: as the command line says, else by the surrounding document, its shape, and its name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from dindguard.documents import readers, syntax
from dindguard.formats import registry
from dindguard.formats.row import FormatRow
from dindguard.source import Source

if TYPE_CHECKING:
    from dindguard.documents.tree import Node
    from dindguard.documents.yaml_outline import Part


class Recogniser:
    """Answers for one scan. ``overrides`` are patterns of root-relative paths, and the format that each forces."""

    def __init__(self, overrides: Sequence[tuple[str, str]] = ()) -> None:
        self._overrides = overrides
        self._last: tuple[str, tuple[FormatRow, ...]] = "", ()

    def forced(self, path: str) -> FormatRow | None:
        """Return the format that the command line forces on a file."""
        if not self._overrides:
            return None
        from fnmatch import fnmatchcase

        name = next((name for pattern, name in self._overrides if fnmatchcase(path, pattern)), None)
        return registry.by_name(name) if name is not None else None

    def could_be_ours(self, path: str) -> bool:
        """Whether a file of this path could be read by any format; its content decides then."""
        name = path.rpartition("/")[2]
        if "." not in name.lstrip("."):
            return True  # a Dockerfile, a Makefile, a script that only its first line tells
        return (
            bool(syntax.by_name(path))
            or self._named(path) is not None
            or self.forced(path) is not None
            or _may_be(path)
        )

    @staticmethod
    def may_be_template(text: str) -> bool:
        """Whether a text holds marks of a template's actions."""
        return syntax.has_actions(text)

    def must_be_read(self, path: str) -> bool:
        """Whether a file is read whatever its bytes say."""
        return self.forced(path) is not None or any(row.always for row in self._all_named(path))

    def name_says_enough(self, source: Source) -> bool:
        """Whether a text's name alone, or the command line, says that it is ours: not to read it is an error."""
        return self._said(source) is not None or self._named(source.hint or source.path) is not None

    def named(self, path: str) -> bool:
        """Whether a path's name alone, or the command line, says that a file is of a format."""
        return self.forced(path) is not None or self._named(path) is not None

    def is_ours(self, path: str, head: str) -> bool:
        """Whether a file's name, or its beginning, says that a format would read it; the rest of it is not known."""
        if self.named(path):
            return True
        return bool(syntax.by_name(path)) and any(row.begins(head) for row in registry.having("beginning"))

    def text_format(self, source: Source) -> FormatRow | None:
        """Return the format that reads this text itself; ``None`` for trees, and for what nobody reads."""
        said = self._said(source)
        if said is not None:
            return said if _reads_text(said) else None
        name = source.hint or source.path
        if syntax.by_name(name):
            return None
        row = self._named(name)
        if row is None and "." not in name.rpartition("/")[2]:
            row = next((each for each in registry.having("first_line") if each.starts(source.text[:200])), None)
        if row is None and _may_be(name):
            perhaps = registry.having("perhaps")
            row = next((each for each in perhaps if each.may_be(name) and each.begins(source.text)), None)
        return row if row is not None and _reads_text(row) else None

    def syntax_of(self, source: Source) -> str:
        """Return how a text is written; ``""`` when no format reads it."""
        text = self.text_format(source)
        return text.syntaxes[0] if text is not None else self.tree_syntax(source)

    def tree_syntax(self, source: Source) -> str:
        """Return the syntax of :data:`~dindguard.documents.syntax.TREES` that a text is to be read with, or ``""``."""
        name = source.hint or source.path
        usual = name if name in syntax.TREES else syntax.by_name(name)
        row = self._said(source)
        if row is None and not usual:
            row = self._named(name) or _of_no_name(source)
        if row is None or _reads_text(row):
            return usual if row is None else ""
        return usual if usual in row.syntaxes else row.syntaxes[0]

    def formats_of(self, source: Source, node: Node) -> list[FormatRow]:
        """Return the formats that claim a document with the best evidence there is: one, none, or some that disagree.

        Of those, the one whose file name it has comes first. Words of one syntax mean nothing in another: a schema's
        ``properties`` are no pipeline's.
        """
        said = self._said(source)
        if said is not None:
            return [said]
        written = self.tree_syntax(source)
        rows = registry.written_in(written)
        claims: list[FormatRow] = []
        told: set[str] | None = None
        perhaps = registry.perhaps_claiming(written, _top_keys(node))
        for row in rows:
            if claims and claims[0].evidence < row.evidence:
                break
            if row.name not in perhaps or (
                row.shape is not None and row.keys and not row.has_a_key(node) and not row.may_hold(node)
            ):
                told = self.told(source) if told is None else told
                if row.name not in told:
                    continue
            if row.matches(source, node):
                claims.append(row)
        if not claims and not _is_report(source) and not _describes_an_interface(node):
            claims = [row for row in rows if row.part is not None and row.part(source, node)]
        return (
            claims if len(claims) < 2 else sorted(claims, key=lambda row: not row.named(source.hint or source.path))
        )

    def idle_format(self, source: Source, node: Node) -> FormatRow | None:
        """Return the format of whose kind a document is that says nothing of containers and engines."""
        return next((row for row in registry.having("idle") if row.idle is not None and row.idle(source, node)), None)

    def idle_parts(self, source: Source) -> list[tuple[Part, FormatRow]]:
        """Return the documents of a YAML text whose outline alone says that they are idle, each with its format."""
        outlined = registry.having("idle_outline")
        rows = [row for row in outlined if row.idle_outline is not None and row.idle_outline[0] in source.text]
        if not rows or self._said(source) is not None:
            return []
        from dindguard.documents.yaml_outline import parts  # few scans have such documents

        return [(part, row) for part in parts(source.text) for row in rows if row.idle_by(part.outline)]

    def composed(self, source: Source) -> int:
        """Return how many characters of a text are composed: those that no outline tells to be idle."""
        idle = self.idle_parts(source) if self.tree_syntax(source) == syntax.YAML else []
        return source.size - sum(part.end - part.start for part, _ in idle)

    def _named(self, path: str) -> FormatRow | None:
        """Return the format that a path's name tells."""
        return next(iter(self._all_named(path)), None)

    def _all_named(self, path: str) -> tuple[FormatRow, ...]:
        """Return all formats that a path's name may mean; many questions about one path follow each other."""
        if self._last[0] != path:
            self._last = path, tuple(row for row in registry.perhaps_named(path) if row.named(path))
        return self._last[1]

    def told(self, source: Source) -> set[str]:
        """Return the names of the formats that a text's path tells, or usually tells, though it may hold none of their keys."""
        usually = (row for row in registry.having("usual") if row.usually(source.hint or source.path))
        return {row.name for row in (*self._all_named(source.path), *usually)}

    def _said(self, source: Source) -> FormatRow | None:
        """Return the format that the command line or the surrounding document names."""
        if source.hint:
            return registry.by_name(source.hint)
        return self.forced(source.path) if source.parent is None else None


def formats_in(source: Source) -> list[FormatRow]:
    """Return the formats that a whole file is read with, each once, in the order of its documents."""
    recogniser = Recogniser()
    text_format = recogniser.text_format(source)
    if text_format is not None:
        return [text_format]
    name = recogniser.tree_syntax(source)
    nodes = readers.reader(name)(source).documents if name else []
    claims = (recogniser.formats_of(source, node) for node in nodes)
    return list(dict.fromkeys(found[0] for found in claims if found))


def _of_no_name(source: Source) -> FormatRow | None:
    """Return the format of a document that a script writes into a file whose name nobody knows (``$FILE``)."""
    if source.parent is None or not source.hint.startswith("$"):
        return None
    return next(
        (row for row in registry.having("beginning") if not _reads_text(row) and row.begins(source.text)), None
    )


def _top_keys(node: Node) -> Iterable[str]:
    """Return the keys of a document, or of the items of one that is a list."""
    return node.keys() if node.is_mapping else {key for each in node.items() for key in each.keys()}


def _is_report(source: Source) -> bool:
    """Whether a text quotes what it tells of: what it holds is nobody's configuration."""
    if not source.text.startswith(("{", "[")):
        return False
    from dindguard import surfaces

    return surfaces.is_report(source.text)


def _describes_an_interface(node: Node) -> bool:
    """Whether a document is a description of OpenAPI: what its examples hold runs nowhere."""
    return "paths" in node and (node["openapi"].is_scalar or node["swagger"].is_scalar)


def _may_be(path: str) -> bool:
    return any(row.may_be(path) for row in registry.having("perhaps"))


def _reads_text(row: FormatRow) -> bool:
    return row.syntaxes[0] not in syntax.TREES
