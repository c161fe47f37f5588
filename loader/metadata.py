"""What a release says of itself: its metadata, its history, its VoID description, the example queries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyoxigraph import Literal, NamedNode, Quad

from loader.namespaces import BASE, EXAMPLES_GRAPH, GRAPH, RELEASE, VOID_GRAPH, expand, prefixes
from loader.terms import Term, english, named, text, typed

_TYPE = named("rdf:type")
_DATASET = NamedNode(BASE)


@dataclass(frozen=True)
class Example:
    """An example query: its name (the question in words), what it asks, its keywords, its text."""

    name: str
    summary: str
    keywords: Sequence[str]
    text: str


def count_classes(quads: Iterable[Quad]) -> dict[str, int]:
    """How many entities of each of our classes and of concepts the content graphs hold, by class IRI."""
    prefix = (expand("sg:"), expand("skos:Concept"))
    counts = Counter(
        quad.object.value
        for quad in {Quad(q.subject, q.predicate, q.object) for q in quads if q.predicate == _TYPE}
        if isinstance(quad.object, NamedNode) and quad.object.value.startswith(prefix)
    )
    return dict(sorted(counts.items()))


def about_release(manifest: Mapping[str, Any]) -> Iterator[Quad]:
    """The graph graph/release, such as:

    <release/2026-11-24.1> a dcat:Dataset , prov:Entity ; owl:versionInfo "2026-11-24.1" ; dcterms:isVersionOf <> .
    """
    this = NamedNode(RELEASE + manifest["version"])
    said: list[tuple[NamedNode, NamedNode, Term]] = [
        (this, _TYPE, named("dcat:Dataset")),
        (this, _TYPE, named("prov:Entity")),
        (this, named("dcterms:title"), english(f"Sarcograph, release {manifest['version']}")),
        (this, named("dcterms:isVersionOf"), _DATASET),
        (this, named("owl:versionInfo"), text(manifest["version"])),
        (this, named("dcat:version"), text(manifest["version"])),
        (this, named("dcterms:issued"), typed(manifest["created"], "xsd:dateTime")),
        (this, named("dcterms:license"), NamedNode("https://creativecommons.org/licenses/by/4.0/")),
        (this, named("sg:contentHash"), text(manifest["content_hash"])),
        (this, named("sg:codeVersion"), text(manifest["code_version"])),
        (_DATASET, named("dcterms:hasVersion"), this),
    ]
    return _in_graph(said, f"{GRAPH}release")


def history(manifest: Mapping[str, Any], previous: str | None) -> Iterator[Quad]:
    """The graph graph/history: the activity that made this release, and the release before it."""
    this = NamedNode(RELEASE + manifest["version"])
    activity = NamedNode(f"{this.value}#build")
    said: list[tuple[NamedNode, NamedNode, Term]] = [
        (activity, _TYPE, named("prov:Activity")),
        (activity, named("rdfs:label"), english(f"build of release {manifest['version']}")),
        (activity, named("prov:endedAtTime"), typed(manifest["created"], "xsd:dateTime")),
        (this, named("prov:wasGeneratedBy"), activity),
    ]
    if previous:
        said.append((this, named("prov:wasRevisionOf"), NamedNode(RELEASE + previous)))
    return _in_graph(said, f"{GRAPH}history")


def void(quads: Sequence[Quad]) -> Iterator[Quad]:
    """The VoID description: triples, entities, classes and properties with their counts, for the whole dataset."""
    said: list[tuple[NamedNode, NamedNode, Term]] = [
        (_DATASET, _TYPE, named("void:Dataset")),
        (_DATASET, named("dcterms:title"), english("Sarcograph")),
        (_DATASET, named("dcterms:license"), NamedNode("https://creativecommons.org/licenses/by/4.0/")),
        (_DATASET, named("void:sparqlEndpoint"), NamedNode(f"{BASE}sparql")),
        (_DATASET, named("void:uriSpace"), text(BASE)),
        (_DATASET, named("void:triples"), _number(len(quads))),
    ]
    classes = Counter(q.object.value for q in quads if q.predicate == _TYPE and isinstance(q.object, NamedNode))
    properties = Counter(q.predicate.value for q in quads)
    said += _partitions(classes, "class", "void:classPartition", "void:class", "void:entities")
    said += _partitions(properties, "property", "void:propertyPartition", "void:property", "void:triples")
    said += [(_DATASET, named("void:vocabulary"), NamedNode(iri)) for iri in _vocabularies(properties)]
    return _in_graph(said, VOID_GRAPH)


def _partitions(
    counts: Mapping[str, int], name: str, partition: str, of: str, counted: str
) -> Iterator[tuple[NamedNode, NamedNode, Term]]:
    for number, iri in enumerate(sorted(counts), 1):
        part = NamedNode(f"{VOID_GRAPH}#{name}-{number}")
        yield _DATASET, named(partition), part
        yield part, named(of), NamedNode(iri)
        yield part, named(counted), _number(counts[iri])


def _vocabularies(properties: Iterable[str]) -> list[str]:
    return sorted({iri for iri in prefixes().values() if any(p.startswith(iri) for p in properties)})


def examples(queries: Iterable[Example]) -> Iterator[Quad]:
    """The example queries as data, in the terms that the tools of the field read:

    <.well-known/sparql-examples/x> a sh:SPARQLExecutable , sh:SPARQLSelectExecutable ;
        rdfs:comment "…"@en ; sh:select "SELECT …" ; schema:target <sparql> ; schema:keywords "…" .
    """
    said: list[tuple[NamedNode, NamedNode, Term]] = []
    for query in queries:
        this = NamedNode(f"{EXAMPLES_GRAPH}/{query.name}")
        said += [
            (this, _TYPE, named("sh:SPARQLExecutable")),
            (this, _TYPE, named("sh:SPARQLSelectExecutable")),
            (this, named("rdfs:comment"), english(query.summary)),
            (this, named("sh:select"), text(query.text)),
            (this, named("schema:target"), NamedNode(f"{BASE}sparql")),
            *((this, named("schema:keywords"), text(word)) for word in query.keywords),
        ]
    return _in_graph(said, EXAMPLES_GRAPH)


def _number(count: int) -> Literal:
    return typed(str(count), "xsd:integer")


def _in_graph(said: Iterable[tuple[NamedNode, NamedNode, Term]], graph: str) -> Iterator[Quad]:
    node = NamedNode(graph)
    return (Quad(subject, predicate, object_, node) for subject, predicate, object_ in said)
