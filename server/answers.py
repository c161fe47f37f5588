"""What answers for programs have in common: headers, the tag of a copy that a client has, how they are sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from loader.void import LICENCE
from server import cache, compression, protocol
from server.cache import Stored
from server.exchange import Exchange, Response
from server.negotiation import DATASET, GRAPH, formats
from server.relay import Relay
from server.reply import Reply
from server.site import Site

VARY = "Accept, Accept-Encoding"
FRESH = "public, no-cache"  # a copy may be kept, and is asked about each time: another release may be served by then
_GRAPHS = frozenset(each.media_type for form in (GRAPH, DATASET) for each in formats(form))
_DESCRIPTION = "/.well-known/void"


def preflight(methods: Sequence[str]) -> Response:
    """What a browser asks before a script of another site may send more than a plain request."""
    allowed = ", ".join(methods)
    headers = {
        "Allow": allowed,
        "Access-Control-Allow-Methods": allowed,
        "Access-Control-Allow-Headers": "*, Accept, Content-Type, If-None-Match",
        "Access-Control-Max-Age": "86400",
    }
    if "POST" in methods:
        headers["Accept-Post"] = f"{protocol.QUERY}, {protocol.FORM}"
    return Response(204, headers)


def content_type(media_type: str) -> str:
    """A media type as it stands in a header: text without a charset would be read as ASCII."""
    return f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type


def headers(
    media_type: str,
    encoding: str,
    entity_tag: str | None,
    freshness: str = FRESH,
    complete: str | None = None,
    described: str = _DESCRIPTION,
) -> dict[str, str]:
    """The headers of an answer; one that holds triples names their licence and where they are `described`."""
    found = {"Content-Type": content_type(media_type), "Vary": VARY, "Cache-Control": freshness}
    if encoding != "identity":
        found["Content-Encoding"] = encoding
    if entity_tag:
        found["ETag"] = entity_tag
    if complete:
        found["Sarcograph-Complete"] = complete
    if media_type in _GRAPHS:
        found["Link"] = f'<{LICENCE.value}>; rel="license", <{described}>; rel="describedby"'
    return found


def description(site: Site) -> str:
    """Where the dataset is described: in the release that the request names, if it does."""
    return f"{_DESCRIPTION}?release={site.release.version}" if site.pinned else _DESCRIPTION


def completeness(cap: int | None, most: int | None) -> str | None:
    """What Sarcograph-Complete says (RFC 8941) of an answer that was cut to `cap` rows, or not to `most`; None where no
    one asked for less than all."""
    return f"?0; rows={cap}" if cap is not None else "?1" if most is not None else None


def at_hand(
    exchange: Exchange, site: Site, key: object, most: int | None = None, freshness: str = FRESH
) -> tuple[str, Response | None]:
    """The tag of the answer that a key names, and that answer where the client has it already or it is kept here."""
    entity_tag = cache.tag(site.release, key)
    same = unchanged(exchange, entity_tag, freshness)
    stored = None if same else site.cache.find((site.release.version, key))
    if stored is None:
        return entity_tag, same
    complete = completeness(stored.cap, most)
    found = headers(stored.media_type, stored.encoding, entity_tag, freshness, complete, description(site))
    return entity_tag, Response(200, found, stored.body)


def unchanged(exchange: Exchange, entity_tag: str, freshness: str = FRESH) -> Response | None:
    """The answer to a client that has a copy already; None where it is to get one."""
    if exchange.method not in ("GET", "HEAD") or not cache.has(exchange.header(b"if-none-match"), entity_tag):
        return None
    return Response(304, {"ETag": entity_tag, "Vary": VARY, "Cache-Control": freshness})


def document(exchange: Exchange, site: Site, body: bytes, media_type: str, freshness: str) -> Response:
    """A short document that is the same while the release is."""
    encoding = compression.choose(exchange.header(b"accept-encoding"))
    entity_tag = cache.tag(site.release, body, media_type, encoding)
    found = headers(media_type, encoding, entity_tag, freshness)
    return unchanged(exchange, entity_tag, freshness) or Response(200, found, compression.compress(body, encoding))


async def respond(
    exchange: Exchange, site: Site, reply: Reply, found: dict[str, str], key: object | None = None
) -> Response:
    """The answer of a worker with its length, or in chunks where that is not known yet; kept under `key` if it is not
    too long.

    HTTP/1.0 and HEAD have no chunks: an answer that breaks off would look complete, so it is taken whole first.
    """
    if reply.length is not None:
        body = await reply.read()
        if keep := _keeping(site, reply, key):
            keep(body)
        return Response(200, found, body)
    relay = Relay(reply, _keeping(site, reply, key), site.cache.largest)
    if exchange.method == "HEAD" or exchange.scope["http_version"] == "1.0":
        found["Content-Length"] = str(await relay.whole())
    if exchange.method == "HEAD":
        relay.close()
        return Response(200, found)
    return Response(200, found, pieces=relay.pieces(), close=relay.close)


def _keeping(site: Site, reply: Reply, key: object | None) -> Callable[[bytes], None] | None:
    """What keeps the body of an answer under a key."""
    if key is None:
        return None
    named = site.release.version, key
    return lambda body: site.cache.keep(named, Stored(reply.media_type, reply.encoding, reply.cap, body, reply.pages))
