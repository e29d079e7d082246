"""Several processes find what one finds, in the same order; none outlives the scan, and one that dies is told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dindguard import budget, packing, reports, sharing, survey, workers
from dindguard.coverage import Book
from dindguard.errors import INCOMPLETE, INTERRUPTED, UserError
from dindguard.formats.kubernetes.resources import Resource
from dindguard.formats.recognition import Recogniser
from dindguard.records import replace
from dindguard.scanning import Options, Scan, scan
from dindguard.trees import Trees
from dindguard.workers import Workers
from dindguard.working_tree import WorkingTree
from support import write_files

FIXTURES = Path(__file__).parent.parent / "fixtures"
SOME = tuple(sorted(FIXTURES.iterdir())[::8])


class Squares:
    """Squares numbers; the first one takes its time, and 13 ends the process."""

    def begin(self) -> Callable[[int], int]:
        return self._square

    def _square(self, number: int) -> int:
        if number == 0:
            time.sleep(0.3)
        if number == 13:
            os.kill(os.getpid(), signal.SIGKILL)
        if number == 99:
            raise ValueError("too many")
        return number * number


def squares(numbers: list[int], count: int = 2) -> list[int]:
    made: Workers[int, int]
    with Workers(Squares(), count) as made:
        return list(made.map(numbers, lambda number: number * number))


@pytest.mark.parametrize("count", [1, 2, 3])
def test_what_is_made_comes_in_the_order_of_the_pieces(count: int) -> None:
    numbers = [*range(12), *range(14, 60)]
    assert squares(numbers, count) == [number * number for number in numbers]


def test_nothing_is_made_of_nothing() -> None:
    assert squares([]) == []


def test_a_process_that_dies_is_told() -> None:
    with pytest.raises(UserError, match=r"was ended by signal 9, so the scan is incomplete: try --jobs 1") as told:
        squares([1, 2, 13, 3, 4])
    assert told.value.exit_code == INCOMPLETE


def test_a_fault_in_a_process_is_a_fault_of_the_scan() -> None:
    with pytest.raises(RuntimeError, match="ValueError: too many"):
        squares([1, 99])


def said(jobs: int) -> str:
    report = scan(Options(paths=SOME, root=FIXTURES, jobs=jobs, untrusted=True))
    return reports.render("json", report, reports.Options())


@pytest.fixture(scope="module")
def alone() -> str:
    return said(1)


@pytest.mark.parametrize("jobs", [2, 3])
def test_any_number_of_processes_says_the_same(jobs: int, alone: str) -> None:
    assert '"findings"' in alone
    assert said(jobs) == alone


def test_several_processes_tell_blind_spots_too(tmp_path: Path) -> None:
    """What a process settles by itself may speak of us: one blind spot of a whole file, and one of a part."""
    write_files(
        tmp_path,
        {
            "compose.yaml": "services: {a: {image: b, privileged: true}}\n",
            "whole.yaml": "what: {runs: docker run --privileged x}\n",
            "parts.yaml": "a: 1\n---\nwhat: {runs: docker run --privileged x}\n",
        },
    )
    one, two = (
        scan(Options(paths=(tmp_path,), root=tmp_path, jobs=jobs, untrusted=True)).coverage for jobs in (1, 2)
    )
    assert [each.path for each in one.blind_spots] == ["parts.yaml", "whole.yaml"]
    assert two.every() == one.every()


SCRIPTS = {
    "a/Makefile": "run:\n\tdocker run --privileged alpine\n",
    "b/Dockerfile": "FROM docker:29-dind\nRUN <<EOF\ndocker run -v /var/run/docker.sock:/s alpine\nEOF\nCMD dockerd -H tcp://0.0.0.0:2375\n",
    "b/start.sh": '#!/bin/sh\ncat <<EOF > /etc/docker/daemon.json\n{"hosts": ["tcp://0.0.0.0:2375"]}\nEOF\ndockerd\n',
    "c/Dockerfile": 'FROM docker:29-dind\nCOPY start.sh /\nENTRYPOINT ["/start.sh"]\n',
    "c/start.sh": "# dindguard: allow[privileged] the lab is cut off\ndocker run --privileged alpine\n",
    "c/compose.sh": "#!/bin/sh\ncat <<EOF > compose.yaml\nservices: {a: {image: a, privileged: true}}\nEOF\ndocker ps\n",
    "d/try.yaml": "start: docker run --privileged example\n",
    "d/template.sh.j2": "docker run --privileged {{ image }}\n",
}
"""Files whose formats read each by itself, some that only look so, and one that nobody reads."""


@pytest.mark.parametrize("fork", [True, False])
def test_files_that_are_read_apart_come_in_the_order_of_one_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fork: bool
) -> None:
    monkeypatch.setattr(survey, "_PIECE", 3)
    if not fork:
        monkeypatch.setattr(workers, "may_fork", lambda: False)
    write_files(tmp_path, SCRIPTS)
    told = []
    for jobs in (1, 2):
        this = Scan.of(Options(paths=(tmp_path,), root=tmp_path, jobs=jobs, untrusted=True))
        found = this.find()
        assert {"a/Makefile", "b/Dockerfile", "b/start.sh"} <= found.done if jobs == 2 else not found.parts
        assert {"c/Dockerfile", "c/compose.sh", "d/template.sh.j2"}.isdisjoint(found.done)
        judged = this.judge(found)
        report = this.report(found, judged, this.apply(found, judged))
        assert [each.path for each in report.coverage.blind_spots] == ["d/try.yaml"]
        told.append(reports.render("json", report, reports.Options()))
    assert told[0] == told[1]
    assert "b/start.sh" in told[0]


MEMBER = "{name: a, image: docker:dind, securityContext: {privileged: true}%s}"
POD = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: %s}}\nspec:\n  containers:\n  - {MEMBER}\n"
IMPORTING = POD % ("a", ", envFrom: [{configMapRef: {name: many}}]")
CLUSTER = {
    "twice/pods.yaml": "---\n".join([POD % ("same", "")] * 5),
    "scripts/pods.yaml": "---\n".join(
        POD % (f"p{number}", ", command: [sh, -c, 'docker run --privileged alpine']") for number in range(4)
    ),
    "open/pod.yaml": POD % ("open", ", ports: [{containerPort: 2375}]"),
    "open/service.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {type: NodePort, ports: [{port: 2375}]}\n",
    "release.yaml": "apiVersion: helm.cattle.io/v1\nkind: HelmChart\nmetadata: {name: r}\n"
    "spec: {chart: c, valuesContent: 'image: docker:dind'}\n",
    "unknown.yaml": "apiVersion: argoproj.io/v1alpha1\nkind: EventSource\nmetadata: {name: e}\n"
    "spec: {run: docker run --privileged x}\n",
    "chart/Chart.yaml": "apiVersion: v2\nname: c\n",
    "chart/values.yaml": "privileged: true\nunused:\n  args: docker run --privileged x\nhost: /var/run/docker.sock\n",
    "chart/templates/_helpers.tpl": "{{- define 'c.image' -}}docker:dind{{- end }}\n{{- define 'c.no' -}}\n{{- end }}\n",
    "chart/templates/pod.yaml": POD.replace("docker:dind", "{{ include 'c.image' . }}").replace(
        "privileged: true", "privileged: {{ .Values.privileged }}"
    )
    % ("c", ""),
    "base/kustomization.yaml": "resources: [pod.yaml]\nnamespace: n\n",
    "base/pod.yaml": POD % ("base", ""),
    "over/kustomization.yaml": "resources: [../base]\nnamespace: o\n",
    "map.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: many}\ndata: {A: b, C: d, E: f}\n",
    "x.yaml": IMPORTING,
    "y.yaml": IMPORTING,
    "z.yaml": IMPORTING,
}
"""Objects that say something of each other, a chart, and what only counts in the order of all."""


def of_cluster(root: Path, jobs: int, **more: Any) -> str:
    return reports.render("json", scan(Options(paths=(root,), root=root, jobs=jobs, **more)), reports.Options())


@pytest.mark.parametrize("piece", [1, 2000, 1_000_000])
def test_copies_read_pods_as_one_process_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: int) -> None:
    monkeypatch.setattr(sharing, "_WORTH", 1)
    monkeypatch.setattr(sharing, "_LIGHTEST", piece)
    monkeypatch.setattr(sharing, "_PARTS", 1_000)
    monkeypatch.setattr(budget, "IMPORTED_VARIABLES", replace(budget.IMPORTED_VARIABLES, most=7))
    write_files(tmp_path, CLUSTER)
    alone = of_cluster(tmp_path, 1)
    for word in (
        "Pod/-/same#5.containers.a",
        "scripts/pods.yaml",
        "open/pod.yaml",
        "chart/templates/pod.yaml",
        "over",
    ):
        assert word in alone
    assert of_cluster(tmp_path, 2) == alone
    assert of_cluster(tmp_path, 3) == alone


def _arrived(answers: sharing.Answers) -> list[bool]:
    return [bool(each) for each in answers.apart] or [True] * len(answers.met)


@pytest.mark.skipif(sys.platform != "linux", reason="copies are forks")
def test_pods_travel_and_what_cannot_is_read_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[bool] = []

    class Counted(Workers[Any, Any]):
        def taken(self, *, wait: bool) -> Any:
            for number, made in super().taken(wait=wait):
                if isinstance(made, sharing.Answers):
                    told.extend(_arrived(made))
                yield number, made

    monkeypatch.setattr(workers, "Workers", Counted)
    monkeypatch.setattr(sharing, "_WORTH", 1)
    monkeypatch.setattr(sharing, "_LIGHTEST", 1_000_000)  # copies take all
    write_files(tmp_path, CLUSTER)
    of_cluster(tmp_path, 2)
    assert told.count(True) > 15
    assert told.count(False) == 1  # the release is a document of its own


@pytest.mark.skipif(sys.platform != "linux", reason="copies are forks")
def test_a_copy_that_dies_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "_WORTH", 1)
    monkeypatch.setattr(sharing._Copy, "_piece", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
    write_files(tmp_path, CLUSTER)
    with pytest.raises(UserError, match="was ended by signal 9") as told:
        of_cluster(tmp_path, 2)
    assert told.value.exit_code == INCOMPLETE


@pytest.mark.skipif(sys.platform != "linux", reason="copies are forks")
def test_a_copy_that_dies_while_a_format_is_read_is_no_fault_of_the_format(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sharing._Copy._made

    def dies(self: Any, item: Any) -> Any:
        if isinstance(item, Resource):
            os.kill(os.getpid(), signal.SIGKILL)
        return before(self, item)

    monkeypatch.setattr(sharing, "_WORTH", 1)
    monkeypatch.setattr(sharing._Copy, "_made", dies)
    write_files(tmp_path, CLUSTER)
    with pytest.raises(UserError, match="was ended by signal 9"):
        of_cluster(tmp_path, 2)


def test_few_things_are_not_shared_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "may_fork", lambda: pytest.fail("nobody asks"))
    shared = sharing.Sharing(Trees(WorkingTree(tmp_path), Recogniser(), Book()), WorkingTree(tmp_path), 2)
    assert [*shared.each([1, 2], str, lambda _: (), lambda _: 1000)] == [(1, "1"), (2, "2")]


@pytest.mark.skipif(sys.platform != "linux", reason="copies are forks")
@pytest.mark.parametrize("count", [2, 4])
def test_this_process_works_on_the_first_and_copies_on_the_last(tmp_path: Path, count: int) -> None:
    shared = sharing.Sharing(Trees(WorkingTree(tmp_path), Recogniser(), Book()), WorkingTree(tmp_path), count)

    def work(_: int) -> int:
        time.sleep(0.001)
        return os.getpid()

    made = [*shared.each(range(400), work, lambda _: (), lambda _: 1000)]
    assert [number for number, _ in made] == [*range(400)]
    own = [process == os.getpid() for _, process in made]
    assert own == sorted(own, reverse=True)
    assert 0 < sum(own) < 400
    assert 1 < len({process for _, process in made}) <= count


def test_what_cannot_travel_is_read_by_the_one_that_sees_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def too_deep(*_: object) -> bytes:
        raise RecursionError

    monkeypatch.setattr(packing, "packed", too_deep)
    write_files(tmp_path, {"a.sh": "docker run --privileged alpine\n"})
    report = scan(Options(paths=(tmp_path,), root=tmp_path, jobs=2))
    assert [(each.rule.id, each.span.path) for each in report.findings] == [("privileged-container", "a.sh")]
    assert not report.incomplete


def test_a_file_that_changes_after_another_process_has_read_it_is_told(tmp_path: Path) -> None:
    write_files(tmp_path, SCRIPTS)
    this = Scan.of(Options(paths=(tmp_path,), root=tmp_path, jobs=2, untrusted=True))
    found = this.find()
    (tmp_path / "a/Makefile").write_text("run:\n\ttrue\n")
    judged = this.judge(found)
    report = this.report(found, judged, this.apply(found, judged))
    assert [each.span.path for each in report.notices if each.kind == "changed"] == ["a/Makefile"]


def test_processes_that_cannot_be_forked_say_the_same(monkeypatch: pytest.MonkeyPatch, alone: str) -> None:
    monkeypatch.setattr(workers, "may_fork", lambda: False)
    assert said(2) == alone


def test_the_work_decides_how_many_there_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started = []

    class Counted(Workers[Any, Any]):
        def __init__(self, task: Any, count: int) -> None:
            started.append(count)
            super().__init__(task, count)

    monkeypatch.setattr(workers, "Workers", Counted)
    monkeypatch.setattr(survey, "cores", lambda: 3)
    monkeypatch.setattr(survey, "ENOUGH", 5)
    write_files(tmp_path, {f"{name}.yaml": "image: docker:dind\n" for name in "abcd"})
    scan(Options(paths=(tmp_path,), root=tmp_path, jobs=0))
    assert started == []
    write_files(tmp_path, {"e.yaml": "image: docker:dind\n", "code.py": "pass\n"})
    scan(Options(paths=(tmp_path,), root=tmp_path, jobs=0))
    assert started == [2]
    scan(Options(paths=(tmp_path,), root=tmp_path))
    monkeypatch.setattr(survey, "cores", lambda: 2)
    scan(Options(paths=(tmp_path,), root=tmp_path, jobs=0))
    assert started == [2]


SLOWLY = """
import os, signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)
from dindguard import surveyor
def look(*given):
    os.write(1, b"at work\\n")  # one write: of two, where PYTHONUNBUFFERED is set, another process comes between
    time.sleep(60)
surveyor.Surveyor.look = surveyor.Surveyor.look_for_another = look
from dindguard.cli import main
main()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the slow work is inherited by a fork")
def test_an_interrupt_ends_all_processes_at_once(tmp_path: Path) -> None:
    write_files(tmp_path, {f"{number}.yaml": "image: docker:dind\n" for number in range(250)})
    with subprocess.Popen(
        [sys.executable, "-c", SLOWLY, "scan", "--jobs", "2"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    ) as process:  # fmt: skip
        try:
            assert process.stdout is not None
            assert [process.stdout.readline() for _ in range(2)] == ["at work\n"] * 2
            os.killpg(process.pid, signal.SIGINT)
            _, complaint = process.communicate(timeout=20)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    assert (process.returncode, complaint.strip()) == (INTERRUPTED, "")
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
