"""Volumes, mounts, ports and devices, piece by piece and place by place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dindguard.model.values import UNKNOWN_PIECE, How, Text, written
from dindguard.scripts.engine_cli import specs
from dindguard.source import Span


def text(value: str) -> Text:
    span = Span("f", 1, 10, 1, 10 + len(value))
    if UNKNOWN_PIECE in value:
        return Text(None, span, How.UNKNOWN, value, "X", value)
    return written(value, span)


def shown(piece: Text | None) -> str | None:
    return None if piece is None else piece.pattern


@pytest.mark.parametrize(
    ("value", "source", "target", "options", "bind"),
    [
        ("/a:/b", "/a", "/b", [], True),
        ("/a:/b:ro,z", "/a", "/b", ["ro", "z"], True),
        ("data:/b", "data", "/b", [], False),
        ("/b", None, "/b", [], False),
        ("~", None, "~", [], False),
        ("a:", None, "a:", [], False),
        ("./a:/b", "./a", "/b", [], True),
        ("~/a:/b", "~/a", "/b", [], True),
        ("c:/b", None, "c:/b", [], False),
        ("C:\\a:/b", "C:\\a", "/b", [], True),
        ("C:\\a:D:\\b:ro", "C:\\a", "D:\\b", ["ro"], True),
        (
            "//./pipe/docker_engine://./pipe/docker_engine",
            "//./pipe/docker_engine",
            "//./pipe/docker_engine",
            [],
            True,
        ),
        ("npipe:////./pipe/x:/b", "npipe:////./pipe/x", "/b", [], True),
        ("//var/run/docker.sock:/s", "//var/run/docker.sock", "/s", [], True),
        ("${A:-/x}:/b", "${A:-/x}", "/b", [], None),
        ("${A}/x:/b", "${A}/x", "/b", [], True),
        (f"{UNKNOWN_PIECE}:/b", UNKNOWN_PIECE, "/b", [], None),
        (f"{UNKNOWN_PIECE}/x:/b", f"{UNKNOWN_PIECE}/x", "/b", [], True),
        ("data:/b:c:d", "data", "/b", ["c:d"], False),
    ],
)
def test_a_volume(value: str, source: str | None, target: str, options: list[str], bind: bool | None) -> None:
    spec = specs.volume_spec(text(value))
    assert (shown(spec.source), spec.target.pattern, [each.pattern for each in spec.options]) == (
        source,
        target,
        options,
    )
    assert spec.bind is bind


def test_the_pieces_of_a_volume_stand_where_they_are_written() -> None:
    spec = specs.volume_spec(text("/var/run/docker.sock:/s:ro"))
    assert spec.source is not None
    assert (spec.source.span.column, spec.source.span.end_column) == (10, 30)
    read_only = spec.has("ro")
    assert read_only is not None
    assert (read_only.span.column, read_only.span.end_column) == (34, 36)
    assert spec.has("rw") is None


@pytest.mark.parametrize(
    ("value", "fields"),
    [
        ("type=bind,src=/a,dst=/b,readonly", {"type": "bind", "source": "/a", "target": "/b", "readonly": "true"}),
        (
            "TYPE=bind,Source=/a,destination=/b,ro=false",
            {"type": "bind", "source": "/a", "target": "/b", "readonly": "false"},
        ),
        ('type=bind,"source=/a,b",target=/c', {"type": "bind", "source": "/a,b", "target": "/c"}),
        ("source=v,target=/c", {"source": "v", "target": "/c"}),
        ("", {}),
        (",,", {}),
    ],
)
def test_a_mount(value: str, fields: dict[str, str]) -> None:
    spec = specs.mount_spec(text(value))
    assert {name: each.value for name, each in spec.fields.items()} == fields
    assert spec.type == fields.get("type", "volume")


def test_a_mount_that_is_not_known_says_so() -> None:
    spec = specs.mount_spec(text(f"type={UNKNOWN_PIECE},src=/a,{UNKNOWN_PIECE}"))
    assert spec.type == ""
    assert spec.unknown is not None
    source = spec.get("source")
    assert source is not None
    assert source.value == "/a"


@pytest.mark.parametrize(
    ("value", "address", "published", "target", "protocol"),
    [
        ("2375", None, None, "2375", None),
        ("2375:2376", None, "2375", "2376", None),
        ("127.0.0.1:2375:2376/tcp", "127.0.0.1", "2375", "2376", "tcp"),
        ("127.0.0.1::2376", "127.0.0.1", None, "2376", None),
        ("[::1]:2375:2376", "::1", "2375", "2376", None),
        ("127.0.0.1:2376", "127.0.0.1", None, "2376", None),
        ("2375-2376:2375-2376", None, "2375-2376", "2375-2376", None),
        (f"{UNKNOWN_PIECE}:2375", None, UNKNOWN_PIECE, "2375", None),
    ],
)
def test_a_port(value: str, address: str | None, published: str | None, target: str, protocol: str | None) -> None:
    spec = specs.port_spec(text(value))
    found = (shown(spec.address), shown(spec.published), spec.target.pattern, shown(spec.protocol))
    assert found == (address, published, target, protocol)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("/dev/fuse", ("/dev/fuse", None, None)),
        ("/dev/a:/dev/b", ("/dev/a", "/dev/b", None)),
        ("/dev/a:rw", ("/dev/a", None, "rw")),
        ("/dev/a:/dev/b:rwm", ("/dev/a", "/dev/b", "rwm")),
        ("vendor.com/gpu=all", ("vendor.com/gpu=all", None, None)),
    ],
)
def test_a_device(value: str, expected: tuple[str, str | None, str | None]) -> None:
    spec = specs.device_spec(text(value))
    assert (spec.source.pattern, shown(spec.target), shown(spec.permissions)) == expected


def test_keys_and_lists() -> None:
    key, value = specs.key_value(text("A=b=c"))
    assert (key.value, shown(value)) == ("A", "b=c")
    assert specs.key_value(text("A"))[1] is None
    assert [(each.value, each.span.column) for each in specs.items(text("a,,bc"))] == [("a", 10), ("bc", 13)]


@given(st.text(alphabet='a:/\\,="${}[]. C-' + UNKNOWN_PIECE, max_size=30))
def test_any_text_has_pieces(value: str) -> None:
    for read in (specs.volume_spec, specs.mount_spec, specs.port_spec, specs.device_spec):
        assert read(text(value)).span.line == 1
