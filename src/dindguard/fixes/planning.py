"""From a finding to splices: what its rule's fix asks for, written in the syntax of each file."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping
from operator import itemgetter
from typing import TYPE_CHECKING

from dindguard.documents.changes import Change, Cut, Overwrite
from dindguard.edits import Edit, Fixer, Remove, RemovePart, Rename, Set, place_of
from dindguard.findings import Finding
from dindguard.fixes import places, texts
from dindguard.fixes.chart_values import ChartValues
from dindguard.fixes.file import WRITTEN, File
from dindguard.fixes.locating import Chain
from dindguard.fixes.sharing import Users, check_anchors
from dindguard.fixes.splices import RefusedError, Splice, overlap, without_repetition
from dindguard.formats import registry
from dindguard.model.values import Flag
from dindguard.records import record
from dindguard.source import Span

if TYPE_CHECKING:
    from dindguard.documents.tree import Node
    from dindguard.files import Files
    from dindguard.fixes.inside import Documents
    from dindguard.formats.recognition import Recogniser
    from dindguard.formats.row import FormatRow
    from dindguard.model.model import Model
    from dindguard.rules import Rule


@record(eq=False)
class Planned:
    """A finding, the fix chosen for it, and what that changes in which file."""

    finding: Finding
    fixer: Fixer
    splices: Mapping[str, tuple[Splice, ...]]


class Together:
    """Plans that do not clash: none touches the characters of another, or puts a different text in at the same place."""

    def __init__(self) -> None:
        self.plans: list[Planned] = []
        self._taken: dict[str, list[tuple[int, int, str, int]]] = {}
        """By file, in order: what becomes what, and the number of the first plan that wants it. Their ends are in order, too,
        because no two of them overlap."""

    def clashing(self, plan: Planned) -> Planned | None:
        """Return the first plan with which another one clashes, if there is one."""
        found = [
            number for path, splices in plan.splices.items() for each in splices for number in self._at(path, each)
        ]
        return self.plans[min(found)] if found else None

    def _at(self, path: str, splice: Splice) -> Iterator[int]:
        taken = self._taken.get(path, [])
        index = bisect_right(taken, splice.end, key=itemgetter(0)) - 1
        while index >= 0 and taken[index][1] >= splice.start:
            start, end, text, number = taken[index]
            theirs = Splice(start, end, text)
            if splice != theirs and (overlap(splice, theirs) or splice.start == start == splice.end == end):
                yield number
            index -= 1

    def add(self, plan: Planned) -> None:
        """Take in a plan that clashes with none."""
        for path, splices in plan.splices.items():
            taken = self._taken.setdefault(path, [])
            for each in splices:
                place = each.start, each.end, each.text
                index = bisect_left(taken, place)
                if index == len(taken) or taken[index][:3] != place:
                    taken.insert(index, (*place, len(self.plans)))
        self.plans.append(plan)


class Planner:
    """Plans fixes of one state of a tree. ``given`` are the files that were scanned: no others are changed.

    ``findings`` are all that fixes are asked for: what they all want may be changed for them.
    """

    def __init__(
        self,
        files: Files,
        recogniser: Recogniser,
        model: Model,
        given: Iterable[str],
        findings: Iterable[Finding] = (),
    ) -> None:
        self._files = files
        self._recogniser = recogniser
        self._users = Users(model)
        self._given = frozenset(given)
        self._alike: dict[Rule, list[Finding]] = {}
        for finding in findings:
            self._alike.setdefault(finding.rule, []).append(finding)
        self._rows: dict[Node, FormatRow | None] = {}
        self._charts = ChartValues(files, self._file)
        self._texts: dict[str, File] = {}
        self._documents: Documents | None = None
        self._inner: dict[tuple[str, int, int, int, int], File | None] = {}

    def plan(self, finding: Finding, *, unsafe: bool, failed: Collection[Fixer] = ()) -> Planned:
        """Return how a finding is mended; raises :class:`RefusedError` when it is not.

        What a proof has ``failed`` comes after the rule's other fixes.
        """
        fixers = [fixer for fixer in finding.rule.fixes if unsafe or not fixer.unsafe]
        fixers.sort(key=lambda each: each in failed)
        why = "its fix changes what runs (--unsafe)" if finding.rule.fixes and not fixers else "no fix fits here"
        for fixer in fixers:
            try:
                edits = list(_edits(fixer, finding))
                if edits:
                    return Planned(finding, fixer, self._splices(edits, finding))
            except RefusedError as refused:
                why = str(refused)
        raise RefusedError(why)

    def every_plan(self, finding: Finding) -> Iterator[Planned]:
        """Yield a plan for each fix of the finding's rule that fits here."""
        for fixer in finding.rule.fixes:
            try:
                edits = list(_edits(fixer, finding))
                if edits:
                    yield Planned(finding, fixer, self._splices(edits, finding))
            except RefusedError:
                continue

    def keeps_the_rest(self, plans: Iterable[Planned]) -> bool:
        """Whether plans together move nothing but what is meant, as a parse of each file shows."""
        made: dict[str, dict[Splice, None]] = {}
        for plan in plans:
            for path, splices in plan.splices.items():
                made.setdefault(path, {}).update(dict.fromkeys(splices))
        return all(self._file(path).keeps_the_rest(tuple(splices)) for path, splices in made.items())

    def _splices(self, edits: Iterable[Edit], finding: Finding) -> dict[str, tuple[Splice, ...]]:
        found: dict[str, list[Splice]] = {}
        changes: dict[File, list[tuple[Change, Chain]]] = {}
        alike = self._alike.get(finding.rule) or [finding]
        others = self._users.beside([each.about for each in finding.subjects])
        for asked in edits:
            edit = self._charts.in_values(asked, alike)
            span = place_of(edit).span
            file = self._file_at(span)
            if isinstance(edit, (Remove, Set, RemovePart, Rename)):
                if isinstance(edit.at, Flag) and not edit.at.set:
                    raise RefusedError("nobody wrote it: it is so by itself")
                if users := others(span):
                    raise RefusedError(f"others use it too: {', '.join(users[:3])}")
            if file.editor is None:
                found.setdefault(span.path, []).append(texts.splice(file, edit, span))
                continue
            chain = file.chain(span)
            check_anchors(chain, finding)
            for change in self._changes(edit, span, file, chain):
                if isinstance(change, Splice):
                    found.setdefault(span.path, []).extend(file.outward((change,)))
                else:
                    node = change.node if isinstance(change, (Cut, Overwrite)) else change.mapping
                    way = chain if node in chain else file.way_to(node)
                    changes.setdefault(file, []).append((change, way))
        for file, wanted in changes.items():
            assert file.editor is not None
            found.setdefault(file.source.path, []).extend(file.outward(tuple(file.editor.splices(wanted))))
        made = {path: without_repetition(splices) for path, splices in found.items()}
        for path, splices in made.items():
            self._file(path).check(splices)
        return made

    def _changes(self, edit: Edit, span: Span, file: File, chain: Chain) -> Iterable[Change | Splice]:
        row = self._format_of(file, chain[0])
        if row is not None and row.observed:
            raise RefusedError("the file tells what was found running, and decides nothing")
        writer = registry.writer(row) if row is not None else None
        if isinstance(edit, Set):
            return [places.setting(file, edit, span, chain)]
        if isinstance(edit, Rename):
            return [places.renamed(file, edit, chain)]
        if isinstance(edit, Remove) or places.is_whole(file, edit, span, chain):
            return places.removal(file, span, chain, writer.entries(chain) if writer is not None else chain[-1:])
        changes = list(writer.changes(edit, chain)) if writer is not None else []
        return changes or [texts.splice_in(file, edit, span, chain)]

    def _format_of(self, file: File, root: Node) -> FormatRow | None:
        if root not in self._rows:
            self._rows[root] = next(iter(self._recogniser.formats_of(file.source, root)), None)
        return self._rows[root]

    def _file_at(self, span: Span) -> File:
        """Return the file that a place is in, or the document in it whose tree is changed in its stead."""
        file = self._file(span.path)
        if not file.may_hold(span):
            return file
        place = (span.path, span.line, span.column, span.end_line, span.end_column)
        if place not in self._inner:
            self._inner[place] = self._inside(file, span)
        return self._inner[place] or file

    def _inside(self, file: File, span: Span) -> File | None:
        from dindguard.fixes.inside import Documents, InnerFile  # few fixes are of documents inside of others

        if self._documents is None:
            self._documents = Documents(self._files, self._recogniser, self._given)
        source = self._documents.innermost(span, among_all=file.editor is not None)
        syntax = self._recogniser.syntax_of(source) if source is not None else ""
        return InnerFile(source, syntax) if source is not None and syntax in WRITTEN else None

    def _file(self, path: str) -> File:
        if path not in self._given:
            raise RefusedError(f"{path} was not scanned" if path else "it is written in no file")
        if path not in self._texts:
            source = self._files.open(path)
            if source is None:
                raise RefusedError(f"{path} cannot be read")
            self._texts[path] = File(source, self._recogniser.syntax_of(source))
        return self._texts[path]


def _edits(fixer: Fixer, finding: Finding) -> Iterator[Edit]:
    """Yield the edits of all subjects, each once; nothing when the fix does not fit one of them."""
    seen: dict[Edit, None] = {}
    for subject in finding.subjects:
        try:
            found = dict.fromkeys(fixer.plan(subject.asked, subject.problem))
        except Exception as error:
            raise RefusedError(f"the rule's fix failed: {type(error).__name__}: {error}") from error
        if not found:
            return
        seen.update(found)
    yield from seen
