"""Answers are written exactly, refused where a format cannot hold them, and say when they are capped."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ET
from collections.abc import Iterable

import pyoxigraph
import pytest
import rdflib
import rdflib.term
from odd_terms import CONTROLS, TEXTS, Sink, canonical, directed, read_with_rdflib, triples
from pyoxigraph import (
    BlankNode,
    Literal,
    NamedNode,
    Quad,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Store,
    Triple,
    parse_query_results,
)

from loader import store
from loader.errors import NotAcceptableError
from loader.namespaces import expand
from server.serialization import write, write_quads, write_triples

JSON, XML = "application/sparql-results+json", "application/sparql-results+xml"
CSV, TSV = "text/csv", "text/tab-separated-values"
RESULTS = {
    JSON: QueryResultsFormat.JSON,
    XML: QueryResultsFormat.XML,
    CSV: QueryResultsFormat.CSV,
    TSV: QueryResultsFormat.TSV,
}
TURTLE, N_TRIPLES, RDF_XML = "text/turtle", "application/n-triples", "application/rdf+xml"
JSON_LD, TRIG, N_QUADS = "application/ld+json", "application/trig", "application/n-quads"
GRAPHS = {
    TURTLE: RdfFormat.TURTLE,
    N_TRIPLES: RdfFormat.N_TRIPLES,
    RDF_XML: RdfFormat.RDF_XML,
    JSON_LD: RdfFormat.JSON_LD,
    TRIG: RdfFormat.TRIG,
    N_QUADS: RdfFormat.N_QUADS,
}
P = NamedNode("http://e.org/p")
CONSTRUCT = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"
EVERYTHING = "SELECT ?s ?none ?p ?o WHERE { ?s ?p ?o }"
TERM = '<<( <http://e.org/a> <http://e.org/b> <<( <http://e.org/x> <http://e.org/c> "d\\"\\t\\n"@en--ltr )>> )>>'


@pytest.fixture(autouse=True)
def literals_as_they_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    """rdflib would write `01` as `1`, and warn of dates that are none."""
    monkeypatch.setattr("rdflib.NORMALIZE_LITERALS", False)
    monkeypatch.setattr(rdflib.term, "_castLexicalToPython", lambda *_: None)


def holding(found: Iterable[Triple]) -> Store:
    return store.in_memory(Quad(*triple) for triple in found)


def objects(*texts: str | Literal) -> Store:
    return holding(
        Triple(NamedNode(f"http://e.org/{number:03}"), P, text if isinstance(text, Literal) else Literal(text))
        for number, text in enumerate(texts)
    )


def written(asked: Store, query: str, media_type: str, most: int | None = None) -> Sink:
    sink = Sink()
    write(store.ask(asked, query, union=False), media_type, sink, most)
    return sink


def by_the_engine(asked: Store, query: str, media_type: str) -> bytes:
    answer = asked.query(query)
    assert isinstance(answer, QuerySolutions)
    return answer.serialize(format=RESULTS[media_type])


def parsed(data: bytes, media_type: str) -> list[Triple]:
    return [quad.triple for quad in pyoxigraph.parse(data, GRAPHS[media_type])]


def rows(data: bytes, media_type: str) -> list[list[object]]:
    found = parse_query_results(data, RESULTS[media_type])
    assert isinstance(found, QuerySolutions)
    return [list(solution) for solution in found]


# Solutions


@pytest.mark.parametrize("media_type", RESULTS)
@pytest.mark.parametrize("seed", range(6))
def test_an_answer_below_its_cap_has_the_bytes_that_it_has_without(media_type: str, seed: int) -> None:
    asked = holding(triples(seed, 150, TEXTS if media_type == XML else TEXTS + CONTROLS))
    expected = written(asked, EVERYTHING, media_type)
    for most in (len(asked), 10_000):
        sink = written(asked, EVERYTHING, media_type, most)
        assert sink.data == expected.data
        assert sink.capped is None


@pytest.mark.parametrize("media_type", [JSON, CSV, TSV])
def test_an_uncapped_answer_has_the_engines_bytes(media_type: str) -> None:
    asked = holding(triples(1, 150, TEXTS + CONTROLS))
    assert written(asked, EVERYTHING, media_type).data == by_the_engine(asked, EVERYTHING, media_type)


@pytest.mark.parametrize("media_type", RESULTS)
@pytest.mark.parametrize(
    "query",
    [
        "SELECT * WHERE {}",
        "SELECT ?x WHERE {}",
        "SELECT ?x WHERE { VALUES ?x { UNDEF UNDEF } }",
        "SELECT * WHERE { FILTER(false) }",
        "SELECT ?x ?y WHERE { VALUES (?x ?y) { (UNDEF 1) (UNDEF UNDEF) (true UNDEF) (1.50 1e0) } }",
        f"SELECT ?é (SUBJECT(?t) AS ?s) ?t WHERE {{ BIND({TERM} AS ?t) BIND(1 AS ?é) }}",
        'SELECT ?x WHERE { VALUES ?x { "a"@en--rtl "\\uFEFF" "\\r" } }',
    ],
    ids=["no-column", "unbound", "unbound-twice", "no-row", "holes", "triple-term", "direction"],
)
def test_a_capped_answer_keeps_holes_and_rare_terms(media_type: str, query: str) -> None:
    empty = store.in_memory([])
    assert written(empty, query, media_type, 100).data == written(empty, query, media_type).data


@pytest.mark.parametrize("media_type", RESULTS)
def test_a_longer_answer_is_cut_to_its_cap_and_says_so_before_the_first_byte(media_type: str) -> None:
    asked = objects(*map(str, range(50)))
    query = EVERYTHING + " ORDER BY ?s"
    sink = written(asked, query, media_type, 7)
    assert sink.capped == (7, 0)
    assert sink.data != written(asked, query + " LIMIT 7", media_type).data or media_type in (CSV, TSV)
    if media_type != CSV:
        assert rows(sink.data, media_type) == rows(written(asked, query, media_type).data, media_type)[:7]
    else:
        assert sink.data == written(asked, query + " LIMIT 7", CSV).data


def test_a_capped_answer_in_json_has_a_member_that_readers_pass_over() -> None:
    data = written(objects("a", "b", "c"), "SELECT ?o WHERE { ?s ?p ?o } ORDER BY ?o", JSON, 2).data
    document = json.loads(data)
    assert document["sarcograph"] == {"complete": False, "rows": 2}
    assert document["head"] == {"vars": ["o"]}
    read = rdflib.query.Result.parse(io.BytesIO(data), format="json")
    assert [str(row[0]) for row in read] == ["a", "b"]


def test_a_capped_answer_in_xml_has_a_comment_that_readers_pass_over() -> None:
    data = written(objects("a", "b", "c"), "SELECT ?o WHERE { ?s ?p ?o } ORDER BY ?o", XML, 2).data
    assert b"<!-- This answer is not complete: it holds 2 rows, and there are more. -->" in data
    read = rdflib.query.Result.parse(io.BytesIO(data), format="xml")
    assert [str(row[0]) for row in read] == ["a", "b"]


def test_an_answer_may_be_capped_at_nothing() -> None:
    sink = written(objects("a"), EVERYTHING, JSON, 0)
    assert sink.capped == (0, 0)
    assert rows(sink.data, JSON) == []


def test_a_capped_answer_has_a_blank_node_of_any_name_and_tells_it_from_others() -> None:
    query = 'SELECT * WHERE { BIND(BNODE("a:b") AS ?x) BIND(?x AS ?y) BIND(BNODE("a.b") AS ?z) }'
    (row,) = rows(written(store.in_memory([]), query, JSON, 5).data, JSON)
    assert row[0] == row[1] != row[2]


def test_a_capped_answer_does_not_look_for_all_rows() -> None:
    asked = objects(*map(str, range(300)))
    endless = "SELECT * WHERE { ?a ?p ?b . ?c ?q ?d . ?e ?r ?f . ?g ?t ?h . ?i ?u ?j }"
    assert written(asked, endless, CSV, 10).data.count(b"\r\n") == 11


@pytest.mark.parametrize("most", [None, 5])
def test_yes_and_no_are_tables_with_a_header_row(most: int | None) -> None:
    empty = store.in_memory([])
    assert written(empty, "ASK {}", CSV, most).data == b"boolean\r\ntrue\r\n"
    assert written(empty, "ASK { FILTER(false) }", TSV, most).data == b"?boolean\nfalse\n"
    for media_type in (JSON, XML):
        answer = parse_query_results(written(empty, "ASK {}", media_type, most).data, RESULTS[media_type])
        assert isinstance(answer, QueryBoolean)
        assert bool(answer)


def test_csv_has_values_only_and_quotes_those_that_need_it() -> None:
    texts = [
        "plain",
        "",
        "a,b",
        'say "x"',
        "line\nfeed",
        "return\rin",
        " spaced ",
        Literal("l", language="en"),
        Literal(5),
    ]
    data = written(objects(*texts), "SELECT ?o ?none WHERE { ?s ?p ?o } ORDER BY ?s", CSV).data
    assert data == (
        b'o,none\r\nplain,\r\n,\r\n"a,b",\r\n'
        b'"say ""x""",\r\n"line\nfeed",\r\n"return\rin",\r\n spaced ,\r\nl,\r\n5,\r\n'
    )
    read = list(csv.reader(io.StringIO(data.decode(), newline="")))
    assert [row[0] for row in read[1:]] == [text.value if isinstance(text, Literal) else text for text in texts]


def test_tsv_has_terms_as_turtle_writes_them() -> None:
    texts = [
        "tab\t",
        "line\n",
        'q"',
        Literal("l", language="en"),
        Literal(5),
        Literal("2015", datatype=NamedNode(expand("xsd:gYear"))),
    ]
    data = written(objects(*texts), "SELECT ?o ?none WHERE { ?s ?p ?o } ORDER BY ?s", TSV).data
    year = b"<http://www.w3.org/2001/XMLSchema#gYear>"
    assert data == (b'?o\t?none\n"tab\\t"\t\n"line\\n"\t\n"q\\""\t\n"l"@en\t\n5\t\n"2015"^^' + year + b"\t\n")


# XML


@pytest.mark.parametrize("character", CONTROLS, ids=ascii)
@pytest.mark.parametrize("before", [0, 1, 8191, 70_000])
def test_a_character_that_xml_cannot_hold_is_refused(character: str, before: int) -> None:
    asked = objects("é" * before + character)
    for query, media_type, others in ((EVERYTHING, XML, JSON), (CONSTRUCT, RDF_XML, TURTLE)):
        with pytest.raises(NotAcceptableError) as refused:
            written(asked, query, media_type)
        assert f"U+{ord(character):04X}" in str(refused.value)
        assert others in refused.value.offers
        assert media_type not in refused.value.offers


@pytest.mark.parametrize("media_type, query", [(XML, EVERYTHING), (RDF_XML, CONSTRUCT)], ids=["srx", "rdf-xml"])
def test_every_other_character_comes_back_from_xml(media_type: str, query: str) -> None:
    characters = [*map(chr, range(0x80)), *TEXTS, "\ufffd", "\ue000", "\ufdd0", "\U0010ffff", "\ud7ff", "\uffef"]
    texts = [
        f"{around}{character}{around}" for character in characters for around in ("", "a") if character not in CONTROLS
    ]
    texts = [text for text in texts if not any(ord(character) < 32 and character not in "\t\n\r" for character in text)]
    tree = ET.fromstring(written(objects(*texts), query, media_type).data)
    found = [each.text or "" for each in tree.iter() if each.tag.endswith("}literal") or each.tag == "{http://e.org/}p"]
    assert sorted(found) == sorted(texts)


@pytest.mark.parametrize("seed", range(20))
def test_rdf_xml_is_read_back_by_two_readers_or_refused(seed: int) -> None:
    odd = [triple for triple in triples(seed, 120, TEXTS) if nameable(triple.predicate.value)]
    odd = [triple for triple in odd if triple.predicate.value != expand("rdf:type")]
    data = write_triples(odd, RDF_XML)
    ET.fromstring(data)
    assert canonical(parsed(data, RDF_XML)) == canonical(odd)
    assert canonical(read_with_rdflib(data, "xml")) == canonical(odd)


def nameable(iri: str) -> bool:
    try:
        write_triples([Triple(P, NamedNode(iri), P)], RDF_XML)
    except NotAcceptableError:
        return False
    return True


def test_rdf_xml_refuses_names_that_elements_cannot_have_and_no_others() -> None:
    for point in [*range(0x21, 0x3000), *range(0xD7F0, 0xD800), *range(0xF8F0, 0xFFFE, 3), 0x10000, 0xE0100]:
        try:
            name = NamedNode(f"http://e.org/a{chr(point)}")
        except ValueError:
            continue
        for said in (Triple(P, name, P), Triple(P, NamedNode(expand("rdf:type")), name)):
            try:
                data = write_triples([said], RDF_XML)
            except NotAcceptableError:
                assert not chr(point).isascii() or chr(point) not in "abcXYZ012.-_"
                continue
            ET.fromstring(data)
            assert parsed(data, RDF_XML) == [said]


@pytest.mark.parametrize(
    "name", ["li", "Description", "RDF", "ID", "about", "resource", "nodeID", "datatype", "parseType"]
)
def test_rdf_xml_refuses_names_that_are_its_own_syntax(name: str) -> None:
    assert not nameable(expand(f"rdf:{name}"))
    with pytest.raises(NotAcceptableError):
        write_triples([Triple(P, NamedNode(expand("rdf:type")), NamedNode(expand(f"rdf:{name}")))], RDF_XML)


def test_rdf_xml_holds_triple_terms_with_any_blank_node_and_refuses_their_predicates_too() -> None:
    blank = BlankNode("1")
    said = [Triple(blank, P, Triple(blank, P, Triple(blank, P, blank))), Triple(P, P, blank)]
    assert canonical(parsed(write_triples(said, RDF_XML), RDF_XML)) == canonical(said)
    typed = Triple(P, NamedNode(expand("rdf:type")), NamedNode("http://e.org/1"))
    assert parsed(write_triples([Triple(P, P, typed)], RDF_XML), RDF_XML) == [Triple(P, P, typed)]
    with pytest.raises(NotAcceptableError):
        write_triples([Triple(P, P, Triple(P, P, Triple(P, NamedNode("http://e.org/1"), P)))], RDF_XML)


# Graphs


@pytest.mark.parametrize("media_type", [TURTLE, N_TRIPLES, TRIG, N_QUADS, JSON_LD])
@pytest.mark.parametrize("seed", range(4))
def test_a_graph_is_read_back(media_type: str, seed: int) -> None:
    odd = triples(seed, 150, TEXTS + CONTROLS)
    assert canonical(parsed(write_triples(odd, media_type), media_type)) == canonical(odd)
    asked = holding(odd)
    found = asked.query(CONSTRUCT)
    assert isinstance(found, QueryTriples)
    assert canonical(parsed(written(asked, CONSTRUCT, media_type).data, media_type)) == canonical(found)


@pytest.mark.parametrize("media_type", [TURTLE, N_TRIPLES, TRIG, N_QUADS, RDF_XML])
def test_terms_of_rdf_1_2_are_read_back(media_type: str) -> None:
    said = [Triple(P, P, directed()), Triple(P, P, Triple(P, P, Triple(P, P, directed())))]
    assert set(parsed(write_triples(said, media_type), media_type)) == set(said)


@pytest.mark.parametrize("media_type", GRAPHS)
def test_a_longer_graph_is_cut_to_its_cap_and_says_so_before_the_first_byte(media_type: str) -> None:
    asked = objects(*map(str, range(50)))
    whole = parsed(written(asked, CONSTRUCT, media_type).data, media_type)
    sink = written(asked, CONSTRUCT, media_type, 7)
    assert sink.capped == (7, 0)
    assert parsed(sink.data, media_type) == whole[:7]
    assert (b"not complete: it holds 7 triples" in sink.data) == (media_type != JSON_LD)


@pytest.mark.parametrize("media_type", GRAPHS)
def test_a_graph_below_its_cap_has_the_bytes_that_it_has_without(media_type: str) -> None:
    asked = objects(*map(str, range(50)))
    sink = written(asked, CONSTRUCT, media_type, 50)
    assert sink.capped is None
    assert sink.data == written(asked, CONSTRUCT, media_type).data


def test_only_the_prefixes_that_are_used_are_declared() -> None:
    drug = NamedNode("https://w3id.org/sarcograph/drug/trabectedin")
    said = [
        Triple(drug, NamedNode(expand("rdf:type")), NamedNode(expand("sg:Drug"))),
        Triple(drug, NamedNode(expand("skos:prefLabel")), Literal("trabectedin", language="en")),
        Triple(drug, NamedNode(expand("sg:enrolled")), Literal(5)),
        Triple(drug, NamedNode(expand("skos:exactMatch")), NamedNode(expand("NCIT:C1286"))),
    ]
    declared = {
        media_type: {
            line.split()[1] for line in write_triples(said, media_type).decode().splitlines() if "@prefix" in line
        }
        for media_type in (TURTLE, TRIG)
    }
    assert declared == {TURTLE: {"sg:", "skos:", "NCIT:"}, TRIG: {"sg:", "skos:", "NCIT:"}}
    in_xml = write_triples(said, RDF_XML)
    assert b"xmlns:sg=" in in_xml
    assert b"xmlns:skos=" in in_xml
    assert b"xmlns:NCIT=" not in in_xml


@pytest.mark.parametrize("media_type", [TRIG, N_QUADS])
def test_a_dataset_is_read_back_with_its_graphs(media_type: str) -> None:
    graphs = [pyoxigraph.DefaultGraph(), NamedNode(expand("sg:Drug")), BlankNode("g")]
    quads = [Quad(*triple, graphs[number % 3]) for number, triple in enumerate(triples(3, 1500, TEXTS + CONTROLS))]
    quads.sort(key=lambda quad: str(quad.graph_name))
    sink = Sink()
    write_quads(quads, media_type, sink)
    assert canonical(pyoxigraph.parse(sink.data, GRAPHS[media_type])) == canonical(quads)


def test_trig_of_a_dataset_declares_the_prefixes_that_are_used() -> None:
    sink = Sink()
    write_quads([Quad(P, P, NamedNode(expand("sg:Drug")), NamedNode(expand("owl:Thing")))], TRIG, sink)
    assert f"@prefix owl: <{expand('owl:')}> ." in sink.data.decode()
    assert f"@prefix sg: <{expand('sg:')}> ." in sink.data.decode()
    assert sink.data.count(b"@prefix") == 2
