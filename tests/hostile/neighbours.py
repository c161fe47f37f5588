"""Ordinary users beside the hostile ones: they ask small queries, one after the other, and note how long each takes."""

from __future__ import annotations

import http.client
import time
from collections.abc import Sequence
from itertools import count
from statistics import median
from urllib.parse import quote

_ASKED = count()
_PAUSE = 0.004  # seconds between two queries of one user


def point_query() -> str:
    """The path of a point query that nobody has asked before, so that no cache answers it."""
    thing = f"<https://w3id.org/sarcograph/drug/trabectedin> ?p ?o FILTER(?o != {next(_ASKED)})"
    return "/sparql?query=" + quote(f"SELECT * {{ {thing} }} LIMIT 3")


def ask_for(address: tuple[str, int], seconds: float) -> list[float]:
    """Ask point queries for so long; the seconds that each took. Raises AssertionError where one is not answered."""
    connection = http.client.HTTPConnection(*address, timeout=10)
    taken = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        path = point_query()
        begun = time.perf_counter()
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        taken.append(time.perf_counter() - begun)
        assert answer.status == 200 and b'"bindings":[{' in body, (answer.status, body)
        time.sleep(_PAUSE)
    connection.close()
    return taken


def p99(taken: Sequence[float]) -> float:
    """The time within which 99 of 100 were answered."""
    return sorted(taken)[int(0.99 * len(taken))]


def typical_p99(windows: Sequence[Sequence[float]]) -> float:
    """The median over windows of time: one hiccup of the machine is in one window only."""
    return median(map(p99, windows))
