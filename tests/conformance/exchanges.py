"""Requests as the W3C manifests of protocols describe them, sent to a running server."""

from __future__ import annotations

import http.client
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import w3c
from pyoxigraph import NamedNode, Quad, Triple
from running import VERSION, Answer
from w3c import MF, RDF, Graph, Node

from loader import store

HT = "http://www.w3.org/2011/http#"
CNT = "http://www.w3.org/2011/content#"


@dataclass(frozen=True)
class Step:
    """A request and what is expected of its answer: statuses by their names (`StatusCode4xx`, `NotFound`), the truth,
    the kind of format, the body."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes | None
    statuses: frozenset[str]
    truth: str
    format: str
    answer: str

    def send(self, url: str, path: str = "") -> Answer:
        """Send it, perhaps to another path."""
        return send(url, self.method, path or self.path, self.body, self.headers)


def send(
    url: str, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> Answer:
    """The answer to a request, with no header but those given."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    try:
        connection.request(method, path, body, dict(headers or {}))
        response = connection.getresponse()
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
    finally:
        connection.close()


@cache
def tests(path: str) -> dict[str, list[Step]]:
    """The requests of each test of a manifest."""
    if path not in w3c.files():
        return {}
    graph = w3c.graph(path)
    found = {}
    for this in graph.subjects(RDF + "type", NamedNode(MF + "Manifest")):
        for test in graph.members(this, MF + "entries"):
            assert isinstance(test, NamedNode)
            requests = graph.members(test, MF + "action", HT + "requests")
            found[test.value.rpartition("#")[2]] = [_step(graph, request) for request in requests]
    return found


def _step(graph: Graph, request: Node) -> Step:
    coding = graph.text(request, HT + "body", CNT + "characterEncoding") or "UTF-8"
    body = graph.text(request, HT + "body", CNT + "chars")
    headers = graph.members(request, HT + "headers")
    statuses = graph.all(request, HT + "resp", MF + "expectedStatus")
    return Step(
        graph.text(request, HT + "methodName"),
        graph.text(request, HT + "absolutePath"),
        {graph.text(header, HT + "fieldName"): graph.text(header, HT + "fieldValue") for header in headers},
        body.encode(coding) if body else None,
        frozenset(status.value.rpartition("#")[2] for status in statuses if not isinstance(status, Triple)),
        graph.text(request, HT + "resp", MF + "expectedBoolean"),
        graph.text(request, HT + "resp", MF + "expectedFormat"),
        graph.text(request, HT + "resp", HT + "body", CNT + "chars"),
    )


def make_home(folder: Path, quads: Iterable[Quad]) -> Path:
    """A folder of releases with one release that holds the quads."""
    held = list(quads)
    path = folder / "releases" / VERSION
    path.mkdir(parents=True)
    store.write(path / "store", held)
    graphs = Counter(quad.graph_name.value for quad in held if isinstance(quad.graph_name, NamedNode))
    manifest = {
        "version": VERSION,
        "created": "2026-11-24T10:00:00Z",
        "content_hash": "0" * 64,
        "code_version": "0",
        "triples": len(held),
        "counts": {},
        "graphs": graphs,
        "validation": {"violations": 0, "warnings": 0},
    }
    (path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (folder / "current").write_text(VERSION + "\n", encoding="utf-8")
    return folder
