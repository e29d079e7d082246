"""The house's plan, enforced: who may import whom, what may be loaded, how large a module may grow."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "dindguard"
RULES = ROOT / "rules" / "dindguard_rules"

LAYERS: dict[str, set[str]] = {
    "errors": set(),
    "guides": set(),
    "digests": set(),
    "enumerations": set(),
    "named_tuples": set(),
    "initialisers": set(),
    "records": {"initialisers"},
    "patterns": set(),
    "vocabulary": set(),
    "source": {"compact", "errors"},
    "budget": {"source"},
    "memory": {"source"},
    "remembering": {"source"},
    "model": {"source"},
    "process": set(),
    "deferred": set(),
    "documents": {"source", "model", "process"},
    "scripts": {"source", "model", "documents"},
    "formats": {"source", "model", "documents", "scripts", "edits", "surfaces"},
    "edits": {"source"},
    "remedies": {"edits", "model"},
    "rules": {"source", "model", "errors", "edits"},
    "infer": {"source", "model", "scripts", "formats"},
    "judging": {"source", "model", "rules", "errors"},
    "grading": {"files", "model", "rules", "source"},
    "api": {"source", "model", "rules", "edits", "remedies"},
    "findings": {"source", "model", "rules", "numbering"},
    "numbering": set(),
    "copies": {"source", "model", "findings"},
    "files": {"source", "errors", "stowing"},
    "buffers": {"files"},
    "folders": set(),
    "walking": {"files", "source"},
    "working_tree": {"files", "source", "errors", "walking"},
    "notices": {"source"},
    "options": {"rules", "files"},
    "git_index": {"source"},
    "unlooked": {"files", "formats", "git_index", "phrases", "source", "surfaces"},
    "asides": set(),
    "phrases": {"asides"},
    "surfaces": {"model"},
    "coverage": {"phrases", "surfaces", "files", "source"},
    "apart": {"census", "formats", "model", "repeats", "source"},
    "census": {"formats", "model"},
    "packing": {"files", "model", "source"},
    "repeats": {"scripts", "source"},
    "discover": {"apart", "coverage", "surfaces", "files", "source"},
    "checkout": set(),
    "report": {"coverage", "source", "model", "rules", "findings", "policy", "copies"},
    "expressions": {"source", "model", "rules", "errors"},
    "packs": {"rules", "model", "errors", "loading", "files"},
    "loading": {"rules", "model", "errors", "edits"},
    "rule_sources": {"errors", "loading", "packs", "expressions", "policy", "rules", "source"},
    "compact": set(),
    "workers": {"errors"},
    "sharing": {
        "charts",
        "coverage",
        "files",
        "formats",
        "noting",
        "outlines",
        "packing",
        "source",
        "trees",
        "workers",
    },
    "survey": {"discover", "files", "formats", "packing", "process", "source", "surveyor", "workers", "working_tree"},
    "surveyor": {
        "apart",
        "coverage",
        "discover",
        "documents",
        "formats",
        "packing",
        "reading",
        "source",
        "trees",
        "turns",
        "working_tree",
    },
    "charts": {"documents", "files", "source"},
    "waiting": {"documents", "source"},
    "noting": {"coverage", "documents", "source"},
    "outlines": {"coverage", "documents", "files", "formats", "noting", "packing", "source"},
    "turns": {"files", "source"},
    "faults": {"apart", "documents", "formats", "source"},
    "nobodys": {"documents", "formats", "source", "trees"},
    "stowing": {"source"},
    "trees": {
        "charts",
        "coverage",
        "files",
        "formats",
        "nobodys",
        "noting",
        "outlines",
        "source",
        "documents",
        "waiting",
    },
    "reading": {
        "apart",
        "coverage",
        "options",
        "process",
        "files",
        "formats",
        "model",
        "source",
        "documents",
        "errors",
        "faults",
        "noting",
        "outlines",
        "repeats",
        "sharing",
        "trees",
        "turns",
    },
    "installation": set(),
    "reports": {"coverage", "source", "model", "rules", "findings", "errors", "installation", "process"},
    "policy": {
        "source",
        "model",
        "rules",
        "findings",
        "errors",
        "documents",
        "files",
        "folders",
        "walking",
        "working_tree",
        "checkout",
    },
    "printable": set(),
    "engine_errors": {"errors", "printable"},
    "engine_client": {"errors", "printable", "engine_errors"},
    "attestation": {"errors", "printable"},
    "environment": {"errors", "printable", "engine_client", "engine_errors", "attestation"},
    "audit": {"source", "model", "errors", "documents", "formats", "engine_client", "printable"},
    "fleet": {
        "scanning",
        "policy",
        "findings",
        "rules",
        "loading",
        "report",
        "model",
        "files",
        "folders",
        "walking",
        "working_tree",
        "errors",
        "reports",
        "coverage",
        "options",
        "source",
        "printable",
        "discover",
    },
}
"""What each part may import of dindguard at run time; ``scanning``, what scans again (``fixes``,
``language_server``), ``cli`` and the package itself know everybody."""

EVERYBODY = {"scanning", "fixes", "language_server", "cli", "__init__", "__main__"}
MODULE_LINES = 330
NO_PROCESSES = {"subprocess", "socket", "urllib", "http", "asyncio", "docker", "requests"}
MAY_TALK = {
    "language_server/server.py",
    "language_server/checker.py",
    "engine_client.py",
    "environment",
    "audit",
    "policy/git.py",
    "cli/init_.py",
    "fleet/process.py",
    "fleet/driver.py",
}


def modules() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def part_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imports(path: Path, *, run_time_only: bool = True) -> set[str]:
    """Return the modules that a file imports; those under ``if TYPE_CHECKING`` only when asked for."""
    found = set()
    for node in _import_statements(path, run_time_only=run_time_only):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def _import_statements(path: Path, *, run_time_only: bool) -> Iterator[ast.Import | ast.ImportFrom]:
    tree = ast.parse(path.read_text("utf-8"))
    skipped: set[ast.AST] = set()
    if run_time_only:
        for node in ast.walk(tree):
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
                skipped |= {inner for body in node.body for inner in ast.walk(body)}
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)) and node not in skipped:
            yield node


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_imports_point_one_way(path: Path) -> None:
    part = part_of(path)
    if part in EVERYBODY:
        return
    allowed = LAYERS[part] | {
        part,
        "digests",
        "enumerations",
        "named_tuples",
        "records",
        "patterns",
        "vocabulary",
        "budget",
        "compact",
        "memory",
    }
    for name in imports(path):
        if name == "dindguard" or not name.startswith("dindguard."):
            continue
        other = name.split(".")[1]
        assert other in allowed or other not in LAYERS | dict.fromkeys(EVERYBODY), f"{part} imports {name}"


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Imports inside of functions count: what needs them against a circle lies in the wrong module."""
    files = {".".join(path.relative_to(SOURCE.parent).with_suffix("").parts): path for path in modules()}
    files = {name.removesuffix(".__init__"): path for name, path in files.items()}
    left = {name: _used(path, files.keys()) - {name} for name, path in files.items()}
    while free := [name for name, used in left.items() if not used & left.keys()]:
        for name in free:
            del left[name]
    while unused := left.keys() - {other for used in left.values() for other in used}:
        for name in unused:
            del left[name]
    assert not left, f"these import each other in a circle: {sorted(left)}"


def _used(path: Path, known: Collection[str]) -> set[str]:
    """Return the known modules that a file takes something from: not the package, where it is a module of it."""
    found = set()
    for node in _import_statements(path, run_time_only=True):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in known else node.module for name in names}
    return found & set(known)


def test_a_format_knows_no_other_format() -> None:
    for path in (SOURCE / "formats").rglob("*.py"):
        own = path.relative_to(SOURCE / "formats").parts[0].removesuffix(".py")
        for name in imports(path, run_time_only=False):
            pieces = name.split(".")
            if (
                pieces[:2] == ["dindguard", "formats"]
                and len(pieces) > 2
                and (SOURCE / "formats" / pieces[2]).exists()
            ):
                assert pieces[2] == own, f"{path.name} imports {name}"
            if pieces[:2] == ["dindguard", "formats"] and len(pieces) > 2:
                module = SOURCE / "formats" / f"{pieces[2]}.py"
                if module.exists() and path.parent != SOURCE / "formats":
                    assert pieces[2] == "row", f"{path.name} imports {name}"


def test_only_the_command_line_knows_fleets() -> None:
    for path in [path for path in modules() if part_of(path) not in ("fleet", "cli")]:
        assert not any(name.startswith("dindguard.fleet") for name in imports(path, run_time_only=False)), path


def test_no_rule_is_known_outside_the_rules() -> None:
    for path in modules():
        if path.name != "rules.py":
            assert not any(name.startswith("dindguard_rules") for name in imports(path)), path


def test_no_meaning_hangs_on_where_an_object_lies_in_memory() -> None:
    parts = {"model", "infer", "rules", "findings", "scripts", "formats", "loading", "policy"}
    for path in [path for path in modules() if part_of(path) in parts] + sorted(RULES.glob("*.py")):
        calls = (node.func for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call))
        assert not any(isinstance(func, ast.Name) and func.id == "id" for func in calls), f"{path} calls id()"


def test_only_the_environment_and_the_audit_talk_to_anything() -> None:
    for path in modules():
        place = path.relative_to(SOURCE).as_posix()
        if part_of(path) in MAY_TALK or place in MAY_TALK:
            continue
        talking = {name.split(".")[0] for name in imports(path)} & NO_PROCESSES
        assert not talking, f"{place} imports {talking}"


def test_yaml_is_composed_and_never_loaded() -> None:
    for path in modules():
        text = path.read_text("utf-8")
        assert not any(word in text for word in ("yaml.load", "safe_load")), path


@pytest.mark.parametrize("path", [*modules(), *sorted(RULES.glob("*.py"))], ids=lambda path: path.name)
def test_modules_stay_small(path: Path) -> None:
    lines = len(path.read_text("utf-8").splitlines())
    assert lines <= MODULE_LINES, f"{path.relative_to(ROOT)} has {lines} lines: is it still one thing?"


ALIKE_BY_CHANCE = {("_TRUE", "_YES"), ("MOUNT", "_MOUNT")}
"""Tables of one content and several facts: what systemd takes for yes, and what a proxy's switches do; what an audit keeps of
a mount, and what every engine tells of one."""


def test_no_table_is_told_twice() -> None:
    """A set, a mapping or a tuple of words has one module; whoever needs it asks that one."""
    told: dict[str, dict[Path, str]] = {}
    for path in modules():
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                content = _table(node.value)
                if content:
                    told.setdefault(content, {})[path] = node.targets[0].id
    twice = [places for places in told.values() if len(places) > 1]
    assert [places for places in twice if tuple(sorted(places.values())) not in ALIKE_BY_CHANCE] == []


def _table(node: ast.expr) -> str:
    """Return what a literal of two members or more holds, whatever their order; empty for anything else."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "frozenset" and node.args:
        return _table(node.args[0])
    if isinstance(node, (ast.Set, ast.Tuple, ast.List)) and len(node.elts) > 1:
        text = ", ".join(sorted(ast.unparse(each) for each in node.elts))
    elif isinstance(node, ast.Dict) and len(node.keys) > 1:
        text = ast.unparse(node)
    else:
        return ""
    return text if len(text) > 18 else ""


def test_every_module_says_what_it_is_for() -> None:
    for path in [*modules(), *RULES.glob("*.py")]:
        tree = ast.parse(path.read_text("utf-8"))
        assert ast.get_docstring(tree), f"{path.relative_to(ROOT)} has no docstring"


SHOWS = ("environment/", "fleet/", "language_server/", "reports/")
"""What only shows what was found, waits for an engine, or tidies up; masking, which decides what is shown, is looked into."""

NO_LIMITS = {
    "how far the head of a file goes, by which it is told what it is": {
        "cli/scan_.py": "40", "files.py": "HEAD 8192", "grading.py": "HEAD", "formats/cloud_init/__init__.py": "1000 20",
        "formats/recognition.py": "200", "formats/terraform/machines.py": "100", "surfaces.py": "65536",
        "formats/user_data/reader.py": "4000 20",
    },
    "how work is cut into pieces, all of which are done": {
        "checkout.py": "_PIECE", "documents/template/reading.py": "_CALLED", "files.py": "AWAKE",
        "formats/kubernetes/cluster.py": "_MANY_LENT", "formats/kubernetes/kustomize.py": "_MANY", "process.py": "_MANY_OBJECTS",
        "formats/gitlab_ci/variables.py": "_REMEMBERED _COUNTED_FROM", "phrases.py": "_SHORT",
        "survey.py": "MOST _PAYING _PIECE", "surveyor.py": "_LONG",
        "reading.py": "_SHORT", "sharing.py": "_WORTH",
        "documents/yaml_loaders.py": "_DEEP", "workers.py": "_AHEAD _IN_HAND _MANY_OBJECTS",
        "reports/masking/__init__.py": "MOST_TEXTS", "fixes/proving.py": "_FEW",
    },
    "meeting it is an error that is said": {
        "attestation.py": "LARGEST", "policy/allow_text.py": "MINIMAL_REASON", "policy/waiver_file.py": "MINIMAL_REASON",
        "policy/baseline_file.py": "GRACE_DAYS VERSION",
    },
    "what takes a danger back stands near it; what stands further away does not, and the danger is told": {
        "asides.py": "_BEFORE _LINE _LINES_ABOVE 80",
    },
    "no phrase of ours goes on over more lines": {"phrases.py": "_LINES"},
    "what tells that a text is a secret stands near it (docs/hostile-input.md)": {
        "reports/masking/__init__.py": "LONGEST SHORTEST MOST_VALUES", "reports/masking/context.py": "LONGEST SHORTEST_OF_A_KEY",
        "reports/masking/names.py": "200", "reports/masking/shapes.py": "_LONG_RUN", "reports/masking/words.py": "DEEPEST 200",
    },
    "more of it is kept, or looked at, in another way": {
        "compact.py": "FEW HIGHEST_SHARED KNOWN LONG _PYTHONS_OWN", "documents/syntax.py": "_BRACES",
        "formats/interest.py": "_LONG", "infer/inside.py": "_FEW", "model/workload.py": "_FEW", "stowing.py": "SHORT",
        "working_tree.py": "_REMEMBERED", "initialisers.py": "WIDE", "judging.py": "_FEW",
    },
    "beyond it another limit is met": {"documents/template/answers.py": "_COMPARED"},
    "nothing that is longer is a number, a name, a duration or a key where it stands": {
        "documents/yaml_pure.py": "_LONGEST_KEY", "formats/compose/settings.py": "20", "model/durations.py": "40",
        "scripts/windows/words.py": "100",
    },
    "a fact of Git's, of the engine's or of a language": {
        "policy/git.py": "_GIT_FOLLOWS", "model/engine_versions.py": "OLDEST", "scripts/windows/cmdlets.py": "_FIRST",
        "documents/template/neutral.py": "_TAIL", "model/devices.py": "65 72 128 136",
    },
    "seconds of a wait": {"audit/watch.py": "3600"},
    "part of a limit of the budget": {"judging.py": "1024", "scripts/shell/context.py": "_OF_A_SHORT_SCRIPT"},
    "parts of our own objects, and distances between them": {
        "fixes/sharing.py": "_DEPTH", "infer/escape.py": "_ONWARD _FAR", "engine_errors.py": "50",
    },
    "digits of a hash, and how a fix is laid out": {
        "findings.py": "32", "policy/approval.py": "32", "fixes/rendering.py": "30",
    },
}  # fmt: skip
"""Numbers that bound something and spend no budget, by the reason for it."""

_IN_NAMES = frozenset({"SHOWN", "HELD", "RECENT"})
"""Words in a name that are reason enough: a length of display, and how much is kept for a second use."""

_BOUNDING = frozenset({"range", "islice", "min", "read", "readline"})


def test_limits_are_spent_through_the_budget() -> None:
    """Whatever bounds a slice, a loop or a comparison is one of the budget's, or says why it need not be."""
    names = [path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*.py")]
    looking = [each for each in names if not each.startswith(("budget/", *SHOWS)) or "masking" in each]
    found = {name: limits for name in looking if (limits := own_limits(_tree(SOURCE / name)))}
    excused: dict[str, set[str]] = {}
    for modules_of in NO_LIMITS.values():
        for name, limits in modules_of.items():
            excused.setdefault(name, set()).update(limits.split())
    assert found == excused, "a limit belongs to budget/, where meeting one is a notice"


def own_limits(tree: ast.Module) -> set[str]:
    """Return the numbers, by name or as they are, with which a module bounds what it does."""
    named = {key for key in _numbers(tree) if key in _bounding_names() and not _IN_NAMES.intersection(key.split("_"))}
    return named | {
        str(part.value) for part in _parts(_bounds(tree)) if isinstance(part, ast.Constant) and _large(part)
    }


@pytest.mark.parametrize("text", [
    "_DEEP = 9\nif depth > _DEEP: pass", "A, _DEEP = 1, 2 * 8\nx[:_DEEP]", "for x in range(30): pass", "y = x[:99]",
    "while len(x) < 40: pass", "_DEEP: int = 1 << 20\nf.read(_DEEP + 1)", "min(x, 25)", "x.islice(y, 45)",
])  # fmt: skip
def test_a_limit_of_ones_own_is_noticed(text: str) -> None:
    assert own_limits(ast.parse(text))


@pytest.mark.parametrize(
    "text", ["_SHOWN = 99\nx[:_SHOWN]", "port == 2375", "version < (29, 3)", "PORT = 2375", "x[:1]"]
)
def test_what_bounds_nothing_is_no_limit(text: str) -> None:
    assert not own_limits(ast.parse(text))


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


@cache
def _bounding_names() -> frozenset[str]:
    """Return the names that bound something anywhere."""
    parts = [part for path in SOURCE.rglob("*.py") for part in _parts(_bounds(_tree(path)))]
    return frozenset(getattr(part, "id", getattr(part, "attr", "")) for part in parts)


def _parts(bounds: Iterator[ast.expr]) -> Iterator[ast.AST]:
    """Yield what bounds are made of, but for versions, which are tuples."""
    waiting: list[ast.AST] = list(bounds)
    while waiting:
        part = waiting.pop()
        yield part
        waiting += [] if isinstance(part, ast.Tuple) else ast.iter_child_nodes(part)


def _bounds(tree: ast.AST) -> Iterator[ast.expr]:
    """Yield the ends of slices, what loops count to, and what sizes are compared with."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Slice):
            yield from (each for each in (node.lower, node.upper) if each is not None)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in _BOUNDING:
            yield from node.args
        elif isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.Lt, ast.LtE, ast.Gt, ast.GtE)):
            sides = (node.left, *node.comparators)
            counted = any(isinstance(each, ast.Call) and ast.unparse(each.func) == "len" for each in sides)
            yield from (each for each in sides if counted or not isinstance(each, ast.Constant))


def _numbers(tree: ast.Module) -> set[str]:
    """Return the names that a module gives whole numbers."""
    return {name.id for name, value in _assigned(tree) if isinstance(name, ast.Name) and _is_whole(value)}


def _assigned(tree: ast.Module) -> Iterator[tuple[ast.expr, ast.expr]]:
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and node.value is not None:
            yield node.target, node.value
        elif isinstance(node, ast.Assign):
            target = node.targets[0]
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                yield from zip(target.elts, node.value.elts, strict=False)
            else:
                yield target, node.value


def _is_whole(node: ast.expr) -> bool:
    if isinstance(node, ast.BinOp):
        return _is_whole(node.left) and _is_whole(node.right)
    return isinstance(node, ast.Constant) and type(node.value) is int


def _large(part: ast.Constant) -> bool:
    """Whether a number is no length of a prefix, a version or a date."""
    return type(part.value) is int and part.value >= 20
