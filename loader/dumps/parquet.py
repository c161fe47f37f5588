"""Tables as Parquet: typed columns, lists where a row may have several values. The one module that imports arro3."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from itertools import accumulate, chain

from arro3.core import Array, DataType, Field, Schema, list_array
from arro3.core import Table as ArrowTable
from arro3.io import write_parquet

from loader.dumps.columns import BOOLEAN, DATE, DECIMAL, INTEGER, Column, Table

# Whole numbers of 18 digits and fractions of 10 are what `columns` lets pass as numbers.
_TYPES = {
    BOOLEAN: DataType.bool(),
    DATE: DataType.date32(),
    DECIMAL: DataType.decimal128(28, 10),
    INTEGER: DataType.int64(),
}


def data(table: Table, metadata: str) -> bytes:
    """A table as a Parquet file, which carries its CSVW metadata under the key `csvw`."""
    ids = Field("id", DataType.utf8(), nullable=False)
    schema = Schema([ids, *(_field(column) for column in table.columns)])
    arrays = [Array(list(table.ids), type=DataType.utf8()), *(_array(column) for column in table.columns)]
    written = BytesIO()
    write_parquet(
        ArrowTable.from_arrays(arrays, schema=schema),
        written,
        compression="snappy",
        key_value_metadata={"csvw": metadata},
    )
    return written.getvalue()


def _type(column: Column) -> DataType:
    return _TYPES.get(column.type, DataType.utf8())


def _field(column: Column) -> Field:
    own = _type(column)
    kind = DataType.list(Field("element", own, nullable=False)) if column.many else own
    # One entry at most: the order of several differs from run to run.
    return Field(column.name, kind, metadata={"property": column.states} if column.states else None)


def _array(column: Column) -> Array:
    if not column.many:
        return _values(column, [cell[0] if cell else None for cell in column.cells])
    offsets = Array([0, *accumulate(len(cell) for cell in column.cells)], type=DataType.int32())
    return list_array(offsets, _values(column, list(chain(*column.cells))), type=_field(column).type)


def _values(column: Column, values: Sequence[str | None]) -> Array:
    if column.type == BOOLEAN:
        return Array([None if value is None else value == "true" for value in values], type=DataType.bool())
    return Array(list(values), type=DataType.utf8()).cast(_type(column))
