"""RDF terms: short ways to make them, in pyoxigraph's terms."""

from __future__ import annotations

from typing import TypeAlias

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from loader.namespaces import expand

Subject: TypeAlias = NamedNode | BlankNode
Term: TypeAlias = NamedNode | BlankNode | Literal

XSD_STRING = expand("xsd:string")


def named(curie: str) -> NamedNode:
    """The node of a CURIE such as `sg:Drug`."""
    return NamedNode(expand(curie))


def text(value: str) -> Literal:
    """A plain string."""
    return Literal(value)


def english(value: str) -> Literal:
    """A text in English: `"oral"@en`."""
    return Literal(value, language="en")


def typed(value: str, datatype: str) -> Literal:
    """A literal of a datatype given as a CURIE such as `xsd:decimal`."""
    return Literal(value, datatype=named(datatype))


def plain(term: Term | Triple) -> Term:
    """A term of RDF 1.1. The reader of files refuses the triple terms of RDF 1.2, so that none can come here."""
    if isinstance(term, Triple):
        raise TypeError(f"{term} is a triple term")
    return term


def content(term: Term | Triple) -> str:
    """A term without its kind: an IRI's or literal's own text."""
    return plain(term).value
