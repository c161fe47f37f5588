"""The example queries and the prefixes as data, as the tools of the field ask for them."""

from pathlib import Path

import pytest
from pyoxigraph import NamedNode, QuerySolutions, Store

from loader import metadata, release, store
from loader.errors import QueryFileError
from loader.metadata import Example
from loader.namespaces import BASE, EXAMPLES_GRAPH, expand, prefixes
from server.queries import published_examples

PREFIXES = "".join(f"PREFIX {prefix}: <{prefixes()[prefix]}>\n" for prefix in ("rdfs", "schema", "sh", "spex", "xsd"))
FORMS = "sh:select|sh:ask|sh:construct|spex:describe"


@pytest.fixture(scope="module")
def opened(real_home: Path) -> Store:
    return store.open_read_only(release.open_current(real_home).store_path)


def ask(opened: Store, query: str) -> list[tuple[str, ...]]:
    answer = opened.query(PREFIXES + query, use_default_graph_as_union=True)
    assert isinstance(answer, QuerySolutions)
    return [tuple(term.value for term in row) for row in answer]


def examples_of(*texts: str) -> Store:
    return store.in_memory(metadata.examples(Example(f"example-{n}", "What?", (), t) for n, t in enumerate(texts)))


def test_every_example_is_found_as_the_tools_ask_for_it_and_runs_as_it_was_found(opened: Store) -> None:
    found = ask(
        opened,
        f"SELECT DISTINCT ?it ?comment ?query {{ ?it a sh:SPARQLExecutable ; rdfs:comment ?comment ; {FORMS} ?query }} "
        "ORDER BY ?it",
    )
    published = list(published_examples())
    assert [(it.removeprefix(f"{EXAMPLES_GRAPH}/"), comment, text) for it, comment, text in found] == [
        (example.name, example.summary, example.text) for example in published
    ]
    for it, _, text in found:
        answer = store.ask(opened, text)
        assert isinstance(answer, QuerySolutions) and next(answer, None) is not None, it


def test_an_example_says_where_it_runs_its_prefixes_and_its_keywords(opened: Store) -> None:
    found = ask(
        opened,
        "SELECT ?it ?target ?word { ?it a sh:SPARQLSelectExecutable ; schema:target ?target ; schema:keywords ?word ; "
        f"sh:prefixes <{BASE}prefixes> }}",
    )
    expected = {
        (f"{EXAMPLES_GRAPH}/{example.name}", f"{BASE}sparql", word)
        for example in published_examples()
        for word in example.keywords
    }
    assert set(found) == expected and len(found) == len(expected)


def test_the_comment_of_an_example_is_in_english(opened: Store) -> None:
    found = ask(opened, "SELECT DISTINCT (LANG(?c) AS ?l) { [] a sh:SPARQLExecutable ; rdfs:comment ?c }")
    assert found == [("en",)]


@pytest.mark.parametrize(
    ("text", "property_", "type_"),
    [
        ("# Which select?\n\nPREFIX sg: <urn:select>\nSELECT * { ?s ?p ?o }", "sh:select", "sh:SPARQLSelectExecutable"),
        ("base <urn:x>\nask{ ?s ?p ?o }", "sh:ask", "sh:SPARQLAskExecutable"),
        ("PREFIX a: <urn:a> ASK {}", "sh:ask", "sh:SPARQLAskExecutable"),
        ("PREFIX a: <urn:a#> # why\n CONSTRUCT WHERE { ?s ?p ?o }", "sh:construct", "sh:SPARQLConstructExecutable"),
        ("DESCRIBE <urn:a>", "spex:describe", None),
    ],
    ids=["select", "ask", "on-one-line", "construct", "describe"],
)
def test_the_form_of_an_example_decides_its_type_and_property(text: str, property_: str, type_: str | None) -> None:
    said = examples_of(text)
    node = NamedNode(f"{EXAMPLES_GRAPH}/example-0")
    (quad,) = (q for q in said.quads_for_pattern(node, None, None) if getattr(q.object, "value", "") == text)
    assert quad.predicate.value == expand(property_)
    types = {q.object.value for q in said.quads_for_pattern(node, NamedNode(expand("rdf:type")), None)}
    assert types == {expand(name) for name in ("sh:SPARQLExecutable", type_) if name}


@pytest.mark.parametrize(
    "text", ["", "# SELECT\n", "INSERT DATA { <a:a> <a:b> 1 }"], ids=["empty", "comment", "update"]
)
def test_what_has_no_form_of_query_is_no_example(text: str) -> None:
    with pytest.raises(QueryFileError, match="example-0.*SELECT or ASK or CONSTRUCT or DESCRIBE"):
        examples_of(text)


def test_the_prefixes_are_declared_as_prefixes_ttl_has_them(opened: Store) -> None:
    found = ask(opened, "SELECT DISTINCT ?prefix ?space { ?s sh:declare [ sh:prefix ?prefix ; sh:namespace ?space ] }")
    assert dict(found) == prefixes() and len(found) == len(prefixes())
    typed = "SELECT (COUNT(*) AS ?n) { [] a sh:PrefixDeclaration ; sh:namespace ?s FILTER(DATATYPE(?s) = xsd:anyURI) }"
    assert ask(opened, typed) == [(str(len(prefixes())),)]
