"""The pages of releases: the list, and what changed from one to another. `comparisons` gives the same to programs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, render_template, request

from loader.namespaces import BASE
from server import comparisons, dereferencing, wording
from server.negotiation import HTML
from server.panels import Cell, cell
from server.serving import serving

blueprint = Blueprint("releases", __name__)


@dataclass(frozen=True)
class Line:
    """A statement that came or went: what it is about where that is a part of the entity, its property, its value."""

    part: str
    property: str
    value: Cell
    graph: Cell


@dataclass(frozen=True)
class Changed:
    """One entity that is not the same in both releases. `change` is created, changed or withdrawn."""

    entity: Cell
    change: str
    added: Sequence[Line]
    removed: Sequence[Line]


@blueprint.get("/releases.html")
def releases() -> Response:
    """All releases, newest first, each with the way to what it changed."""
    listed = [comparisons.described(each) for each in serving().shelf.releases()]
    return _page(render_template("releases.html", releases=listed))


@blueprint.get("/releases/<path:pair>.html")
def comparison(pair: str) -> Response:
    """What changed from one release to another."""
    entity = comparisons.entity_asked(request.query_string)
    page = dereferencing.page_number(request.query_string)
    path = f"{comparisons.PATH}/{pair}"
    found = json.loads(serving().asker.ask(comparisons.comparison(serving().shelf, path, entity, page)))
    changed = [_changed(each) for each in found["entities"]]
    narrowed = Cell(entity, "iri", wording.name(entity), wording.href(entity)) if entity else None
    told = {"found": found, "changed": changed, "path": path, "narrowed": narrowed, "base": BASE}
    return _page(render_template("comparison.html", **told))


def _changed(each: Mapping[str, Any]) -> Changed:
    iri = each["id"]
    href = wording.href(iri) if each["change"] != "withdrawn" else None
    entity = Cell(iri, "iri", each["label"] or wording.name(iri).removeprefix(BASE), href)
    added, removed = ([_line(iri, said) for said in each[word]] for word in ("added", "removed"))
    return Changed(entity, each["change"], added, removed)


def _line(iri: str, said: Mapping[str, Any]) -> Line:
    value = cell(said["object"])
    if "objectLabel" in said:
        value = Cell(value.value, value.kind, said["objectLabel"], value.href)
    graph = said["graph"]
    return Line(
        part=said["subject"].removeprefix(iri).removeprefix("#"),
        property=said["predicateLabel"] or wording.term(said["predicate"]),
        value=value,
        graph=Cell(graph, "iri", graph.removeprefix(f"{BASE}graph/"), wording.href(graph)),
    )


def _page(body: str) -> Response:
    response = Response(body, content_type=f"{HTML}; charset=utf-8")
    response.cache_control.no_cache = True
    response.headers["Vary"] = "Accept"
    response.add_etag(weak=True)
    response.make_conditional(request)
    return response
