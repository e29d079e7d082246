"""Documents inside of files: which of them a place is in, and what a change of its text is in the file."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator

from dindguard.buffers import Buffers
from dindguard.coverage import Book
from dindguard.files import Files
from dindguard.fixes.file import File
from dindguard.fixes.splices import RefusedError, Splice
from dindguard.formats.recognition import Recogniser
from dindguard.reading import read_all
from dindguard.source import Source, Span

_NOT_AS_WRITTEN = "the document inside is encoded, escaped or put together: its characters are not those of the file"


class Documents:
    """The documents inside of files; ``given`` are all files that were scanned."""

    def __init__(self, files: Files, recogniser: Recogniser, given: Iterable[str]) -> None:
        self._files = files
        self._recogniser = recogniser
        self._given = sorted(given)
        self._read: dict[str, list[Source]] = {}

    def innermost(self, span: Span, *, among_all: bool) -> Source | None:
        """Return the innermost document that a place is in; ``None`` when it is in none.

        Its own file is read alone first; ``among_all``, then all together: another file may tell what a text is. Each is
        done once.
        """
        for name, paths in ((span.path, [span.path]), ("", self._given))[: 1 + among_all]:
            if name not in self._read:
                self._read[name] = self._documents(paths)
            around = [source for source in self._read[name] if _holds(source, span)]
            if around:
                return max(around, key=_depth)
        return None

    def _documents(self, paths: Iterable[str]) -> list[Source]:
        book, own = _Texts(), Buffers(self._files, {})  # what is read here is let go of here
        sources = [source for path in paths if (source := own.open(path)) is not None]
        read_all(sources, own, self._recogniser, book=book)
        return book.found


class _Texts(Book):
    """Keeps the documents inside of files."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Source] = []

    def read(self, source: Source, name: str) -> None:
        """Note that a format read a text, and keep one that is inside of a file."""
        super().read(source, name)
        if source.parent is not None and source.text:
            self.found.append(source)


def _holds(source: Source, span: Span) -> bool:
    if source.path != span.path:
        return False
    last = source.position(len(source.text) - 1)
    end = (span.end_line, span.end_column)
    return source.position(0) <= (span.line, span.column) and end <= (last[0], last[1] + 1)


def _depth(source: Source) -> int:
    return 0 if source.parent is None else 1 + _depth(source.parent)


class InnerFile(File):
    """A document inside of a file, whose characters are all characters of the file.

    Between them may stand how deep its lines are indented there, and nothing else. Raises :class:`RefusedError` for others.
    """

    def __init__(self, source: Source, syntax: str) -> None:
        super().__init__(source, syntax)
        self._outer = source.file.text
        self._places = list(_places(source))
        while (
            self._places
            and source.text[len(self._places) - 1] == "\n"
            and not self._as_written(len(self._places) - 1)
        ):
            self._places.pop()  # a program ends what it prints with it
        self._quote = self._lead()

    def offsets(self, span: Span) -> tuple[int, int]:
        """Return the offsets of a place in the document."""
        start, end = super().offsets(span)
        return bisect_left(self._places, start), bisect_left(self._places, end - 1) + 1

    def outward(self, splices: tuple[Splice, ...]) -> Iterator[Splice]:
        """Yield the splices of the file that make changes of the document; refuse what it could not be written in."""
        if not self.keeps_the_rest(splices):
            raise RefusedError("more would change than is meant")
        for splice in splices:
            special = "'" if self._quote else "$`\\"
            if any(char in splice.text for char in special):
                raise RefusedError("what is new could not stand there without escapes")
            yield self._placed(splice)

    def _placed(self, splice: Splice) -> Splice:
        """Return a splice in the file, its lines indented as the document's are there."""
        indent = self._indentation(splice.start)
        opens, text = self._opens_line(splice.start), splice.text
        closes = self._opens_line(splice.end) and (text.endswith("\n") or (opens and not text))
        lines = text.split("\n")
        made = [f"{indent}{line}" if line and (number or opens) else line for number, line in enumerate(lines)]
        if not lines[-1] and not closes and (opens or len(lines) > 1):
            made[-1] = indent  # what follows on the line was indented before
        return Splice(self._at(splice.start, whole=opens), self._at(splice.end, whole=closes), "\n".join(made))

    def _opens_line(self, offset: int) -> bool:
        """Whether a line of the document begins there that is a whole line of the file."""
        begins = offset == 0 or self.source.text[offset - 1] == "\n"
        return begins and not (offset == 0 and self._quote)

    def _at(self, offset: int, *, whole: bool) -> int:
        """Return where an offset is in the file; ``whole`` for the beginning of the line rather than of its text."""
        if offset >= len(self._places):
            return self._places[-1] + 1
        place = self._places[offset]
        if whole:
            return self._outer.rfind("\n", 0, place) + 1
        return place if offset == 0 or self.source.text[offset - 1] == "\n" else self._places[offset - 1] + 1

    def _indentation(self, offset: int) -> str:
        """Return what stands before the document's line that holds an offset; before its next one, if it is quoted."""
        text = self.source.text
        begin = text.rfind("\n", 0, offset) + 1
        if begin == 0 and self._quote:
            begin = text.find("\n") + 1
        while begin < len(text) and text[begin] == "\n":
            begin += 1
        if begin >= len(text):
            begin = text.rfind("\n", 0, len(text.rstrip())) + 1
        place = self._places[begin]
        return self._outer[self._outer.rfind("\n", 0, place) + 1 : place] if begin or not self._quote else ""

    def _lead(self) -> str:
        """Return the quote before the document; refuse one that neither begins a line nor stands in single quotes."""
        if not self._places or not all(map(self._as_written, range(len(self._places)))):
            raise RefusedError(_NOT_AS_WRITTEN)
        before = self._outer[self._outer.rfind("\n", 0, self._places[0]) + 1 : self._places[0]]
        if before.endswith("'"):
            return "'"
        if before.strip(" \t"):
            raise RefusedError(_NOT_AS_WRITTEN)
        return ""

    def _as_written(self, offset: int) -> bool:
        """Whether a character of the document is one of the file, and only its line's indentation stands before it."""
        place, text = self._places[offset], self.source.text
        if self._outer[place : place + 1] != text[offset]:
            return False
        if not offset:
            return True
        last = self._places[offset - 1]
        between = self._outer[last + 1 : place]
        return place > last and (not between or (not between.strip(" \t") and text[offset - 1] == "\n"))


def _places(source: Source) -> Iterator[int]:
    """Yield where each character of a document stands in its file."""
    for offset in range(len(source.text)):
        text: Source | None = source
        place = offset
        while text is not None and text.parent is not None:
            place, text = text.origin(place), text.parent
        yield place
