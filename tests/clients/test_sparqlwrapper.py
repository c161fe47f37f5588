"""SPARQLWrapper gets what it asks for, in each format that it converts, by each method that it knows."""

from __future__ import annotations

import pytest
from questions import CONSTRUCT, CURATED, DESCRIBE, LABEL, NO, SELECT, TRABECTEDIN, UPDATE, WRONG, YES
from rdflib import Graph, Literal, URIRef

pytestmark = pytest.mark.clients
sparqlwrapper = pytest.importorskip("SPARQLWrapper", reason="SPARQLWrapper is not installed")

METHODS = [("GET", "urlencoded"), ("POST", "urlencoded"), ("POST", "postdirectly")]


@pytest.fixture(params=METHODS, ids=["get", "form", "direct"])
def wrapper(endpoint: str, request: pytest.FixtureRequest) -> object:
    method, way = request.param
    made = sparqlwrapper.SPARQLWrapper(endpoint)
    made.setMethod(method)
    made.setRequestMethod(way)
    return made


def asked(wrapper: object, query: str, form: str) -> object:
    """The answer, converted to what SPARQLWrapper makes of the format."""
    wrapper.setQuery(query)  # type: ignore[attr-defined]
    wrapper.setReturnFormat(form)  # type: ignore[attr-defined]
    return wrapper.queryAndConvert()  # type: ignore[attr-defined]


def test_rows_come_as_json(wrapper: object) -> None:
    answer = asked(wrapper, SELECT, "json")
    assert [row["label"]["value"] for row in answer["results"]["bindings"]] == ["trabectedin"]  # type: ignore[index]


def test_rows_come_as_xml(wrapper: object) -> None:
    answer = asked(wrapper, SELECT, "xml")
    (literal,) = answer.getElementsByTagName("literal")  # type: ignore[attr-defined]
    assert literal.firstChild.data == "trabectedin"


@pytest.mark.parametrize("form, line", [("csv", b"trabectedin\r\n"), ("tsv", b'"trabectedin"@en\n')])
def test_rows_come_as_text(wrapper: object, form: str, line: bytes) -> None:
    answer = asked(wrapper, SELECT, form)
    assert isinstance(answer, bytes) and answer.endswith(line)


@pytest.mark.parametrize("form", ["json", "xml"])
def test_a_yes_and_a_no_come_as_such(wrapper: object, form: str) -> None:
    for query, truth in ((YES, True), (NO, False)):
        answer = asked(wrapper, query, form)
        if form == "json":
            assert answer["boolean"] is truth  # type: ignore[index]
        else:
            said = answer.getElementsByTagName("boolean")[0].firstChild.data  # type: ignore[attr-defined]
            assert said == str(truth).lower()


@pytest.mark.filterwarnings("ignore:.*is deprecated:DeprecationWarning")
@pytest.mark.parametrize("form", ["turtle", "n3", "xml", "json-ld"])
@pytest.mark.parametrize("query", [CONSTRUCT, DESCRIBE], ids=["construct", "describe"])
def test_a_graph_comes_in_each_format(wrapper: object, query: str, form: str) -> None:
    answer = asked(wrapper, query, form)
    graph = Graph().parse(data=answer, format=form) if isinstance(answer, bytes) else answer
    assert (URIRef(TRABECTEDIN), URIRef(LABEL), Literal("trabectedin", "en")) in graph  # type: ignore[operator]


def test_a_dataset_may_be_named(wrapper: object) -> None:
    wrapper.addDefaultGraph(CURATED)  # type: ignore[attr-defined]
    assert asked(wrapper, YES, "json")["boolean"] is True  # type: ignore[index]
    wrapper.clearParameter("default-graph-uri")  # type: ignore[attr-defined]
    wrapper.addDefaultGraph("http://example.org/nothing")  # type: ignore[attr-defined]
    assert asked(wrapper, YES, "json")["boolean"] is False  # type: ignore[index]


def test_a_wrong_query_is_told_as_one(wrapper: object) -> None:
    with pytest.raises(sparqlwrapper.SPARQLExceptions.QueryBadFormed, match="PREFIX sg:"):
        asked(wrapper, WRONG, "json")


def test_an_update_is_refused(endpoint: str) -> None:
    wrapper = sparqlwrapper.SPARQLWrapper(endpoint)
    wrapper.setMethod("POST")
    wrapper.setQuery(UPDATE)
    with pytest.raises(Exception, match="403"):
        wrapper.query()


def test_a_query_of_a_megabyte_is_posted(endpoint: str) -> None:
    wrapper = sparqlwrapper.SPARQLWrapper(endpoint)
    wrapper.setMethod("POST")
    values = " ".join(f"<http://example.org/a-rather-long-iri/{number}>" for number in range(25_000))
    rows = asked(wrapper, f"SELECT (COUNT(*) AS ?n) {{ VALUES ?s {{ {values} }} }}", "json")
    assert rows["results"]["bindings"][0]["n"]["value"] == "25000"  # type: ignore[index]
