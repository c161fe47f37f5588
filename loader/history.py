"""The history of the facts as data: each release's graph/history is that of the one before it, and what it adds.

    <release/2026-11-25.1> prov:wasRevisionOf <release/2026-11-24.1> ;
        prov:wasGeneratedBy <release/2026-11-25.1#build> .
    <release/2026-11-25.1#drug/x> a sg:Change ; sg:changeOf <drug/x> ; sg:changedIn <release/2026-11-25.1> ; … .

A statement that came or went takes some seven triples. The first release has its build alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pyoxigraph import NamedNode, Quad, Triple

from loader import changes, release, store
from loader.changes import Change
from loader.hashing import Leaf
from loader.namespaces import BASE, GRAPH, RELEASE
from loader.release import Hash, Release
from loader.terms import english, named, typed

HISTORY = f"{GRAPH}history"

_DEPRECATED = str(named("owl:deprecated"))
_NAMES = (named("skos:prefLabel"), named("skos:altLabel"))


class Past:
    """The release that a new one follows, and what is known of it; none for the first."""

    def __init__(self, previous: Release | None) -> None:
        hashes = release.read_hashes(previous.path) if previous and previous.manifest.get("namespace") == BASE else None
        self.release = previous if hashes is not None else None
        self._hashes = hashes or {}
        self._store = store.open_read_only(self.release.store_path) if self.release else None

    @property
    def version(self) -> str | None:
        """Its version."""
        return self.release.version if self.release else None

    def since(self, version: str, leaves: Mapping[Leaf, str]) -> dict[Leaf, Hash]:
        """The hashes of the release `version`, each with the version that first had it as it is."""
        held = {leaf: self._hashes.get(leaf) for leaf in leaves}
        return {
            leaf: known if (known := held[leaf]) and known.digest == digest else Hash(digest, version)
            for leaf, digest in leaves.items()
        }

    def changes(self, leaves: Mapping[Leaf, str], quads: list[Quad]) -> list[Change]:
        """What is not the same any more in a release of these hashes and quads."""
        if self._store is None:
            return []
        digests = {leaf: held.digest for leaf, held in self._hashes.items()}
        gone = changes.tombstoned(self._store.quads_for_pattern(None, named("owl:deprecated"), None, None))
        kinds = changes.changed(digests, leaves, gone, changes.tombstoned(quads))
        return changes.between(kinds, store.quads(self._store), quads) if kinds else []

    def reused(self, found: Iterable[Change]) -> Iterator[tuple[str, set[str]]]:
        """The entities that come back, after they were withdrawn, with none of their names; and what these were."""
        for change in found:
            back = change.kind == "created" or any(_DEPRECATED in statement.triple for statement in change.removed)
            once = set(self._names(change.entity)) if back and self._store is not None else set()
            kept = tuple(f"{word} {name} ." for name in once for word in _NAMES)
            if once and not any(statement.triple.endswith(kept) for statement in change.added):
                yield change.entity, once

    def _names(self, entity: str) -> Iterator[str]:
        """What an entity was called, by the history: literals as N-Triples spell them."""
        assert self._store is not None
        for quad in self._store.quads_for_pattern(None, named("rdf:subject"), NamedNode(entity), NamedNode(HISTORY)):
            said = {
                q.predicate: q.object for q in self._store.quads_for_pattern(quad.subject, None, None, quad.graph_name)
            }
            if said.get(named("rdf:predicate")) in _NAMES:
                yield str(said[named("rdf:object")])

    def history(self, manifest: Mapping[str, Any], found: Iterable[Change]) -> Iterator[Quad]:
        """The graph graph/history of the release that `manifest` tells of, in which these changes are found."""
        graph = NamedNode(HISTORY)
        if self._store is not None:
            yield from store.quads(self._store, HISTORY)
            for triple in _changed(manifest["version"], found):
                yield Quad(triple.subject, triple.predicate, triple.object, graph)
        for triple in _activity(manifest):
            yield Quad(triple.subject, triple.predicate, triple.object, graph)


def _activity(manifest: Mapping[str, Any]) -> Iterator[Triple]:
    this = NamedNode(RELEASE + manifest["version"])
    activity = NamedNode(f"{this.value}#build")
    yield Triple(activity, named("rdf:type"), named("prov:Activity"))
    yield Triple(activity, named("rdfs:label"), english(f"build of release {manifest['version']}"))
    yield Triple(activity, named("prov:endedAtTime"), typed(manifest["created"], "xsd:dateTime"))
    yield Triple(this, named("prov:wasGeneratedBy"), activity)
    if manifest["previous"]:
        yield Triple(this, named("prov:wasRevisionOf"), NamedNode(RELEASE + manifest["previous"]))


def _changed(version: str, found: Iterable[Change]) -> Iterator[Triple]:
    this = NamedNode(RELEASE + version)
    for change in found:
        described = list(changes.described(this.value, change))
        yield from described
        yield Triple(described[0].subject, named("sg:changedIn"), this)
