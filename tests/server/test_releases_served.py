"""Every release is asked by its name; a new one takes over while requests are under way."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad
from running import Answer, Server, start, workers_of

from loader import store
from loader.namespaces import BASE, GRAPH, expand
from loader.release import Release
from server.shelf import Shelf

QUERY = "SELECT ?label WHERE { <drug/a> <http://www.w3.org/2004/02/skos/core#prefLabel> ?label }"


def publish(home: Path, version: str, label: str, namespace: str = BASE, spoilt: bool = False) -> None:
    """A release that says one thing, made the current one as a build does it."""
    path = home / "releases" / version
    path.mkdir(parents=True)
    graph = NamedNode(GRAPH + "curated")
    store.write(
        path / "store",
        [
            Quad(NamedNode(f"{BASE}drug/a"), NamedNode(expand("skos:prefLabel")), Literal(label, language="en"), graph),
            Quad(NamedNode(f"{BASE}drug/a"), NamedNode(expand("rdf:type")), NamedNode(expand("sg:Drug")), graph),
        ],
    )
    manifest = {
        "version": version,
        "namespace": namespace,
        "created": "2026-11-24T10:00:00Z",
        "content_hash": version,
        "code_version": "0",
        "triples": 2,
        "counts": {"sg:Drug": 1},
        "graphs": {graph.value: 2},
        "validation": {"violations": 0, "warnings": 0},
    }
    (path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    if spoilt:
        for file in (path / "store").glob("*.sst"):
            file.write_bytes(b"not a table")
        (path / "store" / "CURRENT").write_text("nothing", encoding="utf-8")
    (home / "current.new").write_text(version + "\n", encoding="utf-8")
    (home / "current.new").rename(home / "current")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Two releases, the second current."""
    publish(tmp_path, "2026-11-24.1", "first")
    publish(tmp_path, "2026-11-25.1", "second")
    return tmp_path


@pytest.fixture
def launch() -> Iterator[Callable[[Path], Server]]:
    """Starts a server, and ends it."""
    servers: list[Server] = []

    def begin(home: Path) -> Server:
        servers.append(start(home, SARCOGRAPH_WORKERS="2", SARCOGRAPH_RESERVED_WORKERS="1"))
        return servers[-1]

    yield begin
    for server in servers:
        if server.process.poll() is None:
            server.stop()
        server.process.communicate()


def ask(server: Server, **parameters: str) -> Answer:
    return server.ask(query=QUERY, headers={"Accept": "text/csv"}, **parameters)


def wait_for(server: Server, version: str) -> None:
    end = time.monotonic() + 15
    while server.ask("/health").headers["sarcograph-release"] != version:
        assert time.monotonic() < end, f"{version} was not served"
        time.sleep(0.1)


def test_each_release_answers_for_itself_and_every_answer_names_its_own(
    home: Path, launch: Callable[[Path], Server]
) -> None:
    server = launch(home)
    current, first, second = ask(server), ask(server, release="2026-11-24.1"), ask(server, release="2026-11-25.1")
    assert (current.body, first.body, second.body) == (b"label\r\nsecond\r\n", b"label\r\nfirst\r\n", current.body)
    assert first.headers["sarcograph-release"] == "2026-11-24.1"
    assert current.headers["sarcograph-release"] == second.headers["sarcograph-release"] == "2026-11-25.1"
    assert first.headers["etag"] != current.headers["etag"]
    again = ask(server, release="2026-11-24.1")
    assert again.body == first.body, "a kept answer of another release"
    graph = server.ask("/graph/curated", release="2026-11-24.1", headers={"Accept": "application/n-quads"})
    assert b'"first"@en' in graph.body
    turtle = server.ask("/graph/curated", release="2026-11-24.1", headers={"Accept": "text/turtle"})
    assert b'"first"@en' in turtle.body


@pytest.mark.parametrize(
    "version",
    ["2026-11-25.2", "2026-11-25.01", "../current", "", "<b>", "2026-11-24.1\n", "9" * 5000, "2026-11-24.1/store"],
)
def test_a_release_that_is_not_there_is_told_and_those_that_are_are_named(
    home: Path, launch: Callable[[Path], Server], version: str
) -> None:
    answer = ask(launch(home), release=version)
    if not version or version.strip() == "2026-11-24.1":
        assert answer.status == 200
        return
    assert answer.status == 404
    assert "2026-11-25.1, 2026-11-24.1" in answer.json["detail"]
    assert len(answer.body) < 600


def test_two_releases_in_one_request_are_refused(home: Path, launch: Callable[[Path], Server]) -> None:
    answer = launch(home).ask(query=QUERY, release=["2026-11-24.1", "2026-11-25.1"])
    assert answer.status == 400
    assert "release is given 2 times" in answer.json["detail"]


def test_a_new_release_takes_over_and_no_request_is_dropped(home: Path, launch: Callable[[Path], Server]) -> None:
    server = launch(home)
    before = set(workers_of(server.process.pid))
    answers: list[Answer] = []
    stop = threading.Event()

    def ask_on() -> None:
        while not stop.is_set():
            answers.append(ask(server))

    threads = [threading.Thread(target=ask_on) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    publish(home, "2026-11-26.1", "third")
    wait_for(server, "2026-11-26.1")
    time.sleep(0.5)
    stop.set()
    for thread in threads:
        thread.join()
    assert {answer.status for answer in answers} == {200}
    said = {(answer.headers["sarcograph-release"], answer.body) for answer in answers}
    assert said == {("2026-11-25.1", b"label\r\nsecond\r\n"), ("2026-11-26.1", b"label\r\nthird\r\n")}
    assert ask(server, release="2026-11-25.1").body == b"label\r\nsecond\r\n"
    end = time.monotonic() + 10
    while any(Path(f"/proc/{pid}").exists() for pid in before):
        assert time.monotonic() < end, "workers of the release before are left"
        time.sleep(0.1)


def test_a_query_under_way_ends_on_its_own_release(home: Path, launch: Callable[[Path], Server]) -> None:
    server = launch(home)
    slow = "SELECT (COUNT(*) AS ?n) WHERE { " + " . ".join(f"?a{n} ?b{n} ?c{n}" for n in range(21)) + " }"
    answers: list[Answer] = []
    thread = threading.Thread(target=lambda: answers.append(server.ask(query=slow, timeout="4")))
    thread.start()
    time.sleep(0.3)
    publish(home, "2026-11-26.1", "third")
    wait_for(server, "2026-11-26.1")
    assert thread.is_alive()
    thread.join()
    assert answers[0].status in (200, 503)
    assert answers[0].headers["sarcograph-release"] == "2026-11-25.1"


def test_a_release_that_cannot_be_opened_is_told_and_the_one_before_is_served_on(
    home: Path, launch: Callable[[Path], Server]
) -> None:
    server = launch(home)
    publish(home, "2026-11-26.1", "third", spoilt=True)
    publish(home, "2026-11-26.2", "a mirror's", namespace="https://mirror.example/")
    time.sleep(2.5)
    assert ask(server).body == b"label\r\nsecond\r\n"
    broken = ask(server, release="2026-11-26.1")
    assert broken.status == 503
    assert "is damaged" in broken.json["detail"]
    assert str(home) not in broken.json["detail"]
    assert ask(server, release="2026-11-26.2").status == 404
    publish(home, "2026-11-27.1", "fourth")
    wait_for(server, "2026-11-27.1")
    server.stop()
    assert server.process.stderr
    assert "2026-11-25.1 is served on: release 2026-11-26.2" in server.process.stderr.read()


def test_the_shelf_opens_no_folder_that_is_no_release(home: Path) -> None:
    shelf = Shelf(home)
    assert shelf.versions() == ["2026-11-25.1", "2026-11-24.1"]
    assert [release.version for release in shelf.releases()] == shelf.versions()
    assert isinstance(shelf.open("2026-11-24.1"), Release)


def test_a_manifest_of_another_shape_is_a_damaged_release_and_the_next_good_one_is_served(
    home: Path, launch: Callable[[Path], Server]
) -> None:
    server = launch(home)
    for number, change in enumerate(({"graphs": [1]}, {"created": "yesterday"}, {"counts": None, "dumps": {}}), 1):
        publish(home, f"2026-11-26.{number}", "third")
        path = home / "releases" / f"2026-11-26.{number}" / "manifest.json"
        path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **change}), encoding="utf-8")
        assert server.ask(query=QUERY, release=f"2026-11-26.{number}").status == 503
    time.sleep(1.5)
    listed = [each["version"] for each in server.ask("/releases.json").json]
    assert listed == ["2026-11-25.1", "2026-11-24.1"]
    publish(home, "2026-11-27.1", "fourth")
    wait_for(server, "2026-11-27.1")


def test_a_worker_lets_go_of_the_releases_that_it_has_not_been_asked_about_for_long(
    home: Path, launch: Callable[[Path], Server]
) -> None:
    for number in range(1, 31):
        publish(home, f"2026-10-01.{number}", "old")
    publish(home, "2026-11-28.1", "now")
    server = launch(home)
    for number in range(1, 31):
        assert server.ask("/drug/a.nt", release=f"2026-10-01.{number}").status == 200
    files = [len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in workers_of(server.process.pid)]
    assert max(files) < 100, "each store has some ten files open, and a worker keeps three beside the current one"
