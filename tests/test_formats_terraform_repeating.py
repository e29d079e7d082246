"""Blocks that Terraform makes several times: ``for_each`` and ``dynamic``, for whatever the files name."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard import Options, Report, scan
from dindguard.source import Gravity
from support import write_files

SOCKET = "/var/run/docker.sock"
DYNAMIC = """
resource "docker_container" "a" {{
  name  = "a"
  image = "x:1"
  dynamic "mounts" {{
    for_each = {of}
    {iterator}
    content {{
      type      = {type}
      source    = {source}
      target    = {target}
      read_only = {read_only}
    }}
  }}
}}
"""


def scanned(folder: Path, text: str, **others: str) -> Report:
    (folder / ".git").mkdir()
    write_files(folder, {"main.tf": text, **{name.replace("_", "."): each for name, each in others.items()}})
    return scan(Options(paths=(folder,), profile="all"))


def dynamic(
    of: str, *, source: str = "mounts.value.source", target: str = "mounts.value.target", iterator: str = "",
    kind: str = '"bind"', read_only: str = "false",
) -> str:  # fmt: skip
    """Return a container whose mounts are made of a collection."""
    return DYNAMIC.format(of=of, iterator=iterator, source=source, target=target, type=kind, read_only=read_only)


def mounts(report: Report) -> list[tuple[str, str]]:
    (container,) = report.model.containers
    return [(str(mount.source), str(mount.target)) for mount in container.mounts]


ONE = f'{{ source = "{SOCKET}", target = "/s" }}'


@pytest.mark.parametrize(
    ("of", "others"),
    [
        (f"[{ONE}]", ""),
        ("local.mounts", f"locals {{ mounts = [{ONE}] }}"),
        ("local.first", f"locals {{\n first = local.mounts\n mounts = [{ONE}]\n}}"),
        ("tolist(local.mounts)", f"locals {{ mounts = [{ONE}] }}"),
        ("concat(local.mounts, [])", f"locals {{ mounts = [{ONE}] }}"),
        ("local.by_name", f"locals {{ by_name = {{ socket = {ONE} }} }}"),
        ("merge(local.by_name, {})", f"locals {{ by_name = {{ socket = {ONE} }} }}"),
        ("{ for m in local.mounts : m.target => m }", f"locals {{ mounts = [{ONE}] }}"),
        ("var.mounts", f'variable "mounts" {{ default = [{ONE}] }}'),
        ("var.on ? local.mounts : []", f'locals {{ mounts = [{ONE}] }}\nvariable "on" {{ default = true }}'),
        ("var.off ? [] : local.mounts", f"locals {{ mounts = [{ONE}] }}"),
        ("try(local.mounts, [])", f"locals {{ mounts = [{ONE}] }}"),
    ],
)
def test_a_dynamic_block_is_made_of_what_its_collection_holds(tmp_path, of, others):
    report = scanned(tmp_path, dynamic(of), locals_tf=others)
    assert mounts(report) == [(SOCKET, "/s")]
    finding = next(each for each in report.open if each.rule.id == "host-engine-socket")
    assert finding.span.path == ("main.tf" if of.startswith("[") else "locals.tf")


def test_values_of_the_command_line_s_file_count_before_defaults(tmp_path):
    variable = f'variable "mounts" {{ default = [{ONE}] }}'
    given = 'mounts = [{ source = "/srv/data", target = "/d" }]\n'
    report = scanned(tmp_path, dynamic("var.mounts"), variables_tf=variable, terraform_tfvars=given)
    assert mounts(report) == [("/srv/data", "/d")]


@pytest.mark.parametrize(
    ("of", "others"),
    [
        ("var.mounts", 'variable "mounts" {}'),
        ("var.mounts", 'variable "mounts" { default = [] }'),
        ("data.x.mounts", ""),
        ("[for m in data.x.mounts : m]", ""),
        ("local.mounts", "locals { mounts = local.mounts }"),
    ],
)
def test_of_a_collection_that_nothing_tells_one_block_of_unknown_values_is_read(tmp_path, of, others):
    ((source, _),) = mounts(scanned(tmp_path, dynamic(of), locals_tf=others))
    assert source not in (SOCKET, "")


def test_of_an_empty_collection_nothing_is_made(tmp_path):
    assert mounts(scanned(tmp_path, dynamic("local.mounts"), locals_tf="locals { mounts = [] }")) == []


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"source": "mounts.key", "target": "mounts.value"}, ("/a", "/b")),
        ({"source": '"${mounts.key}/x"', "target": '"/y${mounts.value}"'}, ("/a/x", "/y/b")),
        (
            {"iterator": "iterator = each_mount", "source": "each_mount.key", "target": "each_mount.value"},
            ("/a", "/b"),
        ),
        ({"source": "try(mounts.value.source, mounts.key)", "target": "mounts.value"}, ("/a", "/b")),
        ({"source": 'try(mounts.value.source, "/c")', "target": "mounts.value"}, ("/c", "/b")),
        ({"source": "coalesce(mounts.key, mounts.value)", "target": "mounts.value"}, ("/a", "/b")),
        ({"source": 'lookup(local.x, "a", "/d")', "target": "mounts.value"}, None),
    ],
)
def test_keys_and_values_in_expressions(tmp_path, settings, expected):
    found = mounts(scanned(tmp_path, dynamic('{ "/a" = "/b" }', **settings)))
    assert found == [expected] if expected else len(found) == 1


@pytest.mark.parametrize(
    ("element", "read_only"), [('source = "/etc"', True), ('source = "/etc", ro = false', False)]
)
def test_what_an_element_lacks_is_its_default(tmp_path, element, read_only):
    text = dynamic(f'[{{ {element}, target = "/e" }}]', read_only='lookup(mounts.value, "ro", true)')
    (container,) = scanned(tmp_path, text).model.containers
    assert container.mounts[0].read_only.on is read_only


def test_dynamic_blocks_in_dynamic_blocks(tmp_path):
    report = scanned(
        tmp_path,
        """
resource "docker_service" "s" {
  name = "s"
  dynamic "task_spec" {
    for_each = [{ mounts = [{ source = "/a" }, { source = "/b" }] }]
    content {
      container_spec {
        image = "x:1"
        dynamic "mounts" {
          for_each = task_spec.value.mounts
          content {
            type   = "bind"
            target = "/t${mounts.key}"
            source = mounts.value.source
          }
        }
      }
    }
  }
}
""",
    )
    assert mounts(report) == [("/a", "/t0"), ("/b", "/t1")]


FOR_EACH = """
resource "docker_container" "c" {{
  for_each   = {of}
  name       = each.key
  image      = each.value.image
  privileged = {privileged}
}}
"""


@pytest.mark.parametrize("privileged", ["each.value.privileged", "try(each.value.privileged, false)"])
def test_a_resource_is_made_for_each_element(tmp_path, privileged):
    of = '{ ci = { image = "x:1", privileged = true }, web = { image = "y:1", privileged = false } }'
    report = scanned(tmp_path, FOR_EACH.format(of=of, privileged=privileged))
    found = {each.name: each for each in report.model.containers}
    assert {name: str(each.image.reference) for name, each in found.items()} == {"ci": "x:1", "web": "y:1"}
    assert {name: each.privileged.on for name, each in found.items()} == {"ci": True, "web": False}
    assert found["ci"].address == 'docker_container.c["ci"]'


def test_a_default_may_be_another_value_with_a_caller(tmp_path):
    variable = 'variable "all" { default = { ci = { image = "x:1", privileged = true } } }'
    report = scanned(
        tmp_path, FOR_EACH.format(of="var.all", privileged="each.value.privileged"), variables_tf=variable
    )
    (container,) = report.model.containers
    assert container.privileged.on
    assert container.privileged.how == "default"


def test_a_resource_that_says_nothing_of_its_element_is_one(tmp_path):
    text = 'resource "docker_container" "c" {\n for_each = toset(["a", "b"])\n image = "x:1"\n privileged = true\n}\n'
    (container,) = scanned(tmp_path, text).model.containers
    assert container.address == "docker_container.c"


def test_pods_of_dynamic_blocks(tmp_path):
    report = scanned(
        tmp_path,
        """
resource "kubernetes_pod" "p" {
  metadata { name = "p" }
  spec {
    container {
      name  = "c"
      image = "x:1"
      dynamic "volume_mount" {
        for_each = local.sockets
        content {
          name       = volume_mount.key
          mount_path = volume_mount.value
        }
      }
    }
    dynamic "volume" {
      for_each = local.sockets
      content {
        name = volume.key
        host_path { path = volume.value }
      }
    }
  }
}
locals { sockets = { docker = "/var/run/docker.sock" } }
""",
    )
    assert [each.rule.id for each in report.open if each.rule.id == "host-engine-socket"] == ["host-engine-socket"]


def test_collections_that_grow_by_each_other_end(tmp_path):
    growing = "".join(f"  a{i} = concat({', '.join([f'local.a{i + 1}'] * 10)})\n" for i in range(4))
    text = dynamic("local.a0") + f"locals {{\n{growing}  a4 = [{', '.join([ONE] * 20)}]\n}}\n"
    report = scanned(tmp_path, text)
    assert [each.gravity for each in report.notices if "'for_each', 'dynamic'" in each.message] == [Gravity.ERROR]


def test_locals_that_lead_to_each_other_without_end_are_unknown(tmp_path):
    chain = "".join(f"  a{i} = tolist(local.a{i + 1})\n" for i in range(400))
    report = scanned(tmp_path, dynamic("local.a0") + f"locals {{\n{chain}  a400 = [{ONE}]\n}}\n")
    assert mounts(report) != [(SOCKET, "/s")]
    assert [notice.message for notice in report.notices if "locals are made of each other" in notice.message]


def test_a_container_whose_name_nobody_knows_is_called_as_its_resource_is(tmp_path):
    text = 'resource "docker_container" "runner" {\n name = var.name\n image = "x:1"\n privileged = true\n}\n'
    (container,) = scanned(tmp_path, text).model.containers
    assert container.label == "managed container 'runner'"
