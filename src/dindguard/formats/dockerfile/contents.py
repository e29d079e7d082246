"""What a build stage runs and what it takes in: scripts, here-documents, files of the build's folder, engines."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence

from dindguard import budget
from dindguard.documents.dockerfile.reader import Instruction, Word
from dindguard.documents.dockerfile.variables import Scope, expand
from dindguard.documents.joined import Joined
from dindguard.formats import Context
from dindguard.formats.dockerfile.imports import Import
from dindguard.model.container import Container, Words
from dindguard.model.engine_settings import SETTINGS_FILE, configuration_files
from dindguard.model.values import Text, written
from dindguard.named_tuples import NamedTuple
from dindguard.patterns import regex
from dindguard.scripts.commands import files_written, names_an_engine
from dindguard.source import HasSpan, Source
from dindguard.vocabulary import ENGINE_CLIENTS, LAUNCHERS, SCRIPT_RUNNERS

_SHEBANG = regex(r"#!.*\b(ba|da|z|k|a)?sh\b")
_STARTERS = ENGINE_CLIENTS | SCRIPT_RUNNERS | LAUNCHERS
_SAFE = regex(r"[\w@%+=:,./-]+")


class _Copied(NamedTuple):
    """A file that COPY takes from the build's folder to ``target``."""

    path: str
    target: str


class Contents:
    """Gathers what one stage's instructions run and copy.

    Files are looked for beside the Dockerfile, then at the root: the build's folder is not known here.
    ``imports`` are the copies from other images.
    """

    def __init__(self, source: Source, context: Context) -> None:
        self._folder = posixpath.dirname(source.path)
        self._context = context
        self._shell = True
        self._workdir: str | None = None
        self._sources: list[Source] = []
        self._later: dict[str, Source] = {}
        self._executed: dict[str, Instruction] = {}
        self._copied: list[_Copied] = []
        self.imports: list[Import] = []

    def continue_from(self, earlier: Contents, stage: HasSpan) -> None:
        """Start with the shell, the working folder and the files of the stage that this one is based on."""
        self._shell = earlier._shell
        self._workdir = earlier._workdir
        budget.within(budget.COPIED_FILES, len(earlier._copied), stage)  # a long chain must not cost its square
        self._copied = list(earlier._copied[-budget.COPIED_FILES.most :])

    def add(self, instruction: Instruction, scope: Scope) -> None:
        """Take in one instruction."""
        match instruction.name:
            case "RUN":
                self._run(instruction)
            case "COPY" | "ADD":
                self._copy(instruction, scope)
            case "CMD" | "ENTRYPOINT" if not instruction.onbuild:
                self._runs_later(instruction)
            case "SHELL" if instruction.words:
                program = instruction.words[0].text.replace("\\", "/").rpartition("/")[2]
                self._shell = program.removesuffix(".exe").lower() in SCRIPT_RUNNERS
            case "WORKDIR" if instruction.words:
                self._workdir = self._absolute(expand(instruction.words[0], scope))

    def sources(self, container: Container) -> list[Source]:
        """Return the documents in it, in order, and the copied scripts that its container starts with."""
        named = _settings_of(container)
        own = [_named(each, SETTINGS_FILE) if each.hint in named else each for each in self._sources]
        told = [each for copied in self._copied if copied.target in named for each in self._opened(copied)]
        told = [_named(each, SETTINGS_FILE) for each in told]
        return [*own, *told, *self._later.values(), *self._started_directly(), *self._started_scripts(container)]

    def written(self, path: str, hint: str) -> Iterator[Source]:
        """Yield what this stage has at a path, as far as its instructions tell, under the name that it goes by later."""
        copied = [each for each in self._copied if each.target == path]
        for source in self._sources:
            if source.hint == path:
                yield _named(source, hint)
            elif source.hint == "shell" and posixpath.basename(path) in source.text:
                found = files_written(source).get(path)
                if found is not None:
                    yield _named(found, hint)
        for source in self._opened(copied[-1]) if copied else ():
            yield _named(source, hint)

    def brought(self, container: Container) -> Iterator[tuple[Import, str, str]]:
        """Yield the copies from other images that bring an engine's settings: each with the path there and its name here."""
        for each in self.imports:
            target = self._absolute(each.words[-1])
            for copied in _copies(each.words[:-1], target) if target is not None else ():
                named = copied.target in _settings_of(container)
                if named or self._context.configures(copied.target):
                    hint = SETTINGS_FILE if named else copied.target
                    yield each, posixpath.normpath(posixpath.join("/", copied.path)), hint

    def _run(self, instruction: Instruction) -> None:
        if instruction.form == "exec":
            self._sources.append(_quoted(instruction))
        elif instruction.script is not None and self._shell and _is_shell_text(instruction.script.text):
            self._sources.append(instruction.script)

    def _runs_later(self, instruction: Instruction) -> None:
        """Keep CMD or ENTRYPOINT; the last of each counts."""
        self._later.pop(instruction.name, None)
        self._executed.pop(instruction.name, None)
        if instruction.form == "exec" and instruction.words:
            self._executed[instruction.name] = instruction
        script = instruction.script
        if script is not None and self._shell and script.text:
            hint = f"{instruction.name.lower()}.sh"
            self._later[instruction.name] = Source(
                script.path, script.text, hint=hint, parent=script.parent, segments=script.segments
            )

    def _started_directly(self) -> Iterator[Source]:
        """Yield what an image starts without a shell, as one would be given it: a client's command, or a shell's own script."""
        start, given = self._executed.get("ENTRYPOINT"), self._executed.get("CMD")
        if start is None and "ENTRYPOINT" in self._later:
            return  # a shell form takes no arguments
        first = start or given
        if first is None or posixpath.basename(first.words[0].text) not in _STARTERS:
            return
        last = given or first
        before = [_shell_word(word.text) for word in start.words] if start is not None and given is not None else []
        script = _quoted(last, f"{last.name.lower()}.sh", before)
        if names_an_engine(script.text):
            yield script

    def _copy(self, instruction: Instruction, scope: Scope) -> None:
        words = tuple(expand(word, scope) for word in instruction.words)
        if len(words) < 2:
            return
        target = self._absolute(words[-1])
        for heredoc in instruction.heredocs:
            if target is not None:
                path = target + heredoc.delimiter if target.endswith("/") else target
                body = heredoc.body
                self._sources.append(
                    Source(body.path, body.text, hint=path, parent=body.parent, segments=body.segments)
                )
        origin = instruction.flag("from")
        if origin is not None:
            if origin.value and "$" not in origin.value:
                self.imports.append(Import(written(origin.value, origin.span), words, instruction))
        elif target is not None and not instruction.onbuild:
            copies = list(_copies(words[:-1], target))
            self._copied += copies
            for copied in copies:
                if self._context.configures(copied.target):
                    self._sources.extend(self._opened(copied))

    def _absolute(self, path: Text) -> str | None:
        """Return a path inside the image; relative ones need a known WORKDIR. A final ``/`` is kept."""
        if path.value is None:
            return None
        if path.value.startswith("/"):
            return path.value
        folder = self._workdir or ""
        return (
            posixpath.join(folder, path.value.removeprefix("./")) if path.value not in (".", "./") else f"{folder}/"
        )

    def _started_scripts(self, container: Container) -> Iterator[Source]:
        """Yield the copied script that ENTRYPOINT or CMD starts; it is followed one level."""
        started = {_program(words) for words in (container.entrypoint, container.command)} - {""}
        for name in sorted(started):
            copied = [each for each in self._copied if posixpath.basename(each.target) == name]
            for source in self._opened(copied[-1]) if copied else ():
                if _SHEBANG.match(source.text):
                    yield source

    def _opened(self, copied: _Copied) -> Iterator[Source]:
        for folder in dict.fromkeys((self._folder, "")):
            found = self._context.open(posixpath.normpath(posixpath.join(folder, copied.path.lstrip("/"))))
            if found is not None:
                yield Source(found.path, found.text, hint=copied.target)
                return


def _settings_of(container: Container) -> frozenset[str]:
    """Return where the engine that a container starts is told to look for its settings."""
    return configuration_files((*(container.entrypoint or ()), *(container.command or ())))


def _named(source: Source, hint: str) -> Source:
    """Return a text under another name than it has."""
    return Source(source.path, source.text, hint=hint, parent=source.parent, segments=source.segments)


def _copies(sources: Sequence[Text], target: str) -> Iterator[_Copied]:
    for source in sources:
        path = source.value
        if path is None or "://" in path or path.startswith("<<") or any(char in path for char in "*?["):
            continue
        name = posixpath.basename(path)
        if target.endswith("/") or len(sources) > 1 or target == "/etc/docker":
            yield _Copied(path, posixpath.join(target, name))
        else:
            yield _Copied(path, target)


def _program(words: Words | None) -> str:
    """Return the base name of the program that an exec form starts, a shell in front of it left out."""
    if words is None or words.shell:
        return ""
    for word in words:
        name = posixpath.basename(word.pattern)
        if name not in SCRIPT_RUNNERS and name not in ("tini", "dumb-init", "--", "exec"):
            return name
    return ""


def _is_shell_text(text: str) -> bool:
    return not text.startswith("#!") or _SHEBANG.match(text) is not None


def _shell_word(text: str) -> str:
    quoted = text.replace("'", "'\\''")
    return text if _SAFE.fullmatch(text) else f"'{quoted}'"


def _quoted(instruction: Instruction, hint: str = "shell", before: Sequence[str] = ()) -> Source:
    """Return an exec form as the shell text that starts the same program; ``before`` are words of another instruction."""
    joined = Joined(instruction.arguments)
    joined.add_glue("".join(f"{each} " for each in before))
    for index, word in enumerate(instruction.words):
        if index:
            joined.add_glue(" ")
        if _SAFE.fullmatch(word.text):
            _add_piece(joined, word, word.text, 0)
            continue
        joined.add_glue("'")
        at = 0
        for part in word.text.split("'"):
            if at:
                joined.add_glue("'\\''")
            _add_piece(joined, word, part, at)
            at += len(part) + 1
        joined.add_glue("'")
    return joined.source(hint)


def _add_piece(joined: Joined, word: Word, text: str, at: int) -> None:
    """Add ``word.text[at:]`` up to ``text``'s length; after a JSON escape, places are the word's own start."""
    start = word.start + 1
    typed = joined.parent.text[start : start + len(word.text)]
    if typed == word.text:
        joined.add(text, start + at, start + at + len(text))
    else:
        joined.add(text, start, start + 1)
