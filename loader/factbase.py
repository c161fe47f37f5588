"""The facts as read from their folders: every file, the named graph it belongs to, and where each statement stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import rdflib
from pyoxigraph import NamedNode, Quad

from loader import turtle
from loader.canonical import own_entity
from loader.derive import derive
from loader.errors import DuplicateEntityError, FactError, FactsError, MisplacedEntityError
from loader.namespaces import GRAPH, owner_of
from loader.places import Facts
from loader.translation import RdflibTriple, rdflib_triple, triple_from_rdflib
from loader.turtle import TurtleFile

ONTOLOGY, SCHEMES, SHAPES, CURATED = (GRAPH + name for name in ("ontology", "schemes", "shapes", "curated"))


@dataclass(frozen=True)
class Factbase:
    """All files of ontology/, shapes/ and data/, by the IRI of their named graph."""

    places: Facts
    files: dict[str, tuple[TurtleFile, ...]]

    @cached_property
    def derived(self) -> list[RdflibTriple]:
        """What the build adds to the curated graph."""
        return derive(_union(self._stated()))

    @cached_property
    def data(self) -> rdflib.Graph:
        """What is validated: data, schemes and ontology together, with what the build derives."""
        graph = _union(self._stated())
        for triple in self.derived:
            graph.add(triple)
        return graph

    @cached_property
    def shapes(self) -> rdflib.Graph:
        """The shapes as one graph."""
        return _union(self.files[SHAPES])

    def _stated(self) -> Iterator[TurtleFile]:
        return (file for name, files in self.files.items() if name != SHAPES for file in files)

    @property
    def checks(self) -> list[Path]:
        """The queries any row of which is a fault."""
        return sorted((self.places.shapes / "checks").glob("*.rq"))

    def quads(self) -> Iterator[Quad]:
        """Every stated triple in its graph, then the derived ones in the curated graph."""
        for name, files in self.files.items():
            graph = NamedNode(name)
            for file in files:
                yield from (Quad(t.subject, t.predicate, t.object, graph) for t in file.triples)
        for triple in map(triple_from_rdflib, self.derived):
            yield Quad(triple.subject, triple.predicate, triple.object, NamedNode(CURATED))

    def locate(
        self,
        subject: rdflib.term.Node,
        predicate: rdflib.term.Node | None = None,
        object_: rdflib.term.Node | None = None,
    ) -> tuple[Path, int] | None:
        """File and line of a statement, or of the nearest thing to it that a file says."""
        file = self._homes.get(owner_of(str(subject)))
        line = file.line_of(subject, predicate, object_) if file else None
        return (file.path, line) if file and line else None

    @cached_property
    def _homes(self) -> dict[str, TurtleFile]:
        return {iri: file for files in self.files.values() for file in files for iri in _owners(file)}


def _union(files: Iterable[TurtleFile]) -> rdflib.Graph:
    graph = rdflib.Graph()
    for file in files:
        for triple in file.triples:
            graph.add(rdflib_triple(triple))
    return graph


def read(places: Facts) -> Factbase:
    """Read every fact file. Raises FactsError with every fault found: syntax, prefixes, places, doubled entities."""
    faults: list[FactError] = []
    files: dict[str, tuple[TurtleFile, ...]] = {}
    for name, paths in _paths(places).items():
        files[name] = tuple(file for path in paths if (file := _read(path, faults)))
    data = [file for name, group in files.items() if name not in (ONTOLOGY, SCHEMES, SHAPES) for file in group]
    faults += _misplaced(data)
    if faults:
        raise FactsError(faults)
    return Factbase(places, files)


def read_shapes(places: Facts) -> rdflib.Graph:
    """The shapes alone, as one graph."""
    return Factbase(places, {SHAPES: tuple(turtle.read(path) for path in sorted(places.shapes.glob("*.ttl")))}).shapes


def _paths(places: Facts) -> dict[str, list[Path]]:
    ontology = [p for p in sorted(places.ontology.glob("*.ttl")) if p.name != "prefixes.ttl"]
    groups = {
        ONTOLOGY: ontology + sorted((places.ontology / "mappings").glob("*.ttl")),
        SCHEMES: sorted((places.ontology / "schemes").glob("*.ttl")),
        SHAPES: sorted(places.shapes.glob("*.ttl")),
        CURATED: sorted((places.data / "curated").rglob("*.ttl")),
    }
    sources = sorted((places.data / "sources").glob("*.ttl"))
    return groups | {f"{GRAPH}source/{path.stem}": [path] for path in sources}


def _read(path: Path, faults: list[FactError]) -> TurtleFile | None:
    try:
        return turtle.read(path)
    except FactError as fault:
        faults.append(fault)
        return None


def _owners(file: TurtleFile) -> Iterable[str]:
    return dict.fromkeys(owner_of(t.subject.value) for t in file.triples if isinstance(t.subject, NamedNode))


def _misplaced(files: Iterable[TurtleFile]) -> Iterator[FactError]:
    homes: dict[str, TurtleFile] = {}
    for file in files:
        owners = list(_owners(file))
        if own_entity(file.path) not in owners:
            yield MisplacedEntityError(file.path, own_entity(file.path))
        for iri in owners:
            other = homes.setdefault(iri, file)
            if other is not file:
                node = rdflib.URIRef(iri)
                yield DuplicateEntityError(file.path, file.line_of(node), iri, other.path, other.line_of(node))
