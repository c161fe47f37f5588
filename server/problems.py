"""Errors as answers: which HTTP status each has, and the problem document that programs get (RFC 9457)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from werkzeug.exceptions import HTTPException

from loader.errors import (
    BodySizeError,
    BusyError,
    ClientGoneError,
    MediaTypeError,
    MethodError,
    NoDumpError,
    NotAcceptableError,
    QueryCrashError,
    QueryError,
    QueryForbiddenError,
    QueryLimitError,
    QuerySyntaxError,
    QueryTimeoutError,
    RequestError,
    SarcographError,
    UnknownEntityError,
    UnknownFileError,
    UnknownGraphError,
    UnknownIdentifierError,
    UnknownPageError,
    UnknownReleaseError,
    WithdrawnError,
)
from loader.namespaces import BASE
from server.negotiation import PROBLEM


@dataclass(frozen=True)
class Problem:
    """How one class of error is answered. `name` is the end of its type's IRI, where a page says what it means."""

    name: str
    status: int
    title: str
    meaning: str
    cure: str


def _problem(error: type[SarcographError], status: int, title: str, meaning: str, cure: str) -> Problem:
    """`QuerySyntaxError` is …/problem/query-syntax."""
    words = re.findall("[A-Z][a-z]+", error.__name__.removesuffix("Error"))
    return Problem("-".join(words).lower(), status, title, meaning, cure)


PROBLEMS: dict[type[SarcographError], Problem] = {
    error: _problem(error, *told)
    for error, told in {
        QuerySyntaxError: (
            400,
            "Not a SPARQL query",
            "The query cannot be read as SPARQL 1.1.",
            "Look at the line and column that the answer names; what is wrong may stand a few characters before them.",
        ),
        QueryLimitError: (
            400,
            "Query too long or too deep",
            "The query, or its answer, is longer or more deeply nested than what is tried here.",
            "Split the query, nest fewer groups, or ask for less.",
        ),
        QueryForbiddenError: (
            403,
            "Not allowed here",
            "The query is an update, or calls another endpoint with SERVICE.",
            "Ask a query that only reads. Query other endpoints from your own client, and join the answers there.",
        ),
        QueryTimeoutError: (
            503,
            "Query cut off at its deadline",
            "The query was not answered in its time. Asked again as it is, it will most likely take as long.",
            "Add a LIMIT, a VALUES list or a more selective pattern; or ask for more time with timeout= (seconds).",
        ),
        QueryCrashError: (
            503,
            "Query needed too much",
            "The query needed more memory or depth than one query gets.",
            "Sort or group fewer rows, or nest less.",
        ),
        BusyError: (
            503,
            "Busy",
            "So many queries are being answered that there was no room for this one.",
            "Ask again after the seconds that the header Retry-After names.",
        ),
        ClientGoneError: (
            503,
            "Client gone",
            "The connection was closed before the answer was ready.",
            "Ask again if you still want to know.",
        ),
        QueryError: (
            400,
            "Query not answered",
            "The query can be read, but not answered here.",
            "The answer's detail says why.",
        ),
        NotAcceptableError: (
            406,
            "No such format",
            "The answer cannot be written in any format that the request accepts.",
            "Name one of those that the answer offers, in the header Accept or with format=.",
        ),
        MediaTypeError: (
            415,
            "Body of a type that is not read",
            "What was posted is neither a query nor a form, or not in UTF-8.",
            "Post the query as application/sparql-query, or query=… as application/x-www-form-urlencoded, in UTF-8.",
        ),
        BodySizeError: (
            413,
            "Body too large",
            "What was posted is larger than what is read here.",
            "Shorten or split the query.",
        ),
        MethodError: (
            405,
            "Method not allowed",
            "The method of the request is none that is answered at this address.",
            "Use one of those that the header Allow names. Everything here is read-only.",
        ),
        UnknownFileError: (
            404,
            "No such file",
            "The dump of the release has no file of this name.",
            "The page /dumps/ lists the files there are.",
        ),
        NoDumpError: (
            404,
            "No dump",
            "The release has no files to take: it was loaded from files, or built before there were dumps.",
            "Take its graphs at /graphs, or run 'sarcograph dump' beside it.",
        ),
        UnknownGraphError: (
            404,
            "No such graph",
            "The release that is served has no graph of this name.",
            "The document /.well-known/void names the graphs there are.",
        ),
        UnknownReleaseError: (
            404,
            "No such release",
            "No release of this version is kept here.",
            "The page /releases lists those that are. A version is a day and a number, such as 2026-11-25.1.",
        ),
        UnknownEntityError: (
            404,
            "No such entity",
            "The release states nothing of an entity of this name.",
            "The list of its kind, such as /drug/, names all there are; the answer names those that are near.",
        ),
        WithdrawnError: (
            410,
            "Withdrawn",
            "There was such an entity; it is there no more. Its IRI will not come to mean anything else.",
            "Use what takes its place, if the answer names that, or ask the last release that has it with ?release=.",
        ),
        UnknownIdentifierError: (
            404,
            "Unknown identifier",
            "The identifier can be read, but nothing in the release has it.",
            "Look at how it was read and what is near it; the page /resolve says which identifiers are known.",
        ),
        UnknownPageError: (
            404,
            "No such page",
            "The document has fewer pages than the request names.",
            "Begin with the first, without page=, and follow the links of rel next.",
        ),
        RequestError: (
            400,
            "Request not understood",
            "A parameter of the request is missing, is there twice, or means nothing.",
            "The answer's detail says which one, and what is expected.",
        ),
        SarcographError: (
            503,
            "Not available",
            "What was asked for cannot be given just now.",
            "Try again later; if it stays so, tell whoever runs this server.",
        ),
    }.items()
}

# What a program may want to know of an error.
_FACTS = ("line", "column", "offers", "reason", "replacements", "release", "near")
_IN_IRI = ":/?#[]@!$&'()*+,;=%-._~"  # what stands in a header as it is


def problem_of(error: SarcographError) -> Problem:
    """How an error is answered, by the nearest class in the table."""
    return next(PROBLEMS[each] for each in type(error).__mro__ if each in PROBLEMS)


def status_of(error: SarcographError) -> int:
    """The HTTP status of an error."""
    return problem_of(error).status


def headers_of(error: SarcographError) -> dict[str, str]:
    """The headers that go with an error, whether it is told as a document or as a page."""
    headers = {"Cache-Control": "no-store", "Vary": "Accept"}
    if isinstance(error, BusyError):
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, MediaTypeError):
        headers["Accept-Post"] = ", ".join(error.accepted)
    if isinstance(error, MethodError):
        headers["Allow"] = ", ".join(error.allowed)
    if isinstance(error, BodySizeError):
        headers["Connection"] = "close"
    if isinstance(error, WithdrawnError) and (instead := _instead(error)):
        headers["Link"] = instead
    return headers


def _instead(error: WithdrawnError) -> str:
    """Where to go instead, as the header Link: to what takes its place, to the last release that has it."""
    found = [f'<{quote(iri, safe=_IN_IRI)}>; rel="successor-version"' for iri in error.replacements]
    if error.release:
        found.append(f'<{error.iri}?release={error.release}>; rel="predecessor-version"')
    return ", ".join(found)


def document(error: SarcographError) -> tuple[int, dict[str, str], bytes]:
    """The problem document of an error: status, headers, body.

    {"type": "https://w3id.org/sarcograph/problem/query-syntax", "title": "Not a SPARQL query", "status": 400,
     "detail": "…", "line": 3, "column": 14}
    """
    problem = problem_of(error)
    extra = {name: getattr(error, name) for name in _FACTS if getattr(error, name, None)}
    body = _body(f"{BASE}problem/{problem.name}", problem.title, problem.status, str(error), extra)
    return problem.status, {**headers_of(error), "Content-Type": PROBLEM}, body


def document_of_http(error: HTTPException) -> tuple[int, dict[str, str], bytes]:
    """The problem document of an error of HTTP itself, such as a path that leads nowhere; its headers are kept."""
    status = error.code or 500
    headers = {
        name: value for name, value in error.get_headers() if name.lower() not in ("content-type", "content-length")
    }
    body = _body("about:blank", error.name, status, error.description or error.name, {})
    return status, {**headers, "Content-Type": PROBLEM, "Vary": "Accept"}, body


def _body(kind: str, title: str, status: int, detail: str, extra: dict[str, Any]) -> bytes:
    body = {"type": kind, "title": title, "status": status, "detail": detail, **extra}
    return (json.dumps(body, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "replace")
