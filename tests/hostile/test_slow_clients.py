"""Slow clients hinder nobody and are hung up on in the end. The siege begins before the first hostile test."""

from __future__ import annotations

import time

import pytest
from conftest import Besieged
from neighbours import p99
from siege import Siege

pytestmark = pytest.mark.hostile

PATIENCE = 45.0  # seconds in which those who neither ask nor read must be gone
MOST_GROWTH = 128 << 20  # bytes: less than half of the answers that wait for slow readers
LATENCY = 0.25  # seconds that a point query may take at most beside slow clients, where quiet ones are quicker


def gone(siege: Siege, *kinds: str) -> None:
    """Wait until clients of some kinds have been hung up on. Raises AssertionError where they are not in time."""
    while left := siege.open(*kinds):
        assert time.monotonic() < siege.begun + PATIENCE, f"{len(left)} of {kinds} are still there"
        time.sleep(0.2)


def test_ordinary_queries_are_quick_beside_slow_clients(besieged: Besieged) -> None:
    print(f"p99 {1000 * p99(besieged.quiet):.1f} ms quiet, {1000 * p99(besieged.beside):.1f} ms beside slow clients")
    assert p99(besieged.beside) < max(10 * p99(besieged.quiet), LATENCY)


def test_a_slow_reader_of_fifty_megabytes_takes_no_memory_and_no_worker(besieged: Besieged) -> None:
    print(f"{besieged.growth >> 20} MiB more beside slow clients")
    assert besieged.growth < MOST_GROWTH
    assert besieged.busy == 0


def test_clients_that_drip_their_head_are_hung_up_on(besieged: Besieged) -> None:
    gone(besieged.siege, "dripping heads")


def test_clients_that_say_nothing_are_hung_up_on(besieged: Besieged) -> None:
    gone(besieged.siege, "silent", "idle")


def test_clients_that_hardly_read_are_hung_up_on(besieged: Besieged) -> None:
    time.sleep(max(0.0, besieged.siege.begun + PATIENCE - 5 - time.monotonic()))
    for reader in besieged.siege.clients["slow readers"]:
        assert reader.read_on(5) < 50_000_000


def test_the_server_is_well_after_the_siege(besieged: Besieged) -> None:
    besieged.siege.end()
    time.sleep(0.5)
    health = besieged.watched.server.ask("/health").json
    assert health["status"] == "ok" and health["workers"]["busy"] == health["workers"]["waiting"] == 0, health
