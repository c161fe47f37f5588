"""Which earlier release still has an entity that a later one has no more."""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from pathlib import Path

from loader.errors import DamagedReleaseError
from loader.release import Release, read_hashes
from server.shelf import Shelf


def last_release_with(shelf: Shelf, release: Release, iri: str) -> str | None:
    """The version of the last release before a release that has an entity (its IRI), or None.

    Files are read for it once: not to be called in the event loop.
    """
    versions = tuple(reversed(shelf.versions()))
    if release.version not in versions:
        return None
    before = (1 << versions.index(release.version)) - 1
    found = _releases_with(shelf.home, versions).get(iri, 0) & before
    return versions[found.bit_length() - 1] if found else None


@lru_cache(2)
def _releases_with(home: Path, versions: tuple[str, ...]) -> dict[str, int]:
    """For each entity that any of the releases has (the oldest first), those that have it, as the bits of a number."""
    found: dict[str, int] = defaultdict(int)
    for place, version in enumerate(versions):
        try:
            leaves = read_hashes(home / "releases" / version) or ()
        except DamagedReleaseError:
            continue
        for entity in {entity for _, entity in leaves}:
            found[entity] |= 1 << place
    return dict(found)
