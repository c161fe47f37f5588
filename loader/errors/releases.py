"""Errors of releases."""

from __future__ import annotations

from pathlib import Path

from loader.errors.facts import SarcographError


class ReleaseError(SarcographError):
    """A release cannot be written or opened."""


class NoReleaseError(ReleaseError):
    """None has been built yet."""

    def __init__(self, home: Path) -> None:
        super().__init__(
            f"there is no release in {home}. Build one with 'sarcograph build', or point SARCOGRAPH_HOME at one."
        )


class NoDumpError(ReleaseError):
    """A release has no files to take: it was loaded from files, or built before there were dumps."""

    def __init__(self, version: str) -> None:
        super().__init__(
            f"release {version} has no dump. One that was loaded from files as they were has none; for one that was "
            f"built, 'sarcograph dump --release {version}' writes it; its graphs are at /graphs?release={version}."
        )


class DamagedReleaseError(ReleaseError):
    """A release's files are missing or not what its manifest says."""

    def __init__(self, path: Path | str, detail: str) -> None:
        self.path, self.detail = str(path), detail
        super().__init__(
            f"the release in {path} is damaged: {detail}. "
            "Restore it from a copy, or move it away and run 'sarcograph build' for a new one."
        )
