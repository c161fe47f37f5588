"""A tab-separated table, read strictly: UTF-8, one header row, the declared columns, a full set of cells a row.

A row that breaks one of these is a rejection and the others go on; what concerns the header concerns the whole table.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from loader.errors import ColumnsError, EmptyTableError, EncodingError, RejectedRow, UnreadableTableError

_FOREIGN = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Row:
    """One row: `line` of the file on which it starts (1-based), and its cells by column."""

    line: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column].strip()

    def many(self, column: str) -> list[str]:
        """The values of a cell that holds several, `|` between them."""
        return split(self[column])


def split(cell: str) -> list[str]:
    """The values of a cell, `|` between them."""
    return [part.strip() for part in cell.split("|") if part.strip()]


def read(path: Path, columns: tuple[str, ...]) -> Iterator[Row | tuple[int, list[str], RejectedRow]]:
    """Each row, or the line, cells and reason of one whose cells do not fit the header.

    Raises ColumnsError where the header is not `columns` (in any order), EncodingError where it is not UTF-8,
    EmptyTableError where there is no header, UnreadableTableError where rows cannot be told apart. Bytes of a rejected
    row that are not UTF-8 stand in its cells as lone surrogates, so that they can be written out as they were.
    """
    data = path.read_bytes()
    _require_utf8(path, data.partition(b"\n")[0])
    lines = _lines(path, data.decode("utf-8-sig", errors="surrogateescape"))
    header = [name.strip() for name in lines[0][1]] if lines else []
    _require(path, header, columns)
    for line, cells in lines[1:]:
        odd = next((n for n, cell in enumerate(cells) if _FOREIGN.search(cell)), None)
        if odd is not None:
            column = header[odd] if odd < len(header) else None
            reason = f"the cell {ascii(cells[odd])} is not UTF-8. Save the table as UTF-8"
            yield line, cells, RejectedRow(column, reason)
        elif len(cells) == len(header):
            yield Row(line, dict(zip(header, cells, strict=True)))
        elif cells:
            reason = f"the row has {len(cells)} cells, the header {len(header)}; check its tabs"
            yield line, cells, RejectedRow(None, reason)


def _require_utf8(path: Path, header: bytes) -> None:
    try:
        if "\0" in header.decode("utf-8-sig"):
            raise EncodingError(path, 1, header.index(0))
    except UnicodeDecodeError as error:
        raise EncodingError(path, 1, error.start) from error


def _lines(path: Path, text: str) -> list[tuple[int, list[str]]]:
    """The cells of each row, with the line of the file on which it starts."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter="\t")
    found: list[tuple[int, list[str]]] = []
    line = 1
    try:
        for cells in reader:
            found.append((line, cells))
            line = reader.line_num + 1
    except csv.Error as error:
        raise UnreadableTableError(path, line, str(error)) from error
    return found


def _require(path: Path, header: list[str], columns: tuple[str, ...]) -> None:
    if not any(header):
        raise EmptyTableError(path)
    doubled = sorted({name for name in header if header.count(name) > 1})
    missing = [name for name in columns if name not in header]
    extra = [name for name in header if name not in columns]
    if missing or extra or doubled:
        raise ColumnsError(path, missing, extra, doubled)
