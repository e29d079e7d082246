"""From a report to the graph of who reaches what."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from dindguard.records import replace
from dindguard.reports import plural, safe
from dindguard.reports.masking import Masks
from dindguard.reports.picture import believed, verdicts
from dindguard.reports.picture.graph import Edge, Graph, Kind, Node, leading, marked
from dindguard.rules import Severity
from dindguard.source import Span

if TYPE_CHECKING:
    from dindguard.scanning import Report

_PREFIX = {
    Kind.OUTSIDER: "o", Kind.CONTAINER: "c", Kind.NETWORK: "n", Kind.SOCKET: "s", Kind.LISTENER: "l",
    Kind.PROXY: "p", Kind.PRIVILEGE: "w", Kind.ENGINE: "e", Kind.STORAGE: "d", Kind.MACHINE: "m",
}  # fmt: skip


def build(report: Report, masks: Masks | None = None) -> Graph:
    """Return everything that acts on an engine or a machine, the ways to root marked; nothing folded or cut."""
    return _Builder(report, masks or Masks(report.model, report.rules)).graph()


class _Builder:
    """Collects nodes by what they stand for, and edges once each."""

    def __init__(self, report: Report, masks: Masks) -> None:
        self.report = report
        self.masks = masks
        self.severities = verdicts.severities(report)
        self.weaknesses = verdicts.weaknesses(report)
        self.nodes: dict[tuple[object, ...], Node] = {}
        self.edges: dict[tuple[str, str], Edge] = {}
        self.of: dict[believed.Container, str] = {}

    def graph(self) -> Graph:
        """Walk the containers, then the machines' own engines; give isolated containers no node."""
        acting = list(believed.acting(self.report))
        for container in acting:
            self.container(container)
        for engine in believed.host_engines(self.report):
            self.host_engine(engine)
        able = self.believe_escapes(acting)
        self.weak_isolation(container for container in acting if self.of[container] not in able)
        touched = {key for edge in self.edges.values() for key in (edge.source, edge.target)}
        kept = [node for node in self.nodes.values() if node.key in touched or node.kind is Kind.ENGINE]
        nodes, edges = marked(kept, tuple(self.edges.values()))
        counts = self.counts(acting, {node.key for node in nodes})
        return Graph(nodes=_with_paths(nodes), edges=edges, counts=counts)

    def words(self, text: str) -> str:
        """Return text for people: one line, without credentials."""
        return self.masks.line(text)

    def node(
        self, kind: Kind, what: tuple[object, ...], label: str, notes: Iterable[str] = (), **more: object
    ) -> str:
        """Return the key of the node that stands for ``what``, made when it is new; the gravest severity counts."""
        known = self.nodes.get((kind, *what))
        severity = more.pop("severity", None)
        if known is None:
            known = Node(
                key=f"{_PREFIX[kind]}{len(self.nodes) + 1}", kind=kind, label=self.words(label),
                notes=tuple(self.words(note) for note in notes if note), **more,  # type: ignore[arg-type]  # a node's own fields
            )  # fmt: skip
        if isinstance(severity, Severity) and (known.severity is None or severity > known.severity):
            known = replace(known, severity=severity)
        self.nodes[kind, *what] = known
        return known.key

    def edge(self, source: str, target: str, label: str = "", *, passes: bool = True) -> None:
        """Draw an edge; of two between the same nodes, the one that passes on more counts."""
        known = self.edges.get((source, target))
        if source != target and (known is None or (passes and not known.passes)):
            self.edges[source, target] = Edge(source=source, target=target, label=self.words(label), passes=passes)

    def machine(self, place: believed.Place) -> str:
        """Return the node of a machine."""
        return self.node(Kind.MACHINE, (place.name,), place.name, [place.note])

    def container(self, container: believed.Container) -> None:
        """Draw a container, as the engine or the proxy that it is, with all that it reaches."""
        keys = [self.engine(engine) for engine in believed.engines_of(container)] or [self.box(container)]
        own = self.of[container] = keys[0]
        for access in believed.accesses(container):
            self.access(own, access)
        for reach, enough in believed.openings(container):
            outsider = self.node(Kind.OUTSIDER, (reach,), str(reach))
            self.edge(outsider, own, "can connect", passes=enough)
        for name, note, span in believed.privileges(container):
            self.way(container, name, note, span)
        self.states(own, container)

    def box(self, container: believed.Container) -> str:
        """Draw a container that runs no engine."""
        return self.node(
            Kind.PROXY if believed.is_proxy(container) else Kind.CONTAINER, (container,), believed.label_of(container),
            believed.container_notes(container), span=container.span, severity=self.severities.get(container),
            about=container, sort=container.kind.words(container.client), name=self.words(believed.name_of(container)),
        )  # fmt: skip

    def engine(self, engine: believed.Engine) -> str:
        """Draw an engine and who else can connect to it."""
        owner = believed.runs_in(engine)
        key = self.node(
            Kind.ENGINE, (owner or engine,), believed.label_of(owner if owner is not None else "the host's engine"),
            believed.engine_notes(engine), span=engine.span, about=owner,
            severity=max(
                (self.severities[each] for each in (owner, engine) if each in self.severities), default=None
            ),
        )  # fmt: skip
        for exposure in believed.exposures(engine):
            endpoint = exposure.endpoint
            outsider = self.node(Kind.OUTSIDER, (exposure.reach,), str(exposure.reach))
            obeyed = believed.asks_nobody(endpoint)
            self.edge(outsider, self.listener(endpoint, key, engine), "can connect", passes=obeyed)
        return key

    def host_engine(self, engine: believed.Engine) -> None:
        """Draw an engine that a configuration file of a machine describes."""
        rootless = engine.rootless.on
        self.edge(
            self.engine(engine), self.machine(believed.machine_of_engine(engine)), "runs there", passes=not rootless
        )

    def listener(self, endpoint: believed.Endpoint, engine: str, owner: object) -> str:
        """Draw an address at which an engine takes commands."""
        key = self.node(
            Kind.LISTENER, (owner, str(endpoint)), str(endpoint), [believed.proof(endpoint)],
            span=endpoint.span, obeys_anyone=believed.asks_nobody(endpoint),
        )  # fmt: skip
        self.edge(key, engine, "listens for")
        return key

    def access(self, own: str, access: believed.Access) -> None:
        """Draw how a container commands an engine."""
        limit = believed.limit(access)
        passes = believed.hands_on(access)
        if access.proxy is not None:
            proxy = self.box(access.proxy)
            self.edge(own, proxy, limit or "commands through it", passes=passes)
            return
        engine = self.commanded(access)
        endpoint = believed.by_address(access)
        if endpoint is None:
            if own.startswith(_PREFIX[Kind.PROXY]):
                self.edge(own, engine, f"holds {believed.socket_path(access)}", passes=passes)
                return
            door = self.socket(access, engine)
            self.edge(own, door, limit or "has it", passes=passes)
            return
        door = self.listener(endpoint, engine, access.to if not believed.is_host(access.to) else engine)
        over = "" if believed.is_host(access.to) else believed.network_between(access.who, access.to)  # type: ignore[arg-type]  # a host has none
        if over:
            network = self.node(Kind.NETWORK, (access.to, over), over)
            self.edge(own, network, limit or ("commands" if access.uses else "is on it"), passes=passes)
            self.edge(network, door, believed.proof(endpoint))
        else:
            self.edge(own, door, limit or "commands", passes=passes)

    def socket(self, access: believed.Access, engine: str) -> str:
        """Draw a socket; a proxy that holds one is drawn as its own door."""
        path = believed.socket_path(access)
        key = self.node(Kind.SOCKET, (engine, path), path, [believed.socket_note(access)], span=access.span)
        self.edge(key, engine, "commands")
        return key

    def commanded(self, access: believed.Access) -> str:
        """Return the node of the engine that an access commands: one of the files, or a machine's own."""
        if isinstance(access.to, believed.Engine):
            return self.engine(access.to)
        place = believed.machine_at(access)
        if isinstance(place, believed.Engine):
            return self.engine(place)
        rootless = access.rootless
        key = self.node(
            Kind.ENGINE, (place.name, access.product, rootless), f"{access.product} engine of {place.name}",
            ["rootless"] if rootless else [],
        )  # fmt: skip
        if access.product is not believed.BUILDKIT:  # it builds, and starts no containers on its machine
            self.edge(key, self.machine(place), "runs there", passes=not rootless)
        return key

    def weak_isolation(self, containers: Iterable[believed.Container]) -> None:
        """Draw what rules say against a container's isolation, where nothing graver leads to the machine."""
        for container in containers:
            for rule, severity, span in self.weaknesses.get(container, ()):
                self.way(container, rule, "weak isolation", span, passes=False, severity=severity)

    def way(
        self, container: believed.Container, name: str, note: str, span: Span, *,
        passes: bool = True, severity: Severity | None = None,
    ) -> None:  # fmt: skip
        """Draw one way to what a container runs on; an engine's own leads there directly."""
        own, ground = self.of[container], believed.ground_of(container)
        to = self.engine(ground) if isinstance(ground, believed.Engine) else self.machine(ground)
        if believed.engines_of(container):
            self.edge(own, to, name, passes=passes)
            return
        door = self.node(Kind.PRIVILEGE, (name, to), name, [note], span=span, severity=severity)
        self.edge(own, door, passes=passes)
        self.edge(door, to, note, passes=passes)

    def states(self, own: str, container: believed.Container) -> None:
        """Draw where engines keep their state, and who else holds it."""
        for state in believed.states(container):
            what = state.identity or (state.name, believed.ground_of(container))
            severity = self.severities.get(state.about) if state.about is not None else None
            key = self.node(Kind.STORAGE, (what,), state.name, [state.note], span=state.span, severity=severity)
            self.edge(own, key, "keeps its state in" if state.own else f"mounts {state.path}", passes=False)

    def believe_escapes(self, acting: Iterable[believed.Container]) -> set[str]:
        """Draw the ways to a machine that the model knows and the walk did not find: the model is the judge.

        Returns the keys that lead to a machine.
        """
        leads = leading(self.edges.values(), [node.key for node in self.nodes.values() if node.kind is Kind.MACHINE])
        for container in acting:
            own, escape = self.of[container], believed.escape_of(container)
            if escape is not None and own not in leads:
                self.way(container, escape[0], "", escape[1])
                leads.add(own)
        return leads

    def counts(self, acting: list[believed.Container], drawn: set[str]) -> tuple[str, ...]:
        """Return in words what a picture shows, and what it does not."""
        quiet = sum(self.of[container] not in drawn for container in acting)
        able = sum(believed.escape_of(container) is not None for container in acting)
        engines = sum(node.kind is Kind.ENGINE for node in self.nodes.values())
        words = [f"{able} of {plural(len(acting), 'container')} can become root on a machine"]
        words += [plural(engines, "engine")] if engines else []
        if quiet:
            words.append(
                f"not drawn: {plural(quiet, 'container')} that {'reaches' if quiet == 1 else 'reach'} no engine and no machine"
            )
        return tuple(words) if acting or engines else ("no containers or engines were recognised",)


def _with_paths(nodes: tuple[Node, ...]) -> tuple[Node, ...]:
    """Return nodes that say in which file they are written, when there are several."""
    written = (Kind.CONTAINER, Kind.PROXY, Kind.ENGINE)
    paths = {node.key: node.span.path for node in nodes if node.span is not None and node.kind in written}
    if len(set(paths.values())) < 2:
        return nodes
    return tuple(
        replace(node, paths=(safe.one_line(paths[node.key]),)) if paths.get(node.key) else node for node in nodes
    )
