"""Playbooks, roles and scenarios of Molecule: what their variables hold, and what their tasks do."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard import Options, Report, Severity, budget, scan
from dindguard.records import replace
from support import write_files


def report_of(tmp_path: Path, **files: str) -> Report:
    write_files(tmp_path, {name.replace("__", "/"): text for name, text in files.items()})
    return scan(Options(paths=(tmp_path,), root=tmp_path))


def playbook(tmp_path: Path, task: str, head: str = "") -> Report:
    return report_of(tmp_path, **{"site.yml": f"- hosts: all\n{head}  tasks:\n{task}"})


def images(report: Report) -> list[str]:
    return [str(each.image) for each in report.model.containers if each.image is not None]


ROLE = "roles__web__tasks__main.yml"
POD = "{kind: Pod, apiVersion: v1, spec: {containers: [{name: a, image: b, securityContext: {privileged: true}}]}}"
TASK = "- docker_container: {name: a, image: '{{ image }}', privileged: '{{ p }}'}\n"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, "{{ image }}"),
        ({"roles__web__defaults__main.yml": "image: role:1"}, "role:1"),
        ({"roles__web__defaults__main__x.yaml": "image: folder:1"}, "folder:1"),
        ({"roles__web__defaults__main.yml": "image: role:1", "group_vars__all.yml": "image: group:1"}, "group:1"),
        (
            {"group_vars__all.yml": "image: group:1", "roles__web__vars__main.yml": "image: '{{ n }}:2'\nn: own"},
            "own:2",
        ),
    ],
)
def test_the_variables_that_count_first(tmp_path: Path, files: dict[str, str], expected: str) -> None:
    report = report_of(tmp_path, **{ROLE: TASK}, **files)
    assert images(report) == [expected] or (not files and report.model.containers[0].image is not None)


@pytest.mark.parametrize(
    ("value", "state"),
    [
        ("true", True), ("yes", True), ("'{{ p }}'", None), ("'{{ p | default(true) }}'", True),
        ("'{{ p | default(omit) }}'", False), ("'{{ off | bool }}'", False), ("'{{ true if x else false }}'", None),
        ("'{% if x %}true{% endif %}'", None), ("'{{ lookup(\"env\", \"P\") }}'", None), ("", False),
    ],
)  # fmt: skip
def test_privileged_in_jinja(tmp_path: Path, value: str, state: bool | None) -> None:
    report = playbook(
        tmp_path,
        f"  - docker_container:\n      name: a\n      image: docker\n      privileged: {value}\n",
        "  vars: {off: 'no'}\n",
    )
    (container,) = report.model.containers
    assert container.privileged.state is state


@pytest.mark.parametrize(
    ("volumes", "sources"),
    [
        ("'/a:/b,/c:/d'", ["/a", "/c"]),
        ("['{{ root }}/a:/b']", ["/srv/a"]),
        ("'{{ more }}'", ["/m"]),
        ("'{{ more + others | default([]) }}'", ["/m"]),
        ("'{{ more + more }}'", ["/m", "/m"]),
        ("'{{ nobody }}'", []),
    ],
)
def test_lists_that_variables_hold(tmp_path: Path, volumes: str, sources: list[str]) -> None:
    report = playbook(
        tmp_path,
        f"  - docker_container: {{name: a, image: docker, volumes: {volumes}}}\n",
        "  vars: {root: /srv, more: ['/m:/n']}\n",
    )
    (container,) = report.model.containers
    assert [str(mount.source) for mount in container.mounts] == sources
    noted = [notice for notice in report.notices if notice.kind == "undecided"]
    assert bool(noted) is (not sources)


def test_a_loop_over_a_literal_list_is_a_container_for_each(tmp_path: Path) -> None:
    report = playbook(
        tmp_path,
        "  - docker_container: {name: '{{ item.n }}', image: '{{ item.i }}'}\n"
        "    loop: [{n: one, i: docker:1}, {n: two, i: docker:2}]\n"
        "  - docker_container: {name: '{{ x }}', image: docker:3}\n    loop: '{{ nobody }}'\n"
        "    loop_control: {loop_var: x}\n",
    )
    assert [(each.name, each.address) for each in report.model.containers] == [
        ("one", "plays.all.one"),
        ("two", "plays.all.two"),
        ("{{ x }}", "plays.all.{{ x }}"),
    ]


def test_a_loop_over_too_many_items_is_said(tmp_path: Path) -> None:
    items = ", ".join(f"a{number}" for number in range(200))
    report = playbook(
        tmp_path,
        f"  - docker_container: {{name: '{{{{ item }}}}', image: b, privileged: true}}\n    loop: [{items}]\n",
    )
    assert [notice.kind for notice in report.notices] == ["budget"]
    assert len(report.findings) == 1


def test_blocks_hand_down_conditions_variables_and_the_client_s_environment(tmp_path: Path) -> None:
    report = playbook(
        tmp_path,
        "  - when: wanted\n    vars: {v: docker:1}\n    environment: {DOCKER_HOST: 'tcp://h:2375'}\n    block:\n"
        "    - docker_container: {name: a, image: '{{ v }}'}\n      when: [x is defined]\n"
        "    - command: docker ps\n",
        "  vars: {wanted: false}\n",
    )
    container = next(each for each in report.model.containers if each.name == "a")
    assert [(each.text, each.holds) for each in container.conditions] == [("wanted", False), ("x is defined", None)]
    call = next(each for each in report.model.invocations if each.action == "ps")
    assert call.endpoint is not None
    assert call.endpoint.port == 2375


@pytest.mark.parametrize(
    "task",
    [
        "docker_container: {name: a, image: b, privileged: true, state: absent}",
        "docker_container: {name: a, image: b, privileged: true}\n    when: false",
        "podman_container: {name: a, image: b, privileged: 'no'}",
        "debug: {msg: docker run --privileged b}",
        "command: echo docker run --privileged b",
        f"k8s: {{state: absent, definition: {POD}}}",
    ],
)
def test_what_starts_nothing_privileged(tmp_path: Path, task: str) -> None:
    report = playbook(tmp_path, f"  - {task}\n")
    assert not report.findings
    assert not report.coverage.blind_spots


@pytest.mark.parametrize(
    "task",
    [
        "docker_container: {name: a, image: b, privileged: true}",
        "containers.podman.podman_container: {name: a, image: b, privileged: true}",
        "docker_container: name=a image=b privileged=yes",
        "command: docker run --privileged b",
        "command:\n      argv: [docker, run, --privileged, b]",
        "shell: 'docker run {{ o }} b'",
        f"k8s: {{definition: {POD}}}",
        "docker_compose_v2: {project_name: a, definition: {services: {a: {image: b, privileged: true}}}}",
        "copy: {dest: /opt/compose.yaml, content: 'services: {a: {image: b, privileged: true}}'}",
        "copy:\n      dest: /usr/local/bin/a.sh\n      content: |\n        docker run --privileged b",
    ],
)
def test_what_starts_something_privileged(tmp_path: Path, task: str) -> None:
    report = playbook(tmp_path, f"  - {task}\n", "  vars: {o: --privileged}\n")
    assert [finding.rule.id for finding in report.findings] == ["privileged-container"]


def test_halves_of_an_engine_that_one_role_writes_are_joined(tmp_path: Path) -> None:
    report = report_of(
        tmp_path,
        **{
            "roles__docker__tasks__main.yml": "- copy:\n    dest: /etc/docker/daemon.json\n    content: |\n"
            '      {"hosts": ["tcp://0.0.0.0:2375"]}\n'
            "- template: {src: unit.j2, dest: /etc/systemd/system/docker.service.d/x.conf}\n",
            "roles__docker__templates__unit.j2": "[Service]\nExecStart=\nExecStart=/usr/bin/dockerd -H fd://\n",
        },
    )
    assert [finding.rule.id for finding in report.findings] == ["conflicting-engine-settings"]


def test_options_of_the_engine_in_variables(tmp_path: Path) -> None:
    opened = report_of(tmp_path, **{"group_vars__all.yml": "docker_opts: '-H tcp://0.0.0.0:2375 --debug'\n"})
    assert [finding.rule.id for finding in opened.findings] == ["unauthenticated-engine-api"]
    (tmp_path / "group_vars" / "all.yml").write_text("docker_opts: '--no-cache'\n")
    assert not scan(Options(paths=(tmp_path,), root=tmp_path)).findings


def test_what_is_not_understood_is_still_told(tmp_path: Path) -> None:
    report = report_of(
        tmp_path,
        **{
            "site.yml": "- hosts: all\n  roles:\n  - {role: web, web_volumes: ['/var/run/docker.sock:/s']}\n",
            "tasks__main.yml": "- name: a\n  kolla_container: {name: a, image: b, privileged: true}\n"
            "- name: b\n  docker_container: {name: b, image: '{{ i }}'}\n",
            "defaults__main.yml": "i: docker\nextra: {privileged: true}\n",
        },
    )
    assert {spot.path for spot in report.coverage.blind_spots} == {"site.yml", "tasks/main.yml", "defaults/main.yml"}


def test_a_test_machine_of_molecule_is_less_grave(tmp_path: Path) -> None:
    text = "driver: {name: %s}\nplatforms: [{name: a, image: b, privileged: true}]\n"
    report = report_of(tmp_path, **{"molecule__default__molecule.yml": text % "podman"})
    (finding,) = report.findings
    assert (finding.rule.id, finding.severity) == ("privileged-container", Severity.MEDIUM)
    assert not report_of(tmp_path, **{"molecule__default__molecule.yml": text % "vagrant"}).findings


@pytest.mark.parametrize(
    ("task", "found"),
    [
        ("ansible.builtin.cron: {name: a, job: docker run --privileged alpine}", 1),
        ("cron: {name: a, job: docker run --privileged alpine, state: absent}", 0),
        ("cron: {name: docker run --privileged alpine, job: make}", 0),
        ("ansible.posix.at: {command: docker run --privileged alpine, count: 1, units: hours}", 1),
        ("ansible.builtin.expect: {command: docker run --privileged alpine, responses: {a: b}}", 1),
        ("ansible.windows.win_shell: docker run --privileged alpine", 1),
        ("ansible.windows.win_command: {cmd: docker run --privileged alpine}", 1),
        ("ansible.windows.win_powershell: {script: docker run --privileged alpine}", 1),
        ("ansible.windows.win_shell: echo docker run --privileged alpine", 0),
    ],
)
def test_commands_that_run_at_times_or_on_windows(tmp_path: Path, task: str, found: int) -> None:
    report = playbook(tmp_path, f"  - name: a\n    {task}\n")
    assert [each.rule.id for each in report.findings] == ["privileged-container"] * found
    assert not report.coverage.blind_spots


@pytest.mark.parametrize(
    ("scenario", "playbook", "task", "found"),
    [
        ("driver: {name: default}", "create.yml", "containers.podman.podman_container: {name: '{{ item.name }}'}", 1),
        ("driver: {name: delegated}", "create.yml", "docker_container: {name: '{{ item.name }}'}", 1),
        ("driver: {name: default}", "create.yml", "amazon.aws.ec2_instance: {name: '{{ item.name }}'}", 0),
        ("driver: {name: default}", "other.yml", "docker_container: {name: '{{ item.name }}'}", 0),
        (
            "driver: {name: default}\nprovisioner: {playbooks: {create: ../other.yml}}",
            "../other.yml",
            "docker_container: {}",
            1,
        ),
        ("driver: {name: vagrant}", "create.yml", "docker_container: {name: '{{ item.name }}'}", 0),
    ],
)
def test_a_playbook_may_make_the_test_machines(
    tmp_path: Path, scenario: str, playbook: str, task: str, found: int
) -> None:
    play = f"- hosts: localhost\n  tasks:\n  - {task}\n    loop: '{{{{ molecule_yml.platforms }}}}'\n"
    text = f"{scenario}\nplatforms: [{{name: a, image: b, privileged: true}}]\n"
    made = (Path("molecule/default") / playbook).as_posix().replace("default/../", "")
    report = report_of(tmp_path, **{"molecule__default__molecule.yml": text, made.replace("/", "__"): play})
    assert [each.rule.id for each in report.findings] == ["privileged-container"] * found


def test_privilege_of_a_test_machine_weighs_no_more_than_its_socket(tmp_path: Path) -> None:
    machine = "{name: a, image: b, privileged: true, volumes: ['/var/run/docker.sock:/var/run/docker.sock']}"
    text = f"driver: {{name: docker}}\nplatforms: [{machine}]\n"
    report = report_of(tmp_path, **{"molecule__default__molecule.yml": text})
    found = {each.rule.id: each.severity for each in report.findings}
    assert found == {"host-engine-socket": Severity.HIGH, "privileged-container": Severity.MEDIUM}


@pytest.mark.parametrize(
    "text",
    [
        "- hosts: all\n  tasks: docker\n", "- hosts: [all]\n  tasks: [docker, {shell: }, {docker_container: }]\n",
        "- hosts: all\n  vars: {a: '{{ b }}', b: '{{ a }}'}\n  tasks: [{docker_container: {volumes: '{{ b }}'}}]\n",
        "- hosts: all\n  tasks: [{docker_container: {name: a, env: x, mounts: [x, {}], command: {}, volumes: {a: b}}}]\n",
        "- hosts: all\n  tasks: [{command: {argv: [docker, {}]}}, {user: {}}, {file: {path: x}}, {copy: {content: []}}]\n",
        "driver: docker\nplatforms: [docker, {}]\n",
    ],
)  # fmt: skip
def test_nonsense_is_read(tmp_path: Path, text: str) -> None:
    report = report_of(tmp_path, **{"site.yml": text})
    assert not [notice for notice in report.notices if "fault" in notice.message]
    assert not report.incomplete


SITE = "- hosts: ci\n  roles: [web]\n"
ROLE_DEFAULTS = {"roles__web__defaults__main.yml": "image: role:1"}
CI = {"group_vars__ci.yml": "image: ci:1"}
INCLUDED = "- hosts: ci\n  tasks:\n  - block:\n    - include_role: {name: web}\n      vars: {image: 'task:1'}\n"
ANYBODY = "- hosts: all\n  roles: [{role: web}]\n"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"site.yml": SITE, "group_vars__ci.yml": "image: ci:1"}, "ci:1"),
        ({"site.yml": SITE, "group_vars__ci__docker.yml": "image: ci:1", **ROLE_DEFAULTS}, "ci:1"),
        ({"site.yml": SITE, "inventories__prod__group_vars__ci.yml": "image: ci:1"}, "ci:1"),
        ({"site.yml": SITE, "group_vars__ci.yml": "image: ci:1", "host_vars__ci.yml": "image: host:1"}, "host:1"),
        ({"site.yml": SITE, "group_vars__web.yml": "image: other:1", **ROLE_DEFAULTS}, "role:1"),
        ({"site.yml": ANYBODY, "group_vars__ci.yml": "image: ci:1"}, "ci:1"),
        ({"site.yml": ANYBODY, **CI, **ROLE_DEFAULTS}, "role:1"),
        ({"site.yml": ANYBODY, "group_vars__ci.yml": "image: ci:1", "group_vars__b.yml": "image: b:1"}, "{{ image }}"),
        ({"site.yml": "- hosts: ci\n  vars: {image: 'play:1'}\n  roles: [web]\n", "group_vars__ci.yml": "image: ci:1"}, "play:1"),
        ({"site.yml": "- hosts: ci\n  vars: {image: 'play:1'}\n  roles: [{role: web, image: 'own:1'}]\n"}, "own:1"),
        ({"site.yml": INCLUDED}, "task:1"),
        ({"site.yml": "- hosts: ci\n  vars_files: [v.yml]\n  roles: [web]\n", "v.yml": "image: file:1"}, "file:1"),
        ({"site.yml": SITE, "other.yml": "- hosts: b\n  roles: [web]\n", "group_vars__ci.yml": "image: ci:1"}, "ci:1"),
        ({"site.yml": SITE, "other.yml": "- hosts: b\n  vars: {image: 'b:1'}\n  roles: [web]\n", **CI}, "{{ image }}"),
    ],
)  # fmt: skip
def test_what_plays_and_groups_give_to_a_role(tmp_path: Path, files: dict[str, str], expected: str) -> None:
    report = report_of(tmp_path, **{ROLE: TASK}, **files)
    (container,) = report.model.containers
    assert container.image is not None
    assert container.image.reference.value == (None if "{{" in expected else expected)


def test_the_groups_of_a_play_s_own_tasks(tmp_path: Path) -> None:
    plays = "".join(f"- hosts: {group}\n  tasks:\n  {TASK}" for group in ("a", "b:&c", "d"))
    groups = {f"group_vars__{group}.yml": f"image: '{group}:1'" for group in ("a", "b")}
    report = report_of(tmp_path, **{"site.yml": plays, **groups})
    assert images(report)[0] == "a:1"
    assert report.model.containers[2].image is None or report.model.containers[2].image.reference.unknown


HALVES = (
    '  tasks:\n  - copy: {dest: /etc/docker/daemon.json, content: \'{"hosts": ["unix:///run/docker.sock"]}\'}\n',
    (
        "  tasks:\n  - copy:\n      dest: /etc/systemd/system/docker.service.d/a.conf\n"
        "      content: |\n        [Service]\n        ExecStart=\n        ExecStart=/usr/bin/dockerd -H unix:///run/other.sock\n"
    ),
)


@pytest.mark.parametrize(
    ("first", "second", "joined"),
    [("a", "a", True), ("a", "b", False), ("all", "b", True), ("a,b", "b", True), ("a", "{{ h }}", True)],
)
def test_plays_on_other_hosts_set_other_machines_up(tmp_path: Path, first: str, second: str, joined: bool) -> None:
    text = f"- hosts: '{first}'\n{HALVES[0]}- hosts: '{second}'\n{HALVES[1]}"
    report = report_of(tmp_path, **{"site.yml": text})
    assert ("conflicting-engine-settings" in {each.rule.id for each in report.findings}) is joined


def test_a_user_without_groups_is_nobody_s_member(tmp_path: Path) -> None:
    report = playbook(tmp_path, "  - user: {name: docker, system: true}\n  - user: {name: a, group: docker}\n")
    assert [each.span.line for each in report.findings] == [4]
    assert not report.incomplete


@pytest.mark.parametrize(
    ("task", "kinds"),
    [
        ("apt: {name: docker.io}", ["engine install"]),
        ("apt: name=docker-ce=5:29.1.0 state=present", ["engine install"]),
        ("package: {name: '{{ packages }}', state: latest}", ["engine install"]),
        ("dnf: {name: [podman, git], state: absent}", []),
        ("apt: {name: docker-doc}", []),
        ("service: {name: docker, state: started}", ["engine start"]),
        ("systemd: {name: docker.socket, enabled: true, state: restarted}", ["engine start"]),
        ("systemd: {name: docker, enabled: true}", []),
        ("service: {name: nginx, state: started}", []),
    ],
)
def test_engines_that_tasks_install_and_start(tmp_path: Path, task: str, kinds: list[str]) -> None:
    report = playbook(tmp_path, f"  - {task}\n", head="  vars: {packages: [git, docker-ce-cli, docker-ce]}\n")
    assert [each.kind.value for each in report.model.invocations][:1] == kinds
    assert report.findings == ()


@pytest.mark.parametrize(("most", "met"), [(4, False), (3, True)])
def test_a_mapping_for_all_tasks_counts_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int, met: bool
) -> None:
    monkeypatch.setattr(budget, "TASK_VALUES", replace(budget.TASK_VALUES, most=most))
    tasks = "".join(f"  - docker_container: {{name: c{n}, image: docker, env: '{{{{ e }}}}'}}\n" for n in range(2))
    (tmp_path / "site.yml").write_text(f"- hosts: all\n  vars: {{e: {{A: a, B: b}}}}\n  tasks:\n{tasks}")
    report = scan(Options(paths=(tmp_path,), root=tmp_path))
    assert any(notice.kind == "budget" for notice in report.notices) is met
