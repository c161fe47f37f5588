"""Queries as the engine answers them sooner, where that is sure to be the same answer.

**OPTIONAL as LATERAL { OPTIONAL }.** The engine has two plans for an OPTIONAL: to look it up for each row of what
stands before, or to evaluate it by itself and join by hash, which costs as much as the whole graph holds. It takes the
second for many groups of two or three triples. The lateral form asks for the first: on a million triples 1.0 to 47
times as fast; slower (24 ms become 73) where 25,000 rows meet an OPTIONAL that by itself has a handful.

`A OPTIONAL { B FILTER(f) }` is LeftJoin(A, B, f): each row of A with each row of B that is compatible with it and makes
f true, or alone where there is none. The lateral form takes each row of A by itself, puts its values into B and f, and
left-joins that to the single empty row. These are the same rows if B with the values put in has just those rows of B
that are compatible with the row of A. That holds if

- B is a set of triple patterns: every variable of B is bound in every row of B, so that to be compatible is to be equal
  in the variables shared, and a variable that the row of A leaves unbound stays free in both forms. It does not hold
  for a path that can have length zero (`?x :p* ?y` finds terms put in that the graph does not hold), nor where
  something in B sees only a part of its variables: groups, OPTIONAL, UNION, MINUS, sub-selects, BIND, VALUES.
  Sequences and inverses of predicates are triple patterns in another spelling; other paths may differ in how often
  they find a row.
- f sees the row of A joined with the row of B in both forms. An EXISTS in it would not: it brings a group.

What is around the group cannot tell: it sees the same rows with the same variables in the same order, be it a UNION,
MINUS, GRAPH, sub-select, BIND, GROUP BY or a CONSTRUCT. That is said of evaluation from the bottom up. Within EXISTS,
NOT EXISTS and a LATERAL of the query's own, rows come in from outside, so there nothing is rewritten. Nor is anything
where B has labels of blank nodes or quotes triples, where triples are annotated, where GRAPH stands within GRAPH (the
engine takes the single empty row in GRAPH for a row per graph; a triple before it makes that one), or where the engine
might read other tokens than these; nor where A and B share no variable that is sure to be bound: nothing to gain.

**COUNT(*) of everything** is a number that a release knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from server.tokens import Token, in_doubt

_LOOSE = frozenset(("OPTIONAL", "UNION", "MINUS"))  # what their groups bind need not be bound in a row
_OPAQUE = frozenset(("EXISTS", "LATERAL", "VALUES"))  # groups that are left as they are
_IN_GROUPS = _LOOSE | _OPAQUE | {"FILTER", "BIND", "GRAPH", "NOT", "A", "TRUE", "FALSE"}
_TELLING = frozenset(("word", "variable", "open", "close"))
_TERMS = frozenset(("iri", "name", "variable", "string", "tag", "number"))
_IN_TRIPLES = frozenset(("a", "true", "false", "^", "/", ".", ";", ",", "(", ")", "[", "]"))
_CLOSING = {"{": "}", "(": ")", "[": "]"}
# Another IRI could be a comparison (?a<?b)FILTER(?c>?d) or begin a comment.
_SURE_IRI = re.compile(r"<(?:[A-Za-z][A-Za-z0-9+.-]*://.*|[\w:./%~@-]*)>$", re.DOTALL)
_COUNTING = re.compile(r"\( (COUNT \( \* \)) AS (\?\w+) \) (?:WHERE )?\{ (\?\w+ \?\w+ \?\w+) (?:\. )?\}$")
_LONGEST = 16  # tokens of such a query after its prologue


def rewrite(query: str, found: list[Token], triples: int | None = None) -> str:
    """The query, or an equivalent one that the engine answers sooner; what is left of it stays on its line.

    `found` are the query's tokens. `triples` is how many the dataset's default graph holds; None where that is not
    known. An error of syntax is to be explained by the query as it came.
    """
    if triples is not None and (counting := _counting(found)):
        (first, last), (begin, end) = counting
        return f"{query[:first]}{triples}{query[last:begin]}{query[end:]}"
    if "optional" not in query.lower():
        return query
    pairs = _pairs(found)
    if pairs is None or is_unsure(query, found):
        return query
    pieces = []
    done = 0
    for first, last in _Reading(found, pairs).optionals():
        start, end = found[first].start, found[last].start + 1
        pieces += [query[done:start], "LATERAL { ", query[start:end], " }"]
        done = end
    return "".join([*pieces, query[done:]])


def _counting(found: list[Token]) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """Where a query that only counts all triples says COUNT(*), and where its pattern stands (characters)."""
    last = found[-_LONGEST:]
    if last[-1].text != "}":
        return None
    signs = ["?" + text[1:] if kind == "variable" else text.upper() for kind, text, _ in last]
    match = _COUNTING.search(" ".join(signs))
    if not match or len({match[2], *match[3].split()}) < 4:
        return None
    first = len(signs) - match[0].count(" ")
    if signs[first - 2] != "SELECT":
        return None
    begin = signs.index("{", first)
    return (last[first].start, last[first + 3].start + 1), (last[begin].start + 1, last[-1].start)


def is_unsure(query: str, found: list[Token]) -> bool:
    """Whether the engine might read other tokens."""
    if any(kind == "iri" and not _SURE_IRI.match(text) for kind, text, _ in found):
        return True
    is_plain = query.isascii() and "\\" not in query and "--" not in query  # then nothing but an IRI is in doubt
    return not is_plain and any(map(in_doubt, found))


def _pairs(found: list[Token]) -> dict[int, int] | None:
    """The position of the closing bracket for that of each opening one; None where they do not match, or where braces
    hold an annotation."""
    pairs: dict[int, int] = {}
    opened: list[int] = []
    for position, (kind, text, _) in enumerate(found):
        if kind == "open":
            opened.append(position)
        elif kind == "close":
            if not opened or _CLOSING[found[opened[-1]].text] != text:
                return None
            pairs[opened.pop()] = position
        elif text[0] == "|" and found[position - 1].text == "{":
            return None
    return None if opened else pairs


@dataclass
class _Group:
    """A group that is being read: what stands before it, whether it is a sub-select with its head and its modifiers
    around a group of its own, whether GRAPH is around it, and the variables that its triples bind in every row."""

    before: str = ""
    is_select: bool = False
    in_graph: bool = False
    bound: set[str] = field(default_factory=set)


class _Reading:
    """Looks through the groups of a query from its begin to its end."""

    def __init__(self, found: list[Token], pairs: dict[int, int]) -> None:
        self._found = found
        self._pairs = pairs
        self._groups = [_Group(is_select=True)]

    def optionals(self) -> list[tuple[int, int]]:
        """The first and last positions of the OPTIONALs that may be lateral."""
        spans = []
        at = 0
        while at < len(self._found):
            kind, text, _ = self._found[at]
            if kind not in _TELLING:
                at += 1
                continue
            word = text.upper() if kind == "word" else ""
            within = self._groups[-1]
            if word == "OPTIONAL" and (body := self._body(at + 1)):
                if body[1] & within.bound:
                    spans.append((at, body[0]))
                at = body[0]
            elif self._is_odd(at, word, within):
                return []
            else:
                at = self._step(at, word, within)
            at += 1
        return spans

    def _is_odd(self, at: int, word: str, within: _Group) -> bool:
        """Whether this is a word that groups do not have, a GRAPH in a GRAPH (of which the engine and the
        specification think differently), or a group after a term (GRAPH could be a part of that)."""
        if within.is_select:
            return False
        if word:
            return word not in _IN_GROUPS or (word == "GRAPH" and within.in_graph)
        after_term = self._found[at].text == "{" and self._found[at - 1].kind in _TERMS
        return after_term and self._found[at - 2].text.upper() != "GRAPH"

    def _step(self, at: int, word: str, within: _Group) -> int:
        """Read a token, or a bracket as a whole; return the position of the last token read."""
        kind, text, _ = self._found[at]
        if text == "{":
            in_graph = within.in_graph or (at > 1 and self._found[at - 2].text.upper() == "GRAPH")
            is_select = self._found[at + 1].text.upper() == "SELECT"
            self._groups.append(_Group(self._found[at - 1].text.upper(), is_select, in_graph))
        elif text == "}":
            self._leave(at)
        elif word in _OPAQUE:
            return self._end(at, "{")
        elif word in ("FILTER", "BIND"):
            return self._end(at, "({")
        elif within.is_select:
            return self._pairs[at] if text == "(" else at
        elif kind == "variable" and self._found[at - 1].text.upper() != "GRAPH":
            within.bound.add(text[1:])
        return at

    def _leave(self, at: int) -> None:
        """Take the variables of a group that ends for those of the group around it, where every row has them."""
        group = self._groups.pop()
        is_branch = at + 1 < len(self._found) and self._found[at + 1].text.upper() == "UNION"
        if not (group.before in _LOOSE or group.is_select or is_branch):
            self._groups[-1].bound |= group.bound

    def _end(self, at: int, brackets: str) -> int:
        """The end of the first bracket of the given kinds after a word, or of the query where none follows."""
        for position in range(at + 1, len(self._found)):
            if self._found[position].text in brackets:
                return self._pairs[position]
        return len(self._found)

    def _body(self, at: int) -> tuple[int, set[str]] | None:
        """The end of a group and its variables, where it holds triple patterns and plain filters alone; else None."""
        if at not in self._pairs or self._found[at].text != "{":
            return None
        end = self._pairs[at]
        if any(token.text == "{" for token in self._found[at + 1 : end]):
            return None
        variables = set()
        for kind, text in self._outside_filters(at + 1, end):
            if kind == "variable":
                variables.add(text[1:])
            elif kind not in _TERMS and text not in _IN_TRIPLES:
                return None
        return end, variables

    def _outside_filters(self, at: int, end: int) -> Iterator[tuple[str, str]]:
        """Kinds and texts of the tokens up to a position, without filters."""
        while at < end:
            kind, text, _ = self._found[at]
            if kind == "word" and text.upper() == "FILTER":
                at = self._end(at, "(")
            else:
                yield kind, text
            at += 1
