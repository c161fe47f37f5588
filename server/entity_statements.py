"""What the documents about an entity say, found in the store: run in a worker.

What is stated of the entity and of its own fragments, in their graphs; what points to it, a page at a time; the names
of all that is mentioned, and title and licence of its sources; and of the document itself: which release it is taken
from, under which licence, out of which graphs. What a release says of itself and of its history is not part of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from pyoxigraph import DefaultGraph, NamedNode, Quad, Store

from loader.errors import UnknownEntityError, UnknownPageError, WithdrawnError
from loader.namespaces import EXAMPLES_GRAPH, GRAPH, RELEASE, VOID_GRAPH, owner_of
from loader.terms import content, english, named, typed
from loader.void import LICENCE
from server.negotiation import SUFFIXES

PAGE = 100  # links of a page
STATEMENTS = "application/json"  # asks for the entity's own statements alone, as compact JSON-LD

_NOT_CONTENT = frozenset((VOID_GRAPH, EXAMPLES_GRAPH, f"{GRAPH}history", f"{GRAPH}release"))
_TYPE, _NOTE = named("rdf:type"), named("sg:Note")
_NAMES = named("skos:prefLabel"), named("rdfs:label")
_OF_SOURCE = _TYPE, named("dcterms:title"), named("dcterms:license")
_SOURCES = frozenset(
    named(curie) for curie in ("dcterms:source", "sg:claimedIn", "sg:recommendedIn", "sg:reportedIn", "sg:cites")
)
_OF_RELEASE = _TYPE, named("dcterms:title"), named("dcterms:license"), named("owl:versionInfo")
_DEPRECATED, _REPLACED_BY = named("owl:deprecated"), named("dcterms:isReplacedBy")
_REASON = named("rdfs:comment")
_OF_WITHDRAWN = _DEPRECATED, _REPLACED_BY, _REASON
_NUMBER = "xsd:integer"


@dataclass(frozen=True)
class Wanted:
    """What is asked for: an entity (its IRI), a page of what points to it, of which release; `pinned` says that the
    request named the release, so that the addresses of further pages name it as well."""

    iri: str
    release: str
    page: int = 1
    pinned: bool = False

    def address(self, page: int) -> NamedNode:
        """The IRI of a page of the document, by its Turtle form, which stands for all."""
        query = [f"page={page}"] if page > 1 else []
        query += [f"release={self.release}"] if self.pinned else []
        return NamedNode(f"{self.iri}.ttl" + (f"?{'&'.join(query)}" if query else ""))


@dataclass(frozen=True)
class Found:
    """What a document says. `own` are the entity's statements, `incoming` one page of the `total` links to it, `names`
    what the things mentioned are called, `about` what is said of the document, in no graph."""

    own: list[Quad]
    incoming: list[Quad]
    names: list[Quad]
    about: list[Quad]
    total: int

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return pages_of(self.total)

    def quads(self) -> list[Quad]:
        """All of it, each statement once, the entity's own first."""
        return list(dict.fromkeys((*self.own, *self.incoming, *self.names, *self.about)))


def pages_of(total: int) -> int:
    """How many pages so many links fill; there is always one."""
    return max(1, -(-total // PAGE))


class Entities:
    """The entities of a store. What is not linked from its entity, a note, is looked up in an index."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._unnamed = next(store.named_graphs(), None) is None

    @cached_property
    def _notes(self) -> Mapping[str, list[NamedNode]]:
        notes: dict[str, list[NamedNode]] = defaultdict(list)
        for quad in self._content(None, _TYPE, _NOTE):
            if isinstance(quad.subject, NamedNode):
                notes[owner_of(quad.subject.value)].append(quad.subject)
        return notes

    def _content(
        self, subject: NamedNode | None, predicate: NamedNode | None, value: NamedNode | None
    ) -> Iterator[Quad]:
        for quad in self._store.quads_for_pattern(subject, predicate, value):
            if isinstance(quad.graph_name, DefaultGraph) == self._unnamed and not _is_of_release(quad):
                yield quad

    def own(self, iri: str) -> list[Quad]:
        """What is stated of an entity and its fragments. Raises UnknownEntityError, WithdrawnError."""
        waiting = [NamedNode(iri), *self._notes.get(iri, ())]
        seen = set(waiting)
        found: list[Quad] = []
        for subject in waiting:
            for quad in sorted(self._content(subject, None, None), key=_by_property):
                found.append(quad)
                part = quad.object
                if isinstance(part, NamedNode) and part.value.startswith(f"{iri}#") and part not in seen:
                    seen.add(part)
                    waiting.append(part)
        if not any(quad.subject == waiting[0] for quad in found):
            raise UnknownEntityError(iri)
        _refuse_withdrawn(iri, found)
        return found

    def find(self, wanted: Wanted) -> Found:
        """What a document says. Raises UnknownEntityError, WithdrawnError, UnknownPageError."""
        own = self.own(wanted.iri)
        links = self._incoming(wanted.iri)
        if wanted.page > pages_of(len(links)):
            raise UnknownPageError(wanted.page, pages_of(len(links)))
        own = own if wanted.page == 1 else []
        incoming = [quad for link in links[(wanted.page - 1) * PAGE : wanted.page * PAGE] for quad in link]
        about = list(self._about(wanted, len(links)))
        names = self._names({quad.subject for quad in own}, [*own, *incoming, *about])
        about += _origin(wanted, [*own, *incoming, *names])
        names += self._names({quad.subject for quad in (*own, *names)}, [*names, *about])
        return Found(own, incoming, names, about, len(links))

    def _incoming(self, iri: str) -> list[list[Quad]]:
        """The links to an entity from others, each in all its graphs, by property and then by who links."""
        found: dict[tuple[str, str], list[Quad]] = defaultdict(list)
        for quad in self._content(None, None, NamedNode(iri)):
            if isinstance(quad.subject, NamedNode) and owner_of(quad.subject.value) != iri:
                found[quad.predicate.value, quad.subject.value].append(quad)
        return [sorted(found[link], key=str) for link in sorted(found)]

    def _names(self, described: Container[object], said: Iterable[Quad]) -> list[Quad]:
        """The names of what is mentioned and not `described` anyway, and title and licence of sources."""
        mentioned: dict[NamedNode, bool] = {}  # whether it is a source
        for quad in said:
            for term in (quad.subject, quad.predicate, quad.object, quad.graph_name):
                if isinstance(term, NamedNode) and term not in described:
                    mentioned[term] = mentioned.get(term, False) or (quad.predicate in _SOURCES and term == quad.object)
        return [
            quad
            for term, source in sorted(mentioned.items(), key=lambda each: each[0].value)
            for quad in self._name(term, (*_NAMES, *(_OF_SOURCE if source else ())))
        ]

    def _name(self, term: NamedNode, properties: Iterable[NamedNode]) -> Iterator[Quad]:
        if term.value.startswith(GRAPH):  # a graph has its name where it is described
            yield from self._store.quads_for_pattern(term, _NAMES[1], None, NamedNode(VOID_GRAPH))
            return
        for each in properties:
            yield from self._content(term, each, None)

    def _about(self, wanted: Wanted, total: int) -> Iterator[Quad]:
        """Of the document, such as:

        <drug/trabectedin.ttl> a foaf:Document ; foaf:primaryTopic <drug/trabectedin> ;
            void:inDataset <release/2026-11-25.1> .
        """
        document, release = wanted.address(wanted.page), NamedNode(RELEASE + wanted.release)
        yield Quad(document, _TYPE, named("foaf:Document"))
        yield Quad(document, named("foaf:primaryTopic"), NamedNode(wanted.iri))
        yield Quad(document, named("void:inDataset"), release)
        yield Quad(document, named("dcterms:license"), LICENCE)
        for suffix in SUFFIXES[1:] if wanted.page == 1 else ():
            yield Quad(document, named("dcterms:hasFormat"), NamedNode(f"{wanted.iri}.{suffix}"))
        yield from _links(wanted, document, total)
        for each in _OF_RELEASE:
            yield from (Quad(*quad.triple) for quad in self._store.quads_for_pattern(release, each, None))


def _origin(wanted: Wanted, said: Iterable[Quad]) -> list[Quad]:
    """Out of which graphs a document is taken, such as: <drug/trabectedin.ttl> prov:wasDerivedFrom <graph/curated> ."""
    graphs = sorted({quad.graph_name.value for quad in said if isinstance(quad.graph_name, NamedNode)})
    document = wanted.address(wanted.page)
    return [Quad(document, named("prov:wasDerivedFrom"), NamedNode(graph)) for graph in graphs]


def _links(wanted: Wanted, document: NamedNode, total: int) -> Iterator[Quad]:
    """How many links there are to the entity, and where the others are."""
    if not total:
        return
    links = NamedNode(f"{document.value}#incoming")
    first, last = (wanted.page - 1) * PAGE + 1, min(wanted.page * PAGE, total)
    yield Quad(document, named("dcterms:hasPart"), links)
    yield Quad(links, _TYPE, named("void:Dataset"))
    yield Quad(links, named("void:triples"), typed(str(total), _NUMBER))
    yield Quad(links, named("dcterms:title"), english(f"What points to it: links {first} to {last} of {total}"))
    for page in (wanted.page - 1, wanted.page + 1):
        if 1 <= page <= pages_of(total):
            yield Quad(links, named("rdfs:seeAlso"), wanted.address(page))


def _by_property(quad: Quad) -> tuple[bool, str, str]:
    return quad.predicate != _TYPE, quad.predicate.value, str(quad.object)


def _is_of_release(quad: Quad) -> bool:
    return isinstance(quad.graph_name, NamedNode) and quad.graph_name.value in _NOT_CONTENT


def _refuse_withdrawn(iri: str, own: Iterable[Quad]) -> None:
    said: dict[NamedNode, list[str]] = defaultdict(list)
    for quad in own:
        if quad.predicate in _OF_WITHDRAWN and quad.subject == NamedNode(iri):
            said[quad.predicate].append(content(quad.object))
    if {"true", "1"}.intersection(said[_DEPRECATED]):
        raise WithdrawnError(iri, " ".join(sorted(set(said[_REASON]))), sorted(set(said[_REPLACED_BY])))
