"""MCP configurations: the servers that an agent or an editor starts, often as containers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.formats.row import Evidence, FormatRow

if TYPE_CHECKING:
    from dindguard.documents.tree import Node
    from dindguard.source import Source

TABLES = ("mcpServers", "mcp_servers", "servers", "context_servers", "mcp")
"""Where the clients keep their servers: a mapping by name."""

_OWN = ("command", "url", "serverUrl", "httpUrl", "type")
_ONLY_THEIRS = ("mcpServers", "mcp_servers", "context_servers")


def lists_servers(source: Source, node: Node) -> bool:
    """Whether a document names servers, each with a command or an address."""
    return any(
        (name in _ONLY_THEIRS or name == "mcp" or FORMAT.named(source.hint or source.path)) and _are_servers(table)
        for name, table in tables(node)
    )


def tables(node: Node) -> list[tuple[str, Node]]:
    """Return the tables of servers, by their key; editors keep them below ``mcp`` in their settings."""
    found = [(name, node[name]) for name in TABLES if node[name].is_mapping]
    inner = node["mcp"]["servers"]
    return [*((name, table) for name, table in found if name != "mcp" or not inner.is_mapping), *(
        [("mcp", inner)] if inner.is_mapping else []
    )]  # fmt: skip


def _are_servers(table: Node) -> bool:
    return bool(table.pairs()) and all(
        value.is_mapping and any(key in value for key in _OWN) for value in table.values()
    )


FORMAT = FormatRow(
    name="mcp",
    title="MCP configurations",
    syntaxes=("json", "toml", "yaml"),
    names=r"(^|/)\.?mcp\.json$",
    keys=TABLES,
    evidence=Evidence.DECLARED,
    shape=lists_servers,
)
