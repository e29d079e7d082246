"""The HTML report: what it holds, and in a real browser how it behaves."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from browser import MISSING, PROGRAM, Page
from dindguard.reports import Options, render
from dindguard.reports.html.containers import block
from dindguard.reports.html.picture import ON_PAPER
from dindguard.rules import Severity
from dindguard.scanning import Options as ScanOptions
from dindguard.scanning import scan
from dindguard.source import Gravity, Notice, Source, Span, Step
from policy_tree import TODAY, write
from reporting import SOCKET, finding, sample

STACK = """\
services:
  portainer:
    image: portainer/portainer-ce:2.21.0
    environment: {ADMIN_PASSWORD: "correct horse battery"}
    volumes: ["/var/run/docker.sock:/var/run/docker.sock"]
  dind:
    image: docker:27-dind
    privileged: true
    environment: {DOCKER_TLS_CERTDIR: ""}
    command: [--host=tcp://0.0.0.0:2375]
  client:
    image: docker:27-cli
    environment: {DOCKER_HOST: "tcp://dind:2375"}
  web:
    image: nginx:1.29
    pid: host
"""
EVIL = 'e"><img src=x onerror=alert(1)></script><script>alert(2)</script>\x1b[31m\u202e'


def page_of(folder: Path, text: str = STACK) -> str:
    (folder / "compose.yaml").write_text(text)
    return render("html", scan(ScanOptions(paths=(folder,), root=folder, today=TODAY)), Options())


class Elements(HTMLParser):
    def __init__(self, document: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def each(self, attribute: str) -> list[str]:
        return [attributes[attribute] or "" for _, attributes in self.found if attribute in attributes]


def hostile() -> str:
    source = Source(f"{EVIL}.yaml", f"services:\n  {EVIL}:\n    image: {EVIL}\n")
    span = source.span(12, 40, EVIL)
    found = finding(
        SOCKET, span, EVIL, related=(Step(EVIL, span),), path=(Step(EVIL, span),), instead=EVIL, containment=EVIL
    )
    notices = tuple(Notice("unreadable", EVIL, span, gravity, EVIL) for gravity in Gravity)
    report = sample(
        findings=(found,), notices=notices, sources={source.path: source}, policy_summary=(EVIL,), rules=(SOCKET,),
        root=f"/x/{EVIL.replace('/', '')}", since=EVIL,
    )  # fmt: skip
    return render("html", report, Options())


def test_only_our_script_and_style_may_run_and_nothing_is_loaded() -> None:
    document = hostile()
    elements = Elements(document)
    tags = [tag for tag, _ in elements.found]
    assert tags.count("script") == tags.count("style") == 1
    assert not set(tags) & {"img", "iframe", "object", "embed", "link", "base", "frame", "video", "audio"}
    assert not elements.each("src") + elements.each("style") + elements.each("srcset") + elements.each("action")
    assert not any(name.startswith("on") for _, attributes in elements.found for name in attributes)
    assert all(link.startswith(("#", "https://docs.docker.com/")) for link in elements.each("href"))
    [policy] = elements.each("content")[:1]
    for element in ("script", "style"):
        text = re.findall(rf"<{element}>(.*?)</{element}>", document, re.DOTALL)[0]
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{element}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; ")


def test_every_link_leads_somewhere_and_no_id_is_there_twice(tmp_path: Path) -> None:
    for document in (page_of(tmp_path), hostile(), render("html", sample(), Options())):
        elements = Elements(document)
        ids = elements.each("id")
        assert len(ids) == len(set(ids))
        links = {link[1:] for link in elements.each("href") if link.startswith("#")}
        named = set(" ".join(elements.each("aria-labelledby")).split())
        assert (links | named) - set(ids) == set()


def test_it_says_what_was_scanned_and_when(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_text("c0ffee" * 6 + "c0ff\n")
    document = page_of(tmp_path)
    facts = dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", document))
    assert f"<h1>{tmp_path.name}</h1>" in document
    assert facts["Commit"] == "c0ffeec0ffee"
    assert facts["Scanned"] == "2026-11-23"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", facts["Facts of"])
    assert facts["Files"] == "1 file read"


def test_it_marks_what_is_pointed_at() -> None:
    page = render("html", sample(), Options())
    assert "- <mark>/var/run/docker.sock</mark>:/var/run/docker.sock:<mark>ro</mark>" in page


def test_a_containers_source_stands_beside_its_findings_and_is_masked(tmp_path: Path) -> None:
    document = page_of(tmp_path)
    section = document[document.index('<section id="containers"') :]
    portainer = next(part for part in section.split("<details") if "<strong>service &#39;portainer&#39;" in part)
    assert "portainer/portainer-ce" in portainer
    assert 'href="#rule-' not in portainer
    assert 'href="#finding-' in portainer
    assert "root on the host" in portainer
    assert "ADMIN_PASSWORD: ***" in portainer
    assert "dind" not in portainer
    assert "correct horse" not in document


def test_a_key_in_a_containers_lines_is_masked_too(tmp_path: Path) -> None:
    key = "".join(
        f"      {line}\n"
        for line in ("-----BEGIN RSA PRIVATE KEY-----", "MIIEowIBAA/kept", "-----END RSA PRIVATE KEY-----")
    )
    document = page_of(tmp_path, f"services:\n  a:\n    image: x\n    privileged: true\n    command: |\n{key}")
    assert "<strong>service &#39;a&#39;</strong>" in document
    assert "MIIEowIBAA" not in document


@pytest.mark.parametrize(
    ("text", "line", "column", "lines"),
    [
        ("services:\n  a:\n    x: 1\n\n    # c\n    y: 2\n\n  b:\n    x: 1\n", 2, 3, (2, 6)),
        ("services:\n  a: {x: 1}\n  b: {x: 1}\n", 2, 3, (2, 2)),
        ("c:\n- image: x\n  name: n\n  args: [1]\n- name: m\n", 3, 9, (2, 4)),
        ("c:\n  - name: n\n    image: x\n  - name: m\n", 2, 11, (2, 3)),
        ("docker run \\\n  -v a:b \\\n  img\nnext\n", 1, 1, (1, 3)),
        ("FROM a\nRUN b\n", 1, 6, (1, 1)),
        ("", 1, 1, (1, 1)),
    ],
)
def test_where_a_thing_is_written_ends_with_its_indentation(
    text: str, line: int, column: int, lines: tuple[int, int]
) -> None:
    assert block(Source("x.yaml", text), Span("x.yaml", line, column, line, column + 1)) == lines


def test_notes_are_folded_by_their_kind() -> None:
    notices = tuple(Notice("undecided", f"the {n}th", Span("a.yaml", n, 1, n, 2)) for n in range(1, 41))
    document = render("html", sample(notices=notices), Options())
    assert document.count("<summary>undecided: 40 notes</summary>") == 1


def test_every_file_has_its_state_and_what_nobody_reads_comes_first(tmp_path: Path) -> None:
    (tmp_path / "fleet.conf").write_text("run = docker run --privileged x\n")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "compose.yaml").write_text("services:\n  a: [\n")
    document = page_of(tmp_path)
    section = document[document.index('<section id="unseen"') :].partition("</section>")[0]
    assert "<code>broken/compose.yaml:" in section
    assert "<code>fleet.conf:1:" in section
    assert "<summary>What became of 3 files</summary>" in section
    assert re.search(r"<b>1</b> understood</summary><ul>\s*<li><code>compose.yaml</code> compose</li>", section)


def test_what_is_written_once_is_shown_once(tmp_path: Path) -> None:
    job = "  image: docker:27-cli\n  script: [docker ps]\n"
    variables = "variables: {DOCKER_HOST: 'tcp://docker:2375', DOCKER_TLS_CERTDIR: ''}\n"
    (tmp_path / ".gitlab-ci.yml").write_text(f"services: ['docker:27-dind']\n{variables}one:\n{job}two:\n{job}")
    document = render("html", scan(ScanOptions(paths=(tmp_path,), root=tmp_path)), Options())
    section = document[document.index('<section id="containers"') :].partition("</section>")[0]
    assert section.count("<strong>job service &#39;docker&#39;</strong>") == 1


def test_waivers_are_shown_whole_with_the_days_that_they_have_left(tmp_path: Path) -> None:
    (tmp_path / ".dindguard").mkdir()
    (tmp_path / ".dindguard" / "waivers.yaml").write_text(
        "waivers:\n"
        + "".join(
            f"  - {{rule: host-engine-socket, file: compose.yaml, at: {name}, mode: socket, reason: {reason}, owner: ops, "
            f"approvers: [{{name: ana, role: security}}], ticket: T-1, alternatives: [a proxy], approved: 2026-10-01, "
            f"expires: {day}, fingerprint: v1:0}}\n"
            for name, reason, day in (("a", "for a while", "2026-12-01"), ("b", "<b>until</b>", "2026-11-20"))
        )
    )
    document = page_of(tmp_path)
    section = document[document.index('<section id="waivers"') :]
    assert "ran out 3 days ago" in section
    assert "8 days left" in section
    for fact in ("ana (security)", "T-1", "a proxy", "for a while", "&lt;b&gt;until&lt;/b&gt;", "2026-10-01", "ops"):
        assert fact in section


# --- in a browser ---

needs_browser = pytest.mark.skipif(PROGRAM is None, reason=MISSING)


def opened(page: Page, folder: Path, document: str, fragment: str = "") -> Page:
    path = folder / "report.html"
    path.write_text(document, "utf-8")
    page.open(path, fragment)
    return page


SHOWN = "[...document.querySelectorAll('#list article')].filter(a => a.offsetParent).map(a => a.dataset.rule)"


@needs_browser
def test_it_loads_nothing_and_breaks_no_policy(page: Page, tmp_path: Path) -> None:
    opened(page, tmp_path, page_of(tmp_path))
    assert [url for url in page.requests if not url.startswith("file:")] == []
    assert len(page.requests) == 1
    assert page.errors == []
    assert page.run("document.getElementById('filters').hidden") is False


@needs_browser
def test_hostile_names_run_nothing(page: Page, tmp_path: Path) -> None:
    opened(page, tmp_path, hostile())
    assert page.errors == []
    assert len(page.requests) == 1
    assert page.run("document.scripts.length") == 1
    assert page.run("document.querySelector('h1').textContent").startswith('e"><img src=x')


@needs_browser
def test_filters_narrow_what_is_shown_and_say_how_much(page: Page, tmp_path: Path) -> None:
    opened(page, tmp_path, page_of(tmp_path))
    every = page.run(SHOWN)
    assert len(every) > 3
    change = (
        (
            "(name, value) => {{ const each = document.getElementById('filters').elements[name]; each.value = value;"
            "each.dispatchEvent(new Event('input', {{bubbles: true}})) }}"
        )
        .replace("{{", "{")
        .replace("}}", "}")
    )
    page.run(f"({change})('rule', 'host-engine-socket')")
    page.run("new Promise(done => setTimeout(done, 50))")
    assert page.run(SHOWN) == ["host-engine-socket"]
    assert page.run("document.getElementById('shown').textContent") == f"Shows 1 of {len(every)} findings"
    page.run(f"({change})('words', 'no such words')")
    page.run("new Promise(done => setTimeout(done, 50))")
    assert page.run(SHOWN) == []
    page.run("document.querySelector('#filters button').click()")
    assert sorted(page.run(SHOWN)) == sorted(every)
    page.run(f"({change})('group', 'service')")
    page.run("new Promise(done => setTimeout(done, 50))")
    heads = page.run("[...document.querySelectorAll('#list h3')].map(h => h.firstChild.textContent.trim())")
    assert "service 'portainer'" in heads
    assert sorted(page.run(SHOWN)) == sorted(every)


@needs_browser
def test_counts_lead_to_what_they_count(page: Page, tmp_path: Path) -> None:
    opened(page, tmp_path, page_of(tmp_path))
    told = page.run("document.querySelector('.counts li.critical b').textContent")
    page.run("scrollTo(0, document.documentElement.scrollHeight)")
    page.run("document.querySelector('.counts li.critical a').click()")
    page.run("new Promise(done => setTimeout(done, 100))")
    assert 0 <= page.run("document.getElementById('findings').getBoundingClientRect().top") < 100
    assert page.run("[...new Set([...document.querySelectorAll('#list article')].filter(a => a.offsetParent)"
                    ".map(a => a.dataset.severity))]") == ["critical"]  # fmt: skip
    assert str(len(page.run(SHOWN))) == told


@needs_browser
def test_a_box_of_the_picture_leads_to_the_container_by_keyboard_alone(page: Page, tmp_path: Path) -> None:
    opened(page, tmp_path, page_of(tmp_path).replace('class="container" open', 'class="container"'))
    page.run("document.body.focus()")
    reached = []
    for _ in range(40):
        page.tab()
        reached.append(
            page.run("document.activeElement.getAttribute('aria-label') || document.activeElement.className")
        )
        if "service 'portainer'" in str(reached[-1]):
            break
    assert reached[0] == "skip"
    assert "service 'portainer'" in reached[-1]
    page.enter()
    page.run("new Promise(done => setTimeout(done, 100))")
    assert page.run("document.querySelector(':target').open")
    assert page.run("document.querySelector(':target summary strong').textContent") == "service 'portainer'"
    assert page.run("document.querySelector(':target summary').getBoundingClientRect().top") < 900


@needs_browser
def test_the_search_takes_words_from_the_keyboard(page: Page, tmp_path: Path) -> None:
    opened(page, tmp_path, page_of(tmp_path))
    page.run("document.querySelector('input[type=search]').focus()")
    page.write("portainer")
    page.run("new Promise(done => setTimeout(done, 50))")
    assert page.run(SHOWN) == ["host-engine-socket"]


@needs_browser
def test_without_script_all_of_it_can_be_read(page: Page, tmp_path: Path) -> None:
    page.scripts(allowed=False)
    opened(page, tmp_path, page_of(tmp_path))
    assert page.run("document.getElementById('filters').offsetParent === null")
    count = page.run("document.querySelectorAll('#list article').length")
    assert len(page.run(SHOWN)) == count > 3
    assert page.run("document.querySelector('svg.picture').getBoundingClientRect().width") > 500
    assert page.run("document.getElementById('containers').textContent").count("can become root") >= 3


@needs_browser
@pytest.mark.parametrize("width", [320, 390, 768])
def test_a_small_screen_scrolls_one_way_only(page: Page, tmp_path: Path, width: int) -> None:
    page.size(width, 640)
    opened(page, tmp_path, page_of(tmp_path))
    assert page.run("document.documentElement.scrollWidth") <= width
    page.run("document.querySelectorAll('details').forEach(each => { each.open = true })")
    assert page.run("document.documentElement.scrollWidth") <= width
    opened(page, tmp_path, hostile())
    assert page.run("document.documentElement.scrollWidth") <= width


CONTRAST = """(() => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (rgb) => { const [r, g, b] = rgb.slice(0, 3).map((c) => { c /= 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4 }); return 0.2126 * r + 0.7152 * g + 0.0722 * b };
  const behind = (each) => { for (; each; each = each.parentElement) { const c = parse(getComputedStyle(each).backgroundColor);
    if (c.length < 4 || c[3] > 0) return c } return [255, 255, 255] };
  const poor = [];
  for (const each of document.querySelectorAll("body *")) {
    const own = [...each.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!own || each.closest("svg") || !each.offsetParent) continue;
    const [a, b] = [light(parse(getComputedStyle(each).color)), light(behind(each))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) poor.push(`${each.className || each.localName} ${ratio.toFixed(2)}`);
  }
  for (const each of document.querySelectorAll("svg text")) {
    const under = each.parentElement.querySelector(each.classList.contains("letter") ? ".badge" : ".shape");
    const back = under ? parse(getComputedStyle(under).fill) : behind(each.closest("div"));
    const [a, b] = [light(parse(getComputedStyle(each).fill)), light(back)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) poor.push(`svg ${each.textContent} ${ratio.toFixed(2)}`);
  }
  return [...new Set(poor)];
})()"""


@needs_browser
@pytest.mark.parametrize(("medium", "scheme"), [("", "light"), ("", "dark"), ("print", "light"), ("print", "dark")])
def test_every_text_can_be_told_from_what_is_behind_it(page: Page, tmp_path: Path, medium: str, scheme: str) -> None:
    page.media(medium, scheme)
    opened(page, tmp_path, render("html", sample(), Options()))
    assert page.run(CONTRAST) == []
    opened(page, tmp_path, page_of(tmp_path))
    assert page.run(CONTRAST) == []


@needs_browser
def test_the_dark_page_is_dark_and_paper_is_white(page: Page, tmp_path: Path) -> None:
    back = "getComputedStyle(document.body).backgroundColor"
    page.media("", "dark")
    opened(page, tmp_path, page_of(tmp_path))
    assert page.run(back) == "rgb(20, 23, 28)"
    page.media("print", "dark")
    assert page.run(back) == "rgb(255, 255, 255)"


@needs_browser
def test_what_prints_holds_the_picture_and_the_ways_and_no_controls(page: Page, tmp_path: Path) -> None:
    opened(page, tmp_path, page_of(tmp_path))
    page.media("print")
    seen = "(selector) => [...document.querySelectorAll(selector)].filter(e => e.getClientRects().length).length"
    assert page.run(f"({seen})('#filters, nav, .skip')") == 0
    assert page.run(f"({seen})('svg.picture')") == 1
    assert page.run(f"({seen})('#list article')") > 3
    assert page.run(f"({seen})('#ways .way')") == 4
    assert page.run("document.getElementById('ways').open") is False
    assert page.printed().startswith(b"%PDF-")


LONG = (
    "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n{{- if .Values.a }}\n{{- if .Values.b }}\n{{- if .Values.c }}\n"
    "{{- if .Values.d }}\n  containers:\n    - name: engine\n      image: docker:dind\n"
    "      securityContext: {privileged: true}\n{{- end }}\n{{- end }}\n{{- end }}\n{{- end }}\n"
)


@needs_browser
def test_paper_is_filled_and_says_advice_once(page: Page, tmp_path: Path) -> None:
    """A long card may go on on the next page, a short one stays whole; what was advised already is not said again."""
    chart = {"Chart.yaml": "name: c\napiVersion: v2\nversion: 1.0.0\n", "templates/p.yaml": LONG,
             "values.yaml": "a: false\nb: false\nc: false\nd: false\n"}  # fmt: skip
    lines = "".join(f"  s{n}:\n    image: x\n    volumes: [/var/run/docker.sock:/s]\n" for n in range(40))
    for name, text in chart.items():
        write(tmp_path, f"tree/chart/{name}", text)
    opened(page, tmp_path, page_of(tmp_path, f"services:\n{lines}"))
    page.media("print")
    seen = "(selector) => [...document.querySelectorAll(selector)].filter(e => e.getClientRects().length).length"
    style = "(e) => getComputedStyle(e).breakInside"
    sockets = "#list article[data-rule=host-engine-socket]"
    assert page.run(f"({seen})('{sockets}')") == 40
    assert page.run(f"({seen})('{sockets} p.first, {sockets} p.again')") == 1
    assert page.run(f"({style})(document.querySelector('{sockets}'))") == "avoid"
    assert page.run(f"({style})(document.querySelector('#list article[data-rule=privileged-engine]'))") == "auto"
    assert page.run(f"({seen})('#ways .ways > li')") == ON_PAPER + 1
    assert "which the page has on a screen" in page.run("document.querySelector('#ways .paper').textContent")
    page.media("")
    assert page.run(f"({seen})('{sockets} p.first, {sockets} p.again')") == 40
    page.run("document.getElementById('ways').open = true")
    assert page.run(f"({seen})('#ways .paper')") == 0
    assert page.run(f"({seen})('#ways .ways > li')") > 40


def test_a_files_name_is_whole_although_a_variable_says_the_same(tmp_path: Path) -> None:
    write(tmp_path, "tree/our-own-team/compose.yaml", "services:\n  a:\n    image: x\n    privileged: true\n"
          "    environment: {APP_SECRET: our-own-team}\n")  # fmt: skip
    text = page_of(tmp_path)
    assert "our-own-team/compose.yaml:4" in text
    assert "APP_SECRET: our" not in text


@needs_browser
def test_two_thousand_findings_stay_usable(page: Page, tmp_path: Path) -> None:
    service = "  s{}:\n    image: x\n    volumes: [/var/run/docker.sock:/s]\n    labels: {{about: {}}}\n"
    parts = [  # in ten files: what a rule says of one, and how many containers a KiB describes, is bounded
        "".join(service.format(n, "x" * 200) for n in range(first, first + 200)) for first in range(0, 2000, 200)
    ]
    for number, lines in enumerate(parts[1:]):
        (tmp_path / f"part-{number}").mkdir()
        (tmp_path / f"part-{number}" / "compose.yaml").write_text(f"services:\n{lines}")
    opened(page, tmp_path, page_of(tmp_path, f"services:\n{parts[0]}"))
    assert page.run("document.querySelectorAll('#list article').length") == 2000
    took = page.run("""new Promise((done) => {
      const start = performance.now();
      const form = document.getElementById('filters');
      form.elements.words.value = 's1999';
      form.elements.words.dispatchEvent(new Event('input', {bubbles: true}));
      const wait = () => form.querySelector('#shown').textContent.startsWith('Shows 1 of') ? done(1) : setTimeout(wait, 20);
      wait();
    })""")
    assert took == 1
    assert page.run(SHOWN) == ["host-engine-socket"]
    assert page.run("document.querySelectorAll('svg.picture .node').length") < 20
    assert Severity.CRITICAL.word in page.run("document.querySelector('.counts').textContent")


# --- for screen readers ---


@needs_browser
def test_headings_do_not_skip_and_everything_to_act_on_has_a_name(page: Page, tmp_path: Path) -> None:
    opened(page, tmp_path, page_of(tmp_path))
    levels = page.run(
        "[...document.querySelectorAll('h1,h2,h3,h4')].filter(h => !h.closest('.rule')).map(h => +h.localName[1])"
    )
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    page.call("Accessibility.enable")
    nodes = page.call("Accessibility.getFullAXTree")["nodes"]
    acting = {"link", "button", "combobox", "searchbox", "textbox"}
    nameless = [
        node["role"]["value"]
        for node in nodes
        if not node.get("ignored") and node["role"]["value"] in acting and not node.get("name", {}).get("value")
    ]
    assert nameless == []
    roles = {node["role"]["value"] for node in nodes if not node.get("ignored")}
    assert {"banner", "navigation", "main", "search", "region", "status"} <= roles
