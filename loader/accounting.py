"""Whether every row of every imported table is accounted for: in the graph, or rejected with a reason.

A table's Source says how many rows it has, what a row describes, and which rows were rejected (`sg:rowCount`,
`sg:rowClass`, `sg:rejection`); the graph says how many such entities name the table as their source.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import rdflib
from rdflib.namespace import DCTERMS, RDF

from loader.namespaces import compress, expand

_ROWS, _CLASS, _REJECTION = (rdflib.URIRef(expand(f"sg:{name}")) for name in ("rowCount", "rowClass", "rejection"))


@dataclass(frozen=True)
class Account:
    """One table: its Source's slug, the class of what its rows describe, its rows by fate."""

    table: str
    describes: str
    rows: int
    entered: int
    rejections: tuple[str, ...]

    @property
    def missing(self) -> int:
        """Rows that are neither in nor rejected; negative where the graph holds more than the table."""
        return self.rows - self.entered - len(self.rejections)

    def line(self) -> str:
        """Such as: dossier-trials: 38 rows, 38 in, 0 rejected."""
        told = f"{self.table}: {self.rows} rows, {self.entered} in, {len(self.rejections)} rejected"
        if self.missing > 0:
            return f"{told}, {self.missing} UNACCOUNTED FOR"
        return f"{told}, {-self.missing} in that no row is for" if self.missing else told

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"missing": self.missing}


def accounts(graph: rdflib.Graph) -> list[Account]:
    """The account of every table whose whole was imported, by its Source's slug."""
    return sorted((_account(graph, source) for source in graph.subjects(_ROWS)), key=lambda account: account.table)


def _account(graph: rdflib.Graph, source: rdflib.term.Node) -> Account:
    cls = graph.value(source, _CLASS)
    entered = {entity for entity in graph.subjects(DCTERMS.source, source) if (entity, RDF.type, cls) in graph}
    rejections = sorted(str(reason) for reason in graph.objects(source, _REJECTION))
    rows = int(str(graph.value(source, _ROWS)))
    name = str(source).rpartition("/")[2]
    return Account(name, compress(str(cls)) or str(cls), rows, len(entered), tuple(rejections))
