"""Kustomize: each workload as the overlays of the scan build it, every value at the place it is written.

Nothing remote is read and no generator or plug-in is run. Names' prefixes and labels are left out: Kustomize
adds them to names and references alike.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from dindguard import budget
from dindguard.documents import yaml
from dindguard.documents.tree import Node
from dindguard.formats import Context, Document, Unread
from dindguard.formats.kubernetes.cluster import Cluster
from dindguard.formats.kubernetes.folders import Built, Folder, Handed
from dindguard.formats.kubernetes.objects import KUSTOMIZATIONS, seen_in
from dindguard.formats.kubernetes.resources import Resource, resources
from dindguard.patterns import regex
from dindguard.records import replace
from dindguard.source import Notice

if TYPE_CHECKING:
    from dindguard.formats.kubernetes.overlay_patches import Patch
    from dindguard.formats.kubernetes.takers import Takers

_MANY = 500
"""Of so many documents, the nodes of each are let go of until it is read."""

_REMOTE = regex(r"://|^git@|^github\.com/|\?ref=|^[\w.-]+\.(com|org|io)/[^/]+/")


def collect(
    documents: Sequence[Document],
    context: Context,
    notices: list[Notice],
    unread: list[Unread],
    cluster: Cluster,
) -> tuple[list[tuple[Resource, bool]], list[Node]]:
    """Return every resource of the scan, whether its workloads are to be read, and the kustomizations.

    A file that a kustomization lists is read as that kustomization builds it; each further overlay adds what it
    changes. A patch is read as part of the overlays that use it; one of objects that lie elsewhere is ``unread``.
    The ``cluster`` learns what was seen of each object; where documents are many, their nodes are let go of.
    """
    sizes = {document.source.path: document.source.size for document in documents if document.source.parent is None}
    overlays = _Overlays(context, notices, sum(sizes.values()))
    for document in documents:
        if document.source.parent is None:
            overlays.load(document.source.path.rpartition("/")[0])
    found = list(overlays.results())
    unread.extend(
        Unread(each.source.part(each.start, each.end), "patch of an object elsewhere", known=True)
        for each in overlays.patches_of_others()
    )
    read = {built.origin[0] for _, built in found if built.direct}
    kustomizations: list[Node] = []
    left = frozenset(read | overlays.patch_files)
    for document in documents:
        seen = document.seen or context.again("objects", (document.content,), partial(seen_in, document))
        if seen.kustomization:
            kustomizations.append(document.content)
        elif document.source.parent is not None or document.source.path not in left:
            for each in seen.objects:
                own = each if document.seen is None else each.afresh()  # what is read of it goes with its reader
                found.append((True, Built(own.resource, True)))
                own.tell(cluster)
        if len(documents) > _MANY:
            document.content.fold()
    return [(built.resource, shown) for shown, built in found], kustomizations


class _Overlays:
    """All kustomizations that a scan comes across, each built once; ``size`` is how many characters all manifests have."""

    def __init__(self, context: Context, notices: list[Notice], size: int) -> None:
        self._context = context
        self._handed = Handed(size)
        self._inline: dict[tuple[str, int], list[Node]] = {}
        self._notices = notices
        self._told = set(notices)
        self._folders: dict[str, Folder | None] = {}
        self._finished: list[Folder] = []
        """Those that are built, bases first."""
        self._patches_met: dict[tuple[str, int], tuple[Node, bool]] = {}
        self._takers: Takers | None = None

    @property
    def patch_files(self) -> set[str]:
        """Files that are used as patches."""
        return {path for folder in self._folders.values() if folder for path in folder.patch_files}

    def patches_of_others(self) -> list[Node]:
        """Return the patches that no overlay has a resource for."""
        return [patch for patch, met in self._patches_met.values() if not met]

    def load(self, path: str) -> Folder | None:
        """Return a folder's kustomization, if it has one."""
        if path not in self._folders:
            self._folders[path] = None
            listing = self._context.listing(path)
            name = next((name for name in KUSTOMIZATIONS if name in listing), None)
            tree = self._context.tree(posixpath.join(path, name)) if name is not None else None
            node = next((node for node in tree.documents if node.is_mapping), None) if tree is not None else None
            if node is not None:
                self._folders[path] = Folder(path, node)
        return self._folders[path]

    def results(self) -> Iterator[tuple[bool, Built]]:
        """Yield every resource as each overlay builds it, bases first, and whether it is to be read."""
        shown: set[tuple[str, int]] = set()
        done = 0
        while done < len(self._folders):  # building one comes across others
            for kustomization in list(self._folders.values())[done:]:
                done += 1
                if kustomization is not None and not kustomization.component:
                    self.build(kustomization)
        takers = self._takers
        if takers is not None:
            for folder in self._finished:
                takers.add(folder.path, folder.built or ())
        for folder in self._finished:
            path = folder.path
            for built in folder.built or []:
                first = built.direct and built.origin not in shown
                if first:
                    shown.add(built.origin)
                show = first or built.changed
                variant = "" if first else path
                by = takers.of(path, built.origin) if show and takers is not None else ()
                made = replace(built.resource, overlay=path, unit=path, variant=variant, revised_by=by)
                yield show, Built(made, built.direct)

    def build(self, folder: Folder, depth: int = 0) -> list[Built]:
        """Return what a kustomization builds; one that includes itself builds nothing more."""
        if folder.built is not None:
            return folder.built
        if folder.building or not budget.within(budget.KUSTOMIZE_DEPTH, depth, folder.node):
            return []
        from dindguard.formats.kubernetes.transformers import generated

        folder.building = True
        built: list[Built] = []
        for node in _entries(folder.node):
            built.extend(self._entry(folder, node, depth))
        built.extend(Built(item, True) for item in generated(folder.path, folder.node, self._context))
        for node in folder.node["components"]:
            path = _joined(folder.path, node.content)
            component = self.load(path) if path is not None else None
            if component is None:
                self._unread(node)
            elif self._handed.fits(len(entries := _entries(component.node)), node):
                for entry in entries:
                    built.extend(self._entry(component, entry, depth))
                built = self._transform(component, built)
        # No overlay has one resource twice; with this, bases that several ways lead to do not multiply.
        folder.built = self._transform(folder, list({item.origin: item for item in built}.values()))
        folder.building = False
        self._finished.append(folder)
        return folder.built

    def _entry(self, folder: Folder, node: Node, depth: int) -> Iterator[Built]:
        path = _joined(folder.path, node.content)
        if path is None or not node.is_scalar:
            self._unread(node)
            return
        below = self.load(path) if not path.endswith((".yaml", ".yml", ".json")) else None
        if below is not None:
            found = self.build(below, depth + 1)
            handed_on = self._handed.fits(len(found), node)
            if self._takers is None:
                from dindguard.formats.kubernetes.takers import Takers  # few scans have bases

                self._takers = Takers()
            self._takers.note(below.path, folder.path, whole=handed_on)
            if handed_on:
                yield from (Built(base.resource, direct=False) for base in found)
            return
        tree = self._context.tree(path)
        if tree is None:
            self._unread(node)
            return
        for resource in (each for document in tree.documents for each in resources(tree.source, document)):
            if not self._handed.fits(1, node):
                return
            yield Built(resource, direct=True)

    def _unread(self, node: Node) -> None:
        notice = Notice(
            "unresolved", f"the resource '{node.content}' is not in the scanned tree and was not read", node.span
        )
        if notice not in self._told:
            self._told.add(notice)
            self._notices.append(notice)

    def _transform(self, folder: Folder, built: list[Built]) -> list[Built]:
        if folder.patches is None:  # that of a component are asked for by each that takes it in
            folder.patches = list(self._patches(folder))
        for patch in folder.patches:
            if not self._handed.fits(len(built), patch.content):
                break
            built = self._patched(built, patch)
        for item in built:
            item.finish()
        changing = [item for item in built if folder.changes(item.resource)]
        if self._handed.fits(sum(item.weight for item in changing), folder.node):
            for item in changing:
                folder.change(item)
        return built

    def _patched(self, built: list[Built], patch: Patch) -> list[Built]:
        from dindguard.formats.kubernetes.patches import BudgetError

        met = [item for item in built if patch.meets(item.resource, item.draft)]
        place = (patch.content.source.path, patch.content.start)
        self._patches_met[place] = (patch.content, bool(met) or self._patches_met.get(place, (None, False))[1])
        if not self._handed.fits(sum(map(patch.weight, met)), patch.content):
            return built
        try:
            works = [patch.applied(item) for item in met]
        except BudgetError:
            return built
        gone = set()
        for item, work in zip(met, works, strict=True):
            item.draft, item.changed = work(), True
            if item.draft is None:
                gone.add(item)
        return [item for item in built if item not in gone]

    def _patches(self, folder: Folder) -> Iterator[Patch]:
        from dindguard.formats.kubernetes.overlay_patches import Patch

        node = folder.node
        for item in node["patchesStrategicMerge"]:
            inline = "\n" in item.content
            for content in self._content(folder, item.hole("") if inline else item, item if inline else None):
                yield Patch(content, item.hole("target"))
        for item in (*node["patches"], *node["patchesJson6902"]):
            text = item["patch"] if item["patch"].is_scalar else None
            for content in self._content(folder, item["path"], text):
                yield Patch(content, item["target"])

    def _content(self, folder: Folder, file: Node, text: Node | None) -> list[Node]:
        if text is not None:
            place = text.source.path, text.start
            if place not in self._inline:  # that of a component is read for each that takes it in
                inline = yaml.read(text.document("yaml"))
                self._notices.extend(inline.notices)
                self._inline[place] = inline.documents
            return self._inline[place]
        path = _joined(folder.path, file.content) if file.is_scalar else None
        if path is None:
            return []
        folder.patch_files.add(path)
        tree = self._context.tree(path)
        if tree is None:
            self._unread(file)
            return []
        return tree.documents if self._handed.fits(len(tree.documents), file) else []


def _entries(node: Node) -> list[Node]:
    return [*node["resources"], *node["bases"]]


def _joined(folder: str, name: str) -> str | None:
    """Return a path relative to the root; ``None`` for what lies elsewhere."""
    if not name or _REMOTE.search(name) or name.startswith("/"):
        return None
    path = posixpath.normpath(posixpath.join(folder, name))
    return None if path.startswith("..") else "" if path == "." else path
