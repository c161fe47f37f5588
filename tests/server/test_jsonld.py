"""JSON-LD is compact, and what two readers read from it are exactly the triples that were written."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph
import pytest
import rdflib.term
from odd_terms import CONTROLS, TEXTS, Sink, canonical, directed, read_with_rdflib, triples
from pyoxigraph import BlankNode, Literal, NamedNode, QueryTriples, RdfFormat, Store, Triple

from loader import store
from loader.errors import NotAcceptableError
from loader.jsonld import Context, write
from loader.namespaces import expand, prefixes
from loader.release import open_current

# rdflib's reader of JSON-LD uses what rdflib itself deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")

ARM = "https://w3id.org/sarcograph/arm/palette-1"


@pytest.fixture(scope="module")
def facts(real_home: Path) -> Store:
    """A release of the project's own facts."""
    return store.open_read_only(open_current(real_home).store_path)


@pytest.fixture(scope="module")
def context(facts: Store) -> Context:
    """The context of the ontology in it."""
    return Context.of(facts)


@pytest.fixture(autouse=True)
def literals_as_they_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    """rdflib would write `01` as `1`, and warn of dates that are none."""
    monkeypatch.setattr("rdflib.NORMALIZE_LITERALS", False)
    monkeypatch.setattr(rdflib.term, "_castLexicalToPython", lambda *_: None)


def named(curie: str) -> NamedNode:
    return NamedNode(expand(curie))


def written(found: list[Triple] | Iterator[Triple], context: Context) -> bytes:
    sink = Sink()
    write(found, sink, context)
    return sink.data


def read(data: bytes) -> list[Triple]:
    return [quad.triple for quad in pyoxigraph.parse(data, RdfFormat.JSON_LD)]


def test_the_whole_graph_is_read_back_by_two_readers(facts: Store, context: Context) -> None:
    found = store.ask(facts, "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }")
    assert isinstance(found, QueryTriples)
    all_triples = list(found)
    data = written(all_triples, context)
    expected = canonical(all_triples)
    assert len(expected) > 10_000
    assert canonical(read(data)) == expected
    assert canonical(read_with_rdflib(data, "json-ld")) == expected


def test_the_whole_graph_means_the_same_with_the_published_context(facts: Store, context: Context) -> None:
    found = store.ask(facts, "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }")
    assert isinstance(found, QueryTriples)
    all_triples = list(found)
    document = json.loads(written(all_triples, context))
    document["@context"] = context.document()["@context"]
    assert canonical(read(json.dumps(document).encode())) == canonical(all_triples)


@pytest.mark.parametrize("seed", range(40))
def test_odd_terms_are_read_back_by_two_readers(seed: int, context: Context) -> None:
    odd = triples(seed, 12 + 3 * seed, TEXTS + CONTROLS)
    data = written(odd, context)
    expected = canonical(odd)
    assert canonical(read(data)) == expected
    assert canonical(read_with_rdflib(data, "json-ld")) == expected


def test_what_the_first_triples_did_not_use_is_written_in_full(context: Context) -> None:
    plain = [Triple(NamedNode(f"http://e.org/{n}"), NamedNode("http://e.org/p"), Literal(n)) for n in range(1200)]
    late = triples(7, 300, TEXTS)
    data = written([*plain, *late], context)
    assert json.loads(data)["@context"] == {"@version": 1.1, "id": "@id", "type": "@type"}
    assert canonical(read(data)) == canonical([*plain, *late])


def test_a_literal_with_a_direction_keeps_it(context: Context) -> None:
    said = [Triple(NamedNode(ARM), named("sg:dose"), directed())]
    assert read(written(said, context)) == said


def test_one_subject_is_one_plain_object(context: Context) -> None:
    said = [
        Triple(NamedNode(ARM), named("sg:armOf"), NamedNode("https://w3id.org/sarcograph/trial/palette")),
        Triple(NamedNode(ARM), named("rdf:type"), named("sg:Arm")),
        Triple(NamedNode(ARM), named("sg:unit"), named("unit:MO")),
        Triple(NamedNode(ARM), named("sg:value"), Literal("0.55", datatype=named("xsd:decimal"))),
        Triple(NamedNode(ARM), named("sg:enrolled"), Literal(372)),
        Triple(NamedNode(ARM), named("sg:seenIn"), Literal("one")),
        Triple(NamedNode(ARM), named("sg:seenIn"), Literal("two", language="en")),
    ]
    assert json.loads(written(said, context)) == {
        "@context": {
            "@version": 1.1,
            "id": "@id",
            "type": "@type",
            "sg": expand("sg:"),
            "unit": expand("unit:"),
            "xsd": expand("xsd:"),
            "Arm": "sg:Arm",
            "armOf": {"@id": "sg:armOf", "@type": "@id"},
            "enrolled": "sg:enrolled",
            "seenIn": "sg:seenIn",
            "value": {"@id": "sg:value", "@type": "xsd:decimal"},
        },
        "id": ARM,
        "type": "Arm",
        "armOf": "https://w3id.org/sarcograph/trial/palette",
        "sg:unit": {"id": "unit:MO"},
        "value": "0.55",
        "enrolled": 372,
        "seenIn": ["one", {"@value": "two", "@language": "en"}],
    }


def test_an_empty_graph_is_a_document_too(context: Context) -> None:
    data = written([], context)
    assert json.loads(data)["@graph"] == []
    assert read(data) == []


def test_numbers_are_numbers_where_that_is_exact(context: Context) -> None:
    literals = {
        "12": 12,
        "-12": -12,
        "0": 0,
        "012": {"@value": "012", "@type": expand("xsd:integer")},
        "-0": {"@value": "-0", "@type": expand("xsd:integer")},
        "9007199254740993": {"@value": "9007199254740993", "@type": expand("xsd:integer")},
    }
    for text, expected in literals.items():
        said = [Triple(NamedNode(ARM), named("sg:enrolled"), Literal(text, datatype=named("xsd:integer")))]
        assert json.loads(written(said, context))["enrolled"] == expected


def test_a_value_that_does_not_fit_its_property_is_written_in_full(context: Context) -> None:
    said = [
        Triple(NamedNode(ARM), named("sg:value"), Literal("0.55")),
        Triple(NamedNode(ARM), named("sg:value"), Literal(5)),
        Triple(NamedNode(ARM), named("sg:armOf"), Literal("palette")),
        Triple(NamedNode(ARM), named("sg:armOf"), BlankNode("palette")),
    ]
    document = json.loads(written(said, context))
    assert document["value"] == [{"@value": "0.55"}, {"@value": "5", "@type": "xsd:integer"}]
    assert document["armOf"] == [{"@value": "palette"}, "_:palette"]


def test_an_iri_that_looks_like_a_curie_stays_an_iri(context: Context) -> None:
    said = [
        Triple(NamedNode(ARM), named("skos:exactMatch"), NamedNode("skos:exactMatch")),
        Triple(NamedNode(ARM), named("skos:exactMatch"), NamedNode("mesh:D012509")),
    ]
    assert canonical(read(written(said, context))) == canonical(said)


def test_every_term_of_the_ontology_is_in_the_published_context(facts: Store, context: Context) -> None:
    entries = context.document()["@context"]
    assert isinstance(entries, dict)
    kinds = {named(f"owl:{kind}") for kind in ("Class", "ObjectProperty", "DatatypeProperty")}
    typed = facts.quads_for_pattern(None, named("rdf:type"), None, None)
    terms = {quad.subject.value for quad in typed if quad.object in kinds and isinstance(quad.subject, NamedNode)}
    local_names = {iri.removeprefix(expand("sg:")) for iri in terms if iri.startswith(expand("sg:"))}
    assert len(local_names) > 150
    assert {name for name in local_names if name not in entries} == set()
    assert {name for name in local_names if entries[name] == prefixes().get(name)} == {"unit"}
    assert entries["armOf"] == {"@id": "sg:armOf", "@type": "@id"}
    assert entries["year"] == {"@id": "sg:year", "@type": "xsd:gYear"}
    assert entries["enrolled"] == "sg:enrolled"
    assert entries["Drug"] == "sg:Drug"


def test_a_triple_term_is_refused_with_the_formats_that_hold_it(context: Context) -> None:
    term = Triple(NamedNode(ARM), named("sg:armOf"), NamedNode(ARM))
    sink = Sink()
    with pytest.raises(NotAcceptableError) as refused:
        write([Triple(NamedNode(ARM), named("rdf:reifies"), term)], sink, context)
    assert "text/turtle" in refused.value.offers
    assert "application/ld+json" not in refused.value.offers
    assert sink.pieces == []


def test_memory_stays_flat_however_long_the_answer_or_one_node(context: Context) -> None:
    def many(count: int, subjects: int) -> Iterator[Triple]:
        for number in range(count):
            subject = NamedNode(f"https://w3id.org/sarcograph/trial/{number % subjects}")
            yield Triple(subject, named("sg:receives"), NamedNode(f"https://w3id.org/sarcograph/drug/{number}"))

    class Nowhere(Sink):
        def write(self, data: bytes) -> int:
            return len(data)

    for subjects in (1, 1_000_000):
        tracemalloc.start()
        write(many(60_000, subjects), Nowhere(), context)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 12 << 20
