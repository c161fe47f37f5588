"""Servers on the project's own facts, watched while they are treated badly."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "server"))

from neighbours import ask_for  # noqa: E402
from processes import memory  # noqa: E402
from running import Server, start  # noqa: E402
from siege import Siege  # noqa: E402


@dataclass(frozen=True)
class Watched:
    """A running server, its address, and the lines that it writes to its standard error."""

    server: Server
    address: tuple[str, int]
    complaints: list[str]
    listening: threading.Thread

    @property
    def pid(self) -> int:
        """The process id of the server."""
        return self.server.process.pid


@contextmanager
def watching(home: Path) -> Iterator[Callable[..., Watched]]:
    """Starts servers with given environment variables; at the end each stops in order and has told no traceback."""
    started: list[Watched] = []

    def begin(**variables: str) -> Watched:
        server = start(home, **variables)
        host, port = server.url.removeprefix("http://").split(":")
        complaints: list[str] = []
        # Read all the time: a full pipe would stop the server.
        listening = threading.Thread(target=complaints.extend, args=(server.process.stderr,), daemon=True)
        listening.start()
        started.append(Watched(server, (host, int(port)), complaints, listening))
        return started[-1]

    yield begin
    faults = [fault for watched in started if (fault := end(watched))]
    assert not faults, "\n".join(faults)


def end(watched: Watched) -> str | None:
    """Stop a server; return what was wrong with its end, or None."""
    process = watched.server.process
    died = process.poll() is not None
    status = process.returncode if died else watched.server.stop()
    watched.listening.join(5)
    for pipe in (process.stdout, process.stderr):
        if pipe:
            pipe.close()
    said = "".join(watched.complaints)
    if died or status or "Traceback" in said:
        return f"{'died with' if died else 'stopped with'} exit status {status}; it said:\n{said[-4000:]}"
    return None


@pytest.fixture(scope="module")
def watch(real_home: Path) -> Iterator[Callable[..., Watched]]:
    """Starts servers for one module of tests."""
    with watching(real_home) as begin:
        yield begin


@dataclass(frozen=True)
class Besieged:
    """A server under siege: seconds that point queries took before it and at its beginning, bytes of memory that it
    took more then, and how many workers were busy once the slow readers' answers were there."""

    watched: Watched
    siege: Siege
    quiet: list[float]
    beside: list[float]
    growth: int
    busy: int


@pytest.fixture(scope="session", autouse=True)
def _besieged(request: pytest.FixtureRequest, real_home: Path) -> Iterator[Besieged | None]:
    """The siege takes most of a minute: it begins before the first hostile test and is looked at after the last."""
    if not any("test_slow_clients" in item.nodeid for item in request.session.items):
        yield None
        return
    with watching(real_home) as begin:
        watched = begin(SARCOGRAPH_CACHE="0")
        quiet = ask_for(watched.address, 1.5)
        before = memory(watched.pid)
        siege = Siege(watched.address)
        time.sleep(2)
        beside = ask_for(watched.address, 2)
        busy = watched.server.ask("/health").json["workers"]["busy"]
        yield Besieged(watched, siege, quiet, beside, memory(watched.pid) - before, busy)
        siege.end()


@pytest.fixture
def besieged(_besieged: Besieged | None) -> Besieged:
    """The server under siege."""
    assert _besieged
    return _besieged
