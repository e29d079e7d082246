"""One opened source scanned as ``--untrusted``, its rows staged."""

from __future__ import annotations

import datetime as dt
import resource
import sys
import time
from collections.abc import Callable
from typing import Any

from dindguard.fleet import staging
from dindguard.fleet.claims import claims
from dindguard.fleet.limits import UNIT
from dindguard.fleet.opening import Opened
from dindguard.fleet.request import Answer, Request
from dindguard.fleet.rows import all_rows, standing_of
from dindguard.fleet.wording import Wording
from dindguard.options import Options
from dindguard.policy.owners import Owners
from dindguard.scanning import Scan


def scanned(request: Request, key: str, source: Opened, facts: Callable[[], dict[str, Any]]) -> Answer:
    """Scan, write the result, and return what came of it."""
    asking = request.asking
    options = Options(
        paths=(source.files.root,),
        untrusted=True,
        policy=asking.policy or None,
        today=dt.date.fromisoformat(asking.today),
    )
    scan = Scan.of(options, source.files)
    found = scan.find()
    judged = scan.judge(found)
    claimed = claims(scan, found, judged)
    report = scan.report(found, judged, scan.apply(found, judged))
    owners = Owners.among(source.files)
    wording = Wording(report.model, owners, {"run": asking.run, "repository": request.name})
    worst = report.worst_open()
    answer = Answer(key, standing_of(report), worst.word if worst is not None else "", fresh=True)
    own = facts()
    own["team"] = request.labels.get("team") or ",".join(owners.of("*"))
    staging.write(asking.out, answer, all_rows(report, claimed, wording, own), asking.limits.output)
    return answer


def facts_of(request: Request, key: str, source: Opened, start: float) -> dict[str, Any]:
    """Return the columns of ``repositories`` that say what was scanned, and what that cost."""
    if sys.platform == "win32":
        raise NotImplementedError  # the command says so before
    own, started = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        **said_of(request),
        "source_kind": source.kind,
        "revision": source.revision,
        "content": source.content,
        "key": key,
        "scanned_at": int(time.time() * 1e6),
        "seconds": round(time.time() - start, 4),
        "cpu_seconds": round(sum(each.ru_utime + each.ru_stime for each in (own, started)), 4),
        "peak_memory": max(own.ru_maxrss, started.ru_maxrss) * UNIT,
    }


def said_of(request: Request) -> dict[str, Any]:
    """Return the columns of ``repositories`` that the request alone tells."""
    asking = request.asking
    return {
        "labels": dict(request.labels),
        "team": request.labels.get("team", ""),
        "source": request.path,
        "dindguard": asking.dindguard,
        "rules": asking.rules,
        "policy": asking.floor,
    }
