"""Three hundred crawlers that want a page each, again and again: who asks queries hardly notices."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import Watched
from neighbours import ask_for, typical_p99

pytestmark = pytest.mark.hostile

CRAWLERS = 300  # pages asked for at the same time
NEIGHBOURS = 4  # who ask point queries at the same time
SECONDS = 12.0
WINDOW = 1.2  # seconds
WINDOWS = 7
TIMES = 5  # as slow as in quiet times neighbours may become
LEAST = 0.003  # seconds: quicker than this counts as this, for a machine that is idle may be quicker than it is steady


def neighbours(watched: Watched) -> list[float]:
    """Several users ask point queries for a while; the seconds that each query took."""
    with ThreadPoolExecutor(NEIGHBOURS) as users:
        taken = users.map(lambda _: ask_for(watched.address, WINDOW), range(NEIGHBOURS))
        return [each for one in taken for each in one]


def test_three_hundred_crawlers_leave_neighbours_their_speed(watch: Callable[..., Watched]) -> None:
    watched = watch(SARCOGRAPH_CACHE="0")  # every page is made anew
    neighbours(watched)
    quiet = [neighbours(watched) for _ in range(3)]
    host, port = watched.address
    script = str(Path(__file__).with_name("crawlers.py"))
    command = [sys.executable, script, host, str(port), str(SECONDS), str(CRAWLERS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as crawling:
        time.sleep(2)
        loaded = [neighbours(watched) for _ in range(WINDOWS)]
        assert crawling.poll() is None, "the crawlers ended before the neighbours were measured"
        assert crawling.stdout
        told = json.loads(crawling.stdout.read())
    quick, slow = typical_p99(quiet), typical_p99(loaded)
    print(f"p99 {1000 * quick:.1f} ms quiet, {1000 * slow:.1f} ms beside {CRAWLERS} crawlers, who got {told}")
    assert set(told["statuses"]) == {"200"} and told["statuses"]["200"] > CRAWLERS / 2
    assert slow < TIMES * max(quick, LEAST)
    time.sleep(2)  # those who left took workers with them, which are replaced
    health = watched.server.ask("/health").json
    assert health["status"] == "ok" and health["workers"]["live"] == health["workers"]["expected"], health
