"""Mappings in SSSOM, the table of the Simple Standard for Sharing Ontological Mappings, as MONDO publishes them.

Source: https://mapping-commons.github.io/sssom/. Comment lines before the header start with `#`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from loader.errors import SourceFileError

_LARGEST = 500_000_000  # bytes of one file
_VERSION = re.compile(r"^# *mapping_set_version:.*?(\d{4}-\d\d-\d\d)")
_COLUMNS = ("subject_id", "predicate_id", "object_id")
_SAME = {"skos:exactMatch", "skos:closeMatch", "oboInOwl:hasDbXref"}
_EXPECTED = "a tab-separated SSSOM file with the columns subject_id, predicate_id, object_id"


def folded(curie: str) -> str:
    """A CURIE in one spelling: `ONCOTREE:LMS` and `oncotree:LMS` are both `oncotree:LMS`. The local part stays."""
    prefix, _, local = curie.partition(":")
    return f"{prefix.lower()}:{local}"


@dataclass
class Mappings:
    """Which codes MONDO maps each of its diseases to, and back; all CURIEs folded. `labels` are MONDO's own."""

    codes: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    diseases: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    labels: dict[str, str] = field(default_factory=dict)
    versions: list[str] = field(default_factory=list)

    def of_vocabulary(self, disease: str, code: str) -> set[str]:
        """The codes of one disease in the vocabulary of `code`."""
        prefix = code.partition(":")[0] + ":"
        return {each for each in self.codes.get(disease, ()) if each.startswith(prefix)}

    def has_vocabulary(self, code: str) -> bool:
        """Whether the files map anything to the vocabulary of `code`."""
        prefix = code.partition(":")[0] + ":"
        return any(each.startswith(prefix) for each in self.diseases)


def read(paths: Iterable[Path]) -> Mappings:
    """All files as one. A row that is negated, or whose predicate is no match, says nothing here.

    Raises SourceFileError where a file is not UTF-8, too large, or lacks a column.
    """
    mappings = Mappings()
    for path in paths:
        _read(path, mappings)
    return mappings


def _read(path: Path, mappings: Mappings) -> None:
    if path.stat().st_size > _LARGEST:
        raise SourceFileError(path, f"it is larger than {_LARGEST} bytes", _EXPECTED)
    header: list[str] = []
    try:
        with path.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, start=1):
                cells = line.rstrip("\r\n").split("\t")
                if line.startswith("#"):
                    mappings.versions += _VERSION.findall(line)
                elif header:
                    _take(path, number, header, cells, mappings)
                else:
                    header = _header(path, number, cells)
    except UnicodeDecodeError as error:
        raise SourceFileError(path, f"it is not UTF-8 (byte {error.start})", _EXPECTED) from error
    if not header:
        raise SourceFileError(path, "it has no header row", _EXPECTED)


def _header(path: Path, number: int, cells: list[str]) -> list[str]:
    missing = [column for column in _COLUMNS if column not in cells]
    if missing:
        raise SourceFileError(path, f"line {number} names no column {', '.join(missing)}", _EXPECTED)
    return cells


def _take(path: Path, number: int, header: list[str], cells: list[str], mappings: Mappings) -> None:
    if cells == [""]:
        return
    if len(cells) != len(header):
        raise SourceFileError(path, f"line {number} has {len(cells)} cells", f"{len(header)}, as its header has")
    row = dict(zip(header, cells, strict=True))
    if row["predicate_id"] not in _SAME or row.get("predicate_modifier"):
        return
    disease, code = folded(row["subject_id"]), folded(row["object_id"])
    mappings.codes[disease].add(code)
    mappings.diseases[code].add(disease)
    mappings.labels[disease] = row.get("subject_label", "")
