"""Tables as CSV, and what stands in their columns as CSVW metadata (Metadata Vocabulary for Tabular Data)."""

from __future__ import annotations

import csv
import json
from io import StringIO
from typing import Any

from loader.dumps.columns import LINK, Column, Table
from loader.namespaces import compress

_ABOUT = (
    "A row for each. An empty cell is not curated, which is not no. What values are recalled from memory, and so not "
    "verified, the columns confidence and recalled say."
)


def text(table: Table) -> str:
    """A table as CSV (RFC 4180), several values of a cell with the column's separator between them."""
    lines = StringIO(newline="")
    writer = csv.writer(lines)
    writer.writerow(["id", *(column.name for column in table.columns)])
    joined = [[column.separator.join(cell) for cell in column.cells] for column in table.columns]
    writer.writerows(zip(table.ids, *joined, strict=True))
    return lines.getvalue()


def metadata(table: Table, licence: str) -> str:
    """The CSVW metadata of a table's CSV: read with it, the file gives triples that the release holds.

    Links of which there may be several are literals of xsd:anyURI then, for want of a better way in CSVW.
    """
    said: dict[str, Any] = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "url": f"{table.kind.path}.csv",
        "dc:title": f"Sarcograph: {table.kind.plural}",
        "dc:description": _ABOUT,
        "dc:license": {"@id": licence},
        "dialect": {
            "delimiter": ",",
            "doubleQuote": True,
            "encoding": "utf-8",
            "header": True,
            "lineTerminators": ["\r\n"],
            "quoteChar": '"',
        },
        "tableSchema": {
            "aboutUrl": "{+id}",
            "primaryKey": "id",
            "columns": [
                {
                    "name": "id",
                    "datatype": "anyURI",
                    "required": True,
                    "suppressOutput": True,
                    "dc:description": f"The IRI of the {table.kind.name}.",
                },
                *(_column(column) for column in table.columns),
            ],
        },
    }
    return json.dumps(said, ensure_ascii=False, indent=1) + "\n"


def _column(column: Column) -> dict[str, Any]:
    said: dict[str, Any] = {"name": column.name, "dc:description": column.about, "datatype": _datatype(column)}
    if column.states is None:
        said["suppressOutput"] = True
    else:
        said["propertyUrl"] = column.states
    if column.part:
        said["aboutUrl"] = f"{{+{column.part}}}"
    if column.language:
        said["lang"] = column.language
    if column.many:
        said["separator"] = column.separator
    elif column.type == LINK:
        said["valueUrl"] = f"{{+{column.name}}}"
    return said


def _datatype(column: Column) -> str:
    """The type as CSVW calls it: what XML Schema calls it, without a prefix."""
    return "anyURI" if column.type == LINK else (compress(column.type) or "").partition(":")[2]
