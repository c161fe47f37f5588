"""The processes of a server, from /proc: which there are, and how much memory they take."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

_PSS = re.compile(r"^Pss:\s+([0-9]+) kB", re.MULTILINE)


def _states() -> Iterator[tuple[int, int, str]]:
    """Each process there is: its id, its parent's, its state."""
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = status.read_text(encoding="utf-8").rpartition(")")[2].split()
            yield int(status.parent.name), int(fields[1]), fields[0]


def family(pid: int) -> dict[int, str]:
    """A process and all that descend from it, with their states; Z is one that ended and was not buried."""
    children: dict[int, list[int]] = {}
    states = {}
    for each, parent, state in _states():
        children.setdefault(parent, []).append(each)
        states[each] = state
    found, left = {}, [pid]
    while left:
        each = left.pop()
        found[each] = states.get(each, "X")
        left += children.get(each, [])
    return found


def memory(pid: int) -> int:
    """Bytes of memory that a process and its descendants take; what they share counts once."""
    total = 0
    for each in family(pid):
        with contextlib.suppress(OSError):
            match = _PSS.search(Path(f"/proc/{each}/smaps_rollup").read_text(encoding="ascii"))
            total += int(match[1]) * 1024 if match else 0
    return total


def own_memory(pid: int) -> int:
    """Bytes of memory that a process takes by itself, the resident set."""
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * 4096
