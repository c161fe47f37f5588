"""Every IRI of ours dereferences: things that are no entities, by Accept and suffix; and all that the graph names."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fronts import FrontClient
from pyoxigraph import NamedNode, Quad, RdfFormat, parse
from running import Server, start

from loader import release, store
from loader.namespaces import BASE
from server import topics

pytest_plugins = ["pages_fixtures"]

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
TURTLE = {"Accept": "text/turtle"}
PROGRAM = {"Accept": "text/turtle, application/trig;q=0.9, */*;q=0.5"}
EXAMPLE = "/.well-known/sparql-examples/what-does-pazopanib-act-on-and-how"
THINGS = ["/ontology", "/shapes", "/prefixes", EXAMPLE]
GRAPHS = ["/graph/curated", "/graph/ontology", "/graph/source/seed-page", "/.well-known/void"]
FORMATS = {
    "ttl": "text/turtle",
    "trig": "application/trig",
    "nt": "application/n-triples",
    "rdf": "application/rdf+xml",
    "jsonld": "application/ld+json",
    "html": "text/html",
}


def read(data: bytes, suffix: str) -> Iterator[Quad]:
    form = RdfFormat.from_media_type(FORMATS[suffix])
    assert form
    return parse(data, format=form)


def stems(client: FrontClient) -> list[str]:
    version = client.site.release.version
    return [*THINGS, *GRAPHS, "/.well-known/sparql-examples", f"/release/{version}", "/index"]


@pytest.mark.parametrize("path", [*THINGS, "/"], ids=["ontology", "shapes", "prefixes", "example", "dataset"])
def test_a_thing_leads_in_one_hop_to_the_document_that_accept_chooses(client: FrontClient, path: str) -> None:
    stem = "/index" if path == "/" else path
    for suffix, media_type in FORMATS.items():
        if path == "/" and suffix == "html":
            continue
        answer = client.get(path, {"Accept": media_type})
        assert answer.status_code == 303 and answer.headers["Location"] == f"{stem}.{suffix}"
        assert client.get(answer.headers["Location"]).status_code == 200


def test_the_dataset_is_the_home_page_unless_rdf_is_asked_for(client: FrontClient) -> None:
    for accept in ("*/*", "", BROWSER["Accept"], "image/png"):
        assert client.get("/", {"Accept": accept}).status_code == 200


@pytest.mark.parametrize("path", GRAPHS)
def test_a_graph_is_given_at_its_path_and_as_documents_and_a_browser_gets_its_page(
    client: FrontClient, path: str
) -> None:
    graph = client.get(path, TURTLE)
    assert graph.status_code == 200 and graph.content_type == "text/turtle; charset=utf-8"
    document = client.get(f"{path}.ttl").data
    assert len(list(read(document, "ttl"))) == len(list(read(graph.data, "ttl")))
    answer = client.get(path, BROWSER)
    assert answer.status_code == 303 and answer.headers["Location"] == f"{path}.html"


def test_every_document_of_every_thing_is_there_with_its_links(client: FrontClient) -> None:
    for stem in stems(client):
        for suffix, media_type in FORMATS.items():
            answer = client.get(f"{stem}.{suffix}")
            if (stem, suffix) == ("/index", "html"):
                assert answer.status_code == 308
                continue
            assert answer.status_code == 200, (stem, suffix, answer.get_data(as_text=True)[:200])
            assert answer.mimetype == media_type or stem == "/prefixes"
            if stem != "/prefixes":
                assert answer.headers["Content-Location"] == f"{stem}.{suffix}"
                assert 'rel="describes"' in answer.headers["Link"] and 'rel="alternate"' in answer.headers["Link"]
            tag = {"If-None-Match": answer.headers["ETag"]}
            assert client.get(f"{stem}.{suffix}", tag).status_code == 304


def test_documents_of_one_thing_say_the_same_in_every_format(client: FrontClient) -> None:
    for stem in ("/prefixes", EXAMPLE, "/index", f"/release/{client.site.release.version}"):
        said = []
        for suffix in ("ttl", "nt", "rdf"):
            answer = client.get(f"{stem}.{suffix}")
            said.append({quad.triple for quad in read(answer.data, suffix)})
        assert said[0] == said[1] == said[2] and len(said[0]) > 5


def test_each_term_shape_and_partition_has_its_place_on_the_page(client: FrontClient) -> None:
    for stem, least in (("/ontology", 100), ("/shapes", 150), ("/prefixes", 40)):
        page = client.get(f"{stem}.html").get_data(as_text=True)
        document = read(client.get(f"{stem}.ttl").data, "ttl")
        terms = {quad.subject.value for quad in document if isinstance(quad.subject, NamedNode)}
        terms = {term for term in terms if term.startswith(f"{BASE}{stem[1:]}#")}
        missing = [term for term in terms if f'id="{term.partition("#")[2]}"' not in page]
        assert len(terms) >= least and not missing
    page = client.get("/.well-known/void.html").get_data(as_text=True)
    assert 'id="all/sg:Drug"' in page and 'id="all/sg:Drug/sg:modality"' in page


def test_a_term_says_what_it_means_how_often_it_is_used_and_what_is_demanded_of_it(client: FrontClient) -> None:
    page = client.get("/ontology.html").get_data(as_text=True)
    section = page.partition('id="modality"')[2].partition("</section>")[0]
    for wanted in ("What kind of substance a drug is.", "statements", "Drug-modality", "at most one concept"):
        assert wanted in section
    assert 'ontology.html#Drug">drug</a>' in section


def test_the_turtle_of_ontology_and_shapes_is_as_people_write_it(client: FrontClient) -> None:
    for stem in ("/ontology", "/shapes"):
        text = client.get(f"{stem}.ttl").get_data(as_text=True)
        assert "_:" not in text and "( " in text and "@base" in text.partition("\n")[0]
        lines = len(client.get(f"{stem}.nt").data.splitlines())
        assert len(list(read(text.encode(), "ttl"))) == lines > 1000


def test_a_release_says_what_it_is(client: FrontClient) -> None:
    manifest = client.site.release.manifest
    page = client.get(f"/release/{client.site.release.version}.html").get_data(as_text=True)
    for wanted in (manifest["content_hash"], str(manifest["triples"]), manifest["code_version"]):
        assert wanted in page


@pytest.mark.parametrize(
    "path",
    [
        "/graph/nothing",
        "/graph/nothing.html",
        "/graph/nothing.ttl",
        "/release/2020-01-01.1",
        "/release/%22%3E",
        "/ontology.ttl?page=2",
    ],
)
def test_what_is_not_there_is_said_to_be_missing(client: FrontClient, path: str) -> None:
    for headers in (BROWSER, TURTLE):
        answer = client.get(path, headers)
        assert answer.status_code == 404 and len(answer.data) > 80


def test_a_release_that_is_named_stays_named(client: FrontClient) -> None:
    version = client.site.release.version
    answer = client.get(f"/ontology?release={version}", TURTLE)
    assert answer.headers["Location"] == f"/ontology.ttl?release={version}"
    assert "immutable" in client.get(answer.headers["Location"]).headers["Cache-Control"]


def test_every_topic_that_is_answered_has_a_path_that_names_it() -> None:
    for stem in ("/ontology", "/prefixes", "/release/2026-11-25.1", "/graph/curated", EXAMPLE):
        topic = topics.topic_at(stem)
        assert topic and topic.iri == BASE + stem[1:]
    index = topics.topic_at("/index")
    assert index and index.iri == BASE
    assert topics.topic_at("/drug/trabectedin") is None


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Path]]:
    """A server at the address that its IRIs begin with, so that they can be fetched."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home = tmp_path_factory.mktemp("mirror")
    variables = {name: value for name, value in os.environ.items() if not name.startswith("SARCOGRAPH_")}
    command = [str(Path(sys.executable).with_name("sarcograph")), "build", "--namespace", f"http://127.0.0.1:{port}/"]
    subprocess.run(command, env={**variables, "SARCOGRAPH_HOME": str(home)}, check=True, capture_output=True)
    server = start(home, PORT=str(port), SARCOGRAPH_WORKERS="2", SARCOGRAPH_RESERVED_WORKERS="1")
    yield server, home
    server.stop()
    server.process.communicate()


class Hops(urllib.request.HTTPRedirectHandler):
    """Counts the redirects that were followed."""

    count = 0

    def redirect_request(self, *args: object, **named: object) -> urllib.request.Request | None:
        self.count += 1
        return super().redirect_request(*args, **named)  # type: ignore[arg-type]


def test_every_iri_of_ours_that_the_graph_names_answers_after_at_most_one_redirect(mirror: tuple[Server, Path]) -> None:
    server, home = mirror
    base = f"{server.url}/"
    documents: set[str] = set()
    for quad in store.quads(store.open_read_only(release.open_current(home).store_path), None):
        for term in (quad.subject, quad.predicate, quad.object, quad.graph_name):
            if isinstance(term, NamedNode) and term.value.startswith(base):
                documents.add(term.value.partition("#")[0])

    def fetch(iri: str, headers: dict[str, str]) -> tuple[str, int, int]:
        hops = Hops()
        opener = urllib.request.build_opener(hops)
        try:
            with opener.open(urllib.request.Request(iri, headers=headers), timeout=30) as answer:
                answer.read()
                return iri, answer.status, hops.count
        except urllib.error.HTTPError as error:
            with error:
                return iri, error.code, hops.count

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda iri: fetch(iri, PROGRAM), sorted(documents)))
        entities = [iri for iri in sorted(documents) if "?" not in iri][::20]
        found += threads.map(lambda iri: fetch(iri, BROWSER), entities)
    assert len(documents) > 1000
    assert [each for each in found if each[1] != 200 or each[2] > 1] == []
