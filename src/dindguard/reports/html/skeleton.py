"""The page around the sections: its head, its policy, links to what is there. Any report that is one page is made of it."""

from __future__ import annotations

import importlib
import os
from binascii import b2a_base64
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Any

from dindguard.digests import sha256


def document(
    title: str, head: Iterable[str], body: Iterable[Iterable[str]], script: str, style: str
) -> Iterator[str]:
    """Yield the page; ``title`` and all parts are HTML already. No more of a part is made than is asked for.

    The policy in its head lets this script and this style run, by their hashes, and nothing else.
    """
    policy = f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; base-uri 'none'; form-action 'none'"
    begun = [(list(islice(each, 2)), each) for each in map(iter, body)]
    yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{title}</title>\n<style>{style}</style>\n</head>\n<body>"
    yield '<a class="skip" href="#main">Skip to the report</a>'
    yield from head
    yield from _contents(line for first, _ in begun for line in first)
    yield '<main id="main">'
    for first, rest in begun:
        yield from chain(first, rest)
    yield f"</main>\n<script>{script}</script>\n</body>\n</html>"


def _contents(lines: Iterable[str]) -> Iterator[str]:
    """Yield links to the sections that are there, under the titles that their first lines have."""
    links = []
    for line in lines:
        if not line.startswith("<h2 "):
            continue
        name = line.partition('id="')[2].partition('-title"')[0]
        links.append(f'<li><a href="#{name}">{line.partition(">")[2].removesuffix("</h2>")}</a></li>')
    if links:
        yield f'<nav aria-label="Contents"><ul>{"".join(links)}</ul></nav>'


def part(name: str, package: str = __package__) -> str:
    """Return a file of a package: a style or a script."""
    home: Any = importlib.import_module(package)
    data: bytes = home.__loader__.get_data(os.path.join(home.__path__[0], name))
    return data.decode("utf-8")


def _hash(text: str) -> str:
    return f"sha256-{b2a_base64(sha256(text.encode('utf-8')).digest(), newline=False).decode('ascii')}"
