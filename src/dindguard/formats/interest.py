"""The byte test: a file without any word of any format cannot give a finding, and is not read.

Every format's words count for every file, because a text may hold documents of other formats. A word is a literal,
looked for in the lowered bytes; where a literal alone says too little, an exact expression stands behind it and is asked
only where the literal occurs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from dindguard.formats import registry
from dindguard.patterns import regex

if TYPE_CHECKING:
    import re

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
        if any(literal in data for literal in _LIKELIEST):
            return True
        lowered = data.lower()
        if any(literal in lowered for literal in self._likely):
            return True
        words = lowered if len(lowered) < _LONG else b"\n".join(set(lowered.split()))
        if any(literal in words for literal in self._literals):
            return True
        exact = any(
            literal in (words if _is_word(literal) else lowered) and bool(pattern.search(lowered))
            for literal, pattern in self._patterns
        )
        return exact or self._always(path)


def _is_word(literal: bytes) -> bool:
    """Whether a literal has no blanks in it, so that it can only stand within a word of a text."""
    return literal.split() == [literal]


def _sorted_out(words: Iterable[Word]) -> tuple[tuple[bytes, ...], tuple[tuple[bytes, re.Pattern[bytes]], ...]]:
    """Return the literals that say enough, and the others with their expressions."""
    unique = dict.fromkeys(words)
    literals = tuple(word.encode() for word in unique if isinstance(word, str))
    pairs = (word for word in unique if not isinstance(word, str))
    return literals, tuple((literal.encode(), regex(pattern.encode())) for literal, pattern in pairs)
