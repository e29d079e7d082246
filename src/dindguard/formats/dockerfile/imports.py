"""Engines that ``COPY --from=IMAGE`` takes out of another image. A client alone is none."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping

from dindguard.documents.dockerfile.reader import Instruction
from dindguard.model.container import Container
from dindguard.model.image import Image
from dindguard.model.invocation import Invocation, InvocationKind
from dindguard.model.values import Text, written
from dindguard.named_tuples import NamedTuple

_ENGINES = frozenset({"dockerd", "dockerd-rootless.sh", "containerd", "podman", "buildkitd"})
_FOLDERS = frozenset({"/", "/usr", "/usr/local", "/usr/local/bin", "/usr/bin"})


class Import(NamedTuple):
    """``COPY --from=origin`` with its expanded ``words``, sources first."""

    origin: Text
    words: tuple[Text, ...]
    instruction: Instruction


def installations(
    imports: Iterable[Import], container: Container, stages: Mapping[str, Image | None]
) -> Iterator[Invocation]:
    """Yield an installation for each import that brings an engine's daemon into ``container``.

    ``stages`` has the image that each stage is based on in the end, by the stage's name and by its index.
    """
    for origin, words, instruction in imports:
        name = origin.pattern.lower()
        image = stages[name] if name in stages else Image.parse(origin)
        if image is not None and any(_brings_engine(word, image) for word in words[:-1]):
            yield Invocation(
                kind=InvocationKind.ENGINE_INSTALL,
                program=instruction.name,
                words=(written(instruction.name, instruction.name_span), *words),
                span=instruction.span,
                action="copy",
                arguments=words,
                during_build=True,
                subject=image.reference,
                container=container,
                address=f"{container.address}.copy.{image.repository}",
            )


def _brings_engine(source: Text, image: Image) -> bool:
    """Whether a copied path is an engine's daemon, or a folder of an image that holds one."""
    path = source.pattern.rstrip("*") or "/"
    if posixpath.basename(path) in _ENGINES:
        return True
    holds = image.engine is not None and image.engine.runs_engine
    return holds and posixpath.normpath(path) in _FOLDERS
