"""The service description and the prefixes: complete, true, and readable by the tools that ask for them."""

import json
import time
from pathlib import Path

import pytest
from pyoxigraph import (
    BlankNode,
    CanonicalizationAlgorithm,
    Dataset,
    DefaultGraph,
    NamedNode,
    Quad,
    RdfFormat,
    Store,
    Triple,
    parse,
    serialize,
)

from loader import release as releases
from loader import store
from loader.namespaces import BASE, EXAMPLES_GRAPH, VOID_GRAPH, expand, prefixes
from loader.release import Release
from server.description import prefixes_json, prefixes_turtle, service_description
from server.negotiation import GRAPH, SOLUTIONS, formats

ENDPOINT = "http://127.0.0.1:8000/sparql"
# The W3C's "Unique URIs for File Formats", for the media types that a query may be answered in.
FORMATS = {
    "application/sparql-results+json": "SPARQL_Results_JSON",
    "application/sparql-results+xml": "SPARQL_Results_XML",
    "text/csv": "SPARQL_Results_CSV",
    "text/tab-separated-values": "SPARQL_Results_TSV",
    "text/turtle": "Turtle",
    "application/n-triples": "N-Triples",
    "application/rdf+xml": "RDF_XML",
    "application/ld+json": "JSON-LD",
    "application/trig": "TriG",
    "application/n-quads": "N-Quads",
}


@pytest.fixture(scope="module")
def made(real_home: Path) -> Release:
    return releases.open_current(real_home)


@pytest.fixture(scope="module")
def said(made: Release) -> list[Triple]:
    return service_description(ENDPOINT, made, made.manifest["graphs"])


@pytest.fixture(scope="module")
def description(said: list[Triple]) -> Store:
    return store.in_memory(Quad(*triple) for triple in said)


def objects(description: Store, subject: NamedNode | BlankNode, curie: str) -> list[str]:
    found = description.quads_for_pattern(subject, NamedNode(expand(curie)), None)
    return sorted(quad.object.value for quad in found)


def service_of(description: Store) -> NamedNode | BlankNode:
    (quad,) = description.quads_for_pattern(None, NamedNode(expand("rdf:type")), NamedNode(expand("sd:Service")))
    assert not isinstance(quad.subject, Triple)
    return quad.subject


def test_the_service_names_the_address_it_is_asked_at_and_what_it_can(description: Store) -> None:
    service = service_of(description)
    assert objects(description, service, "sd:endpoint") == [ENDPOINT]
    assert objects(description, service, "sd:supportedLanguage") == [expand("sd:SPARQL11Query")]
    assert objects(description, service, "sd:defaultEntailmentRegime") == ["http://www.w3.org/ns/entailment/Simple"]
    assert objects(description, service, "rdfs:seeAlso") == [EXAMPLES_GRAPH, VOID_GRAPH]
    assert objects(description, NamedNode(BASE), "void:sparqlEndpoint") == [ENDPOINT]


def test_the_result_formats_are_exactly_those_that_queries_are_answered_in(description: Store) -> None:
    served = {each.media_type for form in (SOLUTIONS, GRAPH) for each in formats(form)}
    expected = sorted(f"http://www.w3.org/ns/formats/{FORMATS[media_type]}" for media_type in served)
    assert objects(description, service_of(description), "sd:resultFormat") == expected


def test_it_claims_one_feature_and_that_is_true(description: Store, made: Release) -> None:
    assert objects(description, service_of(description), "sd:feature") == [expand("sd:UnionDefaultGraph")]
    opened = store.open_read_only(made.store_path)
    drug = f"?drug a <{expand('sg:Drug')}>"
    in_default = {str(row["drug"]) for row in store.ask(opened, f"SELECT ?drug {{ {drug} }}")}
    in_graphs = {str(row["drug"]) for row in store.ask(opened, f"SELECT ?drug {{ GRAPH ?g {{ {drug} }} }}")}
    assert in_default == in_graphs and in_graphs


def test_its_dataset_holds_every_named_graph_with_its_size(description: Store, made: Release) -> None:
    (dataset,) = objects(description, service_of(description), "sd:defaultDataset")
    opened = store.open_read_only(made.store_path)
    names = sorted(node.value for node in opened.named_graphs())
    assert objects(description, NamedNode(dataset), "sd:namedGraph") == names
    for name in names:
        assert objects(description, NamedNode(name), "sd:name") == [name]
        (node,) = objects(description, NamedNode(name), "sd:graph")
        held = sum(1 for _ in opened.quads_for_pattern(None, None, None, NamedNode(name)))
        assert objects(description, NamedNode(node), "void:triples") == [str(held)]
        assert objects(description, NamedNode(node), "rdf:type") == [expand("sd:Graph")]


def test_its_default_graph_is_as_large_as_all_graphs_together(description: Store, made: Release) -> None:
    (dataset,) = objects(description, service_of(description), "sd:defaultDataset")
    (graph,) = objects(description, NamedNode(dataset), "sd:defaultGraph")
    quads = store.open_read_only(made.store_path)
    union = {(q.subject, q.predicate, q.object) for q in quads if not isinstance(q.graph_name, DefaultGraph)}
    assert objects(description, NamedNode(graph), "void:triples") == [str(len(union))]


def test_what_the_release_and_the_description_say_of_a_node_is_the_same(said: list[Triple], made: Release) -> None:
    """But for the address of the service, which the release cannot know."""
    opened = store.open_read_only(made.store_path)
    for triple in said:
        known = {quad.object for quad in opened.quads_for_pattern(triple.subject, triple.predicate, None, None)}
        if known and triple.predicate.value not in (expand("void:sparqlEndpoint"), expand("rdf:type")):
            assert triple.object in known


def test_the_service_comes_before_its_dataset_and_the_dataset_before_its_graphs(said: list[Triple]) -> None:
    subjects = list(dict.fromkeys(triple.subject for triple in said))
    kinds = [str(subject).removeprefix(f"<{VOID_GRAPH}#") for subject in subjects]
    assert isinstance(subjects[0], BlankNode)
    assert kinds.index("dataset>") < kinds.index("default-graph>") < kinds.index("graph/curated>")


def test_a_release_that_does_not_know_all_its_graphs_is_described_as_far_as_it_does(release: Release) -> None:
    said = service_description(ENDPOINT, release, release.manifest["graphs"])
    description = store.in_memory(Quad(*triple) for triple in said)
    (dataset,) = objects(description, service_of(description), "sd:defaultDataset")
    assert objects(description, NamedNode(dataset), "sd:namedGraph") == sorted(release.manifest["graphs"])
    assert objects(description, NamedNode(f"{VOID_GRAPH}#default-graph"), "void:triples") == []


def test_a_graph_without_an_iri_of_ours_is_described_all_the_same(release: Release) -> None:
    graph = "http://example.org/a%20graph?#part"
    said = service_description(ENDPOINT, release, {graph: 3})
    assert [triple.object for triple in said if triple.predicate.value == expand("sd:name")] == [NamedNode(graph)]


@pytest.mark.parametrize("form", [RdfFormat.TURTLE, RdfFormat.N_TRIPLES, RdfFormat.RDF_XML, RdfFormat.JSON_LD], ids=str)
def test_the_description_is_the_same_in_every_format(said: list[Triple], form: RdfFormat) -> None:
    written = serialize(said, format=form, prefixes=prefixes())
    found, meant = Dataset(parse(written, format=form)), Dataset(Quad(*triple) for triple in said)
    for dataset in (found, meant):
        dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    assert set(found) == set(meant)


def test_the_description_is_made_in_a_moment(made: Release) -> None:
    times = []
    for _ in range(5):
        started = time.perf_counter()
        service_description(ENDPOINT, made, made.manifest["graphs"])
        times.append(time.perf_counter() - started)
    assert min(times) < 0.02


def test_prefixes_ttl_binds_and_declares_each_prefix_of_the_project() -> None:
    written = prefixes_turtle()
    lines = (Path(__file__).parents[2] / "ontology/prefixes.ttl").read_text(encoding="utf-8").splitlines()
    meant = {line for line in lines if line.startswith("@prefix")}
    assert {line for line in written.splitlines() if line.startswith("@prefix")} == meant
    declared = store.in_memory(parse(written, format=RdfFormat.TURTLE))
    names = {
        quad.object.value: objects(declared, quad.subject, "sh:namespace")
        for quad in declared.quads_for_pattern(None, NamedNode(expand("sh:prefix")), None)
    }
    assert names == {prefix: [iri] for prefix, iri in prefixes().items()}
    assert len(objects(declared, NamedNode(f"{BASE}prefixes"), "sh:declare")) == len(meant)
    assert written == prefixes_turtle()


def test_prefixes_json_is_an_object_of_prefix_to_iri() -> None:
    assert json.loads(prefixes_json()) == prefixes()
    assert prefixes_json().endswith("}\n")
