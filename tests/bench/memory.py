"""Memory of a process and all its descendants: the proportional set size, which counts shared pages once."""

from __future__ import annotations

import contextlib
import re
import threading
from collections import defaultdict
from pathlib import Path

_EVERY = 0.05  # seconds
_PSS = re.compile(rb"^Pss:\s+(\d+) kB", re.M)


def descendants(pid: int) -> list[int]:
    """A process and all that descend from it."""
    children = defaultdict(list)
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = status.read_text(encoding="utf-8").rpartition(")")[2].split()
            children[int(fields[1])].append(int(status.parent.name))
    found = [pid]
    for each in found:
        found += children[each]
    return found


def held(pid: int) -> int:
    """Bytes that a process and its descendants hold now."""
    total = 0
    for each in descendants(pid):
        with contextlib.suppress(OSError):
            match = _PSS.search(Path(f"/proc/{each}/smaps_rollup").read_bytes())
            total += int(match[1]) << 10 if match else 0
    return total


class Peak:
    """The most bytes that a process and its descendants hold while the block runs; looked at 20 times a second."""

    def __init__(self, pid: int) -> None:
        self.bytes = held(pid)
        self._pid = pid
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def _watch(self) -> None:
        while not self._over.wait(_EVERY):
            self.bytes = max(self.bytes, held(self._pid))

    def __enter__(self) -> Peak:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
