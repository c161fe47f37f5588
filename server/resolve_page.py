"""GET /resolve?id=…: any identifier leads to the entity of this graph that it means.

One that means one thing answers 303 to it; one that means several 300 with a list of them; one that nothing has 404
with how it was read and what is near. Without `id` it is a page with a form. Lists are JSON for programs.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from urllib.parse import quote, urlencode

from flask import Blueprint, Response, render_template, request

from loader.errors import RequestError, UnknownIdentifierError
from loader.namespaces import expand
from server import answers, identifiers, problems, protocol, resolving, wording
from server.identifiers import NAME, Reading
from server.negotiation import HTML, choose
from server.resolving import Match, Resolved
from server.serving import serving

blueprint = Blueprint("resolve", __name__)

_JSON = "application/json"
_IN_FRAGMENT = "/:@!$&'()*+,;=?-._~"  # (RFC 3986)
_MOST_SAID = 5  # ways in which an identifier was read that an answer names
_MOST_LISTED = 100  # things that an answer lists
_WORDS = {"iri": "its address", "slug": "its short name", "skos:prefLabel": "its name", "skos:altLabel": "another name"}


@blueprint.get("/resolve")
def resolve() -> Response:
    """What the identifier in the URL means. Raises RequestError where it is none."""
    given = [value for name, value in protocol.parameters(request.query_string, "the URL") if name == "id"]
    if len(given) > 1:
        raise RequestError(f"id is given {len(given)} times; expected once.")
    if not given and _wants_page():
        return _page(200, None, "")
    found = resolving.resolve(serving(), given[0] if given else "")
    return _leads(found.only) if found.only else _several(found) if found.matches else _unknown(found)


@blueprint.app_template_filter()
def how(match: Match) -> str:
    """In which respect something matches an identifier, in words."""
    return _WORDS.get(match.how) or wording.term(expand(match.how) if "://" not in match.how else match.how)


def _wants_page() -> bool:
    return choose(request.headers.get("Accept"), (_JSON, HTML)) == HTML


def address(match: Match) -> str:
    """Where something is on this site, in the release that the request names, if it names one."""
    path, _, fragment = match.path.partition("#")
    version = f"?{urlencode({'release': serving().release.version})}" if serving().pinned else ""
    return quote(path, safe="/.") + version + (f"#{quote(fragment, safe=_IN_FRAGMENT)}" if fragment else "")


def _leads(match: Match) -> Response:
    return _lasting(Response(status=303, headers={"Location": address(match)}))


def _several(found: Resolved) -> Response:
    if _wants_page():
        return _page(300, found, found.text)
    listed = [_as_json(match) for match in found.matches[:_MOST_LISTED]]
    body = {"id": found.text, "total": len(found.matches), "matches": listed}
    return _lasting(Response(json.dumps(body, ensure_ascii=False, indent=1) + "\n", 300, content_type=_JSON))


def _as_json(match: Match) -> dict[str, str]:
    return {"id": match.iri, "label": match.label, "match": match.how, "as": str(match.reading), "href": address(match)}


def _unknown(found: Resolved) -> Response:
    error = UnknownIdentifierError(found.text, _said(found.readings), [match.iri for match in found.near])
    if _wants_page():
        return _page(404, found, found.text, str(error).partition(" Near it: ")[0])
    status, headers, body = problems.document(error)
    return _lasting(Response(body, status, headers))


def _said(readings: Sequence[Reading]) -> list[str]:
    """How an identifier was read: as an identifier of registers that it looks like one of, else as a name."""
    vague = {each.prefix for each in identifiers.registers() if not each.is_telling}
    said = [each for each in readings if each.register not in vague]
    return [str(each) for each in said if each.register != NAME or len(said) == 1][:_MOST_SAID]


def _page(status: int, found: Resolved | None, text: str, sentence: str = "") -> Response:
    body = render_template(
        "resolve.html",
        found=found,
        text=text[: identifiers.LONGEST],
        sentence=sentence,
        most=_MOST_LISTED,
        examples=identifiers.EXAMPLES,
        registers=identifiers.registers(),
        address=address,
    )
    return _lasting(Response(body, status, content_type=f"{HTML}; charset=utf-8"))


def _lasting(response: Response) -> Response:
    response.headers["Vary"] = "Accept"
    response.headers["Cache-Control"] = answers.FRESH
    return response
