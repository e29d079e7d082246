"""How a container launches an engine, if it does: the entry point's decision table.

The official image's behaviour is that of docker-library/docker ``dockerd-entrypoint.sh``: no arguments, or a
first one that begins with ``-``, gets default listeners and certificates; ``dockerd`` gets neither but the
rest of the wrapper; anything else is a client. An entry point of one's own bypasses all of it.

The facts: docs/engine-facts.md, "Entry point".
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence

from dindguard.infer import images
from dindguard.model.container import Container, ContainerKind, Words
from dindguard.model.engine_image import EngineImage, Variant
from dindguard.model.engine_settings import settings_of
from dindguard.model.invocation import Invocation, InvocationKind
from dindguard.model.launch import Launch, Setting
from dindguard.model.values import Text
from dindguard.records import field, record, replace
from dindguard.source import Span
from dindguard.vocabulary import INITS, ROOTLESSKIT, ROOTLESSKIT_OPTIONS, EngineProduct

_PROGRAMS = {
    "dockerd": EngineProduct.DOCKER,
    "dockerd-rootless.sh": EngineProduct.DOCKER,
    "buildkitd": EngineProduct.BUILDKIT,
    "containerd": EngineProduct.CONTAINERD,
    "start-docker.sh": EngineProduct.DOCKER,
}
_ROOTLESS = frozenset({"dockerd-rootless.sh", ROOTLESSKIT})
_WRAPPERS = frozenset({"dockerd-entrypoint.sh"})
_NESTING_SCRIPT = "dind"
_LISTENERS = frozenset({"host"})
"""What the entry point gives an engine that it starts by itself."""
_ENGINE_STARTERS = _PROGRAMS.keys() | _WRAPPERS | {"podman"}


@record
class Started:
    """The engine that a container starts, and how. ``defaults`` tells that the wrapper adds its listeners."""

    product: EngineProduct
    launch: Launch
    defaults: bool = False
    rootless: bool = False
    """The program that is started makes the engine run as an ordinary user."""
    environment: Mapping[str, Text] = field(default_factory=dict)
    """What the script that starts it sets before: it counts before the container's own."""
    by_service: bool = False
    """Its service is started (``service docker start``), which reads its files of options."""


def started_engines(container: Container) -> tuple[Started, ...]:
    """Return every engine that a container starts: the one that its main program is, then those of its scripts."""
    scripts = tuple(_from_scripts(container))
    if container.kind in (ContainerKind.JOB, ContainerKind.RUNNER_DEFAULT):
        return scripts  # a CI system replaces a job container's command by the script's shell
    main = _main(container)
    if main is None:
        return scripts
    if main.defaults:  # a copy of the official entry point does what is known of it, whatever its branches hold
        scripts = tuple(each for each in scripts if posixpath.basename(each.launch.span.path) not in _WRAPPERS)
    return (main, *(each for each in scripts if not _is_main(each, container)))


def _is_main(started: Started, container: Container) -> bool:
    """Whether what a script starts is the very command of its container, which may be read as a script as well."""
    at = started.launch.span
    own = (words.span for words in images.entrypoint_and_command(container) if words is not None)
    return any(
        span.path == at.path and (span.line, span.column) <= (at.line, at.column) < (span.end_line, span.end_column)
        for span in own
    )


def _main(container: Container) -> Started | None:
    """Return the engine that is the container's main program."""
    entrypoint, command = images.entrypoint_and_command(container)
    image = images.base_image(container)
    engine_image = image.engine if image is not None else None
    if entrypoint is not None and not entrypoint.empty:
        return from_words(container, (*entrypoint, *(command or ())), entrypoint.span)
    if images.keeps_engine_off(container):
        return None
    if engine_image is not None and (engine_image.runs_engine or _is_told_as_an_engine(engine_image, command)):
        return _from_engine_image(container, engine_image, command)
    if command is not None and not command.empty:
        return from_words(container, tuple(command), command.span)
    return None


_CLIENT_FLAGS = frozenset(
    {"--config", "-c", "--context", "-D", "--debug", "-H", "--host", "-l", "--log-level", "--tls", "--tlscacert", "--tlscert",
     "--tlskey", "--tlsverify", "-v", "--version"}
)  # fmt: skip
"""The flags before a command of the client (docker/cli cli/flags/options.go); the engine has them, too."""


def _is_told_as_an_engine(image: EngineImage, command: Words | None) -> bool:
    """Whether an image whose tag nobody knows (a digest) is given what only an engine takes: its flags, or an address."""
    words = [word.pattern for word in command or ()]
    if image.product is not EngineProduct.DOCKER or image.variant is not Variant.UNKNOWN:
        return False
    if not all(word.startswith("-") for word in words[:1]):
        return False
    flags = [word.partition("=")[0] for word in words if word.startswith("-")]
    listens = any("://0.0.0.0" in word or "://[::]" in word for word in words)
    return listens or any(flag not in _CLIENT_FLAGS for flag in flags)


def _from_engine_image(container: Container, image: EngineImage, command: Words | None) -> Started | None:
    words = tuple(command or ())
    span = container.image.span if container.image is not None else container.span
    if image.product is EngineProduct.DOCKER:
        return _wrapped(container, words, command.span if words and command is not None else span)
    if image.product in (EngineProduct.BUILDKIT, EngineProduct.KUBERNETES_NODE):
        product = EngineProduct.BUILDKIT if image.product is EngineProduct.BUILDKIT else EngineProduct.CONTAINERD
        settings, certain = settings_of(words)
        return Started(product, _launch(words, settings, span, certain, prepared=True))
    return from_words(container, words, span)


def _wrapped(container: Container | None, words: Sequence[Text], span: Span) -> Started | None:
    """Decide as ``dockerd-entrypoint.sh`` does."""
    first = words[0].pattern if words else "-"
    if words and words[0].unknown:
        return None
    if first.startswith("-"):
        settings, certain = settings_of(words)
        launch = _launch(
            words, settings, span, certain, wrapper=True, main=_runs_wrapper(container), init=_wrapper_init(container),
            implied=_LISTENERS,
        )  # fmt: skip
        return Started(EngineProduct.DOCKER, launch, defaults=True)
    if first == "dockerd":
        settings, certain = settings_of(words[1:])
        own = _runs_wrapper(container)
        launch = _launch(words[1:], settings, span, certain, wrapper=True, main=own, init=_wrapper_init(container))
        return Started(EngineProduct.DOCKER, launch)
    return from_words(container, words, span)


def _runs_wrapper(container: Container | None) -> bool:
    """Whether the entry point is docker-library's; an image of another maker may start its engine by systemd."""
    image = images.base_image(container) if container is not None else None
    return image is None or image.engine is None or image.engine.official


def _wrapper_init(container: Container | None) -> bool | None:
    """Whether the image's own entry point starts an init as process 1: docker-library's does since 20.10.8.

    That of the rootless image starts RootlessKit there, and the init below it, where no orphan arrives.
    """
    image = images.base_image(container) if container is not None else None
    if image is not None and image.engine is not None and image.engine.variant is Variant.ROOTLESS:
        return False
    defaults = image.engine.defaults if image is not None and image.engine is not None else None
    return defaults.init if defaults is not None else None


def from_words(container: Container | None, words: Sequence[Text], span: Span) -> Started | None:
    """Find an engine as the program of an argument list, behind inits, the nesting script and other prefixes."""
    words, prefixes, variables = _without_prefixes(words)
    if not words or words[0].unknown:
        return None
    name, rest = _name(words[0]), words[1:]
    if name in _WRAPPERS:
        started = _wrapped(container, rest, span)
        return replace(started, environment=variables) if started is not None and variables else started
    if name in _PROGRAMS:
        settings, certain = settings_of(rest)
        launch = _launch(
            rest,
            settings,
            words[0].span,
            certain,
            prepared=_NESTING_SCRIPT in prefixes,
            main=True,
            init=not INITS.isdisjoint(prefixes),
        )
        return Started(
            _PROGRAMS[name], launch, rootless=not _ROOTLESS.isdisjoint({name, *prefixes}), environment=variables
        )
    if name == "podman":
        service = _podman_service(rest)
        return Started(EngineProduct.PODMAN, _podman_launch(service, words[0].span)) if service is not None else None
    return None


def _name(word: Text) -> str:
    return word.pattern.rpartition("/")[2]


def _without_prefixes(words: Sequence[Text]) -> tuple[Sequence[Text], frozenset[str], Mapping[str, Text]]:
    """Return the command behind what only starts it (``tini --``, ``env X=``, ``su-exec root``), those names, and variables."""
    prefixes: set[str] = set()
    variables: dict[str, Text] = {}
    while words and words[0].known and _name(words[0]) not in _ENGINE_STARTERS:
        if _name(words[0]) == _NESTING_SCRIPT:
            prefixes.add(_NESTING_SCRIPT)
            words = words[1:]
            continue
        from dindguard.scripts.command import base_name
        from dindguard.scripts.commands import argv_command  # few containers have a prefix
        from dindguard.scripts.shell.wrappers import may_unwrap

        if not may_unwrap(base_name(words[0].pattern)):
            break
        command = argv_command(words)
        if command.remote is not None or len(command.words) >= len(words):
            break
        prefixes.update(command.wrappers)
        variables |= command.environment
        words = command.words
    return words, frozenset(prefixes), variables


def _podman_service(words: Sequence[Text]) -> Sequence[Text] | None:
    """Return the arguments of ``podman … system service``; ``None`` for another command."""
    names = [str(each) for each in words]
    for index in range(len(names) - 1):
        if names[index : index + 2] == ["system", "service"]:
            return words[index + 2 :]
        if not names[index].startswith("-"):
            return None
    return None


def _podman_launch(words: Sequence[Text], span: Span) -> Launch:
    settings = [Setting("host", found, word.span) for word in words if (found := _podman_address(word)) is not None]
    return Launch(wrapper=False, arguments=tuple(words), settings=tuple(settings), span=span)


def _podman_address(word: Text) -> Text | None:
    """Return an address as Podman reads it: a URL, which may lack its slashes (``tcp:localhost:8080``)."""
    if "://" in word.pattern:
        return word
    scheme, separator, rest = word.pattern.partition(":")
    return Text(f"tcp://{rest}", word.span, raw=word.raw) if separator and scheme == "tcp" and word.known else None


def _from_scripts(container: Container) -> Iterator[Started]:
    """Yield the engines that a container's scripts start; one that an image build starts does not outlive it."""
    for link in images.chain(container):
        for invocation in link.invocations:
            if invocation.kind is InvocationKind.ENGINE_START and not invocation.during_build:
                started = _from_invocation(invocation, container)
                if started is not None:
                    yield started
            elif invocation.kind is InvocationKind.SOCKET_FORWARD and container.kind is ContainerKind.SCRIPT:
                yield from _from_forwarder(invocation)


def _from_forwarder(invocation: Invocation) -> Iterator[Started]:
    """Yield the machine's engine whose socket a script hands on to a port."""
    from dindguard.model.forwarding import forwarding  # few scripts do

    found = forwarding(invocation.program, invocation.arguments)
    if found is not None:
        settings = (Setting("host", found.listens, found.listens.span),)
        launch = _launch(invocation.arguments, settings, invocation.span, certain=False)
        yield Started(found.product, replace(launch, forwards=found.socket))


def _from_invocation(invocation: Invocation, container: Container) -> Started | None:
    name = invocation.program.rpartition("/")[2]
    if name == "podman":
        return Started(EngineProduct.PODMAN, _podman_launch(invocation.arguments, invocation.span))
    wrapper = name in _WRAPPERS
    if wrapper and len(invocation.words) == 2 and invocation.words[1].variable in ("@", "*"):
        return _as_given(invocation, container)
    settings = tuple(
        Setting(option, value, value.span) for option, values in invocation.options.items() for value in values
    )
    launch = _launch(invocation.arguments, settings, invocation.span, invocation.certain, wrapper=wrapper)
    defaults = wrapper and (not invocation.words[1:] or invocation.words[1].pattern.startswith("-"))
    return Started(
        _PROGRAMS.get(name) or _service(invocation),
        launch,
        defaults,
        name in _ROOTLESS or ROOTLESSKIT_OPTIONS in invocation.environment,
        invocation.environment,
        invocation.action == "service start" and name in ("service", "rc-service"),
    )


def _as_given(invocation: Invocation, container: Container) -> Started | None:
    """Return the engine that a script starts by handing what it is given, a container's command, to the official entry point."""
    given = images.entrypoint_and_command(container)[1] or ()
    started = _wrapped(container, tuple(given), invocation.span)
    return replace(started, environment=invocation.environment) if started is not None else None


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
    implied: frozenset[str] = frozenset(),
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
        implied=implied,
    )
