"""What the front serves, and the headers that every answer carries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from loader.release import Release
from server import queries
from server.cache import Cache
from server.context import Context
from server.settings import Settings
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
        "ETag, Link, Content-Location, Retry-After, Sarcograph-Release, Sarcograph-Complete"
    ),
}


@dataclass(frozen=True, eq=False)
class Site:
    """One release, served by one pool of workers under one set of settings, with the answers that are kept."""

    release: Release
    pool: Pool
    settings: Settings
    cache: Cache
    context: Context

    @property
    def health_query(self) -> str:
        """What /health asks."""
        return queries.read("health").text
