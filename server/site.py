"""What the front serves, and the headers that every answer carries."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from pyoxigraph import QueryResultsFormat, QuerySolutions, parse_query_results

from loader import context
from loader.context import Context
from loader.release import Release
from server import queries, requests
from server.cache import Cache
from server.exchange import Response, encoded
from server.reply import Reply
from server.settings import Settings
from server.shelf import Shelf
from server.workers import Pool

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    # Everything here is public and nothing asks who you are, so that scripts of any site may read it, errors too.
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": (
        "ETag, Link, Content-Location, Content-Range, Accept-Ranges, Retry-After, "
        "Sarcograph-Release, Sarcograph-Complete"
    ),
}


_FEW = 4
_MOST_EARLIER = 128  # releases whose sites are remembered: a few objects each


@dataclass(frozen=True, eq=False)
class Site:
    """One release, asked of a pool of workers under one set of settings, with the answers that are kept.

    The workers have the release `held`, the current one. Any other on the `shelf` they open when it is asked; its site
    comes from `at`. `pinned` says that the request named the release, so that links are to name it as well.
    """

    release: Release
    pool: Pool
    settings: Settings
    cache: Cache
    context: Context
    shelf: Shelf
    held: Release
    pinned: bool = False
    _others: OrderedDict[str, Site] = field(default_factory=OrderedDict)

    async def run(self, request: Mapping[str, Any], *, deadline: float | None = None, reserved: bool = False) -> Reply:
        """Begin the answer to a request about this release (see Pool.run)."""
        if self.release is not self.held:
            request = {**request, "store": str(self.release.store_path)}
        return await self.pool.run(request, deadline=deadline, reserved=reserved)

    async def at(self, version: str) -> Site:
        """The site of a release that a request names. Raises UnknownReleaseError, DamagedReleaseError."""
        found = self._others.get(version)
        if found:
            self._others.move_to_end(version)
            return found
        release = self.held if version == self.held.version else self.shelf.open_named(version)
        found = replace(self, release=release, pinned=True)
        found = replace(found, context=await found.read_context())
        self._others[version] = found
        if len(self._others) > _MOST_EARLIER:
            self._others.popitem(last=False)
        return found

    async def read_context(self) -> Context:
        """The context of JSON-LD, of which the release's ontology is the source."""
        reply = await self.run(requests.query(context.query(), self.settings), reserved=True)
        rows = parse_query_results(await reply.read(), QueryResultsFormat.JSON)
        assert isinstance(rows, QuerySolutions)
        return Context.from_rows(rows)

    @cached_property
    def few(self) -> asyncio.Semaphore:
        """Held while it is asked whether an entity is there: short questions wait here, so that however many pages are
        asked for, none is turned away."""
        return asyncio.Semaphore(_FEW)

    @cached_property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """The headers of every answer, as they are sent."""
        return encoded({**HEADERS, "Sarcograph-Release": self.release.version})

    def headers_of(self, response: Response) -> list[tuple[bytes, bytes]]:
        """The headers of an answer that are the site's; one that is of another release names that itself."""
        if "Sarcograph-Release" not in response.headers:
            return self.headers
        return [each for each in self.headers if each[0] != b"Sarcograph-Release"]

    @property
    def health_query(self) -> str:
        """What /health asks."""
        return queries.read("health").text
