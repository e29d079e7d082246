"""The scan of one repository, in a process of its own: ``python -m dindguard.fleet.child`` with a request on stdin.

It puts itself under its limits first, prints the key of the result as soon as it knows it, writes the result itself, and
prints an answer. It imports neither Dask nor Arrow.
"""

from __future__ import annotations

import gc
import os
import sys
import time

from dindguard.errors import UserError
from dindguard.fleet import staging
from dindguard.fleet.limits import impose
from dindguard.fleet.refused import RefusedError
from dindguard.fleet.request import Answer, Request

REFUSED, MEMORY, OUTPUT = 20, 21, 22
"""Exit codes by which whoever started it knows why there is no answer."""


def main() -> int:
    """Scan what standard input asks for; return the process's exit code."""
    gc.disable()
    request = Request.of(sys.stdin.buffer.readline().decode())
    impose(request.asking.limits)
    try:
        print(_answer(request), flush=True)  # noqa: T201 - this is how it answers
    except (RefusedError, UserError) as error:
        return _failed(REFUSED, str(error))
    except MemoryError:
        return _failed(MEMORY, "it needs more memory than it may have")
    except staging.TooMuchError as error:
        return _failed(OUTPUT, str(error))
    return 0


def _failed(code: int, why: str) -> int:
    print(why, file=sys.stderr, flush=True)  # noqa: T201
    return code


def _answer(request: Request) -> Answer:
    """Return what came of a repository, from what is staged if that is of the same content."""
    from dindguard.fleet.opening import opened

    start = time.time()
    this = opened(request.path, request.revision)
    try:
        key = request.key(this.content)
        print(key, flush=True)  # noqa: T201
        known = staging.known(request.asking.out, key)
        if known is not None and not (request.asking.retry and known.standing == "quarantined"):
            return known
        from dindguard.fleet.scanned import facts_of, scanned

        return scanned(request, key, this, lambda: facts_of(request, key, this, start))
    finally:
        this.files.close()


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)  # nothing is left to be done, and tearing down costs a tenth of a short scan
