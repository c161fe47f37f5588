"""The pages about what has an IRI and is no entity: the ontology, the shapes, graphs, releases, prefixes, examples.

Each asks one query at most; terms, shapes and partitions are sections whose `id` is the fragment of their IRI.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request

from loader.errors import UnknownReleaseError
from loader.namespaces import BASE, EXAMPLES_GRAPH, VOID_GRAPH, compress, expand, prefixes
from loader.release import Release
from loader.void import DATASET, graph_label, graph_node
from server import cache, dereferencing, queries, topics, wording
from server.dereferencing import Edition
from server.negotiation import FORMAT_NAMES, Format, documents
from server.panels import Cell, Row, rows
from server.serving import Serving, serving
from server.topics import Topic

blueprint = Blueprint("topics", __name__)

_HTML: Format = documents(("html",))[0]
_HIDDEN = ("rdfs:label", "skos:definition", "skos:example", "sh:name", "sh:message", "sh:description", "sh:property")
_WORDS = {
    "rdfs:subClassOf": "kind of",
    "rdfs:subPropertyOf": "narrower than",
    "rdfs:domain": "of",
    "rdfs:range": "values",
    "schema:domainIncludes": "of, among others",
    "schema:rangeIncludes": "values, among others",
    "owl:deprecated": "deprecated",
    "dcterms:isReplacedBy": "replaced by",
    "void:entities": "entities",
    "void:triples": "statements",
    "sh:targetClass": "holds for each",
    "sh:path": "property",
    "sh:minCount": "at least",
    "sh:maxCount": "at most",
    "sh:class": "values are each a",
    "sh:datatype": "datatype",
    "sh:in": "one of",
    "sh:languageIn": "language",
}


@dataclass(frozen=True)
class Term:
    """A term of the ontology, or a shape: what is stated of it by property, what the shapes demand of it."""

    iri: str
    curie: str
    values: Mapping[str, Sequence[Cell]]
    demands: Sequence[Row]

    @property
    def fragment(self) -> str:
        """The fragment of its IRI, by which the page has it."""
        return self.iri.partition("#")[2]

    def all(self, curie: str) -> Sequence[Cell]:
        """The values of one property, such as `skos:definition`."""
        return self.values.get(curie, ())

    def first(self, curie: str) -> str:
        """The text of the first value of one property; empty where there is none."""
        return self.all(curie)[0].label if self.all(curie) else ""

    @property
    def others(self) -> list[tuple[str, Sequence[Cell]]]:
        """What else is stated of it, in words."""
        return [
            (_WORDS.get(curie) or wording.term(_iri(curie)), cells)
            for curie, cells in self.values.items()
            if curie not in _HIDDEN
        ]


def _iri(name: str) -> str:
    return name if "://" in name else expand(name)


def _terms(found: Sequence[Row]) -> list[Term]:
    terms = []
    for iri, run in groupby(found, key=lambda row: row["term"].value):
        values: dict[str, list[Cell]] = {}
        demands = []
        for row in run:
            curie = compress(row["property"].value) or row["property"].value
            if curie == "sh:message" and "shape" in row:
                demands.append(row)
            else:
                values.setdefault(curie, []).append(_shown(row))
        distinct = {curie: list({each.value: each for each in cells}.values()) for curie, cells in values.items()}
        terms.append(Term(iri, compress(iri) or iri, distinct, demands))
    return terms


def _shown(row: Row) -> Cell:
    return replace(row["value"], label=row["valueLabel"].label) if "valueLabel" in row else row["value"]


blueprint.app_template_filter("here")(wording.href)


@blueprint.get("/ontology.html")
def ontology() -> Response:
    """Every term: what it means, what the shapes demand of it, how often it is used."""
    terms = _terms(rows(serving(), queries.read("topic/ontology")))
    classes = [each for each in terms if any(cell.value == expand("owl:Class") for cell in each.all("rdf:type"))]
    others = [each for each in terms if each not in classes]
    return _page("/ontology", "topics/ontology.html", classes=classes, properties=others)


@blueprint.get("/shapes.html")
def shapes() -> Response:
    """Every shape: what it demands, of what, how grave it is, and why."""
    return _page("/shapes", "topics/shapes.html", shapes=_terms(rows(serving(), queries.read("topic/shapes"))))


@blueprint.get("/graph/<path:name>.html")
def graph(name: str) -> Response:
    """A named graph: how large it is, and what of."""
    return _dataset(f"/graph/{name}", BASE + f"graph/{name}", graph_node(f"{BASE}graph/{name}").value)


@blueprint.get("/.well-known/void.html")
def void() -> Response:
    """What the dataset holds: its graphs, its classes with their properties."""
    return _dataset("/.well-known/void", VOID_GRAPH, DATASET.value)


def _dataset(path: str, iri: str, described: str) -> Response:
    found = rows(serving(), queries.read("topic/partitions").bind(dataset=queries.iri(described)))
    classes = [list(run) for _, run in groupby(found, key=lambda row: row["class"].value)]
    sizes: Mapping[str, int] = serving().release.manifest["graphs"]
    graphs = [(graph_label(each), each, size) for each, size in sizes.items()] if iri == VOID_GRAPH else []
    return _page(
        path, "topics/dataset.html", iri=iri, title=graph_label(iri), classes=classes, graphs=graphs, sizes=sizes
    )


@blueprint.get("/release/<version>.html")
def release(version: str) -> Response:
    """What a release is, and what it changed."""
    shelf = serving().shelf
    try:
        found = shelf.open_named(version)
    except UnknownReleaseError:
        found = None
    known = shelf.versions()
    earlier = known[known.index(version) + 1] if found and version in known[:-1] else None
    return _page(f"/release/{version}", "topics/release.html", found, version=version, found=found, earlier=earlier)


@blueprint.get("/prefixes.html")
def prefix_list() -> Response:
    """Every prefix and what it stands for."""
    return _page("/prefixes", "topics/prefixes.html", prefixes=sorted(prefixes().items(), key=lambda it: it[0].lower()))


@blueprint.get("/.well-known/sparql-examples.html")
def examples() -> Response:
    """The example queries."""
    found = rows(serving(), queries.read("topic/examples"))
    return _page("/.well-known/sparql-examples", "topics/examples.html", examples=found)


@blueprint.get("/.well-known/sparql-examples/<name>.html")
def example(name: str) -> Response:
    """One example query."""
    iri = f"{EXAMPLES_GRAPH}/{name}"
    found = [row for row in rows(serving(), queries.read("topic/examples")) if row["example"].value == iri]
    return _page(f"/.well-known/sparql-examples/{name}", "topics/example.html", iri=iri, example=found[0])


@blueprint.get("/index.html")
def index() -> Response:
    """The page about the dataset is the home page."""
    asked = request.query_string.decode("latin-1")
    found = redirect(f"/?{asked}" if asked else "/", 308)
    assert isinstance(found, Response)
    return found


def _page(path: str, template: str, release: Release | None = None, **told: Any) -> Response:
    """A page about a thing, with its headers."""
    here: Serving = serving()
    release = release or here.release
    thing = topics.topic_at(path)
    assert isinstance(thing, Topic)
    asked = Edition(here.release.version if here.pinned else None)
    links = dereferencing.links(thing, _HTML, asked)
    body = render_template(template, thing=thing, links=links, names=FORMAT_NAMES, **told)
    entity_tag = cache.tag(release, "topic", body)
    tags, date = request.headers.get("If-None-Match"), request.headers.get("If-Modified-Since")
    if dereferencing.has(tags, date, entity_tag, release):
        return Response(status=304, headers=dereferencing.told_again(asked, entity_tag, release))
    headers = dereferencing.headers(release, thing, _HTML, asked, entity_tag)
    headers["Vary"] = "Accept"  # what compresses it adds its own
    return Response(body, 200, headers)
