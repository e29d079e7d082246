"""Containers of a workflow: ``container:``, ``services:``, ``docker://`` steps, with their ``options``."""

from __future__ import annotations

from collections.abc import Iterable

from dindguard.documents.run_options import attributes_of, port_of, volume_mount
from dindguard.documents.shell.pieces import Piece, Script, unknown_piece
from dindguard.documents.shell.split import split
from dindguard.documents.tree import Node
from dindguard.formats.github_actions.expressions import EXPRESSION, Expressions, environment
from dindguard.model.container import Container, ContainerKind, Environment, EnvVar, Words
from dindguard.model.image import Image
from dindguard.model.values import How, Text


def declared_container(
    node: Node,
    expressions: Expressions,
    *,
    name: str,
    address: str,
    kind: ContainerKind,
    outer: Iterable[EnvVar] = (),
) -> Container:
    """Return the container that ``container:`` or a service declares: an image, or a mapping with one.

    ``outer`` are the variables that the workflow and the job set for their steps.
    """
    variables = [*outer]
    settings = {}
    image = node
    if node.is_mapping:
        image = node["image"]
        options = option_words(node["options"], expressions)
        settings = attributes_of(options, address)
        variables += settings.pop("environment", ())
        variables += environment(node["env"], expressions)
        volumes = [expressions.resolve(item.value) for item in node["volumes"].listed() if item.is_scalar]
        settings["mounts"] = (*(volume_mount(text, address) for text in volumes), *settings.get("mounts", ()))
        ports = [expressions.resolve(item.value) for item in node["ports"].listed() if item.is_scalar]
        settings["ports"] = (*(port_of(text) for text in ports), *settings.get("ports", ()))
        for key in ("command", "entrypoint"):
            if node[key].present:
                settings[key] = words_of(node[key], expressions)
    text = expressions.resolve(image.value) if image.is_scalar and not image.is_null else None
    return Container(
        name=name,
        address=address,
        kind=kind,
        span=node.key_span,
        image=Image.parse(_without_scheme(text)) if text is not None and text.pattern else None,
        environment=Environment(variables),
        **settings,
    )


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
        image=Image.parse(image),
        environment=Environment(variables),
        entrypoint=words_of(given["entrypoint"], expressions) if given["entrypoint"].present else None,
        command=words_of(given["args"], expressions) if given["args"].present else None,
    )


def words_of(node: Node, expressions: Expressions) -> Words:
    """Return a command: a list of words, or one line that is split by quoting rules."""
    if node.is_sequence:
        return Words(tuple(expressions.resolve(item.value) for item in node.items() if item.is_scalar), node.span)
    return Words(option_words(node, expressions), node.span)


def option_words(node: Node, expressions: Expressions) -> tuple[Text, ...]:
    """Return the words of a scalar that the runner puts into a command line, each with its exact place."""
    if not node.is_scalar or node.is_null:
        return ()
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
    return tuple(split(Script(pieces)))


def _without_scheme(text: Text) -> Text:
    scheme = "docker://"
    return text.part(len(scheme), len(text.pattern)) if text.pattern.startswith(scheme) else text
