"""Workers answer one query at a time, are cut off at the deadline, replaced when they die, and reach no network."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import brotli
import pytest
from pools import RunningPool
from pyoxigraph import Literal, NamedNode, Quad
from running import DRUGS, ENDLESS

from loader import store
from loader.errors import (
    BusyError,
    NotAcceptableError,
    QueryCrashError,
    QueryLimitError,
    QuerySyntaxError,
    QueryTimeoutError,
    ReleaseError,
    UnknownFunctionError,
)
from loader.namespaces import BASE, GRAPH
from loader.release import Release
from server.frames import HEAD, frame
from server.guard import Limits
from server.process import WorkerProcess
from server.reply import Reply
from server.settings import Settings

MakePool = Callable[..., RunningPool]
POINT = f"SELECT ?label WHERE {{ <{BASE}drug/drug-7> <http://www.w3.org/2004/02/skos/core#prefLabel> ?label }}"
EVERYTHING = "SELECT * WHERE { ?s ?p ?o . ?x ?y ?z }"
# Holds on to every row until it can sort them.
HUGE = "SELECT ?z WHERE { ?a ?p ?x . ?b ?q ?y . ?c ?r ?z } ORDER BY ?z"


def until(true: Callable[[], bool], seconds: float = 5.0) -> bool:
    """Wait until something is true; whether it became true."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture
def listener() -> Iterator[tuple[int, list[object]]]:
    """A server on the loopback that only counts who connects: its port, and the list of connections."""
    connections: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        ended = threading.Event()

        def accept() -> None:
            while not ended.is_set():
                try:
                    connection, address = server.accept()
                except TimeoutError:
                    continue
                connections.append(address)
                connection.close()

        thread = threading.Thread(target=accept)
        thread.start()
        yield server.getsockname()[1], connections
        ended.set()
        thread.join()


def test_each_form_of_answer_says_what_it_is(make_pool: MakePool) -> None:
    pool = make_pool()
    for query, form, media_type in [
        (POINT, "select", "text/csv"),
        ("ASK { ?s ?p ?o }", "ask", "text/csv"),
        ("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o } LIMIT 1", "graph", "application/n-triples"),
        (f"DESCRIBE <{BASE}drug/drug-7>", "graph", "application/n-triples"),
    ]:
        reply = pool.run(query, "text/csv", graph_media_type="application/n-triples")
        assert (reply.reply.form, reply.reply.media_type) == (form, media_type)
        assert reply.reply.length == len(reply.read())


@pytest.mark.parametrize(
    "media_type, body",
    [
        ("application/sparql-results+json", b'{"head":{},"boolean":true}'),
        ("text/csv", b"boolean\r\ntrue\r\n"),
        ("text/tab-separated-values", b"?boolean\ntrue\n"),
    ],
)
def test_an_ask_is_answered_in_every_format_of_tables(make_pool: MakePool, media_type: str, body: bytes) -> None:
    assert make_pool().run("ASK { ?s ?p ?o }", media_type).read() == body


def test_turtle_declares_the_prefixes_it_uses_and_no_others(make_pool: MakePool) -> None:
    turtle = make_pool().run(f"DESCRIBE <{BASE}drug/drug-7>").read().decode()
    declared = [line.split()[1] for line in turtle.splitlines() if line.startswith("@prefix")]
    assert declared == ["sg:", "skos:"]
    assert 'skos:prefLabel "drug 7"@en' in turtle


def test_rdf_xml_that_would_be_broken_is_refused(make_pool: MakePool) -> None:
    query = "CONSTRUCT { <a:b> <http://example.org/7> 1 } WHERE { }"
    with pytest.raises(NotAcceptableError, match="http://example.org/7"):
        make_pool().run(query, graph_media_type="application/rdf+xml")


def test_a_long_answer_comes_in_pieces_and_whole(make_pool: MakePool) -> None:
    reply = make_pool().run("SELECT * WHERE { ?s ?p ?o . ?x a ?y } LIMIT 100000", "text/csv")
    assert reply.reply.length is None
    assert reply.read().count(b"\r\n") == 100_001


def test_the_default_graph_is_all_graphs_unless_the_query_or_the_caller_names_some(make_pool: MakePool) -> None:
    pool = make_pool()
    source = GRAPH + "source/demetri2016"

    def count(dataset: str = "", **given: list[str]) -> int:
        reply = pool.run(f"SELECT (COUNT(*) AS ?n) {dataset} WHERE {{ ?s ?p ?o }}", "text/csv", **given)  # type: ignore[arg-type]
        return int(reply.read().split()[1])

    assert count() == 2 * DRUGS + 1
    assert count(f"FROM <{source}>") == 1
    assert count(f"FROM NAMED <{source}>") == 0
    assert count(default_graphs=[source]) == 1
    assert count(f"FROM <{GRAPH}curated>", default_graphs=[source], named_graphs=[]) == 1
    assert count(default_graphs=[], named_graphs=[source]) == 0


def test_what_is_no_query_is_told_with_its_place(make_pool: MakePool) -> None:
    pool = make_pool()
    with pytest.raises(QuerySyntaxError) as caught:
        pool.run("SELECT *\nWHERE { ?s ?p }")
    assert caught.value.line == 2
    assert "['A'" not in str(caught.value)
    with pytest.raises(UnknownFunctionError, match="http://example.org/f"):
        pool.run("SELECT (<http://example.org/f>(1) AS ?x) WHERE { }")
    assert pool.run(POINT).read()


def test_an_endless_query_is_cut_off_at_its_deadline_and_the_next_finds_a_worker(make_pool: MakePool) -> None:
    pool = make_pool(workers=1)
    start = time.monotonic()
    with pytest.raises(QueryTimeoutError, match="0.5 seconds"):
        pool.run(ENDLESS, deadline=0.5)
    assert 0.5 <= time.monotonic() - start < 1.5
    assert pool.run(POINT).read()


def test_an_answer_cut_off_on_its_way_raises_instead_of_ending(make_pool: MakePool) -> None:
    reply = make_pool().run(EVERYTHING, "text/csv", deadline=0.5)
    with pytest.raises(QueryTimeoutError):
        reply.read()


def test_an_answer_that_grows_too_large_raises_instead_of_ending(make_pool: MakePool) -> None:
    reply = make_pool(max_answer=1 << 20).run(EVERYTHING, "text/csv")
    with pytest.raises(QueryLimitError, match="answer in bytes"):
        reply.read()


def test_an_answer_that_nobody_reads_frees_its_worker_at_the_deadline(make_pool: MakePool) -> None:
    pool = make_pool(workers=1)
    reply = pool.run(EVERYTHING, deadline=0.5)
    assert pool.status()["busy"] == 1
    assert until(lambda: pool.status()["busy"] == 0 and pool.status()["live"] == 2)
    with pytest.raises(QueryTimeoutError):
        reply.read()


def test_a_closed_answer_ends_its_worker(make_pool: MakePool) -> None:
    pool = make_pool(workers=1)
    pool.run(EVERYTHING).close()
    assert pool.run(POINT).read()
    pieces = iter(pool.run(EVERYTHING))
    next(pieces)
    pieces.close()  # type: ignore[attr-defined]
    assert pool.run(POINT).read()


def test_a_client_that_leaves_ends_its_query(make_pool: MakePool) -> None:
    pool = make_pool(workers=1, deadline=20.0)
    running = pool.begin(ENDLESS)
    assert until(lambda: pool.status()["busy"] == 1)
    running.cancel()
    assert until(lambda: pool.status()["busy"] == 0 and pool.status()["live"] == 2)
    assert pool.run(POINT).read()


def test_a_query_that_takes_all_its_memory_ends_alone(make_pool: MakePool) -> None:
    pool = make_pool(workers=1, memory=128 << 20, deadline=30.0)
    with pytest.raises(QueryCrashError, match="out of memory"):
        pool.run(HUGE)
    assert pool.run(POINT).read()


def test_a_query_that_overruns_the_stack_ends_alone(make_pool: MakePool) -> None:
    pool = make_pool(workers=1)
    with pytest.raises(QueryCrashError):
        pool.run(f"ASK {{ FILTER({'!' * 1_500_000}true) }}", limits=Limits(10**7, 10**7, 10**7, 10**7))
    assert pool.run(POINT).read()


def test_depth_within_the_guards_limits_does_not_crash_a_worker(make_pool: MakePool) -> None:
    pool = make_pool(workers=1)
    for query in [
        f"ASK {{ FILTER({'!' * 1999}true) }}",
        f"ASK {{ FILTER({'STR(' * 98}1{')' * 98} = '1') }}",
        f"ASK {{ {'FILTER NOT EXISTS {' * 98} ?s ?p ?o {'}' * 98} }}",
        f"ASK {{ ?s ?p ?o FILTER(?s = 1{' || ?s = 1' * 1998}) }}",
        f"ASK {{ {{ ?s ?p ?o }}{' UNION { ?s ?p ?o }' * 1998} }}",
    ]:
        assert pool.run(query, deadline=20.0).reply.form == "ask"


def test_workers_that_are_killed_are_replaced(make_pool: MakePool) -> None:
    pool = make_pool(workers=2, reserved=1)
    before = pool.status()["processes"]
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    assert until(lambda: not set(before) & set(pool.status()["processes"]))
    assert pool.run(POINT).read()
    assert until(lambda: pool.status()["live"] == 3)


def test_a_worker_killed_in_its_query_is_told_as_a_crash(make_pool: MakePool) -> None:
    pool = make_pool(workers=1, reserved=1)
    with ThreadPoolExecutor() as threads:
        answer = threads.submit(pool.run, ENDLESS)
        assert until(lambda: pool.status()["busy"] == 1)
        for pid in pool.status()["processes"]:
            os.kill(pid, signal.SIGKILL)
        with pytest.raises(QueryCrashError, match="killed"):
            answer.result()


def test_when_as_many_long_queries_wait_as_may_the_next_is_turned_away_at_once(make_pool: MakePool) -> None:
    pool = make_pool(workers=1, queue=1, deadline=20.0)
    queries = [pool.begin(ENDLESS)]
    assert until(lambda: pool.status()["busy"] == 1)
    queries.append(pool.begin(ENDLESS))
    assert until(lambda: pool.status()["waiting"] == 1)
    start = time.monotonic()
    with pytest.raises(BusyError) as caught:
        pool.run(ENDLESS)
    assert time.monotonic() - start < 1
    assert 1 <= caught.value.retry_after <= 20
    for query in queries:
        query.cancel()
    assert until(lambda: pool.status()["waiting"] == pool.status()["busy"] == 0)


def test_long_queries_that_share_a_place_end_within_twice_their_deadlines(make_pool: MakePool) -> None:
    pool = make_pool(workers=1)
    start = time.monotonic()
    queries = [pool.begin(ENDLESS, deadline=0.4) for _ in range(4)]
    for query in queries:
        assert isinstance(query.exception(10), BusyError | QueryTimeoutError)
    assert time.monotonic() - start < 2
    assert until(lambda: pool.status()["busy"] == 0)


def test_a_query_of_some_length_is_not_behind_an_endless_one(make_pool: MakePool) -> None:
    pool = make_pool(workers=1)
    endless = pool.begin(ENDLESS, deadline=30.0)
    assert until(lambda: pool.status()["busy"] == 1)
    time.sleep(0.5)
    start = time.monotonic()
    answer = pool.run("SELECT (COUNT(*) AS ?n) WHERE { ?a a ?x . ?b a ?y }", "text/csv", deadline=20.0)
    assert answer.read().split() == [b"n", str(DRUGS * DRUGS).encode()]
    assert time.monotonic() - start < 5
    assert not endless.done()
    endless.cancel()


def test_a_long_query_that_was_stopped_goes_on_when_its_turn_comes(make_pool: MakePool) -> None:
    pool = make_pool(workers=1)
    running = pool.begin(ENDLESS, deadline=1.0)
    assert until(lambda: pool.status()["busy"] == 1)
    waiting = pool.begin("SELECT (COUNT(*) AS ?n) WHERE { ?a a ?x . ?b a ?y }", "text/csv", deadline=20.0)
    assert until(lambda: pool.status()["waiting"] == 1)
    assert isinstance(running.exception(10), QueryTimeoutError)
    assert pool.do(waiting.result(30).read()).split() == [b"n", str(DRUGS * DRUGS).encode()]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have priorities only")
def test_a_long_query_lets_others_have_the_processors_first(make_pool: MakePool) -> None:
    pool = make_pool(workers=1)
    running = pool.begin(ENDLESS, deadline=20.0)

    def niceness(pid: int) -> set[int]:
        return {os.getpriority(os.PRIO_PROCESS, int(thread.name)) for thread in Path(f"/proc/{pid}/task").iterdir()}

    assert until(lambda: any(niceness(pid) == {5} for pid in pool.status()["processes"]))
    running.cancel()
    assert until(lambda: all(niceness(pid) == {0} for pid in pool.status()["processes"]))


def test_short_queries_and_pages_are_answered_while_long_ones_take_every_place(make_pool: MakePool) -> None:
    pool = make_pool(workers=2, reserved=1, queue=4, deadline=20.0)
    long = [pool.begin(ENDLESS) for _ in range(5)]
    assert until(lambda: pool.status()["waiting"] == 4 and pool.status()["busy"] == 5)
    for reserved in (True, False) * 5:
        start = time.monotonic()
        assert pool.run(POINT, reserved=reserved).read()
        assert time.monotonic() - start < 0.5
    for query in long:
        query.cancel()
    assert until(lambda: pool.status()["live"] == 3 and pool.status()["busy"] == 0)


def test_many_threads_share_the_workers(make_pool: MakePool) -> None:
    pool = make_pool(workers=2, reserved=1, queue=100)
    with ThreadPoolExecutor(16) as threads:
        bodies = list(threads.map(lambda _: pool.run(POINT, "text/csv").read(), range(400)))
    assert set(bodies) == {b"label\r\ndrug 7\r\n"}


@pytest.mark.skipif(os.uname().machine not in ("x86_64", "aarch64"), reason="the filter knows these two machines")
@pytest.mark.parametrize("call", ["SERVICE", "SERVICE SILENT"])
def test_a_call_that_gets_past_the_guard_reaches_no_network(
    listener: tuple[int, list[object]], call: str, make_pool: MakePool
) -> None:
    assert make_pool().status()["confinement"] == "seccomp"
    port, connections = listener
    for host in ("127.0.0.1", "localhost"):
        query = f"SELECT * WHERE {{ {call} <http://{host}:{port}/sparql> {{ ?s ?p ?o }} }}"
        code = (
            "import sys; from pyoxigraph import Store; from server import sandbox; print(sandbox.enter())\n"
            "print(len(list(Store().query(sys.argv[1]))))"
        )
        ended = subprocess.run([sys.executable, "-c", code, query], capture_output=True, text=True, timeout=30)
        assert ended.stdout.startswith("seccomp")
        assert (ended.returncode == 0) == (call == "SERVICE SILENT"), ended.stderr
    time.sleep(0.2)
    assert connections == []


def test_closing_the_pool_ends_all_workers_and_what_they_do(make_pool: MakePool) -> None:
    pool = make_pool(workers=2, reserved=1)
    with ThreadPoolExecutor() as threads:
        running = threads.submit(pool.run, ENDLESS)
        assert until(lambda: pool.status()["busy"] == 1)
        processes = pool.status()["processes"]
        start = time.monotonic()
        pool.end_workers()
        assert time.monotonic() - start < 3
        with pytest.raises(QueryCrashError):
            running.result()
    assert until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in processes))
    with pytest.raises(BusyError):
        pool.run(POINT)


def test_a_release_without_a_store_is_told_at_the_start(tmp_path: Path) -> None:
    for memory in (0, 1 << 30):
        with pytest.raises(ReleaseError, match="is missing"):
            RunningPool(tmp_path / "store", Settings(workers=1, reserved=1, store_memory=memory), triples=1)


@pytest.mark.parametrize("memory, shared", [(1 << 30, True), (0, False)], ids=["in memory", "on disk"])
def test_workers_share_a_release_in_memory_unless_it_is_too_large(
    release: Release, memory: int, shared: bool, opened: list[RunningPool]
) -> None:
    pool = RunningPool(release.store_path, Settings(workers=1, reserved=1, store_memory=memory), triples=2 * DRUGS)
    opened.append(pool)
    assert pool.status()["shared"] is shared
    assert pool.status()["confinement"] == "seccomp"
    assert pool.run(POINT, "text/csv").read() == b"label\r\ndrug 7\r\n"


@pytest.fixture
def opened() -> Iterator[list[RunningPool]]:
    """Pools to be ended."""
    pools: list[RunningPool] = []
    yield pools
    for pool in pools:
        pool.close()


@pytest.mark.parametrize("memory", [1 << 30, 0], ids=["in memory", "on disk"])
def test_a_triple_of_two_graphs_is_one_triple_of_their_union(
    tmp_path: Path, memory: int, opened: list[RunningPool]
) -> None:
    said = NamedNode(f"{BASE}drug/a"), NamedNode(f"{BASE}ontology#p"), Literal("said twice")
    other = NamedNode(f"{BASE}drug/b"), NamedNode(f"{BASE}ontology#p"), Literal("said once")
    one, two = NamedNode(GRAPH + "one"), NamedNode(GRAPH + "two")
    store.write(tmp_path / "store", [Quad(*said, one), Quad(*said, two), Quad(*other, two)])
    opened.append(RunningPool(tmp_path / "store", Settings(workers=1, reserved=1, store_memory=memory), triples=3))

    def count(pattern: str, **given: Any) -> int:
        answer = opened[0].run(f"SELECT (COUNT(*) AS ?n) WHERE {{ {pattern} }}", "text/csv", **given)
        return int(answer.read().split()[1])

    assert count("?s ?p ?o") == 2
    assert count("GRAPH ?g { ?s ?p ?o }") == 3
    assert count("?s ?p ?o", default_graphs=[one.value]) == 1
    assert len(opened[0].dump(None, "application/n-quads").splitlines()) == 3
    assert len(opened[0].dump(two.value, "application/n-quads").splitlines()) == 2


def test_a_nursery_that_is_killed_is_replaced_with_its_workers(make_pool: MakePool) -> None:
    pool = make_pool(workers=2, reserved=1)
    before = pool.status()["processes"]
    nursery = int(Path(f"/proc/{before[0]}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(nursery, signal.SIGKILL)
    assert until(lambda: not set(before) & set(pool.status()["processes"]) and pool.status()["live"] == 3, 20)
    assert pool.status()["failure"] is None
    assert pool.run(POINT).read()


def test_a_client_that_leaves_the_queue_leaves_its_place(make_pool: MakePool) -> None:
    pool = make_pool(workers=1)
    running = pool.begin(ENDLESS)
    assert until(lambda: pool.status()["busy"] == 1)
    waiting = pool.begin(POINT)
    assert until(lambda: pool.status()["waiting"] == 1)
    waiting.cancel()
    assert until(lambda: pool.status()["waiting"] == 0)
    running.cancel()
    assert pool.run(POINT).read()


@pytest.mark.parametrize("encoding", ["gzip", "br"])
def test_a_worker_compresses_what_is_worth_it(make_pool: MakePool, encoding: str) -> None:
    pool = make_pool()
    short = pool.run(POINT, "text/csv", encoding=encoding)
    assert (short.reply.encoding, short.read()) == ("identity", b"label\r\ndrug 7\r\n")
    for limit in (100, 4000):  # one frame, and many
        query = f"SELECT * WHERE {{ ?s ?p ?o }} ORDER BY ?s ?p LIMIT {limit}"
        plain, packed = pool.run(query).read(), pool.run(query, encoding=encoding)
        assert packed.reply.encoding == encoding
        body = packed.read()
        assert len(body) < len(plain) / 5
        assert (gzip.decompress(body) if encoding == "gzip" else brotli.decompress(body)) == plain


def test_an_answer_that_is_cut_says_so_and_leaves_its_worker_alive(make_pool: MakePool) -> None:
    pool = make_pool(workers=1)
    processes = pool.status()["processes"]
    cut = pool.run(EVERYTHING, most=10)
    assert cut.reply.cap == 10
    assert len(json.loads(cut.read())["results"]["bindings"]) == 10
    whole = pool.run("SELECT ?s WHERE { ?s ?p ?o } LIMIT 10", most=10)
    assert whole.reply.cap is None
    assert pool.status()["processes"] == processes


def test_an_answer_says_whether_it_is_always_the_same(make_pool: MakePool) -> None:
    pool = make_pool()
    assert pool.run(POINT).reply.stable
    assert not pool.run("SELECT (NOW() AS ?now) WHERE { }").reply.stable


@pytest.mark.parametrize("encoding", ["identity", "gzip", "br"])
def test_what_is_refused_late_is_refused_in_every_coding(make_pool: MakePool, encoding: str) -> None:
    query = 'SELECT ?x WHERE { { ?s a ?x } UNION { BIND("\\u0001" AS ?x) } }'
    with pytest.raises(NotAcceptableError):
        make_pool().run(query, "application/sparql-results+xml", encoding=encoding).read()


def test_while_no_files_are_to_be_had_lost_workers_are_missed_and_later_replaced(make_pool: MakePool) -> None:
    pool = make_pool(workers=2, reserved=1)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    lost = pool.status()["processes"][0]
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
        os.kill(lost, signal.SIGKILL)
        assert until(lambda: pool.status()["failure"] is not None)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert until(lambda: pool.status()["live"] == 3 and pool.status()["failure"] is None)


@pytest.mark.parametrize(
    "said, settled",
    [(HEAD.pack(b"B", 2**32 - 1), False), (frame(b"E", b"{}"), True)],
    ids=["a frame without end", "a word too much"],
)
def test_a_worker_that_does_not_keep_to_the_form_is_ended(said: bytes, settled: bool) -> None:
    async def hear() -> bool:
        own, other = socket.socketpair()
        worker = WorkerProcess(False)
        with other:
            await worker.connect(own)
            if settled:
                worker.settle()
            other.send(said)
            await asyncio.sleep(0.05)
            alive = worker.alive
            worker.close()
            await asyncio.sleep(0.01)
            return alive

    assert asyncio.run(hear()) is False


@pytest.mark.parametrize("ending", [b"", b"[]", b"nonsense", b'{"error": "SystemExit", "facts": []}'])
def test_nonsense_of_a_worker_is_told_as_a_crash(ending: bytes) -> None:
    async def hear() -> None:
        own, other = socket.socketpair()
        worker = WorkerProcess(False)
        with other:
            await worker.connect(own)
            other.send(frame(b"E", ending))
            with pytest.raises(QueryCrashError):
                await Reply(worker, Lender(), 5, 100, "").begin()
            await asyncio.sleep(0.01)

    asyncio.run(hear())


class Lender:
    """Lends one worker."""

    def give_back(self, worker: WorkerProcess, usable: bool) -> None:
        worker.close()

    def note_long(self, reply: Reply) -> None:
        raise AssertionError("it was not long")

    async def ending(self, worker: WorkerProcess) -> str:
        return "it has ended"


def test_all_that_waited_for_a_turn_get_one_though_they_are_quick(make_pool: MakePool) -> None:
    pool = make_pool(workers=2, queue=20, deadline=20.0)
    some = "{{ SELECT ?{1} {{ ?{1} ?p{1} ?o{1} }} LIMIT {0} }}"
    looks_long = f"SELECT (COUNT(*) AS ?n) WHERE {{{{ {some.replace('{1}', 'a')} {some.replace('{1}', 'b')} }}}}"
    assert pool.run(looks_long.format(2500), "text/csv").read()
    with ThreadPoolExecutor(8) as threads:
        endless = threads.submit(pool.run, ENDLESS, deadline=2.0)
        time.sleep(0.5)
        quick = [threads.submit(lambda: pool.run(looks_long.format(1), "text/csv").read()) for _ in range(6)]
        with pytest.raises(QueryTimeoutError):
            endless.result()
        ended = time.monotonic()
        assert {answer.result() for answer in quick} == {b"n\r\n1\r\n"}
        assert time.monotonic() - ended < 5
