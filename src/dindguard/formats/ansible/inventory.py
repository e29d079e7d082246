"""Inventories: the variables of groups and hosts.

Source: ansible.builtin.yaml, the inventory plugin (groups have ``hosts``, ``vars`` and ``children``, at any depth).
"""

from __future__ import annotations

from collections.abc import Iterator

from dindguard.documents.tree import Node


def holders(groups: Node) -> Iterator[Node]:
    """Yield the mappings of an inventory that hold variables: each group's, each host's, those of the groups in them."""
    waiting = [groups]
    while waiting:
        for group in waiting.pop().values():
            if group["vars"].is_mapping:
                yield group["vars"]
            yield from (host for host in group["hosts"].values() if host.is_mapping)
            if group["children"].is_mapping:
                waiting.append(group["children"])
