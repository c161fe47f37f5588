"""What has an IRI below ours and is no entity: the dataset, its ontology, shapes, graphs, releases, prefixes, examples.

GET /ontology                    303 to a document, as Accept likes: .html, .ttl, .trig, .nt, .rdf, .jsonld
GET /graph/{name}                the graph itself for programs (`graph_store`); for a browser 303 to its page
GET /                            303 to /index.ttl and so on where Accept names RDF; else the home page
The terms of the ontology, the shapes and the partitions of VoID are fragments, so that they are in these documents.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pyoxigraph import RdfFormat, parse

from loader.errors import UnknownGraphError, UnknownPageError, UnknownReleaseError
from loader.namespaces import BASE, EXAMPLES_GRAPH, GRAPH, VOID_GRAPH
from loader.nested import nested
from server import dereferencing, graph_store, protocol, queries, requests
from server.dereferencing import Edition, Thing
from server.exchange import Exchange, Response
from server.negotiation import HTML, Format, choose_document
from server.reply import Reply
from server.site import Site

SUFFIXES = ("html", "ttl", "trig", "nt", "rdf", "jsonld")
INDEX = "/index"  # the documents about the dataset, whose own path is that of the home page
_GRAPHS = {"/ontology": f"{GRAPH}ontology", "/shapes": f"{GRAPH}shapes"}  # hash namespaces, and where they are stated
_ABOUT = ("/prefixes", INDEX)
_EXAMPLE = re.compile(r"/\.well-known/sparql-examples/[a-z0-9]+(?:-[a-z0-9]+)*")
_RELEASE = "/release/"
_VERSION = re.compile(r"[0-9][0-9.-]{0,39}")
_SELF_NAMED = ("/graph/", "/.well-known/")  # the path of a graph gives the graph itself (Graph Store Protocol)
_ANYTHING = ("", "*/*")
_READ_BY_PEOPLE, _LINES = "text/turtle", "application/n-triples"
_MOST_READABLE = 5_000  # triples: some 0.1 seconds


@dataclass(frozen=True)
class Topic(Thing):
    """One of these things. `graph` is the graph that its documents give; where there is none, they give what the
    graphs `stated` say of it and of its fragments."""

    suffixes: tuple[str, ...] = SUFFIXES
    graph: str = ""
    stated: tuple[str, ...] = ()

    @property
    def iri(self) -> str:
        """The IRI that names it."""
        return BASE + self.path.removeprefix(INDEX).lstrip("/")

    def document(self, suffix: str, asked: Edition | None = None) -> str:
        """The address of one document about it; the page about the dataset is the home page."""
        found = super().document(suffix, asked)
        return found.replace(f"{INDEX}.html", "/", 1) if self.path == INDEX else found


def is_there(path: str) -> bool:
    """Whether a path is one of those answered here."""
    stem, _ = dereferencing.split(path, SUFFIXES)
    return stem in (*_GRAPHS, *_ABOUT, "/") or stem.startswith((*_SELF_NAMED, _RELEASE))


def topic_at(stem: str) -> Topic | None:
    """The thing that a path without its suffix names, though the release may have none of that name; or None."""
    if stem in _GRAPHS:
        return Topic(stem, graph=_GRAPHS[stem])
    if stem == INDEX:
        return Topic(INDEX, stated=(VOID_GRAPH, f"{GRAPH}release"))
    if stem == "/prefixes":
        return Topic(stem, stated=(EXAMPLES_GRAPH,))
    if stem.startswith(_RELEASE):
        return Topic(stem, collection="/releases", stated=(f"{GRAPH}release", f"{GRAPH}history"))
    if _EXAMPLE.fullmatch(stem):
        return Topic(stem, collection="/.well-known/sparql-examples", stated=(EXAMPLES_GRAPH,))
    return Topic(stem, graph=BASE + stem.lstrip("/")) if stem.startswith(_SELF_NAMED) else None


async def answer(exchange: Exchange, site: Site) -> Response | None:
    """What is at the path of one of these things or of a document about it; None where a page is to answer.

    Raises UnknownGraphError, UnknownReleaseError, NotAcceptableError, RequestError.
    """
    if _names_graph(exchange.path, site):
        return await graph_store.answer(exchange, site)
    stem, chosen = dereferencing.split(exchange.path, SUFFIXES)
    topic = topic_at(INDEX if stem == "/" and chosen is None else stem)
    if topic is None:
        return None
    if chosen is None and topic.path == INDEX and (stem != "/" or not _names_rdf(exchange)):
        return None
    if chosen is None and topic.path.startswith(_SELF_NAMED) and topic.graph and not _wants_page(exchange):
        return await graph_store.answer(exchange, site, topic)
    asked = dereferencing.edition(exchange, site)
    of_topic = await _site_of(topic, site)
    if asked.page > 1:
        raise UnknownPageError(asked.page, 1)
    exchange.watch()
    await _require(topic, of_topic)
    if chosen is None:
        return dereferencing.see_other(exchange, site, topic)
    if chosen.media_type == HTML:
        return None
    found = await _document(exchange, of_topic, topic, chosen, asked)
    if of_topic is not site:  # /release/2026-11-24.1 is answered by that release, whichever the request names
        found.headers["Sarcograph-Release"] = of_topic.release.version
    return found


def _names_graph(path: str, site: Site) -> bool:
    """Whether what looks like a document, such as `/graph/a.ttl`, is the name of a graph in full."""
    is_suffixed = path != dereferencing.split(path, SUFFIXES)[0]
    return is_suffixed and path.startswith(_SELF_NAMED) and BASE + path[1:] in site.release.manifest["graphs"]


def _names_rdf(exchange: Exchange) -> bool:
    """Whether a request names a format of RDF, and likes it best: whatever will do gets the home page."""
    names = protocol.format_names(exchange.query_string)
    accept = exchange.header(b"accept") or ""
    if not names and (accept.strip() in _ANYTHING or not _liked(exchange)):
        return False
    chosen = choose_document(names, accept, SUFFIXES)
    return chosen is not None and chosen.media_type != HTML


def _liked(exchange: Exchange) -> bool:
    """Whether any format of RDF is named by Accept."""
    accept = (exchange.header(b"accept") or "").lower()
    return any(word in accept for word in ("turtle", "trig", "n-triples", "rdf+xml", "ld+json"))


def _wants_page(exchange: Exchange) -> bool:
    chosen = choose_document(protocol.format_names(exchange.query_string), exchange.header(b"accept"), SUFFIXES)
    return chosen is not None and chosen.media_type == HTML


async def _site_of(topic: Topic, site: Site) -> Site:
    """A release is best described by itself; one that is kept no more by what later ones say of it."""
    if not topic.path.startswith(_RELEASE):
        return site
    version = topic.path.removeprefix(_RELEASE)
    try:
        return site if version == site.release.version else await site.at(version)
    except UnknownReleaseError:
        if _VERSION.fullmatch(version) and await _is_stated(topic, site):
            return site
        raise


async def _require(topic: Topic, site: Site) -> None:
    """Raise an error where the release has nothing of that name."""
    if topic.graph:
        known = topic.graph in site.release.manifest["graphs"]
    else:
        known = not _EXAMPLE.fullmatch(topic.path) or await _is_stated(topic, site)
    if not known:
        raise UnknownGraphError(topic.iri)


async def _is_stated(topic: Topic, site: Site) -> bool:
    query = queries.read("topic/is-there").bind(thing=queries.iri(topic.iri))
    reply = await site.run(requests.query(query.text, site.settings), reserved=True)
    return b"true" in await reply.read()


async def _document(exchange: Exchange, site: Site, topic: Topic, chosen: Format, asked: Edition) -> Response:
    async def ask(encoding: str) -> Reply | str:
        if chosen.media_type == _READ_BY_PEOPLE and (text := await _readable(topic, site)) is not None:
            return text
        return await site.run(_request(topic, site, chosen.media_type, encoding), deadline=site.settings.max_deadline)

    return await dereferencing.document(exchange, site, topic, chosen, asked, ask)


async def _readable(topic: Topic, site: Site) -> str | None:
    """The Turtle of a small thing as a person would write it; None where it is not small, or holds what the writer does
    not know."""
    size = site.release.manifest["graphs"].get(topic.graph, 0)
    if size > _MOST_READABLE or topic.path.startswith(_RELEASE):
        return None
    reply = await site.run(_request(topic, site, _LINES, "identity"), reserved=True)
    lines = await reply.read()
    return await asyncio.to_thread(_as_text, lines, topic.iri)


def _as_text(lines: bytes, iri: str) -> str | None:
    try:
        return nested([quad.triple for quad in parse(lines, RdfFormat.N_TRIPLES)], iri)
    except ValueError:
        return None


def _request(topic: Topic, site: Site, media_type: str, encoding: str) -> Mapping[str, Any]:
    if topic.graph:
        return graph_store.request(site, topic.graph, media_type, encoding)
    name = "topic/dataset" if topic.path == INDEX else "topic/about"
    query = queries.read(name).bind(thing=queries.iri(topic.iri), graph=[queries.iri(each) for each in topic.stated])
    return requests.query(query.text, site.settings, graph=media_type, encoding=encoding)
