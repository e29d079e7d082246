"""Coverage-guided fuzzing of each reader: ``python tests/fuzz/run.py --minutes 60`` shares that much CPU time among all targets.

Needs ``pip install atheris``. Each target runs in a process of its own, from its fixtures and a seed that is printed;
what crashes, or takes more than ``--slow`` seconds of CPU, is written to ``--finds`` once for each place in the code, and
the run goes on. Exit code 1 when there were finds. A find is mended and kept in ``tests/hostile/finds/``.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import os
import pkgutil
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

from targets import ROOT, TARGETS, Fault, Target, put

LONGEST = 4096
PARTS = ("documents", "scripts", "formats", "infer", "reports.masking")
"""The packages whose branches guide the fuzzer."""


def place_of(error: BaseException) -> str:
    """Return what tells one fault from another: its kind and where it was raised, or what a notice says of it."""
    if isinstance(error, Fault):
        return str(error).rpartition("own: ")[2][:80]
    frames = traceback.extract_tb(error.__traceback__)
    last = frames[-1]
    return f"{type(error).__name__} {Path(last.filename).name}:{last.name}"


def quoted(word: str) -> str:
    """Return a word as a fuzzer's dictionary wants it."""
    return "".join(f"\\x{byte:02x}" for byte in word.encode())


class Keeper:
    """Writes each new find into a file, named by target and hash."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self.folder = name, folder
        self.known: set[str] = set()

    def keep(self, data: bytes, what: str) -> None:
        if what in self.known:
            return
        self.known.add(what)
        file = self.folder / f"{self.name}-{hashlib.sha256(data).hexdigest()[:10]}"
        file.write_bytes(data)
        print(f"FIND {self.name}: {what} -> {file}", flush=True)


def fuzz(name: str, seconds: int, seed: int, finds: Path, slow: float) -> None:
    """Fuzz one target in this process until it has spent that much CPU time on inputs; does not return."""
    import atheris

    with atheris.instrument_imports(include=[f"dindguard.{part}" for part in PARTS]):
        for part in PARTS:
            folder = ROOT / "src/dindguard" / part.replace(".", "/")
            for module in pkgutil.walk_packages([str(folder)], f"dindguard.{part}."):
                importlib.import_module(module.name)
    target: Target = TARGETS[name]
    keeper = Keeper(name, finds)
    work = Path(tempfile.mkdtemp(prefix=f"fuzz-{name}-"))
    corpus = work / "corpus"
    corpus.mkdir()
    for number, seed_file in enumerate(target.seeds()[:60]):
        (corpus / str(number)).write_bytes(seed_file.read_bytes()[:LONGEST])
    words = work / "words"
    words.write_text("".join(f'"{quoted(word)}"\n' for word in target.words))
    tree = work / "tree"
    tree.mkdir()

    ready = time.process_time()
    inputs = 0

    def one(data: bytes) -> None:
        nonlocal inputs
        start = time.process_time()
        if start - ready > seconds:
            print(f"INPUTS {inputs}", flush=True)
            os._exit(0)
        inputs += 1
        try:
            put(target, data, tree)
        except Exception as error:
            keeper.keep(data, place_of(error))
        spent = time.process_time() - start
        if spent > slow:
            keeper.keep(data, f"slow: {int(spent)} s or more")

    arguments = [
        f"-seed={seed}",
        f"-max_len={LONGEST}",
        f"-dict={words}",
        "-timeout=600",
    ]
    arguments += [f"-artifact_prefix={finds}/{name}-", "-rss_limit_mb=3000", str(corpus)]
    atheris.Setup([sys.argv[0], *arguments], one)
    atheris.Fuzz()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60, help="of CPU time, all targets together (60)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--slow", type=float, default=2.0, help="seconds of CPU that no input of 4 KiB may take (2)")
    parser.add_argument("--finds", type=Path, default=ROOT / "tests/fuzz/found", help="where finds are written")
    parser.add_argument("--only", choices=TARGETS, action="append", help="this target (repeatable)")
    parser.add_argument("--child", choices=TARGETS, help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.finds.mkdir(parents=True, exist_ok=True)
    if options.child:
        fuzz(options.child, options.seconds, options.seed, options.finds, options.slow)
    names = options.only or list(TARGETS)
    seconds = max(1, int(options.minutes * 60 / len(names)))
    found = 0
    for name in names:
        command = [sys.executable, __file__, "--child", name, "--seconds", str(seconds), "--seed", str(options.seed)]
        command += ["--finds", str(options.finds), "--slow", str(options.slow)]
        before = os.times()
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
        after = os.times()
        lines = [line for line in done.stdout.splitlines() if line.startswith("FIND")]
        found += len(lines) + (done.returncode != 0)
        runs = [line.split()[-1] for line in done.stdout.splitlines() if line.startswith("INPUTS")]
        spent = after.children_user + after.children_system - before.children_user - before.children_system
        print(
            f"{name}: seed {options.seed}, {spent:.0f} s of CPU, {runs[-1] if runs else '?'} inputs, {len(lines)} finds"
        )
        print("\n".join(lines), end="\n" if lines else "", flush=True)
        if done.returncode:
            said = [line for line in done.stderr.splitlines() if "Instrumenting" not in line]
            print(f"exit code {done.returncode}", *said[-20:], sep="\n", flush=True)
    return int(found > 0)


if __name__ == "__main__":
    sys.exit(main())
