"""The query side of the SPARQL 1.1 Protocol over HTTP, by the W3C suite and by a checklist."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from urllib.parse import quote, urlencode

import brotli
import exchanges
import pytest
import w3c
from answers import GRAPHS, SOLUTIONS, of_body
from exchanges import Step, make_home, send
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, parse
from running import Answer, Server, start

HTTP_DATA = "http://kasei.us/2009/09/sparql/data/"  # what the suite's requests call its data, and the folder does not
TESTS = exchanges.tests("sparql11/protocol/manifest.ttl")
WRITING = "update_"  # tests that begin with an update, which this endpoint refuses
READS = [pytest.param(steps, id=name) for name, steps in TESTS.items() if not name.startswith(WRITING)]
WRITES = [pytest.param(steps, id=name) for name, steps in TESTS.items() if name.startswith(WRITING)]

A, P = NamedNode("http://example.org/a"), NamedNode("http://example.org/p")
ONE, TWO = "http://example.org/one", "http://example.org/two"
SELECT = "SELECT ?o WHERE { <http://example.org/a> <http://example.org/p> ?o } ORDER BY ?o"
ASK = "ASK { ?s ?p ?o }"
CONSTRUCT = "CONSTRUCT WHERE { ?s <http://example.org/p> ?o }"
DESCRIBE = "DESCRIBE <http://example.org/a>"
FORM = "application/x-www-form-urlencoded"
QUERY = "application/sparql-query"
UPDATE = "application/sparql-update"
SRJ = "application/sparql-results+json"
MANY = "SELECT * WHERE { VALUES ?a { 1 2 3 4 5 6 7 8 } VALUES ?b { 1 2 3 4 5 6 7 8 } VALUES ?c { 1 2 3 4 5 6 7 8 } }"


def written() -> Iterator[Quad]:
    """The suite's data, and two graphs of one triple each."""
    for number in (1, 2, 3):
        for quad in parse(w3c.files().get(f"sparql11/protocol/data{number}.nt", b""), RdfFormat.N_TRIPLES):
            yield Quad(quad.subject, quad.predicate, quad.object, NamedNode(f"{HTTP_DATA}data{number}.rdf"))
    yield Quad(A, P, Literal("one"), NamedNode(ONE))
    yield Quad(A, P, Literal("zwei", language="de"), NamedNode(TWO))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that holds them."""
    home = make_home(tmp_path_factory.mktemp("protocol"), written())
    server = start(home, SARCOGRAPH_WORKERS="2", SARCOGRAPH_MAX_BODY="100000", SARCOGRAPH_MAX_QUERY="50000")
    yield server
    server.stop()
    server.process.communicate()


def expect(step: Step, answer: Answer) -> None:
    """Hold an answer against what a step of the suite expects."""
    assert any(status in (f"StatusCode{answer.status // 100}xx", str(answer.status)) for status in step.statuses)
    if step.format == "RDF":
        assert answer.media_type in GRAPHS
    elif step.format:
        assert answer.media_type in SOLUTIONS
        found = of_body(answer.body, answer.media_type)
        assert isinstance(found, bool) == (step.format == "boolean")
        assert not step.truth or found == (step.truth == "true")


@w3c.needs_archive
@pytest.mark.conformance
@pytest.mark.parametrize("steps", READS)
def test_the_suites_requests_are_answered(server: Server, steps: list[Step]) -> None:
    for step in steps:
        expect(step, step.send(server.url))


@w3c.needs_archive
@pytest.mark.conformance
@pytest.mark.parametrize("steps", WRITES)
def test_the_suites_updates_are_refused(server: Server, steps: list[Step]) -> None:
    answer = steps[0].send(server.url)
    assert (answer.status, answer.media_type) == (403, "application/problem+json")


def get(server: Server, query: str | None = SELECT, path: str = "/sparql", method: str = "GET", **given: str) -> Answer:
    """A GET; what is given is a header, or a parameter of the URL if its name ends with an underscore."""
    parameters = {name.rstrip("_").replace("_", "-"): value for name, value in given.items() if name[-1] == "_"}
    headers = {name.replace("_", "-"): value for name, value in given.items() if name[-1] != "_"}
    if query is not None:
        parameters["query"] = query
    url = f"{path}?{urlencode(parameters, quote_via=quote)}" if parameters else path
    return send(server.url, method, url, headers=headers)


def post(server: Server, body: str | bytes, content_type: str | None, path: str = "/sparql", **headers: str) -> Answer:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    if content_type:
        names["Content-Type"] = content_type
    return send(server.url, "POST", path, body if isinstance(body, bytes) else body.encode(), names)


def values(answer: Answer) -> list[str]:
    assert answer.status == 200, answer.body
    assert answer.media_type == SRJ
    return [row["o"]["value"] for row in answer.json["results"]["bindings"]]


BOTH = ["one", "zwei"]


@pytest.mark.parametrize("path", ["/sparql", "/sparql/"])
def test_get_query(server: Server, path: str) -> None:
    assert values(get(server, path=path)) == BOTH


def test_get_query_with_other_characters(server: Server) -> None:
    query = 'SELECT ("é+%20&\U0001f9ec" AS ?o) {}'
    assert values(get(server, query)) == ["é+%20&\U0001f9ec"]
    plus = send(server.url, "GET", "/sparql?query=SELECT+%281%2B1+AS+%3Fo%29+%7B%7D")
    assert values(plus) == ["2"]


def test_head_query(server: Server) -> None:
    answer, whole = get(server, method="HEAD"), get(server)
    assert (answer.status, answer.body) == (200, b"")
    for name in ("content-type", "content-length", "etag", "vary"):
        assert answer.headers[name] == whole.headers[name]


def test_head_bad_query(server: Server) -> None:
    answer = get(server, "SELECT", method="HEAD")
    assert (answer.status, answer.body) == (400, b"")


@pytest.mark.parametrize("path", ["/sparql", "/sparql/"])
def test_options(server: Server, path: str) -> None:
    answer = get(server, None, path, "OPTIONS")
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["allow"] == "GET, HEAD, POST, OPTIONS"


@pytest.mark.parametrize("path", ["/sparql", "/sparql/"])
def test_post_query_urlencoded(server: Server, path: str) -> None:
    assert values(post(server, urlencode({"query": SELECT}), FORM, path)) == BOTH


@pytest.mark.parametrize("path", ["/sparql", "/sparql/"])
def test_post_query_direct(server: Server, path: str) -> None:
    assert values(post(server, SELECT, QUERY, path)) == BOTH


CHARSETS = ["; charset=utf-8", ";charset=UTF-8", '; charset="utf-8"', "; charset=us-ascii", "; a=b; charset=utf-8"]


@pytest.mark.parametrize("charset", CHARSETS)
def test_post_direct_query_with_charset(server: Server, charset: str) -> None:
    assert values(post(server, SELECT, QUERY + charset)) == BOTH


@pytest.mark.parametrize("charset", CHARSETS)
def test_post_urlencoded_query_with_charset(server: Server, charset: str) -> None:
    assert values(post(server, urlencode({"query": SELECT}), FORM + charset)) == BOTH


@pytest.mark.parametrize("content_type", ["Application/SPARQL-Query", "application/sparql-query "])
def test_post_direct_query_with_type_in_other_case(server: Server, content_type: str) -> None:
    assert values(post(server, SELECT, content_type)) == BOTH


def test_post_query_in_another_charset_is_415(server: Server) -> None:
    assert post(server, SELECT.encode("utf-16"), f"{QUERY}; charset=utf-16").status == 415
    assert post(server, SELECT.encode("latin-1"), f"{QUERY}; charset=iso-8859-1").status == 415


@pytest.mark.parametrize("content_type", [QUERY, FORM])
def test_post_bytes_that_are_not_utf8_is_400(server: Server, content_type: str) -> None:
    assert post(server, b"query=ASK { ?s ?p '\xff' }", content_type).status == 400


def test_get_query_that_is_not_utf8_is_400(server: Server) -> None:
    assert send(server.url, "GET", "/sparql?query=ASK%20%7B%7D%20%23%FF").status == 400


def test_post_query_in_url(server: Server) -> None:
    path = f"/sparql?{urlencode({'query': SELECT})}"
    assert values(post(server, "", FORM, path)) == BOTH
    assert values(post(server, b"", None, path)) == BOTH


def test_get_query_with_default_graph_uri(server: Server) -> None:
    assert values(get(server, default_graph_uri_=ONE)) == ["one"]


def test_get_query_with_two_default_graph_uris(server: Server) -> None:
    parameters = urlencode([("query", SELECT), ("default-graph-uri", ONE), ("default-graph-uri", TWO)])
    assert values(send(server.url, "GET", f"/sparql?{parameters}")) == BOTH


def test_get_query_with_named_graph_uri(server: Server) -> None:
    query = "SELECT ?o WHERE { GRAPH ?g { ?s ?p ?o } }"
    assert values(get(server, query, named_graph_uri_=TWO)) == ["zwei"]
    assert values(get(server, "SELECT ?o WHERE { ?s ?p ?o }", named_graph_uri_=TWO)) == []


def test_post_direct_query_with_graph_uris(server: Server) -> None:
    query = "SELECT ?o WHERE { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } } ORDER BY ?o"
    path = f"/sparql?{urlencode({'default-graph-uri': ONE, 'named-graph-uri': TWO})}"
    assert values(post(server, query, QUERY, path)) == BOTH
    assert values(post(server, query, QUERY, f"/sparql?{urlencode({'default-graph-uri': ONE})}")) == ["one"]


def test_post_urlencoded_query_with_graph_uris(server: Server) -> None:
    body = urlencode({"query": SELECT, "default-graph-uri": TWO})
    assert values(post(server, body, FORM)) == ["zwei"]


def test_graph_uris_override_from(server: Server) -> None:
    query = f"SELECT ?o FROM <{ONE}> WHERE {{ ?s ?p ?o }}"
    assert values(get(server, query)) == ["one"]
    assert values(get(server, query, default_graph_uri_=TWO)) == ["zwei"]


def test_unknown_graph_uri_is_an_empty_graph(server: Server) -> None:
    assert values(get(server, default_graph_uri_="http://example.org/nothing")) == []


def test_graph_uri_that_is_no_iri_is_400(server: Server) -> None:
    assert get(server, default_graph_uri_="a b").status == 400


def test_get_two_queries_is_400(server: Server) -> None:
    parameters = urlencode([("query", SELECT), ("query", ASK)])
    assert send(server.url, "GET", f"/sparql?{parameters}").status == 400


def test_post_two_queries_is_400(server: Server) -> None:
    assert post(server, urlencode([("query", SELECT), ("query", ASK)]), FORM).status == 400
    assert post(server, urlencode({"query": SELECT}), FORM, f"/sparql?{urlencode({'query': ASK})}").status == 400
    assert post(server, SELECT, QUERY, f"/sparql?{urlencode({'query': ASK})}").status == 400


def test_post_no_query_is_400(server: Server) -> None:
    assert post(server, "", FORM).status == 400
    assert post(server, "format=json", FORM).status == 400


@pytest.mark.parametrize("body", ["", "{}", "SELECT", "SELECT * { ?s ?p }"])
def test_post_bad_query_is_400(server: Server, body: str) -> None:
    answer = post(server, body, QUERY)
    assert (answer.status, answer.media_type) == (400, "application/problem+json")


def test_bad_query_is_told_with_line_and_column(server: Server) -> None:
    query = "SELECT * WHERE {\n  ?s a ?t OPTIONAL { ?s ?p ?o }\n  ?s ?p }"
    answer = get(server, query)
    assert answer.status == 400
    assert answer.json["line"] == 3
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("accept", [None, "*/*", "text/turtle", "application/rdf+xml", "application/ld+json"])
def test_get_no_query_is_service_description(server: Server, accept: str | None) -> None:
    answer = get(server, None, **({"accept": accept} if accept else {}))
    assert answer.status == 200
    assert answer.media_type == (accept if accept in GRAPHS else "text/turtle")
    form = GRAPHS[answer.media_type]
    said = {quad.predicate.value.rpartition("#")[2] for quad in parse(answer.body, form, base_iri=server.url)}
    assert {"endpoint", "supportedLanguage", "resultFormat", "defaultDataset", "namedGraph"} <= said


def test_get_no_query_is_html_for_a_browser(server: Server) -> None:
    accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    answer = get(server, None, accept=accept)
    assert (answer.status, answer.media_type) == (200, "text/html")


UPDATES = ["INSERT DATA { <http://a> <http://a> <http://a> }", "CLEAR ALL", "LOAD <http://127.0.0.1:9/>"]


@pytest.mark.parametrize("update", UPDATES)
def test_update_is_403(server: Server, update: str) -> None:
    answers = [
        post(server, update, UPDATE),
        post(server, update, QUERY),
        post(server, urlencode({"update": update}), FORM),
        post(server, urlencode({"query": update}), FORM),
        get(server, update),
        get(server, None, update_=update),
    ]
    assert [answer.status for answer in answers] == [403] * 6
    assert all(answer.json["detail"] for answer in answers)


@pytest.mark.parametrize("silent", ["", "SILENT "])
def test_service_is_403(server: Server, silent: str) -> None:
    assert get(server, f"SELECT * {{ SERVICE {silent}<http://127.0.0.1:9/> {{ ?s ?p ?o }} }}").status == 403


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/json", "multipart/form-data; boundary=x", "x", None]
)
def test_post_unknown_content_type_is_415(server: Server, content_type: str | None) -> None:
    answer = post(server, SELECT, content_type)
    assert answer.status == 415
    assert answer.headers["accept-post"] == f"{FORM}, {QUERY}"


FORMS = [(SELECT, SOLUTIONS), (ASK, SOLUTIONS), (CONSTRUCT, GRAPHS)]


@pytest.mark.parametrize("query, forms", FORMS, ids=["select", "ask", "construct"])
def test_unsupported_accept_is_406_with_a_list(server: Server, query: str, forms: dict[str, object]) -> None:
    answer = get(server, query, accept="image/png")
    assert answer.status == 406
    assert set(answer.json["offers"]) >= set(forms)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE"])
@pytest.mark.parametrize("path", ["/sparql", "/sparql/"])
def test_other_method_is_405(server: Server, path: str, method: str) -> None:
    answer = get(server, path=path, method=method)
    assert answer.status == 405
    assert answer.headers["allow"] == "GET, HEAD, POST, OPTIONS"


def test_body_too_large_is_413(server: Server) -> None:
    answer = post(server, SELECT + " #" + "x" * 100_000, QUERY)
    assert (answer.status, answer.media_type) == (413, "application/problem+json")


def test_query_too_long_is_400(server: Server) -> None:
    assert post(server, SELECT + " #" + "x" * 60_000, QUERY).status == 400


def test_cors_preflight(server: Server) -> None:
    answer = get(
        server,
        None,
        method="OPTIONS",
        origin="https://a.example",
        access_control_request_method="POST",
        access_control_request_headers="content-type",
    )
    assert answer.status == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert "content-type" in answer.headers["access-control-allow-headers"].lower()
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("query", [SELECT, "SELECT", "CLEAR ALL", None], ids=["query", "bad", "update", "none"])
def test_cors_on_answers_and_errors(server: Server, query: str | None) -> None:
    answer = get(server, query, origin="https://a.example")
    assert answer.headers["access-control-allow-origin"] == "*"
    exposed = {name.strip().lower() for name in answer.headers["access-control-expose-headers"].split(",")}
    assert {"etag", "link", "content-location", "retry-after"} <= exposed


@pytest.mark.parametrize("media_type", [*SOLUTIONS, "text/csv"])
@pytest.mark.parametrize("query", [SELECT, ASK], ids=["select", "ask"])
def test_accept_of_solutions(server: Server, query: str, media_type: str) -> None:
    answer = get(server, query, accept=media_type)
    assert (answer.status, answer.media_type) == (200, media_type)
    assert "accept" in answer.headers["vary"].lower()


@pytest.mark.parametrize("media_type", GRAPHS)
@pytest.mark.parametrize("query", [CONSTRUCT, DESCRIBE], ids=["construct", "describe"])
def test_accept_of_graphs(server: Server, query: str, media_type: str) -> None:
    answer = get(server, query, accept=media_type)
    assert (answer.status, answer.media_type) == (200, media_type)
    rows = [[A, P, Literal("one")], [A, P, Literal("zwei", language="de")]]
    found = {tuple(quad.triple) for quad in parse(answer.body, GRAPHS[media_type])}
    assert found == {tuple(row) for row in rows}


QUALITIES = [
    (f"{SRJ};q=0.5, text/csv;q=0.6", "text/csv"),
    ("text/csv;q=0.1, */*;q=0.9", SRJ),
    ("text/*, application/sparql-results+xml;q=0.9", "text/csv"),
    ("text/csv;q=0, text/*", "text/tab-separated-values"),
    ("application/sparql-results+xml, */*", SRJ),
    ("text/turtle, */*;q=0.5", SRJ),
    ("text/turtle, application/sparql-results+xml;q=0.1", "application/sparql-results+xml"),
    ("application/json", SRJ),
    ("nonsense, text/csv;q=2, text/tab-separated-values;q=0.1", "text/tab-separated-values"),
]


@pytest.mark.parametrize("accept, media_type", QUALITIES, ids=range(len(QUALITIES)))
def test_accept_with_q_values(server: Server, accept: str, media_type: str) -> None:
    assert get(server, accept=accept).media_type == media_type


@pytest.mark.parametrize("accept", ["*/*", "text/*;q=0.5, */*", "", "text/html;q=0.5, */*"])
@pytest.mark.parametrize("query", [SELECT, CONSTRUCT, None], ids=["select", "construct", "none"])
def test_wildcard_is_never_html(server: Server, query: str | None, accept: str) -> None:
    answer = get(server, query, accept=accept)
    assert answer.status == 200
    assert answer.media_type in ((SRJ,) if query == SELECT else GRAPHS)


@pytest.mark.parametrize("accept", ["*/*", "text/turtle"])
def test_errors_are_not_html_for_programs(server: Server, accept: str) -> None:
    assert get(server, "SELECT", accept=accept).media_type == "application/problem+json"


def test_browser_gets_html_with_the_status_of_the_error(server: Server) -> None:
    accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    for query, status in ((SELECT, 200), ("SELECT", 400), ("CLEAR ALL", 403)):
        answer = get(server, query, accept=accept)
        assert (answer.status, answer.media_type) == (status, "text/html")


FORMATS = [("json", SRJ), ("srx", "application/sparql-results+xml"), ("csv", "text/csv"), (SRJ, SRJ)]


@pytest.mark.parametrize("name, media_type", FORMATS, ids=range(len(FORMATS)))
def test_format_beats_accept(server: Server, name: str, media_type: str) -> None:
    assert get(server, accept="text/tab-separated-values", format_=name).media_type == media_type
    answer = post(server, urlencode({"query": SELECT, "format": name}), FORM, accept="text/tab-separated-values")
    assert answer.media_type == media_type


def test_unknown_format_is_406(server: Server) -> None:
    assert get(server, format_="docx").status == 406
    assert get(server, format_="ttl").status == 406


@pytest.mark.parametrize("coding", ["gzip", "br"])
def test_compressed_answer(server: Server, coding: str) -> None:
    plain = get(server, MANY)
    answer = get(server, MANY, accept_encoding=coding)
    assert answer.headers["content-encoding"] == coding
    unpacked = gzip.decompress(answer.body) if coding == "gzip" else brotli.decompress(answer.body)
    assert unpacked == plain.body
    assert len(answer.body) < len(plain.body)
    assert "accept-encoding" in plain.headers["vary"].lower()
    assert answer.headers["etag"] != plain.headers["etag"]


@pytest.mark.parametrize("accept_encoding", ["identity", "gzip;q=0, br;q=0", "compress", ""])
def test_uncompressed_answer(server: Server, accept_encoding: str) -> None:
    assert "content-encoding" not in get(server, MANY, accept_encoding=accept_encoding).headers


def test_if_none_match(server: Server) -> None:
    answer = get(server)
    entity_tag = answer.headers["etag"]
    assert entity_tag.startswith('W/"')
    for tags in (entity_tag, f'"x", {entity_tag}', entity_tag.removeprefix("W/")):
        again = get(server, if_none_match=tags)
        assert (again.status, again.body) == (304, b"")
        assert again.headers["etag"] == entity_tag
    assert get(server, if_none_match='W/"x"').status == 200


def test_entity_tags_differ_by_format_query_and_dataset(server: Server) -> None:
    answers = [get(server), get(server, accept="text/csv"), get(server, ASK), get(server, default_graph_uri_=ONE)]
    assert len({answer.headers["etag"] for answer in answers}) == 4


def test_if_none_match_after_negotiation(server: Server) -> None:
    entity_tag = get(server).headers["etag"]
    assert get(server, if_none_match=entity_tag, accept="text/csv").status == 200
    assert get(server, if_none_match=entity_tag, accept="image/png").status == 406


def test_unstable_answer_has_no_entity_tag(server: Server) -> None:
    query = "SELECT (UUID() AS ?o) {}"
    first, second = get(server, query), get(server, query)
    assert values(first) != values(second)
    assert "etag" not in first.headers


def test_timeout_out_of_range_is_400(server: Server) -> None:
    assert get(server, timeout_="0").status == 400
    assert get(server, timeout_="1e9").status == 400
    assert values(get(server, timeout_="5")) == BOTH


def test_rewritten_queries_answer_as_written(server: Server) -> None:
    query = "SELECT * { ?s ?p ?o OPTIONAL { ?s <http://example.org/p> ?x FILTER(LANG(?x) = 'de') } }"
    answer = get(server, query)
    assert sorted(answer.json["head"]["vars"]) == ["o", "p", "s", "x"]
    assert len(answer.json["results"]["bindings"]) == len(list(written()))
    assert sum("x" in row for row in answer.json["results"]["bindings"]) == 2
