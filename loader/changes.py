"""What changed between two releases: which entities, and which of their statements.

    compare(before, after) == [Change("https:…", "changed", added=(Statement("https:…", "<…> <…> <…> ."),), removed=())]

Content alone is compared, graph by graph: not what a release says of itself. Which entities differ is found by their
hashes, so that only their statements need to be read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any
from typing import Literal as OneOf

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Triple, parse

from loader.hashing import Leaf, entity_of, grouped, leaves, written
from loader.namespaces import BASE
from loader.terms import named, text, typed

_TYPE = named("rdf:type")
_DEPRECATED = named("owl:deprecated")
_TRUE = typed("true", "xsd:boolean")

Kind = OneOf["created", "changed", "withdrawn"]


@dataclass(frozen=True)
class Statement:
    """A statement in its graph (an IRI). `triple` is a line of N-Triples; blank nodes are named within their entity."""

    graph: str
    triple: str


@dataclass(frozen=True)
class Change:
    """What became of one entity: the statements that came and those that went, each in order."""

    entity: str
    kind: Kind
    added: tuple[Statement, ...]
    removed: tuple[Statement, ...]


def changed(
    before: Mapping[Leaf, str],
    after: Mapping[Leaf, str],
    gone_before: Set[str] = frozenset(),
    gone_after: Set[str] = frozenset(),
) -> dict[str, Kind]:
    """What became of each entity (its IRI) that is not the same in both, by the hashes of their leaves; by IRI.

    An entity that has a tombstone is no more there than one of which nothing is said: `gone_…` are these, as
    `tombstoned` finds them.
    """
    differing = {entity for leaf, entity in _leaves(before, after) if before.get(leaf) != after.get(leaf)}
    said_after = {entity for leaf, entity in _leaves(after)}
    there_before = {entity for leaf, entity in _leaves(before)} - gone_before
    there_after = said_after - gone_after

    def kind(entity: str) -> Kind:
        if entity in there_after:
            return "changed" if entity in there_before else "created"
        # A tombstone that says something else now was one before.
        return "changed" if entity in said_after and entity in gone_before else "withdrawn"

    return {entity: kind(entity) for entity in sorted(differing)}


def tombstoned(quads: Iterable[Quad]) -> set[str]:
    """The entities that are said to be withdrawn. A term of the ontology that is deprecated is still there."""
    return {
        quad.subject.value
        for quad in quads
        if quad.predicate == _DEPRECATED
        and quad.object == _TRUE
        and isinstance(quad.subject, NamedNode)
        and "#" not in quad.subject.value
    }


def _leaves(*hashes: Mapping[Leaf, str]) -> Iterable[tuple[Leaf, str]]:
    """Each leaf with the entity that it is of; what no entity leads to counts as its graph's."""
    return ((leaf, leaf[1] or leaf[0]) for each in hashes for leaf in each)


def statements(quads: Iterable[Quad], entities: Iterable[str]) -> dict[str, set[Statement]]:
    """What a release states of some entities, by their IRIs."""
    wanted = set(entities)
    found: dict[str, set[Statement]] = defaultdict(set)
    near = (
        quad for quad in quads if not isinstance(quad.subject, NamedNode) or entity_of(quad.subject.value) in wanted
    )
    for (graph, owner), group in grouped(near).items():
        entity = owner or graph
        if entity in wanted:
            found[entity].update(Statement(graph, triple) for triple in written(group))
    return found


def between(kinds: Mapping[str, Kind], before: Iterable[Quad], after: Iterable[Quad]) -> list[Change]:
    """The changes of the entities that `kinds` names, from what the two releases state."""
    then, now = statements(before, kinds), statements(after, kinds)
    none: set[Statement] = set()
    return [
        Change(
            entity,
            kind,
            _ordered(now.get(entity, none) - then.get(entity, none)),
            _ordered(then.get(entity, none) - now.get(entity, none)),
        )
        for entity, kind in kinds.items()
    ]


def _ordered(found: Iterable[Statement]) -> tuple[Statement, ...]:
    return tuple(sorted(found, key=lambda statement: (statement.graph, statement.triple)))


def compare(before: list[Quad], after: list[Quad]) -> list[Change]:
    """All changes between what two releases state, by entity."""
    kinds = changed(leaves(before), leaves(after), tombstoned(before), tombstoned(after))
    return between(kinds, before, after)


def described(place: str, change: Change) -> Iterator[Triple]:
    """A change as data, its nodes being fragments of `place` (an IRI):

    <…#drug/x> a sg:Change ; sg:changeOf <drug/x> ; sg:changeKind <concept/change/changed> ; sg:added <…#drug/x/added/1>
    <…#drug/x/added/1> a rdf:Statement ; rdf:subject <drug/x> ; rdf:predicate skos:altLabel ; rdf:object "X"@en ;
        sg:inGraph <graph/curated> .
    """
    name = change.entity.removeprefix(BASE).replace("#", "%23")
    this = NamedNode(f"{place}#{name}")
    yield Triple(this, _TYPE, named("sg:Change"))
    yield Triple(this, named("sg:changeOf"), NamedNode(change.entity))
    yield Triple(this, named("sg:changeKind"), NamedNode(f"{BASE}concept/change/{change.kind}"))
    told = [
        (word, NamedNode(f"{this.value}/{word}/{number}"), statement)
        for word, found in (("added", change.added), ("removed", change.removed))
        for number, statement in enumerate(found, 1)
    ]
    # What is written as it comes has each subject once.
    yield from (Triple(this, named(f"sg:{word}"), node) for word, node, _ in told)
    for _, node, statement in told:
        yield from _stated(node, statement)


def _stated(node: NamedNode, statement: Statement) -> Iterator[Triple]:
    (quad,) = parse(statement.triple, RdfFormat.N_TRIPLES)
    yield Triple(node, _TYPE, named("rdf:Statement"))
    yield Triple(node, named("rdf:subject"), _whole(quad.subject))
    yield Triple(node, named("rdf:predicate"), quad.predicate)
    yield Triple(node, named("rdf:object"), _whole(quad.object))
    yield Triple(node, named("sg:inGraph"), NamedNode(statement.graph))


def _whole(term: Any) -> NamedNode | Literal:
    """A term as published data may hold it: the name of a blank node as text."""
    return term if isinstance(term, NamedNode | Literal) else text(str(term))
