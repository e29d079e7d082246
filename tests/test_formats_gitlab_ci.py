"""GitLab pipelines: what a job and its services are after includes, extends, defaults, references and inputs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dindguard import budget
from dindguard.documents import yaml
from dindguard.formats import Context, Document, Reading
from dindguard.formats.gitlab_ci import reader as gitlab_ci
from dindguard.model.container import Container, ContainerKind
from dindguard.model.values import UNKNOWN_PIECE, How
from dindguard.model.workload import Platform, Workload
from dindguard.source import Source
from support import context_of, documents_of, image, typed, variable, write_files

EMPTY = Context(open=lambda _: None, tree=lambda _: None, listing=lambda _: ())


def read_text(text: str, path: str = ".gitlab-ci.yml") -> Reading:
    source = Source(path, text)
    return gitlab_ci.read([Document(source, node) for node in yaml.read(source).documents], EMPTY)


def read_files(folder: Path, files: dict[str, str], *names: str) -> Reading:
    write_files(folder, files)
    return gitlab_ci.read(documents_of(folder, "gitlab-ci", *names), context_of(folder))


def workload(reading: Reading, name: str) -> Workload:
    return next(found for found in reading.workloads if found.name == name)


def job(reading: Reading, name: str) -> Container:
    return next(c for c in workload(reading, name).containers if c.kind is ContainerKind.JOB)


def services(reading: Reading, name: str) -> list[Container]:
    return [c for c in workload(reading, name).containers if c.kind is ContainerKind.JOB_SERVICE]


BASIC = """\
image: docker:27-cli
variables:
  DOCKER_TLS_CERTDIR: "/certs"
  IMAGE_TAG:
    value: "1.0"
    description: what to build
build:
  services:
    - name: docker:27-dind
      alias: engine, dockerhost
      command: ["--mtu=1400", "--registry-mirror", "https://mirror.example"]
      variables:
        DOCKER_TLS_CERTDIR: ""
    - postgres:16
  before_script:
    - export DOCKER_HOST=tcp://engine:2375
  script:
    - docker build -t app:$IMAGE_TAG .
    - |
      docker run --privileged app
      echo done
  after_script:
    - docker logout
  cache:
    paths: [/var/lib/docker, .npm]
"""


def test_jobs_that_share_a_matrix_have_its_values_each() -> None:
    shared = ".r: &r {matrix: [{V: ['26', '27']}]}\n"
    jobs = "".join(f"{name}: {{image: 'docker:$V', script: docker ps, parallel: {given}}}\n" for name, given in
                   (("a", "*r"), ("b", "{matrix: [{V: ['28', '29']}]}"), ("c", "*r")))  # fmt: skip
    reading = read_text(shared + jobs)
    found = {each.address: str(each.containers[-1].image) for each in reading.workloads}
    assert sorted(found.values()) == [f"docker:{version}" for version in (26, 26, 27, 27, 28, 29)]
    assert {address[len("jobs.")] for address, image_of in found.items() if image_of[-2:] in ("26", "27")} == {
        "a",
        "c",
    }


def test_a_matrix_of_images_is_a_workload_for_each() -> None:
    """Its script is read once: what it may be told differs, what it runs does not."""
    found = read_text(
        "t:\n  parallel: {matrix: [{V: ['26', '27'], W: [a, b]}]}\n  image: docker:$V-cli\n  script: [docker ps]\n"
    )
    assert [(each.address, each.containers[-1].image.reference.value) for each in found.workloads] == [
        ("jobs.t", "docker:26-cli"),
        ("jobs.t[V=27]", "docker:27-cli"),
    ]
    assert [embedded.owner for embedded in found.embedded] == [found.workloads[0].containers[-1]]


def test_a_job_with_services() -> None:
    reading = read_text(BASIC)
    found = workload(reading, "build")
    assert (found.platform, found.address, found.span.line) == (Platform.GITLAB, "jobs.build", 7)
    assert [str(path) for path in found.cached_paths] == ["/var/lib/docker", ".npm"]

    container = job(reading, "build")
    assert (str(container.image), container.address) == ("docker:27-cli", "jobs.build")
    assert typed(BASIC, image(container).span) == "docker:27-cli"
    assert container.environment.value("DOCKER_TLS_CERTDIR") == "/certs"
    assert container.environment.value("IMAGE_TAG") == "1.0"
    assert not container.privileged.set

    engine, database = services(reading, "build")
    assert (engine.name, engine.address) == ("engine", "jobs.build.services.engine")
    assert [str(alias) for alias in engine.aliases] == ["docker", "engine", "dockerhost"]
    assert [typed(BASIC, alias.span) for alias in engine.aliases[1:]] == ["engine", "dockerhost"]
    assert [str(word) for word in engine.command or ()] == [
        "--mtu=1400",
        "--registry-mirror",
        "https://mirror.example",
    ]
    # A service sees the job's variables, and its own before them.
    assert engine.environment.value("DOCKER_TLS_CERTDIR") == ""
    assert typed(BASIC, variable(engine, "DOCKER_TLS_CERTDIR").span) == 'DOCKER_TLS_CERTDIR: ""'
    assert engine.environment.value("IMAGE_TAG") == "1.0"
    assert (database.name, database.environment.value("DOCKER_TLS_CERTDIR")) == ("postgres", "/certs")
    assert found.find("engine") is engine
    assert found.find("docker") is engine


def test_scripts_are_one_text_with_exact_places() -> None:
    reading = read_text(BASIC)
    script, after = (embedded.source for embedded in reading.embedded)
    assert script.text.split("\n")[:3] == [
        "export DOCKER_HOST=tcp://engine:2375",
        "docker build -t app:$IMAGE_TAG .",
        "docker run --privileged app",
    ]
    for word in ("export", "tcp://engine:2375", "docker build", "--privileged", "echo done"):
        start = script.text.index(word)
        assert typed(BASIC, script.span(start, start + len(word))) == word
    assert (after.text, script.hint) == ("docker logout", "shell")
    assert all(embedded.owner is job(reading, "build") for embedded in reading.embedded)


@pytest.mark.parametrize(
    ("image", "names"),
    [
        ("docker:dind", ["docker"]),
        ("docker", ["docker"]),
        (
            "registry.example:5000/team/docker:29-dind",
            ["registry.example__team__docker", "registry.example-team-docker"],
        ),
        ("docker.io/library/docker@sha256:" + "0" * 64, ["docker.io__library__docker", "docker.io-library-docker"]),
        ("$CI_DEPENDENCY_PROXY_GROUP_IMAGE_PREFIX/docker:dind", []),
    ],
)
def test_names_that_the_runner_gives_a_service(image: str, names: list[str]) -> None:
    reading = read_text(f"build:\n  services: ['{image}']\n  script: [docker info]\n")
    assert [str(alias) for alias in services(reading, "build")[0].aliases] == names


def test_of_two_equal_names_the_first_service_has_it() -> None:
    text = "t: {services: ['docker:dind', {name: 'docker:dind', alias: second}, 'docker:dind'], script: [x]}"
    found = services(read_text(text), "t")
    assert [[str(a) for a in c.aliases] for c in found] == [["docker"], ["second"], []]
    assert len({c.address for c in found}) == 3


def test_the_name_of_a_job_reaches_nothing() -> None:
    reading = read_text("docker:\n  services: ['docker:dind']\n  script: [docker info]\n")
    assert workload(reading, "docker").find("docker") is services(reading, "docker")[0]


EXTENDS = """\
.engine:
  image: {name: docker:27-cli, entrypoint: [""]}
  services: [docker:27-dind]
  variables: {DOCKER_TLS_CERTDIR: "/certs", DOCKER_DRIVER: overlay2}
.plain:
  extends: .engine
  variables: {DOCKER_TLS_CERTDIR: ""}
build:
  extends: .plain
  variables: {EXTRA: "1"}
  script: docker build .
other:
  extends: [.engine, .missing]
  services: []
  script: [docker info]
"""


def test_extends_merges_mappings_and_replaces_lists() -> None:
    reading = read_text(EXTENDS)
    assert [found.name for found in reading.workloads] == ["build", "other"]
    container = job(reading, "build")
    assert {v.name: str(v.value) for v in container.environment} == {
        "DOCKER_TLS_CERTDIR": "",
        "DOCKER_DRIVER": "overlay2",
        "EXTRA": "1",
    }
    assert variable(container, "DOCKER_TLS_CERTDIR").span.line == 7
    assert [str(word) for word in container.entrypoint or ()] == [""]
    assert [step.what for step in image(container).span.trail] == ["extended here", "extended here"]
    assert [step.span.line for step in image(container).span.trail] == [6, 9]
    assert [str(c.image) for c in services(reading, "build")] == ["docker:27-dind"]
    assert services(reading, "other") == []
    assert [notice.message for notice in reading.notices] == ["no file that was read defines the job '.missing'"]


def test_a_cycle_of_extends_ends() -> None:
    reading = read_text("a: {extends: b, script: x}\nb: {extends: a, image: 'docker:dind'}\n")
    assert str(job(reading, "a").image) == "docker:dind"


def test_default_and_what_a_job_does_not_inherit() -> None:
    reading = read_text("""\
image: alpine:3
default:
  image: docker:27-cli
  services: [docker:27-dind]
  before_script: [docker info]
variables: {DOCKER_TLS_CERTDIR: "", OTHER: x}
all: {script: [a]}
none: {inherit: {default: false, variables: false}, script: [a]}
some: {inherit: {default: [image], variables: [OTHER]}, script: [a]}
own: {image: node, services: [], before_script: [], script: [a]}
""")
    shown = {
        name: (
            str(job(reading, name).image),
            len(services(reading, name)),
            [v.name for v in job(reading, name).environment],
        )
        for name in ("all", "none", "some", "own")
    }
    assert shown == {
        "all": ("docker:27-cli", 1, ["DOCKER_TLS_CERTDIR", "OTHER"]),
        "none": ("None", 0, []),
        "some": ("docker:27-cli", 0, ["OTHER"]),
        "own": ("node", 0, ["DOCKER_TLS_CERTDIR", "OTHER"]),
    }
    assert [embedded.source.text for embedded in reading.embedded] == ["docker info\na", "a", "a", "a"]


def test_hidden_jobs_count_through_those_that_use_them() -> None:
    text = """\
.extended: {services: [docker:dind], script: [a]}
.anchored: &anchored {services: [docker:dind], image: alpine}
.referred: {script: [b]}
.nobody: {services: [docker:dind], script: [c]}
.values: &list [d]
.no-content: {rules: [{when: never}]}
.in-part: {script: &part [f]}
one: {extends: .extended}
two: {<<: *anchored, script: [!reference [.referred, script], e], after_script: *part}
"""
    assert [found.name for found in read_text(text).workloads] == ["one", "two"]
    reading = read_text(text, "templates/docker.gitlab-ci.yml")
    assert [found.name for found in reading.workloads] == ["one", "two", ".nobody"]
    assert [embedded.source.text for embedded in reading.embedded] == ["a", "b\ne", "f", "c"]


def test_a_file_whose_include_is_commented_out_has_no_jobs(tmp_path: Path) -> None:
    files = {
        ".gitlab-ci.yml": "include:\n  - local: ci/on.yml\n  # - local: /ci/off.gitlab-ci.yml\n"
        "# see ci/other.gitlab-ci.yml for more\n",
        "ci/on.yml": "on: {script: [a]}\n",
        "ci/off.gitlab-ci.yml": "off: {script: [b]}\n",
        "ci/other.gitlab-ci.yml": "other: {script: [c]}\n",
    }
    reading = read_files(tmp_path, files, *files)
    assert [found.name for found in reading.workloads] == ["on", "other"]
    assert [(n.message, n.span.line) for n in reading.notices] == [
        ("the jobs of 'ci/off.gitlab-ci.yml' are left out: its include is commented out", 3)
    ]


def test_references_nest_and_point_to_where_the_text_is() -> None:
    text = """\
.vars: {variables: {DOCKER_HOST: "tcp://docker:2375"}}
.first: {script: [docker login, [docker pull a, [docker pull b]]]}
.second: {script: [!reference [.first, script], docker push]}
.loop: {script: [!reference [.loop, script]]}
job:
  variables: !reference [.vars, variables]
  services: !reference [.services, services]
  script: [!reference [.second, script], !reference [.loop, script], !reference []]
.services: {services: [docker:dind]}
"""
    reading = read_text(text)
    script = reading.embedded[0].source
    assert script.text == "docker login\ndocker pull a\ndocker pull b\ndocker push"
    assert typed(text, script.span(0, 12)) == "docker login"
    assert job(reading, "job").environment.value("DOCKER_HOST") == "tcp://docker:2375"
    (service,) = services(reading, "job")
    assert [step.what for step in image(service).span.trail] == ["referenced here"]


def test_variables_resolve_as_far_as_the_files_decide() -> None:
    text = """\
variables: {VERSION: "27", IMAGE: "docker:${VERSION}-cli", A: $B, B: $A, RAW: {value: "$VERSION", expand: false}}
known: {image: $IMAGE, services: ["docker:$VERSION-dind"], script: [x]}
shadowed: {variables: {VERSION: "29"}, image: $IMAGE, script: [x]}
unknown: {image: "$CI_DEPENDENCY_PROXY_GROUP_IMAGE_PREFIX/docker:%VERSION%", script: [x]}
"""
    reading = read_text(text)
    known = image(job(reading, "known")).reference
    assert (known.value, known.how, known.raw) == ("docker:27-cli", How.VARIABLE, "$IMAGE")
    assert typed(text, known.span) == "$IMAGE"
    assert [step.what for step in known.span.trail] == ["set here", "set here"]
    assert str(services(reading, "known")[0].image) == "docker:27-dind"
    assert services(reading, "known")[0].name == "docker"
    assert str(job(reading, "shadowed").image) == "docker:29-cli"
    proxied = image(job(reading, "unknown")).reference
    assert proxied.pattern == f"{UNKNOWN_PIECE}/docker:27"
    assert (proxied.value, proxied.variable) == (None, "CI_DEPENDENCY_PROXY_GROUP_IMAGE_PREFIX")
    assert job(reading, "known").environment.value("A") is None
    assert job(reading, "known").environment.value("RAW") == "$VERSION"


def test_a_value_made_of_others_follows_each_job() -> None:
    reading = read_text("""\
variables: {VERSION: "27", IMAGE: "docker:$VERSION", NAME: $IMAGE}
a: {script: [x]}
b: {script: [x], variables: {VERSION: "29"}}
c: {script: [x], services: [{name: $NAME, variables: {IMAGE: node}}]}
d: {script: [x], inherit: {variables: [NAME, IMAGE]}}
""")
    assert [job(reading, name).environment.value("NAME") for name in "abcd"] == [
        "docker:27",
        "docker:29",
        "docker:27",
        None,
    ]
    assert services(reading, "c")[0].environment.value("NAME") == "node"
    assert str(services(reading, "c")[0].image) == "docker:27"


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ("", "/certs"),
        ("  rules: [{if: $X, variables: {DOCKER_TLS_CERTDIR: /certs}}]\n", "/certs"),
        ("  rules: [{if: $X, variables: {DOCKER_TLS_CERTDIR: ''}}]\n", None),
        ("  parallel: {matrix: [{DOCKER_TLS_CERTDIR: ['']}]}\n", ""),
        ("  parallel: {matrix: [{DOCKER_TLS_CERTDIR: ['', /certs]}]}\n", None),
        ("workflow: {rules: [{variables: {DOCKER_TLS_CERTDIR: ''}}]}\n", None),
    ],
)
def test_a_variable_with_several_values_is_unknown(extra: str, expected: str | None) -> None:
    reading = read_text("variables: {DOCKER_TLS_CERTDIR: /certs}\njob:\n  script: [x]\n" + extra)
    assert job(reading, "job").environment.value("DOCKER_TLS_CERTDIR") == expected


def test_local_includes_are_one_project(tmp_path: Path) -> None:
    files = {
        ".gitlab-ci.yml": "include: [/ci/base.yml, {local: 'ci/jobs/*.yml'}, {project: a/b, file: x.yml}]\n"
        "default: {image: docker:27-cli}\nbuild: {extends: .engine, script: [docker build .]}\n",
        "ci/base.yml": ".engine: {services: [docker:27-dind], variables: {DOCKER_TLS_CERTDIR: ''}}\n"
        "default: {image: alpine, before_script: [docker info]}\n",
        "ci/jobs/test.yml": "test: {extends: .engine, script: [docker run x]}\n",
        "alone.gitlab-ci.yml": "lint: {extends: .engine, script: [x]}\n",
    }
    reading = read_files(tmp_path, files)
    assert [(w.name, w.path) for w in reading.workloads] == [
        ("test", "ci/jobs/test.yml"),
        ("build", ".gitlab-ci.yml"),
        ("lint", "alone.gitlab-ci.yml"),
    ]
    for name in ("test", "build"):
        assert str(job(reading, name).image) == "docker:27-cli"
        assert image(services(reading, name)[0]).span.path == "ci/base.yml"
        assert variable(services(reading, name)[0], "DOCKER_TLS_CERTDIR").span.path == "ci/base.yml"
    texts = [(embedded.source.path, embedded.source.text) for embedded in reading.embedded]
    assert ("ci/base.yml", "docker info") in texts
    assert (".gitlab-ci.yml", "docker build .") in texts
    assert [notice.message for notice in reading.notices] == [
        "an include from elsewhere (project) was not read",
        "no file that was read defines the job '.engine'",
    ]


def test_an_included_file_that_was_not_given_is_opened(tmp_path: Path) -> None:
    files = {
        "app/.gitlab-ci.yml": "include: /ci/a.yml\nb: {trigger: {include: ci/child.yml}}\n",
        "app/ci/a.yml": "include: [a.yml, ci/a.yml, nowhere.yml]\na: {script: [docker info]}\n",
        "app/ci/child.yml": "child: {services: [docker:dind], script: [x]}\n",
    }
    reading = read_files(tmp_path, files, "app/.gitlab-ci.yml")
    assert [found.name for found in reading.workloads] == ["a", "child"]
    assert [notice.message for notice in reading.notices] == [
        "no file matches the include 'a.yml'",
        "no file matches the include 'nowhere.yml'",
    ]


def test_pipelines_inside_another_document_are_read_one_by_one() -> None:
    page = Source("docs/ci.md", "a: {script: x}\nb: {script: y}\n")
    parts = [page.part(0, 15, hint="gitlab-ci"), page.part(15, 30, hint="gitlab-ci")]
    reading = gitlab_ci.read([Document(part, yaml.read(part).documents[0]) for part in parts], EMPTY)
    assert [(found.name, str(found.span)) for found in reading.workloads] == [
        ("a", "docs/ci.md:1:1"),
        ("b", "docs/ci.md:2:1"),
    ]


TEMPLATE = """\
spec:
  inputs:
    job: {default: build}
    version: {}
    tls: {default: "/certs"}
    steps: {type: array, default: [docker info]}
---
"$[[ inputs.job ]]":
  image: docker:$[[ inputs.version ]]-cli
  variables: {DOCKER_TLS_CERTDIR: "$[[ inputs.tls ]]"}
  before_script: $[[ inputs.steps ]]
  script:
    - docker build -t a:$[[ inputs.version ]] --network host .
"""


def test_inputs_of_a_template_read_alone() -> None:
    reading = read_text(TEMPLATE, "templates/build.yml")
    container = job(reading, "build")
    assert image(container).reference.pattern == f"docker:{UNKNOWN_PIECE}-cli"
    assert image(container).reference.variable == "inputs.version"
    certificates = variable(container, "DOCKER_TLS_CERTDIR").value
    assert (certificates.value, certificates.how) == ("/certs", How.DEFAULT)
    assert reading.embedded[0].source.text == "docker info\ndocker build -t a:$[[ inputs.version ]] --network host ."


def test_inputs_that_an_include_gives(tmp_path: Path) -> None:
    main = "include:\n  - local: templates/build.yml\n    inputs: {job: pack, version: '29', tls: ''}\n"
    reading = read_files(tmp_path, {".gitlab-ci.yml": main, "templates/build.yml": TEMPLATE})
    container = job(reading, "pack")
    assert [found.name for found in reading.workloads] == ["pack"]
    assert str(container.image) == "docker:29-cli"
    assert container.environment.value("DOCKER_TLS_CERTDIR") == ""
    script = reading.embedded[0].source
    assert script.text.endswith("docker build -t a:29 --network host .")
    start = script.text.index("--network host")
    assert typed(TEMPLATE, script.span(start, start + 14)) == "--network host"
    assert (
        typed(TEMPLATE, script.span(script.text.index("29"), script.text.index("29") + 2)) == "$[[ inputs.version ]]"
    )


@pytest.mark.parametrize(
    ("words", "script"),
    [
        ("entrypoint: [sh, -c, dockerd-entrypoint.sh $OPTS]", "dockerd-entrypoint.sh $OPTS"),
        ("entrypoint: [/bin/sh, -ec], command: ['dockerd --tls=false']", "dockerd --tls=false"),
        ("command: [sh, -c, dockerd]", "dockerd"),
        ("command: [dockerd, --host, x]", None),
        ("entrypoint: [sh, script.sh]", None),
    ],
)
def test_the_script_of_a_service(words: str, script: str | None) -> None:
    reading = read_text(f"j: {{services: [{{name: a, {words}}}], script: [x]}}")
    found = [e.source.text for e in reading.embedded if e.owner is services(reading, "j")[0]]
    assert found == ([] if script is None else [script])


def test_the_user_and_jobs_that_run_nothing() -> None:
    reading = read_text("""\
run: {image: {name: alpine, docker: {user: "0:0"}}, script: [x]}
downstream: {trigger: group/project}
pages: {script: [x]}
stages: [a]
""")
    assert [found.name for found in reading.workloads] == ["run", "pages"]
    assert str(job(reading, "run").user) == "0:0"


def test_merge_keys_of_anchors_point_to_what_was_typed() -> None:
    text = """\
.tls: &tls {DOCKER_TLS_CERTDIR: ""}
.script: &script
  - docker info
job:
  variables: {<<: *tls, A: b}
  script: [*script, docker push]
"""
    reading = read_text(text)
    assert variable(job(reading, "job"), "DOCKER_TLS_CERTDIR").value.span.line == 1
    source = reading.embedded[0].source
    assert source.text == "docker info\ndocker push"
    assert source.span(0, 6).line == 3


JUNK = ["~", "[]", "{}", "[[[x]]]", "{a: {b: c}}", "'$[[ inputs.x ]]'", "!reference [a]", "$X", "3"]
PLACES = [
    "{}", "image: {}\na: {{script: x}}", "a: {{script: {}}}", "a: {{script: x, image: {}}}", "{}: {{script: x}}",
    "a: {{script: x, services: {}}}", "a: {{script: x, services: [{}]}}", "a: {{extends: {}, script: x}}",
    "variables: {}\na: {{script: x}}", "a: {{script: x, variables: {{A: {}}}}}", "default: {}\na: {{script: x}}",
    "include: {}\na: {{script: x}}", "include: [{{local: {}}}]", "a: {{script: x, cache: {}}}",
    "a: {{script: x, services: [{{name: {0}, alias: {0}, command: {0}, entrypoint: {0}, variables: {0}}}]}}",
    "a: {{script: x, inherit: {{default: {0}, variables: {0}}}}}", "a: {{script: x, parallel: {{matrix: {}}}}}",
    "a: {{script: x, rules: {}}}", "spec: {}\n---\na: {{script: '$[[ inputs.x ]]'}}",
    "spec: {{inputs: {}}}\n---\na: {{script: '$[[ inputs.x ]]'}}", "a: {{trigger: {{include: {}}}}}",
]  # fmt: skip


@pytest.mark.parametrize("junk", JUNK)
@pytest.mark.parametrize("template", PLACES)
def test_junk_never_raises(template: str, junk: str) -> None:
    reading = read_text(template.format(junk))
    assert isinstance(reading, Reading)


@pytest.mark.parametrize(
    "text",
    [
        ".x: &x {script: [a], c: *x}\ny: &y {extends: .x, c: *y, image: docker}\n",
        ".x: {script: [!reference [.x, script, a, a, a]]}\ny: {script: [!reference [.x, script]], image: docker}\n",
        "y: {image: docker, script: &s [*s, *s, *s]}\n",
        "y: {image: docker, variables: &v {A: *v}, script: x}\ninclude: ['" + "**/*" * 40 + "']\n",
    ],
)
def test_what_holds_itself_ends(text: str) -> None:
    assert str(job(read_text(text), "y").image) == "docker"


def test_includes_that_multiply_end(tmp_path: Path) -> None:
    files = {
        f"{name}.yml": f"include: [{', '.join([f'{below}.yml'] * 60)}]\n" for name, below in ("ab", "bc", "cd", "de")
    }
    files[".gitlab-ci.yml"] = "include: a.yml\njob: {script: x}\n"
    assert [found.name for found in read_files(tmp_path, files, ".gitlab-ci.yml").workloads] == ["job"]


WORDS = (
    "image services script variables extends a .b default include inherit name spec alias cache paths rules parallel"
    " matrix trigger local inputs before_script value"
)
KEYS = st.sampled_from(WORDS.split())
SCALARS = st.sampled_from(["a", ".b", "$A", "${B}", "docker:dind", "$[[inputs.a]]", "*.yml", "true", "$$", "%A%", ""])
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=15,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TREES)
def test_any_tree_can_be_read(tree: object) -> None:
    source = Source(".gitlab-ci.yml", json.dumps(tree))
    for embedded in gitlab_ci.read([Document(source, n) for n in yaml.read(source).documents], EMPTY).embedded:
        embedded.source.span(0, len(embedded.source.text))


def test_includes_end_with_the_jobs_that_a_pipeline_may_have(tmp_path: Path) -> None:
    files = {".gitlab-ci.yml": "include:\n" + "".join(f"- {{local: p.yml, inputs: {{n: a{n}}}}}\n" for n in range(9))}
    files["p.yml"] = "spec: {inputs: {n: {}}}\n---\n" + "".join(
        f"'j{n}-$[[ inputs.n ]]': {{image: docker, script: docker ps}}\n" for n in range(500)
    )
    with budget.opened() as ledger:
        reading = read_files(tmp_path, files, ".gitlab-ci.yml")
    assert len(reading.workloads) == budget.most_containers(len(files["p.yml"]))
    met = (budget.GITLAB_JOBS, budget.DESCRIBED_CONTAINERS)
    assert [notice.message for notice in ledger.notices] == [
        limit.notice(reading.workloads[0]).message for limit in met
    ]


def test_a_job_in_three_files_is_merged_in_their_order(tmp_path: Path) -> None:
    reading = read_files(
        tmp_path,
        {
            ".gitlab-ci.yml": "include: [a.yml, b.yml, c.yml]\nj: {variables: {own: '1'}}\n",
            "a.yml": "j: {image: a, script: docker ps, variables: {a: '1', c: '1'}}\n",
            "b.yml": "j: none\nk: {image: b, script: docker ps}\n",
            "c.yml": "j: {image: c, script: docker ps, variables: {c: '2'}}\nk: {variables: {c: '3'}}\n",
        },
        ".gitlab-ci.yml",
    )
    assert image(job(reading, "j")).repository == "c"
    assert [each.name for each in job(reading, "j").environment] == ["c", "own"], (
        "a text in between replaces what was below"
    )
    assert image(job(reading, "k")).repository == "b"
    assert variable(job(reading, "k"), "c").value.value == "3"
