"""The reading side of the SPARQL 1.1 Graph Store HTTP Protocol, by the W3C suite and by a checklist.

Each step of a test that reads finds what the steps before it would have written; each that writes is refused, for the
endpoint is read-only. The older suite in `http-rdf-update` is the same in prose, and deprecated in favour of this one.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote, unquote

import exchanges
import pytest
import w3c
from answers import GRAPHS, of_triples
from exchanges import Step, make_home, send
from pyoxigraph import Dataset, DefaultGraph, Literal, NamedNode, Quad, RdfFormat, parse
from running import Answer, Server, start

from loader.namespaces import BASE, GRAPH

MANIFESTS = [f"sparql11/graph-store-protocol/manifest-{way}.ttl" for way in ("direct", "indirect")]
STEPS = [
    (f"{name}-{number}", step)
    for manifest in MANIFESTS
    for name, steps in exchanges.tests(manifest).items()
    for number, step in enumerate(steps)
]
READS = [pytest.param(name, step, id=name) for name, step in STEPS if step.method in ("GET", "HEAD")]
WRITES = [pytest.param(step, id=name) for name, step in STEPS if step.method not in ("GET", "HEAD")]
PERSON = NamedNode(f"{GRAPH}person")
TRIPLE = Quad(NamedNode(f"{BASE}a"), NamedNode(f"{BASE}b"), Literal("é, \U0001f9ec"), PERSON)
OTHER = Quad(NamedNode(f"{BASE}a"), NamedNode(f"{BASE}b"), Literal("c"), NamedNode("http://elsewhere.example/graph"))


def graph_of(name: str, step: Step) -> str:
    """The IRI of the graph that a step of a test reads: its own, for each step finds another state of the store."""
    if step.path in ("/gsp?default", "/gsp?graph=$LOCATION$"):
        return f"{GRAPH}{name}"
    if step.path.startswith("/gsp?graph="):
        return unquote(step.path.partition("=")[2]).replace("http://www.example/gsp/", f"http://www.example/{name}/")
    return f"{GRAPH}{name}{step.path.removeprefix('/gsp')}"


def path_of(name: str, step: Step) -> str:
    """Where this server has the graph that a step reads."""
    if step.path == "/gsp?default":
        return "/graphs?default"
    if step.path == "/gsp?graph=$LOCATION$":
        return "/graphs?graph=" + quote(graph_of(name, step), safe="")
    if step.path.startswith("/gsp?graph="):
        host = "http%3A%2F%2Fwww.example%2F" if "%3A" in step.path else "http://www.example/"
        slash = "%2F" if "%3A" in step.path else "/"
        return step.path.replace(f"{host}gsp{slash}", f"{host}{name}{slash}").replace("/gsp?", "/graphs?")
    return f"/graph/{name}{step.path.removeprefix('/gsp')}"


def written() -> Iterator[Quad]:
    """What would have been written before each step that reads."""
    yield from (TRIPLE, OTHER)
    yield from (
        Quad(PERSON, PERSON, Literal(f"the value {number}"), NamedNode(f"{GRAPH}many")) for number in range(100)
    )
    for name, step in STEPS:
        if step.method not in ("GET", "HEAD") or "NotFound" in step.statuses:
            continue
        graph = NamedNode(graph_of(name, step))
        for quad in parse(step.answer or "<http://a.example/> a <http://b.example/> .", RdfFormat.TURTLE):
            yield Quad(quad.subject, quad.predicate, quad.object, graph)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that holds all that."""
    server = start(make_home(tmp_path_factory.mktemp("graphs"), written()), SARCOGRAPH_WORKERS="2")
    yield server
    server.stop()
    server.process.communicate()


def triples(answer: Answer) -> object:
    return of_triples(quad.triple for quad in parse(answer.body, GRAPHS[answer.media_type]))


@w3c.needs_archive
@pytest.mark.conformance
@pytest.mark.parametrize("name, step", READS)
def test_the_suites_graphs_are_read(server: Server, name: str, step: Step) -> None:
    answer = step.send(server.url, path_of(name, step))
    assert answer.status == (404 if "NotFound" in step.statuses else 200)
    if answer.status == 200:
        assert answer.headers["content-type"] == "text/turtle; charset=utf-8"
    if step.method == "HEAD":
        assert answer.body == b""
    elif step.answer and step.path != "/gsp?default":
        assert triples(answer) == of_triples(quad.triple for quad in parse(step.answer, RdfFormat.TURTLE))
    elif step.answer:  # the default graph is the union of all graphs, which hold this among others
        assert answer.body.count(b'v:fn "') + answer.body.count(b'#fn> "') >= step.answer.count("v:fn")


@w3c.needs_archive
@pytest.mark.conformance
@pytest.mark.parametrize("step", WRITES)
def test_the_suites_graphs_are_not_written(server: Server, step: Step) -> None:
    answer = step.send(server.url, step.path.replace("/gsp", "/graphs") if "?" in step.path else "/graph/person")
    assert answer.status == 405
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"


def get(server: Server, path: str, method: str = "GET", **headers: str) -> Answer:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return send(server.url, method, path, headers=names)


INDIRECT = f"/graphs?graph={quote(PERSON.value, safe='')}"
WAYS = {"direct": "/graph/person", "indirect": INDIRECT, "slash": f"/graphs/?graph={PERSON.value}"}


@pytest.mark.parametrize("path", WAYS.values(), ids=WAYS)
def test_get_graph(server: Server, path: str) -> None:
    answer = get(server, path)
    assert answer.headers["content-type"] == "text/turtle; charset=utf-8"
    assert triples(answer) == of_triples([TRIPLE.triple])


@pytest.mark.parametrize("media_type", GRAPHS)
def test_get_graph_in_each_format(server: Server, media_type: str) -> None:
    answer = get(server, "/graph/person", accept=media_type)
    assert answer.media_type == media_type
    assert triples(answer) == of_triples([TRIPLE.triple])


def test_get_graph_of_another_namespace(server: Server) -> None:
    answer = get(server, f"/graphs?graph={quote(str(OTHER.graph_name)[1:-1], safe='')}")
    assert triples(answer) == of_triples([OTHER.triple])


def test_get_default_graph(server: Server) -> None:
    answer = get(server, "/graphs?default", accept="application/n-triples")
    lines = answer.body.decode().splitlines()
    assert f"{TRIPLE.triple} ." in lines and f"{OTHER.triple} ." in lines


@pytest.mark.parametrize(
    "accept, form", [("application/trig", RdfFormat.TRIG), ("application/n-quads", RdfFormat.N_QUADS)]
)
def test_get_dataset(server: Server, accept: str, form: RdfFormat) -> None:
    answer = get(server, "/graphs", accept=accept)
    assert answer.media_type == accept
    held = Dataset(parse(answer.body, form))
    assert TRIPLE in held and OTHER in held
    assert not [quad for quad in held if isinstance(quad.graph_name, DefaultGraph)]


def test_get_dataset_as_triples_is_406(server: Server) -> None:
    answer = get(server, "/graphs", accept="text/turtle")
    assert answer.status == 406
    assert set(answer.json["offers"]) == {"application/trig", "application/n-quads"}


def test_get_graph_of_no_format_is_406(server: Server) -> None:
    answer = get(server, "/graph/person", accept="image/png")
    assert answer.status == 406
    assert set(answer.json["offers"]) >= set(GRAPHS)


@pytest.mark.parametrize("accept", ["*/*", "text/*", "text/html;q=0.1, */*", ""])
def test_get_graph_is_no_html_unless_that_is_liked_best(server: Server, accept: str) -> None:
    assert get(server, "/graph/person", accept=accept).media_type == "text/turtle"


def test_get_graph_as_html_leads_to_its_page(server: Server) -> None:
    answer = get(server, "/graph/person", accept="text/html, */*;q=0.1")
    assert (answer.status, answer.headers["location"]) == (303, "/graph/person.html")


def test_get_graph_with_format(server: Server) -> None:
    assert get(server, "/graph/person?format=nt", accept="text/turtle").media_type == "application/n-triples"
    assert get(server, f"{INDIRECT}&format=jsonld").media_type == "application/ld+json"


def test_get_graph_with_q_values(server: Server) -> None:
    accept = "text/turtle;q=0.4, application/rdf+xml;q=0.5, application/*;q=0.1"
    assert get(server, "/graph/person", accept=accept).media_type == "application/rdf+xml"


@pytest.mark.parametrize("path", ["/graph/nobody", "/graphs?graph=http%3A%2F%2Fa.example%2F", "/graphs?graph=x:y"])
def test_get_unknown_graph_is_404(server: Server, path: str) -> None:
    answer = get(server, path)
    assert (answer.status, answer.media_type) == (404, "application/problem+json")
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("query", ["graph=a&graph=b", "default&graph=a"])
def test_two_graphs_are_400(server: Server, query: str) -> None:
    assert get(server, f"/graphs?{query}").status == 400


@pytest.mark.parametrize("path", [*WAYS.values(), "/graphs?default"], ids=[*WAYS, "default"])
def test_head_graph(server: Server, path: str) -> None:
    answer, whole = get(server, path, "HEAD"), get(server, path)
    assert (answer.status, answer.body) == (200, b"")
    for name in ("content-type", "etag", "vary"):
        assert answer.headers[name] == whole.headers[name]


def test_head_unknown_graph_is_404(server: Server) -> None:
    answer = get(server, "/graph/nobody", "HEAD")
    assert (answer.status, answer.body) == (404, b"")


@pytest.mark.parametrize("path", ["/graphs", "/graph/person"])
def test_options_graph(server: Server, path: str) -> None:
    answer = get(server, path, "OPTIONS", origin="http://a.example", access_control_request_method="GET")
    assert answer.status == 204
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH"])
@pytest.mark.parametrize("path", ["/graph/person", "/graphs?default", "/graphs"])
def test_other_methods_are_405(server: Server, path: str, method: str) -> None:
    answer = get(server, path, method)
    assert answer.status == 405
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"


def test_get_graph_if_none_match(server: Server) -> None:
    entity_tag = get(server, "/graph/person").headers["etag"]
    assert entity_tag.startswith('W/"')
    assert get(server, "/graph/person", if_none_match=entity_tag).status == 304
    assert get(server, "/graph/person", if_none_match=entity_tag, accept="application/n-triples").status == 200
    assert get(server, INDIRECT, if_none_match='W/"x"').status == 200


def test_get_graph_compressed(server: Server) -> None:
    answer = get(server, "/graph/many", accept_encoding="gzip")
    assert answer.headers["content-encoding"] == "gzip"
    assert "accept-encoding" in answer.headers["vary"].lower()
