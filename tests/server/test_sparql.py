"""The endpoint keeps to the SPARQL 1.1 Protocol, and says in words and status codes where a request does not."""

from __future__ import annotations

import http.client
import socket
import time
import urllib.parse
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from running import DRUGS, ENDLESS, VERSION, Answer, Server

from loader.namespaces import BASE, GRAPH

LABEL = "http://www.w3.org/2004/02/skos/core#prefLabel"
POINT = f"SELECT ?label WHERE {{ <{BASE}drug/drug-7> <{LABEL}> ?label }}"
DESCRIBE = f"DESCRIBE <{BASE}drug/drug-7>"
EVERYTHING = "SELECT * WHERE { ?s ?p ?o . ?x ?y ?z }"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
QUERY = {"Content-Type": "application/sparql-query"}
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


def encoded(**parameters: str | list[str]) -> bytes:
    return urllib.parse.urlencode(parameters, doseq=True).encode()


def is_the_label(answer: Answer) -> bool:
    rows = answer.json["results"]["bindings"]
    return answer.status == 200 and [row["label"]["value"] for row in rows] == ["drug 7"]


def is_a_problem(answer: Answer, status: int) -> bool:
    return (
        answer.status == status
        and answer.media_type == "application/problem+json"
        and answer.json["status"] == status
        and answer.json["type"].startswith(BASE + "problem/")
        and bool(answer.json["title"] and answer.json["detail"])
    )


# Ways to ask


def test_a_query_is_asked_by_get(server: Server) -> None:
    assert is_the_label(server.ask(query=POINT))


def test_a_query_is_asked_by_get_with_a_slash_at_the_end(server: Server) -> None:
    assert is_the_label(server.ask("/sparql/", query=POINT))


def test_a_query_is_posted_as_a_form(server: Server) -> None:
    assert is_the_label(server.ask(body=encoded(query=POINT), headers=FORM))


def test_a_query_is_posted_directly(server: Server) -> None:
    assert is_the_label(server.ask(body=POINT.encode(), headers=QUERY))


@pytest.mark.parametrize("charset", ["; charset=utf-8", ';charset="UTF-8"', " ; Charset=utf8"])
def test_a_posted_query_may_state_its_charset(server: Server, charset: str) -> None:
    assert is_the_label(server.ask(body=POINT.encode(), headers={"Content-Type": QUERY["Content-Type"] + charset}))


def test_a_post_may_carry_its_query_in_the_url(server: Server) -> None:
    assert is_the_label(server.ask(body=b"", headers={"Content-Type": ""}, query=POINT))
    assert is_the_label(server.ask(body=b"", headers=FORM, query=POINT))


def test_a_posted_query_may_begin_with_a_byte_order_mark(server: Server) -> None:
    for charset in ("", "; charset=utf-8"):
        headers = {"Content-Type": QUERY["Content-Type"] + charset}
        assert is_the_label(server.ask(body=b"\xef\xbb\xbf" + POINT.encode(), headers=headers))


def test_a_body_in_chunks_is_read(server: Server) -> None:
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"))
    pieces = [POINT.encode()[:20], POINT.encode()[20:]]
    connection.request("POST", "/sparql", iter(pieces), QUERY, encode_chunked=True)
    assert b"drug 7" in connection.getresponse().read()
    connection.close()


def test_a_head_has_the_headers_of_the_get_and_no_body(server: Server) -> None:
    for query in (POINT, "SELECT * WHERE { ?s ?p ?o }"):
        head = server.ask(method="HEAD", query=query)
        get = server.ask(query=query)
        assert (head.status, head.body) == (200, b"")
        assert head.headers["content-type"] == get.headers["content-type"]
        assert head.headers["content-length"] == str(len(get.body))


def test_a_preflight_is_answered(server: Server) -> None:
    answer = server.ask(method="OPTIONS", headers={"Origin": "http://a", "Access-Control-Request-Method": "POST"})
    assert answer.status == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert "Content-Type" in answer.headers["access-control-allow-headers"]


def test_a_body_of_more_than_a_mebibyte_is_read(server: Server) -> None:
    values = " ".join(f"<http://example.org/a-rather-long-iri/{number}>" for number in range(30_000))
    query = f"SELECT (COUNT(*) AS ?n) WHERE {{ VALUES ?s {{ {values} }} }}"
    assert len(query) > 1 << 20
    for body, headers in ((query.encode(), QUERY), (encoded(query=query), FORM)):
        assert server.ask(body=body, headers=headers | {"Accept": "text/csv"}).body == b"n\r\n30000\r\n"


def test_the_dataset_is_the_one_the_request_names(server: Server) -> None:
    count = "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }"
    within = "SELECT (COUNT(*) AS ?n) WHERE { GRAPH ?g { ?s ?p ?o } }"
    source, curated = GRAPH + "source/demetri2016", GRAPH + "curated"

    def n(query: str, **dataset: str | list[str]) -> int:
        by_get = server.ask(query=query, format="csv", **dataset)
        parameters = {name.replace("_", "-"): value for name, value in dataset.items()}
        by_form = server.ask(body=encoded(query=query, format="csv", **parameters), headers=FORM)
        by_post = server.ask(body=query.encode(), headers=QUERY, format="csv", **parameters)
        assert by_get.body == by_form.body == by_post.body
        return int(by_get.body.split()[1])

    both = 2 * DRUGS + 1
    assert n(count) == both
    assert n(count, **{"default-graph-uri": source}) == 1
    assert n(count, **{"default-graph-uri": [source, curated]}) == both
    assert n(count, **{"named-graph-uri": source}) == 0
    assert n(within, **{"named-graph-uri": source}) == 1
    assert n(within, **{"default-graph-uri": source}) == 0
    assert n(count.replace("WHERE", f"FROM <{source}> WHERE")) == 1
    assert n(count.replace("WHERE", f"FROM <{source}> WHERE"), **{"default-graph-uri": curated}) == 2 * DRUGS


# Formats


@pytest.mark.parametrize(
    "accept, media_type, body",
    [
        (None, "application/sparql-results+json", b'{"head":{"vars":["label"]}'),
        ("*/*", "application/sparql-results+json", b'{"head":'),
        ("application/json", "application/sparql-results+json", b'{"head":'),
        ("application/sparql-results+xml", "application/sparql-results+xml", b"<?xml"),
        ("text/csv", "text/csv", b"label\r\ndrug 7\r\n"),
        ("text/tab-separated-values", "text/tab-separated-values", b'?label\n"drug 7"@en\n'),
        ("text/turtle, text/csv;q=0.1", "text/csv", b"label"),
    ],
)
def test_a_table_comes_in_the_format_asked_for(
    server: Server, accept: str | None, media_type: str, body: bytes
) -> None:
    answer = server.ask(query=POINT, headers={"Accept": accept} if accept else {})
    assert (answer.status, answer.media_type) == (200, media_type)
    assert answer.body.startswith(body)
    assert answer.headers["vary"] == "Accept, Accept-Encoding"


@pytest.mark.parametrize(
    "accept, media_type, body",
    [
        (None, "text/turtle", b"@prefix"),
        ("*/*", "text/turtle", b"@prefix"),
        ("application/n-triples", "application/n-triples", b"<https://w3id.org/sarcograph/drug/drug-7> <"),
        ("application/rdf+xml", "application/rdf+xml", b"<?xml"),
        ("application/ld+json", "application/ld+json", b'{"@context":{'),
    ],
)
def test_a_graph_comes_in_the_format_asked_for(
    server: Server, accept: str | None, media_type: str, body: bytes
) -> None:
    answer = server.ask(query=DESCRIBE, headers={"Accept": accept} if accept else {})
    assert (answer.status, answer.media_type) == (200, media_type)
    assert answer.body.startswith(body)


@pytest.mark.parametrize("name, media_type", [("csv", "text/csv"), ("xml", "application/sparql-results+xml")])
def test_a_format_parameter_beats_accept(server: Server, name: str, media_type: str) -> None:
    assert server.ask(query=POINT, format=name, headers=BROWSER).media_type == media_type


@pytest.mark.parametrize(
    "query, accept, offer", [(POINT, "text/turtle", "text/csv"), (DESCRIBE, "text/csv", "text/turtle")]
)
def test_a_format_of_another_form_is_refused_with_what_there_is(
    server: Server, query: str, accept: str, offer: str
) -> None:
    answer = server.ask(query=query, headers={"Accept": accept})
    assert is_a_problem(answer, 406)
    assert offer in answer.json["offers"] and offer in answer.json["detail"]
    assert is_a_problem(server.ask(query=query, format=accept), 406)


def test_browsers_get_pages_with_and_without_a_query(server: Server) -> None:
    for parameters in ({}, {"query": POINT}):
        answer = server.ask(headers=BROWSER, **parameters)
        assert (answer.status, answer.media_type) == (200, "text/html")


def test_browsers_get_errors_as_pages_with_their_status(server: Server) -> None:
    for query, status in (("SELEC", 400), ("ASK { SERVICE <http://a/> { } }", 403)):
        answer = server.ask(headers=BROWSER, query=query)
        assert (answer.status, answer.media_type) == (status, "text/html")


# What is refused


@pytest.mark.parametrize("accept", [None, "*/*", "text/turtle"])
def test_a_get_without_a_query_gets_the_service_description(server: Server, accept: str | None) -> None:
    answer = server.ask(headers={"Accept": accept} if accept else {})
    assert (answer.status, answer.media_type) == (200, "text/turtle")
    assert f"sd:endpoint <{server.url}/sparql>" in answer.body.decode()


def test_two_queries_are_refused(server: Server) -> None:
    assert is_a_problem(server.ask(query=[POINT, POINT]), 400)
    assert is_a_problem(server.ask(query=POINT, body=POINT.encode(), headers=QUERY), 400)


@pytest.mark.parametrize("headers", [FORM, QUERY])
def test_an_empty_body_is_refused(server: Server, headers: dict[str, str]) -> None:
    assert is_a_problem(server.ask(body=b"", headers=headers), 400)


def test_bad_syntax_is_told_with_line_and_column(server: Server) -> None:
    answer = server.ask(query="SELECT *\nWHERE { ?s a sg:Drug }")
    assert is_a_problem(answer, 400)
    assert (answer.json["line"], answer.json["column"]) == (2, 14)
    assert "PREFIX sg: <https://w3id.org/sarcograph/ontology#>" in answer.json["detail"]


@pytest.mark.parametrize(
    "query", ["SELECT (<http://nope/f>(1) AS ?x) {}", "ASK { ?s ?p ?o FILTER <http://nope/f>(?o) }"]
)
def test_a_function_that_is_not_there_is_named(server: Server, query: str) -> None:
    answer = server.ask(query=query)
    assert is_a_problem(answer, 400) and answer.json["title"] == "Query not answered"
    assert "this endpoint has no function <http://nope/f>" in answer.json["detail"]


@pytest.mark.parametrize(
    "query", ["ASK { SERVICE <http://a/> { ?s ?p ?o } }", "INSERT DATA { <a:b> <a:b> <a:b> }", "DROP ALL"]
)
def test_calls_and_updates_are_forbidden(server: Server, query: str) -> None:
    assert is_a_problem(server.ask(query=query), 403)
    assert is_a_problem(server.ask(body=query.encode(), headers=QUERY), 403)


def test_the_update_operation_is_forbidden(server: Server) -> None:
    update = "INSERT DATA { <a:b> <a:b> <a:b> }"
    assert is_a_problem(server.ask(body=encoded(update=update), headers=FORM), 403)
    assert is_a_problem(server.ask(update=update), 403)
    assert is_a_problem(server.ask(body=update.encode(), headers={"Content-Type": "application/sparql-update"}), 403)


@pytest.mark.parametrize("media_type", ["text/plain", "application/json", "multipart/form-data; boundary=x"])
def test_a_body_of_another_type_is_refused_with_what_is_read(server: Server, media_type: str) -> None:
    answer = server.ask(body=b"x", headers={"Content-Type": media_type})
    assert is_a_problem(answer, 415)
    assert "application/sparql-query" in answer.json["detail"]
    assert "application/sparql-query" in answer.headers["accept-post"]


def test_a_body_in_another_charset_is_refused(server: Server) -> None:
    headers = {"Content-Type": "application/sparql-query; charset=iso-8859-1"}
    assert is_a_problem(server.ask(body=POINT.encode(), headers=headers), 415)


def test_a_body_beyond_the_limit_is_refused(server: Server) -> None:
    assert is_a_problem(server.ask(body=b" " * (9 << 20), headers=QUERY), 413)


@pytest.mark.parametrize("parameters", ["query=ASK%7B%7D%FF", "query=%C3", "default-graph-uri=%E9&query=ASK%7B%7D"])
def test_bytes_that_are_not_utf_8_are_refused(server: Server, parameters: str) -> None:
    assert is_a_problem(server.ask("/sparql?" + parameters), 400)
    assert is_a_problem(server.ask(body=parameters.encode(), headers=FORM), 400)
    assert is_a_problem(server.ask(body=b"ASK { ?s ?p '\xe9' }", headers=QUERY), 400)


@pytest.mark.parametrize(
    "name, value",
    [
        ("timeout", "soon"),
        ("timeout", "0"),
        ("timeout", "-1"),
        ("timeout", "nan"),
        ("timeout", "inf"),
        ("timeout", "61"),
        ("default-graph-uri", "curated"),
        ("named-graph-uri", "http://a b"),
        ("default-graph-uri", "http://[a"),
    ],
)
def test_a_parameter_that_means_nothing_is_refused(server: Server, name: str, value: str) -> None:
    assert is_a_problem(server.ask(query=POINT, **{name: value}), 400)


@pytest.mark.parametrize("names", ["a," * 4_000_000, "a" * 101, ",".join("abcdefghijk")], ids=["4M", "long", "11"])
def test_more_formats_than_anyone_means_are_refused_at_once(server: Server, names: str) -> None:
    begun = time.monotonic()
    answer = server.ask(body=b"query=ASK{}&format=" + names.encode(), headers=FORM)
    assert time.monotonic() - begun < 3
    assert is_a_problem(answer, 400) and len(answer.body) < 1000


def test_an_error_repeats_only_the_beginning_of_a_long_accept(server: Server) -> None:
    answer = server.ask(query=POINT, headers={"Accept": ",".join(f"image/x{number}" for number in range(1000))})
    assert is_a_problem(answer, 406) and len(answer.body) < 1000


@pytest.mark.parametrize(
    "host, said", [("[:::::]:1", "localhost"), ("[::1]:1", "[::1]:1"), ("a b", "localhost"), ("sarco.example", None)]
)
def test_the_description_names_the_host_that_was_asked_if_it_can_be_one(
    server: Server, host: str, said: str | None
) -> None:
    answer = server.ask(headers={"Host": host})
    assert answer.status == 200 and f"sd:endpoint <http://{said or host}/sparql>" in answer.body.decode()


def test_other_methods_are_refused_with_those_allowed(server: Server) -> None:
    for method in ("PUT", "DELETE", "PATCH"):
        answer = server.ask(method=method, body=b"")
        assert (answer.status, answer.media_type) == (405, "application/problem+json")
        assert {"GET", "POST", "HEAD", "OPTIONS"} <= set(answer.headers["allow"].replace(" ", "").split(","))


def test_a_path_that_leads_nowhere_is_a_problem_for_programs(server: Server) -> None:
    answer = server.ask("/nowhere/at/all")
    assert (answer.status, answer.media_type) == (404, "application/problem+json")


def test_too_deep_a_query_is_refused(server: Server) -> None:
    assert is_a_problem(server.ask(query="ASK " + "{" * 3000 + "}" * 3000), 400)


def test_every_answer_names_its_release_and_may_be_read_by_scripts(server: Server) -> None:
    for answer in (
        server.ask(query=POINT),
        server.ask(),
        server.ask(query="SELEC"),
        server.ask(method="PUT", body=b""),
        server.ask("/nowhere"),
        server.ask("/health"),
        server.ask(headers=BROWSER),
    ):
        assert answer.headers["sarcograph-release"] == VERSION
        assert answer.headers["access-control-allow-origin"] == "*"
        exposed = answer.headers["access-control-expose-headers"]
        assert all(name in exposed for name in ("ETag", "Link", "Content-Location", "Retry-After"))
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'") and "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"


# Time and room


def test_a_runaway_query_is_cut_off_while_others_are_answered_beside_it(server: Server) -> None:
    with ThreadPoolExecutor() as threads:
        start = time.monotonic()
        runaway = threads.submit(server.ask, query=ENDLESS, timeout="2")
        time.sleep(0.2)
        for _ in range(5):
            begun = time.monotonic()
            assert is_the_label(server.ask(query=POINT))
            assert time.monotonic() - begun < 1
            assert not runaway.done()
        answer = runaway.result()
        assert 2 <= time.monotonic() - start < 4
    assert is_a_problem(answer, 503)
    assert "retry-after" not in answer.headers  # libraries would run it again by themselves
    assert "cut off after 2 seconds" in answer.json["detail"] and "timeout=" in answer.json["detail"]


def test_pages_health_and_short_queries_are_answered_while_long_ones_take_every_place(server: Server) -> None:
    with ThreadPoolExecutor() as threads:
        runaways = [threads.submit(server.ask, query=ENDLESS, timeout="2") for _ in range(3)]
        time.sleep(0.3)
        begun = time.monotonic()
        assert server.ask("/health").json["answered"] is True
        assert time.monotonic() - begun < 1
        assert server.ask(query=f"{POINT} # not kept").status == 200
        busy = server.ask(query=ENDLESS, timeout="0.2")
        assert is_a_problem(busy, 503)
        assert int(busy.headers["retry-after"]) >= 1
        assert all(each.result().status == 503 for each in runaways)


def raw(server: Server, query: str, version: str, timeout: str) -> bytes:
    """All bytes that come back on a connection of our own."""
    host, port = server.url.removeprefix("http://").split(":")
    target = "/sparql?" + encoded(query=query, timeout=timeout, format="csv").decode()
    with socket.create_connection((host, int(port)), 30) as connection:
        connection.sendall(f"GET {target} HTTP/{version}\r\nHost: {host}\r\n\r\n".encode())
        data = bytearray()
        try:
            while piece := connection.recv(1 << 20):
                data += piece
        except ConnectionResetError:
            pass
    return bytes(data)


def test_an_answer_cut_off_on_its_way_does_not_look_complete(server: Server) -> None:
    answer = raw(server, EVERYTHING, "1.1", "0.5")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"transfer-encoding: chunked" in answer
    assert not answer.endswith(b"0\r\n\r\n")
    with pytest.raises(http.client.IncompleteRead):
        server.ask(query=EVERYTHING, timeout="0.5")


def test_an_answer_without_chunks_is_given_whole_or_not_at_all(server: Server) -> None:
    assert raw(server, EVERYTHING, "1.0", "0.5").startswith(b"HTTP/1.1 503 ")
    whole = raw(server, "SELECT * WHERE { ?s ?p ?o }", "1.0", "5")
    head, _, body = whole.partition(b"\r\n\r\n")
    assert f"content-length: {len(body)}".encode() in head
    assert body.count(b"\r\n") == 2 * DRUGS + 2


def test_a_client_that_leaves_frees_its_worker(start_server: Callable[..., Server]) -> None:
    server = start_server(SARCOGRAPH_WORKERS="1", SARCOGRAPH_RESERVED_WORKERS="1")
    host, port = server.url.removeprefix("http://").split(":")
    for query in (ENDLESS, EVERYTHING):
        with socket.create_connection((host, int(port)), 10) as connection:
            target = "/sparql?" + encoded(query=query, timeout="30").decode()
            connection.sendall(f"GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            time.sleep(0.3)
            assert server.ask("/health").json["workers"]["busy"] >= 1
        begun = time.monotonic()
        assert is_the_label(server.ask(query=POINT))
        assert time.monotonic() - begun < 5


def test_a_client_that_reads_slowly_holds_neither_worker_nor_server(start_server: Callable[..., Server]) -> None:
    server = start_server(SARCOGRAPH_WORKERS="1", SARCOGRAPH_RESERVED_WORKERS="1")
    host, port = server.url.removeprefix("http://").split(":")
    query = "SELECT * WHERE { ?s ?p ?o . ?x a ?y } LIMIT 300000"
    with socket.create_connection((host, int(port)), 10) as connection:
        target = "/sparql?" + encoded(query=query, timeout="30").decode()
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        assert connection.recv(10)
        assert is_the_label(server.ask(query=POINT))


def test_health_tells_of_the_workers(server: Server) -> None:
    answer = server.ask("/health")
    assert answer.status == 200
    assert answer.json["release"] == VERSION
    assert answer.json["workers"]["expected"] == 4
    assert answer.json["status"] == "ok"
    assert answer.json["workers"]["failure"] is None


@pytest.mark.parametrize(
    ("names", "query", "media_type"),
    [
        (["tsv", "text/tab-separated-values"], POINT, "text/tab-separated-values"),
        (
            ["rdf+xml", "application/rdf+xml"],
            "DESCRIBE <https://w3id.org/sarcograph/drug/drug-1>",
            "application/rdf+xml",
        ),
        (
            ["json-ld", "application/ld+json,application/x-json+ld"],
            "CONSTRUCT WHERE { ?s ?p ?o } LIMIT 1",
            "application/ld+json",
        ),
    ],
)
def test_a_client_that_names_its_format_twice_gets_it(
    server: Server, names: list[str], query: str, media_type: str
) -> None:
    assert server.ask(query=query, format=names).media_type == media_type


def test_an_iri_with_a_blank_is_not_mistaken_for_a_prefix(server: Server) -> None:
    problem = server.ask(query="SELECT ?a WHERE { ?a ?b <http://x y> }").json
    assert problem["column"] == 25 and "the IRI that begins here holds a blank" in problem["detail"]


@pytest.mark.parametrize("accept", ["text/html", "application/json", "text/csv"])
@pytest.mark.parametrize(
    "query",
    [ENDLESS, "SELECT * { { ?a ?b ?c } UNION { ?d ?e ?f . ?g ?h ?i . ?j ?k ?l FILTER(?d = ?l && ?a = 3) } }"],
)
def test_a_client_that_leaves_frees_its_worker_at_any_moment(server: Server, accept: str, query: str) -> None:
    host, port = server.url.removeprefix("http://").split(":")
    target = encoded(query=query, timeout="20").decode()
    request = f"GET /sparql?{target} HTTP/1.1\r\nHost: {host}\r\nAccept: {accept}\r\n\r\n"
    for _ in range(3):
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(request.encode())
            time.sleep(0.6)
    end = time.monotonic() + 6
    while server.ask("/health").json["workers"]["busy"]:
        assert time.monotonic() < end
        time.sleep(0.1)


def test_a_table_of_many_columns_is_cut_and_says_so(server: Server) -> None:
    names = " ".join(f"?c{number}" for number in range(400))
    values = " ".join("1" for _ in range(400))
    query = f"SELECT * {{ {{ SELECT ?s {{ ?s ?p ?o }} LIMIT 1000 }} VALUES ({names}) {{ ({values}) }} }}"
    answer = server.ask(query=query, headers={"Accept": "text/html"})
    assert answer.status == 200 and len(answer.body) < 3_000_000
    assert b"the whole answer" not in answer.body


def test_a_value_nested_too_deeply_to_show_is_told_in_words(server: Server) -> None:
    nested = " ".join(f"BIND(TRIPLE(e:s, e:p, ?x{n}) AS ?x{n + 1})" for n in range(1500))
    query = f"PREFIX e: <http://e/> SELECT ?x1500 {{ BIND(e:a AS ?x0) {nested} }}"
    answer = server.ask(body=query.encode(), headers=QUERY | {"Accept": "text/html"})
    assert answer.status in (400, 503) and b"Traceback" not in answer.body


def test_a_graph_parameter_that_is_no_iri_is_not_called_a_bad_query(server: Server) -> None:
    answer = server.ask(query="ASK {}", **{"default-graph-uri": "http://["})
    assert answer.status == 400 and "default-graph-uri or named-graph-uri is no IRI" in answer.json["detail"]


# What is said beside the answer


def test_a_client_that_takes_html_as_well_gets_the_page_where_its_other_formats_do_not_fit(server: Server) -> None:
    accept = {"Accept": "text/html;q=0.5,text/turtle"}
    for parameters in ({"query": POINT}, {"query": DESCRIBE}, {}):
        answer = server.ask(headers=accept, **parameters)
        expected = "text/html" if parameters.get("query") == POINT else "text/turtle"
        assert (answer.status, answer.media_type) == (200, expected)
    assert server.ask(headers={"Accept": "text/html;q=0.5,text/csv"}).media_type == "text/html"
    assert is_a_problem(server.ask(query=POINT, headers={"Accept": "text/html;q=0,text/turtle"}), 406)
    assert server.ask(query=POINT, format="ttl", headers=accept).status == 406


def test_a_format_counts_for_the_service_description_too(server: Server) -> None:
    assert server.ask(format="jsonld").media_type == "application/ld+json"
    assert server.ask(format="nt", headers=BROWSER).media_type == "application/n-triples"
    assert server.ask(format=["unknown", "rdf"]).media_type == "application/rdf+xml"
    assert server.ask(format="html").media_type == "text/html"
    assert is_a_problem(server.ask(format="nonsense"), 406)


def test_a_post_gets_its_answer_whatever_copy_the_client_has(server: Server) -> None:
    copy = {"If-None-Match": server.ask(query=POINT).headers["etag"]}
    assert server.ask(query=POINT, headers=copy).status == 304
    assert server.ask(query=POINT, method="HEAD", headers=copy).status == 304
    assert is_the_label(server.ask(body=POINT.encode(), headers=QUERY | copy))


def test_a_preflight_allows_any_header_and_says_what_may_be_posted(server: Server) -> None:
    answer = server.ask(method="OPTIONS", headers={"Origin": "http://a", "Access-Control-Request-Method": "POST"})
    assert {"*", "Content-Type"} <= set(answer.headers["access-control-allow-headers"].split(", "))
    assert set(answer.headers["accept-post"].split(", ")) == {QUERY["Content-Type"], FORM["Content-Type"]}


def test_graphs_name_their_licence_and_where_they_are_described(server: Server) -> None:
    for answer in (server.ask(query=DESCRIBE), server.ask(), server.ask("/graph/curated"), server.ask("/graphs")):
        assert '<https://creativecommons.org/licenses/by/4.0/>; rel="license"' in answer.headers["link"]
        assert '</.well-known/void>; rel="describedby"' in answer.headers["link"]
    assert "link" not in server.ask(query=POINT).headers


def test_errors_say_that_they_depend_on_accept(server: Server) -> None:
    for answer in (server.ask(query="SELEC"), server.ask("/graph/none"), server.ask("/nowhere"), server.ask("/drug/x")):
        assert answer.status >= 400 and answer.headers["vary"] == "Accept"


@pytest.mark.parametrize("query, count", [("SELECT * { ?s ?p ?o }", 2 * DRUGS + 1), (DESCRIBE, 2)])
def test_an_answer_of_which_not_all_was_wanted_says_whether_it_is_all(server: Server, query: str, count: int) -> None:
    for _ in range(2):  # made, and kept
        assert server.ask(query=query, send="1").headers["sarcograph-complete"] == "?0; rows=1"
        assert server.ask(query=query, send=str(count)).headers["sarcograph-complete"] == "?1"
        assert "sarcograph-complete" not in server.ask(query=query).headers


def test_an_answer_cut_to_one_row_says_so_in_good_english(server: Server) -> None:
    answer = server.ask(query=DESCRIBE, send="1", format="nt")
    assert b"it holds 1 triple, and there are more" in answer.body


@pytest.mark.parametrize("path", ["/health", "/prefixes.ttl", "/graphs", "/.well-known/void"])
def test_what_is_only_read_answers_no_other_method(server: Server, path: str) -> None:
    for method in ("POST", "DELETE"):
        answer = server.ask(path, method=method, body=b"")
        assert is_a_problem(answer, 405) and answer.headers["allow"] == "GET, HEAD, OPTIONS"
    assert server.ask(path, method="OPTIONS").headers["allow"] == "GET, HEAD, OPTIONS"
