"""Templates of Terraform, whose directives are no YAML: what stands beside them is read where it stands."""

from pathlib import Path

from dindguard import Options, scan
from dindguard.documents.template.directives import without_directives

TEMPLATE = """#cloud-config
write_files:
${common}
# the engine
%{ if open ~}
- path: /etc/docker/daemon.json
  content: |
    {"hosts": ["tcp://0.0.0.0:2375"]}
%{ endif ~}
runcmd:
- [touch, "${name}"]
"""


def test_nothing_moves() -> None:
    text = without_directives(TEMPLATE)
    assert len(text) == len(TEMPLATE)
    assert text.count("\n") == TEMPLATE.count("\n")
    assert '"${name}"' in text
    assert "%{" not in text
    assert "${common}" not in text


def test_what_stands_beside_directives_is_read(tmp_path: Path) -> None:
    (tmp_path / "cloudinit.yaml.tpl").write_text(TEMPLATE, "utf-8")
    report = scan(Options(paths=tmp_path, root=tmp_path))
    assert not report.incomplete
    assert [(each.rule.id, each.span.line) for each in report.findings] == [("unauthenticated-engine-api", 8)]
    assert any("a template: both" in each.message for each in report.notices)


def test_lines_may_end_as_on_windows(tmp_path: Path) -> None:
    (tmp_path / "cloudinit.yaml.tpl").write_text(TEMPLATE, "utf-8", newline="\r\n")
    (tmp_path / "main.tf").write_text(INSTANCE.format(rest=""), "utf-8", newline="\r\n")
    report = scan(Options(paths=tmp_path, root=tmp_path))
    assert not report.incomplete
    assert [(each.span.path, each.span.line) for each in report.findings] == [
        ("cloudinit.yaml.tpl", 8),
        ("main.tf", 6),
    ]


def test_what_is_broken_besides_is_still_told(tmp_path: Path) -> None:
    (tmp_path / "cloudinit.yaml.tpl").write_text(TEMPLATE + "runcmd: [\n", "utf-8")
    assert scan(Options(paths=tmp_path, root=tmp_path)).incomplete


INSTANCE = """resource "aws_instance" "runner" {{
  user_data = <<-EOF
    #cloud-config
    runcmd:
      %{{for volume in local.volumes}}
      - docker run --privileged bench ${{volume.id}}
      %{{endfor}}
    mounts:
      - [LABEL=state, ${{var.state_dir}}]
      %{{if var.home != "none"}}
      - [LABEL=home, /exports/home]
      %{{endif}}%{{if var.more != ""}}
    ${{templatestring(var.more, var.values)}}
    %{{endif}}
{rest}  EOF
}}
"""


def test_a_heredoc_has_them_too(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(INSTANCE.format(rest=""), "utf-8")
    report = scan(Options(paths=tmp_path, root=tmp_path))
    assert not report.incomplete
    assert [(each.rule.id, each.span.line) for each in report.findings] == [("privileged-container", 6)]


def test_a_heredoc_that_is_broken_besides_is_still_told(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(INSTANCE.format(rest="    runcmd: [\n"), "utf-8")
    assert scan(Options(paths=tmp_path, root=tmp_path)).incomplete
