"""Changes of a tree as splices of its text: YAML in blocks and in brackets, JSON, TOML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from dindguard.documents.changes import Append, Change, Content, Cut, Overwrite, Put
from dindguard.documents.syntax import JSON, TOML, YAML
from dindguard.documents.tree import Node
from dindguard.fixes.locating import Chain, anchor, children, extent
from dindguard.fixes.rendering import (
    Look,
    json_value,
    toml_key,
    toml_value,
    yaml_block,
    yaml_flow,
    yaml_scalar,
)
from dindguard.fixes.splices import RefusedError, Splice

_BLANKS = " \t"


def merged(one: Content, other: Content) -> Content:
    """Return what two values of one new key are together."""
    if isinstance(one, list) and isinstance(other, list):
        return [*one, *(each for each in other if each not in one)]
    if isinstance(one, dict) and isinstance(other, dict):
        return {**one, **{key: merged(one[key], value) if key in one else value for key, value in other.items()}}
    return other


class TreeEditor:
    """Writes changes of one text's trees; ``syntax`` is one of :mod:`dindguard.documents.syntax`."""

    def __init__(self, text: str, syntax: str) -> None:
        self.text = text
        self.syntax = syntax
        self.newline = "\r\n" if "\r\n" in text else "\n"

    def splices(self, changes: Iterable[tuple[Change, Chain]]) -> Iterator[Splice]:
        """Yield the splices that make changes, each with the way to its node. Raises :class:`RefusedError`.

        What is put below the same key that lacks is written together.
        """
        new: dict[tuple[int, str], tuple[Node, Content]] = {}
        found: list[Splice] = []
        cuts: list[tuple[Chain, int]] = []
        for change, chain in changes:
            if isinstance(change, Cut):
                cuts.append((chain[: chain.index(change.node) + 1], change.before))
            elif isinstance(change, Overwrite):
                found.append(self._overwrite(change.node, change.value))
            else:
                found += self._added(change, new)
        found += [self._cut(chain, before) for chain, before in self._together(cuts)]
        found += [self._entry(mapping, key, value) for (_, key), (mapping, value) in new.items()]
        # What is added behind the same line belongs to several mappings: the innermost first.
        yield from sorted(found, key=lambda each: (each.start, len(each.text.lstrip(" ")) - len(each.text)))

    def _added(self, change: Put | Append, new: dict[tuple[int, str], tuple[Node, Content]]) -> Iterator[Splice]:
        mapping, way = change.mapping, list(change.way)
        while len(way) > 1 and mapping[way[0]].is_mapping:
            mapping = self._own(mapping, way.pop(0))
        key, last = way[0], mapping[way[0]]
        if len(way) == 1 and isinstance(change, Append) and last.is_sequence:
            yield self._item(self._own(mapping, key), change.value, first=change.first)
        elif isinstance(change, Put) and change.replaces and len(way) == 1 and last.present:
            yield self._replaced(mapping, self._own(mapping, key), change.value)
        elif last.present and not last.is_null:
            if (
                len(way) > 1
                or isinstance(change, Append)
                or not last.is_scalar
                or isinstance(change.value, (list, dict))
            ):
                raise RefusedError(f"'{key}' is written in a form that is not changed")
            yield self._overwrite(self._own(mapping, key), change.value)
        else:
            value: Content = [change.value] if isinstance(change, Append) else change.value
            for name in reversed(way[1:]):
                value = {name: value}
            place = (mapping.start, key)
            new[place] = (mapping, merged(new[place][1], value) if place in new else value)

    # -- taking away --------------------------------------------------------------------------------

    def _together(self, cuts: Iterable[tuple[Chain, int]]) -> list[tuple[Chain, int]]:
        """Return cuts that take a collection away where they would take all that is in it, one by one."""
        left = [(self._lifted(chain) if not before else chain, before) for chain, before in cuts]
        while True:
            of: dict[Node, list[tuple[Chain, int]]] = {}
            for cut in left:
                of.setdefault(cut[0][-2] if len(cut[0]) > 1 else cut[0][-1], []).append(cut)
            whole = [
                members
                for parent, members in of.items()
                if len(members) > 1
                and sum(before + 1 for _, before in members) == len(list(children(parent)))
                and self._goes_whole(members[0][0])
            ]
            if not whole:
                return left
            gone = [cut for members in whole for cut in members]
            left = [cut for cut in left if cut not in gone]
            left += [(self._lifted(members[0][0][:-1]), 0) for members in whole]

    def _lifted(self, chain: Chain) -> Chain:
        """Return the way to what goes with a node because there is nothing else in it."""
        while len(chain) > 1 and len(list(children(chain[-2]))) == 1 and self._goes_whole(chain):
            chain = chain[:-1]
        return chain

    def _goes_whole(self, chain: Chain) -> bool:
        """Whether the collection that a node is in is taken away when it is empty, and not left so."""
        parent = chain[-2]
        return len(chain) > 2 and not (self.syntax == TOML and parent.style == "block") and not anchor(parent)

    def _cut(self, chain: Chain, before: int = 0) -> Splice:
        node, parent = chain[-1], chain[-2] if len(chain) > 1 else None
        if parent is None:
            raise RefusedError("it is the whole document")
        around = list(children(parent))
        if len(around) == before + 1 and len(chain) > 2 and not (self.syntax == TOML and parent.style == "block"):
            return self._emptied(parent, node) if anchor(parent) else self._cut(chain[:-1])
        index = around.index(node)
        first = around[index - before]
        start, end = extent(first)[0], extent(node)[1]
        following = extent(around[index + 1])[0] if index + 1 < len(around) else None
        if parent.style == "flow":
            previous = extent(around[index - before - 1])[1] if index > before else None
            return self._cut_from_flow(start, end, previous, following)
        begin = self._begin(parent, first, start)
        splice = self._cut_from_block(begin, end, following, after_dash=not parent.is_sequence)
        return Splice(splice.start, splice.end, self._comments(node, splice))

    def _comments(self, node: Node, splice: Splice) -> str:
        """Return the comments that stand on lines of their own in what is cut: they stay."""
        if self.syntax != YAML or "#" not in self.text[splice.start : splice.end]:
            return ""
        inside = [(each.start, each.end) for each in node.walk() if each.style in ("literal", "folded")]
        kept, at = [], splice.start
        for line in self.text[splice.start : splice.end].splitlines(keepends=True):
            if line.lstrip().startswith("#") and not any(start <= at < end for start, end in inside):
                kept.append(line)
            at += len(line)
        return "".join(kept)

    def _emptied(self, parent: Node, last: Node) -> Splice:
        """Return the splice that leaves an empty collection where aliases need one."""
        start = parent.start + len(anchor(parent)) + 1
        if self.text[parent.start] != "&" or "#" in self.text[start : extent(last)[0]]:
            raise RefusedError("a comment stands beside it")
        return Splice(start, extent(parent)[1], " {}" if parent.is_mapping else " []")

    def _begin(self, parent: Node, node: Node, start: int) -> int:
        """Return where an entry begins, the dash of a list's item included."""
        if not parent.is_sequence:
            return start
        dash = len(self.text[: node.start].rstrip()) - 1
        if dash < 0 or self.text[dash] != "-":
            raise RefusedError("the item is written in a form that is not changed")
        return dash

    def _cut_from_flow(self, start: int, end: int, before: int | None, following: int | None) -> Splice:
        alone = before is None and following is None
        if alone and self._fills_lines(start, end):
            return self._whole_lines(start, end)
        first, last = (start, following) if following is not None else (start if before is None else before, end)
        between = self.text[end:last] if following is not None else self.text[first:start]
        if not re.search(r"[^\s,]", between):
            return Splice(first, last, "")
        if following is None and self.syntax == JSON:
            raise RefusedError("a comment stands beside it")
        return self._whole_lines(start, end)

    def _fills_lines(self, start: int, end: int) -> bool:
        """Whether nothing else stands on the lines of an item."""
        found = self.text.find("\n", end)
        return (
            found >= 0 and not self.text[self._line_start(start) : start].strip() and not self.text[end:found].strip()
        )

    def _whole_lines(self, start: int, end: int) -> Splice:
        """Return the splice that takes the lines of an item away, with its comma and the comment behind it."""
        line, found = self._line_start(start), self.text.find("\n", end)
        rest = self.text[end : found if found >= 0 else len(self.text)]
        if self.text[line:start].strip() or not re.match(r"\s*+,?\s*+(?:(?:#|//).*)?$", rest) or found < 0:
            raise RefusedError("a comment stands beside it")
        return Splice(line, found + 1, "")

    def _cut_from_block(self, start: int, end: int, following: int | None, *, after_dash: bool) -> Splice:
        line = self._line_start(start)
        if not self.text[line:start].strip():
            return Splice(line, self._line_end(end), "")
        if after_dash and following is not None and not re.search(r"#", self.text[end:following]):
            return Splice(start, following, "")
        raise RefusedError("other things stand on its line")

    # -- writing ------------------------------------------------------------------------------------

    def _overwrite(self, node: Node, value: str | bool | int) -> Splice:
        if (
            not node.is_scalar
            or node.style in ("literal", "folded")
            or node.start == node.end
            or self.text[node.start] in "&!"
        ):
            raise RefusedError("it is written in a form that is not changed")
        if self.syntax == TOML:
            return Splice(node.start, node.end, toml_value(value))
        if self.syntax == JSON:
            return Splice(node.start, node.end, json_value(value))
        return Splice(node.start, node.end, yaml_scalar(value, node.style))

    def _own(self, mapping: Node, key: str) -> Node:
        """Return a value that stands in the mapping itself, not in an alias or a merged one."""
        for child in children(mapping):
            if child.name == key and child.key is not None and child.start >= child.key.end:
                return child
        raise RefusedError(f"'{key}' stands elsewhere, and others use it too")

    def _item(self, sequence: Node, value: Content, *, first: bool) -> Splice:
        items = children(sequence)
        if first and sequence.style == "flow":
            at = extent(items[0])[0] if items else sequence.start + 1
            return Splice(at, at, self._rendered(value) + ", " * bool(items))
        if sequence.style == "flow":
            return self._into_flow(sequence, self._rendered(value))
        begin = self._begin(sequence, items[0], items[0].start)
        column = begin - self._line_start(begin)
        if first:
            return Splice(begin, begin, f"- {yaml_flow(value)}{self.newline}{' ' * column}")
        last = extent(items[-1])[1]
        return self._lines(last, column, [f"- {yaml_flow(value)}"])

    def _entry(self, mapping: Node, key: str, value: Content) -> Splice:
        """Return the splice that adds a key, in place of one that has no value."""
        present = [child for child in children(mapping) if child.name == key]
        if mapping.style == "flow" or self.syntax == JSON:
            if present:
                raise RefusedError(f"'{key}' is there, and empty")
            colon = (
                f"{json_value(key)}: " if self.syntax == JSON else f"{key} = " if self.syntax == TOML else f"{key}: "
            )
            return self._into_flow(mapping, colon + self._rendered(value))
        if self.syntax == TOML:
            own = [extent(child) for child in children(mapping) if child.style != "block"]
            start, last = max(own, default=(mapping.end, mapping.end))
            column = start - self._line_start(start) if own else 0
            return self._lines(last, column, [f"{toml_key(key)} = {toml_value(value)}"])
        if present:
            return self._below_key(mapping, present[0], value)
        first = children(mapping)[0] if children(mapping) else None
        if first is None or first.key is None:
            raise RefusedError("nothing stands beside it whose form it could take")
        column = first.key.start - self._line_start(first.key.start)
        last = max(extent(child)[1] for child in children(mapping))
        return self._lines(last, column, yaml_block({key: value}, self._look))

    def _replaced(self, mapping: Node, old: Node, value: Content) -> Splice:
        """Return the splice that writes an entry anew, comments on its last line kept."""
        start, end = extent(old)
        if self.syntax in (JSON, TOML) or "#" in self.text[start:end]:
            raise RefusedError(f"'{old.name}' is written in a form that is not changed")
        if mapping.style == "flow":
            return Splice(start, end, f"{old.name}: {yaml_flow(value)}")
        column = start - self._line_start(start)
        lines = yaml_block({old.name: value}, self._look)
        return Splice(start, end, f"{self.newline}{' ' * column}".join(lines))

    def _below_key(self, mapping: Node, empty: Node, value: Content) -> Splice:
        """Return the splice that gives a key a value that has none."""
        if not isinstance(value, (dict, list)) or not empty.is_null or empty.content or empty.key is None:
            raise RefusedError(f"'{empty.name}' is written in a form that is not changed")
        del mapping
        look = self._look
        column = empty.key.start - self._line_start(empty.key.start)
        inner = look.step if isinstance(value, dict) else 0
        return self._lines(extent(empty)[1], column + inner, yaml_block(value, look))

    def _into_flow(self, node: Node, new: str) -> Splice:
        inside = children(node)
        if not inside:
            room = " " if self.syntax == TOML and node.is_mapping else ""
            return Splice(node.start + 1, node.end - 1, f"{room}{new}{room}")
        last, first = extent(inside[-1])[1], extent(inside[0])[0]
        before = self.text[node.start + 1 : first]
        if "\n" not in before:
            return Splice(last, last, f", {new}")
        return Splice(last, last, f",{self.newline}{before.rpartition(chr(10))[2]}{new}")

    def _rendered(self, value: Content) -> str:
        return {JSON: json_value, TOML: toml_value}.get(self.syntax, yaml_flow)(value)

    # -- lines --------------------------------------------------------------------------------------

    def _lines(self, after: int, column: int, lines: list[str]) -> Splice:
        """Return the splice that puts lines behind the line on which something ends."""
        at = self._line_end(after)
        block = [f"{' ' * column}{line}" if line else "" for line in lines]
        if at == len(self.text) and not self.text.endswith("\n"):
            return Splice(at, at, "".join(f"{self.newline}{line}" for line in block))
        return Splice(at, at, "".join(f"{line}{self.newline}" for line in block))

    def _line_start(self, at: int) -> int:
        return self.text.rfind("\n", 0, at) + 1

    def _line_end(self, at: int) -> int:
        """Return where the line after the one at ``at`` begins; only a comment may stand on the rest of that."""
        found = self.text.find("\n", at)
        end = len(self.text) if found < 0 else found + 1
        rest = self.text[at:end].strip()
        if rest and not rest.startswith("#"):
            raise RefusedError("other things stand on its line")
        return end

    @cached_property
    def _look(self) -> Look:
        """Return how the file is indented, by its first mapping and its first list that stand below a key."""
        step = re.search(r"^( *)[^\s#-][^\n]*:[ \t]*\r?\n\1( +)[^\s#-]", self.text, re.MULTILINE)
        dash = re.search(r"^( *)(?:- )?[^\s#-][^\n]*:[ \t]*\r?\n(\1 *)- ", self.text, re.MULTILINE)
        return Look(len(step[2]) if step else 2, len(dash[2]) - len(dash[1]) if dash else 2)
