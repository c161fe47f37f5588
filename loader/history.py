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


class Past:
    """The release that a new one follows, and what is known of it; none for the first."""

    def __init__(self, previous: Release | None) -> None:
        hashes = release.read_hashes(previous.path) if previous and previous.manifest.get("namespace") == BASE else None
        self.release = previous if hashes is not None else None
        self._hashes = hashes or {}

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

    def history(self, manifest: Mapping[str, Any], leaves: Mapping[Leaf, str], quads: Iterable[Quad]) -> Iterator[Quad]:
        """The graph graph/history of the release that `manifest` tells of, with these hashes and quads."""
        graph = NamedNode(HISTORY)
        if self.release:
            before = store.open_read_only(self.release.store_path)
            kinds = changes.changed({leaf: held.digest for leaf, held in self._hashes.items()}, leaves)
            found = changes.between(kinds, store.quads(before), quads) if kinds else []
            yield from store.quads(before, HISTORY)
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
