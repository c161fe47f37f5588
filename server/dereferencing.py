"""Things and the documents about them: which one a thing's IRI leads to, what its headers say, how it is answered.

`/drug/trabectedin` names the drug. It answers 303, in one hop, to the document about it that Accept likes best: to
`/drug/trabectedin.ttl` where any will do, to `.html` where a browser asks. A document's suffix says its format,
whatever Accept says. One mechanism for whatever has an IRI: an entity, the ontology, a release.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from urllib.parse import quote, urlencode

from loader.errors import NotAcceptableError, RequestError
from loader.namespaces import BASE
from loader.release import Release
from loader.void import LICENCE
from server import answers, cache, compression, protocol
from server import links as site_links
from server.cache import Stored
from server.exchange import Exchange, Response
from server.negotiation import SUFFIXES, Format, choose_document, documents
from server.reply import Reply
from server.site import Site

Ask = Callable[[str], Awaitable[Reply | str]]

METHODS = ("GET", "HEAD", "OPTIONS")
CONTEXT = "http://www.w3.org/ns/json-ld#context"
IMMUTABLE = "public, max-age=31536000, immutable"  # of a document whose URL names its release
MOST_PAGES = 10**9
_PAGE = re.compile(r"[1-9][0-9]*")
_SAFE = "/:@!$&'()*+,;=-._~"  # what a path may hold as it is (RFC 3986)


@dataclass(frozen=True)
class Thing:
    """Something with an IRI: its path, such as `/drug/trabectedin`, the suffixes of the documents about it, those of
    them that may have several pages, the path of the list that it is in, if any, and what else says what is meant."""

    path: str
    suffixes: Sequence[str] = SUFFIXES
    paged: Sequence[str] = ()
    collection: str | None = None
    parameters: tuple[tuple[str, str], ...] = ()

    @property
    def iri(self) -> str:
        """The IRI that names it."""
        return BASE + self.path.lstrip("/")

    def document(self, suffix: str, asked: Edition | None = None) -> str:
        """The address of one document about it: of its release and page if they are asked for."""
        asked = asked or Edition()
        page = asked.page if suffix in self.paged and asked.page > 1 else None
        query = _query({**dict(self.parameters), "release": asked.release, "page": str(page) if page else None})
        return quote(f"{self.path}.{suffix}", safe=_SAFE) + query


@dataclass(frozen=True)
class Link:
    """What a document is linked to: as a header, and in the head of a page."""

    href: str
    rel: str
    type: str = ""

    def __str__(self) -> str:
        return f'<{self.href}>; rel="{self.rel}"' + (f'; type="{self.type}"' if self.type else "")


@dataclass(frozen=True)
class Edition:
    """What is asked for of a document: of which release, if the request names one, and which page of how many."""

    release: str | None = None
    page: int = 1
    pages: int = 1


def _query(values: dict[str, str | None]) -> str:
    given = {name: value for name, value in values.items() if value is not None}
    return f"?{urlencode(given)}" if given else ""


def split(path: str, suffixes: Sequence[str] = SUFFIXES) -> tuple[str, Format | None]:
    """A thing's path, and the format that the suffix of `path` says, None where it has none of these suffixes."""
    stem, dot, suffix = path.rpartition(".")
    found = next((each for each in documents(suffixes) if each.names[0] == suffix), None) if dot else None
    return (stem, found) if found else (path, None)


def edition(exchange: Exchange, site: Site) -> Edition:
    """What a request asks for with `release=` and `page=`. Raises RequestError where `page` is no page's number."""
    return Edition(site.release.version if site.pinned else None, page_number(exchange.query_string))


def page_number(query_string: bytes) -> int:
    """The page that a URL asks for, 1 where it names none. Raises RequestError."""
    if b"page" not in query_string:
        return 1
    given = [value for name, value in protocol.parameters(query_string, "the URL") if name == "page"]
    if len(given) > 1:
        raise RequestError(f"page is given {len(given)} times; expected once.")
    if given and not _PAGE.fullmatch(given[0]):
        raise RequestError(f"page is {given[0][:40]!r}; expected a whole number from 1.")
    return int(given[0]) if given and len(given[0]) < 10 else MOST_PAGES if given else 1


def see_other(exchange: Exchange, site: Site, thing: Thing) -> Response:
    """303 from a thing to the document about it that is asked for. Raises NotAcceptableError, RequestError."""
    names = protocol.format_names(exchange.query_string)
    accept = exchange.header(b"accept")
    chosen = choose_document(names, accept, thing.suffixes)
    if chosen is None:
        offers = [each.media_type for each in documents(thing.suffixes)]
        raise NotAcceptableError(f"a request for {thing.path}", ", ".join(names) or accept or "", offers)
    asked = edition(exchange, site)
    found = {
        "Location": thing.document(chosen.names[0], asked),
        "Vary": "Accept",
        "Cache-Control": freshness(asked),
        "Link": linked(_alternates(thing, None, asked)),
    }
    return Response(303, found)


def links(thing: Thing, chosen: Format, asked: Edition) -> tuple[Link, ...]:
    """What the document about a thing in one format is linked to."""
    suffix = chosen.names[0]
    own = [
        Link(thing.iri, "describes"),
        Link(f"{BASE}{thing.document(suffix).lstrip('/')}", "canonical"),
        Link(f"/.well-known/void{_query({'release': asked.release})}", "describedby"),
        Link(LICENCE.value, "license"),
    ]
    if thing.collection:
        release = None if site_links.is_the_same(thing.collection[1:]) else asked.release
        own.append(Link(thing.collection + _query({"release": release}), "collection"))
    if suffix == "json":
        own.append(Link(f"/context.jsonld{_query({'release': asked.release})}", CONTEXT, "application/ld+json"))
    own += [
        Link(thing.document(suffix, replace(asked, page=page)), rel)
        for rel, page in (("first", 1), ("prev", asked.page - 1), ("next", asked.page + 1), ("last", asked.pages))
        if asked.pages > 1 and 1 <= page <= asked.pages
    ]
    return (*own, *_alternates(thing, chosen, asked))


def _alternates(thing: Thing, chosen: Format | None, asked: Edition) -> tuple[Link, ...]:
    return tuple(
        Link(thing.document(each.names[0], asked), "alternate", each.media_type)
        for each in documents(thing.suffixes)
        if each != chosen
    )


def linked(found: Sequence[Link]) -> str:
    """Links as the header Link."""
    return ", ".join(str(each) for each in found)


def headers(
    release: Release, thing: Thing, chosen: Format, asked: Edition, entity_tag: str, encoding: str = "identity"
) -> dict[str, str]:
    """The headers of a document about a thing."""
    found = answers.headers(chosen.media_type, encoding, entity_tag, freshness(asked))
    found["Content-Location"] = thing.document(chosen.names[0], asked)
    found["Last-Modified"] = last_modified(release)
    found["Link"] = linked(links(thing, chosen, asked))
    return found


def freshness(asked: Edition) -> str:
    """How long a copy may be used: for good where its URL names the release, else once it has been asked about."""
    return IMMUTABLE if asked.release else answers.FRESH


def last_modified(release: Release) -> str:
    """When a release was made, as HTTP writes it."""
    return _http_date(release.manifest["created"])


@lru_cache(200)
def _http_date(time: str) -> str:
    return format_datetime(datetime.fromisoformat(time).astimezone(UTC), usegmt=True)


def unchanged(exchange: Exchange, site: Site, asked: Edition, entity_tag: str) -> Response | None:
    """The answer to a client that has a copy already; None where it is to get one.

    A date says so only where it is the release's own: one made earlier may be served later.
    """
    tags, date = exchange.header(b"if-none-match"), exchange.header(b"if-modified-since")
    if exchange.method not in ("GET", "HEAD") or not has(tags, date, entity_tag, site.release):
        return None
    return Response(304, told_again(asked, entity_tag, site.release))


def has(tags: str | None, date: str | None, entity_tag: str, release: Release) -> bool:
    """Whether If-None-Match or else If-Modified-Since name the copy that there is."""
    return cache.has(tags, entity_tag) if tags is not None else date == last_modified(release)


def told_again(asked: Edition, entity_tag: str, release: Release) -> dict[str, str]:
    """The headers of the answer to a client that has a copy already."""
    lasting = {"Vary": answers.VARY, "Cache-Control": freshness(asked)}
    return {**lasting, "ETag": entity_tag, "Last-Modified": last_modified(release)}


async def document(exchange: Exchange, site: Site, thing: Thing, chosen: Format, asked: Edition, ask: Ask) -> Response:
    """The document about a thing in one format: none where the client has it, the one that is kept, or a new one.

    `ask` is given the content coding. It gives the answer of a worker, or the whole document as text.
    """
    encoding = compression.choose(exchange.header(b"accept-encoding"))
    key = "document", thing.path, thing.parameters, chosen.media_type, asked, encoding
    entity_tag = cache.tag(site.release, key)
    same = unchanged(exchange, site, asked, entity_tag)
    if same:
        return same

    def told(pages: int, coding: str) -> dict[str, str]:
        return headers(site.release, thing, chosen, replace(asked, pages=pages), entity_tag, coding)

    stored = site.cache.find((site.release.version, key))
    if stored:
        return Response(200, told(stored.pages, stored.encoding), stored.body)
    found = await ask(encoding)
    if isinstance(found, str):
        body = compression.compress(found.encode(), encoding)
        site.cache.keep((site.release.version, key), Stored(chosen.media_type, encoding, None, body))
        return Response(200, told(1, encoding), body)
    return await answers.respond(exchange, site, found, told(found.pages, found.encoding), key)
