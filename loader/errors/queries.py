"""Errors of queries."""

from __future__ import annotations

from loader.errors.facts import SarcographError


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


class QueryFileError(SarcographError):
    """A query file of ours is not as its reader expects it. `name` is its path below server/queries, without suffix."""

    def __init__(self, name: str, found: str, expected: str) -> None:
        super().__init__(f"server/queries/{name}.rq: {found}; expected {expected}.")


class UnsafeValueError(SarcographError):
    """A value cannot be put into a query, because it is no IRI."""

    def __init__(self, value: str) -> None:
        super().__init__(f"{value[:200]!r} cannot be put into a query; expected an absolute IRI.")
