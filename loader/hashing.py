"""The content hash of a release: a Merkle root over the hashes of its entities.

A leaf is one entity in one graph: the SHA-256 of its statements (those of its fragments and blank nodes included) as
sorted N-Triples. Leaves fall into 256 buckets by the SHA-256 of their key, a bucket's hash is that of its sorted
leaves, the root that of the buckets: a changed entity costs one leaf, one bucket and the root.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from hashlib import sha256

from pyoxigraph import BlankNode, CanonicalizationAlgorithm, Dataset, NamedNode, Quad

from loader.namespaces import GRAPH, expand, owner_of

# What a release says of itself changes with every release; it is not content.
_LEFT_OUT = frozenset((f"{GRAPH}release", f"{GRAPH}history"))

Leaf = tuple[str, str]


def leaves(quads: Iterable[Quad]) -> dict[Leaf, str]:
    """The hash (hex) of each entity, by graph and entity IRI. Quads outside our content graphs are left out."""
    return {leaf: _digest(written(group)) for leaf, group in grouped(quads).items()}


def entity_of(iri: str) -> str:
    """The entity that an IRI is or is a fragment of; each shape counts as one, as each term of the ontology does."""
    return iri if iri.startswith(expand("shapes:")) else owner_of(iri)


def grouped(quads: Iterable[Quad]) -> dict[Leaf, list[Quad]]:
    """The statements of each entity in each content graph, those of its fragments and blank nodes among them."""
    groups: dict[Leaf, list[Quad]] = defaultdict(list)
    loose: dict[str, list[Quad]] = defaultdict(list)
    for quad in quads:
        graph = quad.graph_name.value if isinstance(quad.graph_name, NamedNode) else ""
        if not graph.startswith(GRAPH) or graph in _LEFT_OUT:
            continue
        if isinstance(quad.subject, NamedNode):
            groups[graph, entity_of(quad.subject.value)].append(quad)
        else:
            loose[graph].append(quad)
    for graph, quads_of_graph in loose.items():
        _attach(graph, quads_of_graph, groups)
    return groups


def settled(quads: Iterable[Quad]) -> list[Quad]:
    """The same quads with each blank node named after its entity: equal facts have equal quads, in any build.

    A parser names blank nodes at random. Those that several entities share keep their names.
    """
    quads = list(quads)
    groups = {leaf: group for leaf, group in grouped(quads).items() if any(map(_blank, group))}
    uses = Counter(node for group in groups.values() for node in set().union(*map(_blank, group)))
    named: list[Quad] = []
    old: set[Quad] = set()
    for leaf, group in groups.items():
        if all(uses[node] == 1 for quad in group for node in _blank(quad)):
            dataset = Dataset(group)
            dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
            key = sha256(" ".join(leaf).encode()).hexdigest()[:16]
            named += (_renamed(quad, key) for quad in dataset)
            old.update(group)
    return [*(quad for quad in quads if quad not in old), *named]


def _blank(quad: Quad) -> set[BlankNode]:
    return {term for term in (quad.subject, quad.object) if isinstance(term, BlankNode)}


def _renamed(quad: Quad, key: str) -> Quad:
    subject = BlankNode(f"{key}{quad.subject.value}") if isinstance(quad.subject, BlankNode) else quad.subject
    object_ = BlankNode(f"{key}{quad.object.value}") if isinstance(quad.object, BlankNode) else quad.object
    return Quad(subject, quad.predicate, object_, quad.graph_name)


def root(hashes: Mapping[Leaf, str]) -> str:
    """The Merkle root (hex) of the leaves' hashes."""
    buckets: list[list[str]] = [[] for _ in range(256)]
    for (graph, entity), digest in hashes.items():
        key = f"{graph} {entity}"
        buckets[sha256(key.encode()).digest()[0]].append(f"{key} {digest}")
    return _digest(_digest("\n".join(sorted(bucket))) for bucket in buckets)


def _digest(lines: Iterable[str] | str) -> str:
    return sha256((lines if isinstance(lines, str) else "\n".join(lines)).encode()).hexdigest()


def _attach(graph: str, loose: list[Quad], groups: dict[Leaf, list[Quad]]) -> None:
    """Give each blank node's statements to the entity that leads to it."""
    owner = {q.object: leaf for leaf, quads in groups.items() if leaf[0] == graph for q in quads}
    pending = loose
    while pending:
        left = []
        for quad in pending:
            leaf = owner.get(quad.subject)
            if leaf is None:
                left.append(quad)
                continue
            groups[leaf].append(quad)
            owner.setdefault(quad.object, leaf)
        if len(left) == len(pending):
            groups[graph, ""] += left
            return
        pending = left


def written(group: list[Quad]) -> list[str]:
    """The statements of one entity as sorted N-Triples. Blank nodes have canonical names (RDFC-1.0)."""
    if any(isinstance(term, BlankNode) for quad in group for term in (quad.subject, quad.object)):
        dataset = Dataset(group)
        dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
        group = list(dataset)
    return sorted(f"{quad.subject} {quad.predicate} {quad.object} ." for quad in group)
