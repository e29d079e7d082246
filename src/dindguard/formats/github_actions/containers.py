"""Containers of a workflow: ``container:``, ``services:``, ``docker://`` steps, with their ``options``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from dindguard.documents.tree import Node
from dindguard.formats.github_actions.expressions import EXPRESSION, Expressions, environment
from dindguard.model.container import Container, ContainerKind, Environment, EnvVar, Words
from dindguard.model.image import Image
from dindguard.model.mount import Mount
from dindguard.model.values import How, Text
from dindguard.records import replace
from dindguard.scripts.engine_cli.mounts import Volumes, port
from dindguard.scripts.engine_cli.options import run_attributes
from dindguard.scripts.shell.pieces import Piece, Script, Word, embedded_source, unknown_piece, word
from dindguard.scripts.shell.split import split
from dindguard.scripts.shell_argument import script_index
from dindguard.source import Source

_SCHEME = "docker://"


def declared_container(
    node: Node,
    expressions: Expressions,
    volumes: Volumes,
    *,
    name: str,
    address: str,
    kind: ContainerKind,
    outer: Iterable[EnvVar] = (),
) -> Container:
    """Return the container that ``container:`` or a service declares: an image, or a mapping with one.

    ``outer`` are the variables that the workflow and the job set for their steps.
    """
    settings: dict[str, Any] = {}
    variables = [*outer]
    if node.is_mapping:
        settings = run_attributes(option_words(node["options"], expressions), volumes, address)
        variables += [*settings.pop("environment"), *environment(node["env"], expressions)]
        mounts = [volumes.volume(text, address) for text in _texts(node["volumes"], expressions)]
        settings["mounts"] = (*mounts, *settings["mounts"])
        ports = [port(text) for text in _texts(node["ports"], expressions)]
        settings["ports"] = (*ports, *settings["ports"])
        if kind is ContainerKind.JOB_SERVICE and settings["health"] is not None:
            settings["health"] = replace(settings["health"], gates_start=True)  # the runner waits for it
        for key in ("command", "entrypoint"):
            if node[key].present:
                settings[key] = words_of(node[key], expressions)
    image = image_of(node)
    text = None if image is None else expressions.resolve(image.value)
    return Container(
        name=name,
        address=address,
        kind=kind,
        span=node.key_span,
        image=_image(text),
        environment=Environment(variables),
        **settings,
    )


def image_of(node: Node) -> Node | None:
    """Return the node that names the image of ``container:`` or of a service; ``None``: no container is started."""
    image = node["image"] if node.is_mapping else node
    return image if image.is_scalar and not image.is_null and image.content else None


def runner_host(job: Node, name: str, address: str, variables: Iterable[EnvVar]) -> Container:
    """Return a job without ``container:`` as a container without an image: the runner's machine itself."""
    return Container(
        name=name,
        address=address,
        kind=ContainerKind.JOB,
        span=job.key_span,
        environment=Environment(variables),
    )


def step_container(
    step: Node, image: Text, variables: Iterable[EnvVar], expressions: Expressions, address: str
) -> Container:
    """Return the container of a ``uses: docker://image`` step."""
    given = step["with"]
    return Container(
        name=address.partition(".steps.")[2],
        address=address,
        kind=ContainerKind.STEP,
        span=step["uses"].span,
        image=_image(image),
        environment=Environment(variables),
        entrypoint=words_of(given["entrypoint"], expressions) if given["entrypoint"].present else None,
        command=words_of(given["args"], expressions) if given["args"].present else None,
    )


def started_container(
    at: Node,
    image: Text,
    words: Sequence[Text],
    volumes: Volumes,
    *,
    name: str,
    address: str,
    kind: ContainerKind,
    extra_mounts: tuple[Mount, ...] = (),
) -> Container:
    """Return a container that an action starts with an option string."""
    settings = run_attributes(words, volumes, address)
    settings["environment"] = Environment(settings["environment"])
    settings["mounts"] = (*settings["mounts"], *extra_mounts)
    return Container(name=name, address=address, kind=kind, span=at.span, image=_image(image), **settings)


def words_of(node: Node, expressions: Expressions) -> Words:
    """Return a command: a list of words, or one line that is split by quoting rules."""
    if node.is_sequence:
        found = [(item, Script(_pieces(item, expressions))) for item in node.items() if item.is_scalar]
        return Words(tuple(word(script.pieces, item.span, quoted=True) for item, script in found), node.span)
    return Words(option_words(node, expressions), node.span)


def scripts_of(container: Container) -> Iterator[Source]:
    """Yield the scripts that a container's command, entry point or health check gives to a shell."""
    entrypoint, command = tuple(container.entrypoint or ()), tuple(container.command or ())
    for words in (entrypoint, command, entrypoint + command):
        index = script_index([each.pattern for each in words])
        if index is not None:
            yield from _as_source(words[index])
            break
    if container.health is not None and container.health.command is not None:
        for each in container.health.command:
            yield from _as_source(each)


def _as_source(text: Text) -> Iterator[Source]:
    source = embedded_source(text.pieces, "shell") if isinstance(text, Word) else None
    if source is not None:
        yield source


def option_words(node: Node, expressions: Expressions) -> tuple[Text, ...]:
    """Return the words of a scalar that the runner puts into a command line, each with its exact place."""
    if not node.is_scalar or node.is_null:
        return ()
    return tuple(split(Script(_pieces(node, expressions))))


def _pieces(node: Node, expressions: Expressions) -> list[Piece]:
    """Return a scalar's text in pieces that know their places, with its expressions replaced."""
    document = node.document()
    pieces: list[Piece] = []
    at = 0
    for match in EXPRESSION.finditer(document.text):
        pieces.append(Piece(document.text[at : match.start()], document, at, match.start()))
        value = expressions.evaluate(match[1], node.span)
        if value.known:
            how = How.VARIABLE if value.how is How.WRITTEN else value.how
            pieces.append(Piece(str(value), document, match.start(), match.end(), how))
        else:
            pieces.append(unknown_piece(document, match.start(), match.end(), value.variable, many=True))
        at = match.end()
    pieces.append(Piece(document.text[at:], document, at, len(document.text)))
    return pieces


def _texts(node: Node, expressions: Expressions) -> list[Text]:
    return [expressions.resolve(item.value) for item in node.listed() if item.is_scalar and not item.is_null]


def _image(text: Text | None) -> Image | None:
    """Return an image, without the scheme that actions may write before it."""
    if text is None or not text.pattern:
        return None
    return Image.parse(text.part(len(_SCHEME), len(text.pattern)) if text.pattern.startswith(_SCHEME) else text)
