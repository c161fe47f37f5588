"""A thing's IRI leads to one document about it, and documents say what they are, with what else there is."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fronts import FrontClient
from pools import RunningPool
from pyoxigraph import Literal, NamedNode, Quad

from loader import store
from loader.namespaces import BASE, GRAPH, expand
from loader.release import open_release
from server.negotiation import DOCUMENTS, SUFFIXES
from server.settings import Settings

pytest_plugins = ["pages_fixtures"]

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
RDFLIB = "text/turtle, application/rdf+xml;q=0.9, text/html;q=0.5, */*;q=0.1"
THING = "/drug/trabectedin"
LED = {
    "none": (None, "ttl"),
    "any": ("*/*", "ttl"),
    "text": ("text/*", "ttl"),
    "browser": (BROWSER, "html"),
    "html": ("text/html", "html"),
    "html-ties": ("text/html, text/turtle", "ttl"),
    "html-loses": ("text/html;q=0.8, application/ld+json", "jsonld"),
    "html-barely": ("text/html;q=0.9, text/csv;q=0.8", "html"),
    "not-turtle": ("text/turtle;q=0, */*", "trig"),
    "turtle": ("text/turtle", "ttl"),
    "old-turtle": ("application/x-turtle", "ttl"),
    "trig": ("application/trig", "trig"),
    "ntriples": ("application/n-triples", "nt"),
    "plain": ("text/plain", "nt"),
    "rdfxml": ("application/rdf+xml", "rdf"),
    "xml": ("application/xml", "rdf"),
    "jsonld": ("application/ld+json", "jsonld"),
    "json": ("application/json", "json"),
    "csv": ("text/csv", "csv"),
    "rdflib": (RDFLIB, "ttl"),
    "unreadable": ("text/turtle;q=x, text/csv", "csv"),
}


@pytest.mark.parametrize(("accept", "suffix"), LED.values(), ids=LED)
def test_accept_chooses_the_document_in_one_hop(accept: str | None, suffix: str, client: FrontClient) -> None:
    answer = client.get(THING, headers={"Accept": accept} if accept else None)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{THING}.{suffix}")
    assert answer.headers["Vary"] == "Accept"
    led = client.get(answer.headers["Location"], headers={"Accept": accept} if accept else None)
    assert led.status_code == 200


def test_what_cannot_be_had_is_told_with_what_can(client: FrontClient) -> None:
    answer = client.get(THING, headers={"Accept": "image/png"})
    assert answer.status_code == 406
    assert set(answer.get_json()["offers"]) == {each.media_type for each in DOCUMENTS}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_suffix_beats_accept(suffix: str, client: FrontClient) -> None:
    media_type = next(each.media_type for each in DOCUMENTS if each.names[0] == suffix)
    for accept in (BROWSER, "text/turtle", "image/png"):
        answer = client.get(f"{THING}.{suffix}", headers={"Accept": accept})
        assert (answer.status_code, answer.mimetype) == (200, media_type)


def test_format_chooses_too_and_release_and_page_stay(client: FrontClient) -> None:
    version = client.site.release.version
    asked = client.get(f"{THING}?format=nt&release={version}&page=3&other=1", headers={"Accept": BROWSER})
    assert asked.headers["Location"] == f"{THING}.nt?release={version}&page=3"
    table = client.get(f"{THING}?page=3&format=csv")
    assert table.headers["Location"] == f"{THING}.csv", "it has one page"
    assert client.get(f"{THING}?format=xlsx").status_code == 406


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_document_says_what_it_is_and_what_else_there_is(suffix: str, client: FrontClient) -> None:
    headers = client.get(f"{THING}.{suffix}").headers
    link = headers["Link"]
    assert headers["Content-Location"] == f"{THING}.{suffix}"
    assert f'<{BASE}drug/trabectedin.{suffix}>; rel="canonical"' in link
    assert f'<{BASE}drug/trabectedin>; rel="describes"' in link
    assert 'rel="license"' in link and '</.well-known/void>; rel="describedby"' in link
    assert '</drug/>; rel="collection"' in link
    for each in DOCUMENTS:
        alternate = f'<{THING}.{each.names[0]}>; rel="alternate"; type="{each.media_type}"'
        assert (alternate in link) == (each.names[0] != suffix)
    assert ("json-ld#context" in link) == (suffix == "json")
    assert headers["Vary"] == "Accept, Accept-Encoding"
    assert headers["Cache-Control"] == "public, no-cache"
    assert headers["Last-Modified"].endswith(" GMT")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_who_has_a_document_is_told_so(suffix: str, client: FrontClient) -> None:
    first = client.get(f"{THING}.{suffix}")
    for name, value in (
        ("If-None-Match", first.headers["ETag"]),
        ("If-Modified-Since", first.headers["Last-Modified"]),
    ):
        again = client.get(f"{THING}.{suffix}", headers={name: value})
        assert (again.status_code, again.get_data()) == (304, b"")
        assert (again.headers["ETag"], again.headers["Vary"][:6]) == (first.headers["ETag"], "Accept")
    both = {"If-None-Match": 'W/"other"', "If-Modified-Since": first.headers["Last-Modified"]}
    assert client.get(f"{THING}.{suffix}", headers=both).status_code == 200, "a tag counts more than a date"
    for date in ("yesterday", "Thu, 01 Jan 1970 00:00:00 GMT", "\x00"):
        assert client.get(f"{THING}.{suffix}", headers={"If-Modified-Since": date}).status_code == 200


def test_each_representation_has_a_tag_of_its_own(client: FrontClient) -> None:
    tags = {client.get(f"{THING}.{suffix}").headers["ETag"] for suffix in SUFFIXES}
    packed = client.get(f"{THING}.ttl", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(tags | {packed.headers["ETag"]}) == len(SUFFIXES) + 1
    assert all(tag.startswith('W/"') for tag in tags)


def test_a_document_of_a_named_release_does_not_change_and_links_within_it(client: FrontClient) -> None:
    version = client.site.release.version
    for suffix in SUFFIXES:
        answer = client.get(f"{THING}.{suffix}?release={version}")
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["Content-Location"] == f"{THING}.{suffix}?release={version}"
        assert f'.nt?release={version}>; rel="alternate"' in answer.headers["Link"] or suffix == "nt"
        assert f'{BASE}drug/trabectedin.{suffix}>; rel="canonical"' in answer.headers["Link"]
    assert f"</context.jsonld?release={version}>" in client.get(f"{THING}.json?release={version}").headers["Link"]


@pytest.mark.parametrize("path", [THING, f"{THING}.ttl", f"{THING}.html", "/drug/nothing"])
def test_only_reading_is_answered(path: str, client: FrontClient) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        refused = client.get(path, method=method)
        assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")
    assert client.get(path, method="OPTIONS").headers["Allow"] == "GET, HEAD, OPTIONS"
    whole, head = client.get(path), client.get(path, method="HEAD")
    assert (head.status_code, head.get_data()) == (whole.status_code, b"")
    assert dict(head.headers) == dict(whole.headers)


ODD_PAGES = {"0": 400, "-1": 400, "abc": 400, "1.5": 400, "+1": 400, "%D9%A1": 400, "1&page=2": 400, "9" * 40: 404}


@pytest.mark.parametrize(("page", "status"), ODD_PAGES.items(), ids=[each[:8] for each in ODD_PAGES])
def test_a_page_that_is_none_is_told_so(page: str, status: int, client: FrontClient) -> None:
    answer = client.get(f"{THING}.ttl?page={page}")
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert "page" in answer.get_json()["detail"]
    assert client.get(f"{THING}?page={page}").status_code in (303, 400)


def test_an_unknown_suffix_is_told_with_those_there_are(client: FrontClient) -> None:
    for name in ("trabectedin.xml", "trabectedin.TTL", "trabectedin.ttl.gz", "trabectedin."):
        answer = client.get(f"/drug/{name}")
        assert answer.status_code == 404
        detail = answer.get_json()["detail"]
        assert ".jsonld" in detail and "/drug/trabectedin" in detail
    page = client.get("/drug/trabectedin.xml", headers={"Accept": BROWSER})
    assert page.status_code == 404 and ".jsonld" in page.get_data(as_text=True)


@pytest.mark.parametrize("suffix", ["", *(f".{suffix}" for suffix in SUFFIXES)])
def test_what_is_not_there_is_not_found_in_any_format(suffix: str, client: FrontClient) -> None:
    for accept in ("*/*", BROWSER, "text/turtle"):
        answer = client.get(f"/drug/trabectedine{suffix}", headers={"Accept": accept})
        assert answer.status_code == 404
        assert "trabectedin" in answer.get_data(as_text=True)


HOSTILE = (
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd.ttl",
    "x%2Fy.ttl",
    "%3Cscript%3Ealert(1)%3C%2Fscript%3E.ttl",
    "%22%3E%20%7D%20%3Fs%20%3Fp%20%3Fo%20%7B.nt",
    "trabectedin%00.ttl",
    "trabectedin%0d%0aX-Evil:%201.ttl",
    "%ff%fe.rdf",
    "..ttl",
    ".ttl",
    "-.csv",
    "TRABECTEDIN.ttl",
    "a" * 4000 + ".json",
    "%E2%80%AEx.trig",
)


@pytest.mark.parametrize("name", HOSTILE, ids=[each[:24] for each in HOSTILE])
def test_a_hostile_name_is_not_found_and_never_repeated_raw(name: str, client: FrontClient) -> None:
    for kind in ("drug", "concept"):
        for accept in ("*/*", BROWSER):
            answer = client.get(f"/{kind}/{name}", headers={"Accept": accept})
            assert answer.status_code == 404
            assert "X-Evil" not in answer.headers
            assert answer.mimetype == "application/problem+json" or b"<script>alert" not in answer.get_data()


NASTY = '</script><script>alert(1)</script> "\\" <b>'


@pytest.fixture(scope="module")
def withdrawing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontClient]:
    """A front on the second of two releases: one drug of the first is gone, one is withdrawn and says what instead."""
    home = tmp_path_factory.mktemp("withdrawing")
    entities = [["kept", "gone", "old"], ["kept", "old"]]
    for version, names in zip(("2026-01-01.1", "2026-01-02.1"), entities, strict=True):
        path = home / "releases" / version
        path.mkdir(parents=True)
        quads = [quad for name in names for quad in _drug(name, deprecated=name == "old" and len(names) == 2)]
        store.write(path / "store", quads)
        hashes = (f"{GRAPH}curated\t{BASE}drug/{name}\t{'0' * 64}\n" for name in names)
        (path / "hashes.tsv").write_text("".join(hashes), encoding="utf-8")
        manifest = {
            "version": version,
            "created": f"{version[:10]}T10:00:00Z",
            "content_hash": "0" * 64,
            "code_version": "0",
            "triples": len(quads),
            "counts": {},
            "graphs": {f"{GRAPH}curated": len(quads)},
            "validation": {"violations": 0, "warnings": 0},
        }
        (path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    release = open_release(home, "2026-01-02.1")
    settings = Settings(workers=1, reserved=1)
    pool = RunningPool(release.store_path, settings)
    yield FrontClient(pool, release, settings)
    pool.close()


def _drug(name: str, deprecated: bool) -> Iterator[Quad]:
    this, graph = NamedNode(f"{BASE}drug/{name}"), NamedNode(f"{GRAPH}curated")
    said: list[tuple[str, NamedNode | Literal]] = [
        ("rdf:type", NamedNode(expand("sg:Drug"))),
        ("skos:prefLabel", Literal(NASTY if name == "kept" else name, language="en")),
    ]
    if deprecated:
        said += [
            ("owl:deprecated", Literal("true", datatype=NamedNode(expand("xsd:boolean")))),
            ("rdfs:comment", Literal("The same as kept <b>.", language="en")),
            ("dcterms:isReplacedBy", NamedNode(f"{BASE}drug/kept")),
        ]
    for curie, value in said:
        yield Quad(this, NamedNode(expand(curie)), value, graph)


@pytest.mark.parametrize("suffix", ["", *(f".{suffix}" for suffix in SUFFIXES)])
def test_what_is_withdrawn_is_gone_and_names_what_takes_its_place(suffix: str, withdrawing: FrontClient) -> None:
    answer = withdrawing.get(f"/drug/old{suffix}")
    said = answer.get_json()
    assert (answer.status_code, said["type"]) == (410, f"{BASE}problem/withdrawn")
    assert said["reason"] == "The same as kept <b>." and said["replacements"] == [f"{BASE}drug/kept"]
    assert answer.headers["Link"] == f'<{BASE}drug/kept>; rel="successor-version"'
    page = withdrawing.get(f"/drug/old{suffix}", headers={"Accept": BROWSER})
    html = page.get_data(as_text=True)
    assert page.status_code == 410 and page.headers["Link"] == answer.headers["Link"]
    assert 'kept.html"' in html and "<b>" not in html


@pytest.mark.parametrize("suffix", ["", *(f".{suffix}" for suffix in SUFFIXES)])
def test_what_an_earlier_release_had_is_gone_and_names_that_release(suffix: str, withdrawing: FrontClient) -> None:
    answer = withdrawing.get(f"/drug/gone{suffix}")
    assert (answer.status_code, answer.get_json()["release"]) == (410, "2026-01-01.1")
    assert answer.headers["Link"] == f'<{BASE}drug/gone?release=2026-01-01.1>; rel="predecessor-version"'
    page = withdrawing.get(f"/drug/gone{suffix}", headers={"Accept": BROWSER})
    assert page.status_code == 410 and "?release=2026-01-01.1" in page.get_data(as_text=True)
    assert withdrawing.get("/drug/never").status_code == 404


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_an_entity_is_called_does_no_harm_in_any_document(suffix: str, withdrawing: FrontClient) -> None:
    answer = withdrawing.get(f"/drug/kept.{suffix}")
    assert answer.status_code == 200
    if suffix == "html":
        assert "<script>alert" not in answer.get_data(as_text=True)
    if suffix == "json":
        assert answer.get_json()["title"] == NASTY
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_earlier_release_still_has_both(withdrawing: FrontClient) -> None:
    for name in ("gone", "old"):
        answer = withdrawing.get(f"/drug/{name}.ttl?release=2026-01-01.1")
        assert answer.status_code == 200 and f"<drug/{name}>" in answer.get_data(as_text=True)
        assert "owl:deprecated" not in answer.get_data(as_text=True)
    assert withdrawing.get("/drug/kept.ttl?release=2026-01-09.1").status_code == 404


def test_a_list_of_hashes_that_cannot_be_read_stops_nobody(withdrawing: FrontClient, tmp_path: Path) -> None:
    first = withdrawing.site.shelf.home / "releases" / "2026-01-01.1"
    other = withdrawing.site.shelf.home / "releases" / "2026-01-01.2"
    shutil.copytree(first, other)
    (other / "hashes.tsv").write_bytes(b"\xff\xfe\n")
    assert withdrawing.get("/drug/gone.nt").get_json()["release"] == "2026-01-01.1"
    shutil.rmtree(other)
