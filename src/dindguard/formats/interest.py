"""The byte test: a file without any word of any format cannot give a finding, and is not read.

Every format's words count for every file, because a text may hold documents of other formats. A word is a literal,
looked for in the lowered bytes; where a literal alone says too little, an exact expression stands behind it and is asked
only where the literal occurs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from dindguard.formats import registry
from dindguard.patterns import regex

if TYPE_CHECKING:
    from dindguard.formats.row import Word

EVERYWHERE: tuple[Word, ...] = (
    "docker", "podman", "nerdctl", "containerd", "buildkit", "buildah", "kaniko", "sysbox", "crio", "privileged",
    ("dind", r"\bdind\b"), "2375", "2376", "dindguard:",
    ("\\x", r"\\x[0-9a-f]"), ("\\u", r"\\u[0-9a-f]"),
)  # fmt: skip
"""Engines by name and by port, and escapes, which hide words; our own comments."""

IMAGES: tuple[Word, ...] = (("image", r"\bimage\b"), ("from", r"\bfrom\b"))
"""Words without which no file names an image."""

_LIKELIEST = (b"docker", b"privileged")
"""Literals that are looked for before a file is lowered."""

_LIKELY = (b"docker", b"privileged", b"hostpath", b"capabilities", b"include:")
"""Literals of some format that are looked for first: most files that matter hold one of them."""

_LONG = 8192
"""In a file of so many bytes or more every word is looked for once, however often it stands there."""

_OTHER_UNICODE = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")


class Interest:
    """Tells from a file's bytes whether it can matter.

    ``always`` tells from a path alone that a file is read. ``further`` are words that count in this scan because of
    what configuration asks for, in lower case; ``everything`` has every file read: rules that are not ours may speak of
    anything.
    """

    def __init__(
        self, always: Callable[[str], bool], *, further: Iterable[Word] = (), everything: bool = False
    ) -> None:
        self._always = always
        self._everything = everything
        words = (*EVERYWHERE, *(word for row in registry.rows() for word in row.words))
        literals, self._patterns = _sorted_out((*words, *further))
        self._likely = tuple(each for each in literals if each in _LIKELY or not _is_word(each))
        self._literals = tuple(each for each in literals if each not in self._likely)

    def __call__(self, path: str, data: bytes) -> bool:
        """Whether a file has to be read; UTF-16 and UTF-32 cannot be searched like this, and always are."""
        if self._everything or data.startswith(_OTHER_UNICODE):
            return True
        if any(map(data.__contains__, _LIKELIEST)):  # a generator would cost more than what it asks
            return True
        lowered = data.lower()
        if any(map(lowered.__contains__, self._likely)):
            return True
        words = lowered if len(lowered) < _LONG else b"\n".join(set(lowered.split()))
        if any(map(words.__contains__, self._literals)):
            return True
        found = any(
            literal in (words if _is_word(literal) else lowered) and exact.stands_in(lowered)
            for literal, exact in self._patterns
        )
        return found or self._always(path)


def _is_word(literal: bytes) -> bool:
    """Whether a literal has no blanks in it, so that it can only stand within a word of a text."""
    return literal.split() == [literal]


def _sorted_out(words: Iterable[Word]) -> tuple[tuple[bytes, ...], tuple[tuple[bytes, _Exact], ...]]:
    """Return the literals that say enough, and the others with their expressions."""
    unique = dict.fromkeys(words)
    literals = tuple(word.encode() for word in unique if isinstance(word, str))
    pairs = (word for word in unique if not isinstance(word, str))
    return literals, tuple((literal.encode(), _Exact(pattern)) for literal, pattern in pairs)


class _Exact:
    """An expression; one that begins with a word is tried only where that word stands, which is found ten times as fast."""

    def __init__(self, pattern: str) -> None:
        self._text = pattern
        self._pattern = regex(pattern.encode())

    @cached_property
    def _lead(self) -> tuple[bytes, bool] | None:
        """The word that a match begins with, and whether it begins a line; ``None`` where the expression does not tell."""
        lead = _LEAD.match(self._text)
        if lead is None or "|" in _GROUP.sub("", self._text):
            return None
        return lead["word"].encode(), lead["edge"] != r"\b"

    def stands_in(self, data: bytes) -> bool:
        """Whether it matches anywhere."""
        if self._lead is None:
            return self._pattern.search(data) is not None
        word, of_line = self._lead
        at = data.find(word)
        while at >= 0:
            if self._pattern.match(data, data.rfind(b"\n", 0, at) + 1 if of_line else at):
                return True
            at = data.find(word, at + 1 if not of_line else data.find(b"\n", at) + 1 or len(data))
        return False


_LEAD = regex(r"(?P<edge>\(\?m\)\^(?:\[ \\t\]\*)?|\\b)(?P<word>[a-z]+[: ]?)(?![*?{|])")
_GROUP = regex(r"\([^()]*\)")
