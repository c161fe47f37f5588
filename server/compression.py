"""Content codings: which one a client takes (RFC 9110, section 12.5.3), and what writes it."""

from __future__ import annotations

import zlib
from functools import lru_cache
from typing import Protocol

import brotli

_GZIP = 31  # zlib's window size of 15 bits, and 16 for gzip's header
# A worker spends its query's own time on this; beyond these levels it takes twice the time for a few per cent.
_GZIP_LEVEL = 4
_BROTLI_LEVEL = 4


class Compressor(Protocol):
    """Compresses an answer piece by piece."""

    def add(self, data: bytes) -> bytes:
        """What can be given out after more data."""

    def finish(self) -> bytes:
        """The rest."""


class _Gzip:
    def __init__(self) -> None:
        self._inner = zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP)

    def add(self, data: bytes) -> bytes:
        return self._inner.compress(data)

    def finish(self) -> bytes:
        return self._inner.flush()


class _Brotli:
    def __init__(self) -> None:
        self._inner = brotli.Compressor(quality=_BROTLI_LEVEL)

    def add(self, data: bytes) -> bytes:
        compressed: bytes = self._inner.process(data)
        return compressed

    def finish(self) -> bytes:
        rest: bytes = self._inner.finish()
        return rest


_COMPRESSORS: dict[str, type[Compressor]] = {"br": _Brotli, "gzip": _Gzip}


def compressor(encoding: str) -> Compressor:
    """What writes "gzip" or "br"."""
    return _COMPRESSORS[encoding]()


def compress(data: bytes, encoding: str) -> bytes:
    """All of a document at once; as it is for "identity"."""
    if encoding == "identity":
        return data
    whole = compressor(encoding)
    return whole.add(data) + whole.finish()


@lru_cache(1024)
def _choose(accepted: str) -> str:
    qualities: dict[str, float] = {}
    for part in accepted.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        quality = next((each[2:] for each in parameters if each.startswith("q=")), "1")
        try:
            qualities["gzip" if name == "x-gzip" else name] = float(quality)
        except ValueError:
            continue
    best = max(_COMPRESSORS, key=lambda name: qualities.get(name, qualities.get("*", 0.0)))
    return best if 0 < qualities.get(best, qualities.get("*", 0.0)) <= 1 else "identity"


def choose(accepted: str | None) -> str:
    """The coding that the header Accept-Encoding likes best: "br", "gzip" or "identity"."""
    if not accepted or len(accepted) > 200:
        return "identity"
    return _choose(accepted)
