"""Errors of tables and of authorities' files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from loader.errors.facts import SarcographError, shown


class TableError(SarcographError):
    """A table cannot be imported."""


class UnknownTableError(TableError):
    """No mapping is declared for the kind."""

    def __init__(self, kind: str, known: Iterable[str]) -> None:
        super().__init__(f"no table mapping is declared for '{kind}'. Known kinds: {', '.join(sorted(known))}.")


class ColumnsError(TableError):
    """The header row is not the mapping's."""

    def __init__(self, path: Path, missing: Iterable[str], extra: Iterable[str], doubled: Iterable[str] = ()) -> None:
        faults = [
            f"{what}: {', '.join(names)}"
            for what, names in (
                ("missing", list(missing)),
                ("not known", list(extra)),
                ("there twice", list(doubled)),
            )
            if names
        ]
        super().__init__(
            f"{shown(path, 1)}: the columns are not the mapping's ({'; '.join(faults)}). "
            "Rename, add or remove them, or declare them in loader/tables."
        )


class EncodingError(TableError):
    """The file is not UTF-8."""

    def __init__(self, path: Path, line: int, offset: int) -> None:
        super().__init__(f"{shown(path, line)}: byte {offset} of the file is not UTF-8. Save the table as UTF-8.")


class EmptyTableError(TableError):
    """The file has no header row."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{shown(path)}: the table is empty. Its first line should name the columns.")


class UnreadableTableError(TableError):
    """The file's rows cannot be told apart; `detail` is the parser's word for why."""

    def __init__(self, path: Path, line: int, detail: str) -> None:
        super().__init__(f"{shown(path, line)}: this is not a tab-separated table ({detail}). Check quotes and tabs.")


class RejectedRow(TableError):
    """One row cannot be used. `field` is the column (None: the whole row), `reason` the sentence."""

    def __init__(self, field: str | None, reason: str) -> None:
        self.field = field
        self.reason = reason
        super().__init__(f"{field}: {reason}" if field else reason)


class SourceFileError(SarcographError):
    """An authority's file, which ours are compared with, is not what it should be."""

    def __init__(self, path: Path, found: str, expected: str) -> None:
        super().__init__(f"{shown(path)}: {found}; expected {expected}. Fetch the file again, or name another.")
