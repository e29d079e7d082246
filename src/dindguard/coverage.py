"""What became of every file: each ends in exactly one state, the worst of what it holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import chain

from dindguard.compact import Paths
from dindguard.enumerations import StrEnum
from dindguard.files import decode
from dindguard.records import field, record
from dindguard.source import Gravity, Notice, Source, Span


class State(StrEnum):
    """What became of a file; the worse the earlier."""

    CLOSED = "closed"
    """It cannot be opened."""
    BROKEN = "broken"
    """It is ours, and could not be read or is over a limit."""
    BLIND_SPOT = "blind-spot"
    """No format reads it, and it speaks of containers with power over their host."""
    KNOWN = "known-not-read"
    """It is of a kind that no format reads yet."""
    UNDERSTOOD = "understood"
    """A format read it."""
    LEFT_OUT = "left-out"
    """It was not looked at, for a reason."""
    NOTHING = "of-no-interest"
    """It says nothing of containers and engines."""
    OTHER = "not-configuration"
    """It is code, prose or binary, or belongs to tests or to somebody else's code."""


_WORSE = {state: rank for rank, state in enumerate(State)}
_PART = "part of another file"
PLAIN = (State.NOTHING, State.OTHER)
"""States of which nothing is told but the path."""


@record(slots=True)
class FileState:
    """One file: its state, what it is or why it was left out, where it speaks or is broken, and what is undecided."""

    path: str
    state: State
    what: str = ""
    words: str = ""
    span: Span | None = None
    undecided: int = 0


@record(kw_only=True)
class Coverage:
    """The states of all files. ``files`` are those of which more is known; ``plain`` are the paths of the others.

    ``partly`` counts the blind spots of which a format has read the rest.
    """

    files: tuple[FileState, ...] = ()
    plain: Mapping[State, Collection[str]] = field(default_factory=dict)
    partly: int = 0

    def count(self, state: State) -> int:
        """Return how many files are in a state."""
        return len(self.plain.get(state, ())) + sum(1 for each in self.files if each.state is state)

    def of(self, state: State) -> tuple[FileState, ...]:
        """Return the files in a state, by path."""
        return tuple(each for each in self.files if each.state is state)

    @property
    def blind_spots(self) -> tuple[FileState, ...]:
        """The files that nobody reads and that speak of us."""
        return self.of(State.BLIND_SPOT)

    def reasons(self) -> list[tuple[str, int]]:
        """Return for which reasons files were left out, and how many for each."""
        return sorted(Counter(each.what for each in self.of(State.LEFT_OUT)).items())

    def every(self) -> tuple[FileState, ...]:
        """Return all files, by path."""
        plain = (FileState(path, state) for state, paths in self.plain.items() for path in paths)
        return tuple(sorted((*self.files, *plain), key=lambda each: each.path))


class Book:
    """Keeps what became of the files while a scan goes on. ``policy`` are files that quote findings."""

    def __init__(self, policy: Collection[str] = ()) -> None:
        self.policy = policy
        self._states: dict[str, FileState] = {}
        self._plain = {state: Paths() for state in PLAIN}
        self._plain_texts: dict[State, dict[str, None]] = {state: {} for state in PLAIN}
        """Files of texts of which nothing is to be said: a file may have several, so these are not packed."""
        self._formats: dict[str, tuple[str, ...]] = {}
        self._together: dict[tuple[str, ...], tuple[str, ...]] = {}
        """Formats that read a file together, each set once: most files have one of a few."""
        self._by_bytes: set[str] = set()
        self._whole: dict[str, FileState] = {}
        self._taken: set[str] = set()

    def put(self, path: str, state: State, what: str = "", words: str = "", span: Span | None = None) -> None:
        """Note a file's state, unless a worse one is known."""
        known = self._states.get(path)
        if known is None or _WORSE[state] < _WORSE[known.state]:
            self._states[path] = FileState(path, state, what, words, span)

    def add(self, other: Book) -> None:
        """Note all that another book says."""
        for path, state in other._states.items():
            known = self._states.get(path)
            if known is None or _WORSE[state.state] < _WORSE[known.state]:
                self._states[path] = state
        for kind, paths in other._plain.items():
            for path in paths:
                self._plain[kind].append(path)
        for kind, texts in other._plain_texts.items():
            self._plain_texts[kind].update(texts)
        for path, names in other._formats.items():
            for name in names:
                self.understood(path, name)
        self._by_bytes |= other._by_bytes
        for path, state in other._whole.items():
            self._whole.setdefault(path, state)
        self._taken |= other._taken

    def forget(self, path: str) -> None:
        """Take back what was noted of a file that has changed."""
        for noted in (self._states, self._formats, self._whole):
            noted.pop(path, None)
        for kind, paths in self._plain.items():
            self._plain[kind] = Paths(each for each in paths if each != path)
        for texts in self._plain_texts.values():
            texts.pop(path, None)
        self._by_bytes.discard(path)
        self._taken.discard(path)

    def plain(self, path: str, state: State) -> None:
        """Note a file of which nothing more is to be said, once."""
        self._plain[state].append(path)

    def understood(self, path: str, name: str) -> None:
        """Note that a format read a file or a part of it."""
        known = self._formats.get(path, ())
        if name not in known:
            names = (*known, name)
            self._formats[path] = self._together.setdefault(names, names)

    def read(self, source: Source, name: str) -> None:
        """Note that a format read a text: a whole file whose kind another file told is not judged as an unknown one."""
        self.understood(source.path, name)
        if source.hint and source.parent is None:
            self._taken.add(source.path)

    def part_of_another(self, path: str) -> None:
        """Note that another file refers to a file, which is understood as a part of that one."""
        self.understood(path, _PART)

    def taken(self, paths: Iterable[str]) -> None:
        """Note files that were taken value by value, or read as what another file says they are: not judged as a whole."""
        self._taken.update(paths)

    def bytes_unread(self, path: str, data: bytes, what: str) -> None:
        """Judge a file that no format would read, by its bytes; ``what`` it is by name."""
        from dindguard import phrases, surfaces

        if path in self.policy or (surfaces.is_other(path) and not what):
            self.plain(path, State.OTHER)
            return
        text = decode(data) if what or phrases.may_speak(data) else ""
        if text is None or surfaces.is_report(text):
            self.plain(path, State.OTHER)
        elif not text or not self._speaks(Source(path, text), what):
            self._silent(path, what, self.plain)
        if path in self._states or path in self._whole:
            self._by_bytes.add(path)

    def not_modelled(self, source: Source, literal: str, expression: str, what: str) -> None:
        """Note words of a file that a format understands but for them."""
        if literal not in source.text:
            return
        from dindguard import phrases

        hit = phrases.first(source.text, literal, expression)
        if hit is not None:
            self.put(source.path, State.BLIND_SPOT, what, hit.words, source.span(hit.start, hit.end))

    def part_unread(self, source: Source, what: str, *, known: bool) -> None:
        """Judge a document that its format recognised and did not understand."""
        from dindguard import phrases, surfaces

        hit = phrases.spoken(source.text, known=known)
        if hit is not None and not surfaces.is_other(source.path):
            self.put(source.path, State.BLIND_SPOT, what, hit.words, source.span(hit.start, hit.end))

    def source_unread(self, source: Source) -> None:
        """Judge a text, or a part of one, that no format took."""
        from dindguard import surfaces

        path = source.path
        what = surfaces.by_name(path) if not source.embedded else ""
        other = path in self.policy or (surfaces.is_other(path) and not what) or surfaces.is_other(source.hint)
        if other or (not source.embedded and surfaces.is_report(source.text)):
            self._plain_text(path, State.OTHER)
        elif not self._speaks(source, what):
            self._silent(path, what, self._plain_text)

    def _plain_text(self, path: str, state: State) -> None:
        self._plain_texts[state][path] = None

    def _is(self, path: str, state: State) -> bool:
        return path in self._states and self._states[path].state is state

    def _silent(self, path: str, what: str, note: Callable[[str, State], None]) -> None:
        from dindguard import surfaces

        if what and not surfaces.is_read(what):
            self.put(path, State.KNOWN, what)
        else:
            note(path, State.NOTHING)

    def _speaks(self, source: Source, what: str) -> bool:
        from dindguard import phrases, surfaces

        what = what or surfaces.by_first_words(source.text)
        hit = phrases.spoken(source.text, known=bool(what))
        if hit is None:
            return False
        span = source.span(hit.start, hit.end)
        if not source.embedded:
            self._whole.setdefault(source.path, FileState(source.path, State.BLIND_SPOT, what, hit.words, span))
        else:
            self.put(source.path, State.BLIND_SPOT, what, hit.words, span)
        return True

    def looked_at(self) -> Iterator[str]:
        """Yield the files that no format would read by their names or their bytes; some of them twice."""
        return chain(self._by_bytes, *self._plain_texts.values(), *self._plain.values())

    def has_looked_at(self, path: str) -> bool:
        """Whether a file is one of those."""
        return any(path in paths for paths in (self._by_bytes, *self._plain_texts.values(), *self._plain.values()))

    def left(self, what: str) -> frozenset[str]:
        """Return the files and folders that were left out for a reason."""
        states = self._states.values()
        return frozenset(each.path for each in states if each.state is State.LEFT_OUT and each.what == what)

    def close(self, notices: Iterable[Notice], findings: Iterable[Span] = ()) -> Coverage:
        """Return the states of all files, with what ``notices`` say of broken ones and of what is undecided.

        A line of which ``findings`` speak is no blind spot: it was read, if not in every way that it is used.
        """
        for each in self._whole.values():
            if each.path not in self._taken:
                self.put(each.path, each.state, each.what, each.words, each.span)
        told = {(span.path, span.line) for span in findings}
        for path, state in list(self._states.items()):
            at = state.span
            if state.state is State.BLIND_SPOT and at is not None and (at.path, at.line) in told:
                del self._states[path]
        undecided: Counter[str] = Counter()
        for notice in notices:
            if notice.gravity is Gravity.ERROR and notice.kind in ("unreadable", "budget") and notice.span.path:
                self.put(notice.span.path, State.BROKEN, notice.message, span=notice.span)
            elif notice.kind in ("undecided", "unresolved"):
                undecided[notice.span.path] += 1
        for path, formats in self._formats.items():
            if path in self._by_bytes and self._is(path, State.KNOWN):
                del self._states[path]  # another file had it read after all
            self.put(path, State.UNDERSTOOD, ", ".join(sorted(formats, key=_PART.__eq__)))
        files = [
            each
            if not undecided[path]
            else FileState(path, each.state, each.what, each.words, each.span, undecided[path])
            for path, each in sorted(self._states.items())
        ]
        plain = {state: self._of_which_nothing_is_told(state) for state in PLAIN}
        partly = sum(self._is(path, State.BLIND_SPOT) for path in self._formats)
        return Coverage(files=tuple(files), plain=plain, partly=partly)

    def _of_which_nothing_is_told(self, state: State) -> Paths:
        texts = self._plain_texts[state]
        once = chain((path for path in self._plain[state] if path not in texts), texts)
        return Paths(path for path in once if path not in self._states)


_WORDS_SHOWN = 80


def notices_of(coverage: Coverage) -> list[Notice]:
    """Return a notice for each blind spot."""
    return [_notice(each) for each in coverage.blind_spots]


def _notice(spot: FileState) -> Notice:
    words = spot.words if len(spot.words) <= _WORDS_SHOWN else f"{spot.words[: _WORDS_SHOWN - 1]}…"
    kind = spot.what or "file"
    many = kind.endswith(("values", "variables", "tasks")) and not kind.startswith("part")
    told, say = (f"these {kind} are", "they say") if many else (f"this {kind} is", "it says")
    message = f"{told} not read, yet {say} '{words}': {'their' if many else 'its'} containers are not judged"
    span = spot.span or Span(spot.path)
    return Notice("blind-spot", message, span, Gravity.NOTE, "look at it yourself, or exclude it")
