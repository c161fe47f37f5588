"""The page of an entity as JSON: what its HTML shows, and its statements as JSON-LD.

    {"id": "https://w3id.org/sarcograph/drug/trabectedin", "type": "Drug", "usedIn": …, "@included": [its parts],
     "title": "trabectedin", "panels": {"approvals": {"columns": […], "rows": […]}}, "incoming": […]}

Read with the published context (/context.jsonld), `id`, `type`, the ontology's words and CURIEs are the entity's own
statements, no more and no less. That context knows none of the other names: a reader of JSON-LD passes over them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from server.entity_page import EntityPage, Incoming, Note, Property, Value
from server.panels import Cell, Panel

Json = dict[str, Any]


def write(page: EntityPage, statements: bytes, version: str) -> str:
    """The document; `statements` are the entity's own as compact JSON-LD."""
    return json.dumps({**_own(statements), **_shown(page, version)}, ensure_ascii=False, indent=1) + "\n"


def _own(statements: bytes) -> Json:
    """The entity's node, with those of its parts included; the context is the published one."""
    document: Json = json.loads(statements)
    del document["@context"]
    entity, *parts = document.get("@graph", [document])
    return {**entity, "@included": parts} if parts else entity


def _shown(page: EntityPage, version: str) -> Json:
    return {
        "title": page.title,
        "kind": page.kind.path,
        "slug": page.slug,
        "release": version,
        "recalled": True if page.wholly_recalled else page.recalled,
        "statements": [_property(each) for each in page.statements],
        "provenance": [_property(each) for each in page.provenance],
        "notes": [_note(each) for each in page.notes],
        "panels": {key: _panel(each) for key, each in page.panels.items()},
        "incoming": [_incoming(each) for each in page.incoming],
    }


def _filled(entries: Mapping[str, Any]) -> Json:
    return {name: value for name, value in entries.items() if value not in (None, "", [], False)}


def cell(this: Cell) -> Json:
    """One value as it is shown."""
    own = {"label": this.label, "href": this.href, "datatype": this.datatype, "language": this.language}
    marks = {"unit": this.unit, "recalled": this.recalled, "parts": [cell(part) for part in this.parts]}
    return {"value": this.value, **_filled({**own, **marks})}


def _note(this: Note) -> Json:
    entries = {
        "id": this.id,
        "property": this.property,
        "label": this.label,
        "value": cell(this.value) if this.value else None,
        "confidence": cell(this.confidence) if this.confidence else None,
        "sources": [cell(each) for each in this.sources],
        "comment": this.comment,
        "seenIn": this.seen_in,
    }
    return _filled(entries)


def _value(this: Value) -> Json:
    parts = [_property(each) for each in this.statements]
    return {**cell(this.cell), **_filled({"notes": [_note(each) for each in this.notes], "statements": parts})}


def _property(this: Property) -> Json:
    values = [_value(each) for each in this.values]
    notes = {"definition": this.definition, "notes": [_note(each) for each in this.notes]}
    return {"property": this.iri, "label": this.label, **_filled(notes), "values": values}


def _panel(this: Panel) -> Json:
    rows: Sequence[Json] = [{name: cell(each) for name, each in row.items()} for row in this.rows]
    own = {"title": this.query.title, "columns": list(this.columns), "total": this.total}
    return {**own, "query": this.query.href, "rows": rows}


def _incoming(this: Incoming) -> Json:
    own = {"label": this.label, "total": this.total, "part": this.part, "query": this.href}
    return {**own, "entities": [cell(each) for each in this.entities]}
