"""Where a fleet's repositories come from: lists, folders, Git without a checkout, archives that may be hostile."""

from __future__ import annotations

import os
import tarfile
import zipfile
from pathlib import Path

import pytest

import fleet_repositories as made
from dindguard.errors import UserError
from dindguard.files import Left
from dindguard.fleet import archives, limits
from dindguard.fleet.archives import Archive
from dindguard.fleet.opening import content_of, opened
from dindguard.fleet.refused import RefusedError
from dindguard.fleet.sources import sources


def names(*given: Path) -> list[str]:
    return [source.name for source in sources(tuple(map(str, given)))]


def listed(folder: Path, text: str) -> Path:
    path = folder / "list.tsv"
    path.write_text(text)
    return path


# -- lists and folders ------------------------------------------------------------------------------


def test_a_line_has_a_name_a_path_a_revision_and_labels(tmp_path: Path) -> None:
    path = listed(tmp_path, "# ours\n\none\trepos/one\n two\t/srv/two.git\tv1.2\tteam=red, tier=1\n")
    one, two = sources((str(path),))
    assert (one.name, one.path, one.revision, dict(one.labels)) == ("one", f"{tmp_path}/repos/one", "", {})
    assert (two.name, two.path, two.revision) == ("two", "/srv/two.git", "v1.2")
    assert dict(two.labels) == {"team": "red", "tier": "1"}


def test_a_line_may_be_json(tmp_path: Path) -> None:
    path = listed(tmp_path, '{"name": "a b", "path": "x\\ty", "revision": null, "labels": {"k": "v,w=1"}}\n')
    [one] = sources((str(path),))
    assert (one.name, one.path, dict(one.labels)) == ("a b", f"{tmp_path}/x\ty", {"k": "v,w=1"})


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("one", "'one' has no path"),
        ("\t/srv/x", "needs a printable name"),
        ("a\x1b[31m\t/srv/x", "needs a printable name"),
        ("one\t/x\t--upload-pack=x", "is no revision"),
        ("one\t/x\t\tred", "'red' is no label"),
        ("one\t/x\t\ta=b\tmore", "more than four columns"),
        ('{"name": "a", "paht": "x"}', "there is no field 'paht' (did you mean 'path'?)"),
        ('{"name": "a", "path": 1}', "must be texts"),
        ("{", "is no JSON object"),
        ("a\t/x\na\t/y", ":2: there are two repositories called 'a'"),
    ],
)
def test_a_faulty_line_is_told_with_its_place(tmp_path: Path, line: str, complaint: str) -> None:
    with pytest.raises(UserError, match=r"list\.tsv:\d") as raised:
        list(sources((str(listed(tmp_path, line)),)))
    assert complaint in str(raised.value)


def test_a_folder_gives_its_repositories_groups_and_archives_in_order(tmp_path: Path) -> None:
    made.tree(tmp_path / "plain", compose_yaml=made.SAFE)
    made.committed(made.tree(tmp_path / "group/work", compose_yaml=made.SAFE))
    made.git(tmp_path, "clone", "-q", "--bare", "group/work", "group/mirror.git")
    made.zipped(tmp_path / "old.zip", compose_yaml=made.SAFE)
    (tmp_path / "notes.txt").write_text("none\n")
    (tmp_path / "link").symlink_to("/")
    assert names(tmp_path) == ["group/mirror", "group/work", "old", "plain"]
    assert names(tmp_path / "group/work", tmp_path / "old.zip") == ["work", "old"]


def test_a_path_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read: No such file"):
        list(sources((str(tmp_path / "none"),)))


# -- trees and Git ----------------------------------------------------------------------------------


def test_the_content_of_a_tree_changes_with_names_and_bytes_only(tmp_path: Path) -> None:
    made.tree(tmp_path, a__compose_yaml=made.SAFE, node_modules__x_yaml="x")
    first = content_of(str(tmp_path))
    os.utime(tmp_path / "a/compose.yaml", (1, 1))
    (tmp_path / "node_modules/x.yaml").write_text("what no scan looks at")
    assert content_of(str(tmp_path)) == first
    (tmp_path / "a/compose.yaml").write_text(made.SAFE + "#")
    second = content_of(str(tmp_path))
    (tmp_path / "a/compose.yaml").rename(tmp_path / "a/b.yaml")
    assert len({first, second, content_of(str(tmp_path))}) == 3


def test_a_tree_with_pipes_and_links_has_a_content(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/dev/zero")
    assert len(content_of(str(tmp_path))) == 64


@pytest.mark.parametrize("bare", [False, True])
def test_a_repository_is_read_at_a_revision_without_a_checkout(tmp_path: Path, bare: bool) -> None:
    work = made.tree(tmp_path / "work", compose_yaml=made.SOCKET)
    first = made.committed(work)
    made.tree(work, compose_yaml=made.SAFE)
    second = made.committed(work)
    if bare:
        made.git(tmp_path, "clone", "-q", "--mirror", "work", "bare.git")
    path = tmp_path / ("bare.git" if bare else "work")
    marker = tmp_path / "ran"
    config = path / ("config" if bare else ".git/config")
    with config.open("a") as file:
        file.write(f'[core]\n fsmonitor = "touch {marker}"\n hooksPath = /\n[filter "x"]\n smudge = touch {marker}\n')
    this = opened(str(path), first)
    assert (this.kind, this.revision, this.content) == ("git", first, first)
    assert this.files.read("compose.yaml").decode() == made.SOCKET
    this.files.close()
    newest = opened(str(path), "" if bare else "main")
    assert newest.revision == second
    assert newest.files.read("compose.yaml").decode() == made.SAFE
    newest.files.close()
    assert not marker.exists()


def test_what_a_commit_holds_besides_files_is_left_out_and_counted(tmp_path: Path) -> None:
    work = made.tree(
        tmp_path / "work", compose_yaml=made.SOCKET, node_modules__a_yaml="a: 1\n", a__venv__b_yaml="b: 1\n"
    )
    (work / "link").symlink_to("/etc/passwd")
    made.committed(made.tree(work / "inner", compose_yaml=made.SOCKET))
    commit = made.committed(work)
    files = opened(str(work), commit).files
    found = [(each.path, each.left) for each in files.below([files.root])]
    files.close()
    assert found == [
        ("compose.yaml", None), ("inner/", Left.NESTED), ("link", Left.LINK), ("a/venv/", Left.BUILT_IN),
        ("node_modules/", Left.BUILT_IN),
    ]  # fmt: skip


def test_a_revision_that_is_not_there_is_refused_in_words(tmp_path: Path) -> None:
    made.committed(made.tree(tmp_path, compose_yaml=made.SAFE))
    with pytest.raises(RefusedError, match=r"there is no revision 'mian' here .did you mean 'main'"):
        opened(str(tmp_path), "mian")


def test_a_bare_repository_whose_objects_lead_elsewhere_is_refused(tmp_path: Path) -> None:
    made.committed(made.tree(tmp_path / "work", compose_yaml=made.SAFE))
    made.git(tmp_path, "clone", "-q", "--bare", "work", "b.git")
    (tmp_path / "b.git/objects").rename(tmp_path / "elsewhere")
    (tmp_path / "b.git/objects").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RefusedError, match="objects lead out of it"):
        opened(str(tmp_path / "b.git"), "")


# -- archives ---------------------------------------------------------------------------------------


def test_an_archive_is_read_like_the_tree_it_was_made_from(tmp_path: Path) -> None:
    work = made.tree(tmp_path / "work", compose_yaml=made.SOCKET, sub__a_yaml="a: 1\n")
    commit = made.committed(work)
    for ending in ("zip", "tar", "tar.gz"):
        made.git(
            work, "archive", f"--format={ending}", "--prefix=work-1.0/", "-o", str(tmp_path / f"x.{ending}"), "HEAD"
        )
        this = opened(str(tmp_path / f"x.{ending}"), "")
        assert (this.kind, this.revision) == ("archive", commit)
        assert [entry.path for entry in this.files.below([this.files.root])] == ["compose.yaml", "sub/a.yaml"]
        assert this.files.read("compose.yaml").decode() == made.SOCKET
        assert this.files.listing("sub") == ("a.yaml",)
        assert this.files.folders(".") == ("sub",)


@pytest.mark.parametrize("name", ["../out.yaml", "/etc/passwd", "a/../../b", "..\\x", "C:\\x"])
def test_a_name_that_leads_out_of_an_archive_refuses_it(tmp_path: Path, name: str) -> None:
    archive = made.tarball(tmp_path / "x.tar", ("ok.yaml", b"a: 1"), (name, b"x"))
    with pytest.raises(RefusedError, match="leads out of it"):
        Archive(str(archive))
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as opened_zip:
        opened_zip.writestr(name, "x")
    with pytest.raises(RefusedError, match="leads out of it"):
        Archive(str(tmp_path / "x.zip"))


def test_links_and_devices_are_left_out_and_counted(tmp_path: Path) -> None:
    links = made.tarball(tmp_path / "links.tar", ("a/x.yaml", b"a: 1"), ("a/l", "/etc/passwd"), kind=tarfile.SYMTYPE)
    hard = made.tarball(tmp_path / "hard.tar", ("a/x.yaml", b"a: 1"), ("a/l", "/etc/passwd"), kind=tarfile.LNKTYPE)
    device = made.tarball(tmp_path / "device.tar", ("a/x.yaml", b"a: 1"), ("a/l", ""), kind=tarfile.CHRTYPE)
    for path, why in ((links, Left.LINK), (hard, Left.LINK), (device, Left.SPECIAL)):
        files = Archive(str(path))
        assert [(each.path, each.left) for each in files.below([files.root])] == [("l", why), ("x.yaml", None)]
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        link = zipfile.ZipInfo("l")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("x.yaml", "a: 1")
    files = Archive(str(tmp_path / "x.zip"))
    assert [(each.path, each.left) for each in files.below([files.root])] == [("l", Left.LINK), ("x.yaml", None)]


def test_an_archive_that_expands_too_far_is_refused_before_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "ARCHIVE_BYTES", 10_000)
    made.zipped(tmp_path / "x.zip", a_yaml="a" * 20_000)
    for path in (tmp_path / "x.zip", made.tarball(tmp_path / "x.tar.gz", ("a", b"0" * 20_000))):
        with pytest.raises(RefusedError, match="expands to more than 10,000 bytes"):
            Archive(str(path))


def test_an_archive_of_very_many_members_or_much_text_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(made.tarball(tmp_path / "x.tar", *((f"{number}.yaml", b"a: 1") for number in range(20))))
    monkeypatch.setattr(archives, "ARCHIVE_MEMBERS", 19)
    with pytest.raises(RefusedError, match="more than 19 members"):
        Archive(path)
    monkeypatch.setattr(archives, "ARCHIVE_MEMBERS", 20)
    monkeypatch.setattr(archives, "ARCHIVE_KEPT", 79)
    with pytest.raises(RefusedError, match="more than 79 bytes of text"):
        Archive(path)


def test_a_zip_that_lies_about_sizes_gives_no_more_than_it_says(tmp_path: Path) -> None:
    made.zipped(tmp_path / "x.zip", a_yaml="a: 1\n" * 1000)
    data = bytearray((tmp_path / "x.zip").read_bytes())
    size = (5000).to_bytes(4, "little")
    (tmp_path / "x.zip").write_bytes(data.replace(size, (10).to_bytes(4, "little")))
    with pytest.raises(RefusedError, match="no whole zip or tar"):
        Archive(str(tmp_path / "x.zip"))


@pytest.mark.parametrize("cut", [5, 60, 200])
def test_a_damaged_archive_is_refused_in_words(tmp_path: Path, cut: int) -> None:
    noise = os.urandom(3000)
    for path in (made.tarball(tmp_path / "x.tar.gz", ("a", noise)), made.zipped(tmp_path / "x.zip", a=noise.hex())):
        path.write_bytes(path.read_bytes()[:cut])
        with pytest.raises(RefusedError, match="archive"):
            Archive(str(path))


def test_what_lies_in_folders_of_tools_is_one_entry(tmp_path: Path) -> None:
    path = made.tarball(
        tmp_path / "x.tar", ("x.yaml", b"a: 1"), ("node_modules/a/b.yaml", b"x"), (".git/config", b"x")
    )
    files = Archive(str(path))
    assert [(each.path, each.left) for each in files.below([files.root])] == [
        ("node_modules/", Left.BUILT_IN), ("x.yaml", None),
    ]  # fmt: skip


def test_the_limits_of_archives_are_above_what_is_usual() -> None:
    assert limits.ARCHIVE_BYTES > 1 << 30
    assert limits.ARCHIVE_MEMBERS > 100_000
