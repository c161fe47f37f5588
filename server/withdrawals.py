"""Which earlier release still has an entity that a later one has no more."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from loader.errors import DamagedReleaseError
from loader.release import Release, read_hashes
from server.shelf import Shelf

_KEPT = 128  # releases whose entities are remembered: some 200 KiB each


def last_release_with(shelf: Shelf, release: Release, iri: str) -> str | None:
    """The version of the last release before a release that has an entity (its IRI), or None.

    Files are read for it once: not to be called in the event loop.
    """
    versions = shelf.versions()
    earlier = versions[versions.index(release.version) + 1 :] if release.version in versions else []
    for version in earlier:
        try:
            if iri in _entities(shelf.home / "releases" / version):
                return version
        except DamagedReleaseError:
            continue
    return None


@lru_cache(_KEPT)
def _entities(release: Path) -> frozenset[str]:
    """The IRIs of the entities that a release has (its folder), by its list of hashes; none where it has no list."""
    return frozenset(entity for _, entity in read_hashes(release) or ())
