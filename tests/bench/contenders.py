"""The contenders: how each is started with the data, asked, counted and stopped."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from tests.bench import client, virtuoso
from tests.bench.client import Address, Connection
from tests.bench.questions import ROOT, Question

_START = 300.0  # seconds that a contender gets to load and start


class StartError(RuntimeError):
    """A contender cannot be started; the sentence says why."""


class RefusedError(RuntimeError):
    """A contender answers a query with an error; the sentence says which."""


@dataclass(frozen=True)
class Site:
    """Where a run keeps things and what it gives the contenders: `peers` is a Python that has the peers, `deadline` in
    seconds."""

    folder: Path
    data: Path
    release: Path
    peers: str | None
    deadline: float


class Running(Protocol):
    """A contender that has the data. `load` is the seconds that took, `pid` its first process."""

    load: float
    pid: int

    def ask(self, question: Question, variant: int) -> tuple[float, bytes]:
        """Seconds, and the body. Raises TimeoutError, RefusedError."""

    def rate(self, question: Question, clients: int, seconds: float) -> float:
        """Answers a second."""

    def stop(self) -> None:
        """End it."""


class InProcess:
    """An engine in a process of its own that it is asked in, through a pipe that is not part of the time."""

    def __init__(self, command: Sequence[str], deadline: float, plain: bool = False) -> None:
        self._deadline, self._plain = deadline, plain
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT)
        self.pid = self._process.pid
        try:
            self.load = self._told(_START)["load"]
        except (TimeoutError, RefusedError) as error:
            self.stop()
            raise StartError(f"it did not start: {error or 'no word from it'}") from error

    def _told(self, seconds: float) -> dict[str, Any]:
        assert self._process.stdout
        if not select.select([self._process.stdout], [], [], seconds)[0]:
            raise TimeoutError
        line = self._process.stdout.readline()
        if not line:
            raise RefusedError("its process ended")
        told: dict[str, Any] = json.loads(line)
        return told

    def _say(self, told: dict[str, Any]) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(told).encode() + b"\n")
        self._process.stdin.flush()

    def ask(self, question: Question, variant: int) -> tuple[float, bytes]:
        """Ask it in its process."""
        texts = question.plain if self._plain else question.texts
        self._say({"text": texts[variant % len(texts)], "graph": question.graph})
        told = self._told(self._deadline)
        assert self._process.stdout
        return told["seconds"], self._process.stdout.read(told["size"])

    def rate(self, question: Question, clients: int, seconds: float) -> float:
        """Answers a second of so many threads."""
        self._say({"texts": question.texts, "clients": clients, "seconds": seconds})
        rate: float = self._told(seconds + self._deadline)["rate"]
        return rate

    def stop(self) -> None:
        """Kill it."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self._process.stdout.close()


@dataclass(frozen=True)
class Way:
    """How a server is asked: for how many seconds at most, with SELECT instead of DESCRIBE or not, with what parameters
    in each request."""

    deadline: float
    plain: bool = False
    parameters: Mapping[str, str] | None = None


class OverHttp:
    """A server that is asked over one connection that stays open, or over several."""

    def __init__(self, process: subprocess.Popen[str], address: Address, load: float, way: Way) -> None:
        self.pid, self.load, self._process, self._address, self._way = process.pid, load, process, address, way
        self._connection = Connection(address, way.deadline)

    def _request(self, question: Question, variant: int) -> bytes:
        way = self._way
        texts = question.plain if way.plain else question.texts
        media_type = client.GRAPH_TYPE if question.graph else client.SELECT_TYPE
        return client.request(self._address, texts[variant % len(texts)], media_type, way.parameters)

    def ask(self, question: Question, variant: int) -> tuple[float, bytes]:
        """Ask it over HTTP."""
        try:
            seconds, response = self._connection.ask(self._request(question, variant))
        except ConnectionError as error:
            raise RefusedError(str(error) or type(error).__name__) from error
        if response.status != 200:
            raise RefusedError(f"status {response.status}: {response.body[:200].decode(errors='replace')}")
        return seconds, response.body

    def rate(self, question: Question, clients: int, seconds: float) -> float:
        """Answers a second over so many connections."""
        requests = [self._request(question, variant) for variant in range(len(question.texts))]
        return client.rate(self._address, requests, clients, seconds)

    def stop(self) -> None:
        """End it, gently at first."""
        self._connection.close()
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()


def raw(place: str, site: Site) -> Running:
    """pyoxigraph in process."""
    module = [sys.executable, "-m", "tests.bench.engine"]
    return InProcess([*module, place, str(site.data), str(site.folder / "raw")], site.deadline)


def sarcograph(site: Site, **variables: str) -> Running:
    """`sarcograph serve` with given settings. Its `load` is the start alone; `loading` measures the release."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SARCOGRAPH_")}
    environment |= {"SARCOGRAPH_HOME": str(site.release), "HOST": "127.0.0.1", "PORT": "0", "PYTHONPATH": str(ROOT)}
    environment |= {"SARCOGRAPH_DEADLINE": str(site.deadline), "SARCOGRAPH_MAX_DEADLINE": str(site.deadline)}
    begin = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", "from server.cli import main; main()", "serve"],
        env=environment | variables,
        stdout=subprocess.PIPE,
        text=True,
        cwd=site.folder,
    )
    assert process.stdout
    line = process.stdout.readline()
    if "http://" not in line:
        process.kill()
        process.wait()
        raise StartError("`sarcograph serve` did not start")
    host, _, port = line.split("http://")[1].split("/")[0].partition(":")
    return OverHttp(process, (host, int(port.strip())), time.perf_counter() - begin, Way(site.deadline))


def peer(name: str, way: Way, site: Site) -> Running:
    """A peer from the Python package index behind HTTP."""
    command = _peer_command(site, name)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout
    line = process.stdout.readline()
    if not line.startswith("{"):
        process.kill()
        process.wait()
        raise StartError(f"{name} did not start")
    told = json.loads(line)
    return OverHttp(process, ("127.0.0.1", told["port"]), told["load"], way)


def maplib(site: Site) -> Running:
    """maplib in process; it knows no DESCRIBE, and is asked for the same triples by SELECT."""
    return InProcess(_peer_command(site, "maplib"), site.deadline, plain=True)


def _peer_command(site: Site, name: str) -> list[str]:
    if site.peers is None:
        raise StartError("the peers from the Python package index could not be installed")
    return [site.peers, "-m", "tests.bench.peers", name, str(site.data)]


def virtuoso_server(site: Site) -> Running:
    """Virtuoso with a configuration of ours, over its own SPARQL endpoint."""
    if not shutil.which(virtuoso.DAEMON) or not shutil.which(virtuoso.CLIENT):
        raise StartError("the Debian package virtuoso-opensource-7-bin is not installed")
    try:
        process, port, load = virtuoso.start(site.folder / "virtuoso", site.data, _START)
    except (subprocess.SubprocessError, TimeoutError) as error:
        raise StartError(f"Virtuoso did not start: {error}") from error
    way = Way(site.deadline, parameters={"default-graph-uri": virtuoso.GRAPH})
    return OverHttp(process, ("127.0.0.1", port), load, way)
