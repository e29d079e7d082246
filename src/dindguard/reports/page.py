"""A rule's page, which is Markdown in a docstring, taken apart for terminals and HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dindguard.enumerations import StrEnum
from dindguard.patterns import regex
from dindguard.records import record
from dindguard.reports import safe
from dindguard.reports.terminal import Terminal, wrapped


class Kind(StrEnum):
    """What a block of a page is."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    ITEM = "item"
    CODE = "code"
    TABLE = "table"


@record
class Block:
    """A piece of a page. ``marker`` is an item's bullet or number, a heading's ``#`` signs, a fence's language."""

    kind: Kind
    text: str
    marker: str = ""


_ITEM = regex(r"( *)([-*]|\d+\.) +(.*)")


def blocks(page: str) -> Iterator[Block]:
    """Yield the blocks of Markdown: headings, paragraphs, list items, fenced and indented code."""
    lines = page.expandtabs(4).splitlines()
    index = 0
    while index < len(lines):
        line = lines[index]
        if line.lstrip().startswith("```"):
            block, index = _fence(lines, index)
        elif line.startswith("|"):
            block, index = _table(lines, index)
        elif line.startswith("    ") and line.strip():
            block, index = _indented(lines, index)
        elif heading := re.fullmatch(r"(#{1,6}) +(.*)", line):
            block, index = Block(Kind.HEADING, heading[2].strip(), heading[1]), index + 1
        elif line.strip():
            block, index = _prose(lines, index)
        else:
            index += 1
            continue
        yield block


def _fence(lines: list[str], index: int) -> tuple[Block, int]:
    indent = len(lines[index]) - len(lines[index].lstrip())
    language = lines[index].strip().strip("`")
    end = index + 1
    while end < len(lines) and not lines[end].lstrip().startswith("```"):
        end += 1
    body = "\n".join(line[indent:] for line in lines[index + 1 : end])
    return Block(Kind.CODE, body, language), end + 1


def _indented(lines: list[str], index: int) -> tuple[Block, int]:
    end = index
    while end < len(lines) and (lines[end].startswith("    ") or not lines[end].strip()):
        end += 1
    body = "\n".join(line[4:] for line in lines[index:end]).rstrip()
    return Block(Kind.CODE, body), end


def _table(lines: list[str], index: int) -> tuple[Block, int]:
    end = index
    while end < len(lines) and lines[end].startswith("|"):
        end += 1
    return Block(Kind.TABLE, "\n".join(lines[index:end])), end


def _rows(table: str) -> list[list[str]]:
    """Return a table's cells, the headings first, without the line between them and the rest."""
    rows = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in table.splitlines()]
    return rows[:1] + rows[2:]


def _prose(lines: list[str], index: int) -> tuple[Block, int]:
    item = _ITEM.fullmatch(lines[index])
    words = [item[3] if item else lines[index].strip()]
    end = index + 1
    while end < len(lines) and _continues(lines[end]):
        words.append(lines[end].strip())
        end += 1
    text = " ".join(words)
    return (Block(Kind.ITEM, text, item[2]) if item else Block(Kind.PARAGRAPH, text)), end


def _continues(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith(("```", "#")) and not _ITEM.fullmatch(line)


_INLINE = regex(
    r"(?P<ticks>`+)(?P<code>.+?)(?P=ticks)|\*\*(?P<bold>.+?)\*\*|\[(?P<label>[^\]]+)\]\((?P<target>[^)\s]+)\)"
)


_EMPHASIS = regex(r"(?<![^\s(])\*([^\s*`](?:[^*`]*[^\s*`])?)\*(?![\w*`/])")


def for_terminal(page: str, terminal: Terminal) -> list[str]:
    """Return a page as lines for a terminal: prose wrapped, code indented, headings set off."""
    lines: list[str] = []
    before: Kind | None = None
    for block in blocks(page):
        if before not in (None, Kind.HEADING) and not (before is block.kind is Kind.ITEM):
            lines.append("")
        lines += _for_terminal(block, terminal)
        before = block.kind
    return lines


def _for_terminal(block: Block, terminal: Terminal) -> list[str]:
    if block.kind is Kind.CODE:
        return [f"    {terminal.paint(safe.visible(line), 'magenta')}".rstrip() for line in block.text.splitlines()]
    if block.kind is Kind.HEADING:
        return [terminal.paint(safe.one_line(block.text), "bold")]
    if block.kind is Kind.TABLE:
        return _table_for_terminal(block, terminal)
    marker = "" if block.kind is Kind.PARAGRAPH else ("•" if terminal.unicode else "-") + " "
    if block.marker[:1].isdigit():
        marker = f"{block.marker} "
    plain = wrapped(_unlinked(safe.one_line(block.text)), terminal.width, " " * len(marker), marker)
    return _painted(plain, terminal)


def _table_for_terminal(block: Block, terminal: Terminal) -> list[str]:
    """Return a table row by row, each cell under the row's name and after its column's: narrow terminals have no columns."""
    headings, *rows = _rows(block.text)
    lines: list[str] = []
    for row in rows:
        lines += wrapped(_unlinked(safe.one_line(row[0])), terminal.width)
        for heading, cell in zip(headings[1:], row[1:], strict=False):
            text = f"{heading}: {cell}" if heading else cell
            lines += wrapped(_unlinked(safe.one_line(text)), terminal.width, "      ", "    ") if cell else []
    return _painted(lines, terminal)


def _unlinked(text: str) -> str:
    """Return text with links spelled out: ``label (address)``."""
    return re.sub(r"\[([^\]]+)\]\(([^)\s]+)\)", r"\1 (\2)", text)


def _painted(lines: list[str], terminal: Terminal) -> list[str]:
    """Colour code and bold words, also those that run over a line end; without colours, code keeps its ticks."""
    text = "\n".join(lines)
    text = _EMPHASIS.sub(r"\1", text)
    if not terminal.colour:
        return re.sub(r"\*\*(.+?)\*\*", r"\1", text, flags=re.DOTALL).split("\n")

    def paint(found: re.Match[str]) -> str:
        style = "magenta" if found["code"] else "bold"
        return "\n".join(terminal.paint(part, style) for part in (found["code"] or found["bold"]).split("\n"))

    pattern = re.compile(r"`+(?P<code>[^`]+)`+|\*\*(?P<bold>.+?)\*\*", re.DOTALL)
    return pattern.sub(paint, text).split("\n")


def for_html(page: str) -> str:
    """Return a page as HTML; whatever it holds, nothing but the elements written here comes out."""
    parts = []
    listed = False
    for block in blocks(page):
        if listed != (block.kind is Kind.ITEM):
            parts.append("</ul>" if listed else "<ul>")
            listed = not listed
        parts.append(_for_html(block))
    return "\n".join([*parts, "</ul>"] if listed else parts)


def _for_html(block: Block) -> str:
    if block.kind is Kind.CODE:
        return f"<pre><code>{safe.markup(block.text)}</code></pre>"
    if block.kind is Kind.HEADING:
        return f"<h4>{_inline(block.text)}</h4>"
    if block.kind is Kind.TABLE:
        headings, *rows = _rows(block.text)
        lines = [_cells(headings, "th"), *(_cells(row, "td") for row in rows)]
        return f"<table>{''.join(lines)}</table>"
    element = "p" if block.kind is Kind.PARAGRAPH else "li"
    return f"<{element}>{_inline(block.text)}</{element}>"


def _cells(row: list[str], element: str) -> str:
    return f"<tr>{''.join(f'<{element}>{_inline(cell)}</{element}>' for cell in row)}</tr>"


def _inline(text: str) -> str:
    """Return prose as HTML: code, bold words, links to https addresses."""
    result = ""
    position = 0
    for found in _INLINE.finditer(text):
        result += _linked(text[position : found.start()])
        position = found.end()
        if found["code"]:
            result += f"<code>{safe.markup(found['code'])}</code>"
        elif found["bold"]:
            result += f"<strong>{safe.markup(found['bold'])}</strong>"
        elif found["target"].startswith("https://"):
            result += f'<a href="{safe.markup(found["target"])}">{safe.markup(found["label"])}</a>'
        else:
            result += safe.markup(found[0])
    return result + _linked(text[position:])


def _linked(text: str) -> str:
    text = _EMPHASIS.sub(r"<em>\1</em>", safe.markup(text))
    return re.sub(r"https://[^\s<>&]+[^\s<>&.,;:)]", lambda m: f'<a href="{m[0]}">{m[0]}</a>', text)
