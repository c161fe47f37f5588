"""A thousand queries that would never end, while others ask small ones: those hardly notice."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import Watched
from neighbours import ask_for, typical_p99
from processes import family, memory, own_memory
from running import Answer

pytestmark = pytest.mark.hostile

RUNAWAYS = 1000
CLIENTS = 16  # who ask runaways at the same time: more than there are workers
NEIGHBOURS = 3  # who ask point queries at the same time
DEADLINE = "0.3"
WINDOW = 1.2  # seconds
WINDOWS = 7
TIMES = 10  # as slow as in quiet times neighbours may become
MOST_GROWTH = 64 << 20  # bytes
PATTERNS = (
    "SELECT ?a {{ ?a ?p ?x . ?b ?q ?y . ?c ?r ?z . FILTER(CONCAT(STR(?x), STR(?y), STR(?z)) = 'never {n}') }}",
    "SELECT (COUNT(*) AS ?n) {{ ?a ?p ?x . ?b ?q ?y . ?c ?r ?z . FILTER(?x != {n}) }}",
    "SELECT ?x {{ ?a ?p ?x . ?b ?q ?y . ?c ?r ?z }} ORDER BY ?x ?z DESC(?y) (STR({n})) LIMIT 3",
    "ASK {{ ?a ?p ?x . ?b ?q ?y . ?c ?r ?z . FILTER(STRLEN(CONCAT(STR(?x), STR(?y), STR(?z))) = 1000000{n}) }}",
)


@pytest.fixture(scope="module")
def busy(watch: Callable[..., Watched]) -> Watched:
    """A server as it comes, save that nothing is answered from the cache."""
    return watch(SARCOGRAPH_CACHE="0")


def neighbours(busy: Watched, seconds: float = WINDOW) -> list[float]:
    """Several users ask point queries for so long; the seconds that each query took."""
    with ThreadPoolExecutor(NEIGHBOURS) as users:
        return [
            taken for each in users.map(lambda _: ask_for(busy.address, seconds), range(NEIGHBOURS)) for taken in each
        ]


def is_cut_off(answer: Answer) -> bool:
    """Whether a runaway was told that there was no time for it, or no worker just now and when to try again."""
    return (
        answer.status == 503
        and answer.media_type == "application/problem+json"
        and answer.json["title"] in ("Busy", "Query cut off at its deadline")
        and ("retry-after" in answer.headers) == (answer.json["title"] == "Busy")
    )


def test_a_thousand_runaways_leave_neighbours_their_speed(busy: Watched) -> None:
    neighbours(busy)
    quiet = [neighbours(busy) for _ in range(3)]
    before = memory(busy.pid), own_memory(busy.pid)
    queries = [PATTERNS[number % len(PATTERNS)].format(n=number) for number in range(RUNAWAYS)]
    begun = time.monotonic()
    with ThreadPoolExecutor(CLIENTS) as clients:
        runaways = [clients.submit(busy.server.ask, query=query, timeout=DEADLINE) for query in queries]
        time.sleep(1)
        loaded = [neighbours(busy) for _ in range(WINDOWS)]
        assert not runaways[-1].done(), "the runaways ended before the neighbours were measured"
        answers = [runaway.result() for runaway in runaways]
    lasted = time.monotonic() - begun
    quick, slow = typical_p99(quiet), typical_p99(loaded)
    titles = Counter(f"{answer.status} {answer.json['title']}" for answer in answers)
    print(f"{lasted:.0f} s {dict(titles)}, p99 {1000 * quick:.1f} ms quiet, {1000 * slow:.1f} ms beside runaways")
    print([f"{1000 * typical_p99([window]):.1f}" for window in loaded])
    strange = [answer for answer in answers if not is_cut_off(answer)]
    assert not strange, strange[:3]
    assert slow < TIMES * quick
    time.sleep(1)
    health = busy.server.ask("/health").json
    assert health["status"] == "ok" and health["workers"]["live"] == health["workers"]["expected"], health
    assert "Z" not in family(busy.pid).values()
    assert memory(busy.pid) - before[0] < MOST_GROWTH and own_memory(busy.pid) - before[1] < MOST_GROWTH
