"""What a client has not yet taken waits in memory, then in a file, in its order; the worker does not wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import cast

import pytest

from loader.errors import QueryTimeoutError
from server.relay import Relay
from server.reply import Reply


class Writes:
    """A reply that writes numbered pieces, as quickly as it can, and may fail at the end."""

    def __init__(self, pieces: int, size: int, fails: bool = False) -> None:
        self.written = [bytes([number % 251]) * size for number in range(pieces)]
        self.closed = False
        self._fails = fails

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        for piece in self.written:
            yield piece
        if self._fails:
            raise QueryTimeoutError(1)

    def close(self) -> None:
        self.closed = True


def relay_of(reply: Writes) -> Relay:
    return Relay(cast(Reply, reply))


@pytest.mark.parametrize("slow", [0.0, 0.01], ids=["quick", "slow"])
@pytest.mark.parametrize("size", [10, 60_000])
def test_the_pieces_come_whole_and_in_order(slow: float, size: int) -> None:
    async def read() -> bytes:
        reply = Writes(80, size)
        got = b""
        async for piece in relay_of(reply).pieces():
            got += piece
            await asyncio.sleep(slow)
        assert reply.closed
        assert got == b"".join(reply.written)
        return got

    assert len(asyncio.run(read())) == 80 * size


def test_a_failure_comes_after_what_was_written_before_it() -> None:
    async def read() -> int:
        size = 0
        with pytest.raises(QueryTimeoutError):
            async for piece in relay_of(Writes(5, 1000, fails=True)).pieces():
                size += len(piece)
        return size

    assert asyncio.run(read()) == 5000


def test_an_answer_can_be_waited_for_as_a_whole() -> None:
    async def read() -> tuple[int, int]:
        relay = relay_of(Writes(100, 50_000))
        size = await relay.whole()
        return size, sum([len(piece) async for piece in relay.pieces()])

    assert asyncio.run(read()) == (5_000_000, 5_000_000)


def test_a_failure_while_it_is_waited_for_is_told_before_anything_is_sent() -> None:
    async def read() -> None:
        reply = Writes(3, 10, fails=True)
        with pytest.raises(QueryTimeoutError):
            await relay_of(reply).whole()
        assert reply.closed

    asyncio.run(read())


def test_a_short_answer_is_kept_when_it_is_written_whole_whatever_the_client_takes() -> None:
    async def keep(pieces: int, fails: bool = False) -> list[bytes]:
        kept: list[bytes] = []
        relay = Relay(cast(Reply, Writes(pieces, 1000, fails)), kept.append, 50_000)
        await asyncio.sleep(0.01)
        relay.close()
        return kept

    assert [len(body) for body in asyncio.run(keep(50))] == [50_000]
    assert asyncio.run(keep(51)) == []
    assert asyncio.run(keep(5, fails=True)) == []


def test_what_waits_in_files_is_counted_and_given_back() -> None:
    async def read() -> tuple[int, int]:
        relay = relay_of(Writes(100, 50_000))
        await relay.whole()
        waiting = Relay.waiting
        relay.close()
        relay.close()
        return waiting, Relay.waiting

    waiting, after = asyncio.run(read())
    assert waiting > 3_000_000
    assert after == 0
