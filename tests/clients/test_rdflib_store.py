"""rdflib sees the endpoint as a graph of its own, and calls it from a query of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from questions import (
    CONSTRUCT,
    CURATED,
    DESCRIBE,
    DRUG,
    DRUGS,
    LABEL,
    NO,
    SELECT,
    TRABECTEDIN,
    TYPE,
    UPDATE,
    YES,
    calling,
)
from rdflib import Graph, Literal, URIRef
from rdflib.plugins.stores.sparqlstore import SPARQLStore, SPARQLUpdateStore

pytestmark = pytest.mark.clients
NAMED = Literal("trabectedin", "en")


@pytest.fixture(params=["GET", "POST", "POST_FORM"])
def graph(endpoint: str, request: pytest.FixtureRequest) -> Iterator[Graph]:
    """The default graph of the endpoint."""
    store = SPARQLStore(endpoint, method=request.param)
    yield Graph(store)
    store.close()


def test_rows_are_found(graph: Graph) -> None:
    assert [row.label for row in graph.query(SELECT)] == [NAMED]  # type: ignore[union-attr]
    assert len(list(graph.query(DRUGS))) > 40


@pytest.mark.parametrize("form", ["xml", "json", "csv", "tsv"])
def test_rows_are_found_in_each_format(endpoint: str, form: str) -> None:
    found = list(Graph(SPARQLStore(endpoint, returnFormat=form)).query(SELECT))
    assert [str(row[0]) for row in found] == ["trabectedin"]  # type: ignore[index]


def test_a_yes_and_a_no_are_told_apart(graph: Graph) -> None:
    assert graph.query(YES).askAnswer is True
    assert graph.query(NO).askAnswer is False


@pytest.mark.parametrize("query", [CONSTRUCT, DESCRIBE], ids=["construct", "describe"])
def test_a_graph_is_constructed(graph: Graph, query: str) -> None:
    made = graph.query(query).graph
    assert made is not None and (URIRef(TRABECTEDIN), URIRef(LABEL), NAMED) in made


def test_values_bound_beforehand_reach_the_query(graph: Graph) -> None:
    query = f"SELECT ?label WHERE {{ ?drug <{LABEL}> ?label }}"
    found = graph.query(query, initBindings={"drug": URIRef(TRABECTEDIN)})
    assert [row[0] for row in found] == [NAMED]  # type: ignore[index]


def test_triples_are_read_as_from_any_graph(graph: Graph) -> None:
    drug = URIRef(TRABECTEDIN)
    assert (drug, URIRef(TYPE), URIRef(DRUG)) in graph
    assert (drug, URIRef(TYPE), URIRef(LABEL)) not in graph
    assert graph.value(drug, URIRef(LABEL)) == NAMED
    assert len(set(graph.subjects(URIRef(TYPE), URIRef(DRUG)))) > 40
    assert len(graph) > 1000


def test_a_named_graph_is_a_graph_of_its_own(endpoint: str) -> None:
    within = Graph(SPARQLStore(endpoint, context_aware=True), identifier=URIRef(CURATED))
    assert within.value(URIRef(TRABECTEDIN), URIRef(LABEL)) == NAMED
    elsewhere = Graph(SPARQLStore(endpoint, context_aware=True), identifier=URIRef("http://example.org/nothing"))
    assert elsewhere.value(URIRef(TRABECTEDIN), URIRef(LABEL)) is None


def test_a_query_of_rdflib_calls_the_endpoint(endpoint: str) -> None:
    assert [row[0] for row in Graph().query(calling(endpoint))] == [NAMED]  # type: ignore[index]


def test_an_update_is_refused(endpoint: str) -> None:
    store = SPARQLUpdateStore(endpoint, endpoint)
    with pytest.raises(Exception, match="403"):
        store.update(UPDATE)
