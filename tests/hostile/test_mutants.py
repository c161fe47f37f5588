"""Ten thousand requests gone wrong: each is answered in proper HTTP or hung up on, and the server is as well as before.

SARCOGRAPH_HOSTILE_SEED chooses other requests. A request that the server does not stand is printed as Python bytes.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest
from conftest import Watched
from mutants import FAMILIES, Mutant, mutant
from processes import family, memory, own_memory
from wire import Answer, MalformedError, exchange

from server.queries import examples

pytestmark = pytest.mark.hostile

SEED = int(os.environ.get("SARCOGRAPH_HOSTILE_SEED", "4"))
COUNT = 10_000
CLIENTS = 24
PATIENCE = 15.0  # seconds for an answer
LITTLE_PATIENCE = 0.25  # seconds where the server may wait for more of the request
MOST_GROWTH = 96 << 20  # bytes of memory that the whole onslaught may leave behind
PANICS = (b"Traceback (most recent call last)", b'File "/', b'.py", line')


@pytest.fixture(scope="module")
def target(watch: Callable[..., Watched]) -> Watched:
    """A server with short deadlines and little room, so that much happens in a minute."""
    return watch(
        SARCOGRAPH_WORKERS="6",
        SARCOGRAPH_RESERVED_WORKERS="2",
        SARCOGRAPH_DEADLINE="0.4",
        SARCOGRAPH_MAX_DEADLINE="1",
        SARCOGRAPH_QUEUE="1000",
        SARCOGRAPH_QUERY_MEMORY=str(256 << 20),
        SARCOGRAPH_MAX_ANSWER=str(2 << 20),
        SARCOGRAPH_CACHE=str(8 << 20),
    )


def fault(sent: Mutant, answers: list[Answer]) -> str | None:
    """What is wrong with the answers to a request; None where nothing is."""
    for answer in answers:
        if any(panic in answer.body for panic in PANICS):
            return "the answer holds a traceback"
        if answer.status >= 500 and answer.status != 503:
            return f"status {answer.status}"
        if answer.status == 503 and b"HEAD" not in sent.data[:20] and not told(answer):
            return f"a 503 without a problem document: {answer.headers} {answer.body[:200]!r}"
        if answer.status != 200 and not answer.whole:
            return f"an answer of status {answer.status} broke off"
    return None


def told(answer: Answer) -> bool:
    """Whether an error comes as a problem document, or as a page for a browser."""
    return answer.media_type in ("application/problem+json", "text/html") and bool(answer.body)


def attack(target: Watched, sent: Mutant) -> tuple[str, str | None]:
    """Send one request; return what came of it in a word, and what was wrong with that."""
    try:
        answers = exchange(target.address, sent.data, LITTLE_PATIENCE if sent.waits else PATIENCE)
    except TimeoutError:
        return "silence", None if sent.waits else f"no answer within {PATIENCE:g} seconds"
    except (MalformedError, ConnectionError) as error:
        return "malformed", f"{type(error).__name__}: {error}"
    if not answers:
        return "hung up", None if sent.waits or len(sent.data) > 60_000 else "hung up without a word"
    return str(answers[0].status), fault(sent, answers)


def is_well(target: Watched) -> bool:
    """Whether /health is ok, every worker is there, none is busy, and none was left unburied."""
    answer = target.server.ask("/health")
    workers = answer.json["workers"]
    rested = workers["live"] == workers["expected"] and workers["busy"] == workers["waiting"] == 0
    return answer.status == 200 and answer.json["status"] == "ok" and rested and "Z" not in family(target.pid).values()


def wait_until_well(target: Watched, seconds: float = 10.0) -> None:
    """Raises AssertionError where the server does not recover."""
    end = time.monotonic() + seconds
    while not is_well(target):
        assert time.monotonic() < end, (target.server.ask("/health").json, family(target.pid))
        time.sleep(0.1)


def report(kind: str, faults: dict[str, list[tuple[bytes, int]]]) -> str:
    """What was wrong, how often, and the shortest request that shows it."""
    lines = [f"seed {SEED}, {kind}:"]
    for wrong, requests in faults.items():
        data, number = min(requests, key=lambda each: len(each[0]))
        lines.append(f"{len(requests)} times {wrong}: number {number}, {len(data)} bytes, {data[:8000]!r}")
    return "\n".join(lines)


@pytest.mark.parametrize("kind", FAMILIES)
def test_requests_gone_wrong_are_answered_or_refused(target: Watched, kind: str) -> None:
    queries = [example.text for example in examples()]
    random = Random(f"{SEED} {kind}")
    sent = [mutant(random, kind, queries) for _ in range(COUNT // len(FAMILIES))]
    with ThreadPoolExecutor(CLIENTS) as clients:
        outcomes = list(clients.map(lambda each: attack(target, each), sent))
    print(kind, dict(Counter(word for word, _ in outcomes).most_common()))
    faults: dict[str, list[tuple[bytes, int]]] = {}
    for number, (each, (_, wrong)) in enumerate(zip(sent, outcomes, strict=True)):
        if wrong:
            faults.setdefault(f"{wrong}, after {each.names[-1]}", []).append((each.data, number))
    if faults:
        pytest.fail(report(kind, faults), pytrace=False)
    wait_until_well(target)


def test_the_same_seed_makes_the_same_requests() -> None:
    queries = [example.text for example in examples()]
    for kind in FAMILIES:
        one, other = Random(kind), Random(kind)
        assert [mutant(one, kind, queries) for _ in range(20)] == [mutant(other, kind, queries) for _ in range(20)]


def test_memory_does_not_grow_with_requests_gone_wrong(target: Watched) -> None:
    queries = [example.text for example in examples()]
    random = Random(SEED)
    taken = []
    for _ in range(2):
        with ThreadPoolExecutor(CLIENTS) as clients:
            kinds = random.choices(tuple(FAMILIES), k=400)
            list(clients.map(lambda each: attack(target, each), [mutant(random, kind, queries) for kind in kinds]))
        wait_until_well(target)
        taken.append((memory(target.pid), own_memory(target.pid)))
    print([(whole >> 20, own >> 20) for whole, own in taken])
    assert all(after - before < MOST_GROWTH for before, after in zip(*taken, strict=True)), taken
