"""What commands read from their standard input: ``kubectl apply -f -``, ``docker compose -f -``, ``docker build -``.

Sources: kubernetes/kubectl ``cmd/create``; compose-go ``cli/options.go``; docker/buildx ``build/build.go`` and
``bake/bake.go``; docker/cli ``cli/compose/loader``; containers/podman ``podman-kube-play``; kubernetes-sigs/kind
``create/cluster``; helm/helm ``pkg/cli/values``. For each of them ``-`` is the standard input, and so is ``/dev/stdin``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dindguard.scripts.command import Command
from dindguard.scripts.engine_cli.calls import ENGINES, DockerCall, docker_call
from dindguard.scripts.engine_cli.words import Option
from dindguard.vocabulary import CLUSTER_CLIENTS, STANDARD_INPUT

_GIVES = frozenset({"apply", "create", "replace"})
_BUILDS = frozenset({"build", "buildx build"})
_PLAYS = frozenset({"kube play", "play"})
"""``podman kube play``, and ``podman play kube``, which says the same in Podman 3."""


def document_of(command: Command, text: str) -> str:
    """Return the name that a file would have which holds what a command reads: ``compose.yaml``; ``""`` if it reads none.

    ``text`` is what it is given: a bake file may be written in three languages.
    """
    words = [each.pattern for each in command.arguments]
    if command.program in CLUSTER_CLIENTS:
        return "kubernetes" if _names_it(words, "f", "filename") and not _GIVES.isdisjoint(words) else ""
    if command.program == "helm":
        return (
            "values.yaml" if _names_it(words, "f", "values") and not {"install", "upgrade"}.isdisjoint(words) else ""
        )
    if command.program == "kind":
        return "kind.yaml" if _names_it(words, "", "config") and "cluster" in words else ""
    call = docker_call(command) if command.program in ENGINES else None
    return "" if call is None else _of_engine(call, text)


def _of_engine(call: DockerCall, text: str) -> str:
    if call.action.startswith("compose"):
        return "compose.yaml" if _asks_for_it(call.globals, "file") else ""
    if call.action == "stack deploy":
        return "compose.yaml" if _asks_for_it(call.options, "compose-file") else ""
    if call.action == "buildx bake":
        return _bake_file(text) if _asks_for_it(call.options, "file") else ""
    argument = bool(call.arguments) and call.arguments[-1].value in STANDARD_INPUT
    if call.action in _PLAYS:
        return "kubernetes" if argument else ""
    if call.action in _BUILDS:
        named = [option for option in call.options if option.name == "file"]
        return "Dockerfile" if (_asks_for_it(named, "file") if named else argument) else ""
    return ""


def _asks_for_it(options: Iterable[Option], name: str) -> bool:
    return any(option.name == name and option.value.value in STANDARD_INPUT for option in options)


def _bake_file(text: str) -> str:
    if text.lstrip().startswith("{"):
        return "docker-bake.json"
    return "compose.yaml" if "services:" in text else "docker-bake.hcl"


def _names_it(words: Sequence[str], letter: str, name: str) -> bool:
    """Whether an option is given the standard input, in any of the ways to write it: ``-f -``, ``-f-``, ``--name=-``."""
    options = {f"--{name}"} | ({f"-{letter}"} if letter else set())
    together = tuple(f"{option}=" for option in options) + ((f"-{letter}",) if letter else ())
    return any(
        (word in options and after in STANDARD_INPUT)
        or any(word.startswith(start) and word[len(start) :] in STANDARD_INPUT for start in together)
        for word, after in zip(words, [*words, ""][1:], strict=True)
    )
