"""A page asks a worker once: all its queries are known together, and one worker answers them on one release."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fronts import FrontClient
from pools import RunningPool

from loader.errors import QueryForbiddenError, QueryLimitError, QuerySyntaxError, QueryTimeoutError, UnknownEntityError
from loader.namespaces import BASE
from loader.release import open_current
from server import kept_pages, queries
from server.reply import Reply
from server.requests import batch
from server.workers import Pool

pytest_plugins = ["pages_fixtures"]

PAGES = (
    "/",
    "/drug/",
    "/approval/",
    "/drug/trabectedin.html",
    "/trial/study-309.html",
    "/disease/soft-tissue-sarcoma.html",
    "/claim/seed-sc25.html",
    "/result/et743-sar-3007-o014.html",
    "/concept/verdict/supported.html",
    "/agency/fda.html",
)


@pytest.fixture
def fresh(real_home: Path, real_pool: RunningPool) -> FrontClient:
    """A client of a front that has kept nothing."""
    return FrontClient(real_pool, open_current(real_home), real_pool.settings)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Mapping[str, Any]]]:
    """The requests that workers really get, noted on their way."""
    noted: list[Mapping[str, Any]] = []
    run = Pool.run

    async def noting(self: Pool, request: Mapping[str, Any], **given: Any) -> Reply:
        noted.append(request)
        return await run(self, request, **given)

    monkeypatch.setattr(Pool, "run", noting)
    yield noted


@pytest.mark.parametrize("path", PAGES)
def test_a_page_asks_a_worker_once(path: str, fresh: FrontClient, asked: list[Mapping[str, Any]]) -> None:
    assert fresh.get(path, {"Accept": "text/html"}).status_code == 200
    (request,) = asked
    assert len(request["batch"]) >= 1


def test_a_page_that_is_kept_asks_nobody_and_is_the_same(fresh: FrontClient, asked: list[Mapping[str, Any]]) -> None:
    first = fresh.get("/drug/trabectedin.html", {"Accept-Encoding": "br"})
    del asked[:]
    again = fresh.get("/drug/trabectedin.html?utm_source=x", {"Accept-Encoding": "br"})
    assert not asked
    assert again.get_data() == first.get_data() and dict(again.headers) == dict(first.headers)
    had = fresh.get("/drug/trabectedin.html", {"If-None-Match": first.headers["ETag"]})
    assert (had.status_code, had.get_data(), had.headers["ETag"]) == (304, b"", first.headers["ETag"])
    date = fresh.get("/drug/trabectedin.html", {"If-Modified-Since": first.headers["Last-Modified"]})
    assert date.status_code == 304
    other = fresh.get("/drug/trabectedin.html", {"If-None-Match": '"another"'})
    assert other.status_code == 200
    head = fresh.get("/drug/trabectedin.html", {"Accept-Encoding": "br"}, "HEAD")
    assert head.get_data() == b"" and head.headers["Content-Length"] == first.headers["Content-Length"]


@pytest.mark.parametrize("path", ["/sparql?query=ASK%7B%7D", "/drug/no-such-drug.html", "/releases.html", "/sparql"])
def test_what_may_change_or_is_not_there_is_not_kept(
    path: str, fresh: FrontClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    find = kept_pages.find
    monkeypatch.setattr(kept_pages, "find", lambda site, key: (found.append(find(site, key)), found[-1])[1])
    for _ in range(2):
        assert fresh.get(path, {"Accept": "text/html"}).status_code in (200, 404)
    assert found == [None, None]


def test_a_kept_page_is_of_its_day_encoding_and_release(fresh: FrontClient, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = []
    find = kept_pages.find
    monkeypatch.setattr(kept_pages, "find", lambda site, key: (keys.append(key), find(site, key))[1])
    version = fresh.site.release.version
    for headers in ({}, {"Accept-Encoding": "gzip"}, {"Accept-Encoding": "br"}):
        fresh.get("/disease/soft-tissue-sarcoma.html", headers)
    fresh.get(f"/disease/soft-tissue-sarcoma.html?release={version}")
    fresh.get("/disease/soft%2Dtissue-sarcoma.html")
    assert len({repr(key) for key in keys}) == 5
    assert all(any(len(str(part)) == 10 and str(part).count("-") == 2 for part in key) for key in keys)


def test_several_queries_are_answered_in_order_by_one_worker(real_pool: RunningPool) -> None:
    found = real_pool.asker.batch([f"SELECT ?n WHERE {{ VALUES ?n {{ {n} }} }}" for n in range(30)] + ["ASK {}"])
    assert [int(each["results"]["bindings"][0]["n"]["value"]) for each in found[:-1]] == list(range(30))
    assert found[-1]["boolean"] is True
    assert real_pool.asker.batch([]) == []


def test_answers_of_several_queries_are_those_of_each(real_pool: RunningPool) -> None:
    panels = [query for kind in ("drug", "trial", "disease") for query in queries.panels_of(kind)]
    found = real_pool.asker.batch([query.text for query in panels])
    for query, together in zip(panels, found, strict=True):
        assert together == json.loads(real_pool.asker.run(query.text, reserved=True).body), query.name


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("SELECT nonsense", QuerySyntaxError),
        ("INSERT DATA { <a:b> <a:b> 1 }", QueryForbiddenError),
        ("SELECT * { SERVICE <http://127.0.0.1/> { ?s ?p ?o } }", QueryForbiddenError),
        (f"SELECT * {{ FILTER({'(' * 500}1{')' * 500}) }}", QueryLimitError),
    ],
)
def test_one_of_several_is_refused_as_it_is_alone(text: str, error: type[Exception], real_pool: RunningPool) -> None:
    with pytest.raises(error):
        real_pool.asker.batch(["ASK {}", text, "ASK {}"])
    assert real_pool.asker.batch(["ASK {}"])[0]["boolean"] is True


def test_several_queries_have_one_deadline(real_pool: RunningPool) -> None:
    endless = "SELECT ?a WHERE { ?a ?p ?x . ?b ?q ?y . ?c ?r ?z . FILTER(CONCAT(STR(?x), STR(?y), STR(?z)) = 'never') }"
    request = batch(["ASK {}", endless], replace(real_pool.settings, deadline=0.3))

    async def ask() -> bytes:
        return await (await real_pool.pool.run(request, deadline=0.3, reserved=True)).read()

    with pytest.raises(QueryTimeoutError):
        real_pool.do(ask())


def test_a_release_cannot_make_a_page_endlessly_long(real_pool: RunningPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.asking._MOST_FOUND", 50_000)
    with pytest.raises(QueryLimitError):
        real_pool.asker.batch(["SELECT * { ?s ?p ?o } LIMIT 5000"])


def test_of_an_entity_that_is_not_there_nothing_is_tried(real_pool: RunningPool) -> None:
    with pytest.raises(UnknownEntityError):
        real_pool.asker.batch(["SELECT nonsense"], about=f"{BASE}drug/no-such-drug")
    assert real_pool.asker.batch(["ASK {}"], about=f"{BASE}drug/trabectedin")[0]["boolean"] is True
