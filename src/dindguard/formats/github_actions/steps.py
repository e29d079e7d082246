"""The steps of a job or a composite action: scripts, containers of their own, and actions that are known."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable

from dindguard import budget
from dindguard.documents.joined import Joined
from dindguard.documents.tree import Node
from dindguard.formats import Addresses, Context, Reading
from dindguard.formats.github_actions.containers import step_container
from dindguard.formats.github_actions.expressions import EXPRESSION, Expressions, environment, input_values
from dindguard.formats.github_actions.known_actions import KNOWN_ACTIONS, Use
from dindguard.model.container import Container, EnvVar
from dindguard.model.values import UNKNOWN_PIECE, Text
from dindguard.records import record, replace
from dindguard.scripts.engine_cli.mounts import Volumes
from dindguard.scripts.kubectl import sets_up_cluster, starts_cluster
from dindguard.source import Embedded
from dindguard.vocabulary import ENGINE_VARIABLES, POWERSHELLS, SHELLS


@record
class Place:
    """What surrounds steps: the container they run in, what expressions stand for, and the default shell."""

    owner: Container
    address: str
    expressions: Expressions
    shell: str = ""
    files: tuple[str, ...] = ()
    """The files whose steps are being read: the workflow, and the composite actions it came through."""


class StepReader:
    """Reads steps into ``reading``; containers of single steps and cached paths are collected here.

    ``used`` are the local actions that were read as part of a job, by path.
    """

    def __init__(self, reading: Reading, context: Context, root: str, volumes: Volumes) -> None:
        self.reading = reading
        self.context = context
        self.root = root
        self.volumes = volumes
        self.containers: list[Container] = []
        self.cached_paths: list[Text] = []
        self.used: set[str] = set()
        self.starts_cluster = False
        self._addresses = Addresses()
        self._local_actions = 0

    def read(self, steps: Iterable[Node], place: Place) -> None:
        """Read a list of steps."""
        for step in steps:
            if not step.is_mapping or is_off(step):
                continue
            variables = environment(step["env"], place.expressions)
            inner = replace(place, expressions=place.expressions.with_env(variables)) if variables else place
            if step["run"].is_scalar:
                self._script(step, variables, inner)
            elif step["uses"].is_scalar:
                self._action(step, variables, inner)

    # -- run ----------------------------------------------------------------------------------------

    def _script(self, step: Node, variables: tuple[EnvVar, ...], place: Place) -> None:
        self.starts_cluster |= starts_cluster(step["run"].content)
        shell = step["shell"].content or place.shell
        hint = shell_hint(shell)
        if hint:
            source = script_source(
                step["run"], step["env"] if hint == "shell" else None, variables, place.expressions
            )
            self.reading.embedded.append(Embedded(source.source(hint), place.owner))

    # -- uses ---------------------------------------------------------------------------------------

    def _action(self, step: Node, variables: tuple[EnvVar, ...], place: Place) -> None:
        uses = place.expressions.resolve(step["uses"].value)
        name = uses.pattern
        self.starts_cluster |= sets_up_cluster(name)
        if name.startswith("docker://"):
            image = uses.part(len("docker://"), len(name))
            self.containers.append(
                step_container(step, image, variables, place.expressions, self._address(step, place))
            )
        elif name.startswith("./"):
            self._local(step, name, place)
        else:
            known = KNOWN_ACTIONS.get(name.partition("@")[0].lower())
            if known is None:
                return
            use = Use(step, uses, place.expressions, place.owner, variables, self._address(step, place), self.volumes)
            known(use, self.reading)
            self.cached_paths += use.cached_paths
            self.containers += use.containers

    def _address(self, step: Node, place: Place) -> str:
        """Return a name for a step inside its job: its id or name, or what it uses; numbered if not the only one."""
        name = step["id"].content or step["name"].content or step["uses"].content.partition("@")[0]
        return self._addresses.unique(f"{place.address}.steps.{name}")

    def _local(self, step: Node, name: str, place: Place) -> None:
        """Read a composite action of the same repository as part of the job."""
        self._local_actions += 1
        folder = posixpath.normpath(self.root + name)
        for file in ("action.yml", "action.yaml"):
            path = f"{folder}/{file}" if folder != "." else file
            tree = self.context.tree(path)
            if tree is None or not tree.documents:
                continue
            runs = tree.documents[0]["runs"]
            if runs["using"].text != "composite" or path in place.files:
                return
            if not budget.within(budget.COMPOSITE_LEVELS, len(place.files), step):
                return
            if not budget.within(budget.LOCAL_ACTIONS, self._local_actions, step):
                return
            self.used.add(path)
            given = {
                key.content: place.expressions.resolve(value.value)
                for key, value in step["with"].pairs()
                if value.is_scalar
            }
            known = input_values(tree.documents[0]["inputs"], [given])
            inner = replace(
                place,
                expressions=place.expressions.without_inputs().knowing(known),
                files=(*place.files, path),
                shell="",
            )
            self.read(runs["steps"].items(), inner)
            return


_NEVER = re.compile(r"(?:\$\{\{\s*false\s*\}\}|false)")


def is_off(node: Node) -> bool:
    """Whether the condition of a job or step is never met."""
    condition = node["if"]
    return condition.is_scalar and _NEVER.fullmatch(condition.content.strip()) is not None


def shell_hint(shell: str) -> str:
    """Return the hint for a step's script: ``shell``, ``powershell``, ``batch``, or ``""`` for Python and others.

    A step without ``shell:`` runs in bash or sh, on Windows in PowerShell; a docker command line is the same.
    """
    program = posixpath.basename(shell.strip().partition(" ")[0])
    if not program or program in SHELLS or program.startswith("$"):
        return "shell"
    return "powershell" if program in POWERSHELLS else "batch" if program == "cmd" else ""


def script_source(run: Node, env: Node | None, variables: tuple[EnvVar, ...], expressions: Expressions) -> Joined:
    """Return a step's script; what it may use of the step's own ``env:`` stands before it, as assignments at their places.

    Those are the variables that it names, and those that engines and their clients read without being named.
    """
    joined = Joined(run.source)
    known = {variable.name: variable.value for variable in variables}
    named = _names(run.content, *(text.pattern for text in known.values() if "$" in text.pattern))
    for key, value in env.pairs() if env is not None else ():
        text = known.get(key.content)
        if text is None or key.source is not run.source or not key.content.isidentifier():
            continue
        if key.content not in named and not key.content.startswith(ENGINE_VARIABLES):
            continue
        joined.add_glue("export ")
        joined.add(key.content, key.start, key.end)
        joined.add_glue("=")
        joined.add(_quoted(text), value.start, max(value.end, value.start + 1))
        joined.add_glue("\n")
    joined.add_node(run, EXPRESSION, expressions.replacement)
    return joined


def _names(*texts: str) -> set[str]:
    """Return all words that may be names."""
    return {name for text in texts for name in re.findall(r"\w+", text)}


def _quoted(text: Text) -> str:
    """Return a value as one shell word; what is not known of it stays an expression, which shell readers know."""
    if text.value is not None:
        return "'" + text.value.replace("'", "'\\''") + "'"
    escaped = re.sub(r'([\\"$`])', r"\\\1", text.pattern)
    expression = re.sub(r"[{}\"\n]", "", text.variable)
    return '"' + escaped.replace(UNKNOWN_PIECE, f"${{{{ {expression} }}}}") + '"'
