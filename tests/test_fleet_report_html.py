"""The page over a fleet: what it holds, and in a real browser how it behaves."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

import fleet_data as data
from browser import MISSING, PROGRAM, Page
from dindguard.fleet.dataset import opened
from dindguard.fleet.report import pieces
from dindguard.fleet.report.answers import Report, prepare
from dindguard.fleet.report.html.tables import MOST, ON_PAPER
from fleet_data import FLEET, TODAY, changed, hostile

pytest.importorskip("duckdb", reason=data.MISSING)
pytest.importorskip("pyarrow", reason=data.MISSING)
needs_browser = pytest.mark.skipif(PROGRAM is None, reason=MISSING)


class Elements(HTMLParser):
    def __init__(self, document: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def each(self, attribute: str) -> list[str]:
        return [attributes[attribute] or "" for _, attributes in self.found if attribute in attributes]


def page_of(folder: Path, against: Path | None = None, section: str = "") -> str:
    with opened(str(folder), str(against) if against else None) as dataset:
        prepare(dataset, TODAY, 30)
        return "".join(pieces("html", Report(folder.name, TODAY, dataset, 30, section, "before" if against else "")))


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("fleets")
    new, old = changed(folder)
    return {
        "fleet": page_of(data.write(folder / "fleet", FLEET)),
        "changed": page_of(new, old),
        "hostile": page_of(hostile(folder / "evil")),
        "empty": page_of(data.write(folder / "empty", {})),
    }


def part(document: str, section: str) -> str:
    return document[document.index(f'<section id="fleet-{section}"') :].partition("</section>")[0]


def test_only_our_script_and_style_may_run_and_nothing_is_loaded(documents: dict[str, str]) -> None:
    for document in documents.values():
        elements = Elements(document)
        tags = [tag for tag, _ in elements.found]
        assert tags.count("script") == tags.count("style") == 1
        assert not set(tags) & {"img", "iframe", "object", "embed", "link", "base", "frame", "video", "audio"}
        assert not elements.each("src") + elements.each("style") + elements.each("srcset") + elements.each("action")
        assert not any(name.startswith("on") for _, attributes in elements.found for name in attributes)
        [policy] = elements.each("content")[:1]
        for element in ("script", "style"):
            text = re.findall(rf"<{element}>(.*?)</{element}>", document, re.DOTALL)[0]
            digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
            assert f"{element}-src 'sha256-{digest}'" in policy
        assert policy.startswith("default-src 'none'; ")


def test_every_link_leads_somewhere_and_no_id_is_there_twice(documents: dict[str, str]) -> None:
    for document in documents.values():
        elements = Elements(document)
        ids = elements.each("id")
        assert len(ids) == len(set(ids))
        links = {link[1:] for link in elements.each("href") if link.startswith("#")}
        named = set(" ".join(elements.each("aria-labelledby")).split())
        assert (links | named) - set(ids) == set()


def test_the_head_says_what_was_scanned_and_what_is_not_known(documents: dict[str, str]) -> None:
    document = documents["fleet"]
    facts = dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", document))
    assert facts["Repositories"] == "4 scanned, 1 incomplete, 1 quarantined"
    assert facts["Scanned"] == "2026-11-20 03:00:00 UTC"
    assert "<h1>fleet: 6 repositories</h1>" in document
    assert "<b>3</b> with a way to root" in document
    assert "1 repository could not be scanned, and what is in them is not known" not in document
    assert "1 repository could not be scanned: what is in it is not known" in document
    assert "<title>fleet: 2 critical, 2 high in 6 repositories (dindguard)</title>" in document
    assert "0</b> open findings in what was read" in documents["empty"]


def test_a_row_says_where_it_is_written_and_how_root_is_reached(documents: dict[str, str]) -> None:
    ways = part(documents["fleet"], "ways")
    assert "<td><code>.gitlab-ci.yml:2</code></td>" in ways
    assert '<ol class="way"><li>mounts /var/run/docker.sock</li><li>root on the host</li></ol>' in ways
    assert "nobody is named" in part(documents["fleet"], "teams")


def test_a_rule_leads_to_its_page(documents: dict[str, str]) -> None:
    rules = part(documents["fleet"], "rules")
    assert '<td><a href="#rule-host-engine-socket">host-engine-socket</a></td>' in rules
    assert "<td>old-engine</td>" in rules  # a rule of somebody else's, whose page is not here
    assert '<details class="rule" id="rule-host-engine-socket">' in documents["fleet"]


def test_a_column_that_says_nothing_is_left_out_and_each_notice_has_its_line(tmp_path: Path) -> None:
    notices = [f"compose.yaml:{n}: not YAML" for n in range(9)]
    tables = {
        "repositories": [data.repository("r", standing="incomplete", notices=notices)],
        "containers": [data.container("r", "a", data.WAY)],
    }
    document = page_of(data.write(tmp_path / "fleet", tables))
    assert "Ends with the job" not in part(document, "machines")
    assert "Evidence" not in part(document, "not-whole")
    assert "compose.yaml:0: not YAML<br>compose.yaml:1: not YAML<br>" in part(document, "not-whole")
    assert "<br>and 3 more</td>" in part(document, "not-whole")


def test_what_changed_is_shown_beside_the_numbers(documents: dict[str, str]) -> None:
    document = documents["changed"]
    then = document[document.index('<section id="then"') :].partition("</section>")[0]
    assert re.search(
        r'>high</td><td class="n">4</td><td class="n">8</td><td class="n"> <span class="more">\+4</span>', then
    )
    assert "fresh" in part(document, "came")
    assert "mended" in part(document, "went")
    assert 'id="then"' not in documents["fleet"]


def test_a_section_is_cut_and_says_how_many_rows_there_are(tmp_path: Path) -> None:
    count = MOST + 5
    rows = [data.container("r", f"c{n}", data.WAY) for n in range(count)]
    document = page_of(data.write(tmp_path / "many", {"repositories": [data.repository("r")], "containers": rows}))
    ways = part(document, "ways")
    assert ways.count("<tr>") == MOST + 1
    assert f'<span class="count">{count}</span>' in ways
    assert f'<p class="dim paper">and {count - ON_PAPER} more</p>' in ways
    assert "and 5 more, which <code>dindguard fleet report DIR -f csv --section ways</code> has" in ways


def test_one_section_alone_is_a_page(tmp_path: Path) -> None:
    document = page_of(data.write(tmp_path / "fleet", FLEET), section="teams")
    assert re.findall(r'<section id="([\w-]+)"', document) == ["fleet-teams"]
    elements = Elements(document)
    assert {link for link in elements.each("href") if link.startswith("#")} <= {
        f"#{name}" for name in elements.each("id")
    }


def test_paper_has_as_many_rows_as_the_page_says(documents: dict[str, str]) -> None:
    assert f"tr:nth-child(n+{ON_PAPER + 1}) {{ display: none; }}" in documents["fleet"]


# --- in a browser ---


def shown(page: Page, folder: Path, document: str) -> Page:
    path = folder / "fleet.html"
    path.write_text(document, "utf-8")
    page.open(path)
    return page


@needs_browser
def test_it_loads_nothing_and_hostile_names_run_nothing(
    page: Page, tmp_path: Path, documents: dict[str, str]
) -> None:
    for document in documents.values():
        shown(page, tmp_path, document)
        assert page.errors == []
        assert page.run("document.scripts.length") == 1
    assert [url for url in page.requests if not url.startswith("file:")] == []


@needs_browser
def test_the_search_narrows_every_table_and_says_how_much(
    page: Page, tmp_path: Path, documents: dict[str, str]
) -> None:
    shown(page, tmp_path, documents["fleet"])
    page.run("document.querySelector('input[type=search]').focus()")
    page.write("ops/ci")
    page.run("new Promise(done => setTimeout(done, 300))")
    rows = "[...document.querySelectorAll('#fleet-ways tbody tr')].filter(r => r.offsetParent).length"
    assert page.run(rows) == 1
    assert page.run("document.getElementById('fleet-rules').hidden")
    assert page.run("document.getElementById('shown').textContent").startswith("Shows ")
    page.run("document.querySelector('#filters button').click()")
    page.run("new Promise(done => setTimeout(done, 100))")
    assert page.run(rows) == 4
    assert not page.run("document.getElementById('fleet-rules').hidden")


@needs_browser
def test_a_heading_sorts_its_table_by_size(page: Page, tmp_path: Path, documents: dict[str, str]) -> None:
    shown(page, tmp_path, documents["fleet"])
    first = "document.querySelector('#fleet-teams tbody tr td').textContent"
    assert page.run(first) == "payments"
    page.run(
        "[...document.querySelectorAll('#fleet-teams th button')].find(b => b.textContent === 'Quarantined').click()"
    )
    assert page.run(first) == "nobody is named"
    assert page.run("document.querySelector('#fleet-teams th[aria-sort]').getAttribute('aria-sort')") == "descending"


@needs_browser
def test_without_script_everything_is_there(page: Page, tmp_path: Path, documents: dict[str, str]) -> None:
    page.scripts(allowed=False)
    shown(page, tmp_path, documents["fleet"])
    assert page.run("getComputedStyle(document.getElementById('filters')).display") == "none"
    assert page.run("[...document.querySelectorAll('tbody tr')].every(row => row.offsetHeight > 0)")


@needs_browser
@pytest.mark.parametrize("name", ["fleet", "hostile", "changed"])
def test_it_fits_a_phone(page: Page, tmp_path: Path, documents: dict[str, str], name: str) -> None:
    page.size(390)
    shown(page, tmp_path, documents[name])
    assert page.run("document.documentElement.scrollWidth") <= 390
    label = "getComputedStyle(document.querySelector('#fleet-repositories td'), '::before').content"
    assert page.run(label) == '"Repository"'


@needs_browser
def test_its_words_stand_out_in_the_dark_too(page: Page, tmp_path: Path, documents: dict[str, str]) -> None:
    page.media(scheme="dark")
    shown(page, tmp_path, documents["fleet"])
    assert page.run("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 28)"


@needs_browser
def test_it_prints(page: Page, tmp_path: Path, documents: dict[str, str]) -> None:
    shown(page, tmp_path, documents["fleet"])
    assert page.printed().startswith(b"%PDF")
