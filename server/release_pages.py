"""The pages of releases: the list, and what changed from one to another. `comparisons` gives the same to programs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, render_template, request

from loader.namespaces import BASE
from server import cache, comparisons, dereferencing, wording
from server.dereferencing import Edition, Thing
from server.negotiation import Format, documents
from server.panels import Cell, cell
from server.serving import serving

blueprint = Blueprint("releases", __name__)

_HTML: Format = documents(("html",))[0]


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
    return _page(comparisons.LIST, "releases.html", releases=listed)


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
    return _page(comparisons.compared(path, entity), "comparison.html", page, found["pages"], **told)


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
        property=said["predicateLabel"],
        value=value,
        graph=Cell(graph, "iri", graph.removeprefix(f"{BASE}graph/"), wording.href(graph)),
    )


def _page(thing: Thing, template: str, page: int = 1, pages: int = 1, **told: Any) -> Response:
    """A page with the headers and links that the same has as data."""
    here = serving()
    asked = Edition(here.release.version if here.pinned else None, page, pages)
    body = render_template(template, links=dereferencing.links(thing, _HTML, asked), **told)
    headers = dereferencing.headers(here.release, thing, _HTML, asked, cache.tag(here.release, "releases", body))
    headers["Vary"] = "Accept"  # what compresses it adds its own
    headers.pop("Last-Modified")  # the list grows without its release
    response = Response(body, 200, headers)
    response.make_conditional(request)
    return response
