"""The releases, and what changed from one to another.

GET /releases              all that can be asked, newest first: .html, .json, .ttl
GET /releases/A...B        what changed from A to B: as these; ?entity=drug/trabectedin narrows, &page=2 goes on
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from pyoxigraph import Triple

from loader.errors import RequestError, UnknownReleaseError
from loader.metadata import about_release
from loader.namespaces import BASE, expand, prefixes
from loader.release import Release
from server import cache, compression, dereferencing, protocol, requests
from server.dereferencing import Edition, Thing
from server.exchange import Exchange, Response
from server.negotiation import Format
from server.release_changes import JSON, Compared
from server.reply import Reply
from server.serialization import write_triples
from server.shelf import Shelf
from server.site import Site

PATH = "/releases"
_SUFFIXES = ("html", "ttl", "json")
LIST = Thing(PATH, _SUFFIXES)
_PAIR = re.compile(rf"{PATH}/([0-9.-]{{1,40}}?)\.\.\.([0-9.-]{{1,40}})")
_LONGEST = 2000  # characters of an IRI


def is_there(path: str) -> bool:
    """Whether a path is one of those answered here."""
    return path.startswith(PATH) and dereferencing.split(path, _SUFFIXES)[0].startswith((PATH, f"{PATH}/"))


async def answer(exchange: Exchange, site: Site) -> Response | None:
    """The releases, or a comparison; None where a page is to answer, also that there is none."""
    path, chosen = dereferencing.split(exchange.path, _SUFFIXES)
    asked = dereferencing.edition(exchange, site)
    if path == PATH:
        thing = LIST
    elif _PAIR.fullmatch(path):
        entity = entity_asked(exchange.query_string)
        pair(path, site.shelf)
        thing = compared(path, entity)
    else:
        return None
    if chosen is None:
        return dereferencing.see_other(exchange, site, thing)
    if chosen.names[0] == "html":
        return None
    exchange.watch()
    return await (_listed if path == PATH else _compared)(exchange, site, thing, chosen, asked)


def compared(path: str, entity: str | None) -> Thing:
    """A comparison of two releases, or of one entity (its IRI) in them."""
    return Thing(path, _SUFFIXES, _SUFFIXES, PATH, (("entity", entity),) if entity else ())


def pair(path: str, shelf: Shelf) -> tuple[Release, Release]:
    """The two releases that a path names. Raises UnknownReleaseError."""
    read = _PAIR.fullmatch(path)
    if not read:
        raise UnknownReleaseError(path.removeprefix(f"{PATH}/"), shelf.versions())
    return shelf.open_named(read[1]), shelf.open_named(read[2])


def entity_asked(query_string: bytes) -> str | None:
    """The entity that a request narrows a comparison to: an IRI, a CURIE, or a path below ours.

    Raises RequestError.
    """
    given = [value for name, value in protocol.parameters(query_string, "the URL") if name == "entity" and value]
    if not given:
        return None
    prefix, colon, local = given[0].partition(":")
    if colon:
        iri = expand(given[0]) if prefix in prefixes() and not local.startswith("//") else given[0]
    else:
        iri = BASE + given[0].lstrip("/")
    if len(given) > 1 or len(iri) > _LONGEST:
        raise RequestError(f"entity names too much; expected one IRI of at most {_LONGEST} characters.")
    protocol.require_iris("entity", [iri])
    return iri


def comparison(
    shelf: Shelf, path: str, entity: str | None, page: int, media_type: str = JSON, encoding: str = "identity"
) -> dict[str, Any]:
    """What a worker is to be asked for a comparison. Raises UnknownReleaseError, RequestError."""
    before, after = pair(path, shelf)
    wanted = Compared(str(before.path), str(after.path), entity, page, media_type)
    return requests.comparison(wanted, (str(before.store_path), str(after.store_path)), encoding)


async def _compared(exchange: Exchange, site: Site, thing: Thing, chosen: Format, asked: Edition) -> Response:
    async def ask(encoding: str) -> Reply:
        entity = dict(thing.parameters).get("entity")
        return await site.run(comparison(site.shelf, thing.path, entity, asked.page, chosen.media_type, encoding))

    return await dereferencing.document(exchange, site, thing, chosen, asked, ask)


async def _listed(exchange: Exchange, site: Site, thing: Thing, chosen: Format, asked: Edition) -> Response:
    releases = site.shelf.releases()
    if chosen.media_type == JSON:
        body = json.dumps([described(each) for each in releases], ensure_ascii=False, indent=1).encode() + b"\n"
    else:
        body = write_triples(_about(releases), chosen.media_type, site.context)
    encoding = compression.choose(exchange.header(b"accept-encoding"))
    entity_tag = cache.tag(site.release, body, encoding)
    same = dereferencing.unchanged(exchange, site, asked, entity_tag)
    headers = dereferencing.headers(site.release, thing, chosen, asked, entity_tag, encoding)
    headers.pop("Last-Modified")  # the list grows without its release
    return same or Response(200, headers, compression.compress(body, encoding))


def _about(releases: Iterable[Release]) -> Iterable[Triple]:
    return (quad.triple for release in releases for quad in about_release(release.manifest))


def described(release: Release) -> dict[str, Any]:
    """What the list says of a release."""
    manifest = release.manifest
    names = ("version", "created", "previous", "content_hash", "code_version", "triples", "counts", "validation")
    return {"id": f"{BASE}release/{release.version}", **{name: manifest.get(name) for name in names}}
