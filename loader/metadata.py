"""What a release says of itself: its metadata, the example queries and the prefixes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyoxigraph import NamedNode, Quad

from loader.errors import QueryFileError
from loader.namespaces import BASE, EXAMPLES_GRAPH, GRAPH, RELEASE, expand, prefixes
from loader.terms import Term, english, named, text, typed

_TYPE = named("rdf:type")
_DATASET = NamedNode(BASE)
PREFIXES = NamedNode(f"{BASE}prefixes")
# SHACL has no term for DESCRIBE; that of the SIB's examples stands in.
_FORMS = {
    "SELECT": (("sh:SPARQLSelectExecutable",), "sh:select"),
    "ASK": (("sh:SPARQLAskExecutable",), "sh:ask"),
    "CONSTRUCT": (("sh:SPARQLConstructExecutable",), "sh:construct"),
    "DESCRIBE": ((), "spex:describe"),
}
_PROLOGUE = re.compile(r"(?:\s|#[^\n]*|BASE\s*<[^>]*>|PREFIX\s*[^\s:]*:\s*<[^>]*>)*", re.I)
_WORD = re.compile(r"[A-Za-z]+")


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

    <release/2026-11-24.1> a dcat:Dataset , prov:Entity ; owl:versionInfo "2026-11-24.1" ; dcterms:isVersionOf <> ;
        sg:validation <release/2026-11-24.1#validation> .
    <release/2026-11-24.1#validation> a sh:ValidationReport ; sh:conforms true ; sg:warnings 3 .

    Which release it follows is in graph/history alone: a triple of two graphs would cost a store a second copy of all.
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
        (this, named("void:triples"), typed(str(manifest["triples"]), "xsd:integer")),
        (_DATASET, named("dcterms:hasVersion"), this),
        (_DATASET, named("owl:versionIRI"), this),
        *_counts(this, manifest["counts"]),
        *_validation(this, manifest["validation"]),
    ]
    return _in_graph(said, f"{GRAPH}release")


def _counts(this: NamedNode, counts: Mapping[str, int]) -> Iterator[tuple[NamedNode, NamedNode, Term]]:
    """How many entities of each class there are: <…> void:classPartition [ void:class sg:Drug ; void:entities 47 ]"""
    for class_, count in counts.items():
        part = NamedNode(f"{this.value}#{class_}")
        yield this, named("void:classPartition"), part
        yield part, named("void:class"), named(class_)
        yield part, named("void:entities"), typed(str(count), "xsd:integer")


def _validation(this: NamedNode, counts: Mapping[str, int]) -> Iterator[tuple[NamedNode, NamedNode, Term]]:
    report = NamedNode(f"{this.value}#validation")
    yield this, named("sg:validation"), report
    yield report, _TYPE, named("sh:ValidationReport")
    yield report, named("rdfs:label"), english("validation of the facts")
    yield report, named("sh:conforms"), typed("false" if counts["violations"] else "true", "xsd:boolean")
    yield report, named("sg:warnings"), typed(str(counts["warnings"]), "xsd:integer")


def examples(queries: Iterable[Example]) -> Iterator[Quad]:
    """The example queries as data, and the prefixes they may use, in the terms that the tools of the field read:

    <.well-known/sparql-examples/x> a sh:SPARQLExecutable , sh:SPARQLSelectExecutable ; sh:prefixes <prefixes> ;
        rdfs:comment "…"@en ; sh:select "SELECT …" ; schema:target <sparql> ; schema:keywords "…" .

    Raises QueryFileError for a text that begins with no form of query.
    """
    said: list[tuple[NamedNode, NamedNode, Term]] = list(prefix_declarations())
    for query in queries:
        this = NamedNode(f"{EXAMPLES_GRAPH}/{query.name}")
        types, property_ = _FORMS[_form(query)]
        said += [
            *((this, _TYPE, named(type_)) for type_ in ("sh:SPARQLExecutable", *types)),
            (this, named("rdfs:comment"), english(query.summary)),
            (this, named("sh:prefixes"), PREFIXES),
            (this, named(property_), text(query.text)),
            (this, named("schema:target"), NamedNode(f"{BASE}sparql")),
            *((this, named("schema:keywords"), text(word)) for word in query.keywords),
        ]
    return _in_graph(said, EXAMPLES_GRAPH)


def _form(query: Example) -> str:
    """The word that says what a query asks for, which follows its prefixes and comments."""
    word = _WORD.match(_PROLOGUE.sub("", query.text, count=1))
    form = word[0].upper() if word else "nothing"
    if form not in _FORMS:
        raise QueryFileError(f"examples/{query.name}", f"its first word is {form}", " or ".join(_FORMS))
    return form


def prefix_declarations() -> Iterator[tuple[NamedNode, NamedNode, Term]]:
    """The project's prefixes as statements, such as:

    <prefixes> sh:declare <prefixes#sg> . <prefixes#sg> sh:prefix "sg" ; sh:namespace "https://…"^^xsd:anyURI .
    """
    nodes = {prefix: NamedNode(f"{PREFIXES.value}#{prefix}") for prefix in prefixes()}
    yield from ((PREFIXES, named("sh:declare"), node) for node in nodes.values())
    for prefix, namespace in prefixes().items():
        this = nodes[prefix]
        yield this, _TYPE, named("sh:PrefixDeclaration")
        yield this, named("sh:prefix"), text(prefix)
        yield this, named("sh:namespace"), typed(namespace, "xsd:anyURI")


def _in_graph(said: Iterable[tuple[NamedNode, NamedNode, Term]], graph: str) -> Iterator[Quad]:
    node = NamedNode(graph)
    return (Quad(subject, predicate, object_, node) for subject, predicate, object_ in said)
