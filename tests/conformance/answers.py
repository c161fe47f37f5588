"""Answers to queries as they can be compared: rows or triples, whatever their order and the labels of blank nodes."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache

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
    parse,
    parse_query_results,
)
from w3c import RDF, Graph, Node

RS = "http://www.w3.org/2001/sw/DataAccess/tests/result-set#"
Row = tuple[Node | None, ...]
SOLUTIONS = {
    "application/sparql-results+json": QueryResultsFormat.JSON,
    "application/sparql-results+xml": QueryResultsFormat.XML,
    "text/tab-separated-values": QueryResultsFormat.TSV,
}
GRAPHS = {
    "text/turtle": RdfFormat.TURTLE,
    "application/n-triples": RdfFormat.N_TRIPLES,
    "application/rdf+xml": RdfFormat.RDF_XML,
    "application/ld+json": RdfFormat.JSON_LD,
}


def comparable(columns: Sequence[str], rows: Iterable[Row]) -> object:
    """Columns, and how often each row comes. A blank node is the places where it stands, looked at four times."""
    order = sorted(range(len(columns)), key=lambda at: columns[at])
    sorted_rows = [tuple(row[at] for at in order) for row in rows]
    colours: dict[BlankNode, int] = {}
    for _ in range(4):
        places: dict[BlankNode, list[object]] = {}
        for row in sorted_rows:
            for node in {node for term in row for node in _blank(term)}:
                marked = tuple(_key(term, colours, node) for term in row)
                places.setdefault(node, []).append(marked)
        colours = {node: hash(tuple(sorted(map(repr, found)))) for node, found in places.items()}
    return sorted(columns), Counter(tuple(_key(term, colours) for term in row) for row in sorted_rows)


def _blank(term: object) -> list[BlankNode]:
    if isinstance(term, Triple):
        return [*_blank(term.subject), *_blank(term.object)]
    return [term] if isinstance(term, BlankNode) else []


@cache
def _kept(literal: Literal) -> str:
    """A literal as the engine keeps it: numbers and dates in one spelling of their value."""
    node = NamedNode(RDF + "value")
    store = Store()
    store.add(Quad(node, node, literal))
    return str(next(iter(store)).object)


def _key(term: object, colours: dict[BlankNode, int], marked: BlankNode | None = None) -> object:
    if isinstance(term, Triple):
        return tuple(_key(part, colours, marked) for part in (term.subject, term.predicate, term.object))
    if isinstance(term, BlankNode):
        return "this" if term == marked else ("blank", colours.get(term, 0))
    return _kept(term) if isinstance(term, Literal) else str(term)


def of_engine(answer: QuerySolutions | QueryBoolean | QueryTriples) -> object:
    """What the engine found."""
    if isinstance(answer, QuerySolutions):
        columns = [variable.value for variable in answer.variables]
        return comparable(columns, [tuple(row) for row in answer])
    return bool(answer) if isinstance(answer, QueryBoolean) else of_triples(answer)


def of_triples(triples: Iterable[Triple]) -> object:
    """A graph."""
    return comparable("spo", {(triple.subject, triple.predicate, triple.object) for triple in triples})


def of_body(body: bytes, media_type: str) -> object:
    """What the body of an answer says."""
    if media_type in GRAPHS:
        return of_triples(quad.triple for quad in parse(body, GRAPHS[media_type]))
    if media_type == "text/csv":
        return of_csv(body)
    if media_type == "text/tab-separated-values" and body.startswith(b"?boolean\n"):
        return body.split()[1] == b"true"
    return of_engine(parse_query_results(body, SOLUTIONS[media_type]))


def of_csv(body: bytes) -> object:
    """What a table of comma-separated values says: text, in which only blank nodes can be known."""
    columns, *rows = csv.reader(io.StringIO(body.decode(), newline=""), strict=True)
    terms = [[BlankNode(cell[2:]) if cell.startswith("_:") else Literal(cell) for cell in row] for row in rows]
    return comparable(columns, [tuple(row) for row in terms])


def of_result_set(graph: Graph) -> object | None:
    """What a result set in the suites' own vocabulary says; None where a graph is no such thing."""
    (this,) = graph.subjects(RDF + "type", NamedNode(RS + "ResultSet")) or [None]
    if this is None:
        return None
    truth = graph.text(this, RS + "boolean")
    if truth:
        return truth == "true"
    columns = [value.value for value in graph.all(this, RS + "resultVariable") if isinstance(value, Literal)]
    rows = []
    for solution in graph.all(this, RS + "solution"):
        bindings = graph.all(solution, RS + "binding")
        row = {graph.text(binding, RS + "variable"): graph.one(binding, RS + "value") for binding in bindings}
        rows.append(tuple(row.get(column) for column in columns))
    return comparable(columns, rows)
