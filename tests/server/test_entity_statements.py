"""What a document about an entity says, from stores that are not as ours are: odd terms, no graphs, graphs twice."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest
from odd_terms import TEXTS, canonical, directed, triples
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Triple, parse

from loader import store
from loader.context import Context
from loader.errors import NotAcceptableError, UnknownEntityError, UnknownPageError, WithdrawnError
from loader.namespaces import BASE, GRAPH, VOID_GRAPH, expand
from server.entity_statements import PAGE, Entities, Wanted, pages_of
from server.entity_writing import write

IRI = f"{BASE}drug/odd"
THIS = NamedNode(IRI)
CURATED, SOURCE = NamedNode(f"{GRAPH}curated"), NamedNode(f"{GRAPH}source/a")
LABEL = NamedNode(expand("skos:prefLabel"))
FORMATS = {
    "text/turtle": RdfFormat.TURTLE,
    "application/trig": RdfFormat.TRIG,
    "application/n-triples": RdfFormat.N_TRIPLES,
    "application/ld+json": RdfFormat.JSON_LD,
    "application/rdf+xml": RdfFormat.RDF_XML,
}
NO_TERMS = Context()


def entities(*quads: Quad) -> Entities:
    return Entities(store.in_memory(quads))


def wanted(page: int = 1) -> Wanted:
    return Wanted(IRI, "2026-11-25.1", page)


def odd(seed: int) -> Iterator[Quad]:
    """Odd statements of the entity and of a part of it, in two graphs."""
    for number, triple in enumerate(triples(seed, 40, TEXTS)):
        subject = NamedNode(f"{IRI}#part") if number % 5 == 0 else THIS
        yield Quad(subject, triple.predicate, triple.object, CURATED if number % 3 else SOURCE)
    yield Quad(THIS, NamedNode(expand("sg:about")), NamedNode(f"{IRI}#part"), CURATED)


@pytest.mark.parametrize("seed", range(25))
def test_odd_statements_are_the_same_in_every_format_that_can_hold_them(seed: int) -> None:
    quads = list(store.in_memory(odd(seed)))  # as the engine keeps them: 01 of xsd:float is 1
    found = entities(*quads).find(wanted())
    said = {}
    for media_type, form in FORMATS.items():
        try:
            body = write(found, wanted(), media_type, NO_TERMS)
        except NotAcceptableError:
            assert media_type == "application/rdf+xml", "only XML has no word for some"
            continue
        said[media_type] = canonical({quad.triple for quad in parse(body, form)})
    assert len(said) >= 4 and all(each == said["application/n-triples"] for each in said.values())
    assert set(quads) <= set(found.own) and len(found.own) == len(set(quads))


@pytest.mark.parametrize("seed", range(5))
def test_a_table_holds_odd_statements_too(seed: int) -> None:
    found = entities(*odd(seed)).find(wanted())
    rows = list(csv.DictReader(io.StringIO(write(found, wanted(), "text/csv", NO_TERMS).decode(), newline="")))
    assert len(rows) == len(found.own)


def test_what_is_newer_than_rdf_1_1_is_written_where_it_can_be() -> None:
    quoted = Triple(iri_of("a"), LABEL, Literal("x"))
    made = entities(Quad(THIS, LABEL, directed(), CURATED), Quad(THIS, LABEL, quoted, CURATED))
    found = made.find(wanted())
    for media_type in ("text/turtle", "application/n-triples", "application/trig"):
        body = write(found, wanted(), media_type, NO_TERMS)
        assert {quoted, directed()} <= {quad.object for quad in parse(body, FORMATS[media_type])}
    assert len(write(found, wanted(), "text/csv", NO_TERMS).splitlines()) == 3
    with pytest.raises(NotAcceptableError):
        write(found, wanted(), "application/ld+json", NO_TERMS)


def iri_of(name: str) -> NamedNode:
    return NamedNode(BASE + name)


def test_a_store_without_named_graphs_has_entities_too() -> None:
    found = entities(Quad(THIS, LABEL, Literal("odd")), Quad(iri_of("trial/a"), LABEL, THIS)).find(wanted())
    assert [quad.object for quad in found.own] == [Literal("odd")] and found.total == 1


def test_a_triple_of_two_graphs_is_said_once_and_in_both() -> None:
    both = [Quad(THIS, LABEL, Literal("odd"), graph) for graph in (CURATED, SOURCE)]
    union = Quad(THIS, LABEL, Literal("odd"))
    link = [Quad(iri_of("trial/a"), LABEL, THIS, graph) for graph in (CURATED, SOURCE)]
    found = entities(*both, union, *link).find(wanted())
    assert found.own == both or found.own == both[::-1]
    assert found.total == 1 and len(found.incoming) == 2
    lines = write(found, wanted(), "application/n-triples", NO_TERMS).decode().splitlines()
    assert len(lines) == len(set(lines))


def test_what_describes_and_remembers_is_not_stated_of_the_entity() -> None:
    others = [NamedNode(name) for name in (VOID_GRAPH, f"{GRAPH}history", f"{GRAPH}release")]
    changes = [Quad(iri_of("release/1#change"), NamedNode(expand("rdf:subject")), THIS, graph) for graph in others]
    found = entities(
        Quad(THIS, LABEL, Literal("odd"), CURATED),
        *(Quad(THIS, LABEL, Literal("not this"), graph) for graph in others),
        *changes,
    ).find(wanted())
    assert len(found.own) == 1 and found.total == 0


def test_links_come_in_pages_in_the_same_order_each_time() -> None:
    links = [Quad(iri_of(f"trial/t-{number}"), LABEL, THIS, CURATED) for number in range(2 * PAGE + 1)]
    made = entities(Quad(THIS, LABEL, Literal("odd"), CURATED), *links)
    pages = [made.find(wanted(page)) for page in (1, 2, 3)]
    assert [len(page.incoming) for page in pages] == [PAGE, PAGE, 1]
    assert {quad for page in pages for quad in page.incoming} == set(links)
    assert pages[0].own and not pages[1].own
    with pytest.raises(UnknownPageError) as told:
        made.find(wanted(4))
    assert (told.value.page, told.value.pages) == (4, 3)
    assert [pages_of(total) for total in (0, 1, PAGE, PAGE + 1)] == [1, 1, 1, 2]


def test_what_nothing_is_said_of_is_unknown_though_it_is_mentioned() -> None:
    made = entities(Quad(iri_of("trial/a"), LABEL, THIS, CURATED), Quad(NamedNode(f"{IRI}#x"), LABEL, THIS, CURATED))
    with pytest.raises(UnknownEntityError):
        made.find(wanted())


def test_what_says_that_it_is_withdrawn_says_why_and_what_instead() -> None:
    true = Literal("true", datatype=NamedNode(expand("xsd:boolean")))
    said = {"owl:deprecated": true, "rdfs:comment": Literal("Twice there."), "dcterms:isReplacedBy": iri_of("drug/a")}
    made = entities(*(Quad(THIS, NamedNode(expand(curie)), value, CURATED) for curie, value in said.items()))
    with pytest.raises(WithdrawnError) as told:
        made.own(IRI)
    assert (told.value.reason, told.value.replacements) == ("Twice there.", (f"{BASE}drug/a",))
    assert "Twice there." in str(told.value) and f"<{BASE}drug/a>" in str(told.value)
