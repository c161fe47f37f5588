"""What mutants are made of: lists of words, values, paths, headers, one piece a line in pieces/*.txt.

A backslash in a line begins an escape of Python's (`\\x00`, `\\u202e`); two stand for one.
"""

from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).with_name("pieces")


@cache
def texts(name: str) -> tuple[str, ...]:
    """The pieces of a list."""
    lines = (_FOLDER / f"{name}.txt").read_text(encoding="ascii").splitlines()
    return tuple(line.encode().decode("unicode_escape") for line in lines)


@cache
def pieces(name: str) -> tuple[bytes, ...]:
    """The pieces of a list as bytes: Latin-1 where that holds them, so that a list can say any byte, else UTF-8."""
    return tuple(text.encode("latin-1") if max(text, default="") < "\u0100" else text.encode() for text in texts(name))
