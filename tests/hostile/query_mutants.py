"""Queries gone wrong: the project's example queries, cut, swapped, blown up; and small ones that ask for too much."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random

from pieces import texts

_TOKEN = re.compile(r"<[^<>\s]*>|\"(?:[^\"\\]|\\.)*\"|[\w:?$.-]+|\s+|.", re.DOTALL)


def mutant(random: Random, queries: Sequence[str]) -> str:
    """One query, most often of `queries`, changed in one to four ways."""
    query = random.choice(queries)
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        query = random.choice(MUTATIONS)(random, query, queries)
        if len(query) > 3_000_000:
            break
    return query


def _pieces(query: str) -> list[str]:
    return _TOKEN.findall(query[:200_000]) or [" "]


def swap(random: Random, query: str, queries: Sequence[str]) -> str:
    """Two tokens change places."""
    pieces = _pieces(query)
    one, other = random.randrange(len(pieces)), random.randrange(len(pieces))
    pieces[one], pieces[other] = pieces[other], pieces[one]
    return "".join(pieces)


def drop(random: Random, query: str, queries: Sequence[str]) -> str:
    """Some tokens in a row are missing."""
    pieces = _pieces(query)
    start = random.randrange(len(pieces))
    del pieces[start : start + random.choice((1, 1, 1, 2, 5, 50))]
    return "".join(pieces)


def insert(random: Random, query: str, queries: Sequence[str]) -> str:
    """A word, a value, an odd character, or a token of another query comes in between."""
    pieces = _pieces(query)
    foreign = _pieces(random.choice(queries))
    added = random.choice(
        (*(random.choice(texts(each)) for each in ("words", "values", "characters")), random.choice(foreign))
    )
    pieces.insert(random.randrange(len(pieces)), added * random.choice((1, 1, 1, 1, 2, 1000)))
    return "".join(pieces)


def replace(random: Random, query: str, queries: Sequence[str]) -> str:
    """One token is another."""
    pieces = _pieces(query)
    pieces[random.randrange(len(pieces))] = random.choice(texts(random.choice(("words", "values", "characters"))))
    return "".join(pieces)


def splice(random: Random, query: str, queries: Sequence[str]) -> str:
    """The beginning of one query and the end of another."""
    other = random.choice(queries)
    return query[: random.randrange(len(query) + 1)] + other[random.randrange(len(other) + 1) :]


def flip(random: Random, query: str, queries: Sequence[str]) -> str:
    """Characters are changed into any others."""
    characters = list(query[:200_000] or " ")
    for _ in range(random.choice((1, 1, 3, 20))):
        code = random.choice((random.randrange(128), random.randrange(0x3000), random.randrange(0x110000)))
        characters[random.randrange(len(characters))] = chr(code) if not 0xD800 <= code < 0xE000 else "\ufffd"
    return "".join(characters)


def nest(random: Random, query: str, queries: Sequence[str]) -> str:
    """Brackets, functions, operators, paths or subqueries inside one another."""
    depth = random.choice((3, 30, 90, 99, 101, 500, 5000))
    opening, _, closing = random.choice(texts("nests")).partition("...")
    inside = opening * depth + random.choice(("", "?s ?p ?o", "1")) + closing * random.choice((depth, depth, depth - 1))
    return random.choice(texts("nested")).format(inside)


def chain(random: Random, query: str, queries: Sequence[str]) -> str:
    """The same operator, pattern, prefix, graph, value or column again and again."""
    parts = random.choice(texts("chains")).split("...")
    count = random.choice((10, 300, 1900, 2100, 20_000))
    for place in range(1, len(parts), 2):
        unit = parts[place]
        parts[place] = "".join(unit.replace("@n", str(n)).replace("@m", str(n + 1)) for n in range(count))
    return "".join(parts)


def double(random: Random, query: str, queries: Sequence[str]) -> str:
    """A text that grows twice as long with each step."""
    steps = (f"BIND(CONCAT(?x{n}, ?x{n}) AS ?x{n + 1})" for n in range(random.choice((10, 25, 60))))
    return f"SELECT ?x1 {{ BIND('aaaaaaaa' AS ?x0) {' '.join(steps)} }}"


def blow_up(random: Random, query: str, queries: Sequence[str]) -> str:
    """A literal, an IRI, a name, a number or a comment of absurd length."""
    size = random.choice((1000, 30_000, 300_000)) if random.random() < 0.97 else 2_500_000
    letters = random.choice(("a", "9", "\u00e9", "\U0001f9ec", "\\n", "%41", "{", "'", " "))
    text = letters * (size // len(letters))
    form = random.choice(texts("long-terms"))
    pieces = _pieces(query)
    pieces[random.randrange(len(pieces))] = form.format(text)
    return "".join(pieces)


def compute(random: Random, query: str, queries: Sequence[str]) -> str:
    """A function called with what it does not expect."""
    expression = random.choice(texts("expressions")).format(
        a="a" * random.choice((0, 1, 300, 40_000)), n=random.choice(texts("values"))
    )
    return random.choice(texts("asking")).format(expression)


def be_greedy(random: Random, query: str, queries: Sequence[str]) -> str:
    """A small query that asks for more than there is time or room for."""
    return random.choice(texts("greedy")).format(a="a" * random.choice((0, 1, 300)))


# What is quick to answer stands here more than once: the suite has a minute.
MUTATIONS: Sequence[Callable[[Random, str, Sequence[str]], str]] = (
    *(swap, drop, insert, replace, splice, flip) * 4,
    *(nest, chain, compute) * 2,
    double,
    blow_up,
    be_greedy,
)
