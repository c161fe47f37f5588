"""The page of an entity, as data: what is stated of it with its provenance, what points to it, its panels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, repeat

from loader.errors import UnknownEntityError
from loader.kinds import KINDS, Kind
from loader.namespaces import entity, expand
from server import queries, wording
from server.panels import Cell, Panel, Row, ask, laid_out
from server.serving import Serving

_PROVENANCE = ("dcterms:source", "sg:seenIn", "sg:confidence")
_TITLE = ("rdf:type", "skos:prefLabel")
_DERIVED = ("Earliest", "Latest")


@dataclass(frozen=True)
class Note:
    """Where one property, or one value of it, differs in source or confidence. `id` is its fragment."""

    id: str
    property: str
    label: str
    value: Cell | None
    confidence: Cell | None
    sources: Sequence[Cell]
    comment: str
    seen_in: str


@dataclass(frozen=True)
class Value:
    """One value, the notes that concern it alone, and, where it is a fragment of the entity, what is stated of it."""

    cell: Cell
    notes: Sequence[Note] = ()
    fragment: str = ""
    statements: Sequence[Property] = ()


@dataclass(frozen=True)
class Property:
    """The values that one property has."""

    iri: str
    label: str
    definition: str
    values: Sequence[Value]
    notes: Sequence[Note] = ()


@dataclass(frozen=True)
class Incoming:
    """The entities that point to this one by one property: the first of them, and how many there are in all.

    `part` says that they are parts of this entity, which live in its file. `href` is the query for all of them.
    """

    label: str
    entities: Sequence[Cell]
    total: int
    part: bool
    href: str


@dataclass(frozen=True)
class EntityPage:
    """All that the page of one entity shows."""

    iri: str
    kind: Kind
    slug: str
    title: str
    classes: Sequence[Cell]
    statements: Sequence[Property]
    provenance: Sequence[Property]
    notes: Sequence[Note]
    incoming: Sequence[Incoming]
    panels: dict[str, Panel] = field(default_factory=dict)

    @property
    def recalled(self) -> list[str]:
        """The names of the properties that are recalled although the entity may be verified."""
        noted = [note for each in (*self.statements, *self.provenance) for note in _all_notes(each)]
        recalled = [note for note in (*noted, *self.notes) if note.confidence and note.confidence.badge == "recalled"]
        return list(dict.fromkeys(note.label for note in recalled))

    @property
    def wholly_recalled(self) -> bool:
        """Whether the entity itself is recalled."""
        return any(cell.badge == "recalled" for cell in self.values("sg:confidence"))

    def recalls(self, curie: str) -> bool:
        """Whether one property, such as `sg:ciLower`, is recalled."""
        noted = (note for each in self.statements if each.iri == expand(curie) for note in _all_notes(each))
        return any(note.confidence is not None and note.confidence.badge == "recalled" for note in noted)

    def values(self, curie: str) -> list[Cell]:
        """The values of one property, such as `sg:verdict`."""
        found = (each for each in (*self.statements, *self.provenance) if each.iri == expand(curie))
        return [value.cell for each in found for value in each.values]


def _all_notes(property_: Property) -> list[Note]:
    return [*property_.notes, *(note for value in property_.values for note in value.notes)]


def read(serving: Serving, kind: Kind, slug: str) -> EntityPage | None:
    """The page of an entity, or None where nothing is stated of it. Raises WithdrawnError."""
    iri = entity(kind.path, slug)
    panels = queries.panels_of(kind.path)
    first = (queries.read(f"entity/{name}") for name in ("statements", "notes", "incoming"))
    asked = [query.bind(entity=queries.iri(iri)) for query in (*first, *panels)]
    try:
        statements, noted, incoming, *answers = ask(serving, *asked, about=iri)
    except UnknownEntityError:
        return None
    notes = _notes(noted.rows)
    properties = _properties(iri, statements.rows, notes)
    named = [each for each in properties if each.iri == expand("skos:prefLabel")]
    types = [each for each in properties if each.iri == expand("rdf:type")]
    hidden = {expand(curie) for curie in (*_PROVENANCE, *_TITLE)}
    shown = {id(note) for each in properties for value in each.values for note in value.notes}
    shown |= {id(note) for each in properties if each.iri not in hidden for note in each.notes}
    return EntityPage(
        iri=iri,
        kind=kind,
        slug=slug,
        title=named[0].values[0].cell.label if named else slug,
        classes=[value.cell for each in types for value in each.values],
        statements=[each for each in properties if each.iri not in hidden],
        provenance=[each for each in properties if each.iri in {expand(curie) for curie in _PROVENANCE}],
        notes=[note for note in notes if id(note) not in shown],
        incoming=_incoming(iri, incoming.rows),
        panels={found.key: found for found in map(laid_out, asked[3:], answers, repeat(iri)) if _shows(found)},
    )


def _shows(found: Panel) -> bool:
    return bool(found.rows) or not found.query.hidden_when_empty


def _notes(found: Sequence[Row]) -> list[Note]:
    notes = []
    for _, run in groupby(found, key=lambda row: row["note"].value):
        group = list(run)
        first = group[0]
        sources = [_labelled(row, "source") for row in group if "source" in row]
        notes.append(
            Note(
                id=first["note"].value.partition("#")[2],
                property=first["property"].value,
                label=_label(first, "property"),
                value=first.get("value"),
                confidence=_labelled(first, "confidence") if "confidence" in first else None,
                sources=list({cell.value: cell for cell in sources}.values()),
                comment=first["comment"].label if "comment" in first else "",
                seen_in=first["seenIn"].label if "seenIn" in first else "",
            )
        )
    return notes


def _labelled(row: Row, name: str) -> Cell:
    return replace(row[name], label=row[f"{name}Label"].label) if f"{name}Label" in row else row[name]


def _label(row: Row, name: str) -> str:
    return row[f"{name}Label"].label if f"{name}Label" in row else wording.term(row[name].value)


def _properties(iri: str, stated: Sequence[Row], notes: Sequence[Note]) -> list[Property]:
    """What is stated of the entity; what is stated of its fragments stands where they are values."""
    fragments = {
        subject: list(run) for subject, run in groupby(stated, key=lambda row: row["subject"].value) if subject != iri
    }

    def value(row: Row) -> Value:
        cell = _labelled(row, "value")
        own = [note for note in notes if note.property == row["property"].value and _is_on(note, cell)]
        if any(_derives(row["property"].value, note) for note in notes):
            cell = replace(cell, recalled=True)
        if cell.kind == "literal":
            cell = replace(cell, href=wording.place(row["property"].value, cell.value))
        if cell.value not in fragments:
            return Value(cell, own)
        said = [row for row in fragments[cell.value] if row["property"].value != expand("rdf:type")]
        return Value(cell, own, cell.value.partition("#")[2], _group(said, _plain, ()))

    return _group([row for row in stated if row["subject"].value == iri], value, notes)


def _derives(iri: str, note: Note) -> bool:
    """Whether a property is one that the build derives from one that is recalled: the span of a date."""
    recalled = note.confidence is not None and note.confidence.badge == "recalled"
    return recalled and iri in [f"{note.property}{suffix}" for suffix in _DERIVED]


def _plain(row: Row) -> Value:
    return Value(_labelled(row, "value"))


def _is_on(note: Note, cell: Cell) -> bool:
    return note.value is not None and note.value.value == cell.value


def _group(stated: Sequence[Row], value: Callable[[Row], Value], notes: Sequence[Note]) -> list[Property]:
    properties = []
    for iri, run in groupby(stated, key=lambda row: row["property"].value):
        group = list(run)
        on_all = [note for note in notes if note.property == iri and note.value is None]
        definition = group[0]["propertyDefinition"].label if "propertyDefinition" in group[0] else ""
        properties.append(
            Property(iri, _label(group[0], "property"), definition, [value(row) for row in group], on_all)
        )
    return sorted(properties, key=_place)


def _place(property_: Property) -> tuple[int, int, str]:
    first = [expand(curie) for curie in wording.FIRST]
    derived = property_.iri.endswith(_DERIVED)
    return derived, first.index(property_.iri) if property_.iri in first else len(first), property_.label.lower()


def _incoming(iri: str, found: Sequence[Row]) -> list[Incoming]:
    owning = {expand(kind.owner) for kind in KINDS.values() if kind.owner and not kind.owner.startswith("^")}
    groups = []
    for property_, run in groupby(found, key=lambda row: row["property"].value):
        group = list(run)
        query = queries.read("entity/pointing").bind(entity=queries.iri(iri), property=queries.iri(property_))
        groups.append(
            Incoming(
                label=_label(group[0], "property"),
                entities=[_labelled(row, "subject") for row in group],
                total=int(group[0]["count"].value),
                part=property_ in owning,
                href=query.href,
            )
        )
    return sorted(groups, key=lambda each: (not each.part, each.label))
