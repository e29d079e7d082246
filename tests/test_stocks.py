"""What many small files could multiply comes out of one stock: what is each file's own, no other takes away."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard import Options, Report, budget, scan
from dindguard.budget.stocks import Shared, stock
from dindguard.formats.kubernetes import folders
from dindguard.records import replace
from dindguard.source import Source

AT = Source("run.sh", "docker ps\n").whole()


def options(folder: Path, files: dict[str, str], jobs: int = 1) -> Options:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return Options(paths=(folder,), root=folder, jobs=jobs)


def scanned(folder: Path, files: dict[str, str], jobs: int = 1) -> Report:
    return scan(options(folder, files, jobs))


def said(report: Report, limit: budget.Limit) -> list[str]:
    """Return the files that a notice of a limit is about."""
    words = limit.what.partition("{")[0]
    told = [notice for notice in report.notices if notice.message.startswith(words)]
    return sorted(span.path for notice in told for span in (notice.span, *notice.also))


def lowered(monkeypatch: pytest.MonkeyPatch, name: str, most: int) -> budget.Limit:
    limit = replace(getattr(budget, name), most=most)
    monkeypatch.setattr(budget, name, limit)
    return limit


def test_a_stock_is_the_open_ledgers() -> None:
    limit = replace(budget.EXPANSIONS, most=3)
    with budget.opened() as ledger:
        assert not ledger.beyond
        assert [stock(limit).take(count, AT) for count in (0, 2, 1, 0, 1)] == [True, True, True, True, False]
        with budget.opened() as inner:
            assert stock(limit).take(3, AT), "an inner ledger has stocks of its own"
        assert inner.beyond
        assert not inner.notices
    assert ledger.beyond
    assert [notice.span for notice in ledger.notices] == [AT]
    assert stock(limit).take(3, AT), "without a ledger, each has its own"


def test_what_is_shared_is_read_once_in_any_case_and_then_as_often_as_all_files_have_it() -> None:
    shared = Shared(replace(budget.SHARED_FILES, most=0), 5)
    with budget.opened() as ledger:
        assert [shared.fits("a", 10, AT) for _ in range(5)] == [True, True, True, False, False]
        assert shared.fits("b", 1_000, AT)
    assert len(ledger.notices) == 1


LONG = "x='" + "a " * 40 + "'\n" + "docker ps $x\n" * 3


def test_variables_of_many_scripts_come_out_of_one_stock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = lowered(monkeypatch, "EXPANSIONS", 200)
    report = scanned(tmp_path, {f"r{n}.sh": LONG for n in range(4)})
    assert said(report, limit) == ["r2.sh", "r3.sh"]


def test_a_long_script_has_its_own_whatever_others_take(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = lowered(monkeypatch, "EXPANSIONS", 1)
    report = scanned(tmp_path, {"a.sh": LONG, "b.sh": LONG + "# more\n" * 300})
    assert said(report, limit) == ["a.sh"]


def test_scripts_that_are_read_apart_take_of_the_same_stock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes that each read some of the files give the same report as one that reads all."""
    limit = lowered(monkeypatch, "EXPANSIONS", 200)
    files = {f"r{n}.sh": LONG for n in range(4)} | {f"x{n}.sh": "docker ps\n" for n in range(20)}
    one, two = scanned(tmp_path, files), scanned(tmp_path, files, jobs=2)
    assert said(one, limit)
    assert [str(notice) for notice in one.notices] == [str(notice) for notice in two.notices]
    assert one.findings == two.findings


COPY = 'FROM docker:dind\nCOPY c.sh /c{n}.sh\nENTRYPOINT ["/c{n}.sh"]\n'
SCRIPT = "#!/bin/sh\ndocker run --privileged a\n"


def test_a_script_that_many_images_copy_is_read_as_often_as_may_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {f"d{n}.Dockerfile": COPY.format(n=n) for n in range(4)} | {"c.sh": SCRIPT}
    assert not said(scanned(tmp_path, files), budget.REPEATED_TEXTS)
    limit = lowered(monkeypatch, "REPEATED_TEXTS", 5)
    assert said(scanned(tmp_path, files), limit) == ["c.sh"]
    assert not said(scanned(tmp_path, files | {"c.sh": SCRIPT + "# more\n" * 100}), limit), "its own by its size"


TEMPLATE = "parameters: [{name: a}]\nsteps:\n- script: docker run --privileged ${{ parameters.a }}\n" + "#" * 1_000


def test_a_template_that_many_pipelines_extend_is_read_for_the_first_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipelines = {
        f"azure-pipelines-{n}.yml": f"extends: {{template: t.yml, parameters: {{a: b{n}}}}}\n" for n in range(9)
    }
    assert not said(scanned(tmp_path, pipelines | {"t.yml": TEMPLATE}), budget.SHARED_FILES)
    limit = lowered(monkeypatch, "SHARED_FILES", 1)
    report = scanned(tmp_path, pipelines | {"t.yml": TEMPLATE})
    assert len(said(report, limit)) == 1, "whatever comes behind is the rest"
    assert any(finding.span.path == "t.yml" for finding in report.findings), "the first one has it"
    assert not report.incomplete


def test_a_file_that_many_pipelines_include_is_read_for_the_first_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {f"d{n}/.gitlab-ci.yml": "include: /c.yml\na: {script: docker ps}\n" for n in range(9)}
    files["c.yml"] = (
        ".a: {image: docker, services: ['docker:dind']}\nb: {extends: .a, script: docker ps}\n" + "#" * 1_000
    )
    assert not said(scanned(tmp_path, files), budget.SHARED_FILES)
    limit = lowered(monkeypatch, "SHARED_FILES", 1)
    report = scanned(tmp_path, files)
    assert said(report, limit)
    assert any(finding.span.path == "c.yml" for finding in report.findings)
    assert not [notice for notice in report.notices if "no file that was read defines" in notice.message]


POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: docker:dind}]}\n"
PATCH = "patches: [{target: {kind: Pod}, patch: '[{op: add, path: /spec/hostPID, value: true}]'}]\n"


def test_overlays_of_one_base_are_built_as_many_as_may_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {f"o{n}/kustomization.yaml": f"resources: [../b]\n{PATCH}" for n in range(8)}
    files |= {"b/kustomization.yaml": "resources: [p.yaml]\n", "b/p.yaml": POD}
    assert not said(scanned(tmp_path, files), budget.OVERLAID_RESOURCES)
    monkeypatch.setattr(folders, "_LENGTH", 1_000_000)
    limit = lowered(monkeypatch, "OVERLAID_RESOURCES", 5)
    report = scanned(tmp_path, files)
    assert said(report, limit)
    assert report.incomplete
    assert any("host's process" in finding.message for finding in report.findings), "the first ones have their patch"


MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata:\n" + "".join(f"  k{n}: value\n" for n in range(99))


@pytest.mark.parametrize(
    ("own", "base", "most"),
    [
        ("namespace: a", MAP, 40),
        ("images: [{name: docker, newTag: a}]", MAP, 40),
        ("patches: [{target: {kind: ConfigMap}, patch: '[{op: add, path: /data/x, value: y}]'}]", MAP, 40),
        (
            "patches: [{target: {kind: Pod}, patch: '[" + "{op: add, path: /spec/a, value: b}, " * 99 + "]'}]",
            POD,
            200,
        ),
        ("patches: [{target: {kind: ConfigMap}, patch: '[{op: move, from: /data, path: /x}]'}]", MAP, 200),
    ],
)
def test_what_overlays_change_counts_by_its_length(
    own: str, base: str, most: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "_LENGTH", 1_000_000)
    limit = lowered(monkeypatch, "OVERLAID_RESOURCES", most)
    files = {f"o{n}/kustomization.yaml": f"resources: [../b]\n{own}\n" for n in range(8)}
    files |= {"b/kustomization.yaml": "resources: [p.yaml]\n", "b/p.yaml": base}
    assert said(scanned(tmp_path, files), limit)
    few = {path: text for path, text in files.items() if path[:2] in ("o0", "b/")}
    assert not said(scanned(tmp_path / "few", few), limit)


@pytest.mark.parametrize(
    "own",
    ["resources: [../b/p.yaml]", "components: [../c]", "resources: [../b/q.yaml]\npatches: [{path: ../b/p.yaml}]"],
)
def test_files_that_overlays_share_count_for_each(own: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "_LENGTH", 1_000_000)
    limit = lowered(monkeypatch, "OVERLAID_RESOURCES", 60)
    files = {f"o{n}/kustomization.yaml": own + "\n" for n in range(8)}
    files |= {"b/p.yaml": f"{POD}---\n" * 9, "b/q.yaml": POD}
    files["c/kustomization.yaml"] = f"kind: Component\nresources: [{'a.yaml, ' * 9}]\n"
    assert said(scanned(tmp_path, files), limit)
    few = {path: text for path, text in files.items() if path[0] != "o" or path[:2] < "o2"}
    assert not said(scanned(tmp_path / "few", few), limit)


RUNS = "docker run --privileged a; " * 9
SCRIPTS_IN_VARIABLES = {
    "run.sh": f"#!/bin/sh\n{'#' * 999}\nx='{RUNS}'\n" + 'sh -c "$x"\n' * 20,
    "run.ps1": f"$x = '{RUNS}'\n" + "Invoke-Expression $x\n" * 20,
    "justfile": f"x := '{RUNS}'\n" + "".join(f"r{n}:\n    {{{{x}}}}\n" for n in range(20)),
    ".github/workflows/w.yml": f"on: push\nenv: {{X: '{RUNS}'}}\njobs: {{a: {{runs-on: x, steps: [\n"
    + "{run: '${{ env.X }}'},\n" * 20 + "]}}\n",
    "azure-pipelines.yml": f"variables: {{X: '{RUNS}'}}\nsteps:\n" + "- script: $(X)\n" * 20,
    "site.yml": f"- hosts: all\n  vars: {{x: '{RUNS}'}}\n  tasks:\n" + "  - shell: '{{ x }}'\n" * 20,
    "Taskfile.yml": f"version: '3'\nvars: {{X: '{RUNS}'}}\ntasks: {{a: {{cmds: [" + "'{{.X}}', " * 20 + "]}}\n",
    "Jenkinsfile": f"node {{\ndef x = '{RUNS}'\n" + 'sh "${x}"\n' * 20 + "}\n",
}  # fmt: skip


# as devcontainers' entrypoints have it: nearly all of the script is a text that is run with sudo, or else without
RUN_IN_TWO_WAYS = (
    "start='\n" + "docker ps --all # what runs\n" * 40 + "'\n"
    'if [ $(id -u) = 0 ]; then eval "$start"; else sudo sh -c "$start"; fi\n'
)  # fmt: skip


def test_a_script_that_is_run_in_two_ways_takes_little_of_what_is_shared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = lowered(monkeypatch, "EXPANSIONS", 170)
    assert not said(scanned(tmp_path / "one", {"a.sh": RUN_IN_TWO_WAYS}), limit)
    assert said(scanned(tmp_path / "four", {"a.sh": RUN_IN_TWO_WAYS + 'eval "$start"\n' * 9}), limit)


@pytest.mark.parametrize("path", SCRIPTS_IN_VARIABLES)
def test_a_script_in_a_variable_is_read_for_its_first_uses(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {path: SCRIPTS_IN_VARIABLES[path]}
    limits = budget.INSERTED_TEXT, budget.EXPANSIONS
    assert not [each for limit in limits for each in said(scanned(tmp_path, files), limit)]
    limits = lowered(monkeypatch, "INSERTED_TEXT", 1), lowered(monkeypatch, "EXPANSIONS", 1)
    report = scanned(tmp_path, files)
    assert {each for limit in limits for each in said(report, limit)} == {path}
    assert any(finding.span.path == path for finding in report.findings), "the first ones are read"


RELEASES = "releases:\n" + "".join(f"- {{name: r{n}, chart: c/app, values: [v.yaml]}}\n" for n in range(9))
VALUES = (
    "a: {containers: [{name: c, image: docker:dind, securityContext: {privileged: true}}]}\n"
    + "b: c # the same again\n" * 90
)


def test_values_of_many_releases_are_read_for_the_first_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"helmfile.yaml": RELEASES, "v.yaml": VALUES}
    assert not said(scanned(tmp_path, files), budget.SHARED_FILES)
    limit = lowered(monkeypatch, "SHARED_FILES", 1)
    report = scanned(tmp_path, files)
    assert said(report, limit) == ["helmfile.yaml"]
    assert any(finding.span.path == "v.yaml" for finding in report.findings)


def test_an_env_file_of_many_projects_is_read_for_the_first_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = "services: {a: {image: 'docker:dind', env_file: ../e.env, environment: {A: b}, privileged: true}}\n"
    files = {f"d{n}/compose.yaml": project for n in range(4)} | {"e.env": "DOCKER_TLS_CERTDIR=\n" + "V=a\n"}
    assert not said(scanned(tmp_path, files), budget.COMPOSE_VARIABLES)
    limit = lowered(monkeypatch, "COMPOSE_VARIABLES", 1)
    files["e.env"] += "".join(f"V{n}=a\n" for n in range(20))
    assert said(scanned(tmp_path, files), limit) == [f"d{n}/compose.yaml" for n in range(1, 4)]


@pytest.mark.parametrize(
    ("line", "values"),
    [("C=b", ["b", "b"]), ("C=$A", ["1", "2"]), ("A # a=b\nC=${A}", ["1", "2"]), ("C='$A'", ["$A"] * 2)],
)
def test_an_env_file_is_read_anew_where_it_names_variables(line: str, values: list[str], tmp_path: Path) -> None:
    services = "".join(f"  s{n}: {{image: docker, env_file: e.env, environment: {{A: '{n}'}}}}\n" for n in (1, 2))
    report = scanned(tmp_path, {"compose.yaml": f"services:\n{services}", "e.env": line + "\n"})
    assert [each.environment.value("C") for each in report.model.containers] == values


def test_a_list_of_variables_that_all_pods_are_given_is_read_for_the_first_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = lowered(monkeypatch, "IMPORTED_VARIABLES", 5)
    own = "---\n".join(POD.replace("}]}", ", env: [{name: A, value: b}, {name: B, value: c}]}]}") for _ in range(4))
    assert not said(scanned(tmp_path / "own", {"p.yaml": own}), limit)
    shared = "apiVersion: v1\nkind: List\nx: &e [{name: A, value: b}, {name: B, value: c}]\nitems:\n" + "".join(
        f"- {{apiVersion: v1, kind: Pod, metadata: {{name: p{n}}}, spec: {{containers: [{{image: docker, env: *e}}]}}}}\n"
        for n in range(4)
    )
    report = scanned(tmp_path / "alias", {"p.yaml": shared})
    assert said(report, limit) == ["p.yaml"]
    assert [len(each.environment) for each in report.model.containers] == [2, 2, 0, 0]
    chart = {
        "c/Chart.yaml": "name: c\n",
        "c/values.yaml": "e: [{name: A, value: b}, {name: B, value: c}]\n",
        "c/templates/p.yaml": "---\n".join(
            POD.replace("}]}", ", env: {{ toYaml .Values.e }}}]}").replace("{name: p}", f"{{name: p{n}}}")
            for n in range(4)
        ),
    }
    assert said(scanned(tmp_path / "chart", chart), limit)
