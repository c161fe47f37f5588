"""Loading measured: the engine's own bulk load beside ours of a whole release, in turn. Run as a process of its own."""

from __future__ import annotations

import json
import shutil
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from pyoxigraph import Store

from loader import bulk


def main() -> None:
    """Arguments: the N-Triples file, a folder for the stores, rounds. Prints medians in seconds, as JSON.

    `…_cpu` are the seconds of the processor, which other programs on the machine disturb less.
    """
    data, folder, rounds = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    took: dict[str, list[float]] = {}

    def measure(name: str, act: Callable[[], object]) -> None:
        begin, cpu = time.perf_counter(), time.process_time()
        act()
        took.setdefault(name, []).append(time.perf_counter() - begin)
        took.setdefault(f"{name}_cpu", []).append(time.process_time() - cpu)

    for number in range(rounds):
        for place in (folder / "loading-raw", folder / "loading-home", folder / "loading-lenient"):
            shutil.rmtree(place, ignore_errors=True)
        acts: list[tuple[str, Callable[[], object]]] = [
            ("raw", lambda: _raw(data, folder / "loading-raw")),
            ("ours", lambda: bulk.load([data], folder / "loading-home")),
        ]
        for name, act in acts[:: -1 if number % 2 else 1]:
            measure(name, act)
        measure("ours_lenient", lambda: bulk.load([data], folder / "loading-lenient", lenient=True))
        measure("optimize", Store(str(folder / "loading-raw")).optimize)
    for place in (folder / "loading-raw", folder / "loading-home", folder / "loading-lenient"):
        shutil.rmtree(place, ignore_errors=True)
    ratios = [raw / ours for raw, ours in zip(took["raw"], took["ours"], strict=True)]
    print(json.dumps({name: statistics.median(times) for name, times in took.items()} | {"ratios": ratios}))


def _raw(data: Path, place: Path) -> None:
    store = Store(str(place))
    store.bulk_load(path=str(data))
    store.flush()


if __name__ == "__main__":
    main()
