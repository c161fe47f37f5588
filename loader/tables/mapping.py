"""The declared mapping of a table: its columns, and how the fields of each node become properties."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from loader.errors import UnknownTableError

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Field:
    """One field of a node: the property (a CURIE), the form of its values, the column it comes from.

    `many`: the cell holds several values, `|` between them.
    """

    name: str
    property: str
    form: str
    column: str
    many: bool = False


@dataclass(frozen=True)
class Node:
    """A kind of node that a row yields: its class, its fields, and whether it is an entity with provenance."""

    name: str
    cls: str
    fields: tuple[Field, ...]
    entity: bool = True
    remark: str | None = None


@dataclass(frozen=True)
class Mapping:
    """A table: its Source, its columns, those left aside (with the reason), its nodes, its value lists.

    `key`: the columns that name the row's entity.
    """

    kind: str
    source: str
    title: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    ignored: dict[str, str]
    nodes: dict[str, Node]
    values: dict[str, dict[str, str]] = field(default_factory=dict)


def kinds() -> list[str]:
    """The kinds that a mapping is declared for."""
    return sorted(path.stem for path in _FOLDER.glob("*.toml"))


@cache
def load(kind: str) -> Mapping:
    """The mapping of a kind. Raises UnknownTableError."""
    if kind not in kinds():
        raise UnknownTableError(kind, kinds())
    declared = tomllib.loads((_FOLDER / f"{kind}.toml").read_text(encoding="utf-8"))
    return Mapping(
        kind=kind,
        source=declared["source"],
        title=declared["title"],
        columns=tuple(declared["columns"]),
        key=tuple(declared["key"]),
        ignored=declared.get("ignored", {}),
        nodes={name: _node(name, node, declared["node"]) for name, node in declared["node"].items()},
        values=declared.get("values", {}),
    )


def _node(name: str, declared: dict[str, Any], all_nodes: dict[str, Any]) -> Node:
    model = all_nodes[declared["like"]] if "like" in declared else declared
    fields = tuple(
        Field(key, f["property"], f["form"], f.get("column", key), f.get("many", False))
        for key, f in model.get("fields", {}).items()
    )
    return Node(name, declared["class"], fields, declared.get("entity", True), model.get("remark"))
