"""The VoID description of a release: what its graphs hold, in the terms that the SIB's tools read, with DCAT.

A graph's description says, for each class, its properties and the classes and datatypes of their objects:

    <void#graph/curated> a sd:Graph , void:Dataset ; void:classPartition <void#graph/curated/sg:Drug> .
    <void#graph/curated/sg:Drug> void:class sg:Drug ; void:entities 47 ;
        void:propertyPartition <void#graph/curated/sg:Drug/sg:modality> .
    <void#graph/curated/sg:Drug/sg:modality> void:property sg:modality ; void:triples 47 .

and so does that of the whole dataset, which is every graph but this description. Partitions bear no type, lest they
outnumber all else in a count of classes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from pyoxigraph import NamedNode, Quad

from loader.dumps.described import MEDIA_TYPES, statements_on_whole
from loader.namespaces import BASE, EXAMPLES_GRAPH, GRAPH, RELEASE, VOID_GRAPH, compress, prefixes
from loader.partitions import Figures, Numbered, Part
from loader.terms import Subject, Term, content, english, named, text, typed

Statement = tuple[Subject, NamedNode, Term]

DATASET = NamedNode(BASE)
ENDPOINT = NamedNode(f"{BASE}sparql")
LICENCE = NamedNode("https://creativecommons.org/licenses/by/4.0/")
SERVED_DATASET = NamedNode(f"{VOID_GRAPH}#dataset")
DEFAULT_GRAPH = NamedNode(f"{VOID_GRAPH}#default-graph")

_TYPE = named("rdf:type")
_WHOLE = "all"
ABOUT = (
    "An open, evidence-checked knowledge graph of soft tissue sarcoma therapy: drugs, mechanisms, approvals, trials, "
    "results and publications. Its figures count every named graph but the one of this description, each triple once."
)
_LABELS = {
    f"{GRAPH}ontology": "Ontology",
    f"{GRAPH}schemes": "Concept schemes",
    f"{GRAPH}shapes": "Shapes",
    f"{GRAPH}curated": "Curated facts",
    f"{GRAPH}release": "What this release says of itself",
    f"{GRAPH}history": "History",
    VOID_GRAPH: "VoID description",
    EXAMPLES_GRAPH: "Example queries",
}
_MAPPINGS = (
    *(f"skos:{name}Match" for name in ("exact", "close", "broad", "narrow", "related")),
    *("owl:sameAs", "owl:equivalentClass", "owl:equivalentProperty", "rdfs:subClassOf", "rdfs:subPropertyOf"),
)
# The name is what the server's `format=` calls the format.
_GRAPH_FORMATS = {
    "ttl": "text/turtle",
    "nt": "application/n-triples",
    "rdf": "application/rdf+xml",
    "jsonld": "application/ld+json",
}
_DATASET_FORMATS = {"trig": "application/trig", "nq": "application/n-quads"}


@dataclass(frozen=True)
class Description:
    """The VoID description as quads; and the triples of the default graph, which is all graphs and it together."""

    quads: Sequence[Quad]
    union: int


def describe(quads: Iterable[Quad], manifest: Mapping[str, Any]) -> Description:
    """The description of a release that holds `quads` beside it; of its own graph it only counts the triples."""
    held = Numbered(quads)
    whole = held.figures_of_union()
    said = [*_about_dataset(manifest), *_about_service(), *_figures(DATASET, _WHOLE, whole), *_vocabularies(whole)]
    for graph in held.graphs:
        figures = whole if len(held.graphs) == 1 else held.figures(graph)
        said += [*_about_graph(graph), *_figures(graph_node(graph), _key(graph), figures), *_links(graph, figures)]
    said += [*_mappings(held), *_about_graph(VOID_GRAPH)]
    said = list(dict.fromkeys(said))
    size = len(said) + 2  # with the two figures that count it
    union = len(held.union) + size - sum(triple in held for triple in said)
    said += [_count(graph_node(VOID_GRAPH), "triples", size), _count(DEFAULT_GRAPH, "triples", union)]
    node = NamedNode(VOID_GRAPH)
    return Description([Quad(*statement, node) for statement in said], union)


def graph_node(graph: str) -> NamedNode:
    """The node that describes a named graph, as against the graph's name."""
    return NamedNode(f"{VOID_GRAPH}#{_key(graph)}")


def graph_label(graph: str) -> str:
    """What a named graph is called: "Curated facts"; that of a source by its name."""
    source = graph.removeprefix(f"{GRAPH}source/")
    return _LABELS.get(graph) or (f"Source {source}" if source != graph else graph)


def _key(iri: str) -> str:
    return quote(iri.removeprefix(BASE), safe="/")


def _part_of(*path: str) -> NamedNode:
    """A partition: <void#graph/curated/sg:Drug> for the path of a graph's key and a class."""
    key, *iris = path
    return NamedNode("/".join((f"{VOID_GRAPH}#{key}", *(compress(iri) or quote(iri, safe="") for iri in iris))))


def _count(node: NamedNode, name: str, count: int) -> Statement:
    return node, named(f"void:{name}"), typed(str(count), "xsd:integer")


def _about_dataset(manifest: Mapping[str, Any]) -> Iterator[Statement]:
    version, created = text(manifest["version"]), typed(manifest["created"], "xsd:dateTime")
    this = NamedNode(VOID_GRAPH)
    yield from ((this, _TYPE, named("void:DatasetDescription")), (this, named("foaf:primaryTopic"), DATASET))
    yield from ((DATASET, _TYPE, named(f"{prefix}:Dataset")) for prefix in ("void", "dcat"))
    yield from (
        (DATASET, named("dcterms:title"), english("Sarcograph")),
        (DATASET, named("dcterms:description"), english(ABOUT)),
        (DATASET, named("dcterms:license"), LICENCE),
        (DATASET, named("dcterms:issued"), created),
        (DATASET, named("dcterms:modified"), created),
        (DATASET, named("owl:versionInfo"), version),
        (DATASET, named("pav:version"), version),
        (DATASET, named("dcat:version"), version),
        (DATASET, named("dcat:hasCurrentVersion"), NamedNode(RELEASE + manifest["version"])),
        (DATASET, named("void:uriSpace"), text(BASE)),
        (DATASET, named("void:sparqlEndpoint"), ENDPOINT),
    )
    yield from _distribution(DATASET, "sparql", ENDPOINT, licence=LICENCE)
    yield (NamedNode(f"{VOID_GRAPH}#document/{_WHOLE}/sparql"), named("dcat:accessService"), ENDPOINT)
    for name, media_type in _DATASET_FORMATS.items():
        yield from _distribution(DATASET, name, NamedNode(f"{BASE}graphs"), media_type, LICENCE)
    yield from statements_on_whole(manifest, f"{VOID_GRAPH}#document/{_WHOLE}/")


def _about_service() -> Iterator[Statement]:
    yield from (
        (ENDPOINT, _TYPE, named("sd:Service")),
        (ENDPOINT, _TYPE, named("dcat:DataService")),
        (ENDPOINT, named("dcterms:title"), english("The SPARQL endpoint of Sarcograph")),
        (ENDPOINT, named("dcterms:conformsTo"), NamedNode("https://www.w3.org/TR/sparql11-protocol/")),
        (ENDPOINT, named("dcat:endpointURL"), ENDPOINT),
        (ENDPOINT, named("dcat:endpointDescription"), ENDPOINT),
        (ENDPOINT, named("dcat:servesDataset"), DATASET),
        (ENDPOINT, named("sd:endpoint"), ENDPOINT),
        (ENDPOINT, named("sd:supportedLanguage"), named("sd:SPARQL11Query")),
        (ENDPOINT, named("sd:feature"), named("sd:UnionDefaultGraph")),
        (ENDPOINT, named("sd:defaultDataset"), SERVED_DATASET),
        (SERVED_DATASET, _TYPE, named("sd:Dataset")),
        (SERVED_DATASET, named("sd:defaultGraph"), DEFAULT_GRAPH),
        (DEFAULT_GRAPH, _TYPE, named("sd:Graph")),
    )


def _about_graph(graph: str) -> Iterator[Statement]:
    name, node, label = NamedNode(graph), graph_node(graph), english(graph_label(graph))
    yield from (
        (SERVED_DATASET, named("sd:namedGraph"), name),
        (name, _TYPE, named("sd:NamedGraph")),
        (name, named("rdfs:label"), label),
        (name, named("sd:name"), name),
        (name, named("sd:graph"), node),
        (node, named("dcterms:title"), label),
        (DATASET, named("dcterms:hasPart"), node),
    )
    yield from ((node, _TYPE, named(type_)) for type_ in ("sd:Graph", "void:Dataset", "dcat:Dataset"))
    for format_, media_type in _GRAPH_FORMATS.items():
        yield from _distribution(node, format_, name, media_type)


def _distribution(
    of: NamedNode, name: str, access: NamedNode, media_type: str | None = None, licence: NamedNode | None = None
) -> Iterator[Statement]:
    """A document, in one format, of the dataset or a graph; or, without a media type, the endpoint that answers."""
    key = _WHOLE if of == DATASET else of.value.partition("#")[2]
    this = NamedNode(f"{VOID_GRAPH}#document/{key}/{name}")
    yield of, named("dcat:distribution"), this
    yield this, _TYPE, named("dcat:Distribution")
    yield this, named("dcat:accessURL"), access
    if media_type:
        yield this, named("dcat:mediaType"), NamedNode(MEDIA_TYPES + media_type)
        yield this, named("dcat:downloadURL"), NamedNode(f"{access.value}?format={name}")
    if licence:
        yield this, named("dcterms:license"), licence


def _figures(node: NamedNode, key: str, figures: Figures) -> Iterator[Statement]:
    """The numbers of a graph or of the whole, its classes with their properties, and its properties."""
    yield from (
        _count(node, "triples", figures.triples),
        _count(node, "entities", figures.entities),
        _count(node, "classes", len(figures.classes)),
        _count(node, "properties", len(figures.properties)),
        _count(node, "distinctSubjects", figures.subjects),
        _count(node, "distinctObjects", figures.objects),
    )
    for class_, entities in sorted(figures.classes.items()):
        this = _part_of(key, class_)
        yield node, named("void:classPartition"), this
        yield this, named("void:class"), NamedNode(class_)
        yield _count(this, "entities", entities)
        parts = {property_: part for property_, part in figures.within[class_].items() if property_ != _TYPE.value}
        yield from _properties(this, (key, class_), parts)
    yield from _properties(node, (f"{key}/any",), figures.properties, kinds=False)


def _properties(
    node: NamedNode, path: tuple[str, ...], parts: Mapping[str, Part], kinds: bool = True
) -> Iterator[Statement]:
    for property_, part in sorted(parts.items()):
        this = _part_of(*path, property_)
        yield node, named("void:propertyPartition"), this
        yield this, named("void:property"), NamedNode(property_)
        yield _count(this, "triples", part.triples)
        yield _count(this, "distinctSubjects", part.subjects)
        yield _count(this, "distinctObjects", part.objects)
        if kinds:
            yield from _kinds(this, (*path, property_), part)


def _kinds(node: NamedNode, path: tuple[str, ...], part: Part) -> Iterator[Statement]:
    """The classes and datatypes of a property's objects."""
    for kind, count in sorted(part.classes.items()):
        leaf = _part_of(*path, kind)
        yield from ((node, named("void:classPartition"), leaf), (leaf, named("void:class"), NamedNode(kind)))
        yield _count(leaf, "triples", count)
    for kind, count in sorted(part.datatypes.items()):
        leaf = _part_of(*path, kind)
        yield node, named("void-ext:datatypePartition"), leaf
        yield leaf, named("void-ext:datatype"), NamedNode(kind)
        yield _count(leaf, "triples", count)


def _links(graph: str, figures: Figures) -> Iterator[Statement]:
    """What leads from a class in one graph to a class in another, such as from a drug to a concept of a scheme."""
    for (class_, property_, of_object), count in sorted(figures.links.items()):
        if property_ != _TYPE.value:
            this = _part_of(f"{_key(graph)}/links", class_, property_, of_object)
            subjects, objects = _part_of(_key(graph), class_), _part_of(_WHOLE, of_object)
            yield from _linkset(this, property_, subjects, objects, count)


def _mappings(held: Numbered) -> Iterator[Statement]:
    """The mappings to other vocabularies, by property and by the prefix whose IRI the mapped one begins with."""
    found: Counter[tuple[str, str]] = Counter()
    for subject, predicate, object_ in held.triples_of(map(named, _MAPPINGS)):
        if isinstance(object_, NamedNode) and content(subject).startswith(BASE):
            prefix = _prefix_of(object_.value)
            if prefix and not object_.value.startswith(BASE):
                found[content(predicate), prefix] += 1
    for prefix in sorted({prefix for _, prefix in found}):
        space = NamedNode(f"{VOID_GRAPH}#space/{prefix}")
        yield space, _TYPE, named("void:Dataset")
        yield space, named("dcterms:title"), text(prefix)
        yield space, named("void:uriSpace"), text(prefixes()[prefix])
    for (property_, prefix), count in sorted(found.items()):
        this = NamedNode(f"{_part_of('links', property_).value}/{prefix}")
        yield from _linkset(this, property_, DATASET, NamedNode(f"{VOID_GRAPH}#space/{prefix}"), count)


def _linkset(
    this: NamedNode, property_: str, subjects: NamedNode, objects: NamedNode, triples: int
) -> Iterator[Statement]:
    yield DATASET, named("void:subset"), this
    yield this, _TYPE, named("void:Linkset")
    yield this, named("void:linkPredicate"), NamedNode(property_)
    yield this, named("void:subjectsTarget"), subjects
    yield this, named("void:objectsTarget"), objects
    yield _count(this, "triples", triples)


def _prefix_of(iri: str) -> str | None:
    """The prefix with the longest IRI that `iri` begins with."""
    fitting = [(space, prefix) for prefix, space in prefixes().items() if iri.startswith(space)]
    return max(fitting)[1] if fitting else None


def _vocabularies(figures: Figures) -> Iterator[Statement]:
    terms = (*figures.classes, *figures.properties)
    for prefix in sorted({prefix for iri in terms if (prefix := _prefix_of(iri))}):
        yield DATASET, named("void:vocabulary"), NamedNode(prefixes()[prefix])
