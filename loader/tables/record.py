"""A record: one node that a row describes, before it becomes triples; and the desk it is worked on."""

from __future__ import annotations

from dataclasses import dataclass, field

from loader.curated import Curated
from loader.namespaces import entity
from loader.tables.mapping import Mapping
from loader.tables.reader import Row


@dataclass(frozen=True)
class Record:
    """One node: which node of the mapping it is, its IRI, label, the entity whose file it goes to, its fields.

    `shared`: several rows may yield it; what an earlier one said of its provenance stays.
    """

    node: str
    iri: str
    label: str = ""
    owner: str = ""
    fields: dict[str, str | list[str]] = field(default_factory=dict)
    shared: bool = False


@dataclass(frozen=True)
class Desk:
    """What a reader works with: the curated files so far, the mapping, the page whose claims are imported."""

    curated: Curated
    mapping: Mapping
    page: str = ""

    @property
    def source(self) -> str:
        """The Source that the table is."""
        return entity("source", self.mapping.source)


def cells(row: Row) -> dict[str, str | list[str]]:
    """A row's cells as a record's fields."""
    return {column: row[column] for column in row.cells}
