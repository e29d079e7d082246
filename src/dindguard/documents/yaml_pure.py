"""PyYAML's own parser, for what libyaml refuses or does not survive."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, TypeAlias

import yaml as pyyaml

from dindguard import budget

YamlNode: TypeAlias = Any

_LONGEST_KEY = 1024


class PureLoader(pyyaml.SafeLoader):
    """PyYAML's own parser with a composer that needs no stack, and lets an anchor be defined again, as YAML does.

    It reads what libyaml refuses: from 0.2.6 on that ends at 1,000 levels of nesting, before it overflowed its stack. An alias
    of nothing stands for nothing, and is told when all has been read.
    """

    def __init__(self, stream: Any) -> None:
        super().__init__(stream)
        self.possible_simple_keys = OrderedDict()
        self.undefined: pyyaml.composer.ComposerError | None = None

    def check_node(self) -> bool:
        """Whether a document is left; raise what is wrong with those that were read when none is."""
        left: bool = super().check_node()
        if not left and self.undefined is not None:
            raise self.undefined
        return left

    def next_possible_simple_key(self) -> int | None:
        """Return the number of the token of the first possible key; they stand in their order in the text."""
        return next((key.token_number for key in self.possible_simple_keys.values()), None)

    def stale_possible_simple_keys(self) -> None:
        """Forget keys that are too long or not on this line; PyYAML looks at all of them for each token."""
        keys = self.possible_simple_keys
        while keys:
            level, key = next(iter(keys.items()))
            if key.line == self.line and self.index - key.index <= _LONGEST_KEY:
                return
            if key.required:
                raise pyyaml.scanner.ScannerError(
                    "while scanning a simple key", key.mark, "could not find expected ':'", self.get_mark()
                )
            del keys[level]

    def compose_document(self) -> YamlNode:
        """Return the root of the next document."""
        self.get_event()  # type: ignore[no-untyped-call]  # the stubs lack it
        root = self._compose()
        self.get_event()  # type: ignore[no-untyped-call]
        self.anchors = {}
        return root

    def _compose(self) -> YamlNode:
        unfinished: list[tuple[Any, list[YamlNode]]] = []
        while True:
            event: Any = self.get_event()  # type: ignore[no-untyped-call]
            if isinstance(event, pyyaml.CollectionEndEvent):
                node, children = unfinished.pop()
                node.end_mark = event.end_mark
                is_mapping = node.id == "mapping"
                node.value = list(zip(children[::2], children[1::2], strict=True)) if is_mapping else children
            else:
                node = self._node_of(event)
                if unfinished:
                    unfinished[-1][1].append(node)
                if isinstance(event, pyyaml.CollectionStartEvent):
                    unfinished.append((node, []))
                    if len(unfinished) > budget.YAML_NESTING.most:
                        raise RecursionError
            if not unfinished:
                return node

    def _node_of(self, event: Any) -> Any:
        if isinstance(event, pyyaml.AliasEvent):
            if event.anchor not in self.anchors:
                mark: Any = event.start_mark
                problem = f"found undefined alias {event.anchor!r}"
                self.undefined = self.undefined or pyyaml.composer.ComposerError(None, None, problem, mark)
                return pyyaml.ScalarNode("tag:yaml.org,2002:null", "", mark, mark, "")
            return self.anchors[event.anchor]
        scalar = isinstance(event, pyyaml.ScalarEvent)
        kind: Any = pyyaml.SequenceNode if isinstance(event, pyyaml.SequenceStartEvent) else pyyaml.MappingNode
        kind = pyyaml.ScalarNode if scalar else kind
        tag = event.tag
        if tag is None or tag == "!":
            tag = self.resolve(kind, event.value if scalar else None, event.implicit)  # type: ignore[no-untyped-call]
        style = event.style if scalar else event.flow_style
        node = kind(tag, event.value if scalar else [], event.start_mark, event.end_mark, style)
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        return node
