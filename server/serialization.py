"""Writes the engine's answers, and graphs and datasets, in the formats on offer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from io import BytesIO
from itertools import chain, islice
from typing import BinaryIO, Protocol, cast

from pyoxigraph import (
    Literal,
    NamedNode,
    Quad,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Triple,
    serialize,
)

from loader import jsonld
from loader.context import short
from loader.jsonld import Context
from loader.namespaces import expand, prefixes
from loader.store import Answer
from server.excerpt import Notice, first_solutions, first_triples
from server.wellformed import Binary, XmlText, element_prefixes, nameable

_SAMPLE = 1000  # triples looked at to learn which prefixes an answer uses

_SOLUTIONS = {
    "application/sparql-results+json": QueryResultsFormat.JSON,
    "application/sparql-results+xml": QueryResultsFormat.XML,
    "text/csv": QueryResultsFormat.CSV,
    "text/tab-separated-values": QueryResultsFormat.TSV,
}
# The engine writes a bare word for these two; a table has a header row.
_BOOLEANS = {"text/csv": "boolean\r\n{}\r\n", "text/tab-separated-values": "?boolean\n{}\n"}
_GRAPHS = {
    "text/turtle": RdfFormat.TURTLE,
    "application/n-triples": RdfFormat.N_TRIPLES,
    "application/rdf+xml": RdfFormat.RDF_XML,
    jsonld.MEDIA_TYPE: RdfFormat.JSON_LD,
    "application/trig": RdfFormat.TRIG,
    "application/n-quads": RdfFormat.N_QUADS,
}
_NO_TERMS = Context()
# Literals that Turtle writes without their datatype.
_BARE = {
    expand("xsd:string"): re.compile(""),
    expand("xsd:boolean"): re.compile(r"(true|false)\Z"),
    expand("xsd:integer"): re.compile(r"[+-]?[0-9]+\Z"),
    expand("xsd:decimal"): re.compile(r"[+-]?[0-9]*\.[0-9]+\Z"),
    expand("xsd:double"): re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)[eE][+-]?[0-9]+\Z"),
}
_NEVER = re.compile(r"(?!)")


class Sink(Protocol):
    """The binary file that an answer is written to."""

    def write(self, data: bytes, /) -> int:
        """Take bytes."""

    def flush(self) -> None:
        """All is written."""

    def cap(self, most: int) -> None:
        """Know, before the first byte, that the answer is not complete and holds `most` rows or triples."""


def write(
    answer: Answer, media_type: str, output: Sink, most: int | None = None, context: Context | None = None
) -> None:
    """Write an answer in a format of its form, as it is found, but no more than `most` rows or triples.

    Turtle, TriG and RDF/XML declare those prefixes of the project that the first triples use; JSON-LD has the part of
    `context` that they use. Raises NotAcceptableError where the format cannot hold what is found, and what the engine
    raises while it looks for more.
    """
    if isinstance(answer, QueryTriples):
        if most is None:
            _write_graph(answer, media_type, output, context)
            return
        triples, more = first_triples(answer, most)
        _write_graph(triples, media_type, Notice(output, media_type, most) if more else output, context)
    elif isinstance(answer, QueryBoolean) and media_type in _BOOLEANS:
        output.write(_BOOLEANS[media_type].format(str(bool(answer)).lower()).encode())
    elif isinstance(answer, QuerySolutions) and most is not None:
        solutions, more = first_solutions(answer, most)
        _write_result(solutions, media_type, Notice(output, media_type, most) if more else output)
    else:
        _write_result(answer, media_type, output)


def write_quads(quads: Iterable[Quad], media_type: str, output: Binary) -> None:
    """Write a dataset as TriG or N-Quads, as it comes. TriG declares the prefixes that its first quads use."""
    more = iter(quads)
    form = _GRAPHS[media_type]
    first = list(islice(more, _SAMPLE)) if form == RdfFormat.TRIG else []
    serialize(chain(first, more), _file(output), form, prefixes=used_prefixes(first) if first else None)


def write_triples(triples: Iterable[Triple], media_type: str, context: Context | None = None) -> bytes:
    """A small graph in any format of graphs."""
    output = BytesIO()
    _write_graph(iter(triples), media_type, output, context)
    return output.getvalue()


def _write_result(answer: QuerySolutions | QueryBoolean, media_type: str, output: Binary) -> None:
    form = _SOLUTIONS[media_type]
    target = XmlText(output, media_type, list(_SOLUTIONS)) if form == QueryResultsFormat.XML else output
    answer.serialize(_file(target), form)


def _write_graph(
    found: QueryTriples | Iterator[Triple], media_type: str, output: Binary, context: Context | None
) -> None:
    form = _GRAPHS[media_type]
    triples = iter(found)
    if form == RdfFormat.JSON_LD:
        jsonld.write(triples, output, context or _NO_TERMS)
    elif form == RdfFormat.RDF_XML:
        triples = nameable(triples, media_type, list(_GRAPHS))
        first = list(islice(triples, _SAMPLE))
        target = XmlText(output, media_type, list(_GRAPHS))
        serialize(chain(first, triples), _file(target), form, prefixes=element_prefixes(first))
    elif form in (RdfFormat.TURTLE, RdfFormat.TRIG):
        first = list(islice(triples, _SAMPLE))
        serialize(chain(first, triples), _file(output), form, prefixes=used_prefixes(first))
    elif isinstance(found, QueryTriples):
        found.serialize(_file(output), form)
    else:
        serialize(triples, _file(output), form)


def _file(output: Binary) -> BinaryIO:
    """The output as the engine's signature names it; it calls write and flush only."""
    return cast(BinaryIO, output)


def used_prefixes(statements: Iterable[Triple | Quad]) -> dict[str, str]:
    """The project's prefixes that shorten an IRI of the statements."""
    iris = {iri for statement in statements for term in statement for iri in _iris(term)} - {expand("rdf:type")}
    names = {curie.partition(":")[0] for iri in iris if (curie := short(iri))}
    return {name: iri for name, iri in prefixes().items() if name in names}


def _iris(term: object) -> Iterator[str]:
    if isinstance(term, NamedNode):
        yield term.value
    elif isinstance(term, Literal):
        if not term.language and not _BARE.get(term.datatype.value, _NEVER).match(term.value):
            yield term.datatype.value
    elif isinstance(term, Triple):
        for part in term:
            yield from _iris(part)
