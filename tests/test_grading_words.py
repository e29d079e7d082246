"""What a file's first comment says of the machine that it runs on lowers by one level, said; its twin without that does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard.rules import Severity
from dindguard.scanning import Options, scan

ENGINE = "exec dockerd -H tcp://0.0.0.0:2375\n"


def severity(folder: Path, comment: str, *, untrusted: bool = False) -> tuple[Severity, str]:
    (folder / "start.sh").write_text(f"#!/bin/sh\n# {comment}\n{ENGINE}")
    report = scan(Options(paths=(folder,), root=folder, untrusted=untrusted))
    (found,) = (each for each in report.findings if each.rule.id == "unauthenticated-engine-api")
    return found.severity, found.containment


@pytest.mark.parametrize(
    "comment",
    [
        "Runs in a throw-away virtual machine, which the tests make.",
        "This is run only inside the VM that packer builds.",
        "Executed in a disposable VM, never on a host.",
        "Provisions on the virtual machine of the workshop.",
        "It works in an isolated test VM.",
    ],
)
def test_a_virtual_machine_told_by_the_first_comment(tmp_path: Path, comment: str) -> None:
    found, why = severity(tmp_path, comment)
    assert found is Severity.HIGH
    assert why.startswith("line 2 says that it '")
    assert severity(tmp_path, comment, untrusted=True)[0] is Severity.CRITICAL


@pytest.mark.parametrize(
    ("comment", "told"),
    [
        ("THIS IS AN EXAMPLE FILE for one proxy", "AN EXAMPLE FILE"),
        ("This is a sample configuration.", "a sample configuration"),
        ("For local development only.", "For local development only"),
        ("Plaintext, DEV ONLY: no certificates", "DEV ONLY"),
        ("Do not use this in production!", "not use this in production"),
        ("must never be run in production", "never be run in production"),
        ("is not for production use", "not for production"),
        ("Used in production, not only in development", ""),
        ("The production cluster, not the staging one", ""),
        ("For example, this is started by hand", ""),
        ("This is no example", ""),
    ],
)
def test_an_example_told_by_the_first_comment(tmp_path: Path, comment: str, told: str) -> None:
    said = f"line 2 says that the file is '{told}'" if told else ""
    assert severity(tmp_path, comment) == (Severity.HIGH if told else Severity.CRITICAL, said)


@pytest.mark.parametrize(
    "comment",
    [
        "Never runs in a virtual machine: it needs the hardware.",
        "It does not run in a VM.",
        "Starts virtual machines.",
        "Runs on the host of the virtual machines.",
        "Runs on bare metal.",
    ],
)
def test_what_says_no_such_thing(tmp_path: Path, comment: str) -> None:
    assert severity(tmp_path, comment) == (Severity.CRITICAL, "")


def test_a_comment_further_down_says_nothing_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "start.sh").write_text(f"#!/bin/sh\nset -e\n# Runs in a virtual machine.\n{ENGINE}")
    (found,) = scan(Options(paths=(tmp_path,), root=tmp_path)).findings
    assert found.severity is Severity.CRITICAL
