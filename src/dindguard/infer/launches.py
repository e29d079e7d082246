"""How a container launches an engine, if it does: the entry point's decision table.

The official image's behaviour is that of docker-library/docker ``dockerd-entrypoint.sh``: no arguments, or a
first one that begins with ``-``, gets default listeners and certificates; ``dockerd`` gets neither but the
rest of the wrapper; anything else is a client. An entry point of one's own bypasses all of it.
"""

from __future__ import annotations

from collections.abc import Sequence

from dindguard.infer import images
from dindguard.model.container import Container, ContainerKind, Words
from dindguard.model.engine_image import EngineImage
from dindguard.model.engine_settings import settings_of
from dindguard.model.invocation import Invocation, InvocationKind
from dindguard.model.launch import Launch, Setting
from dindguard.model.values import Text
from dindguard.records import record, replace
from dindguard.source import Span
from dindguard.vocabulary import INITS, EngineProduct

_PROGRAMS = {
    "dockerd": EngineProduct.DOCKER,
    "dockerd-rootless.sh": EngineProduct.DOCKER,
    "buildkitd": EngineProduct.BUILDKIT,
    "containerd": EngineProduct.CONTAINERD,
    "start-docker.sh": EngineProduct.DOCKER,
}
_ROOTLESS = frozenset({"dockerd-rootless.sh", "rootlesskit"})
_WRAPPERS = frozenset({"dockerd-entrypoint.sh"})
_PREFIXES = INITS | {"exec", "sudo", "env", "--", "-g", "-s", "-E"}
_NESTING_SCRIPT = "dind"


@record
class Started:
    """The engine that a container starts, and how. ``defaults`` tells that the wrapper adds its listeners."""

    product: EngineProduct
    launch: Launch
    defaults: bool = False
    rootless: bool = False
    """The program that is started makes the engine run as an ordinary user."""


def started_engine(container: Container) -> Started | None:
    """Return how a container starts an engine; ``None`` when nothing in the files says that it does."""
    entrypoint, command = images.entrypoint_and_command(container)
    image = images.base_image(container)
    engine_image = image.engine if image is not None else None
    if container.kind in (ContainerKind.JOB, ContainerKind.RUNNER_DEFAULT):
        # A CI system replaces a job container's command by the script's shell.
        return _from_scripts(container)
    if entrypoint is not None and not entrypoint.empty:
        return _from_words(container, (*entrypoint, *(command or ())), entrypoint.span) or _from_scripts(container)
    if engine_image is not None and engine_image.runs_engine:
        return _from_engine_image(container, engine_image, command)
    if command is not None and not command.empty:
        return _from_words(container, tuple(command), command.span) or _from_scripts(container)
    return _from_scripts(container)


def _from_engine_image(container: Container, image: EngineImage, command: Words | None) -> Started | None:
    words = tuple(command or ())
    span = container.image.span if container.image is not None else container.span
    if image.product is EngineProduct.DOCKER:
        return _wrapped(container, words, command.span if words and command is not None else span)
    if image.product in (EngineProduct.BUILDKIT, EngineProduct.KUBERNETES_NODE):
        product = EngineProduct.BUILDKIT if image.product is EngineProduct.BUILDKIT else EngineProduct.CONTAINERD
        settings, certain = settings_of(words)
        return Started(product, _launch(words, settings, span, certain, prepared=True))
    return _from_words(container, words, span) or _from_scripts(container)


def _wrapped(container: Container, words: Sequence[Text], span: Span) -> Started | None:
    """Decide as ``dockerd-entrypoint.sh`` does."""
    first = words[0].pattern if words else "-"
    if words and words[0].unknown:
        return None
    if first.startswith("-"):
        settings, certain = settings_of(words)
        launch = _launch(
            words, settings, span, certain, wrapper=True, main=_runs_wrapper(container), init=_wrapper_init(container)
        )
        return Started(EngineProduct.DOCKER, replace(launch, implied=frozenset({"host"})), defaults=True)
    if first == "dockerd":
        settings, certain = settings_of(words[1:])
        launch = _launch(
            words[1:],
            settings,
            span,
            certain,
            wrapper=True,
            main=_runs_wrapper(container),
            init=_wrapper_init(container),
        )
        return Started(EngineProduct.DOCKER, launch)
    return _from_words(container, words, span) or _from_scripts(container)


def _runs_wrapper(container: Container) -> bool:
    """Whether the entry point is docker-library's; an image of another maker may start its engine by systemd."""
    image = images.base_image(container)
    return image is None or image.engine is None or image.engine.official


def _wrapper_init(container: Container) -> bool | None:
    """Whether the image's own entry point starts an init: docker-library's does since 20.10.8."""
    image = images.base_image(container)
    defaults = image.engine.defaults if image is not None and image.engine is not None else None
    return defaults.init if defaults is not None else None


def _from_words(container: Container, words: Sequence[Text], span: Span) -> Started | None:
    """Find an engine as the program of an argument list, behind inits and the nesting script."""
    prepared = False
    for index, word in enumerate(words):
        if word.unknown:
            return None
        name = word.pattern.rpartition("/")[2]
        rest = words[index + 1 :]
        if name in _WRAPPERS:
            return _wrapped(container, rest, span)
        if name == _NESTING_SCRIPT:
            prepared = True
            continue
        if name in _PROGRAMS:
            settings, certain = settings_of(rest)
            init = any(each.pattern.rpartition("/")[2] in INITS for each in words[:index])
            launch = _launch(rest, settings, word.span, certain, prepared=prepared, main=True, init=init)
            return Started(_PROGRAMS[name], launch, rootless=name in _ROOTLESS)
        if name == "podman" and [str(each) for each in rest[:2]] == ["system", "service"]:
            return Started(EngineProduct.PODMAN, _podman_launch(rest[2:], word.span))
        if name not in _PREFIXES:
            return None
    return None


def _podman_launch(words: Sequence[Text], span: Span) -> Launch:
    settings = [Setting("host", word, word.span) for word in words if "://" in word.pattern]
    return Launch(wrapper=False, arguments=tuple(words), settings=tuple(settings), span=span)


def _from_scripts(container: Container) -> Started | None:
    """Find an engine that a script of the container starts; one that an image build starts does not outlive it."""
    for link in images.chain(container):
        for invocation in link.invocations:
            if invocation.kind is InvocationKind.ENGINE_START and not invocation.during_build:
                return _from_invocation(invocation)
    return None


def _from_invocation(invocation: Invocation) -> Started:
    name = invocation.program.rpartition("/")[2]
    settings = tuple(
        Setting(option, value, value.span) for option, values in invocation.options.items() for value in values
    )
    wrapper = name in _WRAPPERS
    launch = _launch(invocation.arguments, settings, invocation.span, invocation.certain, wrapper=wrapper)
    defaults = name in _WRAPPERS and (not invocation.words[1:] or invocation.words[1].pattern.startswith("-"))
    return Started(
        _PROGRAMS.get(name) or _service(invocation),
        launch,
        defaults,
        name in _ROOTLESS,
    )


def _service(invocation: Invocation) -> EngineProduct:
    """Return the product behind a service's name: ``podman.socket``, ``docker``."""
    name = invocation.subject.pattern.partition(".")[0] if invocation.subject is not None else ""
    return next((product for product in EngineProduct if product == name), EngineProduct.DOCKER)


def _launch(
    arguments: Sequence[Text],
    settings: tuple[Setting, ...],
    span: Span,
    certain: bool,
    *,
    wrapper: bool = False,
    prepared: bool = False,
    main: bool = False,
    init: bool | None = None,
) -> Launch:
    return Launch(
        wrapper=wrapper,
        prepared=wrapper or prepared,
        arguments=tuple(arguments),
        settings=settings,
        span=span,
        certain=certain,
        main_program=main,
        init=init,
    )
