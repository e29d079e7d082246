"""One GitLab job as a workload: the container that its script runs in, and its services."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dindguard.documents.joined import joined_scripts
from dindguard.documents.tree import Node
from dindguard.formats.gitlab_ci.inputs import PLACEHOLDER
from dindguard.formats.gitlab_ci.merging import Jobs
from dindguard.formats.gitlab_ci.project import Project
from dindguard.formats.gitlab_ci.variables import (
    Variables,
    conditional_variables,
    either,
    matrix_variables,
    written_variables,
)
from dindguard.model.container import Container, ContainerKind, Words
from dindguard.model.image import Image
from dindguard.model.values import UNKNOWN_PIECE, Text
from dindguard.model.workload import Platform, Workload, WorkloadKind
from dindguard.source import Embedded

_PORT = re.compile(r":[0-9]+(?=/|$)")
_SEPARATORS = re.compile(r"[\s,]+")


class JobReader:
    """Reads the jobs of one project."""

    def __init__(self, project: Project, jobs: Jobs) -> None:
        self.project = project
        self.jobs = jobs
        self.root = jobs.root
        self.embedded: list[Embedded] = []
        self._workflow = conditional_variables(jobs.items(self.root.at("workflow", "rules")), self.resolve)
        self._global_variables = written_variables(self.member(self.root, "variables"), self.resolve)

    # -- reaching values ----------------------------------------------------------------------------

    def resolve(self, node: Node) -> Node:
        """Return what a node stands for: what it refers to, or the list that an input holds."""
        node = self.jobs.resolve(node)
        inputs = self.project.scopes.get(node.source.path)
        return node if inputs is None else inputs.node(node)

    def member(self, node: Node, key: str) -> Node:
        """Return what a mapping has at ``key``."""
        return self.resolve(node[key])

    def items(self, node: Node) -> list[Node]:
        """Return the items of a list, flattened; a single value is a list of one."""
        return [self.resolve(item) for item in self.jobs.items(self.resolve(node))]

    def setting(self, job: Node, key: str) -> Node:
        """Return a keyword of a job, or what ``default:`` or the top level says, as far as the job inherits it."""
        own = self.member(job, key)
        if own.present or not _inherits(job.at("inherit", "default"), key):
            return own
        default = self.member(self.member(self.root, "default"), key)
        return default if default.present else self.member(self.root, key)

    # -- the job ------------------------------------------------------------------------------------

    def read(self, name: str, job: Node) -> Workload:
        """Return a job's workload, and keep its scripts in ``embedded``."""
        variables = self._variables(job)
        address = f"jobs.{name}"
        container = self._job_container(name, address, job, variables)
        services = self._services(address, job, variables)
        before = self.items(self.setting(job, "before_script"))
        steps = [self.member(step, "script") for step in self.items(job["run"])]
        script = [*self.items(job["script"]), *steps]
        for items in ([*before, *script] if script else before, self.items(self.setting(job, "after_script"))):
            self._embed(items, container)
        return Workload(
            name=name,
            address=address,
            kind=WorkloadKind.JOB,
            platform=Platform.GITLAB,
            span=job.key_span,
            containers=(*services, container),
            cached_paths=self._cached_paths(job, variables),
        )

    def _variables(self, job: Node) -> Variables:
        merged = {
            name: variable
            for name, variable in self._global_variables.items()
            if _inherits(job.at("inherit", "variables"), name)
        }
        merged = either(merged, self._workflow)
        merged.update(written_variables(self.member(job, "variables"), self.resolve))
        merged.update(matrix_variables(job["parallel"], self.resolve))
        rules = conditional_variables(self.items(job["rules"]), self.resolve)
        return Variables(either(merged, rules))

    def _job_container(self, name: str, address: str, job: Node, variables: Variables) -> Container:
        image = self.setting(job, "image")
        return Container(
            name=name,
            address=address,
            kind=ContainerKind.JOB,
            span=job.key_span,
            image=self._image(image, variables),
            entrypoint=self._words(image, "entrypoint", variables),
            user=self._user(image, variables),
            environment=variables.environment(),
        )

    def _services(self, address: str, job: Node, variables: Variables) -> list[Container]:
        taken: dict[str, str] = {}
        addresses: dict[str, int] = {}
        containers = []
        for service in self.items(self.setting(job, "services")):
            image = self._image(service, variables)
            if image is None:
                continue
            aliases = _unused(self._aliases(service, image, variables), taken)
            own = self._alias_texts(service, variables)
            name = next((str(alias) for alias in own if alias.known), _repository(image))
            count = addresses[name] = addresses.get(name, 0) + 1
            suffix = f"#{count}" if count > 1 else ""
            containers.append(self._service(f"{address}.services.{name}{suffix}", name, service, aliases, variables))
        return containers

    def _service(
        self, address: str, name: str, service: Node, aliases: tuple[Text, ...], variables: Variables
    ) -> Container:
        own = written_variables(self.member(service, "variables"), self.resolve)
        span = service["name"].span if service.is_mapping else service.span
        return Container(
            name=name,
            address=address,
            kind=ContainerKind.JOB_SERVICE,
            span=span,
            image=self._image(service, variables),
            entrypoint=self._words(service, "entrypoint", variables),
            command=self._words(service, "command", variables),
            user=self._user(service, variables),
            environment=variables.with_own(own).environment(),
            aliases=aliases,
        )

    # -- parts --------------------------------------------------------------------------------------

    def _image(self, node: Node, variables: Variables) -> Image | None:
        """Return the image of a job or service: a name, or a mapping with one."""
        name = self.member(node, "name") if node.is_mapping else node
        if not name.is_scalar or name.is_null or not name.content:
            return None
        return Image.parse(variables.resolve(name.value))

    def _words(self, node: Node, key: str, variables: Variables) -> Words | None:
        words = self.member(node, key) if node.is_mapping else node.hole("")
        if not words.present or words.is_null:
            return None
        texts = tuple(variables.resolve(item.value) for item in self.items(words) if item.is_scalar)
        return Words(texts, words.span)

    def _user(self, node: Node, variables: Variables) -> Text | None:
        for executor in ("docker", "kubernetes"):
            user = node.at(executor, "user") if node.is_mapping else node.hole("")
            if user.is_scalar and not user.is_null:
                return variables.resolve(user.value)
        return None

    def _alias_texts(self, service: Node, variables: Variables) -> tuple[Text, ...]:
        """Return the names that ``alias:`` gives, separated by blanks or commas."""
        alias = self.member(service, "alias") if service.is_mapping else service.hole("")
        if not alias.is_scalar or alias.is_null:
            return ()
        text = variables.resolve(alias.value)
        found, at = [], 0
        for piece in _SEPARATORS.split(text.pattern):
            at = text.pattern.index(piece, at)
            if piece:
                found.append(text.part(at, at + len(piece)))
            at += len(piece)
        return tuple(found)

    def _aliases(self, service: Node, image: Image, variables: Variables) -> list[Text]:
        """Return every name that the runner gives a service: those from its image, then ``alias:``'s.

        From ``registry:5000/team/docker:29-dind`` it makes ``registry__team__docker`` and ``registry-team-docker``
        (gitlab-runner, ``SplitNameAndVersion``).
        """
        found: list[Text] = []
        if image.reference.known:
            host = _PORT.sub("", _repository(image))
            names = dict.fromkeys((host.replace("/", "__"), host.replace("/", "-")))
            found += [Text(name, image.span) for name in names]
        return [*found, *self._alias_texts(service, variables)]

    def _cached_paths(self, job: Node, variables: Variables) -> tuple[Text, ...]:
        found = []
        for cache in self.items(self.setting(job, "cache")):
            paths = self.member(cache, "paths") if cache.is_mapping else cache.hole("")
            found += [variables.resolve(path.value) for path in self.items(paths) if path.is_scalar]
        return tuple(found)

    def _embed(self, items: Sequence[Node], owner: Container) -> None:
        def replacement(match: re.Match[str]) -> str | None:
            return next((v for v in (scope.replacement(match) for scope in scopes) if v is not None), None)

        paths = dict.fromkeys(item.source.path for item in items)
        scopes = [self.project.scopes[path] for path in paths if path in self.project.scopes]
        sources = joined_scripts(list(items), "shell", PLACEHOLDER if scopes else None, replacement)
        self.embedded += [Embedded(source, owner) for source in sources]


def _inherits(choice: Node, key: str) -> bool:
    """Whether ``inherit:`` lets a job have a default or a global variable: all by default, none, or a list."""
    if choice.is_sequence:
        return key in (item.text for item in choice.items())
    return not (choice.present and choice.flag().off and not choice.is_null)


def _repository(image: Image) -> str:
    """Return an image's name as written, without tag and digest."""
    name = image.reference.pattern.partition("@")[0]
    colon = name.find(":", name.rfind("/") + 1)
    name = name if colon < 0 else name[:colon]
    if UNKNOWN_PIECE in name:
        raw = image.reference.raw.partition("@")[0]
        slash = raw.rfind("/")
        return raw[:found] if (found := raw.find(":", slash + 1)) >= 0 else raw
    return name


def _unused(aliases: list[Text], taken: dict[str, str]) -> tuple[Text, ...]:
    """Return the names that no earlier service of the job has; the first one keeps a name."""
    found = []
    for alias in aliases:
        if alias.pattern not in taken:
            taken[alias.pattern] = alias.pattern
            found.append(alias)
    return tuple(found)
