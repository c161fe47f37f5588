"""The same RDF in two libraries' terms: pyoxigraph's, which files and store use, and rdflib's, which SHACL uses."""

from __future__ import annotations

import logging
from typing import TypeAlias

import rdflib
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from loader.terms import XSD_STRING, Term, plain

# A lexical form is data: "0.50" must not become "0.5", and a date that does not exist is for the shapes to report.
rdflib.NORMALIZE_LITERALS = False
logging.getLogger("rdflib.term").setLevel(logging.ERROR)

RdflibTriple: TypeAlias = tuple[rdflib.term.Node, rdflib.term.Node, rdflib.term.Node]


def to_rdflib(term: Term | Triple) -> rdflib.term.Node:
    """The same term in rdflib's terms."""
    term = plain(term)
    if isinstance(term, NamedNode):
        return rdflib.URIRef(term.value)
    if isinstance(term, BlankNode):
        return rdflib.BNode(term.value)
    if term.language:
        return rdflib.Literal(term.value, lang=term.language)
    datatype = term.datatype.value
    return rdflib.Literal(term.value, datatype=None if datatype == XSD_STRING else rdflib.URIRef(datatype))


def from_rdflib(node: rdflib.term.Node) -> Term:
    """The same term in pyoxigraph's terms."""
    if isinstance(node, rdflib.URIRef):
        return NamedNode(str(node))
    if isinstance(node, rdflib.BNode):
        return BlankNode(str(node))
    if isinstance(node, rdflib.Literal):
        if node.language:
            return Literal(str(node), language=node.language)
        return Literal(str(node), datatype=NamedNode(str(node.datatype))) if node.datatype else Literal(str(node))
    raise TypeError(f"{node!r} is no RDF term")


def rdflib_triple(triple: Triple) -> RdflibTriple:
    """The same triple in rdflib's terms."""
    subject, predicate, object_ = triple
    return to_rdflib(subject), to_rdflib(predicate), to_rdflib(object_)


def triple_from_rdflib(triple: RdflibTriple) -> Triple:
    """The same triple in pyoxigraph's terms."""
    subject, predicate, object_ = (from_rdflib(node) for node in triple)
    if isinstance(subject, Literal) or not isinstance(predicate, NamedNode):
        raise TypeError(f"{triple!r} is no RDF triple")
    return Triple(subject, predicate, object_)
