"""``dindguard fleet scan``: many repositories, one process each, into a dataset."""

from __future__ import annotations

import os
import shlex
import sys
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, ClassVar

import click

from dindguard.cli.choice import Named
from dindguard.cli.debug import debug_option
from dindguard.cli.helping import Sectioned, Sections
from dindguard.cli.options import SEVERITIES, policy_option
from dindguard.errors import CLEAN, FINDINGS, INCOMPLETE, UserError
from dindguard.rules import Severity

if TYPE_CHECKING:
    from dindguard.fleet.cluster import Cluster
    from dindguard.fleet.driver import Outcome
    from dindguard.fleet.layout import Shard
    from dindguard.fleet.request import Asking

MISSING = "'dindguard fleet' needs Dask and PyArrow: pip install 'dindguard[fleet]'"

_EPILOG = """\b
Examples:
  dindguard fleet scan mirrors/ --out fleet                 every repository in a folder
  dindguard fleet scan repositories.tsv --out fleet --policy organisation.yaml
  dindguard fleet scan repositories.tsv --out fleet --shard 3/20     one job of a CI matrix
  dindguard fleet scan repositories.tsv --out /shared/fleet --scheduler tls://scheduler:8786

\b
A line of a list has tabs between its columns:
  name  path or archive  [revision  [label=value,label=value]]

\b
Exit codes:
  0  every repository was scanned
  1  open findings at or above --fail-on
  2  the command line, the list, the policy or the cluster is at fault
  3  not finished (the same command goes on), or repositories are quarantined
"""


class _Scan(Sectioned):
    sections: ClassVar[Sections] = {
        "Input and output": ("out", "policy", "retry"),
        "Where it runs": ("workers", "scheduler", "part"),
        "Limits for each repository": ("cpu", "memory", "wall", "output"),
        "Exit code": ("fail_on",),
    }


@click.command("scan", cls=_Scan, epilog=_EPILOG)
@click.argument("sources", nargs=-1, required=True, type=click.Path())
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False),
    metavar="DIR",
    help="The folder to write the dataset to.",
)
@policy_option
@click.option("--retry", is_flag=True, help="Scan quarantined repositories again.")
@click.option("--workers", type=click.IntRange(1, 1024), metavar="N",
              help="Number of scan processes at a time on this machine (default: one per processor).")  # fmt: skip
@click.option("--scheduler", metavar="ADDRESS", help="Use the workers of this Dask scheduler (tls://host:8786).")
@click.option("--shard", "part", metavar="I/N", help="Scan only the I-th of N parts of the sources.")
@click.option("--cpu-seconds", "cpu", type=click.IntRange(1), default=300, show_default=True, metavar="SECONDS",
              help="Processor time, in seconds.")  # fmt: skip
@click.option("--memory", type=click.IntRange(256), default=2048, show_default=True, metavar="MIB",
              help="Memory, in MiB.")  # fmt: skip
@click.option("--timeout", "wall", type=click.IntRange(1), default=600, show_default=True, metavar="SECONDS",
              help="Elapsed time, in seconds.")  # fmt: skip
@click.option("--result-size", "output", type=click.IntRange(1), default=32, show_default=True, metavar="MIB",
              help="Size of the result, in MiB.")  # fmt: skip
@click.option("--fail-on", type=Named(SEVERITIES), default=None,
              help="Exit with 1 for open findings of this severity or above (default: never).")  # fmt: skip
@debug_option
def command(
    sources: tuple[str, ...],
    out: str,
    policy: str | None,
    retry: bool,
    workers: int | None,
    scheduler: str | None,
    part: str | None,
    cpu: int,
    memory: int,
    wall: int,
    output: int,
    fail_on: str | None,
) -> None:
    """Scan many repositories into a dataset, each as untrusted and in a process of its own.

    SOURCES are lists of repositories, or folders: a repository, an archive, or a folder that holds some. Run again, the
    same command scans what is missing or has changed.
    """
    from dindguard.fleet.limits import MEBIBYTE, Limits

    if workers is not None and scheduler:
        raise UserError("--workers is for this machine, --scheduler for a cluster: leave one of them out")
    _check_installed()
    limits = Limits(cpu=cpu, memory=memory * MEBIBYTE, wall=wall, output=output * MEBIBYTE)
    shard = _shard(part)
    asking, total = _asking(sources, out, policy or "", limits, retry=retry)
    total = len(range(shard.index - 1, total, shard.count))
    outcome = _driven(sources, asking, shard, total, _cluster(workers, scheduler, sources, asking))
    sys.exit(_told(outcome, Severity[fail_on.upper()] if fail_on else None, out))


def _check_installed() -> None:
    from importlib.util import find_spec

    if os.name != "posix":
        raise UserError("'dindguard fleet scan' needs Linux or macOS: it puts each scan under the system's limits")
    if not all(find_spec(name) for name in ("distributed", "pyarrow")):
        raise UserError(MISSING)


def _shard(text: str | None) -> Shard:
    from dindguard.fleet.layout import Shard

    if text is None:
        return Shard()
    index, slash, count = text.partition("/")
    if not (slash and index.isdecimal() and count.isdecimal() and 1 <= int(index) <= int(count) <= 10_000):
        raise UserError(f"--shard {text}: write I/N, such as 3/20 for the third of twenty parts")
    return Shard(int(index), int(count))


def _asking(sources: tuple[str, ...], out: str, policy: str, limits: object, *, retry: bool) -> tuple[Asking, int]:
    """Return what is asked of every repository, and how many there are; whatever is wrong with it is raised."""
    import datetime as dt

    from dindguard import __version__
    from dindguard.fleet import identity
    from dindguard.fleet.limits import Limits
    from dindguard.fleet.request import Asking
    from dindguard.fleet.sources import sources as listed

    assert isinstance(limits, Limits)
    rules, floor = identity.rules_hash(), identity.policy_hash(policy)
    listing = identity.Listing().of(listed(sources))
    if not listing.count:
        raise UserError(f"{', '.join(sources)}: there is no repository")
    run = listing.run(rules, floor)
    out = os.path.realpath(out)
    marker = os.path.join(out, "run.txt")
    try:
        os.makedirs(out, exist_ok=True)
        with open(marker, "w", encoding="utf-8") as file:
            file.write(f"{run}\n")
    except OSError as error:
        raise UserError(f"--out {out}: cannot be written: {error.strerror}") from None
    today = dt.datetime.now(dt.UTC).date().isoformat()
    asking = Asking(
        run=run, out=out, policy=os.path.realpath(policy) if policy else "", dindguard=__version__, rules=rules,
        floor=floor, today=today, marker=marker, retry=retry, limits=limits,
    )  # fmt: skip
    return asking, listing.count


def _processors() -> int:
    """Return how many processors this process may use, where the system tells, else how many there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _cluster(
    workers: int | None, scheduler: str | None, sources: tuple[str, ...], asking: Asking
) -> AbstractContextManager[Cluster]:
    from dindguard.fleet import cluster

    if not scheduler:
        return cluster.local(workers or _processors())
    from dindguard.fleet.seeing import checked

    return checked(cluster.remote(scheduler), sources, asking)


def _driven(
    sources: tuple[str, ...], asking: Asking, shard: Shard, total: int, opening: AbstractContextManager[Cluster]
) -> Outcome:
    import signal

    from dindguard.fleet import process
    from dindguard.fleet.cluster import LostClusterError
    from dindguard.fleet.driver import Drive
    from dindguard.fleet.progress import Progress
    from dindguard.fleet.sources import sources as listed

    progress = Progress(total)
    drive = Drive(lambda: listed(sources), shard, asking, progress)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with opening as cluster:
            try:
                outcome = drive.run(cluster)
            except BaseException:
                process.stop()
                raise
        progress.clear()
        if outcome.unfinished:
            raise UserError("\n".join((f"{outcome.unfinished} repositories were not done", *outcome.troubles)))
        if damaged := drive.compact():
            raise UserError(f"{damaged} staged results were damaged")
    except (KeyboardInterrupt, LostClusterError, UserError) as error:
        progress.clear()
        if isinstance(error, UserError) and not drive.begun:
            raise
        raise UserError(_unfinished(error, progress.done, total), INCOMPLETE) from None
    return outcome


def _unfinished(error: BaseException, done: int, total: int) -> str:
    why = str(error) or "interrupted"
    again = shlex.join(["dindguard", *sys.argv[1:]])
    return f"{why}\n{done:,} of {total:,} repositories are done and kept; go on with:\n  {again}"


def _told(outcome: Outcome, fail_on: Severity | None, out: str) -> int:
    """Say on standard error what came of it; return the exit code."""
    parts = [f"{outcome.scanned:,} {'repository' if outcome.scanned == 1 else 'repositories'} scanned"]
    parts += [f"{outcome.kept:,} unchanged since they were"] if outcome.kept else []
    parts += [f"{outcome.incomplete:,} not read whole"] if outcome.incomplete else []
    parts += [f"{outcome.quarantined:,} quarantined"] if outcome.quarantined else []
    click.echo(f"{' · '.join(parts)} · see it with: dindguard fleet report {shlex.quote(out)}", err=True)
    if outcome.quarantined:
        return INCOMPLETE
    return FINDINGS if fail_on is not None and outcome.worst is not None and outcome.worst >= fail_on else CLEAN
