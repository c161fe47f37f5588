"""For crawlers: what to leave alone (/robots.txt, RFC 9309), and every page there is (/sitemap.xml, sitemaps.org).

/sitemap.xml is an index; its parts, /sitemap-1.xml and so on, list the pages with the day on which each last changed,
which a release keeps of every entity.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from loader.errors import UnknownPageError
from loader.kinds import KINDS
from loader.namespaces import EXAMPLES_GRAPH, GRAPH
from loader.release import Release, entities
from server import answers, documents, entity_documents, queries, requests, wording
from server.exchange import Exchange, Response
from server.site import Site

PART = 10_000  # addresses of a part
_ROBOTS, _INDEX = "/robots.txt", "/sitemap.xml"
_PART_PATH = re.compile(r"/sitemap-([1-9][0-9]{0,5})\.xml")
_TERMS = {
    f"{GRAPH}ontology": "/ontology.html",
    f"{GRAPH}shapes": "/shapes.html",
    EXAMPLES_GRAPH: "/prefixes.html",
}
_AN_HOUR = "public, max-age=3600"
_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
# Addresses without end: whatever can be asked, of any release, and what changed between any two.
_ENDLESS = (
    "/sparql?",
    "/sparql/?",
    "/graphs?",
    "/resolve?",
    "/resolve/?",
    "/releases/*...",
    "/*?*release=",
    "/*?*entity=",
)


class _Address(NamedTuple):
    """A page: its path, and the day on which it last changed."""

    path: str
    day: str


def is_there(path: str) -> bool:
    """Whether a path is one of those for crawlers."""
    return path in (_ROBOTS, _INDEX) or bool(_PART_PATH.fullmatch(path))


async def answer(exchange: Exchange, site: Site) -> Response:
    """What a crawler reads first. Raises UnknownPageError where the sitemap has fewer parts."""
    base = documents.address(exchange, site)
    if exchange.path == _ROBOTS:
        return answers.document(exchange, site, robots(base).encode(), "text/plain", _AN_HOUR)
    listed = await _addresses(site)
    parts = max(1, -(-len(listed) // PART))
    named = f"?release={site.release.version}" if site.pinned else ""
    part = _PART_PATH.fullmatch(exchange.path)
    if part is None:
        written = _index(base, named, parts, _day(site.release.version))
    elif int(part[1]) <= parts:
        first = (int(part[1]) - 1) * PART
        written = _part(base, named, listed[first : first + PART])
    else:
        raise UnknownPageError(int(part[1]), parts)
    return answers.document(exchange, site, written.encode(), "application/xml", _AN_HOUR)


def robots(base: str) -> str:
    """The rules for crawlers of a site at `base`. Some of them heed how many seconds to leave between requests."""
    below = urlsplit(base).path.rstrip("/")
    rules = [f"Disallow: {below}{path}" for path in _ENDLESS]
    return "\n".join(["User-agent: *", *rules, "Crawl-delay: 1", "", f"Sitemap: {base}{_INDEX}", ""])


async def _addresses(site: Site) -> tuple[_Address, ...]:
    """All pages of a release, in order."""
    reply = await site.run(requests.query(queries.read("withdrawn").text, site.settings), reserved=True)
    rows = json.loads(await reply.read())["results"]["bindings"]
    gone = frozenset(row["entity"]["value"] for row in rows)
    return await asyncio.to_thread(_listed, site.release, gone)


def _listed(release: Release, gone: frozenset[str]) -> tuple[_Address, ...]:
    today = _day(release.version)
    topics = ("/releases.html", f"/release/{release.version}.html", *_of_graphs(release.manifest["graphs"]))
    files = ("/dumps/",) if release.manifest.get("dumps") else ()
    first = [_Address(path, today) for path in ("/", *(f"/{kind}/" for kind in KINDS), *topics, *files)]
    found = (_Address(path, _day(since)) for iri, since in entities(release).items() if (path := _page(iri, gone)))
    return (*first, *sorted(found))


def _of_graphs(graphs: Iterable[str]) -> Iterator[str]:
    """The pages about graphs (their IRIs), and of what is in them that has a page of its own."""
    for graph in graphs:
        path = wording.href(graph) or ""
        if path.startswith("/"):
            yield path
        if graph in _TERMS:
            yield _TERMS[graph]


def _page(iri: str, gone: frozenset[str]) -> str | None:
    """The path of the page of an entity; None where it has none."""
    path = None if iri in gone or "#" in iri else wording.path(iri)
    if path is None:
        return None
    kind, _, slug = path[1:].removesuffix(".html").partition("/")
    return path if entity_documents.is_slug(kind, slug) else None


def _day(version: str) -> str:
    """The day of a release, as its version says it."""
    return version.partition(".")[0]


def _index(base: str, named: str, parts: int, day: str) -> str:
    each = (f"{base}/sitemap-{number}.xml{named}" for number in range(1, parts + 1))
    return _document("sitemapindex", (_entry("sitemap", address, day) for address in each))


def _part(base: str, named: str, listed: tuple[_Address, ...]) -> str:
    return _document("urlset", (_entry("url", f"{base}{each.path}{named}", each.day) for each in listed))


def _entry(name: str, address: str, day: str) -> str:
    return f"<{name}><loc>{escape(address)}</loc><lastmod>{day}</lastmod></{name}>\n"


def _document(root: str, entries: Iterator[str]) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{_NAMESPACE}">\n{"".join(entries)}</{root}>\n'
