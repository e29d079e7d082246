"""Credentials that one line shows and others give away: keys in blocks, items of lists, heredocs, continued commands.

Each looks a limited number of lines around; what is further away is not told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, cached_property, lru_cache

from dindguard.reports.excerpt import Range
from dindguard.reports.masking import assigned, hints
from dindguard.reports.masking.names import plain, secret_name
from dindguard.source import Source

FAR = 200
"""Lines of a private key, or of a document that says it is a Secret."""

NEAR = 40
"""Lines of a block, a heredoc, a list or a continued command."""

LONGEST = 4000
"""Longer lines are not joined with others."""

SHORTEST_OF_A_KEY = 16
"""Lines of a private key have 64 characters, or 76; few words have so many."""


def around(source: Source, number: int) -> Iterator[Range]:
    """Yield the credentials in a line that only the lines around it tell."""
    line = source.line_text(number)
    if not line.strip() or len(line) > LONGEST:
        return
    lines = _Lines(source, number, line)
    if lines.in_private_key() or lines.in_heredoc_of_a_login() or lines.in_secret_block():
        yield lines.content
        return
    yield from lines.after_an_option()
    yield from lines.beside_its_name()
    yield from lines.joined()


@cache
def _item() -> re.Pattern[str]:
    """An item of a list, in YAML or JSON: the dash if there is one, and the value without quotes and comma."""
    return re.compile(r"(\s*(?:-\s+)?)([\"']?)(.*?)\2\s*,?\s*$")


@cache
def _key() -> re.Pattern[str]:
    return re.compile(r"(\s*(?:-\s+)?)[\"']?([\w.-]{1,100})[\"']?\s*[:=]\s*(.*)$")


@cache
def _heredoc() -> re.Pattern[str]:
    return re.compile(r"<<-?\s*[\"']?(\w+)[\"']?")


@cache
def _of_a_key() -> re.Pattern[str]:
    """A line inside a private key: base64, a header as RFC 1421 and OpenPGP have them, or nothing."""
    return re.compile(
        r"[\s\"'>|#*+-]*+(?:(=?[\w+/-]++={0,2}+)?(?:\\n|[\s\"',+\\])*+"
        r"|(?:Proc-Type|DEK-Info|Version|Comment|Charset|Hash): .*)"
    )


def _key_line(line: str) -> int | None:
    """Return how many characters of a private key a line has; ``None`` for a line that stands in no key."""
    found = _of_a_key().fullmatch(line)
    return None if found is None else len(found[1] or "")


def _begins_key(line: str) -> bool:
    return "-----BEGIN" in line and "PRIVATE KEY" in line and "-----END" not in line


class _Lines:
    """A line of a file and its neighbours."""

    def __init__(self, source: Source, number: int, line: str) -> None:
        self.source = source
        self.number = number
        self.line = line

    @cached_property
    def above(self) -> list[str]:
        """The nearest lines above, the last one first."""
        return [*self._upwards(0, NEAR)]

    @cached_property
    def below(self) -> list[str]:
        """The nearest lines below."""
        return [*self._downwards(0, NEAR)]

    def _upwards(self, skipped: int, most: int) -> Iterator[str]:
        for number in range(self.number - skipped - 1, max(0, self.number - most - 1), -1):
            yield self.source.line_text(number)

    def _downwards(self, skipped: int, most: int) -> Iterator[str]:
        for number in range(self.number + skipped + 1, self.number + most + 1):
            yield self.source.line_text(number)

    @property
    def content(self) -> Range:
        """The line without its indent, dash and quotes."""
        found = _item().match(self.line)
        assert found is not None
        return found.span(3)

    def before(self, most: int) -> Iterator[str]:
        """Yield the lines above, the nearest first."""
        yield from self.above[:most]
        yield from self._upwards(len(self.above), most)

    def after(self, most: int) -> Iterator[str]:
        """Yield the lines below."""
        yield from self.below[:most]
        yield from self._downwards(len(self.below), most)

    def last_above(self, sign: str, most: int) -> str:
        """Return the nearest line above that holds a sign; ``""`` when none of ``most`` does."""
        file = self.source.file
        first, own = (file.offset(max(1, number), 1) for number in (self.number - most, self.number))
        at = file.text.rfind(sign, first, own)
        return "" if at < 0 else self.source.line_text(file.position(at)[0])

    def in_private_key(self) -> bool:
        """Whether the line is base64 of a private key that begins above, with nothing else in between.

        A script that looks for ``BEGIN RSA PRIVATE KEY`` in files is no key. A short line is a key's last one; it
        is the only one below a header with nothing behind it.
        """
        own, header = _key_line(self.line), self.last_above("-----", FAR)
        if not own or not _begins_key(header):
            return False
        least = 0 if own >= SHORTEST_OF_A_KEY or header.rstrip().endswith("-----") else SHORTEST_OF_A_KEY
        for line in self.before(FAR):
            if "-----" in line:
                return not least
            found = _key_line(line)
            if found is None or found < least or 0 < found < SHORTEST_OF_A_KEY:
                return False
            least = 0
        return False

    def in_heredoc_of_a_login(self) -> bool:
        """Whether the line is handed to a command that takes a credential from its standard input."""
        if not self.last_above("<<", NEAR):
            return False
        seen = {self.line.strip()}
        for line in self.above:
            found = _heredoc().search(line) if "<<" in line else None
            if found:
                return found[1] not in seen and _takes_secret(line)
            seen.add(line.strip())
        return False

    def in_secret_block(self) -> bool:
        """Whether the line belongs to a block or list below a key that names a credential, or to a Secret's data."""
        if not any("data" in line or hints.names_secret(line) for line in self.above):
            return False
        indent = _indent(self.line)
        for line in self.above:
            if not line.strip():
                continue
            found = _key().match(line)
            if _indent(line) >= indent and not (found and _indent(line) == indent and _dashed(self.line)):
                continue
            if found is None:
                return False
            name, value = found[2], found[3].split(" #")[0].strip()
            if name in ("data", "stringData") and not value:
                return self.in_secret_document()
            opens = value[:1] in ("|", ">") or (not value and _dashed(self.line) and name != "secrets")
            return opens and secret_name(name) and _key().match(self.line) is None
        return False

    def in_secret_document(self) -> bool:
        """Whether the document of the line says that it is a Kubernetes Secret."""
        for lines in (self.before(FAR), self.after(FAR)):
            for line in lines:
                if line.startswith("---"):
                    break
                if re.match(r"\s*(?:-\s+)?[\"']?kind[\"']?:\s*[\"']?Secret\b", line):
                    return True
        return False

    def after_an_option(self) -> Iterator[Range]:
        """Yield the first word when the line above ends with an option that takes a credential."""
        above = next((line for line in self.above if line.strip()), "")
        if len(above) > LONGEST or not hints.names_secret(above):
            return
        from dindguard.reports.masking import words

        last = words.words(above.rstrip().rstrip("\\").rstrip(",").rstrip())
        if not last or not words.secret_option(last[-1].text):
            return
        own = [word for word in words.words(self.line) if word.text != "-"]
        if own and not own[0].sign and not plain(own[0].text) and not own[0].text.startswith("-"):
            yield own[0].start, own[0].end

    def beside_its_name(self) -> Iterator[Range]:
        """Yield the value of a pair whose name stands on a line of its own, as containers' variables do."""
        lower = self.line.lower()
        found = _key().match(self.line) if "value" in lower or "default" in lower else None
        if found is None or found[2].lower() not in ("value", "default") or not found[3]:
            return
        for name in self._named():
            if assigned.named_variable(name):
                start = found.start(3)
                text = found[3].split(" #")[0].rstrip().rstrip(",")
                quoted = len(text) > 1 and text[0] in "\"'" and text[-1] == text[0]
                if not plain(text.strip("\"'")):
                    yield start + quoted, start + len(text) - quoted

    def _named(self) -> Iterator[str]:
        """Yield the names that neighbours of a ``value:`` give, within its item."""
        if not _dashed(self.line):
            for line in self.before(4):
                found = _key().match(line)
                if found and found[2].lower() in ("name", "key"):
                    yield found[3].strip().strip("\"',")
                if _dashed(line) or found is None or line.strip()[:1] in "{}":
                    break
        for line in self.after(4):
            found = _key().match(line)
            if found is None or _dashed(line):
                break
            if found[2].lower() in ("name", "key"):
                yield found[3].strip().strip("\"',")

    def joined(self) -> Iterator[Range]:
        """Yield what the line gives away as part of a command over several lines, or of a list of its words."""
        listed = self._listed()
        for first, last in (self._continued(), listed):
            if first == last:
                continue
            lines = [_bare(self.source.line_text(number)) for number in range(first, last + 1)]
            if sum(map(len, lines)) > 4 * LONGEST - len(lines) or not hints.speak(lines):
                continue
            from dindguard.reports.masking import words

            text = " ".join([*lines, ""])
            start = sum(map(len, lines[: self.number - first])) + self.number - first
            end = start + len(self.line)
            for begin, finish in words.spoken(_without_dashes(text) if (first, last) == listed else text):
                if begin < end and start < finish:
                    yield max(begin, start) - start, min(finish, end) - start

    def _continued(self) -> tuple[int, int]:
        """Return the first and last line of the command that goes on over backslashes and pipes."""
        first = last = self.number
        for line in self.above:
            if not _goes_on(line):
                break
            first -= 1
        if _goes_on(self.line):
            for line in self.below:
                last += 1
                if not _goes_on(line):
                    break
        return first, last

    def _listed(self) -> tuple[int, int]:
        """Return the first and last line of a list with one word a line that this line is an item of, if any may tell."""
        if not _is_item(self.line) or not hints.speak([*reversed(self.above), self.line, *self.below]):
            return self.number, self.number
        indent = _indent(self.line)
        first = last = self.number
        for line in self.above:
            if _indent(line) != indent or not _is_item(line):
                break
            first -= 1
        for line in self.below:
            if _indent(line) != indent or not _is_item(line):
                break
            last += 1
        return first, last


def _bare(line: str) -> str:
    """Return a line without the sign that continues it, as wide as it was without the blanks at its end."""
    line = line.rstrip()
    return f"{line[:-1]} " if line.endswith("\\") else line


def _takes_secret(line: str) -> bool:
    text = line[:LONGEST]
    return any(each in text for each in ("--password-stdin", "chpasswd", "--with-token", "secret create", "netrc"))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _dashed(line: str) -> bool:
    return line.lstrip().startswith("- ")


def _goes_on(line: str) -> bool:
    return line.rstrip().endswith(("\\", "|", "&&"))


@lru_cache(hints.RECENT)
def _is_item(line: str) -> bool:
    """Whether a line is an item of a list that is a scalar: ``- x``, or ``"x",``."""
    if len(line) > LONGEST:
        return False
    text = line.strip()
    if text.startswith("- "):
        return _key().match(line) is None
    return text.startswith(('"', "'")) and re.fullmatch(r"([\"'])[^\"']*\1,?", text) is not None


def _without_dashes(text: str) -> str:
    """Return the text of a list's lines with blanks for the dashes of its items, so that words stay in their columns."""
    return re.sub(r"(?:(?<=^)|(?<=\s))-(?=\s)", " ", text)
