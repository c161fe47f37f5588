"""A client gets the content coding that it likes best of those there are."""

from __future__ import annotations

import gzip

import brotli
import pytest

from server import compression


@pytest.mark.parametrize(
    "accepted, encoding",
    [
        (None, "identity"),
        ("", "identity"),
        ("gzip", "gzip"),
        ("gzip, deflate, br", "br"),
        ("gzip;q=1.0, br;q=0.5", "gzip"),
        ("br;q=0, gzip;q=0.1", "gzip"),
        ("x-gzip", "gzip"),
        ("*", "br"),
        ("*;q=0", "identity"),
        ("identity;q=1, *;q=0", "identity"),
        ("br;q=zero, gzip", "gzip"),
        ("br;q=2", "identity"),
        ("zstd, deflate", "identity"),
        ("gzip" * 100, "identity"),
    ],
)
def test_the_coding_is_the_one_that_is_liked_best(accepted: str | None, encoding: str) -> None:
    assert compression.choose(accepted) == encoding


def test_what_is_compressed_can_be_read_again() -> None:
    data = b"sarcoma " * 1000
    assert gzip.decompress(compression.compress(data, "gzip")) == data
    assert brotli.decompress(compression.compress(data, "br")) == data
    assert compression.compress(data, "identity") == data
