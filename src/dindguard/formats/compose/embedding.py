"""Documents inside a Compose file, and files that it hands to a container: scripts, Dockerfiles, engine settings."""

from __future__ import annotations

from collections.abc import Iterator

from dindguard.documents.tree import Node
from dindguard.formats.compose.files import Files, resolve
from dindguard.formats.compose.interpolation import ComposeScope
from dindguard.formats.compose.projects import Project
from dindguard.formats.compose.settings import HOOKS
from dindguard.model.container import Container
from dindguard.model.engine_settings import SETTINGS_FILE, configuration_files
from dindguard.model.mount import MountKind
from dindguard.patterns import regex
from dindguard.source import Embedded, Segment, Source
from dindguard.vocabulary import ENGINE_CLIENTS, LAUNCHERS, SCRIPT_RUNNERS

_READ_FILES = frozenset({"daemon.json", "buildkitd.toml", "config.toml"})
"""Names of configuration files, as a container sees them, that other formats read."""

_QUOTED = regex(r"""[ \t\n"'\\;&|<>()$`*?#~]""")
"""What a shell would read in a word that none has read."""
_OF_SCRIPTS = frozenset({"entrypoint", "command", "healthcheck", *HOOKS})


def embedded(project: Project, files: Files, container: Container, service: Node) -> Iterator[Embedded]:
    """Yield what a service's settings hold for other formats, with the container as its owner."""
    if service.has_any(_OF_SCRIPTS):
        for source in _scripts(service):
            yield Embedded(source, container)
    inline = service["build"]["dockerfile_inline"]
    if inline.is_scalar and not inline.is_null:
        yield Embedded(_unescaped(inline.document("dockerfile")), container)
    if container.mounts:
        for source in _configurations(project, files, container):
            yield Embedded(source, container)


# -- scripts ----------------------------------------------------------------------------------------


def _scripts(service: Node) -> Iterator[Source]:
    entrypoint, command = list(_words(service["entrypoint"])), list(_words(service["command"]))
    for words in (entrypoint + command, command):
        script = _script(words) or _client_command(words)
        if script is not None:
            yield script
            break
    for hook in HOOKS:
        for item in service[hook].items():
            hook_words = list(_words(item["command"]))
            script = _script(hook_words) or _client_command(hook_words)
            if script is not None:
                yield script
    test = service["healthcheck"]["test"]
    words = list(_words(test))[1:] if test.is_sequence else []
    script = words[0][1] if words and test[0].text == "CMD-SHELL" else _script(words)
    if test.is_scalar and not test.is_null:
        script = _unescaped(test.document("shell"))
    if script is not None:
        yield script


def _words(node: Node) -> Iterator[tuple[str, Source]]:
    """Yield the words of a command with the text that each one is in the file."""
    if node.is_sequence:
        for item in node.items():
            if item.is_scalar:
                yield item.value.pattern, _unescaped(item.document("shell"))
    elif node.is_scalar and not node.is_null:
        from dindguard.formats.compose.words import shell_words

        document = node.document("shell")
        for word, start, end in shell_words(node.typed):
            quotes = 1 if end - start >= 2 and document.text[start] in "'\"" else 0
            yield word.pattern, _unescaped(document.part(start + quotes, end - quotes, hint="shell"))


def _program(words: list[tuple[str, Source]], at: int) -> str:
    return words[at][0].rpartition("/")[2]


def _script(words: list[tuple[str, Source]]) -> Source | None:
    """Return the script that a shell gets with ``-c``, perhaps behind a launcher like ``tini --``."""
    if not words or _program(words, 0) not in SCRIPT_RUNNERS | LAUNCHERS:
        return None
    from dindguard.scripts.shell_argument import COMMAND_OPTION

    shell = next((index for index in range(len(words)) if _program(words, index) in SCRIPT_RUNNERS), len(words))
    for index in range(shell + 1, len(words) - 1):
        if COMMAND_OPTION.match(words[index][0]):
            return words[index + 1][1]
    return None


def _client_command(words: list[tuple[str, Source]]) -> Source | None:
    """Return a command line that starts an engine's client without a shell, as a shell would be given it."""
    if not words or _program(words, 0) not in ENGINE_CLIENTS:
        return None
    first = words[0][1]
    pieces: list[str] = []
    segments: list[Segment] = []
    length = 0
    for _, source in words:
        quote = "'" if not source.text or _QUOTED.search(source.text) else ""
        start = length + len(quote)
        segments += (Segment(start + run.start, run.origin, run.length) for run in _runs(source, 0, len(source.text)))
        pieces.append(quote + source.text.replace("'", " ") + quote + " ")
        length += len(pieces[-1])
    return Source(first.path, "".join(pieces).rstrip(" "), hint="shell", parent=first.file, segments=tuple(segments))


def _runs(source: Source, start: int, end: int) -> Iterator[Segment]:
    """Yield where the characters ``[start, end)`` of a text stand in the file itself."""
    if source.parent is None:
        yield Segment(0, start, end - start)
        return
    for segment in source.segments_of(start, end):
        first, last = max(start, segment.start), min(end, segment.start + segment.length)
        if first < last:
            moved = segment.origin - segment.start
            for run in _runs(source.parent, first + moved, last + moved):
                yield Segment(first - start + run.start, run.origin, run.length)


def _unescaped(source: Source) -> Source:
    """Return a text in which Compose's ``$$`` is the dollar sign it stands for."""
    if "$$" not in source.text:
        return source
    pieces, segments, length, at = [], [], 0, 0
    while at <= len(source.text):
        found = source.text.find("$$", at)
        end = len(source.text) if found < 0 else found + 1
        pieces.append(source.text[at:end])
        segments.append(Segment(length, at, end - at))
        length += end - at
        if found < 0:
            break
        at = found + 2
    return Source(source.path, "".join(pieces), hint=source.hint, parent=source, segments=tuple(segments))


# -- configuration files ----------------------------------------------------------------------------


def _configurations(project: Project, files: Files, container: Container) -> Iterator[Source]:
    named = configuration_files((*(container.entrypoint or ()), *(container.command or ())))
    for mount in container.mounts:
        target = mount.target.value
        if target is None:
            continue
        target = SETTINGS_FILE if target in named else target
        if mount.kind in (MountKind.CONFIG, MountKind.SECRET) and mount.source is not None:
            section = "configs" if mount.kind is MountKind.CONFIG else "secrets"
            declared = project.root[section][mount.source.pattern]
            content = declared["content"]
            if content.is_scalar and not content.is_null:
                yield _unescaped(content.document(target))
            elif declared["file"].is_scalar and target.rpartition("/")[2] in _READ_FILES:
                scope = declared["file"].scope
                folder = scope.directory if isinstance(scope, ComposeScope) else ""
                yield from _file(files, folder, declared["file"].text, target)
        elif mount.kind is MountKind.HOST and mount.storage is not None and target.rpartition("/")[2] in _READ_FILES:
            yield from _file(files, "", mount.storage.name, target)


def _file(files: Files, folder: str, path: str, target: str) -> Iterator[Source]:
    """Yield a file of the tree under the name that the container knows it by."""
    found = resolve(folder, path)
    source = files.source(found) if found is not None else None
    if source is not None:
        yield Source(source.path, source.text, hint=target)
