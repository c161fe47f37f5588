"""What a record states: its fields as properties, its provenance, and a note for each recalled cell."""

from __future__ import annotations

import re

from pyoxigraph import NamedNode, Triple

from loader.errors import RejectedRow
from loader.namespaces import entity, slug, split_entity
from loader.tables.forms import read as read_value
from loader.tables.mapping import Field, Node
from loader.tables.reader import Row, split
from loader.tables.record import Desk, Record
from loader.terms import Term, english, named, text

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_RECALLED = re.compile(r"\s*;?\s*recalled(?: cells)?:\s*([^;]*)")


def statements(record: Record, row: Row, desk: Desk) -> list[Triple]:
    """The triples of one record. Raises RejectedRow for a cell whose value does not fit its form."""
    node = desk.mapping.nodes[record.node]
    subject = NamedNode(record.iri)
    recalled = _recalled(row)
    said = [Triple(subject, named("rdf:type"), named(node.cls))]
    for field in node.fields:
        values = [read_value(v, field.form, field.column, desk.curated) for v in _values(record, field)]
        said += [Triple(subject, named(field.property), value) for value in values]
        if values and field.column in recalled and not record.shared:
            said += _note(record, node, field, values, desk.source, recalled[field.column])
    if node.entity:
        said += _provenance(record, row, desk)
    if node.remark and "" in recalled:
        said += _remark(f"{record.iri}#note-{_local(node.remark)}", node.remark, desk.source, recalled[""])
    return said


def _values(record: Record, field: Field) -> list[str]:
    value = record.fields.get(field.name, "")
    if isinstance(value, list):
        return [part for part in value if part]
    return split(value) if field.many else [value] if value else []


def _provenance(record: Record, row: Row, desk: Desk) -> list[Triple]:
    subject = NamedNode(record.iri)
    _, name = split_entity(record.iri) or ("", "")
    if not _SLUG.fullmatch(name):
        raise RejectedRow(None, f"the cell that names the entity is empty: <{record.iri}> is no entity's address")
    if not record.label:
        raise RejectedRow(None, f"skos:prefLabel would be empty: nothing says what <{record.iri}> is called")
    confidence = read_value(row["confidence"], "concept:confidence", "confidence", desk.curated)
    said = [
        Triple(subject, named("skos:prefLabel"), english(record.label)),
        Triple(subject, named("dcterms:identifier"), text(name)),
        Triple(subject, named("dcterms:source"), NamedNode(desk.source)),
        Triple(subject, named("sg:confidence"), confidence),
    ]
    seen = _RECALLED.sub("", row["seen_in"]).strip()
    return [*said, Triple(subject, named("sg:seenIn"), text(seen))] if seen else said


def _recalled(row: Row) -> dict[str, str]:
    """The recalled cells of a row: column to detail; under the empty name what names no column."""
    found: dict[str, str] = {}
    for listed in _RECALLED.findall(row["seen_in"]):
        for item in (part.strip() for part in listed.split(",")):
            word, _, detail = item.partition(" ")
            column = _column(word, row)
            if column:
                found[column] = detail
            elif item:
                found[""] = "; ".join(part for part in (found.get("", ""), item) if part)
    return found


def _column(word: str, row: Row) -> str | None:
    """The column that a word names, in full or by its beginning (`icdo3` for `icdo3_morphology`)."""
    fitting = [column for column in row.cells if column.startswith(f"{word}_")]
    return word if word in row.cells else fitting[0] if len(fitting) == 1 else None


def _note(record: Record, node: Node, field: Field, values: list[Term], source: str, detail: str) -> list[Triple]:
    """That one statement of a verified row is recalled, such as:

    <trial/t-sar#note-registryId> a sg:Note ;
        sg:onProperty sg:registryId ;
        sg:onValue "NCT02672527" ;
        sg:confidence <concept/confidence/recalled> ;
        dcterms:source <source/dossier-trials> .
    """
    alone = sum(other.property == field.property for other in node.fields) == 1
    iri = f"{record.iri}#note-{_local(field.property)}" + ("" if alone else f"-{slug(field.column)}")
    said = _remark(iri, field.property, source, detail)
    if field.many or not alone:
        said += [Triple(NamedNode(iri), named("sg:onValue"), value) for value in values]
    return said


def _remark(iri: str, property_: str, source: str, detail: str) -> list[Triple]:
    note = NamedNode(iri)
    said = [
        Triple(note, named("rdf:type"), named("sg:Note")),
        Triple(note, named("sg:onProperty"), named(property_)),
        Triple(note, named("sg:confidence"), NamedNode(entity("concept", "confidence/recalled"))),
        Triple(note, named("dcterms:source"), NamedNode(source)),
    ]
    return [*said, Triple(note, named("rdfs:comment"), english(f"Recalled: {detail}."))] if detail else said


def _local(curie: str) -> str:
    return curie.partition(":")[2]
