"""Writes the files of a release into a folder, and tells what they are: the entries of the manifest's `dumps`.

    {"name": "drug.ttl", "media_type": "text/turtle", "about": "Turtle: drugs", "bytes": 88201, "sha256": "…",
     "licence": "https://creativecommons.org/licenses/by/4.0/"}

A packed file's entry has `packing` as well: application/gzip, around what is of its media type.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from pyoxigraph import Quad

from loader import store
from loader.dumps import FOLDER, crate
from loader.dumps.content import Content
from loader.dumps.files import File, files
from loader.errors import NoDumpError, ReleaseError
from loader.release import Release
from loader.void import LICENCE


def write(
    folder: Path, quads: Iterable[Quad], manifest: Mapping[str, Any], previous: Release | None = None
) -> list[dict[str, Any]]:
    """Write the dump of `quads` into `folder`, which is made; returns its entries.

    Of `manifest` it takes the version and the time. Files that are the same in the release `previous` are links to
    those, which take no room. Raises ReleaseError where the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        entries = [_put(folder, file, previous) for file in files(Content(quads))]
        return entries + [_put(folder, file, previous) for file in crate.crate(manifest, entries)]
    except OSError as error:
        raise ReleaseError(f"{folder} cannot be written ({error.strerror}). Name a folder of yours.") from error


def dump(release: Release, folder: Path) -> list[dict[str, Any]]:
    """Write the dump of a release anew: the same bytes as its own, where the same code made them. All of it or nothing.

    Raises NoDumpError for a release that was not built of facts, ReleaseError where the folder is not empty.
    """
    if release.manifest["validation"] is None:
        raise NoDumpError(release.version)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ReleaseError(f"{folder} is there already and is no empty folder. Name another.")
    draft = folder.absolute().with_name(f".{folder.absolute().name}.{os.getpid()}")
    try:
        entries = write(draft, store.quads(store.open_read_only(release.store_path)), release.manifest)
        draft.replace(folder)  # an empty folder makes way
    except OSError as error:
        raise ReleaseError(f"{folder} cannot be put in place ({error.strerror}). Name another.") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return entries


def _put(folder: Path, file: File, previous: Release | None) -> dict[str, Any]:
    path = folder / file.name
    if not (previous and _is_linked(path, previous.path / FOLDER / file.name, file.data)):
        path.write_bytes(file.data)
    return {
        "name": file.name,
        "media_type": file.media_type,
        **crate.packing(file.name),
        "about": file.about,
        "bytes": len(file.data),
        "sha256": sha256(file.data).hexdigest(),
        "licence": LICENCE.value,
    }


def _is_linked(path: Path, old: Path, data: bytes) -> bool:
    """Whether `path` could be made a link to a file that holds the same; not every file system has links."""
    try:
        if old.read_bytes() == data:
            os.link(old, path)
            return True
    except OSError:
        return False
    return False
