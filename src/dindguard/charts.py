"""The readers of charts' templates, each kept as long as nothing that it has read has changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from dindguard import memory
from dindguard.records import record
from dindguard.source import Source, Span

if TYPE_CHECKING:
    from dindguard.documents.template.reading import Templates
    from dindguard.files import Files
    from dindguard.trees import Trees


def home(source: Source, listing: Callable[[str], Sequence[str]], known: dict[str, str]) -> str:
    """Return the outermost chart that a file lies in; ``""`` outside of charts, and for texts in others.

    ``listing`` gives the files' names of a folder; ``known`` are folders of which the answer is known.
    """
    folder = source.path.rpartition("/")[0] if source.parent is None else ""
    if folder not in known:
        parts = folder.split("/") if folder else []
        above = (".", *("/".join(parts[:count]) for count in range(1, len(parts) + 1)))
        homes = (each for each in above if parts and "Chart.yaml" in listing(each))
        known[folder] = next(homes, "")
    return known[folder]


@record
class Takings:
    """What templates took from files: which were ``opened`` for them, which of those are ``used`` by name, and what was
    ``taken`` of them, by the folders of charts: the places of values, and where named templates begin."""

    opened: set[str]
    used: set[str]
    taken: dict[str, tuple[set[Span], set[tuple[str, int]]]]

    def without(self, known: Takings) -> Takings:
        """Return what is not known."""
        taken = {}
        for folder, (places, grafted) in self.taken.items():
            old, begun = known.taken.get(folder, _NOTHING)
            if len(places) != len(old) or len(grafted) != len(begun):
                taken[folder] = places - old, grafted - begun
        return Takings(self.opened - known.opened, self.used - known.used, taken)

    def with_more(self, more: Takings) -> Takings:
        """Return both together."""
        taken = {
            folder: (places | more.taken.get(folder, _NOTHING)[0], grafted | more.taken.get(folder, _NOTHING)[1])
            for folder, (places, grafted) in {**dict.fromkeys(more.taken, _NOTHING), **self.taken}.items()
        }
        return Takings(self.opened | more.opened, self.used | more.used, taken)


_NOTHING: tuple[set[Span], set[tuple[str, int]]] = (set(), set())


class Charts:
    """A chart with those in it, and the files that their templates refer to: values, helpers. They are understood as
    parts of the templates.

    One reader reads all their templates, because what some take from a chart tells what is left of it for others. It is
    kept as long as none of the templates, and nothing that they refer to, has changed.
    """

    def __init__(self) -> None:
        self._trees: Trees | None = None
        self._reader: Templates | None = None
        self._asked: dict[tuple[str, str], Any] = {}
        self._opened: dict[str, None] = {}

    def let_go(self) -> None:
        """Let go of what can be read again."""
        if self._reader is not None:
            self._reader.let_go()

    def reader(self, trees: Trees, files: Files) -> Templates:
        """Return the reader of templates for a scan."""
        if self._trees is not trees:
            self._trees = trees
            if not self._as_before(files):
                self._reader = None
            for path in self._opened:
                trees.opened_for(self, path)
        if self._reader is None:
            from dindguard.documents.template.reading import Templates

            self._asked, self._opened = {}, {}
            self._reader = Templates(self, trees.called)
        return self._reader

    @property
    def _current(self) -> Trees:
        assert self._trees is not None, "somebody has asked for the reader"
        return self._trees

    def _as_before(self, files: Files) -> bool:
        answers = {"open": files.open, "listing": files.listing, "folders": files.folders}
        return all(memory.same(answers[name](about), before) for (name, about), before in self._asked.items())

    @property
    def opened(self) -> list[str]:
        """The paths of all files that were opened for templates."""
        return [*self._opened]

    def has_read(self, source: Source) -> None:
        """Note a chart's template that was read."""
        self._asked["open", source.path] = source

    def open(self, path: str) -> Source | None:
        """Return a file's text."""
        source = self._asked["open", path] = self._current.open(path)
        if source is not None:
            self._opened[source.path] = None
            self._current.opened_for(self, source.path)
        return source

    def takings(self, known: Takings | None) -> Takings | None:
        """Return what templates took from files, but for what is ``known``; ``None`` where that is all."""
        used, taken = self._reader.noted if self._reader is not None else (set(), {})
        if known is None:
            return Takings(set(self._opened), used, taken)
        more = Takings(set(self._opened), used, taken).without(known)
        return more if more.opened or more.used or more.taken else None

    def note(self, opened: Iterable[str]) -> None:
        """Note files that were opened for templates in another process."""
        for path in sorted(opened):
            self._opened[path] = None
            self._current.opened_for(self, path)

    def listing(self, folder: str) -> tuple[str, ...]:
        """Return the names of the files in a folder."""
        names = self._asked["listing", folder] = self._current.listing(folder)
        return names

    def folders(self, folder: str) -> tuple[str, ...]:
        """Return the names of the folders in a folder."""
        names = self._asked["folders", folder] = self._current.folders(folder)
        return names


def without_taken(source: Source, takers: Sequence[Templates], asked: list[Templates]) -> Source:
    """Return a file's text, or a stretch of one, without what readers of templates took from it.

    ``asked`` are those that were asked last, and become ``takers``: files of a chart are neighbours, so the others are
    done and let go of what they hold.
    """
    for each in asked:
        if each not in takers:
            each.let_go()
    asked[:] = takers
    text, start = source.text, source.origin(0)
    for left in (taker.not_used(source.file) for taker in takers):
        if left is not None:
            other = left.text[start : start + len(text)]
            if text is source.text:
                text = other  # the same, with blanks for what was taken
            else:
                text = "".join(own if own == its else " " for own, its in zip(text, other, strict=False))
    return Source(source.path, text, hint=source.hint, parent=source.parent, segments=source.segments)
