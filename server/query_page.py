"""The page of the endpoint: the form, example queries, and an answer as a table, a word, or Turtle."""

from __future__ import annotations

import json
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from json import JSONDecodeError, JSONDecoder
from urllib.parse import urlencode

from flask import Response, render_template

from loader.errors import QueryCrashError, SarcographError, UnsafeValueError
from loader.namespaces import BASE
from server import problems, queries
from server.negotiation import HTML
from server.panels import MOST_ROWS, Row, cell, rows
from server.reply import Reply
from server.serving import serving

_MOST_TEXT = 200_000  # characters of Turtle that the page shows
_MOST_CELLS = 20_000  # of a table that the page shows: columns are the asker's to choose
_MOST_NAMED = 2_000  # addresses whose names are looked up for one page
_MOST_HELD = 16 << 20  # characters of an answer that may be read before its first rows are whole
_BINDINGS = '"bindings":['
_DOWNLOADS = {
    "select": (("csv", "CSV"), ("tsv", "TSV"), ("json", "JSON"), ("xml", "XML")),
    "ask": (("json", "JSON"), ("xml", "XML")),
    "graph": (("ttl", "Turtle"), ("nt", "N-Triples"), ("jsonld", "JSON-LD"), ("rdf", "RDF/XML")),
}


@dataclass(frozen=True)
class Answer:
    """What the page shows of an answer; `cut` says that there is more. `downloads` lead to all of it."""

    form: str
    columns: Sequence[str] = ()
    rows: Sequence[Row] = ()
    text: str = ""
    cut: bool = False
    downloads: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Pointer:
    """Where in a query something is wrong: the line's text and the blanks that put a mark below the place."""

    line: int
    column: int
    text: str
    blanks: str


def page(
    query: str | None,
    error: SarcographError | None = None,
    status: int = 200,
    *,
    deadline: float | None = None,
    default_graphs: list[str] | None = None,
    named_graphs: list[str] | None = None,
    gone: Callable[[], bool] = lambda: False,
) -> Response:
    """The HTML of /sparql: the form alone, or with the answer to `query`, or with the error that it gave."""
    answer = None
    if query is not None and error is None:
        reply = serving().pool.run(
            query, deadline=deadline, default_graphs=default_graphs, named_graphs=named_graphs, gone=gone
        )
        answer = _answer(reply, {"query": query, "default-graph-uri": default_graphs, "named-graph-uri": named_graphs})
    body = render_template(
        "query.html",
        query=query or "",
        answer=answer,
        most=MOST_ROWS,
        title=problems.problem_of(error).title if error else None,
        sentence=str(error) if error else None,
        pointer=_pointer(query or "", error),
    )
    return Response(body, status, content_type=f"{HTML}; charset=utf-8")


def _answer(reply: Reply, asked: dict[str, str | list[str] | None]) -> Answer:
    given = {name: value for name, value in asked.items() if value}
    links = [
        (label, f"/sparql?{urlencode({**given, 'format': name}, doseq=True)}") for name, label in _DOWNLOADS[reply.form]
    ]
    try:
        if reply.form == "graph":
            text, cut = _beginning(reply)
            return Answer("graph", text=text, cut=cut, downloads=links)
        if reply.form == "ask":
            return Answer("ask", text="yes" if json.loads(reply.read())["boolean"] else "no", downloads=links)
        columns, found, cut = _first_rows(reply)
        return Answer("select", columns, _labelled(found), cut=cut, downloads=links)
    finally:
        reply.close()


def _beginning(reply: Reply) -> tuple[str, bool]:
    """The text of an answer, up to the last line that fits; and whether there is more."""
    held = b""
    for piece in reply:
        held += piece
        if len(held) > _MOST_TEXT:
            return held[:_MOST_TEXT].rpartition(b"\n")[0].decode("utf-8", "ignore"), True
    return held.decode("utf-8"), False


def _first_rows(reply: Reply) -> tuple[list[str], list[Row], bool]:
    """The columns, the first rows and whether there are more, without reading further than that.

    SPARQL JSON as the worker writes it: {"head":{"vars":["a"]},"results":{"bindings":[{"a":{…}},…]}}
    """
    found: list[Row] = []
    columns: list[str] = []
    most = MOST_ROWS
    for this in _objects(reply):
        if "vars" in this:
            columns = [str(name) for name in this["vars"]][:_MOST_CELLS]
            most = max(1, min(MOST_ROWS, _MOST_CELLS // max(1, len(columns))))
        elif len(found) == most:
            return columns, found, True
        else:
            found.append({name: cell(term) for name, term in this.items()})
    return columns, found, False


def _objects(reply: Reply) -> Iterator[dict[str, dict[str, str]]]:
    """The head of a SPARQL JSON answer, then its bindings one by one, as they come."""
    characters, objects = getincrementaldecoder("utf-8")(), JSONDecoder()
    held, begun = "", False
    for piece in reply:
        held += characters.decode(piece)
        if not begun:
            head, begins, rest = held.partition(_BINDINGS)
            if not begins:
                continue
            begun, held = True, rest
            yield json.loads(head.partition('"head":')[2].rpartition(',"results"')[0])
        while (held := held.lstrip(", \n")).startswith("{"):
            try:
                this, end = objects.raw_decode(held)
            except JSONDecodeError:
                break
            except RecursionError as error:
                raise QueryCrashError("one value of its answer is nested too deeply to show") from error
            yield this
            held = held[end:]
        if len(held) > _MOST_HELD:
            raise QueryCrashError("one row of its answer is too long to show")
    if not held.startswith("]"):
        raise QueryCrashError("its answer cannot be shown as a table")


def _labelled(found: Sequence[Row]) -> list[Row]:
    """The rows with the names of our entities and terms, looked up in one query."""
    ours = {this.value for row in found for this in row.values() if this.kind == "iri" and this.value.startswith(BASE)}
    terms = []
    for value in sorted(ours)[:_MOST_NAMED]:
        try:
            terms.append(queries.iri(value))
        except UnsafeValueError:
            continue
    if not terms:
        return list(found)
    named = rows(serving(), queries.read("entity/labels").bind(entity=terms))
    labels = {row["entity"].value: row["label"].label for row in named}
    return [
        {name: replace(this, label=labels.get(this.value, this.label)) for name, this in row.items()} for row in found
    ]


def _pointer(query: str, error: SarcographError | None) -> Pointer | None:
    line, column = getattr(error, "line", None), getattr(error, "column", None)
    lines = query.replace("\r\n", "\n").split("\n")
    if not line or not column or line > len(lines):
        return None
    text = lines[line - 1]
    start = max(0, column - 1 - 60)
    shown = text[start : start + 120]
    blanks = "".join("\t" if character == "\t" else " " for character in shown[: column - 1 - start])
    return Pointer(line, column, shown, blanks)
