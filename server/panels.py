"""Panels: the answer of one query file as a table of cells, from which HTML is made (and JSON can be).

What a query's column names mean here:
- `xLabel` is the label of `x` and shows in its place;
- a first column that has no label is what the row is about: its value, date or first literal leads there;
- `confidence` is that of the row's entity, and `recalled` lists its properties that are recalled though the entity is
  verified (local names, parted by spaces): the cells that show them are marked;
- `unit` shows beside `value` and `comparatorValue`;
- some columns are made of others, and some show inside the cell of another: `composites` lists them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, NamedTuple

from loader.namespaces import BASE
from server import wording
from server.composites import COMPOSITES, WITHIN, composed, texts
from server.queries import Query
from server.serving import Serving

MOST_ROWS = 1000

_BADGES = tuple(f"{BASE}concept/{scheme}/" for scheme in ("verdict", "stance", "confidence"))
_WITH_UNIT = ("value", "comparatorValue")
_LINKED = ("value", "decisionDate")
_SHOWS = {  # the properties that a column shows where its name is not the property's own
    **{each.name: each.columns for each in COMPOSITES},
    "trial": ("armOf", "resultOf"),
    "publication": ("reportedIn",),
    "participants": ("subgroup",),
    "target": ("hasTarget",),
    "agent": ("mechanismOf",),
    "drug": ("approves",),
    "entity": ("prefLabel",),
}
_RESTS_ON = {"standing": {"decisionDate", "withdrawnOn"}}  # what a column that a query worked out is as sure as
RECALLED = "recalled"


@dataclass(frozen=True)
class Cell:
    """One value as it is shown: an IRI with label and link, or a literal. `unit` is a word to set after it, `parts` are
    the cells that show inside this one."""

    value: str
    kind: str
    label: str
    href: str | None = None
    datatype: str | None = None
    language: str | None = None
    unit: str = ""
    recalled: bool = False
    parts: tuple[Cell, ...] = ()

    @property
    def external(self) -> bool:
        """Whether its link leaves the site."""
        return bool(self.href) and not str(self.href).startswith(("/", "#"))

    @property
    def badge(self) -> str | None:
        """The name of the badge that a verdict, a stance or a confidence is shown as."""
        return self.value.rpartition("/")[2] if self.value.startswith(_BADGES) else None


Row = dict[str, Cell]


@dataclass(frozen=True)
class Panel:
    """A table of a page. `columns` are those that hold anything; `total` counts the rows before any were cut."""

    query: Query
    columns: tuple[str, ...]
    rows: Sequence[Row]
    total: int

    @property
    def key(self) -> str:
        """Its name within the page, such as `approvals`."""
        return self.query.name.rpartition("/")[2]

    def heading(self, column: str) -> str:
        """What stands above a column."""
        return wording.heading(column)

    def anchor(self, cell: Cell) -> str:
        """The fragment by which a group of rows is linked to: `seed-sc40`, `approvals-tumour-agnostic`."""
        whole = f"{self.key}-{cell.value}" if cell.kind == "literal" else cell.value.rpartition("/")[2]
        return re.sub(r"[^a-z0-9]+", "-", whole.lower()).strip("-")

    def groups(self) -> Iterator[tuple[Row, list[str], list[Row]]]:
        """Runs of rows with the same value in the first `group` column: the first row, and what the others add to it,
        as columns and rows."""
        key, *_ = self.query.group
        own = [name for name in self.columns if name not in self.query.group]
        for _, run in groupby(self.rows, key=lambda row: row[key].value if key in row else ""):
            found = list(run)
            columns = [name for name in own if any(name in row for row in found)]
            yield found[0], columns, [row for row in found if any(name in row for name in columns)]


class Found(NamedTuple):
    """The answer to a query of ours: the names of its columns, and its rows."""

    names: list[str]
    rows: list[Row]


def ask(serving: Serving, *asked: Query, about: str | None = None) -> list[Found]:
    """The answers to queries of ours, which one worker that is kept for the site's pages gives all at once.

    Raises UnknownEntityError, WithdrawnError where there is no entity `about` (its IRI).
    """
    return [_read(each) for each in serving.asker.batch([query.text for query in asked], about)]


def rows(serving: Serving, query: Query) -> list[Row]:
    """The answer to one query of ours."""
    return ask(serving, query)[0].rows


def _read(answer: Mapping[str, Any]) -> Found:
    bindings = answer["results"]["bindings"]
    return Found(answer["head"]["vars"], [{name: cell(term) for name, term in row.items()} for row in bindings])


def cell(term: Mapping[str, str]) -> Cell:
    """The cell of one term of a SPARQL JSON result."""
    value = str(term.get("value", ""))
    if term.get("type") == "uri":
        return Cell(value, "iri", wording.name(value), wording.href(value))
    if term.get("type") == "bnode":
        return Cell(value, "bnode", f"_:{value}")
    if term.get("type") == "triple":
        return Cell(str(term["value"]), "triple", "a quoted triple")
    datatype = term.get("datatype")
    label = {"true": "yes", "false": "no"}.get(value, value) if (datatype or "").endswith("#boolean") else value
    return Cell(value, "literal", label, None, datatype, term.get("xml:lang"))


def panel(serving: Serving, query: Query) -> Panel:
    """Run one query and lay its answer out."""
    return laid_out(query, ask(serving, query)[0])


def laid_out(query: Query, answer: Found, entity: str | None = None) -> Panel:
    """The answer to a query as a panel; a column that only repeats `entity`, whose page it is, is left out."""
    names, found = answer
    subject = names[0] if names and f"{names[0]}Label" not in names and _all_entities(found, names[0]) else None
    served = {"unit", RECALLED, subject, *(f"{name}Label" for name in names)}
    columns = composed(name for name in names if name not in served)
    shown_rows = [_fold(_lay_out(row, columns, subject), columns) for row in found[:MOST_ROWS]]
    shown = [name for name in columns if any(name in row and row[name].value != entity for row in shown_rows)]
    return Panel(query, tuple(shown), shown_rows, len(found))


def _all_entities(found: Sequence[Row], name: str) -> bool:
    return all(name in row and wording.path(row[name].value) for row in found)


def _lay_out(row: Row, columns: Sequence[str], subject: str | None) -> Row:
    """One row with labels, units, marks and its own link put where they show."""
    noted = set(row[RECALLED].value.split()) if RECALLED in row else set()
    recalled = set(noted)
    row = {**row, **_composites(row)}
    shown: Row = {}
    for name in columns:
        if name not in row:
            continue
        this = row[name]
        if f"{name}Label" in row:
            this = replace(this, label=row[f"{name}Label"].label)
        if name in _WITH_UNIT and "unit" in row:
            this = replace(this, unit=wording.UNITS.get(row["unit"].value, row["unit"].label))
        if noted & _RESTS_ON.get(name, set()):
            this = replace(this, recalled=True)
        shows = {name, *_SHOWS.get(name, ())}
        if recalled & shows:
            this, recalled = replace(this, recalled=True), recalled - shows
        shown[name] = this
    if subject:
        _link(shown, row[subject].href)
    if recalled:
        others = ", ".join(sorted(wording.spaced(name) for name in recalled))
        shown[RECALLED] = Cell(others, "literal", others)
    return shown


def _word(name: str, row: Row) -> str:
    label = row.get(f"{name}Label", row[name]).label
    return wording.said(name, wording.UNITS.get(row[name].value, label))


def _composites(row: Row) -> Row:
    words = {name: _word(name, row) for name in row}
    return {name: Cell(said, "literal", said) for name, said in texts(words)}


def _fold(row: Row, columns: Sequence[str]) -> Row:
    """The row with the cells that show inside others put there."""
    folded = {name: this for name, this in row.items() if WITHIN.get(name) not in columns}
    for name, host in WITHIN.items():
        if name in row and name not in folded:
            outside = folded.get(host, Cell("", "literal", ""))
            folded[host] = replace(outside, parts=(*outside.parts, row[name]))
    return folded


def _link(row: Row, href: str | None) -> None:
    """Have the row's value, date or first literal lead to what the row is about."""
    literals = [
        name for name, this in row.items() if this.kind == "literal" and name not in ("confidence", "check", RECALLED)
    ]
    for name in [*(name for name in _LINKED if name in row), *literals][:1]:
        row[name] = replace(row[name], href=href)
