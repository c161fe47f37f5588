"""The SPARQL endpoint, /sparql: reads the request, has the guard look at it, and streams a worker's answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from tempfile import SpooledTemporaryFile
from typing import IO, cast

from flask import Blueprint, Response, request
from werkzeug.wsgi import wrap_file

from loader.errors import BodySizeError, NotAcceptableError, RequestError, SarcographError
from server import guard, problems, protocol, query_page
from server.negotiation import GRAPH, HTML, SOLUTIONS, Format, choose_format, form_of, formats, named, wants_html
from server.protocol import Asked
from server.reply import Reply
from server.serving import serving
from server.settings import Settings

blueprint = Blueprint("sparql", __name__)

_IN_MEMORY = 8 << 20  # bytes of an answer kept in memory where its length must be known first


@blueprint.route("/sparql", methods=["GET", "POST"], strict_slashes=False, provide_automatic_options=False)
def sparql() -> Response:
    """Answer one query; a browser that comes without one gets the form."""
    asked = None
    try:
        asked = protocol.read(
            request.query_string,
            request.headers.get("Content-Type", ""),
            _body() if request.method == "POST" else None,
            serving().settings.max_deadline,
        )
        return _answer(asked) if asked else _form()
    except SarcographError as error:
        return _explain(error, asked)


@blueprint.route("/sparql", methods=["OPTIONS"], strict_slashes=False, provide_automatic_options=False)
def options() -> Response:
    """What a browser asks before a script of another site may POST a query."""
    methods = "GET, HEAD, POST, OPTIONS"
    return Response(
        status=204,
        headers={
            "Allow": methods,
            "Access-Control-Allow-Methods": methods,
            "Access-Control-Allow-Headers": "Accept, Content-Type",
            "Access-Control-Max-Age": "86400",
        },
    )


def _body() -> bytes:
    limit = serving().settings.max_body
    if (request.content_length or 0) > limit:
        raise BodySizeError(limit)
    # Not get_data(): it would have Flask parse a form, which replaces bytes that are not UTF-8.
    return request.stream.read()


def _form() -> Response:
    """The answer to a request without a query: the form for a person. (A program will get the service description.)"""
    if wants_html(request.headers.get("Accept")):
        return query_page.page(None)
    raise RequestError(f"there is no query. {protocol.HOW}")


def _explain(error: SarcographError, asked: Asked | None) -> Response:
    if wants_html(request.headers.get("Accept")):
        page = query_page.page(asked.query if asked else None, error, problems.status_of(error))
        page.headers.update(problems.headers_of(error))
        return page
    return problems.respond(error)


def _answer(asked: Asked) -> Response:
    word = guard.check(asked.query, _limits(serving().settings))
    accept = request.headers.get("Accept")
    if {"html", HTML} & {name.strip().lower() for name in asked.formats} or (not asked.formats and wants_html(accept)):
        return query_page.page(
            asked.query,
            deadline=asked.seconds,
            default_graphs=asked.default_graphs,
            named_graphs=asked.named_graphs,
            gone=_gone(),
        )
    chosen = {form: _choose(asked.formats, accept, form) for form in (SOLUTIONS, GRAPH)}
    form = form_of(word)
    if chosen[form] is None:
        offers = [each.media_type for each in formats(form)]
        raise NotAcceptableError(word, ", ".join(asked.formats) or accept or "", offers)
    reply = serving().pool.run(
        asked.query,
        _type_or_default(chosen[SOLUTIONS], SOLUTIONS),
        graph_media_type=_type_or_default(chosen[GRAPH], GRAPH),
        deadline=asked.seconds,
        default_graphs=asked.default_graphs,
        named_graphs=asked.named_graphs,
        gone=_gone(),
    )
    return _respond(reply)


def _gone() -> Callable[[], bool]:
    """Whether the client has closed the connection, to be asked while its query runs."""
    asked: Callable[[], bool] = request.environ.get("waitress.client_disconnected", lambda: False)
    return asked


def _limits(settings: Settings) -> guard.Limits:
    return guard.Limits(length=settings.max_query, nesting=settings.max_nesting)


def _choose(names: Sequence[str], accept: str | None, form: str) -> Format | None:
    """The first known format that `format=` names (client libraries name it twice); without any, what Accept likes."""
    known = (named(name, form) for name in names)
    return next((each for each in known if each), None) if names else choose_format(accept, form)


def _type_or_default(chosen: Format | None, form: str) -> str:
    return (chosen or formats(form)[0]).media_type


def _respond(reply: Reply) -> Response:
    """The answer with its length, or in chunks where that is not known yet.

    HTTP/1.0 and HEAD have no chunks: an answer that breaks off would look complete, so it is taken whole first.
    """
    content_type = f"{reply.media_type}; charset=utf-8" if reply.media_type.startswith("text/") else reply.media_type
    if reply.length is not None:
        return Response(reply.read(), content_type=content_type)
    if request.method != "HEAD" and request.environ["SERVER_PROTOCOL"] != "HTTP/1.0":
        return Response(reply, content_type=content_type)
    spool = cast(IO[bytes], SpooledTemporaryFile(_IN_MEMORY))  # noqa: SIM115 - the response closes it
    for piece in reply:
        spool.write(piece)
    size = spool.tell()
    spool.seek(0)
    response = Response(wrap_file(request.environ, spool), content_type=content_type)
    response.content_length = size
    return response
