"""A real server on a small release: a few hundred drugs and trials, enough for a join that does not end."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pyoxigraph import Literal, NamedNode, Quad

from loader import store
from loader.namespaces import BASE, GRAPH, expand
from loader.release import Release
from server.settings import Settings
from server.workers import Pool

DRUGS = 2000
VERSION = "2026-11-24.1"
# 8,000 million rows to look at; no row is an answer.
ENDLESS = """SELECT ?a WHERE { ?a ?p ?x . ?b ?q ?y . ?c ?r ?z . FILTER(CONCAT(STR(?x), STR(?y), STR(?z)) = "never") }"""


def quads() -> Iterator[Quad]:
    """Drugs with labels in the curated graph, and a note of one source in its own graph."""
    curated, source = NamedNode(GRAPH + "curated"), NamedNode(GRAPH + "source/demetri2016")
    label, kind = NamedNode(expand("skos:prefLabel")), NamedNode(expand("rdf:type"))
    for number in range(DRUGS):
        drug = NamedNode(f"{BASE}drug/drug-{number}")
        yield Quad(drug, kind, NamedNode(expand("sg:Drug")), curated)
        yield Quad(drug, label, Literal(f"drug {number}", language="en"), curated)
    yield Quad(NamedNode(f"{BASE}source/demetri2016"), label, Literal("Demetri 2016", language="en"), source)


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of releases with one release in it."""
    folder = tmp_path_factory.mktemp("home")
    path = folder / "releases" / VERSION
    path.mkdir(parents=True)
    store.write(path / "store", quads())
    manifest = {
        "version": VERSION,
        "created": "2026-11-24T10:00:00Z",
        "content_hash": "0" * 64,
        "code_version": "0",
        "triples": 2 * DRUGS + 1,
        "counts": {"sg:Drug": DRUGS},
        "graphs": {GRAPH + "curated": 2 * DRUGS, GRAPH + "source/demetri2016": 1},
        "validation": {"violations": 0, "warnings": 0},
    }
    (path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (folder / "current").write_text(VERSION + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def release(home: Path) -> Release:
    """The release in `home`."""
    from loader.release import open_current

    return open_current(home)


@pytest.fixture
def make_pool(release: Release) -> Iterator[Callable[..., Pool]]:
    """Starts pools with given settings, and ends them."""
    pools: list[Pool] = []

    def make(**given: Any) -> Pool:
        pool = Pool(release.store_path, Settings(**({"workers": 2, "reserved": 1} | given)))
        pools.append(pool)
        pool.wait_started()
        return pool

    yield make
    for pool in pools:
        pool.close()


@dataclass(frozen=True)
class Answer:
    """What came back over HTTP; header names are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Server:
    """A running `sarcograph serve`."""

    process: subprocess.Popen[str]
    url: str

    def ask(
        self,
        path: str = "/sparql",
        body: bytes | None = None,
        method: str | None = None,
        headers: Mapping[str, str] | None = None,
        **parameters: str | list[str],
    ) -> Answer:
        """One request; keyword arguments are parameters of the URL."""
        url = self.url + path
        if parameters:
            url += "?" + urllib.parse.urlencode(parameters, doseq=True)
        request = urllib.request.Request(url, body, dict(headers or {}), method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return Answer(response.status, _lower(response.headers), response.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, _lower(error.headers), error.read())

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and wait for the end; returns the exit status."""
        self.process.send_signal(number)
        return self.process.wait(15)


def _lower(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


@pytest.fixture(scope="session")
def start_server(home: Path) -> Iterator[Callable[..., Server]]:
    """Starts servers with given environment variables, and ends those that still run."""
    servers: list[Server] = []

    def start(**variables: str) -> Server:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SARCOGRAPH_")}
        environment |= {"SARCOGRAPH_HOME": str(home), "HOST": "127.0.0.1", "PORT": "0"} | variables
        command = [str(Path(sys.executable).with_name("sarcograph")), "serve"]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert process.stdout and process.stderr
        line = process.stdout.readline()
        assert "http://" in line, process.stderr.read()
        servers.append(Server(process, line.split()[-1].rstrip("/")))
        return servers[-1]

    yield start
    for server in servers:
        if server.process.poll() is None:
            server.stop()
        server.process.communicate()


@pytest.fixture(scope="session")
def server(start_server: Callable[..., Server]) -> Server:
    """A server that most tests share."""
    return start_server(SARCOGRAPH_WORKERS="3", SARCOGRAPH_RESERVED_WORKERS="1", SARCOGRAPH_DEADLINE="5")


def workers_of(pid: int) -> list[int]:
    """The process ids of a server's workers, from /proc."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = status.read_text(encoding="utf-8").rpartition(")")[2].split()
            if int(fields[1]) == pid and fields[0] != "Z":
                found.append(int(status.parent.name))
    return found
