"""How identifiers are read, whatever is sent for one."""

from __future__ import annotations

import time

import pytest

from loader.errors import RequestError
from server.identifiers import LONGEST, plain, readings

# Signs and names of registers, nested as deep as they fit in.
NESTED = [
    ("pmid::::::::::http://identifiers.org/" * 30 + "pmid:1")[:LONGEST],
    ("http://identifiers.org/" * 60)[:LONGEST],
    "pmid" + ":" * (LONGEST - 4),
    ("mondo_" * 200)[:LONGEST],
    ("doi/" * 300)[:LONGEST],
    "".join(f"{sign}pmid" for sign in ":#=/_- " * 40)[:LONGEST],
]


@pytest.mark.parametrize("text", NESTED, ids=lambda text: text[:20])
def test_however_names_are_nested_reading_them_takes_no_time(text: str) -> None:
    start = time.monotonic()
    assert len(readings(plain(text))) < 500
    assert time.monotonic() - start < 1


def test_a_short_text_that_stands_for_a_long_one_is_too_long() -> None:
    with pytest.raises(RequestError, match="at most 1000"):
        plain("\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * 900)


def test_a_name_whose_iri_is_one_of_another_register_is_read_as_that() -> None:
    assert ("NCIT", "C3158") in [(each.register, each.local) for each in readings("obo:NCIT_C3158")]
