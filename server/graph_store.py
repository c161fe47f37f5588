"""Graphs as documents (SPARQL 1.1 Graph Store HTTP Protocol, the reading side).

GET /graphs?graph=IRI     one named graph
GET /graphs?default       the default graph, which is the union of all
GET /graphs               the whole dataset, as TriG or N-Quads
GET /graph/{name}         the graph of that name, and so with other paths that name one, such as /.well-known/void
"""

from __future__ import annotations

from urllib.parse import parse_qsl

from loader.errors import MethodError, NotAcceptableError, RequestError, UnknownGraphError
from loader.namespaces import BASE
from server import cache, compression, queries, requests, sparql
from server.exchange import Exchange, Response
from server.negotiation import DATASET, GRAPH, choose_format, formats, named
from server.site import Site

METHODS = ("GET", "HEAD", "OPTIONS")
_QUADS = tuple(each.media_type for each in formats(DATASET))
_MOST_PARAMETERS = 100


def is_there(path: str) -> bool:
    """Whether a path is one of those answered here."""
    return path in ("/graphs", "/graphs/") or path.startswith(("/graph/", "/.well-known/"))


async def answer(exchange: Exchange, site: Site) -> Response:
    """One graph, or all of them."""
    if exchange.method == "OPTIONS":
        return sparql.preflight(METHODS)
    if exchange.method not in METHODS:
        raise MethodError(exchange.method, METHODS)
    exchange.watch()
    parameters = _parameters(exchange)
    graph = _graph(exchange.path, parameters)
    if graph is not None and graph not in ("", *site.release.manifest["graphs"]):
        raise UnknownGraphError(graph)
    names = [name for key, name in parameters if key == "format" and name]
    form = DATASET if graph is None else GRAPH
    accept = exchange.header(b"accept")
    chosen = named(names[0], form) if names else choose_format(accept, form)
    if chosen is None:
        what = "a request for the whole dataset" if graph is None else "a request for a graph"
        offers = [each.media_type for each in formats(form)]
        raise NotAcceptableError(what, ", ".join(names) or accept or "", offers)
    return await _write(exchange, site, graph, chosen.media_type)


async def _write(exchange: Exchange, site: Site, graph: str | None, media_type: str) -> Response:
    encoding = compression.choose(exchange.header(b"accept-encoding"))
    entity_tag = cache.tag(site.release, "graph", graph, media_type, encoding)
    headers = {"Vary": sparql.VARY, "Cache-Control": sparql.FRESH, "ETag": entity_tag}
    if cache.has(exchange.header(b"if-none-match"), entity_tag):
        return Response(304, headers)
    if media_type in _QUADS and graph != "":
        request = requests.quads(graph, media_type, encoding)
    else:
        request = requests.query(
            queries.read("graph").text,
            site.settings,
            graph=media_type,
            encoding=encoding,
            default_graphs=[graph] if graph else None,
        )
    reply = await site.pool.run(request, deadline=site.settings.max_deadline)
    headers["Content-Type"] = sparql.content_type(media_type)
    if reply.encoding != "identity":
        headers["Content-Encoding"] = reply.encoding
    return await sparql.respond(exchange, site, reply, headers)


def _parameters(exchange: Exchange) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            exchange.query_string.decode("utf-8"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MOST_PARAMETERS,
        )
    except UnicodeDecodeError as error:
        raise RequestError("a parameter in the URL is not UTF-8. Send it in UTF-8.") from error
    except ValueError as error:
        raise RequestError(f"the URL holds more than {_MOST_PARAMETERS} parameters.") from error


def _graph(path: str, parameters: list[tuple[str, str]]) -> str | None:
    """The IRI of the graph that is asked for, "" for the default graph, None for the whole dataset."""
    if path.rstrip("/") != "/graphs":
        return BASE + path.lstrip("/")
    asked = [name for name, _ in parameters if name in ("graph", "default")]
    if len(asked) > 1:
        raise RequestError("the request names more than one graph; expected one ?graph=IRI, or ?default, or neither.")
    if not asked:
        return None
    if asked == ["default"]:
        return ""
    return next(value for name, value in parameters if name == "graph")
