"""Errors of fact files and of settings, and the root of the tree."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loader.validation import Report


def shown(path: Path, line: int | None = None) -> str:
    """A path as people read it: relative where it is below the current folder; with its line."""
    here = Path.cwd()
    name = str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
    return f"{name}:{line}" if line else name


class SarcographError(Exception):
    """Anything that Sarcograph itself refuses, in a sentence that says what to do."""


class FactError(SarcographError):
    """A fact file cannot be used. `path` and `line` (1-based, or None) say where."""

    def __init__(self, path: Path, line: int | None, sentence: str) -> None:
        self.path = path
        self.line = line
        self.sentence = sentence
        super().__init__(f"{shown(path, line)}: {sentence}")


class TurtleError(FactError):
    """The file is not Turtle."""

    def __init__(self, path: Path, line: int | None, column: int | None, detail: str) -> None:
        self.column = column
        where = f" at column {column}" if column else ""
        super().__init__(path, line, f"this is not Turtle{where}: {detail}. Mend the line and try again.")


class UnknownPrefixError(FactError):
    """A prefix is used that the file does not declare."""

    def __init__(self, path: Path, line: int | None, prefix: str, known: str | None) -> None:
        self.prefix = prefix
        cure = (
            f"Add the line: @prefix {prefix}: <{known}> ."
            if known
            else "Use a prefix of ontology/prefixes.ttl, or add this one there."
        )
        super().__init__(path, line, f"the prefix '{prefix}:' is not declared. {cure}")


class CommentError(FactError):
    """A data file holds a comment."""

    def __init__(self, path: Path, line: int, comment: str) -> None:
        super().__init__(
            path,
            line,
            f"the comment '{comment}' would be lost, because canonical Turtle holds facts only. "
            "Say it as rdfs:comment of the entity, or delete it.",
        )


class MisplacedEntityError(FactError):
    """A file does not hold the entity that its path names."""

    def __init__(self, path: Path, expected: str) -> None:
        super().__init__(
            path,
            None,
            f"nothing is said here of <{expected}>, the entity that the file's path names. "
            "Rename the file after its entity, or correct the entity's IRI.",
        )


class ReusedAddressError(FactError):
    """The address of an entity that was withdrawn stands for something else. `names` are what it was called."""

    def __init__(self, path: Path, line: int | None, entity: str, names: Sequence[str]) -> None:
        super().__init__(
            path,
            line,
            f"<{entity}> was {', '.join(names)} in earlier releases, until it was withdrawn. An address is not used "
            "again for something else: name the file and the entity otherwise, or, if it is the same, keep a name.",
        )


class DuplicateEntityError(FactError):
    """Two files state things of one entity."""

    def __init__(self, path: Path, line: int | None, entity: str, other: Path, other_line: int | None) -> None:
        place = shown(other, other_line)
        cure = "An entity has one file: move the statements together."
        super().__init__(path, line, f"<{entity}> is described here and at {place}. {cure}")


class FactsError(SarcographError):
    """One or more files cannot be used; `faults` holds a FactError for each."""

    def __init__(self, faults: Sequence[FactError]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class ValidationError(SarcographError):
    """The facts break shapes or checks; `report` lists how."""

    def __init__(self, report: Report) -> None:
        self.report = report
        super().__init__(report.summary())


class SettingError(SarcographError):
    """A setting or option is not usable."""

    def __init__(self, name: str, value: object, expected: str) -> None:
        super().__init__(f"{name} is {value!r}; expected {expected}.")


class PortInUseError(SettingError):
    """Another program listens on the address, or it is not ours to listen on."""

    def __init__(self, host: str, port: int, detail: str) -> None:
        SarcographError.__init__(
            self,
            f"cannot listen on {host}:{port}: {detail}. "
            f"Stop the program that listens there, or choose another address with PORT (now {port}) or HOST.",
        )
