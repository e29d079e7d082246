"""A log is made of those classes of ``sarif_om`` that it needs, and rules' pages are read where they stand."""

from __future__ import annotations

import importlib
import subprocess
import sys

import sarif_om

from dindguard import rules
from dindguard.loading import load


def said(code: str) -> list[str]:
    before = "import sys\nfrom dindguard import process\nprocess.own = True\n"
    before += "from dindguard.reports.sarif_objects import om\n"
    done = subprocess.run([sys.executable, "-c", before + code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_only_what_is_used_is_imported() -> None:
    code = "om.Region(start_line=1), om.ReportingDescriptorReference()\n"
    code += "print(sorted(name for name in sys.modules if name.startswith('sarif_om.')))"
    assert said(code) == ["['sarif_om._region', 'sarif_om._reporting_descriptor_reference']"]


def test_every_class_is_found_by_its_name() -> None:
    names = [name for name in vars(sarif_om) if name[0].isupper()]
    code = f"print([name for name in {names!r} if getattr(om, name).__name__ != name], om.Region is om.Region)"
    assert said(code) == ["[] True"]


def test_whoever_asks_for_more_gets_all_of_it() -> None:
    code = "region = om.Region\nfrom sarif_om import *\nimport sarif_om\nprint(sarif_om.Region is region is Region, Address)"
    assert said(code) == ["True <class 'sarif_om._address.Address'>"]


def test_a_page_is_read_as_python_reads_it() -> None:
    pages = [(rules._beginning(rule.module), importlib.import_module(rule.module).__doc__) for rule in load()]
    read = [(beginning, page) for beginning, page in pages if beginning]
    assert len(read) > 0.95 * len(pages)
    assert [beginning for beginning, _ in read] == [page for _, page in read]
    assert rules._beginning("nowhere.at_all") == ""
