"""The one tree of exceptions. Constructors take facts; each class composes its own sentence.

SarcographError
├── FactError                a file of ontology/, shapes/ or data/ cannot be used; knows file and line
│   ├── TurtleError          the file is not Turtle
│   ├── UnknownPrefixError   a prefix is used that the file does not declare
│   ├── CommentError         a data file holds a comment, which canonical Turtle would lose
│   ├── MisplacedEntityError a file does not hold the entity that its path names
│   ├── ReusedAddressError   an address that was withdrawn stands for something else
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
│   ├── NoDumpError          it has no files to take
│   └── DamagedReleaseError  its files are missing or not what the manifest says
├── ExportError              a release cannot be written as static files
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
│   ├── UnknownFileError     the dump of a release has no file of that name
│   ├── UnknownGraphError    no graph of the release has that name
│   ├── UnknownReleaseError  no release of that version is kept
│   ├── UnknownEntityError   nothing is stated of the entity
│   ├── UnknownIdentifierError nothing has that identifier or name
│   ├── UnknownPageError     a document has fewer pages than that
│   └── WithdrawnError       the entity is there no more
├── QueryFileError           a query file of ours is not as its reader expects it
├── UnsafeValueError         a value cannot be put into a query
└── SettingError             a setting or option is not usable
    └── PortInUseError       another program listens there
"""

from __future__ import annotations

from loader.errors.exports import ExportError
from loader.errors.facts import (
    CommentError,
    DuplicateEntityError,
    FactError,
    FactsError,
    MisplacedEntityError,
    PortInUseError,
    ReusedAddressError,
    SarcographError,
    SettingError,
    TurtleError,
    UnknownPrefixError,
    ValidationError,
    shown,
)
from loader.errors.queries import (
    BusyError,
    ClientGoneError,
    QueryCrashError,
    QueryError,
    QueryFileError,
    QueryForbiddenError,
    QueryLimitError,
    QuerySyntaxError,
    QueryTimeoutError,
    UnknownFunctionError,
    UnsafeValueError,
)
from loader.errors.releases import (
    DamagedReleaseError,
    NoDumpError,
    NoReleaseError,
    ReleaseError,
)
from loader.errors.requests import (
    BodySizeError,
    MediaTypeError,
    MethodError,
    NotAcceptableError,
    RequestError,
    UnknownEntityError,
    UnknownFileError,
    UnknownGraphError,
    UnknownIdentifierError,
    UnknownPageError,
    UnknownReleaseError,
    WithdrawnError,
)
from loader.errors.tables import (
    ColumnsError,
    EmptyTableError,
    EncodingError,
    RejectedRow,
    SourceFileError,
    TableError,
    UnknownTableError,
    UnreadableTableError,
)

__all__ = [
    "BodySizeError",
    "BusyError",
    "ClientGoneError",
    "ColumnsError",
    "CommentError",
    "DamagedReleaseError",
    "DuplicateEntityError",
    "EmptyTableError",
    "EncodingError",
    "ExportError",
    "FactError",
    "FactsError",
    "MediaTypeError",
    "MethodError",
    "MisplacedEntityError",
    "NoDumpError",
    "NoReleaseError",
    "NotAcceptableError",
    "PortInUseError",
    "QueryCrashError",
    "QueryError",
    "QueryFileError",
    "QueryForbiddenError",
    "QueryLimitError",
    "QuerySyntaxError",
    "QueryTimeoutError",
    "RejectedRow",
    "ReleaseError",
    "RequestError",
    "ReusedAddressError",
    "SarcographError",
    "SettingError",
    "SourceFileError",
    "TableError",
    "TurtleError",
    "UnknownEntityError",
    "UnknownFileError",
    "UnknownFunctionError",
    "UnknownGraphError",
    "UnknownIdentifierError",
    "UnknownPageError",
    "UnknownReleaseError",
    "UnknownPrefixError",
    "UnknownTableError",
    "UnreadableTableError",
    "UnsafeValueError",
    "ValidationError",
    "WithdrawnError",
    "shown",
]
