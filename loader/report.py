"""What validation found, in a curator's words: which entity, what is wrong with it, where it stands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import rdflib

from loader.errors import shown
from loader.namespaces import BASE, compress, expand

VIOLATION, WARNING = "violation", "warning"
_LONGEST = 120


@dataclass(frozen=True)
class Fault:
    """One thing that breaks a shape or a check.

    `severity` is `violation` or `warning`; `shape` the IRI of the shape, or `check:` and the name of the check;
    `entity`, `property`, `value` are IRIs or lexical forms, the last two None where the fault is of the whole entity;
    `message` says what is expected, what to do and what was found; `path` and `line` (1-based) where it stands.
    """

    severity: str
    shape: str
    entity: str
    property: str | None
    value: str | None
    message: str
    path: Path | None = None
    line: int | None = None

    def __str__(self) -> str:
        place = f"{shown(self.path, self.line)}: " if self.path else ""
        kind = "warning: " if self.severity == WARNING else ""
        property_ = f" {short(self.property)}" if self.property else ""
        return f"{place}{kind}{short(self.entity)}{property_}: {self.message} [{short(self.shape)}]"


@dataclass(frozen=True)
class Report:
    """All faults found. Without violations the facts may be published; warnings are for curators to weigh."""

    faults: tuple[Fault, ...] = ()

    @property
    def violations(self) -> tuple[Fault, ...]:
        return tuple(fault for fault in self.faults if fault.severity == VIOLATION)

    @property
    def warnings(self) -> tuple[Fault, ...]:
        return tuple(fault for fault in self.faults if fault.severity == WARNING)

    def summary(self) -> str:
        """The counts in one line: `2 violations in 1 file, 14 warnings`."""
        files = len({fault.path for fault in self.violations})
        where = f" in {_count(files, 'file')}" if files else ""
        return f"{_count(len(self.violations), 'violation')}{where}, {_count(len(self.warnings), 'warning')}"

    def lines(self) -> list[str]:
        """The faults as text, violations first, then by file and line."""
        return [str(fault) for fault in sorted(self.faults, key=_rank)]

    def as_json(self) -> str:
        """The faults as a JSON object, in the order of `lines`; IRIs in full, paths as `lines` shows them."""
        faults = [
            asdict(fault) | {"path": shown(fault.path) if fault.path else None}
            for fault in sorted(self.faults, key=_rank)
        ]
        counts = {"violations": len(self.violations), "warnings": len(self.warnings)}
        return json.dumps(counts | {"faults": faults}, ensure_ascii=False, indent=2)

    def __iter__(self) -> Iterator[Fault]:
        return iter(self.faults)


def short(term: str) -> str:
    """An IRI or literal as people read it: `drug/eribulin`, `sg:route`, `<http://example.org/>`; long texts cut."""
    if term.startswith(BASE) and not term.startswith((expand("sg:"), expand("shapes:"))):
        return term[len(BASE) :]
    curie = compress(term)
    if curie:
        return curie
    if term.startswith(("http://", "https://")) and not any(character.isspace() for character in term):
        return f"<{term}>"
    return term if len(term) <= _LONGEST else f"{term[: _LONGEST - 1]}…"


def quoted(term: rdflib.term.Node) -> str:
    """A term inside a sentence: a literal in quotation marks with its language, an IRI in short."""
    if not isinstance(term, rdflib.Literal):
        return short(str(term))
    return f"'{short(str(term))}'" + (f"@{term.language}" if term.language else "")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _rank(fault: Fault) -> tuple[bool, str, int, str, str, str, str]:
    return (
        fault.severity != VIOLATION,
        str(fault.path or ""),
        fault.line or 0,
        fault.entity,
        fault.property or "",
        fault.shape,
        fault.value or "",
    )
