"""The one tree of exceptions. Constructors take facts; each class composes its own sentence.

SarcographError
├── FactError                a file of ontology/, shapes/ or data/ cannot be used; knows file and line
│   ├── TurtleError          the file is not Turtle
│   ├── UnknownPrefixError   a prefix is used that the file does not declare
│   ├── CommentError         a data file holds a comment, which canonical Turtle would lose
│   ├── MisplacedEntityError a file does not hold the entity that its path names
│   └── DuplicateEntityError two files state things of one entity
├── FactsError               one or more files cannot be used; carries a FactError for each
├── TableError               a table cannot be imported
│   ├── UnknownTableError    no mapping is declared for the kind
│   ├── ColumnsError         columns are missing or not known
│   ├── EncodingError        the file is not UTF-8
│   ├── EmptyTableError      the file has no header row
│   ├── UnreadableTableError the file's rows cannot be told apart
│   └── RejectedRow          one row or cell cannot be used; the others go on
├── SourceFileError          an authority's file is not what it should be
├── ValidationError          the facts break shapes or checks; carries the report
├── ReleaseError             a release cannot be written or opened
│   ├── NoReleaseError       none has been built yet
│   └── DamagedReleaseError  its files are missing or not what the manifest says
├── QueryError               a query is not answered
│   ├── QuerySyntaxError     it is not SPARQL; knows line and column where there are any
│   ├── QueryForbiddenError  it is an update, or calls another endpoint
│   ├── QueryLimitError      it is too long or nested too deeply to be tried
│   ├── UnknownFunctionError it calls a function that is not there
│   ├── QueryTimeoutError    it was cut off at its deadline
│   ├── QueryCrashError      it brought down its worker, most often for want of memory
│   ├── BusyError            every worker is taken and the queue is full
│   └── ClientGoneError      whoever asked has closed the connection
├── RequestError             a request to the endpoint does not keep to the protocol
│   ├── NotAcceptableError   the answer cannot be written in any format that was asked for
│   ├── MediaTypeError       the body of the request is of a type that is not read here
│   ├── BodySizeError        the body of the request is too large
│   ├── MethodError          the method is none that is answered there
│   └── UnknownGraphError    no graph of the release has that name
├── QueryFileError           a query file of ours is not as its reader expects it
├── UnsafeValueError         a value cannot be put into a query
└── SettingError             a setting or option is not usable
    └── PortInUseError       another program listens there
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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


class ValidationError(SarcographError):
    """The facts break shapes or checks; `report` lists how."""

    def __init__(self, report: Report) -> None:
        self.report = report
        super().__init__(report.summary())


class ReleaseError(SarcographError):
    """A release cannot be written or opened."""


class NoReleaseError(ReleaseError):
    """None has been built yet."""

    def __init__(self, home: Path) -> None:
        super().__init__(
            f"there is no release in {home}. Build one with 'sarcograph build', or point SARCOGRAPH_HOME at one."
        )


class DamagedReleaseError(ReleaseError):
    """A release's files are missing or not what its manifest says."""

    def __init__(self, path: Path, detail: str) -> None:
        super().__init__(
            f"the release in {path} is damaged: {detail}. "
            "Restore it from a copy, or move it away and run 'sarcograph build' for a new one."
        )


class QueryError(SarcographError):
    """A query is not answered."""


class QuerySyntaxError(QueryError):
    """It is not SPARQL. `line` and `column` are 1-based, or None where the engine gives none."""

    def __init__(self, detail: str, line: int | None = None, column: int | None = None) -> None:
        self.detail = detail
        self.line = line
        self.column = column
        place = f" at line {line}, column {column}" if line else ""
        super().__init__(f"this is not a SPARQL 1.1 query{place}: {detail}")


class QueryForbiddenError(QueryError):
    """It is an update, or calls another endpoint. `keyword` is the word that says so."""

    def __init__(self, keyword: str, line: int, column: int) -> None:
        self.keyword = keyword
        self.line = line
        self.column = column
        reason = (
            "this endpoint does not call other endpoints; query them from your own client"
            if keyword == "SERVICE"
            else "this endpoint is read-only; changes go through the curated files"
        )
        super().__init__(f"{keyword} at line {line}, column {column} is refused: {reason}.")


class QueryLimitError(QueryError):
    """It is too long or nested too deeply to be tried."""

    def __init__(self, what: str, found: int, limit: int) -> None:
        self.what, self.found, self.limit = what, found, limit
        super().__init__(f"the query's {what} is {found}, and at most {limit} is accepted. Split or shorten it.")


class UnknownFunctionError(QueryError):
    """It calls a function that is not there."""

    def __init__(self, function: str) -> None:
        self.function = function
        super().__init__(f"this endpoint has no function <{function[:200]}>. Use those of SPARQL 1.1.")


class QueryTimeoutError(QueryError):
    """It was cut off at its deadline (seconds)."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(
            f"the query was cut off after {seconds:g} seconds. No part of its answer is given. "
            "Ask for less (add a LIMIT, a VALUES list or a more selective pattern), "
            "or ask for more time with timeout=, up to the server's maximum."
        )


class QueryCrashError(QueryError):
    """It brought down its worker."""

    def __init__(self, detail: str) -> None:
        self.detail = detail
        super().__init__(
            f"the query needed more memory or depth than one query gets ({detail}). No part of its answer is "
            "given. Ask for less: sort or group fewer rows, or nest less."
        )


class BusyError(QueryError):
    """Every worker is taken and the queue is full. `retry_after` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(f"every query worker is busy. Try again in {retry_after} seconds.")


class ClientGoneError(QueryError):
    """Whoever asked has closed the connection; nobody reads this sentence but the log."""

    def __init__(self) -> None:
        super().__init__("the client closed the connection before its answer was ready.")


class RequestError(SarcographError):
    """A request to the endpoint does not keep to the protocol. `sentence` says how, and what to send instead."""

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence
        super().__init__(sentence)


class NotAcceptableError(RequestError):
    """The answer cannot be written in any format that was asked for. `offers` are those that it can be written in."""

    def __init__(self, form: str, asked: str, offers: Sequence[str]) -> None:
        self.form = form
        self.asked = asked[:200]
        self.offers = tuple(offers)
        super().__init__(f"the answer to {form} is not written as {self.asked!r}. Ask for one of: {', '.join(offers)}.")


class MediaTypeError(RequestError):
    """The body of the request is of a type that is not read here. `accepted` are those that are."""

    def __init__(self, found: str, accepted: Sequence[str]) -> None:
        self.accepted = tuple(accepted)
        super().__init__(f"the body is {found or 'of no stated type'}; accepted is {' or '.join(accepted)}.")


class BodySizeError(RequestError):
    """The body of the request is too large (bytes)."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"the body is larger than {limit} bytes, the most that is read. Shorten or split the query.")


class MethodError(RequestError):
    """The request's method is none that is answered there. `allowed` are those that are."""

    def __init__(self, method: str, allowed: Sequence[str]) -> None:
        self.allowed = tuple(allowed)
        super().__init__(f"{method[:40]} is not answered here; {', '.join(allowed)} are.")


class UnknownGraphError(RequestError):
    """No graph of the release has that name."""

    def __init__(self, iri: str) -> None:
        super().__init__(
            f"the release has no graph <{iri[:200]}>. /graphs?default and /.well-known/void name those there are."
        )


class QueryFileError(SarcographError):
    """A query file of ours is not as its reader expects it. `name` is its path below server/queries, without suffix."""

    def __init__(self, name: str, found: str, expected: str) -> None:
        super().__init__(f"server/queries/{name}.rq: {found}; expected {expected}.")


class UnsafeValueError(SarcographError):
    """A value cannot be put into a query, because it is no IRI."""

    def __init__(self, value: str) -> None:
        super().__init__(f"{value[:200]!r} cannot be put into a query; expected an absolute IRI.")


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
