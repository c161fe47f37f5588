"""Errors as answers: which HTTP status each has, and the problem document that programs get (RFC 9457)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from flask import Response
from werkzeug.exceptions import HTTPException

from loader.errors import (
    BodySizeError,
    BusyError,
    ClientGoneError,
    MediaTypeError,
    MethodError,
    NotAcceptableError,
    QueryCrashError,
    QueryError,
    QueryForbiddenError,
    QueryLimitError,
    QuerySyntaxError,
    QueryTimeoutError,
    RequestError,
    SarcographError,
    UnknownGraphError,
)
from loader.namespaces import BASE
from server.negotiation import PROBLEM


@dataclass(frozen=True)
class Problem:
    """How one class of error is answered."""

    status: int
    title: str


PROBLEMS: dict[type[SarcographError], Problem] = {
    QuerySyntaxError: Problem(400, "Not a SPARQL query"),
    QueryLimitError: Problem(400, "Query too long or too deep"),
    QueryForbiddenError: Problem(403, "Not allowed here"),
    QueryTimeoutError: Problem(503, "Query cut off at its deadline"),
    QueryCrashError: Problem(503, "Query needed too much"),
    BusyError: Problem(503, "Busy"),
    ClientGoneError: Problem(503, "Client gone"),
    QueryError: Problem(400, "Query not answered"),
    NotAcceptableError: Problem(406, "No such format"),
    MediaTypeError: Problem(415, "Body of a type that is not read"),
    BodySizeError: Problem(413, "Body too large"),
    MethodError: Problem(405, "Method not allowed"),
    UnknownGraphError: Problem(404, "No such graph"),
    RequestError: Problem(400, "Request not understood"),
}
_BROKEN = Problem(503, "Not available")


def problem_of(error: SarcographError) -> Problem:
    """How an error is answered, by the nearest class in the table."""
    return next((PROBLEMS[each] for each in type(error).__mro__ if each in PROBLEMS), _BROKEN)


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
    return headers


def document(error: SarcographError) -> tuple[int, dict[str, str], bytes]:
    """The problem document of an error: status, headers, body.

    {"type": "https://w3id.org/sarcograph/problem/query-syntax", "title": "Not a SPARQL query", "status": 400,
     "detail": "…", "line": 3, "column": 14}
    """
    problem = problem_of(error)
    extra = {name: getattr(error, name) for name in ("line", "column", "offers") if getattr(error, name, None)}
    body = _body(_type(error), problem.title, problem.status, str(error), extra)
    return problem.status, {**headers_of(error), "Content-Type": PROBLEM}, body


def respond(error: SarcographError) -> Response:
    """The problem document of an error, as a page's answer."""
    status, headers, body = document(error)
    return Response(body, status, headers)


def respond_http(error: HTTPException) -> Response:
    """The problem document of an error of HTTP itself, such as a path that leads nowhere; its headers are kept."""
    status = error.code or 500
    headers = {
        name: value for name, value in error.get_headers() if name.lower() not in ("content-type", "content-length")
    }
    body = _body("about:blank", error.name, status, error.description or error.name, {})
    return Response(body, status, {**headers, "Content-Type": PROBLEM, "Vary": "Accept"})


def _body(kind: str, title: str, status: int, detail: str, extra: dict[str, Any]) -> bytes:
    body = {"type": kind, "title": title, "status": status, "detail": detail, **extra}
    return (json.dumps(body, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "replace")


def _type(error: SarcographError) -> str:
    """`QuerySyntaxError` is …/problem/query-syntax."""
    words = re.findall("[A-Z][a-z]+", type(error).__name__.removesuffix("Error"))
    return f"{BASE}problem/{'-'.join(words).lower()}"
