"""A page, a document and an answer say where they are in their own release, and lead to nothing of another."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from fronts import FrontClient
from pools import RunningPool
from werkzeug.wrappers import Response

from loader.namespaces import entity
from server import permalinks

pytest_plugins = ["pages_fixtures"]

BROWSER = {"Accept": "text/html"}
TURTLE = {"Accept": "text/turtle"}
_BOOKMARK = re.compile(r'<a href="([^"]*)" rel="bookmark">')
_CURRENT = re.compile(r'<a href="([^"]*)">The same in the current release</a>')


def text(answer: Response) -> str:
    return answer.get_data(as_text=True)


def version(client: FrontClient) -> str:
    return client.site.release.version


def test_the_home_page_is_asked_about_each_time_as_a_program_gets_another_answer(client: FrontClient) -> None:
    page = client.get("/", BROWSER)
    assert page.headers["Vary"].startswith("Accept,") and page.headers["Cache-Control"] == "public, no-cache"
    assert '</index.ttl>; rel="alternate"; type="text/turtle"' in page.headers["Link"]
    assert '<link rel="alternate" href="./index.ttl" type="text/turtle">' in text(page)
    assert client.get("/", TURTLE).status_code == 303


@pytest.mark.parametrize(("path", "target"), [("/drug", "/drug/"), ("/index.html", "/")])
def test_a_redirect_keeps_what_is_asked(client: FrontClient, path: str, target: str) -> None:
    asked = f"release={version(client)}&x=a%26b"
    assert client.get(f"{path}?{asked}", BROWSER).headers["Location"] == f"{target}?{asked}"
    assert client.get(path, BROWSER).headers["Location"] == target


@pytest.mark.parametrize("path", ["/", "/drug/", "/drug/trabectedin.html", "/graph/curated.html", "/ontology.html"])
def test_a_page_offers_its_address_in_this_release(client: FrontClient, path: str) -> None:
    (link,) = _BOOKMARK.findall(text(client.get(path, BROWSER)))
    assert link.endswith(f"{path.rpartition('/')[2]}?release={version(client)}")
    assert client.get(f"{path}?release={version(client)}", BROWSER).status_code == 200


def test_no_other_parameter_is_kept_with_a_page_that_is_the_same_without(client: FrontClient) -> None:
    for query in ("?x=1", ""):
        html = text(client.get(f"/drug/eribulin.html{query}", BROWSER))
        assert "x=1" not in html


def test_what_is_not_there_has_no_address_in_a_release(client: FrontClient) -> None:
    assert not _BOOKMARK.findall(text(client.get("/drug/no-such-drug", BROWSER)))


def test_an_answer_has_a_permalink_and_the_current_release_is_asked_the_same(client: FrontClient) -> None:
    query = "SELECT ?x WHERE { VALUES ?x { 1 } }"
    html = text(client.get(f"/sparql?{urlencode({'query': query, 'timeout': '5'})}", BROWSER))
    links = [unescape(each) for each in _BOOKMARK.findall(html)]
    expected = {"query": [query], "timeout": ["5"], "release": [version(client)]}
    assert links and all(parse_qs(urlsplit(each).query) == expected for each in links)
    pinned = text(client.get(f"/sparql?{urlencode({'query': query, 'release': version(client)})}", BROWSER))
    (current,) = _CURRENT.findall(pinned)
    assert current.startswith("./sparql?") and parse_qs(urlsplit(unescape(current)).query) == {"query": [query]}


def test_addresses_are_of_this_site_whatever_the_path() -> None:
    assert permalinks.pinned("//evil.example/a b", "release=1&page=2", "2") == "/evil.example/a%20b?page=2&release=2"
    assert permalinks.pinned("/releases.html", "", "2") is None
    assert permalinks.pinned("/sparql", "query=" + "a" * 60_000, "2") is None
    assert permalinks.current("/a/javascript:x", "p=1&%72elease=3") == "./javascript:x?p=1"


@pytest.mark.parametrize("path", ["/drug/trabectedin.ttl", "/graph/curated.ttl", "/graph/curated", "/graphs?default"])
def test_a_document_of_a_release_leads_to_its_description_there_and_is_for_good(client: FrontClient, path: str) -> None:
    mark = "&" if "?" in path else "?"
    for _ in range(2):  # the second may be kept
        answer = client.get(f"{path}{mark}release={version(client)}", TURTLE)
        assert f'</.well-known/void?release={version(client)}>; rel="describedby"' in answer.headers["Link"]
        assert "immutable" in answer.headers["Cache-Control"]
        assert '</.well-known/void>; rel="describedby"' in client.get(path, TURTLE).headers["Link"]


def test_the_list_that_a_document_of_a_release_is_in_is_of_that_release(client: FrontClient) -> None:
    link = client.get(f"/drug/trabectedin.ttl?release={version(client)}", TURTLE).headers["Link"]
    assert f'</drug/?release={version(client)}>; rel="collection"' in link


@pytest.mark.parametrize("path", ["/graph/curated", "/.well-known/void"])
def test_a_graph_has_the_headers_of_its_document(client: FrontClient, path: str) -> None:
    document = client.get(f"{path}.ttl")
    for _ in range(2):
        graph = client.get(path, TURTLE)
        assert graph.status_code == 200
        for name in ("Content-Location", "Link", "Last-Modified", "Vary"):
            assert graph.headers[name] == document.headers[name]
    again = client.get(path, TURTLE | {"If-None-Match": graph.headers["ETag"]})
    assert again.status_code == 304 and again.headers["Last-Modified"] == graph.headers["Last-Modified"]


def test_a_list_is_html_and_nothing_else(client: FrontClient) -> None:
    for _ in range(2):
        answer = client.get("/drug/", TURTLE)
        assert answer.status_code == 406 and answer.content_type.startswith("application/problem+json")
        assert "text/html" in text(answer)
        for accept in ("*/*", "text/*", "*", "text/html;q=0.1, text/turtle"):
            page = client.get("/drug/", {"Accept": accept})
            assert page.status_code == 200 and page.headers["Vary"].startswith("Accept,")
    assert client.get("/drug/").status_code == 200


@pytest.mark.parametrize("is_there", [True, False])
def test_a_page_leads_to_what_changed_since_the_release_before_while_that_is_there(
    client: FrontClient, real_pool: RunningPool, is_there: bool
) -> None:
    here = client.site.release
    earlier = here.version if is_there else "2001-01-01.1"
    release = replace(here, manifest={**here.manifest, "previous": earlier})
    html = text(FrontClient(real_pool, release, real_pool.settings).get("/drug/trabectedin.html", BROWSER))
    asked = urlencode({"entity": entity("drug", "trabectedin")})
    assert (f'href="../releases/{earlier}...{here.version}?{asked}"' in html) == is_there
