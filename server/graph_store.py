"""Graphs as documents (SPARQL 1.1 Graph Store HTTP Protocol, the reading side).

GET /graphs?graph=IRI     one named graph
GET /graphs?default       the default graph, which is the union of all
GET /graphs               the whole dataset, as TriG or N-Quads
GET /graph/{name}         the graph of that name, and so with other paths that name one, such as /.well-known/void
"""

from __future__ import annotations

from enum import Enum
from typing import Any

from loader.errors import NotAcceptableError, RequestError, UnknownGraphError
from loader.namespaces import BASE
from server import answers, compression, dereferencing, protocol, queries, requests
from server.dereferencing import Edition, Thing
from server.exchange import Exchange, Response
from server.negotiation import DATASET, GRAPH, Format, choose_named, documents, formats
from server.site import Site

_READ_BY_PEOPLE = "text/turtle"
_MOST_IN_ORDER = 100_000  # triples that are put in order: about 0.2 seconds more
_QUADS = tuple(each.media_type for each in formats(DATASET))


class Part(Enum):
    """What may be asked for beside a named graph."""

    DEFAULT_GRAPH = "the default graph"
    DATASET = "the whole dataset"


def is_there(path: str) -> bool:
    """Whether a path is one of those answered here."""
    return path in ("/graphs", "/graphs/") or path.startswith(("/graph/", "/.well-known/"))


async def answer(exchange: Exchange, site: Site, thing: Thing | None = None) -> Response:
    """One graph, or all of them; `thing` is what the graph is, where documents are about it."""
    exchange.watch()
    graph = _graph(exchange, site)
    names = protocol.format_names(exchange.query_string)
    form = DATASET if graph is Part.DATASET else GRAPH
    accept = exchange.header(b"accept")
    chosen = choose_named(names, accept, form)
    if chosen is None:
        what = f"a request for {graph.value if isinstance(graph, Part) else 'a graph'}"
        offers = [each.media_type for each in formats(form)]
        raise NotAcceptableError(what, ", ".join(names) or accept or "", offers)
    response = await _write(exchange, site, graph, chosen.media_type)
    if thing and chosen.names[0] in thing.suffixes:
        response.headers.update(_as_document(response, site, thing, chosen))
    return response


def _as_document(response: Response, site: Site, thing: Thing, chosen: Format) -> dict[str, str]:
    """What the headers of the document about a graph say that the graph itself has as well."""
    found = {"Last-Modified": dereferencing.last_modified(site.release)}
    if response.status == 200:
        (chosen,) = documents(chosen.names[:1])
        asked = _edition(site)
        found["Content-Location"] = thing.document(chosen.names[0], asked)
        found["Link"] = dereferencing.linked(dereferencing.links(thing, chosen, asked))
    return found


def _edition(site: Site) -> Edition:
    return Edition(site.release.version if site.pinned else None)


async def _write(exchange: Exchange, site: Site, graph: str | Part, media_type: str) -> Response:
    encoding = compression.choose(exchange.header(b"accept-encoding"))
    key = "graph", graph, media_type, encoding
    freshness = dereferencing.freshness(_edition(site))
    entity_tag, at_hand = answers.at_hand(exchange, site, key, freshness=freshness)
    if at_hand:
        return at_hand
    reply = await site.run(request(site, graph, media_type, encoding), deadline=site.settings.max_deadline)
    headers = answers.headers(media_type, reply.encoding, entity_tag, freshness, described=answers.description(site))
    return await answers.respond(exchange, site, reply, headers, key)


def request(site: Site, graph: str | Part, media_type: str, encoding: str) -> dict[str, Any]:
    """What a worker is asked for a graph, or for what else may be."""
    name = graph if isinstance(graph, str) else None
    if media_type in _QUADS and graph is not Part.DEFAULT_GRAPH:
        return requests.quads(name, media_type, encoding)
    manifest = site.release.manifest
    size = manifest["graphs"][name] if name else manifest["triples"]
    in_order = media_type == _READ_BY_PEOPLE and size <= _MOST_IN_ORDER
    return requests.query(
        queries.read("graph-in-order" if in_order else "graph").text,
        site.settings,
        graph=media_type,
        encoding=encoding,
        default_graphs=[name] if name else None,
    )


def _graph(exchange: Exchange, site: Site) -> str | Part:
    """The IRI of the graph that is asked for, or what else is. Raises RequestError, UnknownGraphError."""
    parameters = protocol.parameters(exchange.query_string, "the URL")
    if exchange.path.rstrip("/") != "/graphs":
        name = BASE + exchange.path.lstrip("/")
        return _known(name if name in site.release.manifest["graphs"] else name.rstrip("/"), site)
    asked = [(name, value) for name, value in parameters if name in ("graph", "default")]
    if len(asked) > 1:
        raise RequestError("the request names more than one graph; expected one ?graph=IRI, or ?default, or neither.")
    if not asked:
        return Part.DATASET
    name, value = asked[0]
    if name == "default":
        return Part.DEFAULT_GRAPH
    protocol.require_iris("graph", [value])
    return _known(value, site)


def _known(graph: str, site: Site) -> str:
    if graph not in site.release.manifest["graphs"]:
        raise UnknownGraphError(graph)
    return graph
