"""What the endpoint says of itself: its service description (SPARQL 1.1), made from the manifest; and its prefixes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from io import BytesIO

from pyoxigraph import BlankNode, NamedNode, RdfFormat, Triple, serialize

from loader.metadata import prefix_declarations
from loader.namespaces import EXAMPLES_GRAPH, VOID_GRAPH, prefixes
from loader.release import Release
from loader.terms import Subject, Term, english, named, text, typed
from loader.void import DATASET, DEFAULT_GRAPH, LICENCE, SERVED_DATASET, graph_label, graph_node
from server.negotiation import FORMATS, GRAPH, SOLUTIONS

_SIMPLE_ENTAILMENT = NamedNode("http://www.w3.org/ns/entailment/Simple")
# The names of https://www.w3.org/ns/formats/ by media type.
_FORMATS = {
    "application/sparql-results+json": "SPARQL_Results_JSON",
    "application/sparql-results+xml": "SPARQL_Results_XML",
    "text/csv": "SPARQL_Results_CSV",
    "text/tab-separated-values": "SPARQL_Results_TSV",
    "text/turtle": "Turtle",
    "application/n-triples": "N-Triples",
    "application/rdf+xml": "RDF_XML",
    "application/ld+json": "JSON-LD",
    "application/trig": "TriG",
    "application/n-quads": "N-Quads",
}


def service_description(endpoint: str, release: Release, graphs: Mapping[str, int]) -> list[Triple]:
    """The description of the service at `endpoint`, an absolute URL; `graphs` gives the triples of each named graph.

    [] a sd:Service ; sd:endpoint <endpoint> ; sd:defaultDataset <void#dataset> ; sd:feature sd:UnionDefaultGraph ;
        sd:supportedLanguage sd:SPARQL11Query ; sd:resultFormat formats:SPARQL_Results_JSON .
    <void#dataset> a sd:Dataset ; sd:defaultGraph <void#default-graph> ; sd:namedGraph <graph/curated> .

    The service is a blank node, because it is asked at more than one address and clients look for the one they used.
    It comes first, and its dataset before what that holds: a client that reads a stream needs them in this order.
    """
    said = [*_service(NamedNode(endpoint)), *_dataset(release, graphs)]
    for graph, triples in graphs.items():
        said += _named_graph(graph, triples)
    return [Triple(*statement) for statement in said]


def _service(endpoint: NamedNode) -> Iterator[tuple[Subject, NamedNode, Term]]:
    this = BlankNode("service")
    yield this, named("rdf:type"), named("sd:Service")
    yield this, named("sd:endpoint"), endpoint
    yield this, named("sd:defaultDataset"), SERVED_DATASET
    yield this, named("sd:supportedLanguage"), named("sd:SPARQL11Query")
    yield this, named("sd:feature"), named("sd:UnionDefaultGraph")
    yield this, named("sd:defaultEntailmentRegime"), _SIMPLE_ENTAILMENT
    for each in FORMATS:
        if each.form in (SOLUTIONS, GRAPH):
            yield this, named("sd:resultFormat"), named(f"formats:{_FORMATS[each.media_type]}")
    yield this, named("rdfs:seeAlso"), NamedNode(VOID_GRAPH)
    yield this, named("rdfs:seeAlso"), NamedNode(EXAMPLES_GRAPH)
    yield DATASET, named("void:sparqlEndpoint"), endpoint


def _dataset(release: Release, graphs: Iterable[str]) -> Iterator[tuple[Subject, NamedNode, Term]]:
    this, whole = SERVED_DATASET, release.manifest.get("default_graph")
    yield this, named("rdf:type"), named("sd:Dataset")
    yield this, named("dcterms:title"), english("Sarcograph")
    yield this, named("dcterms:license"), LICENCE
    yield this, named("pav:version"), text(release.version)
    yield this, named("dcterms:issued"), typed(release.manifest["created"], "xsd:dateTime")
    yield this, named("sd:defaultGraph"), DEFAULT_GRAPH
    yield from ((this, named("sd:namedGraph"), NamedNode(graph)) for graph in graphs)
    yield DEFAULT_GRAPH, named("rdf:type"), named("sd:Graph")
    if whole is not None:  # releases of earlier versions do not tell it
        yield DEFAULT_GRAPH, named("void:triples"), typed(str(whole), "xsd:integer")


def _named_graph(graph: str, triples: int) -> Iterator[tuple[Subject, NamedNode, Term]]:
    name, node = NamedNode(graph), graph_node(graph)
    yield name, named("rdf:type"), named("sd:NamedGraph")
    yield name, named("rdfs:label"), english(graph_label(graph))
    yield name, named("sd:name"), name
    yield name, named("sd:graph"), node
    yield node, named("rdf:type"), named("sd:Graph")
    yield node, named("void:triples"), typed(str(triples), "xsd:integer")


def prefixes_turtle() -> str:
    """The prefixes as Turtle: an @prefix line for each, and each declared in the terms of SHACL."""
    written = BytesIO()
    triples = (Triple(*statement) for statement in prefix_declarations())
    serialize(triples, written, RdfFormat.TURTLE, prefixes=prefixes())
    lines = written.getvalue().decode("utf-8").splitlines(keepends=True)
    # The engine writes the @prefix lines in an order of its own, another one each time.
    return "".join((*sorted(lines[: len(prefixes())], key=str.lower), *lines[len(prefixes()) :]))


def prefixes_json() -> str:
    """The prefixes as a JSON object of prefix to IRI."""
    return json.dumps(prefixes(), indent=2) + "\n"
