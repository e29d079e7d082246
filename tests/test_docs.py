"""The documentation says what is so: pages are generated, paths exist, examples are run again."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import click
import pytest
import yaml
from click.testing import CliRunner

from dindguard.cli import cli
from dindguard.cli.known_rules import every
from dindguard.errors import CLEAN, CONSENT, ENGINE, FINDINGS, INCOMPLETE, USAGE
from dindguard.model.model import KINDS
from dindguard.rules import Rule
from dindguard.scanning import Options, scan

ROOT = Path(__file__).parent.parent
RULES = every()
WRITTEN_BY_HAND = [
    ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", ROOT / "CHANGELOG.md",
    *sorted(path for path in (ROOT / "docs").glob("*.md") if path.name != "cli.md"),
]  # fmt: skip
EVERY_PAGE = [*WRITTEN_BY_HAND, ROOT / "docs/cli.md", *sorted((ROOT / "docs/rules").glob("*.md"))]

FENCE = re.compile(r"^(`{3,})([\w-]*)\n(.*?)^\1$", re.MULTILINE | re.DOTALL)
TICKED = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
LINK = re.compile(r"\]\(([^)\s]+)\)")
SECONDS = re.compile(r"\b\d+\.\d+ s\b")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("dindguard_docs_generate", ROOT / "docs/generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def fences(path: Path) -> Iterator[tuple[str, str]]:
    """Yield language and text of the page's code blocks."""
    for match in FENCE.finditer(path.read_text("utf-8")):
        yield match[2], match[3]


def test_the_models_page_says_what_every_field_of_a_rules_subject_means() -> None:
    page = (ROOT / "docs/model.md").read_text("utf-8")
    sections = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL))
    mute = [
        (name, row) for name in KINDS for row in re.findall(r"^\| `(\w+)` .*\|  \|$", sections[name], re.MULTILINE)
    ]
    assert not mute


def test_generated_pages_are_current() -> None:
    assert not generator().drift(), "run python docs/generate.py"


@pytest.fixture(scope="module")
def writer() -> ModuleType:
    """The generator, loaded once."""
    return generator()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_the_page_of_a_rule_states_its_facts(rule: Rule, writer: ModuleType) -> None:
    assert writer.rule_page(rule) == (ROOT / f"docs/rules/{rule.id}.md").read_text("utf-8")


def test_generation_notices_what_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = generator()
    wanted = module.pages()
    monkeypatch.setattr(module, "ROOT", tmp_path)
    page = tmp_path / "docs/rules/no-such-rule.md"
    page.parent.mkdir(parents=True)
    page.write_text("old")
    monkeypatch.setattr(
        module, "pages", lambda: {tmp_path / "docs/rules/README.md": wanted[ROOT / "docs/rules/README.md"]}
    )
    assert module.main(["--check"]) == 1
    assert module.main([]) == 0
    assert not page.exists()
    assert module.main(["--check"]) == 0


def test_a_table_of_facts_and_its_section_name_each_other() -> None:
    page = ROOT / "docs/engine-facts.md"
    headings = re.findall(r"^## (.+)$", page.read_text("utf-8"), re.MULTILINE)
    for module in set(re.findall(r"`((?:infer|model)/\w+\.py|grading\.py)`", page.read_text("utf-8"))):
        named = re.search(r'docs/engine-facts\.md, "([^.]+)"\.', (ROOT / "src/dindguard" / module).read_text("utf-8"))
        assert named is not None, f"{module} does not name its section of docs/engine-facts.md"
        assert set(named[1].split('" and "')) <= set(headings), module


def test_guides_are_explained() -> None:
    for name in ("choosing", "glossary"):
        shown = CliRunner().invoke(cli, ["explain", "--no-pager", name])
        assert shown.exit_code == CLEAN
        assert "|---" not in shown.output


def test_renewed_facts_are_shown_as_a_difference(tmp_path: Path) -> None:
    lines = tmp_path / "docker-engine.md"
    lines.write_text(
        '---\nreleases:\n  - {releaseCycle: "99", releaseDate: 2030-01-02, eol: false, latest: "99.0.1"}\n---\n'
    )
    defaults = tmp_path / "defaults.go"
    defaults.write_text('return []string{"CAP_CHOWN", "CAP_NEW"}')
    record = {"cveMetadata": {"cveId": "CVE-2030-1"}, "containers": {"cna": {"title": "Bad"}}}
    (tmp_path / "cve.json").write_text(json.dumps(record))
    options = ["--endoflife", lines, "--capabilities", defaults, "--cve", tmp_path / "cve.json"]
    done = subprocess.run(
        [sys.executable, ROOT / "docs/renew_facts.py", *options], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stderr
    for line in ("+ line 99: ", "- default capability KILL", "+ default capability NEW", "+ CVE-2030-1: Bad"):
        assert line in done.stdout


def test_examples_carry_no_marks_of_the_tests() -> None:
    for path in (ROOT / "docs/rules").glob("*.md"):
        for _, text in fences(path):
            assert not re.search(r"#\s*expect(-below)?:", text), name_of(path)


def test_every_command_is_described_by_hand_and_every_option_by_help() -> None:
    by_hand = "\n".join(path.read_text("utf-8") for path in WRITTEN_BY_HAND)
    reference = (ROOT / "docs/cli.md").read_text("utf-8")
    for words, command in generator().commands():
        if not words.startswith("dindguard env "):
            assert words in by_hand, f"no page tells about '{words}'"
        section = reference.partition(f"## {words}\n")[2].partition("\n## ")[0]
        for parameter in command.params:
            for option in parameter.opts if isinstance(parameter, click.Option) else ():
                assert option in section, f"docs/cli.md lacks {option} of '{words}'"


def test_the_readme_leads_to_every_format_category_and_exit_code() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert "(docs/formats.md)" in text
    assert {rule.category for rule in RULES} == set(re.findall(r"docs/rules/README\.md#([\w-]+)", text))
    codes = {CLEAN, FINDINGS, USAGE, INCOMPLETE, CONSENT, ENGINE}
    assert {int(code) for code in re.findall(r"^\| `(\d)` \|", text, re.MULTILINE)} == codes


@pytest.mark.parametrize("path", WRITTEN_BY_HAND, ids=name_of)
def test_named_files_exist(path: Path) -> None:
    """Of other people's files a page may speak; a name that begins like one of ours has to be one."""
    tops = {entry.name for entry in ROOT.iterdir()} | {"fixtures", "benchmarks", "tests"}
    tops -= {".github", ".git", ".env"} if path.parent == ROOT / "docs" else {".git", ".env"}
    parts = {entry.name for entry in (ROOT / "src/dindguard").iterdir() if entry.is_dir()}
    for ticked in TICKED.findall(FENCE.sub("", path.read_text("utf-8"))):
        first, slash, _ = ticked.partition("/")
        if re.search(r"[^\w./-]", ticked):
            continue
        if first in tops:
            assert (ROOT / ticked).exists(), f"`{ticked}` does not exist"
        elif slash and first in parts and ticked.endswith((".py", "/")):
            assert (ROOT / "src/dindguard" / ticked).exists(), f"`{ticked}` does not exist"


@pytest.mark.parametrize("path", EVERY_PAGE, ids=name_of)
def test_links_lead_somewhere(path: Path) -> None:
    for link in LINK.findall(FENCE.sub("", path.read_text("utf-8"))):
        target, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", link):
            assert link.startswith("https://"), link
            continue
        there = (path.parent / target).resolve() if target else path
        assert there.exists(), f"the link to {link} leads nowhere"
        if anchor:
            assert anchor in anchors(there), f"{link}: no such heading"


def anchors(path: Path) -> set[str]:
    """Return the anchors of a page's headings, as code hosts make them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", path.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def console() -> Iterator[tuple[str, str]]:
    """Yield every ``$ dindguard …`` line about the example, with the output that the page shows."""
    for path in EVERY_PAGE:
        for language, text in fences(path):
            if language != "console":
                continue
            for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
                command, _, output = part.partition("\n")
                if path.name == "README.md" or "quickstart/" in command:
                    yield command, output


def test_the_readme_shows_a_scan() -> None:
    assert any("scan quickstart/" in command for command, _ in console())


@pytest.mark.parametrize(("command", "output"), list(console()))
def test_examples_are_run_again(command: str, output: str) -> None:
    program, *arguments = command.split()
    assert program == "dindguard", command
    environment = {key: value for key, value in os.environ.items() if key not in ("FORCE_COLOR", "COLUMNS")}
    done = subprocess.run(
        [sys.executable, "-m", "dindguard", *arguments], cwd=ROOT, env=environment, capture_output=True, check=False
    )
    assert SECONDS.sub("0.00 s", done.stdout.decode()).strip() == SECONDS.sub("0.00 s", output).strip(), done.stderr


@pytest.mark.parametrize("path", EVERY_PAGE, ids=name_of)
def test_snippets_parse(path: Path) -> None:
    for language, text in fences(path):
        if language in ("yaml", "yml"):
            assert list(yaml.compose_all(text, Loader=yaml.SafeLoader)), text
        elif language == "json":
            json.loads(text)
        elif language == "toml":
            tomllib.loads(text)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_explains_itself(rule: Rule) -> None:
    runner = CliRunner()
    shown = runner.invoke(cli, ["explain", "--no-pager", rule.id])
    assert shown.exit_code == 0, shown.output
    words = " ".join(shown.output.split())
    assert " ".join(rule.title.replace("`", "").split()) in words.replace("`", "")
    assert runner.invoke(cli, ["explain", rule.id, "-f", "markdown"]).output == f"{rule.page}\n"
    assert json.loads(runner.invoke(cli, ["explain", rule.id, "-f", "json"]).output)["page"] == rule.page


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_references_are_encrypted_addresses(rule: Rule) -> None:
    references = rule.section("References")
    assert "https://" in references
    for address in re.findall(r"\w+://[^\s>)`]+", references):
        assert re.fullmatch(r"https://[\w-]+(\.[\w-]+)+(/[^\s]*)?", address), address


def test_our_own_repository_is_clean() -> None:
    report = scan(Options(paths=(ROOT,), root=ROOT))
    assert not report.open, [f"{finding.span} {finding.rule.id}" for finding in report.open]
    assert not report.incomplete, report.notices
    assert report.files_read > 3
