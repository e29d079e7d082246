"""Writing waivers: in sorted place, comments kept, and two people's records merge in Git."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dindguard.cli.writing import ensure_attributes
from dindguard.errors import UserError
from dindguard.policy import waiver_file, writing
from dindguard.policy.config import WAIVER_FILE
from dindguard.source import Source
from policy_tree import APPROVAL, committed, git, write

FIELDS: dict[str, Any] = {
    "rule": "host-engine-socket",
    "file": "compose.yaml",
    "at": "services.m",
    "mode": "socket",
    "alternatives": ["a socket proxy"],
    **APPROVAL,
    "fingerprint": "v1:" + "0" * 32,
}


def fields(at: str, **changes: Any) -> dict[str, Any]:
    digit = format(sum(map(ord, at + changes.get("mode", ""))) % 16, "x")
    return (
        FIELDS | {"at": at, "fingerprint": "v1:" + digit * 32, "reason": f"Needed by {at} and its tests."} | changes
    )


def read(text: str) -> list[str]:
    file = waiver_file.read(Source(WAIVER_FILE, text))
    assert not file.faults, file.faults
    assert not [waiver.faults for waiver in file.waivers if waiver.faults]
    return [waiver.at for waiver in file.waivers]


def test_records_stand_in_sorted_place() -> None:
    text = ""
    for at in ("m", "a", "z", "k", "m.x"):
        text = writing.added(text, fields(at))
    assert read(text) == ["a", "k", "m", "m.x", "z"]
    assert text.startswith(writing.HEADER)


def test_what_people_wrote_stays(tmp_path: Path) -> None:
    text = writing.added(writing.added("", fields("a")), fields("z"))
    text = text.replace("    mode: socket\n", "    mode:   socket   # as agreed\n    # more\n").replace(
        "  # host-engine-socket at z", "\n  # our own words\n  # host-engine-socket at z"
    )
    more = writing.added(text, fields("m"))
    assert read(more) == ["a", "m", "z"]
    record = writing.record(fields("m"), 2)
    assert record in more
    assert more.replace(record, "") == text
    assert more.index("# our own words") > more.index("at: m")


def test_a_renewal_changes_the_values_and_nothing_else() -> None:
    text = writing.added(writing.added("", fields("a")), fields("z", notes=None, poc=None))
    text = text.replace("expires: 2027-01-15\n", "expires: 2027-01-15 # a while\n")
    changes = {"expires": "2028-01-01", "poc": "it's: here", "approvers": [{"name": "@x", "role": "security"}]}
    more = writing.renewed(text, ("host-engine-socket", "compose.yaml", "z"), changes)
    before, after = text.splitlines(), more.splitlines()
    first = before.index("  # host-engine-socket at z in compose.yaml")
    assert before[:first] == after[:first]
    assert len(after) == len(before) + 1, "the proof of concept is a new line"
    found = waiver_file.read(Source(WAIVER_FILE, more)).waivers
    assert [str(each.expires) for each in found] == ["2027-01-15", "2028-01-01"]
    assert found[1].poc == "it's: here"
    assert [each.name for each in found[1].approvers] == ["@x"]
    assert "expires: 2028-01-01 # a while\n" in more
    assert after[-1].strip().startswith("fingerprint:"), "the last line tells any two records apart"
    with pytest.raises(UserError, match="leave out --renew"):
        writing.renewed(text, ("host-engine-socket", "compose.yaml", "y"), changes)


def test_a_hand_written_record_is_renewed_in_its_own_style() -> None:
    text = """\
waivers:
- rule: host-engine-socket   # first
  file: compose.yaml
  at: "m"
  approvers:
    - name: '@old'
      role: security
  # before the dates
  approved: 2026-01-01
  expires: 2026-06-01
  fingerprint: v1:00000000000000000000000000000000
  owner: '@o'
"""
    key = ("host-engine-socket", "compose.yaml", "m")
    more = writing.renewed(text, key, {"approvers": FIELDS["approvers"], "expires": "2027-01-01", "ticket": "T"})
    (found,) = waiver_file.read(Source(WAIVER_FILE, more)).waivers
    assert [each.name for each in found.approvers] == ["@arch", "@sec"]
    assert found.ticket == "T"
    assert "# first" in more
    assert "# before the dates" in more


@pytest.mark.parametrize(
    "text", ["waivers:\n", "waivers: []\n", "waivers: [] # none\n", "version: 1\nwaivers: null", "# c\nwaivers: ~\n"]
)
def test_into_an_empty_list(text: str) -> None:
    more = writing.added(text, fields("m"))
    assert read(more) == ["m"]
    assert more.count("#") == text.count("#") + 1


@pytest.mark.parametrize(
    "text", ["waivers: [{rule: a}]\n", "waivers: [\n", "- a\n", "waivers: []\n---\na: b\n", "a: b\n"]
)
def test_a_file_that_is_not_understood_is_left_alone(text: str) -> None:
    with pytest.raises(UserError, match="fix it"):
        writing.added(text, fields("m"))


@settings(max_examples=60, deadline=None)
@given(
    st.text(
        st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff\u2028\u2029\ufeff"),
        min_size=1,
    )
)
def test_any_words_come_back_as_they_went_in(words: str) -> None:
    text = writing.added("", fields("m", notes=words, owner=f"o {words}", alternatives=[words, f"{words}: # x"]))
    (found,) = waiver_file.read(Source(WAIVER_FILE, text)).waivers
    assert found.owner == f"o {words}".strip()
    assert len(found.alternatives) == (2 if words.strip() else 1)


def merged(folder: Path, one: str, two: str, base: str | None) -> str:
    """Return what a real merge makes of two branches' waiver files."""
    git(folder, "init", "-q")
    ensure_attributes(folder)
    if base is not None:
        write(folder, WAIVER_FILE, base)
    committed(folder)
    git(folder, "checkout", "-q", "-b", "other")
    write(folder, WAIVER_FILE, two)
    committed(folder)
    git(folder, "checkout", "-q", "main")
    write(folder, WAIVER_FILE, one)
    committed(folder)
    git(folder, "merge", "-q", "-m", "merge", "other")
    return (folder / WAIVER_FILE).read_text()


OTHER = {"owner": "@somebody", "ticket": "OPS-8", "reason": "What somebody else needs, in other words."}
BASE = writing.added(writing.added("", fields("c")), fields("s"))


@pytest.mark.parametrize(
    ("base", "one", "two"),
    [
        (BASE, fields("a"), fields("z", **OTHER)),
        (BASE, fields("d"), fields("t", **OTHER)),
        (BASE, fields("m"), fields("n", **OTHER)),
        (BASE, fields("n", **OTHER), fields("m")),
        (BASE, fields("m"), fields("m", rule="dangerous-capability", mode="other", **OTHER)),
        (BASE, fields("m", **OTHER), fields("n", owner="@third")),
        (BASE, fields("m", ticket=None, poc=None), fields("n", **OTHER)),
        (BASE, fields("y"), fields("z", **OTHER)),
        (BASE, fields("a"), fields("b", **OTHER)),
        (None, fields("m"), fields("n", **OTHER)),
        (writing.HEADER, fields("m"), fields("n", **OTHER)),
    ],
)
def test_two_peoples_waivers_merge(tmp_path: Path, base: str | None, one: Any, two: Any) -> None:
    text = merged(tmp_path, writing.added(base or "", one), writing.added(base or "", two), base)
    old = read(base) if base and "- " in base else []
    assert sorted(read(text)) == sorted([*old, one["at"], two["at"]])
    for each in (one, two):
        assert writing.record(each, 2).split("\n", 1)[1] in text


def test_one_renews_while_another_adds(tmp_path: Path) -> None:
    one = writing.renewed(BASE, ("host-engine-socket", "compose.yaml", "c"), {"expires": "2028-01-01"})
    text = merged(tmp_path, one, writing.added(BASE, fields("n", **OTHER)), BASE)
    assert read(text) == ["c", "n", "s"]
    assert "2028-01-01" in text


def test_what_git_mixes_never_passes_unseen(tmp_path: Path) -> None:
    one, two = fields("m", reason=FIELDS["reason"]), fields("n", reason=FIELDS["reason"])
    text = merged(tmp_path, writing.added(BASE, one), writing.added(BASE, two), BASE)
    found = waiver_file.read(Source(WAIVER_FILE, text)).waivers
    assert [each.at for each in found if not each.faults] == ["c", "s"]
    assert any("is there twice" in problem for each in found for problem, _ in each.faults)


def test_two_renewals_of_one_waiver_never_pass_unseen(tmp_path: Path) -> None:
    key = ("host-engine-socket", "compose.yaml", "c")
    one = writing.renewed(BASE, key, {"expires": "2028-01-01"})
    text = merged(tmp_path, one, writing.renewed(BASE, key, {"expires": "2029-01-01"}), BASE)
    found = waiver_file.read(Source(WAIVER_FILE, text)).waivers
    assert any("'expires' is there twice" in problem for waiver in found for problem, _ in waiver.faults)


def test_the_attributes_are_written_once() -> None:
    text = writing.attributes("*.sh text")
    assert text == f"*.sh text\n{writing.ATTRIBUTES}\n"
    assert writing.attributes(text) is None
    assert writing.attributes("") == f"{writing.ATTRIBUTES}\n"
