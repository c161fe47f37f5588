"""Which earlier release still has an entity that a later one has no more."""

from __future__ import annotations

import asyncio
from functools import lru_cache
from pathlib import Path

from loader.errors import DamagedReleaseError
from loader.release import read_hashes
from server.site import Site

_KEPT = 128  # releases whose entities are remembered: some 200 KiB each


async def last_release_with(site: Site, iri: str) -> str | None:
    """The version of the last release before the site's own that has an entity (its IRI), or None.

    Files are read for it once, in a thread.
    """
    versions = site.shelf.versions()
    here = site.release.version
    earlier = versions[versions.index(here) + 1 :] if here in versions else []
    return await asyncio.to_thread(_search, site.shelf.home, earlier, iri)


def _search(home: Path, versions: list[str], iri: str) -> str | None:
    for version in versions:
        try:
            if iri in _entities(home / "releases" / version):
                return version
        except DamagedReleaseError:
            continue
    return None


@lru_cache(_KEPT)
def _entities(release: Path) -> frozenset[str]:
    """The IRIs of the entities that a release has (its folder), by its list of hashes; none where it has no list."""
    return frozenset(entity for _, entity in read_hashes(release) or ())
