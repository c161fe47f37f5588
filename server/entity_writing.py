"""Writes what a document about an entity says, in each of its formats: run in a worker.

The same triples in every format of RDF; TriG says once more in which graph each stands. The table (CSV) holds the
entity's own statements, one a row.
"""

from __future__ import annotations

from io import BytesIO

from pyoxigraph import Literal, NamedNode, Quad, Triple

from loader import canonical, jsonld
from loader.context import Context
from server.entity_statements import STATEMENTS, Found, Wanted
from server.entity_table import write_table
from server.serialization import write_quads, write_triples

TURTLE = "text/turtle"
_TRIG = "application/trig"
_TABLE = "text/csv"


def write(found: Found, wanted: Wanted, media_type: str, context: Context) -> bytes:
    """A document in one of the formats. Raises NotAcceptableError where the format cannot hold what is found."""
    if media_type == _TABLE:
        return write_table(found, wanted.iri)
    if media_type == STATEMENTS:
        return write_triples(_triples(found.own), jsonld.MEDIA_TYPE, context)
    if media_type == _TRIG:
        output = BytesIO()
        # Readers that look in the default graph alone, as many that follow links do, find all there as well.
        union = (Quad(*triple) for triple in _triples(found.quads()))
        write_quads([*union, *_in_graphs(found.quads())], media_type, output)
        return output.getvalue()
    if media_type == TURTLE and all(_is_plain(quad) for quad in found.quads()):
        return _turtle(found, wanted).encode()
    return write_triples(_triples(found.quads()), media_type, context)


def _triples(quads: list[Quad]) -> list[Triple]:
    """Each triple once, though it stand in several graphs; neighbours have the same subject."""
    triples = dict.fromkeys(quad.triple for quad in quads)
    subjects = {triple.subject: place for place, triple in reversed(list(enumerate(triples)))}
    return sorted(triples, key=lambda triple: subjects[triple.subject])


def _in_graphs(quads: list[Quad]) -> list[Quad]:
    places = {quad.graph_name: place for place, quad in reversed(list(enumerate(quads)))}
    subjects = {quad.subject: place for place, quad in reversed(list(enumerate(quads)))}
    return sorted(quads, key=lambda quad: (places[quad.graph_name], subjects[quad.subject]))


def _turtle(found: Found, wanted: Wanted) -> str:
    """Turtle for people: the entity, its parts, what points to it, names, and the document, each below its heading."""
    said: set[Triple] = set()

    def fresh(quads: list[Quad]) -> list[Triple]:
        triples = [quad.triple for quad in quads if quad.triple not in said]
        said.update(triples)
        return triples

    links = f"What points to it: {found.total} in all"
    if found.pages > 1:
        links += f", page {wanted.page} of {found.pages}"
    sections = [
        ("", fresh(found.own)),
        (links, fresh(found.incoming)),
        ("What the things named above are called, and where they are from", fresh(found.names)),
        ("This document", fresh(found.about)),
    ]
    return canonical.in_sections(sections, wanted.iri)


def _is_plain(quad: Quad) -> bool:
    """Whether it holds nothing but IRIs and literals without a base direction, as data here do."""
    value = quad.object
    is_plain = isinstance(value, NamedNode) or (isinstance(value, Literal) and value.direction is None)
    return is_plain and isinstance(quad.subject, NamedNode)
