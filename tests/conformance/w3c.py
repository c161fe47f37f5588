"""The W3C test suites of SPARQL, read from their archive: manifests as cases, and the files they name."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Triple, parse

ARCHIVE = Path(__file__).resolve().parents[3] / "shared" / "conformance" / "w3c-rdf-tests.tar.gz"
needs_archive = pytest.mark.skipif(not ARCHIVE.exists(), reason=f"the W3C test suites, {ARCHIVE.name}, are not here")
marks = [pytest.mark.conformance, needs_archive]

BASE = "https://w3c.github.io/rdf-tests/sparql/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
QT = "http://www.w3.org/2001/sw/DataAccess/tests/test-query#"
UT = "http://www.w3.org/2009/sparql/tests/test-update#"
SUITES = ("sparql10", "sparql11", "sparql12")

Node = NamedNode | BlankNode | Literal | Triple


class Graph:
    """Triples of a Turtle file, asked by subject and property."""

    def __init__(self, text: bytes, iri: str, form: RdfFormat = RdfFormat.TURTLE) -> None:
        self._objects: dict[tuple[object, str], list[Node]] = {}
        self._subjects: dict[tuple[str, object], list[Node]] = {}
        for quad in parse(text, form, base_iri=iri):
            self._objects.setdefault((quad.subject, quad.predicate.value), []).append(quad.object)
            self._subjects.setdefault((quad.predicate.value, quad.object), []).append(quad.subject)

    def all(self, subject: Node, *path: str) -> list[Node]:
        """The objects at the end of a path of properties."""
        found = [subject]
        for step in path:
            found = [value for each in found for value in self._objects.get((each, step), [])]
        return found

    def one(self, subject: Node, *path: str) -> Node | None:
        """The object at the end of a path, if there is one."""
        return next(iter(self.all(subject, *path)), None)

    def text(self, subject: Node, *path: str) -> str:
        """The text of the object at the end of a path, empty without one."""
        found = self.one(subject, *path)
        return found.value if found is not None and not isinstance(found, Triple) else ""

    def subjects(self, property: str, value: object) -> list[Node]:
        """What has a property with a value."""
        return self._subjects.get((property, value), [])

    def members(self, subject: Node, *path: str) -> Iterator[Node]:
        """The members of the lists at the end of a path."""
        for rest in self.all(subject, *path):
            at: Node | None = rest
            while at is not None and at != NamedNode(RDF + "nil"):
                yield from self.all(at, RDF + "first")
                at = self.one(at, RDF + "rest")


@dataclass(frozen=True)
class Case:
    """A test of a manifest. Paths are relative to the suites: `sparql11/bind/bind01.rq`."""

    name: str
    kind: str
    query: str
    result: str
    data: tuple[str, ...]
    graph_data: tuple[str, ...]

    @property
    def text(self) -> str:
        """The query, with what its relative IRIs are relative to."""
        return f"BASE <{BASE}{self.query}>\n{read(self.query).decode()}"

    @property
    def from_data(self) -> tuple[str, ...]:
        """The files of its folder that the query itself names, where the manifest gives it none."""
        if self.data or self.graph_data or not self.query:
            return ()
        folder, text = self.query.rpartition("/")[0], read(self.query).decode()
        near = (path for path in files() if path.rpartition("/")[0] == folder and path.endswith(".ttl"))
        return tuple(path for path in near if f"<{path.removeprefix(folder + '/')}>" in text)


@cache
def files() -> dict[str, bytes]:
    """The files of the SPARQL suites, by path; none where the archive is absent."""
    if not ARCHIVE.exists():
        return {}
    with tarfile.open(ARCHIVE) as archive:
        held = ((member.name, archive.extractfile(member)) for member in archive if member.name.startswith("sparql/"))
        return {name.removeprefix("sparql/"): file.read() for name, file in held if file}


def read(path: str) -> bytes:
    """The bytes of a file."""
    return files()[path]


def graph(path: str) -> Graph:
    """The triples of a file of RDF, which may be RDF/XML."""
    return Graph(read(path), BASE + path, format_of(path))


def format_of(path: str) -> RdfFormat:
    """The format of a file of RDF, by its suffix."""
    form = RdfFormat.from_extension(path.rpartition(".")[2])
    assert form, path
    return form


@cache
def cases() -> tuple[Case, ...]:
    """All tests that the manifests of the suites list."""
    found = [case for suite in SUITES for case in _cases(f"{suite}/manifest.ttl")]
    return tuple({case.name: case for case in found}.values())


def of_kind(*kinds: str, suffix: str = "") -> list[object]:
    """The cases whose kind begins with one of the words, as parameters of a test."""
    found = (case for case in cases() if case.kind.startswith(kinds) and case.query.endswith(suffix))
    return [pytest.param(case, id=_short(case.name)) for case in found]


def _short(name: str) -> str:
    return (
        name.removeprefix("sparql")
        .replace("syntax-triple-terms", "syntax")
        .replace("dawg-", "")
        .replace("-not-simplified", "-n")
    )


def _cases(path: str) -> Iterator[Case]:
    if path not in files():
        return
    manifest = graph(path)
    for this in manifest.subjects(RDF + "type", NamedNode(MF + "Manifest")):
        for other in manifest.members(this, MF + "include"):
            yield from _cases(_path(other))
        for test in manifest.members(this, MF + "entries"):
            yield _case(manifest, test, path)


def _case(manifest: Graph, test: Node, path: str) -> Case:
    assert isinstance(test, NamedNode)
    folder = path.rpartition("/")[0]
    name = test.value.rpartition("#")[2].rpartition("/")[2]
    action = manifest.one(test, MF + "action")
    query = action if isinstance(action, NamedNode) else manifest.one(test, MF + "action", QT + "query")
    query = query or manifest.one(test, MF + "action", UT + "request")
    result = manifest.one(test, MF + "result")
    return Case(
        f"{folder}/{name}",
        manifest.text(test, RDF + "type").rpartition("#")[2],
        _path(query) if query else "",
        _path(result) if isinstance(result, NamedNode) else "",
        tuple(map(_path, manifest.all(test, MF + "action", QT + "data"))),
        tuple(map(_path, manifest.all(test, MF + "action", QT + "graphData"))),
    )


def _path(node: Node) -> str:
    assert isinstance(node, NamedNode)
    return node.value.removeprefix(BASE)


def quads(path: str) -> Iterator[Quad]:
    """The triples of a file of data, in the graph of its name; graphs that it names itself stay what they are."""
    here = NamedNode(BASE + path)
    for quad in parse(read(path), format_of(path), base_iri=BASE + path, rename_blank_nodes=True):
        own = isinstance(quad.graph_name, DefaultGraph)
        yield Quad(quad.subject, quad.predicate, quad.object, here if own else quad.graph_name)
