"""Writes the engine's answers in the formats on offer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import BinaryIO

from pyoxigraph import (
    Literal,
    NamedNode,
    QueryBoolean,
    QueryResultsFormat,
    QueryTriples,
    RdfFormat,
    Triple,
    serialize,
)

from loader.errors import NotAcceptableError
from loader.namespaces import compress, prefixes
from loader.store import Answer

_SAMPLE = 1000  # triples looked at to learn which prefixes an answer uses
_ELEMENT_NAME = re.compile(r"[^\W\d][\w.-]*$")

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
    "application/ld+json": RdfFormat.JSON_LD,
}


def write(answer: Answer, media_type: str, output: BinaryIO) -> None:
    """Write an answer in a format of its form, as it is found.

    Turtle and RDF/XML declare those prefixes of the project that the first triples use. Raises NotAcceptableError
    where RDF/XML cannot write a predicate, and what the engine raises while it looks for more.
    """
    if isinstance(answer, QueryTriples):
        _write_graph(answer, media_type, output)
    elif isinstance(answer, QueryBoolean) and media_type in _BOOLEANS:
        output.write(_BOOLEANS[media_type].format(str(bool(answer)).lower()).encode())
    else:
        answer.serialize(output, _SOLUTIONS[media_type])


def _write_graph(answer: QueryTriples, media_type: str, output: BinaryIO) -> None:
    form = _GRAPHS[media_type]
    if form not in (RdfFormat.TURTLE, RdfFormat.RDF_XML):
        answer.serialize(output, form)
        return
    triples = _nameable(answer) if form == RdfFormat.RDF_XML else iter(answer)
    first = list(islice(triples, _SAMPLE))
    serialize(chain(first, triples), output, form, prefixes=used_prefixes(first))


def used_prefixes(triples: Iterable[Triple]) -> dict[str, str]:
    """The project's prefixes that shorten an IRI of the triples."""
    iris = {iri for triple in triples for term in triple for iri in _iris(term)}
    names = {curie.partition(":")[0] for iri in iris if (curie := compress(iri))}
    return {name: iri for name, iri in prefixes().items() if name in names}


def _iris(term: object) -> Iterator[str]:
    if isinstance(term, NamedNode):
        yield term.value
    elif isinstance(term, Literal):
        yield term.datatype.value
    elif isinstance(term, Triple):
        for part in term:
            yield from _iris(part)


def _nameable(triples: Iterable[Triple]) -> Iterator[Triple]:
    """The triples, as long as their predicates can be names of XML elements: the engine would write broken XML."""
    known: set[str] = set()
    for triple in triples:
        predicate = triple.predicate.value
        if predicate not in known and not _ELEMENT_NAME.search(predicate):
            others = [media_type for media_type in _GRAPHS if media_type != "application/rdf+xml"]
            raise NotAcceptableError(f"a query that finds the predicate <{predicate}>", "application/rdf+xml", others)
        known.add(predicate)
        yield triple
