"""Breaks the scans of repositories that ask for it: no file is known that breaks one, so the tests play a fault of ours."""

import os
import sys

if sys.argv[0] == "-m" and "dindguard.fleet.child" in sys.orig_argv:
    from dindguard.fleet import rows
    from dindguard.scanning import Scan

    judge, all_rows = Scan.judge, rows.all_rows

    def broken(self, found):
        fault = os.path.basename(self.files.root).partition("-")[0]
        if fault == "crash":
            raise RuntimeError("a fault of ours\x1b[31m, with password=hunter2hunter2")
        if fault == "abort":
            os.abort()
        if fault == "killed":
            os.kill(os.getpid(), 9)
        if fault == "memory":
            self.kept = bytearray(64 << 30)
        while fault in ("endless", "asleep"):
            if fault == "asleep":
                import time

                time.sleep(60)
        return judge(self, found)

    def large(report, *others):
        yield from all_rows(report, *others)
        if os.path.basename(report.root).startswith("large"):
            *_, row = rows.coverage(report, others[1])
            for _ in range(1 + (50 << 20) // 100):
                yield row

    Scan.judge = broken
    rows.all_rows = large
