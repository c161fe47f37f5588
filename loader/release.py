"""Releases on disk: `releases/{version}/` with a store and a manifest, never changed; `current` names one of them."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from loader.errors import DamagedReleaseError, NoReleaseError, ReleaseError
from loader.manifest import is_manifest

if TYPE_CHECKING:  # a release is opened before it is known what all IRIs begin with
    from loader.hashing import Leaf

_VERSION = re.compile(r"(\d{4}-\d{2}-\d{2})\.(\d+)")


@dataclass(frozen=True)
class Release:
    """An immutable release: its version (`YYYY-MM-DD.N`), its folder and its manifest."""

    version: str
    path: Path
    manifest: Mapping[str, Any]

    @property
    def store_path(self) -> Path:
        """The folder of its store."""
        return self.path / "store"


class Hash(NamedTuple):
    """What is kept of an entity in a graph: its digest (hex), and the version in which that was new."""

    digest: str
    since: str


def write_hashes(folder: Path, hashes: Mapping[Leaf, Hash]) -> None:
    """Write `hashes.tsv.gz` into a release's folder: graph, entity, digest, since."""
    lines = (f"{graph}\t{entity}\t{held.digest}\t{held.since}\n" for (graph, entity), held in sorted(hashes.items()))
    (folder / "hashes.tsv.gz").write_bytes(gzip.compress("".join(lines).encode(), mtime=0))


def read_hashes(folder: Path) -> dict[Leaf, Hash] | None:
    """The hashes in a release's folder; None where it has none, being loaded from files as they were.

    Older releases have them unpacked, and do not tell since when: it is then their own version. Raises
    DamagedReleaseError.
    """
    packed, plain = folder / "hashes.tsv.gz", folder / "hashes.tsv"
    try:
        data = gzip.decompress(packed.read_bytes()) if packed.is_file() else plain.read_bytes()
        rows = (line.split("\t") for line in data.decode("utf-8").splitlines())
        return {(row[0], row[1]): Hash(row[2], row[3] if len(row) > 3 else folder.name) for row in rows}
    except FileNotFoundError:
        return None
    except (OSError, EOFError, zlib.error, ValueError, IndexError) as error:
        raise DamagedReleaseError(folder, f"its list of hashes cannot be read ({error})") from error


def entities(release: Release) -> dict[str, str]:
    """The entities of a release by IRI, each with the version in which it last changed: that of its newest graph."""
    found: dict[str, str] = {}
    for (_, entity), held in (read_hashes(release.path) or {}).items():
        if entity:
            found[entity] = max(found.get(entity, held.since), held.since, key=_order)
    return found


def versions(home: Path) -> list[str]:
    """The versions in `home`, oldest first."""
    folder = home / "releases"
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    return sorted((name for name in names if _VERSION.fullmatch(name)), key=_order)


def _is_another_alive(writer: str) -> bool:
    """Whether a process of that id, other than this one, still runs."""
    if not writer.isdecimal() or int(writer) == os.getpid():
        return False
    try:
        os.kill(int(writer), 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it runs, and is somebody else's
        return True
    return True


def _order(version: str) -> tuple[str, int]:
    day, _, number = version.partition(".")
    return day, int(number)


def next_version(home: Path, day: date) -> str:
    """The version of the next release of a day: 2026-11-24.1, then .2. That of a lost current one is not reused."""
    known = {*versions(home), _pointed_at(home)}
    numbers = [_order(version)[1] for version in known if version and version.startswith(f"{day.isoformat()}.")]
    return f"{day.isoformat()}.{max(numbers, default=0) + 1}"


def open_release(home: Path, version: str) -> Release:
    """The release of a version. Raises DamagedReleaseError where its files are not whole."""
    path = home / "releases" / version
    try:
        manifest = json.loads((path / "manifest.json").read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DamagedReleaseError(path, "its manifest.json is missing") from error
    except (OSError, ValueError) as error:
        raise DamagedReleaseError(path, f"its manifest.json cannot be read ({error})") from error
    if not is_manifest(manifest, version):
        raise DamagedReleaseError(path, f"its manifest.json is not that of {version}")
    if not (path / "store").is_dir():
        raise DamagedReleaseError(path, "its store/ is missing")
    return Release(version, path, manifest)


def newest(home: Path) -> Release | None:
    """The newest release that can be opened, current or not; None where there is none."""
    for version in reversed(versions(home)):
        try:
            return open_release(home, version)
        except DamagedReleaseError:
            continue
    return None


def _pointed_at(home: Path) -> str | None:
    """The version that is said to be the current one, whether or not its release is there."""
    try:
        version = (home / "current").read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return None
    return version if _VERSION.fullmatch(version) else None


def open_current(home: Path) -> Release:
    """The current release. Raises NoReleaseError, or DamagedReleaseError where its files are not whole."""
    try:
        version = (home / "current").read_text(encoding="utf-8").strip()
    except FileNotFoundError as error:
        raise NoReleaseError(home) from error
    except (OSError, ValueError) as error:
        raise ReleaseError(f"{home / 'current'} cannot be read ({error}). It should hold one version.") from error
    if not _VERSION.fullmatch(version):
        raise ReleaseError(f"{home / 'current'} holds {version[:40]!r}; expected a version such as 2026-11-24.1.")
    return open_release(home, version)


class Draft:
    """A release being written, in a folder that no reader sees; `publish` makes it one, else nothing is left."""

    def __init__(self, home: Path, version: str) -> None:
        self.home = home
        self.version = version
        self.path = home / "drafts" / f"{version}.{os.getpid()}"

    def __enter__(self) -> Draft:
        try:
            self._sweep()
            self.path.mkdir(parents=True)
        except OSError as error:
            raise ReleaseError(
                f"cannot write to {self.home} ({error.strerror}). Point SARCOGRAPH_HOME at a folder of yours."
            ) from error
        return self

    def _sweep(self) -> None:
        """Remove what builds that were killed have left."""
        for path in self.path.parent.glob("*"):
            writer = path.suffix.lstrip(".")
            if not _is_another_alive(writer):
                shutil.rmtree(path, ignore_errors=True)

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.path, ignore_errors=True)

    def publish(self, manifest: Mapping[str, Any]) -> Release:
        """Write the manifest, move the draft to its place, make it the current release."""
        text = json.dumps(manifest, indent=2, sort_keys=True) + "\n"
        (self.path / "manifest.json").write_text(text, encoding="utf-8")
        place = self.home / "releases" / self.version
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            self.path.rename(place)
        except OSError as error:
            raise ReleaseError(f"{place} cannot be put in place ({error.strerror}). Build again.") from error
        pointer = self.home / f"current.{os.getpid()}"
        pointer.write_text(f"{self.version}\n", encoding="utf-8")
        os.replace(pointer, self.home / "current")
        return open_release(self.home, self.version)
