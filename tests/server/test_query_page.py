"""The page of the endpoint for browsers: what it shows, what it keeps, and what it leaves alone."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from running import ENDLESS, VERSION, Server

from loader.namespaces import BASE, GRAPH
from server.problems import PROBLEMS

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
POINT = f"SELECT ?label WHERE {{ <{BASE}drug/drug-7> <http://www.w3.org/2004/02/skos/core#prefLabel> ?label }}"


@pytest.mark.parametrize("path", ["/", "/sparql", "/static/sarcograph.css", "/nowhere"])
@pytest.mark.parametrize("encoding", ["identity", "br"])
def test_a_head_of_a_page_has_the_headers_of_its_get(server: Server, path: str, encoding: str) -> None:
    headers = BROWSER | {"Accept-Encoding": encoding}
    get, head = server.ask(path, headers=headers), server.ask(path, method="HEAD", headers=headers)
    assert (head.status, head.body) == (get.status, b"")
    for name in ("content-encoding", "content-length", "content-type", "etag", "vary"):
        assert head.headers.get(name) == get.headers.get(name), name


def test_a_part_of_a_file_is_not_compressed(server: Server) -> None:
    answer = server.ask("/static/sarcograph.css", headers={"Accept-Encoding": "br", "Range": "bytes=0-1999"})
    assert (answer.status, len(answer.body)) == (206, 2000)
    assert "content-encoding" not in answer.headers


def test_slow_queries_of_visitors_do_not_hold_up_pages(start_server: Callable[..., Server]) -> None:
    server = start_server(SARCOGRAPH_WORKERS="2", SARCOGRAPH_RESERVED_WORKERS="1", SARCOGRAPH_QUEUE="100")
    with ThreadPoolExecutor(20) as visitors:
        asked = [visitors.submit(server.ask, query=ENDLESS, timeout="3", headers=BROWSER) for _ in range(20)]
        time.sleep(0.5)
        for path in ("/drug/drug-7", "/drug/", "/sparql"):
            begun = time.monotonic()
            assert server.ask(path, headers=BROWSER).status in (200, 404)
            assert time.monotonic() - begun < 1.5
        assert {each.result().status for each in asked} == {503}


@pytest.mark.parametrize(
    "path, method, status",
    [
        ("/graph/none", "GET", 404),
        ("/graphs?graph=", "GET", 400),
        ("/.well-known/none", "GET", 404),
        ("/sparql", "PUT", 405),
        ("/sparql?query=SELEC", "GET", 400),
        ("/health", "DELETE", 405),
        ("/drug/drug-1", "PUT", 405),
        ("/nowhere/at/all", "GET", 404),
        ("/static/nothing.css", "GET", 404),
    ],
)
def test_browsers_get_prose_and_programs_a_problem_document(
    server: Server, path: str, method: str, status: int
) -> None:
    page = server.ask(path, method=method, headers=BROWSER)
    assert (page.status, page.media_type) == (status, "text/html")
    assert b"<h1>" in page.body and page.headers["vary"] == "Accept"
    problem = server.ask(path, method=method)
    assert (problem.status, problem.media_type) == (status, "application/problem+json")
    assert problem.headers.get("allow") == page.headers.get("allow")


def test_each_kind_of_problem_has_a_page_of_its_own(server: Server) -> None:
    for answer in (server.ask(query="SELEC"), server.ask("/graph/none"), server.ask(method="PUT")):
        kind, title = answer.json["type"], answer.json["title"]
        page = server.ask(kind.replace(BASE, "/"))
        assert (page.status, page.media_type) == (200, "text/html")
        assert f"<h1>{title}</h1>".encode() in page.body
    assert server.ask("/problem/nonsense").status == 404


def test_the_pages_of_problems_say_what_is_meant_and_what_to_do() -> None:
    assert len({each.name for each in PROBLEMS.values()}) == len(PROBLEMS)
    for each in PROBLEMS.values():
        assert each.meaning.endswith(".") and each.cure.endswith(".")


def test_downloads_and_the_form_keep_the_dataset_and_the_time(server: Server) -> None:
    given = {"timeout": "7", "default-graph-uri": [f"{GRAPH}curated", f"{GRAPH}a&b"], "named-graph-uri": f"{GRAPH}c"}
    page = server.ask(query=POINT, headers=BROWSER, **given).body.decode()
    (download,) = [unescape(href) for href in re.findall('href="([^"]*format=csv)"', page)]
    parameters = parse_qs(urlsplit(download).query)
    assert parameters == {
        "query": [POINT],
        "timeout": ["7"],
        "default-graph-uri": given["default-graph-uri"],
        "named-graph-uri": [given["named-graph-uri"]],
        "release": [VERSION],
        "format": ["csv"],
    }
    for name, value in (("default-graph-uri", "curated"), ("default-graph-uri", "a&amp;b"), ("named-graph-uri", "c")):
        assert f'<input type="hidden" name="{name}" value="{GRAPH}{value}">' in page
    assert re.search('<input [^>]*name="timeout"[^>]* value="7"', page)


def test_a_query_longer_than_any_url_has_no_links_that_lead_nowhere(server: Server) -> None:
    body = f"{POINT} # {'long ' * 20_000}".encode()
    answer = server.ask(body=body, headers=BROWSER | {"Content-Type": "application/sparql-query"})
    assert answer.status == 200 and b"1 row, the whole answer." in answer.body
    assert b"format=csv" not in answer.body and b"As a file" not in answer.body


def test_the_form_asks_for_no_time_of_its_own(server: Server) -> None:
    page = server.ask(query=POINT, timeout="", headers=BROWSER)
    assert page.status == 200 and b"timeout=" not in page.body
    assert re.search(b'<input [^>]*name="timeout"[^>]* max="60"', page.body)


def test_a_page_says_in_its_headers_whether_it_shows_all(server: Server) -> None:
    def said(query: str, **parameters: str) -> str | None:
        answer = server.ask(query=query, headers=BROWSER, **parameters)
        assert answer.media_type == "text/html"
        return answer.headers.get("sarcograph-complete")

    everything = "SELECT * { ?s ?p ?o }"
    shown = said(everything)
    assert shown and re.fullmatch("[?]0; rows=[0-9]+", shown)
    assert said(everything, send="3") == "?0; rows=3"
    assert said(POINT, send="3") == "?1"
    assert said(POINT) is None
