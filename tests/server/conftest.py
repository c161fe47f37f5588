"""A real server on a small release: a few hundred drugs and trials, enough for a join that does not end."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pools import RunningPool
from pyoxigraph import Literal, NamedNode, Quad
from running import DRUGS, VERSION, Server, start

from loader import store
from loader.namespaces import BASE, GRAPH, expand
from loader.release import Release
from server.settings import Settings


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
def make_pool(release: Release) -> Iterator[Callable[..., RunningPool]]:
    """Starts pools with given settings, and ends them."""
    pools: list[RunningPool] = []

    def make(**given: Any) -> RunningPool:
        pool = RunningPool(release.store_path, Settings(**({"workers": 2, "reserved": 1} | given)))
        pools.append(pool)
        return pool

    yield make
    for pool in pools:
        pool.close()


@pytest.fixture(scope="session")
def start_server(home: Path) -> Iterator[Callable[..., Server]]:
    """Starts servers with given environment variables, and ends those that still run."""
    servers: list[Server] = []

    def start_one(**variables: str) -> Server:
        servers.append(start(home, **variables))
        return servers[-1]

    yield start_one
    for server in servers:
        if server.process.poll() is None:
            server.stop()
        server.process.communicate()


@pytest.fixture(scope="session")
def server(start_server: Callable[..., Server]) -> Server:
    """A server that most tests share."""
    return start_server(SARCOGRAPH_WORKERS="3", SARCOGRAPH_RESERVED_WORKERS="1", SARCOGRAPH_DEADLINE="5")
