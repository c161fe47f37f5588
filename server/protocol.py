"""What a request to the endpoint asks (SPARQL 1.1 Protocol, section 2.1), and the few things of ours beside it.

    GET  /sparql?query=…
    POST /sparql    application/x-www-form-urlencoded: query=…
    POST /sparql    application/sparql-query: the query; parameters in the URL

Parameters: `query` (exactly one), `default-graph-uri`, `named-graph-uri` (any number), `timeout` (seconds), `format`,
`send` (rows or triples that are wanted at most; an answer that is cut to them says so).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import parse_qsl

from loader.errors import MediaTypeError, QueryForbiddenError, RequestError

FORM = "application/x-www-form-urlencoded"
QUERY = "application/sparql-query"
UPDATE = "application/sparql-update"
HOW = (
    "Ask with GET and ?query=…, or POST the query as application/sparql-query, "
    "or POST query=… as application/x-www-form-urlencoded."
)

_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|^`\\]+")
_MOST_PARAMETERS = 1000
_MOST_SENT = 100_000  # rows of an answer that is cut: they are held in memory first
_MOST_FORMATS = 10
_LONGEST_FORMAT = 100  # characters
_LEAST_SECONDS = 0.05  # each query that is cut off costs a new worker


class Asked(NamedTuple):
    """One query with its dataset (None: the query's own), seconds it may take, the formats it names (in lower case),
    and how many rows or triples of its answer are wanted at most."""

    query: str
    default_graphs: tuple[str, ...] | None
    named_graphs: tuple[str, ...] | None
    seconds: float | None
    formats: tuple[str, ...]
    most: int | None


def read(query_string: bytes, content_type: str, body: bytes | None, most_seconds: float) -> Asked | None:
    """What is asked, or None where a GET (`body` is None) brings no query.

    Raises RequestError, MediaTypeError, QueryForbiddenError for an update.
    """
    given = parameters(query_string, "the URL")
    if body is not None:
        given += _body_parameters(content_type, body)
    values: dict[str, list[str]] = {}
    for name, value in given:
        values.setdefault(name, []).append(value)
    if "update" in values:
        raise QueryForbiddenError("an update", 1, 1)
    queries = values.get("query", [])
    if not queries and body is None:
        return None
    if len(queries) != 1:
        raise RequestError(f"the request holds {len(queries)} queries; expected exactly one. {HOW}")
    default_graphs, named_graphs = _dataset(values)
    return Asked(
        queries[0],
        default_graphs,
        named_graphs,
        _seconds(_single(values, "timeout"), most_seconds),
        _formats(values.get("format", [])),
        _most(_single(values, "send")),
    )


def release(query_string: bytes) -> str | None:
    """The version of the release that a URL names, or None."""
    found = [value for name, value in parameters(query_string, "the URL") if name == "release"]
    return _single({"release": found}, "release")


def format_names(query_string: bytes) -> tuple[str, ...]:
    """The formats that a URL names, in lower case."""
    return _formats([value for name, value in parameters(query_string, "the URL") if name == "format"])


def _body_parameters(content_type: str, body: bytes) -> list[tuple[str, str]]:
    media_type, _, rest = content_type.partition(";")
    media_type = media_type.strip().lower()
    charset = re.search(r"charset\s*=\s*\"?([^\s\";]+)", rest, re.IGNORECASE)
    if charset and charset[1].lower() not in ("utf-8", "utf8", "us-ascii"):
        raise MediaTypeError(content_type, [f"{media_type}; charset=utf-8"])
    if media_type == FORM:
        return parameters(body, "the body")
    if media_type == QUERY:
        return [("query", _text(body, "the body").removeprefix("\N{BYTE ORDER MARK}"))]
    if media_type == UPDATE:
        raise QueryForbiddenError("an update", 1, 1)
    if not media_type and not body:
        return []  # some clients POST with everything in the URL
    raise MediaTypeError(media_type, [FORM, QUERY])


def _text(data: bytes, where: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RequestError(f"byte {error.start} of {where} is not UTF-8. Send the query in UTF-8.") from error


def parameters(data: bytes, where: str) -> list[tuple[str, str]]:
    """The parameters of a query string or a form, in their order. Raises RequestError, which says `where` they are."""
    try:
        return parse_qsl(_text(data, where), keep_blank_values=True, errors="strict", max_num_fields=_MOST_PARAMETERS)
    except UnicodeDecodeError as error:
        raise RequestError(f"a parameter in {where} is not UTF-8. Send the query in UTF-8.") from error
    except ValueError as error:
        raise RequestError(f"{where} holds more than {_MOST_PARAMETERS} parameters.") from error


def _dataset(values: dict[str, list[str]]) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
    default_graphs, named_graphs = values.get("default-graph-uri", []), values.get("named-graph-uri", [])
    require_iris("default-graph-uri", default_graphs)
    require_iris("named-graph-uri", named_graphs)
    return (tuple(default_graphs), tuple(named_graphs)) if default_graphs or named_graphs else (None, None)


def require_iris(name: str, iris: Sequence[str]) -> None:
    """Raise RequestError where a value of the parameter is no absolute IRI."""
    for iri in iris:
        if not _IRI.fullmatch(iri):
            raise RequestError(f"{name} is {iri[:200]!r}; expected the whole IRI of a graph.")


def _single(values: dict[str, list[str]], name: str) -> str | None:
    given = [value for value in values.get(name, []) if value.strip()]
    if len(given) > 1:
        raise RequestError(f"{name} is given {len(given)} times; expected once.")
    return given[0].strip() if given else None


def _formats(values: Sequence[str]) -> tuple[str, ...]:
    names = tuple(name.strip().lower() for value in values for name in value.split(",") if name.strip())
    if len(names) > _MOST_FORMATS or any(len(name) > _LONGEST_FORMAT for name in names):
        raise RequestError(
            f"format names too much; expected at most {_MOST_FORMATS} names of at most {_LONGEST_FORMAT} characters."
        )
    return names


def _seconds(text: str | None, most: float) -> float | None:
    if text is None:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not _LEAST_SECONDS <= seconds <= most:
        raise RequestError(f"timeout is {text[:40]!r}; expected seconds, from {_LEAST_SECONDS} to {most:g}.")
    return seconds


def _most(text: str | None) -> int | None:
    if text is None:
        return None
    if not re.fullmatch("[0-9]{1,6}", text) or not 1 <= int(text) <= _MOST_SENT:
        raise RequestError(f"send is {text[:40]!r}; expected a number of rows, from 1 to {_MOST_SENT}.")
    return int(text)
