"""The releases that can be asked: the current one, and every other in the same home whose IRIs are the same."""

from __future__ import annotations

import re
from collections import OrderedDict
from pathlib import Path

from loader import release
from loader.errors import DamagedReleaseError, ReleaseError, UnknownReleaseError
from loader.namespaces import BASE, PROJECT
from loader.release import Release

_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}\.[1-9]\d{0,5}")
_KEPT = 128  # releases whose manifests are remembered


class Shelf:
    """The releases of one home. A release never changes, so that it is read once."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._opened: OrderedDict[str, Release] = OrderedDict()

    def versions(self) -> list[str]:
        """The versions there are, newest first; those that cannot be read are among them."""
        return release.versions(self.home)[::-1]

    def open(self, version: str) -> Release:
        """The release of a version. Raises UnknownReleaseError, or DamagedReleaseError where it is not whole."""
        if version in self._opened:
            self._opened.move_to_end(version)
            return self._opened[version]
        if not _VERSION.fullmatch(version) or not (self.home / "releases" / version).is_dir():
            raise UnknownReleaseError(version, self.versions())
        found = release.open_release(self.home, version)
        if found.manifest.get("namespace", PROJECT) != BASE:
            raise UnknownReleaseError(version, self.versions())
        self._opened[version] = found
        if len(self._opened) > _KEPT:
            self._opened.popitem(last=False)
        return found

    def open_named(self, version: str) -> Release:
        """The release that a client names, who is not told of our folders. Raises as `open` does."""
        try:
            return self.open(version)
        except DamagedReleaseError as error:
            raise DamagedReleaseError(version, "its files cannot be read") from error

    def releases(self) -> list[Release]:
        """All that can be served, newest first."""
        found = []
        for version in self.versions():
            try:
                found.append(self.open(version))
            except (UnknownReleaseError, DamagedReleaseError):
                continue
        return found

    def current(self) -> Release:
        """The release that is current now. Raises ReleaseError where it cannot be told or is none of this namespace."""
        found = release.open_current(self.home)
        if found.manifest.get("namespace", PROJECT) != BASE:
            raise ReleaseError(f"release {found.version} has IRIs of its own. Start 'sarcograph serve' anew for it.")
        return found
