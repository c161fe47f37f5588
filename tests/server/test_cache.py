"""Answers are kept within a bound, forgotten when they are not used, and named by tags."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import pytest
from running import Server

from loader.release import Release
from server.cache import Cache, Stored, has, tag

KEPT = "SELECT ?s WHERE { ?s a <https://w3id.org/sarcograph/ontology#Drug> } ORDER BY ?s LIMIT 3"


def stored(size: int) -> Stored:
    return Stored("text/csv", "identity", None, b"x" * size)


def test_an_answer_is_found_under_its_key_only() -> None:
    cache = Cache(1 << 20)
    cache.keep("a", stored(10))
    assert cache.find("a") == stored(10)
    assert cache.find("b") is None


def test_what_was_not_used_for_longest_is_forgotten_first() -> None:
    cache = Cache(100_000)
    for key in "abcdefghi":
        cache.keep(key, stored(9_000))
    assert cache.find("a")
    cache.keep("j", stored(9_000))
    cache.keep("k", stored(9_000))
    assert cache.find("a") and not cache.find("b")


def test_the_bound_counts_bodies_and_what_else_an_entry_takes() -> None:
    cache = Cache(80_000)
    for number in range(1000):
        cache.keep(number, stored(1_000))
    kept = sum(cache.find(number) is not None for number in range(1000))
    assert kept == 80_000 // 2_000


def test_a_long_key_takes_no_more_room_than_a_short_one() -> None:
    tracemalloc.start()
    cache = Cache(1 << 20)
    for number in range(100):
        cache.keep(("x" * 1_000_000, number), stored(10))
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 1 << 20


@pytest.mark.parametrize("size", [0, 8 * 1_500])
def test_an_answer_too_large_for_the_cache_is_not_kept(size: int) -> None:
    cache = Cache(size)
    cache.keep("a", stored(1_000))
    assert cache.find("a") is None


def test_a_tag_names_release_and_representation(release: Release) -> None:
    assert tag(release, "query", "text/csv") == tag(release, "query", "text/csv")
    assert tag(release, "query", "text/csv") != tag(release, "query", "text/turtle")
    later = Release("2026-11-24.2", release.path, release.manifest)
    assert tag(later, "query") != tag(release, "query")


@pytest.mark.parametrize(
    "header, found",
    [
        ('W/"a"', True),
        ('"a"', True),
        ('W/"b", W/"a"', True),
        ('W/"b"', False),
        ("*", False),
        ("", False),
        (None, False),
    ],
)
def test_a_tag_is_compared_weakly(header: str | None, found: bool) -> None:
    assert has(header, 'W/"a"') is found


def test_a_kept_answer_needs_no_worker(server: Server) -> None:
    slow = "SELECT (COUNT(*) AS ?n) WHERE { ?a a ?x . ?b a ?y . FILTER(STR(?a) != STR(?b)) }"
    assert server.ask(query=slow, timeout="0.05").status == 503
    first = server.ask(query=slow, timeout="60")
    assert first.status == 200
    again = server.ask(query=slow, timeout="0.05")
    assert (again.status, again.body, again.headers["etag"]) == (200, first.body, first.headers["etag"])
    tagged = server.ask(query=slow, timeout="0.05", headers={"If-None-Match": first.headers["etag"]})
    assert (tagged.status, tagged.body) == (304, b"")


def test_with_no_cache_nothing_is_kept(start_server: Callable[..., Server]) -> None:
    server = start_server(SARCOGRAPH_WORKERS="1", SARCOGRAPH_CACHE="0")
    slow = "SELECT (COUNT(*) AS ?n) WHERE { ?a a ?x . ?b a ?y }"
    assert server.ask(query=slow).status == 200
    assert server.ask(query=slow, timeout="0.05").status == 503


def test_an_answer_that_changes_is_neither_kept_nor_tagged(server: Server) -> None:
    query = "SELECT (NOW() AS ?now) (RAND() AS ?number) WHERE { }"
    answers = [server.ask(query=query) for _ in range(2)]
    assert answers[0].body != answers[1].body
    assert "etag" not in answers[0].headers


def test_a_tag_of_another_format_does_not_match(server: Server) -> None:
    json = server.ask(query=KEPT)
    csv = server.ask(query=KEPT, headers={"Accept": "text/csv", "If-None-Match": json.headers["etag"]})
    assert csv.status == 200
    assert csv.headers["etag"] != json.headers["etag"]
    assert csv.headers["vary"] == "Accept, Accept-Encoding"
