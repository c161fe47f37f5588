"""The command line: what puts triples in, and `serve`, which gives them out."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from importlib.metadata import version as version_of
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loader.cli import COMMANDS, explain, use_namespace
from loader.errors import SarcographError, UnknownReleaseError, shown
from loader.places import home
from loader.release import Release, open_current, open_release, versions

if TYPE_CHECKING:
    from loader.metadata import Example


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version_of("sarcograph"), prog_name="sarcograph")
def group() -> None:
    """Sarcograph: an open, evidence-checked knowledge graph of soft tissue sarcoma therapy."""


@group.command()
@click.option("--host", envvar="HOST", help="Address to listen on (HOST); 127.0.0.1 otherwise.")
@click.option("--port", envvar="PORT", type=click.IntRange(0, 65535), help="Port (PORT); 8000 otherwise, 0 any.")
def serve(host: str | None, port: int | None) -> None:
    """Serve the current release of SARCOGRAPH_HOME (or ./.sarcograph)."""
    release = open_current(home())
    use_namespace(release.manifest.get("namespace"))
    from server import listening, settings

    chosen = settings.from_environment(host=host, port=port)
    listening.serve(chosen, release, listening.bind(chosen.host, chosen.port))


@group.command("export-site")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--release", "version", metavar="VERSION", help="The release to write; the current one otherwise.")
def export_site(folder: Path, version: str | None) -> None:
    """Write a release as static files into DIR, for any web server: all pages, documents and dumps.

    DIR is new, empty, or an earlier export, which is replaced when the new one is whole. Nothing else is touched.
    """
    release = _open(version) if version else open_current(home())
    use_namespace(release.manifest.get("namespace"))
    from server import export, settings

    begun = time.monotonic()
    hidden = not sys.stderr.isatty()
    with click.progressbar(length=1, label="exporting", file=sys.stderr, hidden=hidden) as bar:
        exported = export.export(release, settings.from_environment(), folder, lambda *so_far: _move(bar, *so_far))
    for path in exported.left_out:
        print(f"left out: {path[:200]} is no name for a file", file=sys.stderr)
    for path in exported.missing:
        print(f"not there: {path[:200]}, which is linked to", file=sys.stderr)
    size = f"{exported.size / 1e6:.1f} MB, {time.monotonic() - begun:.0f} seconds"
    print(f"Release {release.version} in {shown(exported.folder)}: {exported.files} files, {size}")


def _open(version: str) -> Release:
    """The release of a version. Raises UnknownReleaseError, DamagedReleaseError."""
    if version not in versions(home()):
        raise UnknownReleaseError(version, versions(home())[::-1])
    return open_release(home(), version)


def _move(bar: Any, done: int, known: int) -> None:
    """Move a bar whose end is only found on the way."""
    bar.length = known
    bar.update(done - bar.pos)


def _examples() -> Iterable[Example]:
    """The example queries that a build puts into its release."""
    from server.queries import published_examples

    return published_examples()


for command in COMMANDS:
    group.add_command(command)


def main() -> None:
    """Run a command. What Sarcograph refuses is told in its sentence, with exit status 1."""
    try:
        group(prog_name="sarcograph", obj=_examples)
    except SarcographError as error:
        print(f"sarcograph: {explain(error)}", file=sys.stderr)
        sys.exit(1)
