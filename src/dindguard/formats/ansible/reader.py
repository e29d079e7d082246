"""Reads playbooks, lists of tasks, scenarios of Molecule, and variables that set an engine up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dindguard.documents.joined import Joined
from dindguard.documents.remainder import Remainder
from dindguard.documents.tree import Node
from dindguard.formats import Addresses, Context, Document, Reading, Unread, add_client
from dindguard.formats.ansible import ENGINE_SETTINGS, is_inventory
from dindguard.formats.ansible.containers import (
    MODULES,
    client_variables,
    container_of,
    name_of,
    removed,
    test_machine,
    undecided,
)
from dindguard.formats.ansible.inventory import holders
from dindguard.formats.ansible.machine import SCRIPTS, engines_of, file_of, let_in, script_of, settings
from dindguard.formats.ansible.surroundings import Surroundings, role_of
from dindguard.formats.ansible.tasks import Around, Task, inner, layer_of, tasks_of
from dindguard.formats.ansible.uses import groups_of
from dindguard.formats.ansible.variables import Variables
from dindguard.model.container import Container
from dindguard.model.values import Text, inherited
from dindguard.model.workload import Platform, Workload, WorkloadKind
from dindguard.scripts.engine_cli.mounts import Volumes
from dindguard.scripts.grants import group_grant
from dindguard.source import Embedded, Source, Span

_LISTS = ("pre_tasks", "roles", "tasks", "post_tasks", "handlers")
_OBJECTS = ("resource_definition", "definition", "inline", "resource")
_HARMLESS = frozenset(
    {
        "debug", "assert", "fail", "stat", "wait_for", "wait_for_connection", "uri", "service", "systemd",
        "systemd_service", "apt", "yum", "dnf", "package", "pip", "group", "git", "meta", "pause", "setup", "find", "slurp",
        "get_url", "docker_image", "docker_network", "docker_volume", "docker_container_info", "docker_host_info",
        "docker_image_info", "docker_prune", "include_vars", "user", "file", "copy", "template", "lineinfile", "blockinfile",
        "include_tasks", "import_tasks",
    }
)  # fmt: skip
"""Modules that start nothing; what the last of them write is handed on."""
_ROLE_WORDS = frozenset({"role", "name", "tags", "when", "become", "vars", "environment", *ENGINE_SETTINGS})
_MEMBERS = "docker_users"
_LOOPS = frozenset({"loop", "with_items", "with_list", "with_flattened"})
_COMPOSE = frozenset({"docker_compose_v2", "docker_compose", "docker_stack"})


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read every document of a scan."""
    reading = Reading()
    around = Surroundings(context)
    for document in documents:
        around.note(document.content, document.source.path)
    for document in documents:
        _File(document, around, context, reading).read()
    reading.invocations += around.members_let_in()
    reading.unread += around.not_used()
    reading.taken += around.opened()
    return reading


class _File:
    """Reads one document into ``reading``."""

    def __init__(self, document: Document, around: Surroundings, context: Context, reading: Reading) -> None:
        self._root: Node = document.content
        self._path = document.source.path
        self._around = around
        self._context = context
        self._reading = reading
        self._addresses = Addresses()
        self._commanded: set[str | None] = set()

    def read(self) -> None:
        """Read it as what it is."""
        root = self._root
        if root.is_mapping and "platforms" in root:
            self._scenario(root)
        elif root.is_mapping and is_inventory(root):
            self._inventory(root)
        elif root.is_mapping:
            self._settings(root, Variables([layer_of(root)]))
        elif any(_is_play(item) for item in root.items()):
            apart = _on_machines_of_their_own(root)
            for play in root.items():
                before = len(self._reading.embedded)
                self._play(play)
                if apart:
                    for embedded in self._reading.embedded[before:]:
                        embedded.source.for_machine(",".join(groups_of(play) or ()))
        else:
            self._tasks("", root, Around(self._around.of(self._path)), root.span)

    # -- plays ------------------------------------------------------------------------------------------

    def _play(self, play: Node) -> None:
        variables = self._around.of(self._path, play)
        for layer in self._around.files_of(play, self._path, variables):
            variables = variables.over(layer)
        around = inner(play, Around(variables))
        hosts = play["hosts"]
        name = name_of(hosts) if hosts.is_scalar else ",".join(name_of(each) for each in hosts.items())
        self._variables(play["vars"], around.variables)
        for role in play["roles"].items():
            self._variables(role, around.variables)
            self._variables(role["vars"], around.variables)
        lists = [play[part] for part in _LISTS if part != "roles"]
        whole = play.with_items([item for each in lists for item in each.items()])
        self._tasks(name, whole, around, hosts.span if hosts.present else play.span)

    def _variables(self, holder: Node, variables: Variables) -> None:
        """Read variables that a play or a task gives to roles; what becomes of the others stands elsewhere."""
        self._settings(holder, variables.over(layer_of(holder)))
        self._around.watch(holder, but=_ROLE_WORDS)

    def _tasks(self, name: str, items: Node, around: Around, span: Span) -> None:
        """Read tasks; the containers that they keep on the same machines are a workload."""
        address = f"plays.{name}" if name else "tasks"
        volumes = Volumes(f"{self._path}:{address}")
        found: dict[Platform, list[Container]] = {}
        downloads: list[Task] = []
        for task in tasks_of(items, around):
            if task.module in MODULES:
                if not removed(task):
                    platform = Platform.SWARM if task.module == "docker_swarm_service" else Platform.ENGINE
                    found.setdefault(platform, []).append(self._container(task, volumes, address))
            elif task.module == "get_url":
                downloads.append(task)
            else:
                self._task(task, downloads, address)
        for platform, containers in found.items():
            self._workload(
                name or self._role(),
                f"{address}{'.swarm' * (platform is Platform.SWARM)}",
                platform,
                span,
                containers,
                volumes,
            )

    def _role(self) -> str:
        role = role_of(self._path)
        return role.rstrip("/").rpartition("/")[2] if role else self._path.rpartition("/")[2]

    def _workload(
        self,
        name: str,
        address: str,
        platform: Platform,
        span: Span,
        containers: Sequence[Container],
        volumes: Volumes,
        for_tests: Text | None = None,
    ) -> None:
        self._reading.workloads.append(
            Workload(
                name=name, address=address, kind=WorkloadKind.PROJECT, platform=platform, span=span,
                containers=tuple(containers), storages=volumes.storages, for_tests=for_tests,
            )
        )  # fmt: skip

    def _container(self, task: Task, volumes: Volumes, address: str) -> Container:
        self._reading.notices += undecided(task)
        variables = client_variables(task)
        if variables and variables[0].value.value not in self._commanded:
            self._commanded.add(variables[0].value.value)
            add_client(self._reading, f"{task.module} task", variables)
        return container_of(task, volumes, self._addresses.unique(f"{address}.{name_of(task['name'])}"))

    # -- other tasks --------------------------------------------------------------------------------------

    def _task(self, task: Task, downloads: list[Task], address: str) -> None:
        reading = self._reading
        if task.module in SCRIPTS:
            script = script_of(task, downloads)
            reading.embedded += [script] if script is not None else []
        elif task.module == "k8s":
            reading.embedded += _objects(task)
        elif task.module == "helm":
            from dindguard.formats.ansible.releases import release_of

            release = release_of(task)
            reading.embedded += [release] if release is not None else []
        elif task.module in _COMPOSE:
            reading.embedded += [_tree(each, "compose") for each in _projects(task)]
        elif task.module in ("include_role", "import_role"):
            self._variables(task.item["vars"], task.around.variables)
        elif task.module not in _HARMLESS:
            reading.unread.append(Unread(task.item.source.part(task.item.start, task.item.end), "Ansible task"))
        own = self._addresses.unique(f"{address}.{task.module}")
        reading.invocations += engines_of(task, own)
        granted = let_in(task, own)
        reading.invocations += [granted] if granted is not None else []
        lets_in = granted is not None or task.module in SCRIPTS
        self._around.own_members |= lets_in and _goes_through_members(task)
        for embedded in file_of(task, self._context):
            source = embedded.source
            if source.parent is not None or self._around.first_copy(source.path, source.hint):
                reading.embedded.append(embedded)

    # -- inventories ------------------------------------------------------------------------------------------

    def _inventory(self, root: Node) -> None:
        """Read what groups and hosts say of their engines; what other variables are for is told elsewhere."""
        rest = Remainder(root)
        for holder in holders(root):
            before = len(self._reading.embedded)
            self._settings(holder, Variables([layer_of(holder)]))
            for embedded in self._reading.embedded[before:]:
                embedded.source.for_machine(holder.route)
            rest.take(*(holder[name] for name in ENGINE_SETTINGS))
        self._reading.unread.append(Unread(rest.source(), "part of an Ansible inventory", known=True))

    # -- variables of well-known roles ------------------------------------------------------------------------

    def _settings(self, holder: Node, variables: Variables) -> None:
        for name in ENGINE_SETTINGS:
            node = holder[name]
            if not node.present:
                continue
            if name == _MEMBERS:
                self._members(node.scoped(variables), variables)
                continue
            found = variables.mapping(node.scoped(variables))
            if found.is_mapping:
                self._reading.embedded.append(settings(found))
            elif found.is_scalar and "--" in found.content:
                self._reading.embedded.append(_options(found))

    def _members(self, users: Node, variables: Variables) -> None:
        for user in variables.texts(users):
            group = Text("docker", user.span)
            program = users.key.typed if users.key is not None else user
            address = self._addresses.unique(f"users.{user}")
            self._around.let_in(group_grant(program, user, group, address, user.span))

    # -- Molecule -----------------------------------------------------------------------------------------

    def _scenario(self, root: Node) -> None:
        from dindguard.formats.ansible.scenarios import maker_of  # few of its files are scenarios

        maker = maker_of(root, self._path, self._context.open)
        if not maker:
            return
        around = Around(Variables())
        volumes = Volumes(f"{self._path}:platforms")
        platforms = [item.scoped(around.variables) for item in root["platforms"].items() if item.is_mapping]
        containers = [
            test_machine(
                each,
                around,
                volumes,
                self._addresses.unique(f"platforms.{name_of(each['name'])}"),
                podman=maker == "podman",
            )
            for each in platforms
        ]
        made = inherited("Molecule", root["platforms"].key_span)
        self._workload("molecule", "platforms", Platform.ENGINE, made.span, containers, volumes, for_tests=made)


def _goes_through_members(task: Task) -> bool:
    """Whether a task lets in those whom the variable names that a well-known role lets in."""
    return any(
        _MEMBERS in node.content for key, node in task.item.pairs() if key.content in _LOOPS and node.is_scalar
    )


def _on_machines_of_their_own(root: Node) -> bool:
    """Whether each play names its groups, and none of them is another play's as well, unless all of them are."""
    plays = [groups_of(play) for play in root.items() if "hosts" in play]
    named = {frozenset(each) for each in plays if each is not None}
    return None not in plays and sum(map(len, named)) == len(frozenset().union(*named))


def _is_play(item: Node) -> bool:
    return "hosts" in item or "import_playbook" in item or "ansible.builtin.import_playbook" in item


def _objects(task: Task) -> Iterator[Embedded]:
    """Yield the Kubernetes objects that stand in a task."""
    if task["state"].content == "absent":
        return
    for name in _OBJECTS:
        node = task[name]
        for each in node.listed():
            found = task.around.variables.mapping(each)
            if found.is_mapping:
                yield _tree(found, "kubernetes")
            elif each.is_scalar and "\n" in each.content:
                yield Embedded(each.document("kubernetes"))


def _projects(task: Task) -> Iterator[Node]:
    if task["state"].content == "absent":
        return
    for node in (task["definition"], *task["compose"].items()):
        found = task.around.variables.mapping(node)
        if found.is_mapping:
            yield found


def _tree(node: Node, hint: str) -> Embedded:
    source = Source(node.source.path, "", hint=hint, parent=node.source.part(node.start, node.end))
    return Embedded(source, content=node)


def _options(node: Node) -> Embedded:
    """Return options of the engine as the file that an init script reads them from."""
    joined = Joined(node.source)
    document = node.document()
    joined.add_glue('DOCKER_OPTS="')
    joined.add_slice(document, 0, len(document.text))
    joined.add_glue('"\n')
    return Embedded(joined.source("/etc/default/docker"))
