"""What is known of images: every product by the references under which its makers publish it, and its namesakes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dindguard.infer import users
from dindguard.model import known_images
from dindguard.model.image import Image
from dindguard.model.values import Text
from dindguard.source import Span

LINES = (Path(__file__).parent / "data" / "known-images.txt").read_text("utf-8").splitlines()
KNOWN = [line for line in LINES if not line.startswith("#")]


def known(reference: str) -> Iterator[str]:
    """Yield what is known of an image, in the words of the table."""
    image = Image.parse(Text(reference, Span("compose.yaml", 1, 1, 1, 2)))
    found = {
        "proxy": image.socket_proxy, "socket": image.known_socket_user, "runner": image.runner,
        "tool": image.privileged_tool, "privileged": image.privileged_user, "agent": image.host_agent,
        "networks": image.host_networker,
        "archived": image.archived,
    }  # fmt: skip
    yield from (f"{what} {product}" for what, product in found.items() if product is not None)
    if users.runs_as_ordinary_user(image.repository):
        yield "user"
    if (product := known_images.socket_user_called(image.name)) is not None:
        yield f"name {product}"


@pytest.mark.parametrize("line", KNOWN, ids=lambda line: line.partition(" ")[0])
def test_what_is_known_of_an_image(line: str) -> None:
    reference, *facts = (part.strip() for part in line.split("|"))
    assert list(known(reference)) == [fact for fact in facts if fact]


def test_a_containers_name_tells_a_product_in_whatever_letters() -> None:
    assert known_images.socket_user_called("Watchtower") == "Watchtower"
    assert known_images.socket_user_called("watchtower2") is None
