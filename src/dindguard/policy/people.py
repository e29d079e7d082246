"""People: when two spellings are one person, and which names hide whom they name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

_NOREPLY = re.compile(r"(?:\d+\+)?(?P<handle>[^@]+)@users\.noreply\.[\w.-]+")
_REMARK = re.compile(r" ?\([^()]*\)$")
_AROUND = " .,;:!/'\"`()[]{}<>"
_INVISIBLE = "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0"
"""What Unicode calls ignorable by default beside format characters and variation selectors (DerivedCoreProperties)."""

_LOOKALIKES = str.maketrans(
    "\u0430\u0432\u0435\u043a\u043c\u043d\u043e\u0440\u0441\u0442\u0443\u0445\u0455\u0456\u0458\u04bb\u0501\u051b\u051d"
    "\u04cf\u03b1\u03b2\u03b5\u03b6\u03b7\u03b9\u03ba\u03bc\u03bd\u03bf\u03c1\u03c4\u03c5\u03c7\u0131\u0261\u0578\u0585\u057d",
    "abekmhopctyxsijhdqwlabezhikmvoptuxignou",
)
"""Cyrillic, Greek and Armenian letters that most fonts draw as Latin ones (Unicode's confusables), in lower case."""


def spelled(name: str) -> str:
    """Return a name in one spelling: what cannot be seen, widths, case, blanks and leading ``@`` do not tell people apart.

    Of ``Ada L. <ada@example.org>`` the address counts. Quotes, full stops and remarks around a name are none of it.
    """
    text = "".join(sign for sign in unicodedata.normalize("NFKC", name) if _visible(sign))
    text = " ".join(unicodedata.normalize("NFKC", text.casefold()).split())
    text = _REMARK.sub("", text) or text
    if text.endswith(">") and "<" in text:
        text = text[text.rindex("<") + 1 : -1].strip()
    return text.strip(_AROUND).removeprefix("mailto:").lstrip("@" + _AROUND)


def _visible(sign: str) -> bool:
    selector = "\ufe00" <= sign <= "\ufe0f" or "\U000e0100" <= sign <= "\U000e01ef" or "\u180b" <= sign <= "\u180f"
    return unicodedata.category(sign) != "Cf" and sign not in _INVISIBLE and not selector


class People:
    """Who is who. ``known`` are the spellings of each person, by the name that the configuration gives them."""

    def __init__(self, known: Mapping[str, Iterable[str]] | None = None) -> None:
        self._known = {
            spelled(spelling): f"{name} "
            for name, spellings in (known or {}).items()
            for spelling in (name, *spellings)
        }

    def one(self, name: str) -> str:
        """Return what is equal for all spellings of one person.

        An address and a handle that is its first half are one, unless the configuration says that they are two:
        that makes somebody an approver of their own waiver rather than lets them be one unseen.
        """
        spelling = spelled(name)
        if spelling in self._known:
            return self._known[spelling]
        return self._handle(spelling).translate(_LOOKALIKES)

    def _handle(self, spelling: str) -> str:
        own = _NOREPLY.fullmatch(spelling)
        if own is not None:
            return own["handle"]
        local, at, _ = spelling.partition("@")
        return local.partition("+")[0] if at else spelling

    def among(self, name: str, names: Iterable[str]) -> bool:
        """Whether a person is one of those named: by the same spelling, or by one that the configuration knows."""
        others = {spelled(other) for other in names}
        own = spelled(name)
        known = self._known.get(own)
        return own in others or (known is not None and any(self._known.get(other) == known for other in others))


def disguised(name: str) -> str:
    """Return what makes a name look like another one, in words; ``""`` for an honest one."""
    if any(not _visible(sign) for sign in name):
        return "holds characters that cannot be seen"
    text = unicodedata.normalize("NFKC", name)
    handle = text.partition("<")[2] or text
    if "@" in handle and not handle.isascii():
        return "holds letters that no handle or address has"
    for word in text.split():
        scripts = {unicodedata.name(sign, "").partition(" ")[0] for sign in word if sign.isalpha()}
        if "LATIN" in scripts and scripts & {"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC"}:
            return "mixes alphabets"
    return ""
