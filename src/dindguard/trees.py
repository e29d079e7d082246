"""What is read of texts in a scan: each text's tree once, dropped with the text when nobody needs it any more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from dindguard import memory
from dindguard.compact import room
from dindguard.coverage import Book
from dindguard.documents import readers, yaml
from dindguard.documents import syntax as syntaxes
from dindguard.files import Files
from dindguard.formats import Document, Reading
from dindguard.formats.recognition import Recogniser
from dindguard.formats.row import FormatRow
from dindguard.noting import MADE_AGAIN, Entry, Noted
from dindguard.records import replace
from dindguard.source import Gravity, Notice, Source

T = TypeVar("T")

if TYPE_CHECKING:
    from dindguard.charts import Charts, Takings
    from dindguard.documents.template.reading import Templates
    from dindguard.documents.template.template import Template
    from dindguard.documents.yaml import Tree
    from dindguard.outlines import Outline
    from dindguard.waiting import Waiting

HELD = 1024 * 1024
"""The trees of so many characters are held while they wait; the nodes of a text take fifty times its room."""

TEXTS_HELD = 1024 * 1024
"""So many characters of texts inside of others, and of texts without a tree, are held while they wait, and what takes as much
room."""


class Trees:
    """Parsed YAML, JSON and TOML, each text once; texts and trees are dropped when nobody needs them any more."""

    def __init__(self, files: Files, recogniser: Recogniser, book: Book) -> None:
        self.recogniser = recogniser
        self._files = files
        self._noted = Noted(book)
        self._held: dict[Entry, int] = {}
        self._room, self._texts_held = HELD, 0
        self._waiting: Waiting | None = None
        self._charts: dict[str, Charts] = {}
        self._takers: dict[str, dict[Charts, None]] = {}
        self._homes: dict[str, str] = {}
        self._asked: list[Templates] = []
        self.called: dict[str, Template] | None = None if memory.kept() else {}
        """Templates of charts that others may call, by their paths, for all charts of the scan."""
        self._questions: dict[str, Callable[[str], Any]] = {
            "open": self.open, "tree": self.tree, "given": self._given, "listing": self.listing,
            "folders": self.folders, "templates": self._reader_of_templates, "taker": self._that_took,
        }  # fmt: skip

    @property
    def book(self) -> Book:
        """What became of each file."""
        return self._noted.book

    @property
    def notices(self) -> list[Notice]:
        """What went wrong, but for what trees tell themselves."""
        return self._noted.notices

    def answer(self, question: tuple[str, str]) -> Any:
        """Answer a question that something which is kept has asked before; nobody may ask it now, so nothing is noted."""
        answer, _ = self.apart(lambda: self._questions[question[0]](question[1]))
        return answer

    def again(self, kind: object, about: Iterable[Any], make: Callable[[], T]) -> T:
        """Return what ``make`` makes of some objects, and note what it notes; from the memory if that is open and has it."""
        if not memory.kept():
            return make()
        made, noted = memory.have(kind, about, lambda: self.apart(make), self.answer)
        self._noted.add(noted)
        return made

    def apart(self, make: Callable[[], T]) -> tuple[T, Noted]:
        """Return what ``make`` makes, and what is noted meanwhile, which is noted nowhere else."""
        outer, self._noted = self._noted, Noted(Book(self.book.policy))
        try:
            return make(), self._noted
        finally:
            self._noted = outer

    def read(self, source: Source, syntax: str) -> Tree:
        """Return the tree of a source."""
        entry = self._noted.entries.get(id(source))
        if entry is not None and entry.tree is not None:
            return entry.tree
        return self.again(f"tree of {syntax}", (source,), lambda: self._entered(source, syntax))

    def _entered(self, source: Source, syntax: str) -> Tree:
        entry = self._noted.entries[id(source)] = Entry(source, syntax, tree := self._tree(source, syntax))
        if syntax in MADE_AGAIN and not memory.kept():
            self._hold(entry)
        return tree

    def _hold(self, entry: Entry) -> None:
        """Hold a tree that was just made, and let go of others if that is too much."""
        if (size := entry.source.size) <= self._room and not (self._waiting and self._waiting.much):
            self._held[entry], self._room = size, self._room - size
        else:
            self._others().add(entry)

    def _others(self) -> Waiting:
        if self._waiting is None:
            from dindguard.waiting import Waiting  # few scans have so much

            self._waiting = Waiting(self._made_again, self.home, self._let_go, self._held)
        return self._waiting

    def _let_go(self, entry: Entry, chart: str) -> None:
        """Let go of what goes with a tree: its text, and a chart of which no tree is held any more."""
        if chart in self._charts:
            self._charts[chart].let_go()
        self._files.lay_by(entry.source)

    def _made_again(self, entry: Entry) -> Tree:
        """Return the tree of a text that was made before; all that is to be noted of it was noted then."""
        tree, _ = self.apart(lambda: self._tree(entry.source, entry.syntax))
        self._hold(entry)
        return tree

    def outlined(self, source: Source, make: Callable[[], list[tuple[str, Document]]]) -> Outline | None:
        """Return what ``make`` recognises a text as, and note nothing; ``None`` where more belongs to that."""
        from dindguard.outlines import outline  # one process alone makes none

        found, noted = self.apart(make)
        told = outline(source, found, noted)
        for entry in noted.entries.values():
            self._drop(entry)
        return told

    def recall(self, source: Source, told: Outline) -> list[tuple[str, Document]]:
        """Return the documents of a text that was outlined elsewhere, and note what was noted there."""
        from dindguard.waiting import asleep

        noted, tree = self._noted, told.tree(source)
        noted.add(told.noted(source))
        if told.syntax:
            entry = noted.entries[id(source)] = Entry(source, told.syntax, tree)
            entry.tree = asleep(tree, partial(self._made_again, entry))
        self._others().asleep(source.size)
        self._files.rest(source.path)
        return told.documents(source, tree, self._files)

    def waits(self, source: Source) -> None:
        """Note that a text waits for its turn, or for a format that makes no tree of it; beyond a measure it is let go of."""
        if not source.rests:
            self._texts_held += room(source.size, len(source.segments))
        if self._texts_held > TEXTS_HELD and not memory.kept():
            self._files.lay_by(source)

    def plain(self, source: Source, syntax: str) -> Source:
        """Return a text that a format reads itself; of a template, by its name, what can be read of it."""
        named = source.parent is None and syntaxes.without_template(source.path) != source.path
        return (
            self._templates_of(source).text(source, syntax) if named and syntaxes.has_actions(source.text) else source
        )

    def _tree(self, source: Source, syntax: str) -> Tree:
        read = readers.reader(syntax)
        if not syntaxes.has_actions(source.text):
            idle = self.recogniser.idle_parts(source) if syntax == syntaxes.YAML else []
            for _, row in idle:
                self.understood(source, row)
            return yaml.read_without(source, [part[:2] for part, _ in idle]) if idle else read(source)
        if syntax == syntaxes.TOML:
            tree = read(source)
            return tree if tree.readable else read(self._templates_of(source).text(source, syntax))
        if syntax not in MADE_AGAIN:
            return read(self.plain(source, syntax))
        reader = self._templates_of(source)
        if reader.of_chart(source):
            self._charts[self.home(source)].has_read(source)
        return reader.tree(source, read)

    def _templates_of(self, source: Source) -> Templates:
        return self._reader_of_templates(self.home(source))

    def home(self, source: Source) -> str:
        """Return the outermost chart that a file lies in, which its subcharts are read with; ``""`` outside of charts."""
        from dindguard.charts import home  # few scans have templates

        return home(source, self.listing, self._homes)

    def _reader_of_templates(self, home: str) -> Templates:
        if home not in self._charts:
            from dindguard.charts import Charts  # few scans have templates

            self._charts[home] = memory.have(f"charts in {home}", (), Charts)
        return memory.asked("templates", home, self._charts[home].reader(self, self._files))

    def opened_for(self, charts: Charts, path: str) -> None:
        """Note that templates of some charts refer to a file."""
        self._takers.setdefault(path, {})[charts] = None

    def _that_took(self, path: str) -> tuple[Templates, ...]:
        """Return the readers of templates that take something from a file."""
        readers = [charts.reader(self, self._files) for charts in self._takers.get(path, ())]
        return memory.asked("taker", path, tuple(reader for reader in readers if reader.uses(path)))

    def takings(self, known: Mapping[str, Takings]) -> dict[str, Takings]:
        """Return what templates took from files by their outermost charts, but for what is ``known``."""
        found = {home: charts.takings(known.get(home)) for home, charts in self._charts.items()}
        return {home: each for home, each in found.items() if each is not None}

    def take(self, takings: Mapping[str, Takings]) -> None:
        """Note what templates took from files in another process."""
        for home, each in takings.items():
            self._reader_of_templates(home).note(each.used, each.taken)
            self._charts[home].note(each.opened)

    def forget(self, source: Source) -> None:
        """Drop the tree and the text of a source; what refers to it has it read again."""
        if not memory.kept():
            entry = self._noted.entries.get(id(source))
            if entry is not None:
                self._drop(entry)
                if not entry.notices:
                    del self._noted.entries[id(source)]
                    self._noted.ours.discard(id(source))
            if not source.embedded:
                self._files.rest(source.path)

    def _drop(self, entry: Entry) -> None:
        self._room += self._held.pop(entry, 0)
        entry.drop()
        if self._waiting is not None:
            self._waiting.remove(entry)

    def done(self, documents: Iterable[Document]) -> None:
        """Drop what a format has read."""
        for source in {id(each.source): each.source for each in documents}.values():
            self.forget(source)

    def open(self, path: str) -> Source | None:
        """Return a file that another one refers to, which makes it understood as a part of that one."""
        source = memory.asked("open", path, self._files.open(path))
        if source is not None:
            self.book.part_of_another(source.path)
        return source

    def listing(self, folder: str) -> tuple[str, ...]:
        """Return the names of the files in a folder."""
        return memory.asked("listing", folder, self._files.listing(folder))

    def folders(self, folder: str) -> tuple[str, ...]:
        """Return the names of the folders in a folder."""
        return memory.asked("folders", folder, self._files.folders(folder))

    def tree(self, path: str) -> Tree | None:
        """Return the tree of a file that another one refers to; ``None`` when there is none."""
        source = self.open(path)
        if source is None:
            return None
        syntax = self.recogniser.syntax_of(source)
        tree = self.read(source, syntaxes.JSON if syntax == syntaxes.JSON else syntaxes.YAML)
        self._noted.ours.add(id(source))
        return tree

    def uses(self, path: str) -> None:
        """Note that what is being made comes from a file that was given, for what is kept."""
        if memory.kept():
            self._given(path)

    def _given(self, path: str) -> Tree | None:
        source = self._files.open(path)
        tree = self.read(source, self.recogniser.syntax_of(source)) if source is not None else None
        return memory.asked("given", path, tree)

    def recognised(self, source: Source) -> None:
        """Note that a source is ours, so that its faults count."""
        self._noted.ours.add(id(source))

    def understood(self, source: Source, row: FormatRow) -> None:
        """Note that a format reads a text, and what it does not read in it."""
        self.book.read(source, row.name)
        for literal, expression, what in row.unmodelled:
            self.book.not_modelled(source, literal, expression, what)

    def said_nothing(self, reading: Reading) -> None:
        """Note the documents that a format recognised and did not understand, and the files that it took values of."""
        self.book.taken(reading.taken)
        for each in reading.unread:
            self.book.part_unread(self._not_used(each.source), each.what, known=each.known)

    def _not_used(self, source: Source) -> Source:
        """Return a file's text, or a stretch of one, without what charts' templates took from it."""
        takers = self._that_took(source.path)
        if not takers or (source.parent is not None and source.parent.parent is not None):
            return source
        from dindguard.charts import without_taken

        return without_taken(source, takers, self._asked if self._waiting is not None else [])

    def unread(self, source: Source) -> None:
        """Note that no format took a text; what charts' templates took from it has been judged with them."""
        if source.parent is not None or not self._that_took(source.path):
            self.book.source_unread(source)
        else:
            self.book.part_unread(self._not_used(source), "part of a chart", known=False)

    def passed_over(self, source: Source) -> bool:
        """Whether a text is nobody's as its keys tell, without a tree; what it says otherwise is noted then."""
        from dindguard import nobodys  # few scans have long texts

        return nobodys.passed_over(source, self)

    def referred(self) -> None:
        """Note again which files templates refer to: of a template that is kept, some were opened when it was read first."""
        for charts in self._charts.values():
            for path in charts.opened:
                self.book.part_of_another(path)

    def all_notices(self) -> list[Notice]:
        """Return what went wrong, errors only for files that are ours as far as anyone can tell."""
        notices = [*self.notices]
        for key, entry in self._noted.entries.items():
            for notice in entry.notices:
                ours = key in self._noted.ours or notice.gravity is not Gravity.ERROR
                notices.append(notice if ours else replace(notice, gravity=Gravity.NOTE))
        return notices
