"""Faults of the shapes themselves, which pySHACL passes over in silence: a misspelt term constrains nothing."""

from __future__ import annotations

from collections.abc import Iterator

import rdflib
from rdflib.namespace import RDF, SH

from loader.namespaces import expand
from loader.report import VIOLATION, Fault, Report, short

_SHAPE_KINDS = (SH.NodeShape, SH.PropertyShape)
_WANTED = {
    SH.name: "the name of what it constrains",
    SH.message: "a sentence that says what is expected and what to do",
    SH.severity: "sh:Violation or sh:Warning",
    SH.description: "the reason for the rule",
}


def lint(shapes: rdflib.Graph) -> Report:
    """The report on the shapes: terms that SHACL does not have, and what a shape of this project must not lack."""
    return Report((*_unknown_terms(shapes), *_nameless(shapes), *_unreached(shapes), *_lacking(shapes)))


def _fault(shape: rdflib.term.Node, term: rdflib.term.Node | None, message: str) -> Fault:
    return Fault(VIOLATION, "lint", str(shape), None if term is None else str(term), None, message)


def _shapes(shapes: rdflib.Graph) -> list[rdflib.term.Node]:
    return sorted({shape for kind in _SHAPE_KINDS for shape in shapes.subjects(RDF.type, kind)}, key=str)


def _unknown_terms(shapes: rdflib.Graph) -> Iterator[Fault]:
    for subject, predicate, object_ in shapes:
        for term in (predicate, object_):
            if isinstance(term, rdflib.URIRef) and term.startswith(str(SH)) and term not in SH:
                message = f"SHACL has no term {short(str(term))}, so it constrains nothing. Correct the spelling."
                yield _fault(_owner(subject, shapes), term, message)


def _nameless(shapes: rdflib.Graph) -> Iterator[Fault]:
    """Shapes written in place, in brackets: a report could not say which of them was broken."""
    parts = [node for node in shapes.subjects(None, None, unique=True) if isinstance(node, rdflib.BNode)]
    for node in parts:
        terms = [term for term in shapes.predicates(node, None) if isinstance(term, rdflib.URIRef) and term in SH]
        if any(not str(term).endswith("Path") for term in terms):
            message = "A shape is written in brackets. Give it an IRI of its own, so that a report can name it."
            yield _fault(_owner(node, shapes), None, message)


def _unreached(shapes: rdflib.Graph) -> Iterator[Fault]:
    """Property shapes that no node shape has, and shapes that are named and not there."""
    held = set(_shapes(shapes))
    for shape in shapes.subjects(RDF.type, SH.PropertyShape):
        if (None, SH.property, shape) not in shapes:
            yield _fault(shape, SH.property, "No node shape has it, so it constrains nothing. Add it to one.")
    prefix = expand("shapes:")
    for subject, predicate, object_ in shapes:
        if isinstance(object_, rdflib.URIRef) and object_.startswith(prefix) and object_ not in held:
            message = f"It names {short(str(object_))}, which is no shape. Correct the name, or write that shape."
            yield _fault(_owner(subject, shapes), predicate, message)


def _lacking(shapes: rdflib.Graph) -> Iterator[Fault]:
    for shape in _shapes(shapes):
        for term, meaning in _WANTED.items():
            if (shape, term, None) not in shapes:
                yield _fault(shape, term, f"It has no {short(str(term))}. Add {meaning}.")


def _owner(node: rdflib.term.Node, shapes: rdflib.Graph) -> rdflib.term.Node:
    """The named shape in which a bracketed part stands."""
    seen: set[rdflib.term.Node] = set()
    while isinstance(node, rdflib.BNode) and node not in seen:
        seen.add(node)
        node = next(iter(shapes.subjects(None, node)), node)
    return node
