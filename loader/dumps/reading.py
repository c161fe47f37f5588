"""Reads a dump back: its quads, and the content hash, which is that of the release it came from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from pyoxigraph import Quad

from loader import hashing, store
from loader.dumps.graphs import graph_of


def quads(paths: Sequence[Path]) -> Iterator[Quad]:
    """The quads of files of a dump: of N-Quads or JSON-LD, packed or not; or of the Turtle files, each or their folder.

    A Turtle file's name tells which graph it came from. Raises FactError with the line of what cannot be read.
    """
    for path in paths:
        for each in sorted(path.glob("*.ttl")) if path.is_dir() else [path]:
            held = store.in_memory(())
            store.read_file(held, each)
            if each.suffix == ".ttl":
                yield from graph_of(each.stem, (quad.triple for quad in held))
            else:
                yield from held


def content_hash(paths: Sequence[Path]) -> str:
    """The content hash (hex) of what files of a dump hold. Raises as `quads` does."""
    return hashing.root(hashing.leaves(quads(paths)))
