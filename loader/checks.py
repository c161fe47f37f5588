"""Checks: queries over all facts any row of which is a fault. For what shapes say slowly or not at all.

A check's header holds its summary, its message, a template whose {names} are the query's variables, and, unless it is
a violation, its severity:

    #+ summary: An approval must not end before it was decided.
    #+ message: The approval ended on {value}, before it was decided on {decided}. Correct one of the two dates.

A fault that is accepted is declared beside the check, in `<check>.exceptions.tsv`: entity, date and reason, a line
each. It is then a warning that tells the reason; one that excepts nothing any more is told as well.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import rdflib
from pyoxigraph import NamedNode, Quad, QuerySolutions

from loader import store
from loader.errors import QueryError
from loader.namespaces import BASE, GRAPH, localized
from loader.report import VIOLATION, WARNING, Fault, quoted
from loader.translation import to_rdflib, triple_from_rdflib

_HEADER = re.compile(r"^#\+\s*(?:(summary|message|severity):)?\s*(.*)$")
_NAME = re.compile(r"\{(\w+)\}")

Place = tuple[rdflib.term.Node, rdflib.term.Node | None, rdflib.term.Node | None]
Row = dict[str, rdflib.term.Node]


@dataclass(frozen=True)
class Check:
    """One query of shapes/checks/. `message` is a sentence with {names} of the query's variables."""

    name: str
    severity: str
    message: str
    query: str
    exceptions: Mapping[str, str]


def read(path: Path) -> Check:
    """The check that a file holds. A line `#+ …` without a key continues the one before."""
    query = localized(path.read_text(encoding="utf-8"))
    header = {"summary": "", "message": "", "severity": ""}
    key = "summary"
    for line in query.splitlines():
        match = _HEADER.match(line)
        if match:
            key = match[1] or key
            header[key] = f"{header[key]} {match[2]}".strip()
    return Check(path.stem, header["severity"] or VIOLATION, header["message"], query, _exceptions(path))


def _exceptions(path: Path) -> dict[str, str]:
    """The accepted faults of a check: IRI of the entity, and the sentence that says since when and why."""
    beside = path.with_name(f"{path.stem}.exceptions.tsv")
    if not beside.is_file():
        return {}
    with beside.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    return {BASE + row["entity"]: f"Accepted on {row['date']}: {row['reason']}" for row in rows}


def run(paths: Sequence[Path], data: rdflib.Graph) -> Iterator[tuple[Fault, Place]]:
    """Every fault that the checks find in `data`, each with the statement at which it stands."""
    held = store.in_memory(_quads(data))
    for path in paths:
        check = read(path)
        try:
            rows = store.ask(held, check.query)
        except QueryError as error:
            yield _broken(check, path, error)
            continue
        if isinstance(rows, QuerySolutions):
            # Two rows may tell the same: a pair found from both sides.
            found = dict(_fault(check, row) for row in _named(rows))
            yield from found.items()
            yield from _needless(check, {fault.entity for fault in found}, data)


def _named(rows: QuerySolutions) -> Iterator[Row]:
    names = [variable.value for variable in rows.variables]
    for row in rows:
        yield {name: to_rdflib(term) for name in names if (term := row[name]) is not None}


def _fault(check: Check, row: Row) -> tuple[Fault, Place]:
    place = row["entity"], row.get("property"), row.get("value")
    entity, property_, value = (None if node is None else str(node) for node in place)
    message = _NAME.sub(lambda match: quoted(row[match[1]]) if match[1] in row else "nothing", check.message)
    accepted = check.exceptions.get(str(entity))
    severity = WARNING if accepted else check.severity
    message = f"{message} {accepted}" if accepted else message
    return Fault(severity, f"check:{check.name}", str(entity), property_, value, message), place


def _needless(check: Check, faulty: set[str], data: rdflib.Graph) -> Iterator[tuple[Fault, Place]]:
    """Exceptions for entities that are there and have no such fault any more."""
    for entity in sorted(set(check.exceptions) - faulty):
        place = rdflib.URIRef(entity), None, None
        if place in data:
            message = f"It no longer needs its exception. Delete its line in {check.name}.exceptions.tsv."
            yield Fault(WARNING, f"check:{check.name}", entity, None, None, message), place


def _broken(check: Check, path: Path, error: QueryError) -> tuple[Fault, Place]:
    name = f"check:{check.name}"
    message = f"{error}. Correct {path.name}: until then it checks nothing."
    return Fault(VIOLATION, name, name, None, None, message, path, 1), (rdflib.URIRef(name), None, None)


def _quads(data: rdflib.Graph) -> Iterator[Quad]:
    graph = NamedNode(f"{GRAPH}validated")
    for triple in map(triple_from_rdflib, data):
        yield Quad(triple.subject, triple.predicate, triple.object, graph)
