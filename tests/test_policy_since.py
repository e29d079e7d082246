"""``--since``: what a change brings, findings and not lines, read from Git's objects without running anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard.errors import UserError
from policy_tree import COMPOSE, SOCKET, committed, git, own, record, rules, scanned, tree, waived, write


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "r").mkdir()
    git(tmp_path / "r", "init", "-q")
    tree(tmp_path / "r")
    committed(tmp_path / "r")
    return tmp_path / "r"


def test_nothing_changed_brings_nothing(repository: Path) -> None:
    assert rules(scanned(repository)) == ["dangerous-capability", "host-engine-socket"]
    assert rules(scanned(repository, since="HEAD")) == []


@pytest.mark.parametrize(
    ("old", "new", "brought"),
    [
        ("services:\n", "# words\n\nservices:\n", []),
        ("nginx:1.29", "nginx:1.30", []),
        ("[SYS_ADMIN]", "[SYS_ADMIN, SYS_MODULE]", ["dangerous-capability"]),
        ("[SYS_ADMIN]", "[ALL]", ["dangerous-capability"]),
        ("[SYS_ADMIN]", "[]", []),
        ("  web:\n", "  web2:\n", ["dangerous-capability"]),
        ("    cap_add", "    security_opt: ['seccomp=unconfined']\n    cap_add", ["near-privileged"]),
    ],
)
def test_only_what_the_change_brings(repository: Path, old: str, new: str, brought: list[str]) -> None:
    assert old in COMPOSE
    write(repository, "compose.yaml", COMPOSE.replace(old, new, 1))
    assert rules(scanned(repository, since="HEAD")) == brought
    committed(repository)
    assert rules(scanned(repository, since="HEAD")) == []
    assert rules(scanned(repository, since="HEAD~1")) == brought


def test_a_change_in_one_file_makes_another_dangerous(repository: Path) -> None:
    write(repository, "stack.yaml", "services:\n  a:\n    image: nginx:1.29\n    privileged: ${P:-false}\n")
    write(repository, "compose.yaml", "include: [stack.yaml]\nservices: {}\n")
    committed(repository)
    assert rules(scanned(repository)) == []
    write(repository, ".env", "P=true\n")
    report = scanned(repository, since="HEAD")
    assert rules(report) == ["privileged-container"]
    assert report.open[0].span.path in ("stack.yaml", ".env")


def test_a_new_use_of_an_old_setting_counts_alone(repository: Path) -> None:
    text = "x-b: &b\n  image: nginx:1.29\n  cap_add: [SYS_ADMIN]\nservices:\n  one:\n    <<: *b\n"
    write(repository, "compose.yaml", text)
    committed(repository)
    write(repository, "compose.yaml", text + "  two:\n    <<: *b\n")
    (finding,) = scanned(repository, since="HEAD").open
    assert [subject.address for subject in finding.subjects] == ["services.two"]


def test_old_waivers_are_neither_dead_nor_news(repository: Path) -> None:
    waived(repository, record(repository), record(repository, expires="2026-11-20", at="services.x"))
    committed(repository)
    assert own(scanned(repository)) == ["waiver-expired"]
    assert own(scanned(repository, since="HEAD")) == []
    write(repository, "compose.yaml", COMPOSE.replace("    volumes:\n", "    user: root\n    volumes:\n"))
    report = scanned(repository, since="HEAD")
    assert own(report) == ["waiver-changed"]
    assert SOCKET[0] in rules(report), "the change opens a finding that was silenced"


def test_given_paths_bound_it(repository: Path) -> None:
    write(repository, "sub/compose.yaml", COMPOSE)
    assert rules(scanned(repository, "compose.yaml", since="HEAD")) == []
    assert rules(scanned(repository, "sub", since="HEAD")) == ["dangerous-capability", "host-engine-socket"]


@pytest.mark.parametrize("revision", ["nonsense", "--output=x", "HEAD:compose.yaml", ""])
def test_a_revision_that_git_does_not_know(repository: Path, revision: str) -> None:
    if not revision:
        assert rules(scanned(repository, since=revision)), "nothing asked for"
        return
    with pytest.raises(UserError, match="--since"):
        scanned(repository, since=revision)
    assert not (repository / "x").exists()


def test_without_a_repository(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--since"):
        scanned(tree(tmp_path), since="HEAD")


def test_a_hostile_repository_runs_nothing(repository: Path, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    script = tmp_path / "evil.sh"
    script.write_text(f"#!/bin/sh\ntouch {trap}\n")
    script.chmod(0o755)
    for name in ("pre-commit", "post-checkout", "reference-transaction", "post-index-change"):
        hook = repository / ".git" / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(script.read_text())
        hook.chmod(0o755)
    write(repository, ".gitattributes", "* filter=evil diff=evil text\n")
    committed(repository)
    with (repository / ".git" / "config").open("a") as config:
        config.write(
            f"[core]\n\tfsmonitor = {script}\n\tpager = {script}\n\teditor = {script}\n\tsshCommand = {script}\n"
            f"\tgitProxy = {script}\n\talternateRefsCommand = {script}\n\thooksPath = {tmp_path}\n"
            f'[filter "evil"]\n\tsmudge = {script}\n\tclean = {script}\n\tprocess = {script}\n'
            f'[diff "evil"]\n\ttextconv = {script}\n\tcommand = {script}\n[diff]\n\texternal = {script}\n'
            f"[credential]\n\thelper = !{script}\n[gpg]\n\tprogram = {script}\n[log]\n\tshowSignature = true\n"
            f"[alias]\n\tls-tree = !{script}\n\tcat-file = !{script}\n\trev-parse = !{script}\n"
            f'[remote "o"]\n\turl = ext::{script}\n\tpromisor = true\n\tpartialclonefilter = blob:none\n'
            f"\tuploadpack = {script}\n\tvcs = evil\n[extensions]\n\tpartialClone = o\n"
        )
    blob = git(tmp_path, "--git-dir", str(repository / ".git"), "rev-parse", "HEAD:compose.yaml").strip()
    trap.unlink(missing_ok=True)
    scanned(repository, since="HEAD")
    assert not trap.exists()
    # A blob that is missing would be fetched from a promisor remote.
    (repository / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(UserError, match=r"--since HEAD: this clone lacks compose\.yaml: .*--refetch"):
        scanned(repository, since="HEAD")
    assert not trap.exists()


def test_links_and_binary_files_of_a_revision_are_left_alone(repository: Path) -> None:
    (repository / "link.yaml").symlink_to("/etc/hostname")
    (repository / "Dockerfile").write_bytes(b"FROM docker:dind\n\0\xff")
    committed(repository)
    assert rules(scanned(repository, since="HEAD")) == []


def test_a_move_brings_nothing(repository: Path) -> None:
    git(repository, "mv", "compose.yaml", "stack.yaml")
    assert rules(scanned(repository, since="HEAD")) == []
    (repository / "deploy").mkdir()
    git(repository, "mv", "stack.yaml", "deploy/compose.yaml")
    assert rules(scanned(repository, since="HEAD")) == []
    assert rules(scanned(repository, "deploy/compose.yaml", since="HEAD")) == [], "the old place was not given"


@pytest.mark.parametrize(
    ("old", "new", "brought"),
    [
        ("", "", []),
        ("nginx:1.29", "nginx:1.30", []),
        ("nginx:1.29", "other:1", ["dangerous-capability"]),
        ("[SYS_ADMIN]", "[SYS_MODULE]", ["dangerous-capability"]),
        ("    cap_add", "    pid: host\n    cap_add", ["dangerous-capability", "host-pid-namespace"]),
        ("  web:", "  web2:", ["dangerous-capability"]),
    ],
)
def test_a_move_with_a_change_brings_the_change(repository: Path, old: str, new: str, brought: list[str]) -> None:
    git(repository, "mv", "compose.yaml", "stack.yaml")
    write(repository, "stack.yaml", COMPOSE.replace(old, new, 1))
    assert rules(scanned(repository, since="HEAD")) == brought


def test_a_copy_is_new(repository: Path) -> None:
    write(repository, "copy/compose.yaml", COMPOSE)
    assert rules(scanned(repository, since="HEAD")) == ["dangerous-capability", "host-engine-socket"]
    assert rules(scanned(repository, "copy", since="HEAD")) == ["dangerous-capability", "host-engine-socket"]


def test_two_of_one_kind_need_two_that_are_gone(repository: Path) -> None:
    git(repository, "mv", "compose.yaml", "one.yaml")
    write(repository, "two/compose.yaml", COMPOSE)
    assert rules(scanned(repository, since="HEAD")) == ["dangerous-capability", "host-engine-socket"]


def test_a_waiver_does_not_move(repository: Path) -> None:
    waived(repository, record(repository))
    committed(repository)
    git(repository, "mv", "compose.yaml", "stack.yaml")
    report = scanned(repository, since="HEAD")
    assert rules(report) == ["host-engine-socket", "waiver-unused"]


@pytest.mark.parametrize("length", [40, 64])
def test_before_the_first_push_there_is_nothing(repository: Path, length: int) -> None:
    assert rules(scanned(repository, since="0" * length)) == ["dangerous-capability", "host-engine-socket"]
    with pytest.raises(UserError, match="there is no commit"):
        scanned(repository, since="0" * 39)
