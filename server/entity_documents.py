"""The entities at their IRIs, and the documents about them, in the event loop.

GET /drug/trabectedin        303 to one of the documents below (`dereferencing` says to which)
GET /drug/trabectedin.ttl    all that is stated of it, its names and sources, and what points to it (&page=2 …)
…                            .trig, .nt, .rdf, .jsonld: the same triples; .csv: its own statements as a table
GET /drug/trabectedin.html   the page, and .json its data, which `pages` makes
"""

from __future__ import annotations

import asyncio
import re

from loader.errors import UnknownEntityError, UnknownPageError, WithdrawnError
from loader.kinds import KINDS
from loader.namespaces import entity
from server import dereferencing, requests
from server.cache import Stored
from server.dereferencing import Edition, Thing
from server.entity_statements import Wanted
from server.exchange import Exchange, Response
from server.negotiation import Format
from server.reply import Reply
from server.site import Site
from server.withdrawals import last_release_with

_LONGEST = 300  # characters of a slug
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_CONCEPT = re.compile(rf"{_SLUG.pattern}(?:/{_SLUG.pattern})?")
_PAGED = ("ttl", "trig", "nt", "rdf", "jsonld")  # the documents that say what points to the entity, page by page
_PAGES = ("html", "json")  # the documents that `pages` makes


def is_there(path: str) -> bool:
    """Whether a path is below that of a kind of entity."""
    kind, slash, name = path[1:].partition("/")
    return bool(slash and name) and kind in KINDS


def is_slug(kind: str, slug: str) -> bool:
    """Whether an entity of a kind can be called so."""
    return len(slug) <= _LONGEST and bool((_CONCEPT if kind == "concept" else _SLUG).fullmatch(slug))


def thing_of(kind: str, slug: str) -> Thing:
    """An entity as a thing that has documents."""
    return Thing(f"/{kind}/{slug}", paged=_PAGED, collection=f"/{kind}/")


async def answer(exchange: Exchange, site: Site) -> Response | None:
    """What is at the path of an entity or of a document about it; None where a page is to answer, also that there is
    none. Raises WithdrawnError, UnknownPageError, NotAcceptableError, RequestError."""
    path, chosen = dereferencing.split(exchange.path)
    kind, _, slug = path[1:].partition("/")
    if not is_slug(kind, slug):
        return None
    thing = thing_of(kind, slug)
    asked = dereferencing.edition(exchange, site)
    if chosen and chosen.names[0] not in _PAGED and asked.page > 1:
        raise UnknownPageError(asked.page, 1)
    if chosen and chosen.names[0] in _PAGES:
        return None
    exchange.watch()
    try:
        if chosen:
            return await _document(exchange, site, thing, chosen, asked)
        await _require(site, entity(kind, slug))
    except UnknownEntityError as error:
        last = await asyncio.to_thread(last_release_with, site.shelf, site.release, error.iri)
        if last:
            raise WithdrawnError(error.iri, "", (), last) from error
        return None
    return dereferencing.see_other(exchange, site, thing)


async def _require(site: Site, iri: str) -> None:
    """Raise UnknownEntityError or WithdrawnError where there is no such entity; that there is one is remembered."""
    key = site.release.version, ("entity", iri)
    if site.cache.find(key):
        return
    request = requests.entity(Wanted(iri, site.release.version), None)
    async with site.few:
        reply = await site.run(request, reserved=True)
        reply.close()
    site.cache.keep(key, Stored("", "identity", None, b""))


async def _document(exchange: Exchange, site: Site, thing: Thing, chosen: Format, asked: Edition) -> Response:
    async def ask(encoding: str) -> Reply:
        wanted = Wanted(thing.iri, site.release.version, asked.page, asked.release is not None)
        return await site.run(requests.entity(wanted, chosen.media_type, encoding), reserved=True)

    return await dereferencing.document(exchange, site, thing, chosen, asked, ask)
