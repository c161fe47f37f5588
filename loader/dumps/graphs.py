"""A release's graphs as files: canonical N-Quads and JSON-LD of all, readable Turtle of each kind and vocabulary."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator
from io import BytesIO

import rdflib
from pyoxigraph import NamedNode, Quad, Triple

from loader import jsonld
from loader.canonical import canonical
from loader.context import Context
from loader.dumps.content import CURATED, ONTOLOGY, SCHEMES, SHAPES, SOURCE, Content, placed
from loader.kinds import KINDS
from loader.namespaces import owner_of, prefixes, split_entity
from loader.terms import content
from loader.translation import rdflib_triple

VOCABULARIES = {"ontology": ONTOLOGY, "schemes": SCHEMES, "shapes": SHAPES}


def packed(data: bytes) -> bytes:
    """Bytes as gzip, the same for the same: without a time, without a name."""
    return gzip.compress(data, 9, mtime=0)


def nquads(held: Content) -> bytes:
    """All quads as canonical N-Quads (RDFC-1.0)."""
    return "".join(f"{quad} .\n" for quad in held.quads).encode()


def json_ld(held: Content, context: Context) -> bytes:
    """All graphs as one compact JSON-LD document, a node with its triples in `@graph` for each."""
    written = BytesIO()
    jsonld.write_dataset(held.graphs, written, context)
    return written.getvalue()


def turtle(held: Content, licence: str) -> Iterator[tuple[str, str, str]]:
    """The Turtle files: the stem of their name, what is in them, and their text.

    One for each vocabulary; one for each kind, one entity after another. Concepts are in that of the schemes. What
    stands in the graph of facts beside the kinds, if anything does, is in `other`.
    """
    for stem, graph in VOCABULARIES.items():
        triples = held.graph(graph)
        if triples:
            about = {"ontology": "the ontology", "schemes": "the concept schemes", "shapes": "the shapes"}[stem]
            yield stem, about, _headed(about, licence, canonical(triples) if stem == "schemes" else nested(triples))
    for kind in KINDS.values():
        facts = held.facts(kind.path)
        if facts:
            yield kind.path, kind.plural, _headed(kind.plural, licence, canonical(facts))
    if other := held.facts(None):
        about = "what belongs to no kind"
        yield "other", about, _headed(about, licence, canonical(other))


def _headed(about: str, licence: str, text: str) -> str:
    return f"# Sarcograph: {about}. Licence: {licence}\n{text}"


def nested(triples: Iterable[Triple]) -> str:
    """Triples as Turtle with blank nodes within the nodes that they are part of, lists as lists."""
    graph = rdflib.Graph(bind_namespaces="none")
    for prefix, namespace in prefixes().items():
        graph.bind(prefix, namespace)
    for triple in triples:
        graph.add(rdflib_triple(triple))
    return graph.serialize(format="turtle")


def graph_of(stem: str, triples: Iterable[Triple]) -> Iterator[Quad]:
    """The triples of a Turtle file in the graphs that they came from: a source is a graph of its own."""
    for triple in triples:
        graph = VOCABULARIES.get(stem, CURATED)
        if stem == "source":
            kind = split_entity(owner_of(content(triple.subject)))
            graph = SOURCE + (kind[1] if kind else "")
        yield from placed([triple], NamedNode(graph))
