"""The command `sarcograph dump`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from loader import release
from loader.errors import UnknownReleaseError, shown
from loader.places import home
from loader.release import Release

_PATH = click.Path(exists=True, path_type=Path)


@click.command()
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(file_okay=False, path_type=Path))
@click.option("--release", "version", metavar="VERSION", help="The release to take; the current one otherwise.")
@click.option("--check", multiple=True, type=_PATH, metavar="PATH", help="Write nothing; tell whether a dump is whole.")
def dump(folder: Path | None, version: str | None, check: tuple[Path, ...]) -> None:
    """Write the files of a release into DIR, or sarcograph-VERSION: RDF, CSV, Parquet, and what describes them.

    They are the same, byte for byte, as those in the release's own folder. With --check, read a dump's N-Quads or
    JSON-LD, or its folder for the Turtle files, and exit 1 where the content hash is not the release's.
    """
    from loader.cli import use_namespace

    taken = _release(version)
    use_namespace(taken.manifest.get("namespace"))
    from loader.dumps import reading, writing

    if check:
        found, expected = reading.content_hash(check), taken.manifest["content_hash"]
        print(f"content hash {found}")
        print(f"It is {'that' if found == expected else 'not that'} of release {taken.version}.")
        sys.exit(found != expected)
    place = folder or Path(f"sarcograph-{taken.version}")
    entries = writing.dump(taken, place)
    size = sum(entry["bytes"] for entry in entries)
    print(f"{len(entries)} files of release {taken.version}, {size} bytes, in {shown(place)}")


def _release(version: str | None) -> Release:
    """The release named, else the current one. Raises UnknownReleaseError, ReleaseError."""
    if version is None:
        return release.open_current(home())
    known = release.versions(home())
    if version not in known:
        raise UnknownReleaseError(version, known[::-1])
    return release.open_release(home(), version)
