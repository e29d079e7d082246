"""One GitLab job as a workload: the container that its script runs in, and its services."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from dindguard import budget
from dindguard.documents.alternatives import Choice, combinations, label
from dindguard.documents.joined import joined_scripts
from dindguard.documents.tree import Node
from dindguard.formats import Addresses
from dindguard.formats.gitlab_ci.inputs import PLACEHOLDER
from dindguard.formats.gitlab_ci.merging import Jobs, is_reference
from dindguard.formats.gitlab_ci.names import ServiceNames, aliases, repository
from dindguard.formats.gitlab_ci.project import Project
from dindguard.formats.gitlab_ci.variables import (
    LongTexts,
    Matrices,
    Variables,
    conditional_variables,
    either,
    names_in,
    written_variables,
)
from dindguard.model.container import Container, ContainerKind, Words
from dindguard.model.image import Image
from dindguard.model.values import Text
from dindguard.model.workload import Platform, Replicas, Workload, WorkloadKind
from dindguard.patterns import regex
from dindguard.scripts.shell_argument import script_index
from dindguard.source import Embedded

_HOSTED = regex(r"saas-(?:linux|macos|windows)-[\w-]+\Z")
"""Tags of GitLab's own runners, each job of which has a machine that ends with it (GitLab's docs, "Hosted runners")."""

_OF_VARIABLES = ("variables", "parallel", "rules", "inherit")
"""With what a job sets variables, or says which it inherits."""


class JobReader:
    """Reads the jobs of one project."""

    def __init__(self, project: Project, jobs: Jobs) -> None:
        self.project = project
        self.jobs = jobs
        self.root = jobs.root
        self.embedded: list[Embedded] = []
        self._long_texts = LongTexts()
        self._services_read = self._variables_seen = 0
        self._defaults: dict[str, Node] = {}
        self._matrices = Matrices()
        self._workflow = conditional_variables(jobs.items(self.root.at("workflow", "rules")), self.resolve)
        self._global_variables = written_variables(self.member(self.root, "variables"), self.resolve)
        self._everywhere = Variables(either(self._global_variables, self._workflow), self._long_texts)

    # -- reaching values ----------------------------------------------------------------------------

    def resolve(self, node: Node) -> Node:
        """Return what a node stands for: what it refers to, or the list that an input holds."""
        node = self.jobs.resolve(node) if is_reference(node) else node
        if not self.project.scopes:
            return node
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
        if own.present or not self._default(key).present or not _inherits(job.at("inherit", "default"), key):
            return own
        return self._default(key)

    def _default(self, key: str) -> Node:
        """Return what ``default:`` or the top level says of a keyword."""
        if key not in self._defaults:
            default = self.member(self.member(self.root, "default"), key)
            self._defaults[key] = default if default.present else self.member(self.root, key)
        return self._defaults[key]

    # -- the job ------------------------------------------------------------------------------------

    def read(self, name: str, job: Node) -> list[Workload]:
        """Return a job's workload, and keep its scripts in ``embedded``.

        Where a matrix gives its images several values, there is a workload for each; the scripts are the first one's.
        """
        first, *others = self._choices(job) or [Choice()]
        found = [self._workload(name, f"jobs.{name}", job, first)]
        self._embed_scripts(job, found[0].containers[-1])
        again = len(self.embedded)
        found += [self._workload(name, f"jobs.{name}[{label(choice)}]", job, choice) for choice in others]
        del self.embedded[again:]
        return found

    def is_off(self, job: Node) -> bool:
        """Whether no rule ever has the job run: the first one without a condition says so, as do all those before it."""
        for rule in self.items(job["rules"]):
            if not rule.is_mapping or self.member(rule, "when").content != "never":
                return False
            if not any(self.member(rule, key).present for key in ("if", "changes", "exists")):
                return True
        return False

    def _choices(self, job: Node) -> list[Choice]:
        """Return the combinations of values that the job's matrix gives to its images."""
        if not job["parallel"]["matrix"].present:
            return []
        nodes = [self.setting(job, "image"), *self.items(self.setting(job, "services"))]
        images = [self.member(node, "name") if node.is_mapping else node for node in nodes]
        names = [name for image in images if image.is_scalar for name in names_in(image.content)]
        return combinations(self._matrices.of(job["parallel"], self.resolve).values, names, job["parallel"])

    def _embed_scripts(self, job: Node, container: Container) -> None:
        before = self.items(self.setting(job, "before_script"))
        steps = [self.member(step, "script") for step in self.items(job["run"])]
        script = [*self.items(job["script"]), *steps]
        for items in ([*before, *script] if script else before, self.items(self.setting(job, "after_script"))):
            self._embed(items, container)

    def _workload(self, name: str, address: str, job: Node, choice: Choice) -> Workload:
        variables = self._variables(job, choice)
        container = self._job_container(name, address, job, variables)
        services = self._services(address, job, variables)
        tags = tuple(tag.value for tag in job["tags"].listed() if tag.is_scalar)
        return Workload(
            name=name,
            address=address,
            kind=WorkloadKind.JOB,
            platform=Platform.GITLAB,
            span=job.key_span,
            containers=(*services, container),
            cached_paths=self._cached_paths(job, variables),
            runner_labels=tags,
            hosted=next((tag for tag in tags if _HOSTED.match(tag.pattern)), None),
            replicas=_parallel(job["parallel"]),
        )

    def _variables(self, job: Node, choice: Choice) -> Variables:
        """Return what a job sees; jobs that set nothing themselves share it, with the environment that is made of it."""
        if not job.has_any(_OF_VARIABLES):
            return self._everywhere
        chosen = job.at("inherit", "variables")
        own = written_variables(self.member(job, "variables"), self.resolve)
        own.update(self._matrices.of(job["parallel"], self.resolve).variables(choice))
        rules = conditional_variables(self.items(job["rules"]), self.resolve)
        if not (own or rules or chosen.present):
            return self._everywhere
        self._variables_seen += len(self._global_variables)
        seen = self._global_variables
        if not budget.within(budget.GITLAB_JOB_VARIABLES, self._variables_seen, job):
            seen = {}
        listed = (
            {item.text for item in chosen.items()} if chosen.is_sequence else seen if _inherits(chosen, "") else ()
        )
        inherited = {name: each for name, each in seen.items() if name in listed}
        merged = either(inherited, self._workflow) | own
        return Variables(either(merged, rules), self._long_texts)

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
        names = ServiceNames()
        addresses = Addresses()
        containers = []
        for service in self.items(self.setting(job, "services")):
            image = self._image(service, variables)
            if image is None:
                continue
            self._services_read += 1
            if not budget.within(budget.GITLAB_SERVICES, self._services_read, service):
                break
            own = self._aliases(service, variables)
            name = next((str(alias) for alias in own if alias.known), repository(image))
            unique = addresses.unique(f"{address}.services.{name}")
            container = self._service(unique, name, service, image, variables, names.of(image, own))
            self._embed_command(service, container)
            containers.append(container)
        return containers

    def _service(
        self, address: str, name: str, service: Node, image: Image, variables: Variables, names: tuple[Text, ...]
    ) -> Container:
        own = written_variables(self.member(service, "variables"), self.resolve)
        span = service["name"].span if service.is_mapping else service.span
        return Container(
            name=name,
            address=address,
            kind=ContainerKind.JOB_SERVICE,
            span=span,
            image=image,
            entrypoint=self._words(service, "entrypoint", variables),
            command=self._words(service, "command", variables),
            user=self._user(service, variables),
            environment=variables.with_own(own).environment(),
            aliases=names,
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

    def _aliases(self, service: Node, variables: Variables) -> tuple[Text, ...]:
        alias = self.member(service, "alias") if service.is_mapping else service.hole("")
        return aliases(variables.resolve(alias.value)) if alias.is_scalar and not alias.is_null else ()

    def _cached_paths(self, job: Node, variables: Variables) -> tuple[Text, ...]:
        found = []
        for cache in self.items(self.setting(job, "cache")):
            paths = self.member(cache, "paths") if cache.is_mapping else cache.hole("")
            found += [variables.resolve(path.value) for path in self.items(paths) if path.is_scalar]
        return tuple(found)

    def _embed_command(self, service: Node, owner: Container) -> None:
        """Keep the script that a service's entry point or command gives to a shell."""
        if not service.is_mapping:
            return
        entrypoint, command = (
            [item for item in self.items(self.member(service, key)) if item.is_scalar]
            for key in ("entrypoint", "command")
        )
        for words in (entrypoint, command, entrypoint + command):
            index = script_index([word.content for word in words])
            if index is not None:
                self._embed([words[index]], owner)
                return

    def _embed(self, items: Sequence[Node], owner: Container) -> None:
        def replaced(item: Node, match: re.Match[str]) -> str | None:
            inputs = self.project.scopes.get(item.source.path)
            return None if inputs is None else inputs.replacement(match)

        sources = joined_scripts(items, "shell", PLACEHOLDER, replaced)
        self.embedded += [Embedded(source, owner) for source in sources]


def _inherits(choice: Node, key: str) -> bool:
    """Whether ``inherit:`` lets a job have a default or a global variable: all by default, none, or a list."""
    if choice.is_sequence:
        return key in (item.text for item in choice.items())
    return not (choice.present and choice.flag().off and not choice.is_null)


def _parallel(node: Node) -> Replicas | None:
    """Return how many of a job run at once; ``None`` for one, and where the file does not tell."""
    count = node.integer
    if node["matrix"].is_sequence:
        count = sum(
            math.prod(len(list(value.listed())) for _, value in axes.pairs()) for axes in node["matrix"].items()
        )
    return Replicas(count, node.key_span) if count is not None and count > 1 else None
