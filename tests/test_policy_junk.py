"""Junk in the files of policy: a finding, a notice or an error with file and line, never a traceback."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dindguard.errors import UserError
from policy_tree import SOCKET, record, scanned, tree, waived

FILES = (
    ".dindguard.yaml",
    ".dindguard/waivers.yaml",
    ".dindguard/baseline.json",
    "daemon.json.allow.yaml",
    "CODEOWNERS",
    "pyproject.toml",
)
PIECES = st.sampled_from(
    ["waivers:", "\n", "  - ", "- ", "rule: ", SOCKET[0], "approvers: ", "[", "]", "{", "}", "&a ", "*a", "<<: ", "expires: ",
     "2027-01-01", "9999-12-31", "0001-01-01", "approval: ", "max-days: ", "9" * 30, "-1", "null", "~", "|\n",
     "'", '"', "# ", "\t", "\0", "\ud7ff",
     "allow:", "at: ", "until: ", "[tool.dindguard]", "= ", '{"version": 1, "findings": ', "[[[", "!", "* @a", "[Sec] @b", "\\ "]
)  # fmt: skip
CYCLES = (
    "&a [*a]",
    "waivers: &a [*a]",
    "waivers: [&a {approvers: *a, rule: *a}]",
    "exclude: &a [*a]",
    "allow: &a [*a]",
)


def attempt(name: str, data: bytes) -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = waived(tree(Path(made)), record(tree(Path(made))))
        (folder / "daemon.json").write_text('{"insecure-registries": ["0.0.0.0/0"]}')
        if name == "CODEOWNERS":
            (folder / ".dindguard.yaml").write_text("approval: {codeowners: true}\n")
        (folder / name).write_bytes(data)
        try:
            report = scanned(folder)
        except UserError as error:
            assert name in str(error)  # noqa: PT017 - either outcome is right
            return
        assert "host-engine-socket" in {finding.rule.id for finding in report.findings}


@pytest.mark.parametrize("name", FILES)
@settings(max_examples=25, deadline=None)
@given(data=st.one_of(st.binary(max_size=40), st.lists(PIECES, max_size=14).map(lambda p: "".join(p).encode())))
def test_junk(name: str, data: bytes) -> None:
    attempt(name, data)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("text", [*CYCLES, "[" * 3000, "a: " * 50, "\xef\xbb\xbf", "x" * 100_000], ids=range(9))
def test_hostile_shapes(name: str, text: str) -> None:
    attempt(name, text.encode("utf-8"))
