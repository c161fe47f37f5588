"""What of a release is dumped: its graphs, the entities in them, what they are called, and what shapes say of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from pyoxigraph import BlankNode, CanonicalizationAlgorithm, Dataset, Literal, NamedNode, Quad, Triple

from loader.canonical import natural
from loader.kinds import KINDS, Kind
from loader.namespaces import GRAPH, VOID_GRAPH, expand, owner_of, split_entity
from loader.terms import content

ONTOLOGY, SCHEMES, SHAPES, CURATED = (GRAPH + name for name in ("ontology", "schemes", "shapes", "curated"))
SOURCE = f"{GRAPH}source/"
TYPE = expand("rdf:type")
LABEL = expand("skos:prefLabel")

# These describe the release and its files, and so cannot be in them.
_LEFT_OUT = frozenset(("", f"{GRAPH}release", VOID_GRAPH))

Entities = Mapping[str, list[Triple]]


def canonical_quads(quads: Iterable[Quad]) -> list[Quad]:
    """Quads with the blank nodes that RDFC-1.0 gives them, in the order of canonical N-Quads."""
    dataset = Dataset(quads)
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return sorted(dataset, key=str)


class Content:
    """The graphs of a release but those that describe it, each quad once, in canonical order."""

    def __init__(self, quads: Iterable[Quad]) -> None:
        self.quads = canonical_quads(each for each in quads if _graph(each) not in _LEFT_OUT)
        self.graphs: dict[str, list[Triple]] = {}
        for quad in self.quads:
            self.graphs.setdefault(_graph(quad), []).append(quad.triple)

    def graph(self, name: str) -> list[Triple]:
        """The triples of one graph with blank nodes that other graphs have no part in; none where there is no such."""
        found = self.graphs.get(name, [])
        if not any(isinstance(term, BlankNode) for triple in found for term in (triple.subject, triple.object)):
            return found
        node = NamedNode(name)
        return [quad.triple for quad in canonical_quads(placed(found, node))]

    @cached_property
    def entities(self) -> Mapping[str, Entities]:
        """By kind the entities with their parts' triples, by IRI in natural order, of the graphs of facts."""
        found: dict[str, dict[str, list[Triple]]] = {path: {} for path in KINDS}
        for graph, triples in self.graphs.items():
            if graph not in (CURATED, SCHEMES) and not graph.startswith(SOURCE):
                continue
            for triple in triples:
                owner = owner_of(content(triple.subject))
                kind = split_entity(owner)
                if kind and kind[0] in found:
                    found[kind[0]].setdefault(owner, []).append(triple)
        return {path: {iri: held[iri] for iri in sorted(held, key=natural)} for path, held in found.items()}

    @cached_property
    def labels(self) -> Mapping[str, str]:
        """The English label of each entity, concept and property, by IRI."""
        words = (LABEL, expand("rdfs:label"))
        return {
            triple.subject.value: triple.object.value
            for triples in self.graphs.values()
            for triple in triples
            if triple.predicate.value in words and isinstance(triple.subject, NamedNode)
            if isinstance(triple.object, Literal) and triple.object.language == "en"
        }

    @cached_property
    def definitions(self) -> Mapping[str, str]:
        """The English definition of each term of the ontology, by IRI."""
        word = expand("skos:definition")
        return {
            content(triple.subject): triple.object.value
            for triple in self.graphs.get(ONTOLOGY, ())
            if triple.predicate.value == word and isinstance(triple.object, Literal)
        }

    def single_valued(self, kind: Kind) -> frozenset[str]:
        """The properties of which an entity of a kind has one value at most (in each language), as its shapes say."""
        classes = {expand("sg:Entity"), expand(kind.cls)}
        shapes = {s for s, target in self._shape(expand("sh:targetClass")) if target in classes}
        parts = {part for shape, part in self._shape(expand("sh:property")) if shape in shapes}
        single = {part for part, most in self._shape(expand("sh:maxCount")) if most == "1"}
        single |= {part for part, unique in self._shape(expand("sh:uniqueLang")) if unique == "true"}
        return frozenset(path for part, path in self._shape(expand("sh:path")) if part in parts & single)

    def _shape(self, predicate: str) -> Iterable[tuple[str, str]]:
        """Subjects and objects of one property in the graph of shapes, those that have an IRI or are literals."""
        for triple in self.graphs.get(SHAPES, ()):
            if triple.predicate.value == predicate:
                yield content(triple.subject), content(triple.object)

    def facts(self, kind: str | None) -> list[Triple]:
        """The triples of a kind's entities outside the schemes; those of no kind for None."""
        graphs = (triples for graph, triples in self.graphs.items() if graph == CURATED or graph.startswith(SOURCE))
        return [triple for triples in graphs for triple in triples if _kind(triple) == kind]


def placed(triples: Iterable[Triple], graph: NamedNode) -> Iterator[Quad]:
    """Triples in a graph."""
    return (Quad(triple.subject, triple.predicate, triple.object, graph) for triple in triples)


def _graph(quad: Quad) -> str:
    """The IRI of a quad's graph; empty for the default graph, in which the facts of a release never are."""
    return quad.graph_name.value if isinstance(quad.graph_name, NamedNode) else ""


def _kind(triple: Triple) -> str | None:
    found = split_entity(owner_of(content(triple.subject)))
    return found[0] if found and found[0] in KINDS else None
