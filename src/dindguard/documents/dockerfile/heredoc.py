"""What here-documents hold, and the script that a shell reads for a RUN that has some."""

from __future__ import annotations

from dindguard.documents.dockerfile.text import Body, LogicalLine
from dindguard.documents.dockerfile.words import is_heredoc_word
from dindguard.documents.joined import Joined
from dindguard.patterns import regex
from dindguard.source import Source

_LINE = regex(r"(?<![^\n])(\t*+)([^\n]*?)(\r?\n)")


def body_text(source: Source, body: Body, hint: str = "") -> Source:
    """Return a here-document's text; leading tabs are left out for ``<<-``."""
    if not body.word.strip_tabs:
        return source.part(body.start, body.end, hint=hint)
    joined = Joined(source)
    for line in _LINE.finditer(source.text, body.start, body.end):
        joined.add(line[0][len(line[1]) :], line.start(2), line.end())
    return joined.source(hint)


def script(source: Source, line: LogicalLine, start: int) -> Source:
    """Return what the shell reads for the text of ``line`` from ``start`` on, with the hint ``shell``.

    A RUN that consists of one ``<<WORD`` runs its body. For all else, the here-documents follow the text
    with their closing lines, and the shell reads them itself.
    """
    text = line.source.text
    if line.bodies and is_heredoc_word(text[start:]):
        return body_text(source, line.bodies[0], "shell")
    if not line.bodies:
        return line.rest(start, hint="shell")
    joined = Joined(source)
    for segment in line.source.segments:
        first = max(start, segment.start)
        end = segment.start + segment.length
        if first < end:
            origin = segment.origin + first - segment.start
            joined.add(text[first:end], origin, origin + end - first)
    joined.add_glue("\n")
    begin = line.bodies[0].start
    for piece in _LINE.finditer(source.text[begin : line.close] + "\n"):
        joined.add(piece[1] + piece[2], begin + piece.start(), begin + piece.end(2))
        joined.add_glue("\n")
    return joined.source("shell")
