"""The command line: what puts triples in, and `serve`, which gives them out."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from importlib.metadata import version
from typing import TYPE_CHECKING

import click

from loader.cli import COMMANDS, explain, use_namespace
from loader.errors import SarcographError
from loader.places import home
from loader.release import open_current

if TYPE_CHECKING:
    from loader.metadata import Example


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("sarcograph"), prog_name="sarcograph")
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
