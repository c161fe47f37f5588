"""What is asked of one subject, in the order that the engine answers soonest: the rarest property and value first.

The engine begins a basic graph pattern with what has a constant property and value, and of several takes the one that
the query names first, however many triples match it. So in

    ?trial a v:Trial ; rdfs:label ?label ; v:country "DE" .

`a v:Trial` and `v:country "DE"` change places where the second has fewer triples. The triple patterns of a basic graph
pattern are joined, and a join does not depend on their order, wherever the pattern stands; only the order of rows that
nothing orders may differ, and is the same in every worker.

Only sentences of plain terms are read: a variable as subject, and properties and values that are variables, IRIs or
literals. Sentences that follow each other are one basic graph pattern, so what they say of one subject is ordered
together. Lists of objects, paths, blank nodes, triple terms and annotations end that, as does everything that is no
triple; the template of a CONSTRUCT keeps its order. Values whose term is not plain to see (relative IRIs, escapes) stay
where they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pyoxigraph import Literal, NamedNode, QuerySolutions, Store

from loader.errors import QueryCrashError, QuerySyntaxError
from loader.namespaces import expand
from loader.store import ask
from server.queries import read
from server.rewriting import is_unsure
from server.tokens import Token, tokens

Pair = tuple[NamedNode, NamedNode | Literal]

# Every query is searched for this, few are read further: a constant property and value that are not the first.
_HINT = re.compile(r"(?:;|\.\s*[?$]\w+\s)\s*(?:a|<[^<>\s]{1,200}>|[\w.-]{0,40}:[\w:.%-]{0,100})\s+[^\s?$]")
_LONGEST = 20_000  # characters of a query that is looked at
_WIDEST = 300  # characters of a term that is counted: counts are kept, with their terms
_KEPT = 4096  # counts
_MOST_STARS = 4
_MOST_PAIRS = 8
_BOUNDS = (100, 1_000, 10_000)  # to count takes 40 µs, 0.3 ms, 3 ms; beyond the last all are many

_MATCHING = read("matching").text  # before workers are forked, and confined
_BEFORE = frozenset("{}.")
_AFTER = frozenset(("FILTER", "OPTIONAL", "MINUS", "BIND", "VALUES", "GRAPH", "LATERAL"))
_PREDICATES = frozenset(("iri", "name"))
_END = Token("other", "", 0)
_ABSOLUTE = re.compile(r"<([A-Za-z][A-Za-z0-9+.-]*:[^\\]+)>")
_NUMBERS = ((re.compile(r"[+-]?\d+"), "xsd:integer"), (re.compile(r"[+-]?\d*\.\d+"), "xsd:decimal"))


class Counts:
    """How many triples of a store's default graph have a property and value, counted once and to a bound.

    `union` says whether the default graph is the union of the named graphs.
    """

    def __init__(self, store: Store, union: bool) -> None:
        self._store = store
        self._union = union
        # A cache of our own: one around a method would hold this, and with it the store, long after it is needed.
        self._known: dict[tuple[Pair, int], int] = {}

    def rarest(self, pairs: Sequence[Pair]) -> int:
        """Which of the pairs has the fewest triples; the first of those that have equally few, or very many.

        All are counted to a small bound first, so that it takes little where one is rare; few pairs can have many
        triples, so that what takes long is soon known. Raises what asking raises.
        """
        for bound in _BOUNDS:
            counts = [self._counted(pair, bound) for pair in pairs]
            fewest = min(counts)
            if fewest < bound:
                return counts.index(fewest)
        return 0

    def _counted(self, pair: Pair, bound: int) -> int:
        if (pair, bound) not in self._known:
            if len(self._known) >= _KEPT:
                self._known.clear()
            self._known[pair, bound] = self._count(pair, bound)
        return self._known[pair, bound]

    def _count(self, pair: Pair, bound: int) -> int:
        text = _MATCHING.replace("LIMIT 100", f"LIMIT {bound}")
        # The terms stand in the pattern itself: with VALUES the engine takes twice as long.
        found = ask(self._store, text.replace("rdf:type sg:Drug", " ".join(map(str, pair))), union=self._union)
        assert isinstance(found, QuerySolutions)
        return int(next(found)["triples"].value)


class _Item(NamedTuple):
    """A constant property and value in a query: where each begins and ends (characters), and their terms."""

    predicate: tuple[int, int]
    value: tuple[int, int]
    pair: Pair


def reorder(query: str, counts: Counts) -> str:
    """The query with the rarest property and value first wherever a subject has several that are constant.

    `query` is one that the guard lets pass. What cannot be counted stays as it is.
    """
    if len(query) > _LONGEST or not _HINT.search(query):
        return query
    found = tokens(query)
    stars = [star[:_MOST_PAIRS] for star in _Sentences(found).stars() if len(star) > 1][:_MOST_STARS]
    if not stars or is_unsure(query, found):
        return query
    changes: list[tuple[int, int, str]] = []
    for star in stars:
        try:
            first = counts.rarest([item.pair for item in star])
        except (QuerySyntaxError, QueryCrashError, RuntimeError, OSError):
            continue  # the query itself may well be answered
        changes += _moved(query, star, first)
    pieces = []
    done = 0
    for begin, end, text in sorted(changes):
        # What was kept apart by a sign alone (ex:p"x") must not run together (ex:p3).
        pieces += [query[done:begin], " ", text, " "]
        done = end
    return "".join([*pieces, query[done:]])


def _moved(query: str, star: list[_Item], first: int) -> Iterator[tuple[int, int, str]]:
    """What comes in which place where one item becomes the first and those before it move on by one."""
    order = [star[first], *star[:first]]
    for place, item in zip(star[: first + 1], order, strict=True):
        if place is not item:
            yield *place.predicate, query[slice(*item.predicate)]
            yield *place.value, query[slice(*item.value)]


class _Sentences:
    """Looks through a query for what it says of variables in sentences of plain terms."""

    def __init__(self, found: list[Token]) -> None:
        self._found = [*found, _END, _END, _END, _END]  # so that there is something to look at behind the last
        self._prefixes = {
            name.text: iri.text[1:-1]
            for word, name, iri in zip(found, found[1:], found[2:], strict=False)
            if word.text.upper() == "PREFIX" and len(iri.text) <= _WIDEST and _ABSOLUTE.fullmatch(iri.text)
        }

    def stars(self) -> Iterator[list[_Item]]:
        """The constant properties and values of each variable in each run of sentences."""
        run: dict[str, list[_Item]] = {}
        at = 1
        while at < len(self._found):
            kind, text, _ = self._found[at]
            before = self._found[at - 1].text
            if text == "{" and before.upper() == "CONSTRUCT":
                at = self._next("}", at)
            elif kind == "variable" and before in _BEFORE:
                end, items = self._sentence(at)
                run.setdefault(text[1:], []).extend(items)
                if end and self._found[end].text == "." and self._found[end + 1].kind == "variable":
                    at = end + 1
                    continue
                yield from run.values()
                run = {}
                at = max(at, end - 1)
            at += 1

    def _next(self, text: str, at: int) -> int:
        while at < len(self._found) and self._found[at].text != text:
            at += 1
        return at

    def _sentence(self, at: int) -> tuple[int, list[_Item]]:
        """Where the sentence of the subject at a position ends, and its items; 0 and none where it is not plain."""
        items = []
        while True:
            predicate = self._found[at + 1]
            last = self._value(at + 2)
            if last == 0 or not (predicate.kind in ("variable", *_PREDICATES) or predicate.text == "a"):
                return 0, []
            if pair := self._pair(at + 1, last):
                value = self._found[at + 2].start, _after(self._found[last])
                items.append(_Item((predicate.start, _after(predicate)), value, pair))
            at = last
            while self._found[at + 1].text == ";":
                at += 1
            if self._ends(at + 1):
                return at + 1, items
            if at == last:
                return 0, []

    def _ends(self, at: int) -> bool:
        """Whether a sentence ends here. A word after its point might belong to a number (`1.e5`)."""
        kind, text, _ = self._found[at]
        if text == "." and self._found[at + 1].kind == "word":
            return self._ends(at + 1)
        return text in ("}", ".") or (kind == "word" and text.upper() in _AFTER)

    def _value(self, at: int) -> int:
        """The position of the last token of the plain term that begins here; 0 where none does."""
        kind, text, _ = self._found[at]
        if kind == "string":
            if self._found[at + 1].kind == "tag":
                return at + 1
            if self._found[at + 1].text == "^":
                typed = self._found[at + 2].text == "^" and self._found[at + 3].kind in _PREDICATES
                return at + 3 if typed else 0
            return at
        return at if kind in ("variable", "iri", "name", "number") or text in ("true", "false") else 0

    def _pair(self, at: int, last: int) -> Pair | None:
        """The terms of a property and its value where both are constant and plain to see."""
        if "variable" in (self._found[at].kind, self._found[last].kind):
            return None
        if _after(self._found[last]) - self._found[at].start > _WIDEST:
            return None
        try:
            predicate = NamedNode(expand("rdf:type")) if self._found[at].text == "a" else self._iri(at)
            value = self._iri(last) if self._found[at + 1].kind in _PREDICATES else self._literal(at + 1, last)
        except ValueError:  # no IRI, or no tag of a language: the engine will say so
            return None
        return (predicate, value) if predicate and value else None

    def _iri(self, at: int) -> NamedNode | None:
        kind, text, _ = self._found[at]
        if kind == "iri" and (match := _ABSOLUTE.fullmatch(text)):
            return NamedNode(match[1])
        prefix, colon, local = text.partition(":")
        namespace = self._prefixes.get(prefix + colon) if kind == "name" and "\\" not in local else None
        return NamedNode(namespace + local) if namespace else None

    def _literal(self, at: int, last: int) -> Literal | None:
        kind, text, _ = self._found[at]
        if kind == "number":
            types = [datatype for pattern, datatype in _NUMBERS if pattern.fullmatch(text)] or ["xsd:double"]
            return Literal(text, datatype=NamedNode(expand(types[0])))
        if text in ("true", "false"):
            return Literal(text, datatype=NamedNode(expand("xsd:boolean")))
        if kind != "string" or "\\" in text or text[:3] in ('"""', "'''"):
            return None
        if at == last:
            return Literal(text[1:-1])
        if self._found[last].kind == "tag":
            return Literal(text[1:-1], language=self._found[last].text[1:])
        datatype = self._iri(last)
        return Literal(text[1:-1], datatype=datatype) if datatype else None


def _after(token: Token) -> int:
    """Where a token ends (characters)."""
    return token.start + len(token.text)
