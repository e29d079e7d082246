"""One pipeline: its stages and jobs, through the templates that it uses."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dindguard import budget
from dindguard.budget.stocks import Shared
from dindguard.formats import Addresses, Context, Reading
from dindguard.formats.azure_pipelines.containers import Declared
from dindguard.formats.azure_pipelines.jobs import Job, Surroundings
from dindguard.formats.azure_pipelines.parts import Part
from dindguard.formats.azure_pipelines.templates import default_values, template_path
from dindguard.formats.azure_pipelines.variables import written_variables
from dindguard.model.values import Text
from dindguard.records import record, replace

_NEVER = ("false", "never()")


@record
class Place:
    """What surrounds a part: the stage's address, and what jobs inherit. ``files`` are the templates that led here."""

    surroundings: Surroundings
    stage: str = ""
    files: tuple[str, ...] = ()


class Pipeline:
    """Reads one pipeline into ``reading``. ``used`` are the templates that were read in their places, by path; ``shared`` counts
    what pipelines have in common, and ``room`` how many containers their files describe."""

    def __init__(self, reading: Reading, context: Context, shared: Shared, room: budget.Room, *, whole: bool) -> None:
        self.reading = reading
        self.used: set[str] = set()
        self._context = context
        self._shared = shared
        self._room = room
        self._whole = whole
        self._resources: dict[str, Part] = {}
        self._addresses = Addresses()
        self._templates = 0
        self._hooks = 0
        self._variables = 0

    def read(self, root: Part) -> None:
        """Read a whole file."""
        self._file(root, Place(Surroundings(Declared(self._resources, whole=self._whole))))

    def _file(self, root: Part, place: Place) -> None:
        for each in root["resources"]["containers"].items():
            if each["container"].text:
                self._resources[each["container"].text] = each
        root, place = self._inherited(root, place)
        extended = root["extends"]
        if extended.present:
            self._template(extended, place, self._file)
        self._each(root["stages"], place, self._stage)
        self._each(root["jobs"], place, self._job)
        if root["steps"].present:
            self._read_job(root, "", place, read=True)

    def _each(self, items: Part, place: Place, read: Callable[[Part, Place], None]) -> None:
        for item in items.items():
            if _never(item):
                continue
            if "template" in item:
                self._template(item, place, self._inserted)
            else:
                read(item, place)

    def _inserted(self, root: Part, place: Place) -> None:
        """Read what a template holds, in the place of a stage or a job."""
        found = [name for name in ("stages", "jobs") if name in root]
        if found:
            root, place = self._inherited(root, place)
            for name in found:
                self._each(root[name], place, self._stage if name == "stages" else self._job)
        elif "steps" in root:
            self._read_job(root, root["name"].text, place)

    def _inherited(self, part: Part, place: Place) -> tuple[Part, Place]:
        """Return a part with its own variables in force, and what its jobs inherit from it."""
        return self._with(part, place, written_variables(part["variables"], self._context, self._shared))

    def _with(self, part: Part, place: Place, variables: Mapping[str, Text]) -> tuple[Part, Place]:
        around, own = place.surroundings, part["pool"]
        if not (variables or own.present):
            return part, place
        names = part.names.with_variables(variables)
        pool = own if own.present else around.pool
        inner = replace(around, pool=pool, variables={**around.variables, **variables})
        return part.naming(names), replace(place, surroundings=inner)

    # -- templates --------------------------------------------------------------------------------------

    def _template(self, call: Part, place: Place, read: Callable[[Part, Place], None]) -> None:
        """Read a template in the place of its call; of one that is not here, what it is given."""
        path = template_path(call["template"].text, call.raw.source.path)
        root = self._root_of(path, call, place.files)
        if root is not None:
            read(root, replace(place, files=(*place.files, path)))
        elif call["parameters"].raw.is_mapping:
            read(call["parameters"], place)

    def _root_of(self, path: str, call: Part, files: tuple[str, ...]) -> Part | None:
        """Return a local template with the parameters that its call gives; ``None`` if there is no such file."""
        tree = self._context.tree(path) if path and path not in files else None
        if tree is None or not tree.documents or not tree.documents[0].is_mapping:
            return None
        self._templates += 1
        if not budget.within(budget.AZURE_TEMPLATE_LEVELS, len(files) + 1, call.raw):
            return None
        if not budget.within(budget.AZURE_TEMPLATES, self._templates, call.raw):
            return None
        self.used.add(path)
        node = tree.documents[0]
        if not self._shared.fits(path, node.source.size, call.raw):
            return None
        given = {name.lower(): part for name, part in call["parameters"].pairs().items()}
        defaults = {name.lower(): part for name, part in default_values(node).items()}
        return Part(node, call.names.of_template({**defaults, **given}), call.conditions)

    # -- stages and jobs --------------------------------------------------------------------------------

    def _stage(self, stage: Part, place: Place) -> None:
        stage, place = self._inherited(stage, place)
        name = str(stage["stage"].value) if stage["stage"].present else ""
        place = replace(place, stage=f"stages.{name}." if name else place.stage)
        self._each(stage["jobs"], place, self._job)

    def _job(self, job: Part, place: Place) -> None:
        named = job["job"] if "job" in job else job["deployment"] if "deployment" in job else job["name"]
        self._read_job(job, str(named.value) if named.raw.is_scalar and named.present else "", place)

    def _read_job(self, part: Part, name: str, place: Place, *, read: bool = False) -> None:
        """Read a job; its variables are ``read`` if it is the only one of a file, whose variables they are."""
        size = part.raw.source.file.size
        if not self._room.has(part.raw, size):
            return
        outer = place.surroundings
        own = {} if read else written_variables(part["variables"], self._context, self._shared)
        self._variables += len(outer.variables) + sum(name not in outer.variables for name in own)
        if not budget.within(budget.PIPELINE_VARIABLES, self._variables, part.raw):
            place = replace(place, surroundings=replace(outer, variables={}))
        part, place = self._with(part, place, own)
        around = place.surroundings
        address = self._addresses.unique(f"{place.stage}jobs.{name}" if name else f"{place.stage}job")
        job = Job(part, name, address, around)
        self._steps(job.part["steps"], job, place.files)
        self._lifecycle(job.part["strategy"], job, place.files, 0)
        self.reading.embedded += job.embedded
        for workload in job.workloads():
            self._room.take(workload.span.path, size, budget.weight(workload.containers))
            self.reading.workloads.append(workload)
        self.reading.notices += job.notices()

    # -- steps ------------------------------------------------------------------------------------------

    def _steps(self, items: Part, job: Job, files: tuple[str, ...]) -> None:
        for step in items.items():
            if _never(step):
                continue
            if "template" in step:
                self._step_template(step, job, files)
            else:
                job.step(step)

    def _step_template(self, call: Part, job: Job, files: tuple[str, ...]) -> None:
        path = template_path(call["template"].text, call.raw.source.path)
        root = self._root_of(path, call, files)
        if root is not None:
            self._steps(root["steps"], job, (*files, path))
            return
        for given in call["parameters"].pairs().values():
            self._steps(given, job, files)

    def _lifecycle(self, part: Part, job: Job, files: tuple[str, ...], level: int) -> None:
        """Read the steps of a deployment: its strategy has hooks, and hooks for success and failure."""
        if not budget.within(budget.AZURE_HOOKS, self._hooks, part.raw):
            return  # few strategies have more than ten, but aliases may multiply
        self._hooks += len(part.raw.pairs())
        self._steps(part["steps"], job, files)
        for below in part.pairs().values():
            if below.raw.is_mapping and budget.within(budget.AZURE_HOOK_LEVELS, level + 1, below.raw):
                self._lifecycle(below, job, files, level + 1)


def _never(part: Part) -> bool:
    """Whether something is switched off."""
    if "condition" in part and part["condition"].text.strip().lower() in _NEVER:
        return True
    return "enabled" in part and part["enabled"].node.flag().off
