"""How much room and time a history of releases takes: each changes one or two entities of the project's own facts.

    .venv/bin/python -m tests.bench.history [RELEASES] [FOLDER]

Writes a line for each release: bytes that it adds on disk (files that it shares with an earlier one count once), those
of its store among them, seconds to build it and to open its store, triples of its history.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path

from loader import store
from loader.build import build
from loader.history import HISTORY
from loader.places import Facts, facts
from loader.release import Release


def added(folder: Path, seen: set[int]) -> int:
    """The bytes of disk that the files of a folder take, without those seen before."""
    total = 0
    for path in folder.rglob("*"):
        found = path.stat()
        if path.is_file() and found.st_ino not in seen:
            seen.add(found.st_ino)
            total += found.st_blocks * 512
    return total


def change(places: Facts, number: int) -> None:
    """Give one drug, and every other time a second, another name more."""
    drugs = sorted((places.data / "curated/drug").glob("*.ttl"))
    for offset in range(1 + number % 2):
        path = drugs[(number * 7 + offset) % len(drugs)]
        text = path.read_text(encoding="utf-8")
        path.write_text(
            text.replace("    skos:prefLabel ", f'    skos:altLabel "name {number}"@en ;\n    skos:prefLabel ', 1),
            encoding="utf-8",
        )


def opened(made: Release) -> float:
    """Seconds to open the store of a release and read one quad."""
    started = time.perf_counter()
    next(store.quads(store.open_read_only(made.store_path), HISTORY))
    return time.perf_counter() - started


def measure(releases: int, folder: Path) -> None:
    """Build the history and print a line for each release."""
    shutil.copytree(facts().data, folder / "data")
    places, seen = facts(data=folder / "data"), set[int]()
    print("release", "bytes", "store", "build_s", "open_ms", "history", sep="\t")
    for number in range(releases):
        if number:
            change(places, number)
        started = time.perf_counter()
        made = build(places, folder / "home").release
        seconds = time.perf_counter() - started
        in_store = added(made.store_path, seen)
        whole = in_store + added(made.path, seen)
        history = made.manifest["graphs"][HISTORY]
        print(
            made.version, whole, in_store, f"{seconds:.2f}", f"{opened(made) * 1e3:.1f}", history, sep="\t", flush=True
        )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        measure(int((sys.argv[1:] or ["100"])[0]), Path((sys.argv[2:] or [temporary])[0]))
