"""Images by digest: a name is resolved once, and from then on only what it stood for is used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from dindguard.engine_client import Engine, is_gone
from dindguard.engine_errors import refusal
from dindguard.environment.spec import Spec
from dindguard.errors import ENGINE, UserError


@dataclass(frozen=True, slots=True)
class Pinned:
    """An image that is present in the engine.

    ``reference`` is ``repository@sha256:…``, or the image's id when it never came from a registry (built or
    imported locally); ``id`` is the id in any case.
    """

    reference: str
    id: str


def pin(engine: Engine, image: str, say: Callable[[str], None]) -> Pinned:
    """Resolve ``image`` to what it stands for now; pull it when the engine does not have it."""
    inspected = _inspect(engine, image)
    if inspected is None:
        say(f"pulling {image}")
        _pull(engine, image)
        inspected = _inspect(engine, image)
    if inspected is None:
        raise UserError(f"{image} was pulled, and yet the engine does not have it", ENGINE)
    return Pinned(_reference(image, inspected), str(inspected["Id"]))


def registry_digest(engine: Engine, image: str) -> str:
    """Return ``image`` with the digest that its registry gives for it now; nothing is pulled."""
    if "@" in image:
        return image
    found = engine.api.inspect_distribution(image)
    return f"{image}@{found['Descriptor']['digest']}"


def resolved(engine: Engine, spec: Spec) -> Spec:
    """Return ``spec`` with the digests of its images in it; its isolation has been settled."""
    assert spec.isolation is not None
    return replace(
        spec,
        daemon_image=registry_digest(engine, spec.image_for(spec.isolation)),
        client_image=registry_digest(engine, spec.client_image),
    )


def _inspect(engine: Engine, image: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = engine.api.inspect_image(image)
    except Exception as error:
        if is_gone(error):
            return None
        raise
    return found


def _pull(engine: Engine, image: str) -> None:
    try:
        for step in engine.api.pull(image, stream=True, decode=True):
            if "error" in step:
                raise UserError(f"{image} could not be pulled: {refusal(str(step['error']))}", ENGINE)
    except UserError:
        raise
    except Exception as error:
        if getattr(error, "response", None) is None:
            raise
        words = str(getattr(error, "explanation", "") or error)
        raise UserError(f"{image} could not be pulled: {refusal(words)}", ENGINE) from error


def _reference(image: str, inspected: dict[str, Any]) -> str:
    repository = image.partition("@")[0]
    head, slash, last = repository.rpartition("/")
    repository = head + slash + last.partition(":")[0]
    digests = [str(digest) for digest in inspected.get("RepoDigests") or ()]
    same = [digest for digest in digests if digest.partition("@")[0] == repository]
    return (same or digests or [str(inspected["Id"])])[0]
