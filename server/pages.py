"""The pages: the home page, a list for each kind, a page for each entity, and what is said where there is none.

`/drug/trabectedin` itself, and the documents for programs, are answered by `entity_documents`.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, render_template, request
from jinja2 import TemplateNotFound
from werkzeug.exceptions import HTTPException, NotFound

from loader.errors import NotAcceptableError, SarcographError, UnknownEntityError, WithdrawnError
from loader.kinds import KINDS, Kind
from loader.namespaces import entity, expand
from server import (
    cache,
    dereferencing,
    entity_documents,
    entity_json,
    entity_page,
    permalinks,
    problems,
    queries,
    schema_org,
    topics,
    withdrawals,
    wording,
)
from server.dereferencing import Edition, Link
from server.entity_page import EntityPage
from server.entity_statements import Wanted
from server.negotiation import FORMAT_NAMES, HTML, SUFFIXES, Format, documents, may_be_html, wants_html
from server.pages_in_threads import ERROR
from server.panels import Cell, ask, laid_out, panel
from server.queries import Query
from server.serving import serving

blueprint = Blueprint("pages", __name__)

_MOST_SHOWN = 80  # characters of what was asked for that a page repeats
_MAX_AGE = 300  # seconds


def _html(page: EntityPage, links: Sequence[Link]) -> str:
    of_kind, version = f"{page.kind.path}.html", serving().release.version
    shown: dict[str, object] = {
        "page": page,
        "links": links,
        "described": schema_org.block(page, version),
        "names": FORMAT_NAMES,
    }
    shown |= {"changes": _changes(page), "own_query": ""}  # it is one page whatever else the address asks
    try:
        return render_template(of_kind, **shown)
    except TemplateNotFound as error:
        if error.name != of_kind:
            raise
    return render_template("entity.html", **shown)


def _changes(page: EntityPage) -> str | None:
    """The address of what this release changed of an entity; None where the release before is not there."""
    here = serving()
    earlier = here.release.manifest.get("previous")
    if not earlier or earlier not in here.shelf.versions():
        return None
    return f"/releases/{earlier}...{here.release.version}?{urlencode({'entity': page.iri})}"


def _json(page: EntityPage, links: Sequence[Link]) -> str:
    version = serving().release.version
    return entity_json.write(page, serving().asker.statements(Wanted(page.iri, version)), version)


# How the documents about an entity that are made here are written, by their suffix.
_WRITERS: Mapping[str, Callable[[EntityPage, Sequence[Link]], str]] = {"html": _html, "json": _json}


@blueprint.app_template_global()
def example_queries() -> tuple[Query, ...]:
    """The example queries, for every page that has the query form."""
    return queries.examples()


@blueprint.app_template_global()
def kinds() -> dict[str, Kind]:
    """Every kind of entity."""
    return KINDS


@blueprint.app_template_global()
def release_version() -> str:
    """The release that all pages show."""
    return serving().release.version


@blueprint.app_template_filter()
def listed(text: str) -> list[str]:
    """The items of a text that names several."""
    return wording.listed(text)


@blueprint.app_template_global()
def is_pinned() -> bool:
    """Whether the request named its release."""
    return serving().pinned


@blueprint.app_template_global()
def permalink(asked: str | None = None) -> str | None:
    """The page's own address in this release; `asked` is its query, where that is not the request's."""
    return permalinks.pinned(request.path, _asked(asked), serving().release.version)


@blueprint.app_template_global()
def in_current_release(asked: str | None = None) -> str:
    """The page's own address in the current release."""
    return permalinks.current(request.path, _asked(asked))


def _asked(asked: str | None) -> str:
    return request.query_string.decode("latin-1") if asked is None else asked


@blueprint.get("/")
def home() -> Response:
    """What this is, what it found, what it holds, and where to ask."""
    shown = [queries.read(name) for name in ("home/verdicts", _CONTRADICTED)]
    verdicts, contradicted = map(laid_out, shown, ask(serving(), *shown))
    counts = serving().release.manifest["counts"]
    dataset = topics.topic_at(topics.INDEX)
    assert dataset
    asked = Edition(serving().release.version if serving().pinned else None)
    links = dereferencing.links(dataset, documents(("html",))[0], asked)
    response = _page(
        render_template(
            "home.html",
            links=links,
            verdicts=verdicts,
            contradicted=contradicted,
            counts={path: counts.get(kind.cls, 0) for path, kind in KINDS.items()},
        )
    )
    response.headers["Cache-Control"] = dereferencing.freshness(asked)  # as it is negotiated: another may get Turtle
    response.headers["Vary"] = "Accept"
    response.headers["Link"] = dereferencing.linked(links)
    return response


_CONTRADICTED = "examples/which-claims-of-the-source-page-are-contradicted-by-evidence-and-by-what-exactly"


@blueprint.get("/<kind>")
@blueprint.get("/<kind>/")
def members(kind: str) -> Response:
    """The list of all entities of a kind."""
    if kind not in KINDS:
        return _not_found("kind", kind)
    if not request.path.endswith("/"):
        asked = request.query_string.decode("latin-1")
        return _redirect(f"/{kind}/?{asked}" if asked else f"/{kind}/", 308)
    accept = request.headers.get("Accept")
    if not may_be_html(accept):
        raise NotAcceptableError(f"a request for /{kind}/", accept or "", [HTML])
    response = _page(render_template("list.html", kind=KINDS[kind], panel=panel(serving(), _list_query(KINDS[kind]))))
    response.headers["Vary"] = "Accept"
    return response


@blueprint.get("/<kind>/<path:name>")
def document(kind: str, name: str) -> Response:
    """The page of an entity, or its data; or that there is no such entity, and what is near it."""
    if kind not in KINDS:
        return _not_found("kind", kind)
    path, chosen = dereferencing.split(f"/{kind}/{name}")
    slug = path.removeprefix(f"/{kind}/")
    if chosen and chosen.names[0] in _WRITERS and entity_documents.is_slug(kind, slug):
        page = entity_page.read(serving(), KINDS[kind], slug)
        if page:
            return _document(page, chosen)
        iri = entity(kind, slug)
        last = withdrawals.last_release_with(serving().shelf, serving().release, iri)
        if last:
            raise WithdrawnError(iri, "", (), last)
    return _not_found("entity", slug, KINDS[kind])


@blueprint.get("/<path:anything>", endpoint="nowhere")
def nowhere(anything: str) -> Response:
    """A path that no page has."""
    return _not_found("kind", anything)


@blueprint.get("/problem/<name>")
def problem(name: str) -> Response:
    """What one kind of problem means, and what to do about it: the page that a problem document's `type` names."""
    for each in problems.PROBLEMS.values():
        if each.name == name:
            return _page(render_template("problem.html", problem=each))
    return _not_found("kind", f"problem/{name}")


@blueprint.before_app_request
def told() -> Response | None:
    """What a request failed of before it came to a page; the page of the endpoint tells it itself."""
    error: SarcographError | None = request.environ.get(ERROR)
    return broken(error) if error and request.endpoint != "sparql.sparql" else None


@blueprint.app_errorhandler(SarcographError)
def broken(error: SarcographError) -> Response:
    """A page that cannot be made just now, most often because every worker is busy."""
    status, headers, body = problems.document(error)
    return _told(problems.problem_of(error).title, str(error), status, headers, body, _instead(error))


def _instead(error: SarcographError) -> list[str]:
    """Where a reader finds what is withdrawn, or what takes its place."""
    if not isinstance(error, WithdrawnError):
        return []
    found = [wording.href(iri) or iri for iri in error.replacements]
    return found + ([f"{wording.href(error.iri)}?release={error.release}"] if error.release else [])


@blueprint.app_errorhandler(HTTPException)
def refused(error: HTTPException) -> Response:
    """An error of HTTP itself, such as a method that no page answers."""
    return _told(error.name, error.description or error.name, *problems.document_of_http(error))


def _told(
    title: str, sentence: str, status: int, headers: Mapping[str, str], document: bytes, instead: Sequence[str] = ()
) -> Response:
    """An error as a page for a browser, as its problem document for a program."""
    if not wants_html(request.headers.get("Accept")):
        return Response(document, status, headers)
    body = render_template("error.html", title=title, sentence=sentence, instead=instead, fleeting=True)
    return Response(body, status, {**headers, "Content-Type": f"{HTML}; charset=utf-8"})


def _document(page: EntityPage, chosen: Format) -> Response:
    """A document about an entity, which its reader need not fetch again while it is the same."""
    release = serving().release
    thing = entity_documents.thing_of(page.kind.path, page.slug)
    asked = Edition(release.version if serving().pinned else None)
    body = _WRITERS[chosen.names[0]](page, dereferencing.links(thing, chosen, asked))
    entity_tag = cache.tag(release, chosen.media_type, body)
    tags, date = request.headers.get("If-None-Match"), request.headers.get("If-Modified-Since")
    if dereferencing.has(tags, date, entity_tag, release):
        return Response(status=304, headers=dereferencing.told_again(asked, entity_tag, release))
    headers = dereferencing.headers(release, thing, chosen, asked, entity_tag)
    headers["Vary"] = "Accept"  # what compresses it adds its own
    return Response(body, 200, headers)


def _list_query(kind: Kind) -> Query:
    own = f"list/{kind.path}"
    if own in queries.names("list"):
        return queries.read(own)
    return queries.read("list/entity").bind(**{"class": queries.iri(expand(kind.cls))})


def _page(body: str, media_type: str = HTML) -> Response:
    """A page of the release, which its reader need not fetch again while the release is the same."""
    response = Response(body, content_type=f"{media_type}; charset=utf-8")
    response.cache_control.public = True
    response.cache_control.max_age = _MAX_AGE
    response.add_etag(weak=True)
    response.make_conditional(request)
    return response


def _redirect(location: str, code: int) -> Response:
    response = redirect(location, code)
    assert isinstance(response, Response)
    return response


def _not_found(what: str, asked: str, kind: Kind | None = None) -> Response:
    """What was looked for, what is near it, and where to look instead; as a problem document for programs."""
    shown = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in asked)
    shown = shown if len(shown) <= _MOST_SHOWN else f"{shown[:_MOST_SHOWN]}…"
    near = _near(kind, asked[:_MOST_SHOWN]) if kind else []
    endings = ", ".join(f".{suffix}" for suffix in SUFFIXES) if kind and "." in asked else ""
    if not request.path.endswith(".html") and not wants_html(request.headers.get("Accept")):
        if not kind:
            raise NotFound(f"there is no page {shown!r}. The kinds are {', '.join(KINDS)}.")
        hint = f"Documents about a thing end in {endings}." if endings else ""
        raise UnknownEntityError(entity(kind.path, shown), [cell.value for cell in near], hint)
    body = render_template(
        "not_found.html", what=what, asked=shown, kind=kind, near=near, endings=endings, fleeting=True
    )
    return Response(body, 404, {"Vary": "Accept"}, content_type=f"{HTML}; charset=utf-8")


def _near(kind: Kind, asked: str) -> list[Cell]:
    """Entities whose slug or name is like what was asked for: of the kind, and of any kind where it is the same."""
    wanted = asked.lower().partition(".")[0].strip("/ ")
    same = queries.read("entity/same-slug").bind(slug=queries.text(wanted), name=queries.text(wanted))
    alike, listed = ask(serving(), same, _list_query(kind))
    found = [_named(row["entity"], row["entityLabel"]) for row in alike.rows if row["entity"].href]
    by_name: dict[str, Cell] = {}
    for row in listed.rows:
        if "entity" in row and "entityLabel" in row and row["entity"].href:
            named = _named(row["entity"], row["entityLabel"])
            by_name[row["entity"].value.removeprefix(entity(kind.path, ""))] = named
            by_name.setdefault(named.label.lower(), named)
    found += [by_name[name] for name in difflib.get_close_matches(wanted, by_name, n=8, cutoff=0.55)]
    return list({cell.value: cell for cell in found}.values())[:8]


def _named(cell: Cell, label: Cell) -> Cell:
    return Cell(cell.value, cell.kind, label.label, cell.href)
