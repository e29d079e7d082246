"""What tasks do to the machine: scripts that they run, files that they write, users whom they let in."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from dindguard import budget
from dindguard.documents.joined import Joined
from dindguard.documents.placeholders import Holes
from dindguard.documents.tree import Node
from dindguard.formats import Context
from dindguard.formats.ansible.surroundings import role_of
from dindguard.formats.ansible.tasks import Task
from dindguard.formats.ansible.variables import expressions
from dindguard.model import paths
from dindguard.model.invocation import Invocation, InvocationKind
from dindguard.patterns import regex
from dindguard.scripts.grants import engine_group, group_grant, pair
from dindguard.scripts.located import add_script
from dindguard.scripts.machine_engines import installation, service_start
from dindguard.source import Embedded, Source

SCRIPTS = {
    **dict.fromkeys(("shell", "command", "raw", "cron", "at", "expect"), "shell"),
    **dict.fromkeys(("win_shell", "win_command", "win_powershell"), "powershell"),
}
"""Modules that run a command, at once or at times, and the language that it is read in."""
_OPEN_MODE = regex(r"0?[0-7]?[0-7]{2}[2367]$|(?:[ugo]*[ao][ugo]*[+=][rx]*w[rwx]*)$")
_CLIENT = ("DOCKER_", "CONTAINER_HOST")
_PACKAGES = frozenset({"apt", "yum", "dnf", "dnf5", "package", "apk", "zypper", "pacman"})
_SERVICES = frozenset({"service", "systemd", "systemd_service", "sysvinit", "openrc"})
_WRITES = frozenset({"copy", "template", "lineinfile", "blockinfile"})
_UNIT = regex(r"\.(service|socket)(\.d/[^/]+\.conf)?$")


def script_of(task: Task, downloads: list[Task]) -> Embedded | None:
    """Return what a task has a shell run, with the variables of its clients, and what it runs that was downloaded."""
    node = _command_line(task)
    words = task["argv"].items() if task["argv"].is_sequence else []
    if (node is None and not words) or task["state"].content == "absent":
        return None
    joined = Joined((node or words[0]).source)
    hint = SCRIPTS[task.module]
    for name, value in _client_variables(task) if hint == "shell" else ():
        _add_assignment(joined, name, value, task)
    if node is not None:
        run = [each for each in downloads if _runs(node, each)]
        budget.within(budget.DOWNLOADS_RUN, len(run), node)
        for download in run[-budget.DOWNLOADS_RUN.most :]:
            _add_download(joined, download)
        _add(joined, node, task)
    for index, word in enumerate(words):
        joined.add_glue(" " if index else "")
        if word.is_scalar and word.content:
            joined.add_quote(word.document(), 0)
            _add(joined, word, task)
            joined.add_quote(word.document(), len(word.document().text) - 1)
    return Embedded(joined.source(hint))


def _command_line(task: Task) -> Node | None:
    node = (
        task.arguments if task.arguments.is_scalar else task.first("cmd", "_raw_params", "command", "job", "script")
    )
    return node if node.is_scalar and node.content.strip() else None


def _client_variables(task: Task) -> Iterator[tuple[str, Node]]:
    for environment in task.around.environment:
        for key, value in environment.pairs():
            if key.content.startswith(_CLIENT) and value.is_scalar and not value.is_null:
                yield key.content, value


def _add_assignment(joined: Joined, name: str, value: Node, task: Task) -> None:
    if value.source is joined.parent:
        joined.add_glue(f"export {name}='")
        _add(joined, value, task)
        joined.add_glue("'\n")


def _runs(node: Node, download: Task) -> bool:
    """Whether a script names a file that was downloaded before."""
    target = download.first("dest", "path")
    name = posixpath.basename(target.content.rstrip("/")) if target.is_scalar else ""
    return bool(name) and name in node.content


def _add_download(joined: Joined, download: Task) -> None:
    """Add a file's download before what runs the file."""
    url, target = download["url"], download.first("dest", "path")
    if url.is_scalar and url.source is joined.parent is target.source:
        joined.add_glue("curl '")
        _add(joined, url, download)
        joined.add_glue("' -o '")
        _add(joined, target, download)
        joined.add_glue("'\n")


def _add(joined: Joined, node: Node, task: Task) -> None:
    """Add a text whose expressions are replaced as far as the files decide them."""
    holes = Holes(expressions(node.content), task.around.variables)  # type: ignore[arg-type]  # all that is asked is get
    add_script(joined, node.scoped(holes), unknown="{{{{ {} }}}}")


# -- files ------------------------------------------------------------------------------------------------


def file_of(task: Task, context: Context) -> Iterator[Embedded]:
    """Yield what a task writes into a file of the machine, under that file's name."""
    if task.module not in _WRITES:
        return
    target = task.first("dest", "path", "destfile")
    name = target.value.pattern if target.is_scalar else ""
    for key in ("content", "block", "line"):
        yield from _written(task, task[key], name, part=key != "content")
    if task["src"].is_scalar and task["src"].text:
        yield from _copied(task["src"], name, context)


def _written(task: Task, node: Node, name: str, *, part: bool) -> Iterator[Embedded]:
    if not node.is_scalar or not node.content.strip() or (part and name.endswith(".json")):
        return
    found = task.around.variables.mapping(node)
    if found.is_mapping:
        if name.endswith("/daemon.json") and found.source is node.source:
            yield settings(found)
        return
    joined = Joined(node.source)
    if _UNIT.search(name) and "[" not in node.content:
        joined.add_glue("[Service]\n")
    _add_known(joined, node, task)
    yield Embedded(joined.source(name))


def _add_known(joined: Joined, node: Node, task: Task) -> None:
    """Add a text with the expressions that the files decide replaced; the others stay, for the readers of templates."""
    document = node.document()
    at = 0
    for start, end, expression in expressions(document.text):
        value = task.around.variables.get(expression)
        if value is None or value.value is None:
            continue
        joined.add_slice(document, at, start)
        origin = document.origin(start)
        joined.insert(value.value, origin, max(document.origin(end - 1) + 1, origin + 1))
        at = end
    joined.add_slice(document, at, len(document.text))


def _copied(node: Node, target: str, context: Context) -> Iterator[Embedded]:
    """Yield a file of the role that becomes one of an engine's, if its own name does not say so."""
    name = node.text
    if target.endswith("/"):
        target += posixpath.basename(name).removesuffix(".j2")
    if not context.configures(target):
        return
    for path in _places(node.source.path, name):
        if context.named(path):
            return
        source = context.open(path)
        if source is not None:
            yield Embedded(Source(source.path, source.text, hint=target))
            return


def _places(path: str, name: str) -> Iterator[str]:
    role = role_of(path)
    folder = posixpath.dirname(path)
    folders = [f"{role}templates", f"{role}files"] if role is not None else []
    for each in (*folders, f"{folder}/templates", f"{folder}/files", folder):
        found = posixpath.normpath(posixpath.join(each.lstrip("/"), name))
        if not found.startswith(("/", "..")):
            yield found


def settings(node: Node) -> Embedded:
    """Return a mapping that becomes the engine's configuration file."""
    source = Source(node.source.path, "", hint="daemon-json", parent=node.source.part(node.start, node.end))
    return Embedded(source, content=node)


# -- engines -----------------------------------------------------------------------------------------------


def engines_of(task: Task, address: str) -> Iterator[Invocation]:
    """Yield the engines that a task installs, or whose service it starts."""
    state = task["state"].content
    program = task.place.value
    if task.module in _PACKAGES and state not in ("absent", "removed"):
        for package in task.around.variables.texts(task.first("name", "pkg", "package")):
            found = installation(program, package, f"{address}.{package}")
            yield from () if found is None else (found,)
    elif task.module in _SERVICES and state in ("started", "restarted"):
        name = task.first("name", "service", "unit")
        found = service_start(program, name.value, address) if name.is_scalar else None
        yield from () if found is None else (found,)


# -- who may command the engine -----------------------------------------------------------------------------


def let_in(task: Task, address: str) -> Invocation | None:
    """Return a task that lets somebody command the machine's engine, as what a command of the same effect would be."""
    if task.module == "user":
        return _member(task, address)
    if task.module == "file":
        return _opened(task, address)
    return None


def _member(task: Task, address: str) -> Invocation | None:
    """``user: groups: docker``."""
    name = task.first("name", "user")
    if task["state"].content == "absent" or not name.is_scalar:
        return None
    groups = [*task.around.variables.texts(task["groups"]), *task.around.variables.texts(task["group"])]
    group = engine_group(groups)
    if group is None:
        return None
    key = "groups" if task["groups"].present else "group"
    return group_grant(task.place.value, name.value, group, address, task[key].span)


def _opened(task: Task, address: str) -> Invocation | None:
    """``file: path: /var/run/docker.sock mode: "0666"``."""
    path, mode = task.first("path", "dest", "name"), task["mode"]
    if not path.is_scalar or not mode.is_scalar or not paths.socket_at(paths.normalise(path.value.pattern)):
        return None
    if not any(_OPEN_MODE.match(each.strip()) for each in mode.text.split(",")):
        return None
    words = (task.place.value, pair("path", path.value), pair("mode", mode.value))
    return Invocation(
        kind=InvocationKind.SOCKET_PERMISSION,
        program="file",
        words=words,
        span=mode.span,
        subject=path.value,
        address=address,
    )
