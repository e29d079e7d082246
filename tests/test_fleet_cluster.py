"""A fleet on a real Dask cluster: workers that die, are cut off or lie, a driver that ends; nothing they pickle is loaded."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest

import fleet_repositories as made

pytest.importorskip("pyarrow", reason="the extra 'fleet' is not installed")
pytest.importorskip("distributed", reason="the extra 'fleet' is not installed")
pytest.importorskip("cryptography", reason="certificates for the test are made with 'cryptography'")

from fleet_cluster import Namespaces, TestCluster, cluster, wait_for
from test_fleet_scan import everything, fleet, rows

HOOKS = Path(__file__).parent / "fleet_hooks"
COMMAND = [sys.executable, "-m", "dindguard", "fleet", "scan"]


def repositories(folder: Path, count: int, services: int = 0) -> Path:
    """Write repositories of a Compose file each; with a further one of many ``services`` a scan takes a while."""
    rest = "".join(f"  s{number}: {{image: 'a:{number}', privileged: true}}\n" for number in range(services))
    further = {"all__compose_yaml": f"services:\n{rest}"} if services else {}
    for number in range(count):
        made.tree(folder / f"r{number:03}", compose_yaml=made.SOCKET if number % 2 else made.ENGINE, **further)
    return folder


@contextmanager
def driver(on: TestCluster, folder: Path, out: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*on.within(), *COMMAND, str(folder), "--out", str(out), "--scheduler", on.address],
        env=on.environment, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stderr is not None:
            process.stderr.close()


def staged(out: Path) -> int:
    return len(list(out.rglob("*.jsonl.gz")))


def test_workers_are_lost_in_every_way_and_the_dataset_is_the_same(tmp_path: Path) -> None:
    """Kill one with -9, run one out of memory, cut one off, end the driver, finish."""
    why = Namespaces.possible()
    if why:
        print(f"no network namespaces ({why}): a worker is cut off by stopping it instead", file=sys.stderr)
    folder, out = repositories(tmp_path / "repositories", 80, services=200), tmp_path / "out"
    with (
        nullcontext(None) if why else Namespaces(3) as namespaces,
        cluster(tmp_path / "cluster", namespaces=namespaces) as on,
    ):
        on.add(1, "--no-nanny")
        on.add(2, "--nanny", "--memory-limit", "400MB")
        on.add(3, "--no-nanny")
        with driver(on, folder, out) as first:
            wait_for(lambda: staged(out) >= 5 or first.poll() is not None, "the first results")
            assert first.poll() is None, first.communicate()[1]
            on.workers[1].kill()
            if namespaces is not None:
                namespaces.cut(3)
            else:
                on.workers[3].send_signal(signal.SIGSTOP)
            hog(on, "worker-2")  # alone by now: however fast the machine, it does not finish them all meanwhile
            before = staged(out)
            wait_for(lambda: staged(out) >= before + 5, "results after two workers were lost and one came back")
            first.kill()
            first.wait()
        assert not (out / "manifest.json").exists()
        assert staged(out) < 80
        if namespaces is None:
            on.workers[3].send_signal(signal.SIGCONT)
        with driver(on, folder, out) as second:
            said = second.communicate(timeout=240)[1]
            assert second.returncode == 0, said
    fleet(folder, "--out", tmp_path / "undisturbed")
    assert everything(out) == everything(tmp_path / "undisturbed")
    assert {row["standing"] for row in rows(out, "repositories")} == {"scanned"}


def hog(on: TestCluster, name: str) -> None:
    """Have a worker use more memory than it may, as a task of somebody else's would, until its nanny has ended it."""
    code = (
        "import sys, time\nfrom distributed import Client\n"
        "def hog():\n    held = [bytearray(b'x') * (1 << 20) for _ in range(390)]\n    time.sleep(30)\n    return len(held)\n"
        "client = Client(sys.argv[1])\n"
        "future = client.submit(hog, workers=[sys.argv[2]], pure=False, retries=0, priority=100)\n"
        "sys.stdin.read()\nfuture.cancel(force=True)\n"
    )
    with subprocess.Popen(
        [*on.within(), sys.executable, "-c", code, on.address, name], env=on.environment, stdin=subprocess.PIPE
    ) as client:
        try:
            log = on.folder / f"{name}.log"
            wait_for(lambda: b"memory budget" in log.read_bytes(), "the nanny to end a worker of too much memory")
        finally:
            client.communicate(timeout=60)
    assert client.returncode == 0


# -- workers are not trusted ------------------------------------------------------------------------

EVIL = """
import os, pickle, sys
from dindguard.fleet import task

class Trap:
    def __reduce__(self):
        code = "import os, pathlib; (pathlib.Path({folder!r}) / str(os.getpid())).write_text('loaded')"
        return exec, (code,)

class TrapError(Exception):
    def __reduce__(self):
        return Trap().__reduce__()

def result(text):
    return Trap()

def error(text):
    raise TrapError("x")

def nested(text):
    return [{{"a": Trap()}}]

def event(text):
    from distributed import get_worker
    from distributed.protocol.serialize import ToPickle, Serialize
    worker = get_worker()
    worker.log_event("warn", {{"message": pickle.dumps("x"), "category": pickle.dumps(Trap())}})
    worker.log_event("print", {{"args": (ToPickle(Trap()),), "kwargs": {{}}}})
    worker.log_event("print", {{"args": (Serialize(Trap()),), "kwargs": {{}}}})
    return Trap()

def other(text):
    return "0" * 32 + " scanned critical new" + "\\x1b[2J"

task.task = {name}
task.{name} = {name}
"""


@pytest.mark.parametrize("name", ["result", "error", "nested", "event", "other"])
def test_what_a_worker_pickles_is_never_loaded(tmp_path: Path, name: str) -> None:
    folder, out, loaded = repositories(tmp_path / "repositories", 2), tmp_path / "out", tmp_path / "loaded"
    loaded.mkdir()
    (tmp_path / "evil.py").write_text(EVIL.format(folder=str(loaded), name=name))
    with cluster(tmp_path / "cluster") as on:
        on.add(1, "--no-nanny", "--preload", str(tmp_path / "evil.py"))
        with driver(on, folder, out) as process:
            said = process.communicate(timeout=120)[1]
            assert process.returncode == 3, said
            assert str(process.pid) not in os.listdir(loaded)
    assert "2 repositories were not done" in said
    assert "go on with:" in said
    assert "Traceback" not in said
    assert "\x1b" not in said
    assert not (out / "manifest.json").exists()


def test_the_trap_of_that_test_works(tmp_path: Path) -> None:
    """A client without our guard does load it: the test above can fail."""
    loaded = tmp_path / "loaded"
    loaded.mkdir()
    (tmp_path / "evil.py").write_text(EVIL.format(folder=str(loaded), name="result"))
    code = (
        "import os, sys\nfrom distributed import Client\nfrom dindguard.fleet.task import task\n"
        "client = Client(sys.argv[1])\nclient.submit(task, 'x', pure=False).result()\nprint(os.getpid())"
    )
    with cluster(tmp_path / "cluster") as on:
        on.add(1, "--no-nanny", "--preload", str(tmp_path / "evil.py"))
        done = subprocess.run(
            [sys.executable, "-c", code, on.address], env=on.environment, capture_output=True, text=True, check=True
        )
    assert done.stdout.strip() in os.listdir(loaded)


def test_no_pickle_that_names_anything_is_loaded_by_whatever_way() -> None:
    code = """
import os, pickle, sys
from dindguard.fleet import inert
inert.refuse_pickles()
from distributed.protocol import core
from distributed.protocol.serialize import Serialize, ToPickle

class Trap:
    def __reduce__(self):
        return os._exit, (9,)

for message in (ToPickle(Trap()), Serialize(Trap()), {"a": [ToPickle(Trap())]}):
    found = core.loads(core.dumps({"x": message}))
    print(type(found["x"]).__name__)
for load in (pickle.loads, lambda data: pickle.Unpickler(__import__("io").BytesIO(data)).load(), pickle._loads):
    try:
        load(pickle.dumps(Trap()))
    except inert.PickleRefusedError as error:
        print("refused")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.split()) == (0, ["Refused", "Refused", "dict", *["refused"] * 3]), (
        done.stderr
    )


# -- what is looked for at the start ----------------------------------------------------------------


def test_a_worker_that_does_not_see_the_sources_is_named_at_the_start(tmp_path: Path) -> None:
    folder, out = repositories(tmp_path / "repositories", 2), tmp_path / "out"
    blind = "import os\nfrom genericpath import exists\n"
    blind += "os.path.exists = lambda path: 'repositories' not in str(path) and exists(path)\n"
    (tmp_path / "blind.py").write_text(blind)
    with cluster(tmp_path / "cluster") as on:
        with driver(on, folder, out) as process:
            said = process.communicate(timeout=120)[1]
        assert (process.returncode, "no workers that answer" in said) == (2, True), said
        on.add(1, "--no-nanny", "--preload", str(tmp_path / "blind.py"))
        with driver(on, folder, out) as process:
            said = process.communicate(timeout=120)[1]
    assert process.returncode == 2, said
    assert "does not see" in said
    assert "repositories/r000" in said


def test_a_scheduler_that_is_not_there_or_has_another_certificate_is_told(tmp_path: Path) -> None:
    folder, out = repositories(tmp_path / "repositories", 1), tmp_path / "out"
    with cluster(tmp_path / "cluster", workers=1) as on:
        (tmp_path / "other").mkdir()
        stranger = TestCluster(tmp_path / "other", None)
        stranger.address = on.address
        with driver(stranger, folder, out) as process:
            said = process.communicate(timeout=120)[1]
        assert process.returncode == 2, said
        assert "cannot be reached" in said
        assert "Traceback" not in said
    with driver(on, folder, out) as process:
        said = process.communicate(timeout=120)[1]
    assert process.returncode == 2, said
    assert "cannot be reached" in said
    assert json.dumps(said)
    assert time.monotonic()
