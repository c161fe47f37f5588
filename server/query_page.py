"""The page of the endpoint: the form, example queries, and an answer as a table, a word, or Turtle."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from flask import Blueprint, Response, render_template, request

from loader.errors import QueryCrashError, SarcographError, UnsafeValueError
from loader.namespaces import BASE
from server import answers, problems, protocol, queries
from server.negotiation import HTML
from server.pages_in_threads import ERROR
from server.panels import MOST_ROWS, Row, cell, rows
from server.protocol import Asked
from server.serving import serving

_MOST_TEXT = 200_000  # characters of Turtle that the page shows
_MOST_CELLS = 20_000  # of a table that the page shows: columns are the asker's to choose
_MOST_NAMED = 2_000  # addresses whose names are looked up for one page
_LONGEST_LINK = 60_000  # characters: what is posted may be longer than any URL that is read
_MOST_HELD = 8 << 20  # bytes of the rows that the page shows

blueprint = Blueprint("sparql", __name__)
_DOWNLOADS = {
    "select": (("csv", "CSV"), ("tsv", "TSV"), ("json", "JSON"), ("xml", "XML")),
    "ask": (("json", "JSON"), ("xml", "XML")),
    "graph": (("ttl", "Turtle"), ("nt", "N-Triples"), ("jsonld", "JSON-LD"), ("rdf", "RDF/XML")),
}


@dataclass(frozen=True)
class Answer:
    """What the page shows of an answer; `cut` says that there is more, `complete` is what the header
    Sarcograph-Complete says. `downloads` lead to all of it."""

    form: str
    columns: Sequence[str] = ()
    rows: Sequence[Row] = ()
    text: str = ""
    cut: bool = False
    complete: str | None = None
    downloads: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Pointer:
    """Where in a query something is wrong: the line's text and the blanks that put a mark below the place."""

    line: int
    column: int
    text: str
    blanks: str


@blueprint.route("/sparql", methods=["GET", "POST"], strict_slashes=False)
def sparql() -> Response:
    """The page of the endpoint for a browser: the form, an answer, or what a request failed of."""
    failed: SarcographError | None = request.environ.get(ERROR)
    asked = None
    try:
        body = request.stream.read() if request.method == "POST" else None
        content_type = request.headers.get("Content-Type", "")
        asked = protocol.read(request.query_string, content_type, body, serving().settings.max_deadline)
        if failed:
            raise failed
        return page(asked)
    except SarcographError as error:
        answer = page(asked, error, problems.status_of(error))
        answer.headers.update(problems.headers_of(error))
        return answer


def page(asked: Asked | None, error: SarcographError | None = None, status: int = 200) -> Response:
    """The HTML of /sparql: the form alone, or with the answer to what is asked, or with the error that it gave."""
    query = asked.query if asked else ""
    answer = _answer(asked) if asked and not error else None
    body = render_template(
        "query.html",
        query=query,
        dataset=_dataset(asked) if asked else (),
        timeout=dict(_timeout(asked)).get("timeout", "") if asked else "",
        settings=serving().settings,
        answer=answer,
        title=problems.problem_of(error).title if error else None,
        sentence=str(error) if error else None,
        pointer=_pointer(query, error),
        own_query=urlencode(_given(asked)) if asked else None,
        fleeting=error is not None,
    )
    response = Response(body, status, content_type=f"{HTML}; charset=utf-8")
    response.headers["Vary"] = "Accept"
    if answer and answer.complete:
        response.headers["Sarcograph-Complete"] = answer.complete
    return response


def _answer(asked: Asked) -> Answer:
    whole = serving().asker.run(
        asked.query,
        deadline=asked.seconds,
        default_graphs=asked.default_graphs,
        named_graphs=asked.named_graphs,
        most=min(MOST_ROWS, asked.most or MOST_ROWS),
        cells=_MOST_CELLS,
        most_bytes=_MOST_HELD,
    )
    given = [*_given(asked), ("release", serving().release.version)]
    links = [(label, f"/sparql?{urlencode([*given, ('format', name)])}") for name, label in _DOWNLOADS[whole.form]]
    links = [(label, href) for label, href in links if len(href) < _LONGEST_LINK]
    complete = answers.completeness(whole.cap, asked.most)
    cut = whole.cap is not None
    if whole.form == "graph":
        text = whole.body.decode("utf-8")
        if len(text) > _MOST_TEXT:
            text, cut, complete = text[:_MOST_TEXT].rpartition("\n")[0], True, "?0"
        return Answer("graph", text=text, cut=cut, complete=complete, downloads=links)
    try:
        said = json.loads(whole.body)
    except RecursionError as error:
        raise QueryCrashError("one value of its answer is nested too deeply to show") from error
    if whole.form == "ask":
        return Answer("ask", text="yes" if said["boolean"] else "no", complete=complete, downloads=links)
    columns = said["head"]["vars"][:_MOST_CELLS]
    found = [{name: cell(term) for name, term in this.items()} for this in said["results"]["bindings"]]
    return Answer("select", columns, _labelled(found), cut=cut, complete=complete, downloads=links)


def _given(asked: Asked) -> list[tuple[str, str]]:
    """What is asked, as parameters of a URL, though it may have been posted."""
    return [("query", asked.query), *_dataset(asked), *_timeout(asked)]


def _dataset(asked: Asked) -> list[tuple[str, str]]:
    """The graphs that are asked, as parameters."""
    default, named = asked.default_graphs or (), asked.named_graphs or ()
    return [*(("default-graph-uri", graph) for graph in default), *(("named-graph-uri", graph) for graph in named)]


def _timeout(asked: Asked) -> list[tuple[str, str]]:
    """The seconds that the query may take, as parameters: one, or none."""
    return [] if asked.seconds is None else [("timeout", f"{asked.seconds:g}")]


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
