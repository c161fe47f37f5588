"""The documents about entities, of every entity there is: what they say, and that every format says the same."""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from fronts import FrontClient
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Store, Triple, parse

from loader.kinds import KINDS
from loader.namespaces import BASE, EXAMPLES_GRAPH, GRAPH, RELEASE, VOID_GRAPH, expand, owner_of, split_entity
from loader.release import open_current
from loader.store import open_read_only

pytest_plugins = ["pages_fixtures"]

FORMATS = {
    "ttl": RdfFormat.TURTLE,
    "nt": RdfFormat.N_TRIPLES,
    "rdf": RdfFormat.RDF_XML,
    "jsonld": RdfFormat.JSON_LD,
    "trig": RdfFormat.TRIG,
}
OTHERS = {VOID_GRAPH, EXAMPLES_GRAPH, f"{GRAPH}history", f"{GRAPH}release"}
VERIFIED = "concept/confidence/verified"
RECALLED = "approval/tazemetostat-fda-a015"


def read(client: FrontClient, path: str, suffix: str, query: str = "") -> set[Quad]:
    """The statements of one document."""
    answer = client.get(f"/{path}.{suffix}{query}")
    assert answer.status_code == 200, path
    return set(parse(answer.get_data(), FORMATS[suffix], base_iri=f"{BASE}{path}.{suffix}"))


def triples(quads: set[Quad]) -> set[Triple]:
    return {quad.triple for quad in quads}


@pytest.fixture(scope="module")
def store(real_home: Path) -> Store:
    """The store that the documents are made from."""
    return open_read_only(open_current(real_home).store_path)


@pytest.fixture(scope="module")
def stated(store: Store) -> dict[str, set[Quad]]:
    """All that is stated of each entity and its fragments, found by going through the whole store."""
    found: dict[str, set[Quad]] = defaultdict(set)
    for quad in store:
        graph = quad.graph_name
        if isinstance(graph, NamedNode) and graph.value not in OTHERS and isinstance(quad.subject, NamedNode):
            owner = owner_of(quad.subject.value)
            place = split_entity(owner)
            if place and place[0] in KINDS:
                found[owner.removeprefix(BASE)].add(quad)
    return found


def in_groups(paths: list[str]) -> Iterator[list[str]]:
    for begin in range(0, len(paths), 100):
        yield paths[begin : begin + 100]


def test_every_entity_says_the_same_in_every_format_and_leaves_nothing_out(
    client: FrontClient, stated: dict[str, set[Quad]]
) -> None:
    assert len(stated) > 1200
    for group in in_groups(sorted(stated)):
        said: dict[str, dict[str, set[Quad]]] = {}
        for suffix, form in FORMATS.items():
            answers = client.gather([f"/{path}.{suffix}" for path in group])
            assert {answer.status_code for answer in answers} == {200}
            bodies = dict(zip(group, (answer.get_data() for answer in answers), strict=True))
            said[suffix] = {path: set(parse(body, form)) for path, body in bodies.items()}
        for path in group:
            every = {suffix: triples(said[suffix][path]) for suffix in FORMATS}
            assert all(each == every["nt"] for each in every.values()), path
            assert stated[path] <= said["trig"][path], path
            own = {quad for quad in said["trig"][path] if _is_own(quad, path)}
            assert own == stated[path], path


def _is_own(quad: Quad, path: str) -> bool:
    assert isinstance(quad.subject, NamedNode)
    return owner_of(quad.subject.value) == BASE + path and not isinstance(quad.graph_name, DefaultGraph)


def test_the_table_of_every_entity_has_a_row_for_each_statement(
    client: FrontClient, stated: dict[str, set[Quad]]
) -> None:
    for group in in_groups(sorted(stated)):
        for path, answer in zip(group, client.gather([f"/{each}.csv" for each in group]), strict=True):
            rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True))))
            assert {(row["subject"], row["property"], row["value"], row["graph"]) for row in rows} == {
                (quad.subject.value, quad.predicate.value, quad.object.value, quad.graph_name.value)
                for quad in stated[path]
            }, path
            assert len(rows) == len(stated[path])


def test_what_is_recalled_says_so_in_its_own_row(client: FrontClient) -> None:
    answer = client.get(f"/{RECALLED}.csv")
    table = csv.DictReader(io.StringIO(answer.get_data(as_text=True)))
    rows = {row["property_label"]: row for row in table if row["subject"] == BASE + RECALLED}
    assert answer.content_type == "text/csv; charset=utf-8"
    recalled = {label for label, row in rows.items() if row["confidence"] == "recalled"}
    assert {"date of withdrawal", "date of withdrawal, earliest day"} <= recalled
    assert rows["decision date"]["confidence"] == "verified"
    assert all(row["source"] for row in rows.values())


def test_a_number_stands_beside_its_unit(client: FrontClient) -> None:
    text = client.get("/result/et743-sar-3007-o017.csv").get_data(as_text=True)
    value = next(row for row in csv.DictReader(io.StringIO(text)) if row["property"] == expand("sg:value"))
    assert (value["value"], value["unit"], value["datatype"]) == ("13.7", "unit:MO", expand("xsd:decimal"))


def test_what_points_to_an_entity_comes_page_by_page_each_link_once(client: FrontClient, store: Store) -> None:
    verified = NamedNode(BASE + VERIFIED)
    links = {
        quad.triple
        for quad in store.quads_for_pattern(None, None, verified)
        if isinstance(quad.graph_name, NamedNode) and quad.graph_name.value not in OTHERS
    }
    pages = -(-len(links) // 100)
    found: list[Triple] = []
    for page in range(1, pages + 1):
        said = triples(read(client, VERIFIED, "nt", f"?page={page}" if page > 1 else ""))
        of_page = [triple for triple in said if triple.object == verified and triple in links]
        assert len(of_page) == (100 if page < pages else len(links) - 100 * (pages - 1))
        found += of_page
    assert len(found) == len(set(found)) == len(links) > 1000
    first = client.get(f"/{VERIFIED}.ttl").get_data(as_text=True)
    assert f"What points to it: {len(links)} in all, page 1 of {pages}" in first
    assert f"void:triples {len(links)} ;" in first or f"void:triples {len(links)} ." in first


def test_a_page_links_to_its_neighbours_and_there_is_none_beyond_the_last(client: FrontClient) -> None:
    link = client.get(f"/{VERIFIED}.ttl?page=2").headers["Link"]
    assert f'</{VERIFIED}.ttl>; rel="first"' in link and f'</{VERIFIED}.ttl>; rel="prev"' in link
    assert f'</{VERIFIED}.ttl?page=3>; rel="next"' in link and 'rel="last"' in link
    again = client.get(f"/{VERIFIED}.ttl?page=2").headers["Link"]
    assert again == link, "the same when it comes out of the cache"
    beyond = client.get(f"/{VERIFIED}.ttl?page=1{'0' * 30}")
    assert beyond.status_code == 404 and "pages" in beyond.get_json()["detail"]
    assert client.get("/drug/trabectedin.csv?page=2").status_code == 404
    assert 'rel="next"' not in client.get("/drug/trabectedin.ttl").headers["Link"]


def test_everything_that_a_document_mentions_of_ours_has_its_name(client: FrontClient, store: Store) -> None:
    names = [NamedNode(expand(curie)) for curie in ("skos:prefLabel", "rdfs:label")]
    for path in ("claim/seed-sc25", "drug/trabectedin", "result/et743-sar-3007-o016", VERIFIED):
        said = read(client, path, "trig")
        mentioned = {term for quad in said for term in quad if isinstance(term, NamedNode)}
        for term in mentioned:
            known = [quad for each in names for quad in store.quads_for_pattern(term, each, None)]
            if known and term.value != VOID_GRAPH and not term.value.startswith(RELEASE):
                assert any(quad in said for quad in known), (path, term)


def test_a_document_says_where_its_statements_are_from(client: FrontClient, real_home: Path) -> None:
    said = triples(read(client, "claim/seed-sc25", "nt"))
    source, document = NamedNode(f"{BASE}source/dossier-seed-claims"), NamedNode(f"{BASE}claim/seed-sc25.ttl")
    release = NamedNode(RELEASE + open_current(real_home).version)
    licence = NamedNode("https://creativecommons.org/licenses/by/4.0/")

    def holds(subject: NamedNode, curie: str, value: NamedNode | Literal) -> bool:
        return Triple(subject, NamedNode(expand(curie)), value) in said

    assert holds(source, "dcterms:title", Literal("Dossier table of the seed page's claims", language="en"))
    assert holds(source, "dcterms:license", licence) and holds(release, "dcterms:license", licence)
    assert holds(document, "void:inDataset", release) and holds(document, "dcterms:license", licence)
    assert holds(document, "prov:wasDerivedFrom", NamedNode(f"{GRAPH}curated"))
    assert holds(release, "owl:versionInfo", Literal(release.value.removeprefix(RELEASE)))


def test_turtle_is_laid_out_for_people(client: FrontClient) -> None:
    text = client.get("/claim/seed-sc25.ttl").get_data(as_text=True)
    first = ["@base", "@prefix", "\n<claim/seed-sc25>\n", "\n<claim/seed-sc25#span>\n", "# What points to it: 4 in all"]
    first += ["\n<evidence/sc25-o014>\n", "# What the things named above are called", "# This document"]
    places = [text.index(each) for each in first]
    assert places == sorted(places)
    assert "ns1:" not in text and "biolink" not in text.split("\n\n")[0]


@pytest.mark.parametrize("kind", KINDS)
def test_the_data_of_a_page_read_as_json_ld_are_the_statements_of_its_entity(
    kind: str, client: FrontClient, stated: dict[str, set[Quad]]
) -> None:
    context = client.get("/context.jsonld").get_json()["@context"]
    paths = [path for path in sorted(stated) if path.startswith(f"{kind}/")]
    for path in paths[:2] + [path for path in paths if any("#" in str(quad.subject) for quad in stated[path])][:1]:
        answer = client.get(f"/{path}.json")
        assert (answer.status_code, answer.content_type) == (200, "application/json")
        assert 'rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"' in answer.headers["Link"]
        page = answer.get_json()
        assert page["id"] == BASE + path and page["title"] and page["kind"] == kind
        body = json.dumps({"@context": context, **page}).encode()
        assert triples(set(parse(body, RdfFormat.JSON_LD))) == triples(stated[path]), path


def test_the_json_of_a_page_has_what_its_html_shows(client: FrontClient) -> None:
    page = client.get("/drug/trabectedin.json").get_json()
    html = client.get("/drug/trabectedin.html").get_data(as_text=True)
    assert {"approvals", "results", "mechanisms"} <= set(page["panels"])
    for key, panel in page["panels"].items():
        assert f'id="{key}"' in html and panel["total"] >= len(panel["rows"])
    assert all(entity["label"] for group in page["incoming"] for entity in group["entities"])
    recalled = client.get(f"/{RECALLED}.json").get_json()
    assert "date of withdrawal" in recalled["recalled"]


def test_no_name_of_the_page_is_a_word_of_the_context(client: FrontClient) -> None:
    context = client.get("/context.jsonld").get_json()["@context"]
    names = {"title", "kind", "slug", "release", "recalled", "statements", "provenance", "notes", "panels", "incoming"}
    assert not names.intersection(context)
    assert names <= set(client.get("/drug/trabectedin.json").get_json())


TYPES = {
    "drug/trabectedin": "Drug",
    "trial/study-309": "MedicalTrial",
    "claim/seed-sc25": "Claim",
    "agency/fda": "GovernmentOrganization",
    "publication/demetri2016": "ScholarlyArticle",
    "source/dossier-drugs": "Dataset",
    "disease/liposarcoma": "MedicalCondition",
    "concept/verdict": "DefinedTermSet",
    "concept/verdict/supported": "DefinedTerm",
    "mechanism/ripretinib-kit-inhibitor": "Thing",
}


@pytest.mark.parametrize(("path", "type_"), TYPES.items(), ids=TYPES)
def test_a_page_describes_its_entity_in_the_words_of_schema_org(path: str, type_: str, client: FrontClient) -> None:
    html = client.get(f"/{path}.html").get_data(as_text=True)
    block = html.split('<script type="application/ld+json">')[1].split("</script>")[0]
    assert not {"<", ">", "&"}.intersection(block)
    said = json.loads(block)
    assert (said["@context"], said["@type"], said["@id"]) == ("https://schema.org", type_, BASE + path)
    assert said["name"] and said["url"] == f"{BASE}{path}.html"
    assert "ClaimReview" not in block
