"""An OPTIONAL is rewritten where its lateral form has the same answer, and nowhere else."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator

import pytest
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, QueryBoolean, QuerySolutions, Store

from server.guard import Limits, read
from server.rewriting import rewrite
from server.tokens import tokens

PREFIX = "PREFIX : <http://example.org/>\n"


def rewritten(query: str, triples: int | None = None) -> str:
    return read(PREFIX + query, Limits(), triples).text_to_run.removeprefix(PREFIX)


LATERAL = [
    ("{ ?s a :T OPTIONAL { ?s :p ?o } }", "{ ?s a :T LATERAL { OPTIONAL { ?s :p ?o } } }"),
    (
        "{ ?s :p ?o ; :q ?x . optional { ?y :p ?s ; :q [ :r ?z ], (1 ?o) . FILTER(?z<?o) FILTER REGEX(?z, '{') } }",
        "{ ?s :p ?o ; :q ?x . LATERAL { "
        "optional { ?y :p ?s ; :q [ :r ?z ], (1 ?o) . FILTER(?z<?o) FILTER REGEX(?z, '{') } } }",
    ),
    (
        "{ ?s :p ?o OPTIONAL { ?s :q ?a } OPTIONAL { ?s :r ?b } FILTER(!BOUND(?b)) BIND(1 AS ?c) }",
        "{ ?s :p ?o LATERAL { OPTIONAL { ?s :q ?a } } LATERAL { OPTIONAL { ?s :r ?b } } FILTER(!BOUND(?b))"
        " BIND(1 AS ?c) }",
    ),
    ("{ { ?s :p ?o } OPTIONAL { ?s :p/^:q ?x } }", "{ { ?s :p ?o } LATERAL { OPTIONAL { ?s :p/^:q ?x } } }"),
    ("{ GRAPH ?g { ?s :p ?o } OPTIONAL { ?s :q ?x } }", "{ GRAPH ?g { ?s :p ?o } LATERAL { OPTIONAL { ?s :q ?x } } }"),
    (
        "{ ?s :p ?o MINUS { ?s :q ?x OPTIONAL { ?x :r ?y } } }",
        "{ ?s :p ?o MINUS { ?s :q ?x LATERAL { OPTIONAL { ?x :r ?y } } } }",
    ),
    (
        "{ { SELECT ?s { ?s :p ?o OPTIONAL { ?o :q ?x } } ORDER BY ?x } }",
        "{ { SELECT ?s { ?s :p ?o LATERAL { OPTIONAL { ?o :q ?x } } } ORDER BY ?x } }",
    ),
    (
        "{ ?s :p ?o OPTIONAL { ?s :q ?x OPTIONAL { ?x :r <http://a/b?c=(d)> } } }",
        "{ ?s :p ?o OPTIONAL { ?s :q ?x LATERAL { OPTIONAL { ?x :r <http://a/b?c=(d)> } } } }",
    ),
]


@pytest.mark.parametrize("query, expected", LATERAL, ids=range(len(LATERAL)))
def test_an_optional_of_triples_and_plain_filters_becomes_lateral(query: str, expected: str) -> None:
    assert rewritten(f"SELECT * {query}") == f"SELECT * {expected}"


LEFT_ALONE = {
    "a path of length zero": "{ ?s :p ?o OPTIONAL { ?s :q* ?x } }",
    "an optional path": "{ ?s :p ?o OPTIONAL { ?s :q? ?x } }",
    "a path that may find a row twice": "{ ?s :p ?o OPTIONAL { ?s :q|:r ?x } }",
    "a negated path": "{ ?s :p ?o OPTIONAL { ?s !:q ?x } }",
    "a group": "{ ?s :p ?o OPTIONAL { { ?s :q ?x } } }",
    "a union": "{ ?s :p ?o OPTIONAL { { ?s :q ?x } UNION { ?s :r ?x } } }",
    "a bind": "{ ?s :p ?o OPTIONAL { ?s :q ?x BIND(?o AS ?y) } }",
    "values": "{ ?s :p ?o OPTIONAL { ?s :q ?x VALUES ?x { 1 } } }",
    "a sub-select": "{ ?s :p ?o OPTIONAL { SELECT ?s { ?s :q ?x } } }",
    "a graph": "{ ?s :p ?o OPTIONAL { GRAPH :g { ?s :q ?x } } }",
    "exists in a filter": "{ ?s :p ?o OPTIONAL { ?s :q ?x FILTER EXISTS { ?x :r ?o } } }",
    "exists in brackets": "{ ?s :p ?o OPTIONAL { ?s :q ?x FILTER(?x = 1 || NOT EXISTS { ?x :r ?o }) } }",
    "the label of a blank node": "{ ?s :p ?o OPTIONAL { ?s :q _:x } }",
    "a quoted triple": "{ ?s :p ?o OPTIONAL { << ?s :q ?x >> :r ?y } }",
    "an annotation": "{ ?s :p ?o OPTIONAL { ?s :q ?x {| :r ?y |} } }",
    "no variable in common": "{ ?s :p ?o OPTIONAL { ?x :q ?y } }",
    "nothing before": "{ OPTIONAL { ?s :q ?x } ?s :p ?o }",
    "common only what may be unbound": "{ ?s :p ?o OPTIONAL { { ?s :q ?x } } OPTIONAL { ?x :r ?y } }",
    "common only with a union": "{ { ?x :p ?o } UNION { ?s :q ?x } OPTIONAL { ?x :r ?y } }",
    "common only with a filter": "{ ?s :p ?o FILTER(?x = 1) OPTIONAL { ?x :r ?y } }",
    "common only with a sub-select": "{ { SELECT ?s (1 AS ?x) { ?s :p ?o } } OPTIONAL { ?x :r ?y } }",
    "within exists": "{ ?s :p ?o FILTER EXISTS { ?s :q ?x OPTIONAL { ?x :r ?o } } }",
    "within exists in brackets": "{ ?s :p ?o FILTER(1 = 1 && EXISTS { ?s :q ?x OPTIONAL { ?x :r ?o } }) }",
    "within a lateral": "{ ?s :p ?o LATERAL { ?s :q ?x OPTIONAL { ?x :r ?o } } }",
    "a graph within a graph": "{ GRAPH ?g { GRAPH ?h { ?s ?g ?x } OPTIONAL { ?x :r ?o } } }",
    "what only looks like an IRI": "{ ?s :p ?a,?b,?c FILTER(?a<?b)FILTER(?c>?b) OPTIONAL { ?s :q ?x } }",
    "a comparison that opens a comment": "{ ?s :p ?a FILTER(?a<:b#>'''\n) OPTIONAL { ?s :q ?x } } #'''",
    "brackets that do not match": "{ ?s :p (?o OPTIONAL { ?s :q ?x } }",
    "words of no group": "{ ?s :p ?o SOMETIMES { ?s :q ?x OPTIONAL { ?x :r ?y } } }",
    "the word in a string": "{ ?s :p 'OPTIONAL { ?s :q ?x }' }",
}


@pytest.mark.parametrize("query", LEFT_ALONE.values(), ids=LEFT_ALONE)
def test_an_optional_is_left_alone_with(query: str) -> None:
    assert rewritten(f"SELECT * {query}") == f"SELECT * {query}"


def test_a_rewritten_query_keeps_its_lines() -> None:
    query = "SELECT * {\n  ?s :p ?o\n  OPTIONAL {\n    ?s :q ?x\n  }\n  ?s :r ?y }"
    lines = rewritten(query).splitlines()
    assert [line.split()[-1] for line in lines] == [line.split()[-1] for line in query.splitlines()][:4] + ["}", "}"]
    assert lines[4].split() == ["}", "}"]


LONG = {
    "values": "VALUES " * 100_000,
    "filters": "FILTER " * 1900,
    "optionals": "OPTIONAL { ?s :p ?o } " * 1900,
    "optionals that are none": "OPTIONAL " * 1900 + "{ } " * 50_000,
    "brackets": "[ ] " * 100_000,
    "braces": "{ } " * 100_000,
}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_a_long_query_is_read_in_moments(text: str) -> None:
    """Not a measure of speed: what looks from each token to the end would take hours at this length."""
    begun = time.monotonic()
    for query in (f"ASK {{ ?s ?p ?o OPTIONAL {{ {text} }} }}", f"ASK {{ ?s :p ?o {text} OPTIONAL {{ ?s :p ?o }} }}"):
        rewritten(query)
    assert time.monotonic() - begun < 20


COUNTING = [
    ("SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }", "SELECT (7 AS ?n) WHERE {}"),
    ("select(count ( * ) as $n){?s ?p ?o .}", "select(7 as $n){}"),
]


@pytest.mark.parametrize("query, expected", COUNTING, ids=range(len(COUNTING)))
def test_a_count_of_all_triples_is_a_number_where_that_is_known(query: str, expected: str) -> None:
    assert rewritten(query, 7) == expected
    assert rewritten(query) == query


@pytest.mark.parametrize(
    "query",
    [
        "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?s }",
        "SELECT (COUNT(*) AS ?s) WHERE { ?s ?p ?o }",
        "SELECT (COUNT(*) AS ?n) WHERE { ?s . ?p ?o }",
        "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o } LIMIT 0",
        "SELECT (COUNT(*) AS ?n) FROM :g WHERE { ?s ?p ?o }",
        "SELECT (COUNT(*) AS ?n) ?p WHERE { ?s ?p ?o } GROUP BY ?p",
        "SELECT (COUNT(DISTINCT *) AS ?n) WHERE { ?s ?p ?o }",
        "SELECT * { { SELECT (COUNT(*) AS ?n) { ?s ?p ?o } } }",
        "SELECT (COUNT(*) AS ?n) WHERE { ?s a ?o }",
        "SELECT ?s (COUNT(*) AS ?n) WHERE { ?s ?p ?o }",
        "ASK { ?s ?p '( COUNT ( * ) AS ?n ) { ?s ?p ?o' }",
    ],
)
def test_other_counts_are_counted(query: str) -> None:
    assert rewritten(query, 7) == query


class Chance:
    """Makes up queries of groups in groups, and graphs so small that their patterns meet."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def one(self, *choices: str) -> str:
        return self._random.choice(choices)

    def some(self, most: int) -> range:
        return range(self._random.randint(1, most))

    def store(self) -> Store:
        nodes = [NamedNode(f"http://example.org/{name}") for name in "abcdpq"]
        graphs = [DefaultGraph(), *nodes[:2]]
        store = Store()
        for _ in self.some(25):
            pick = self._random.choice
            value = pick([pick(nodes), Literal(pick([1, 2, 3]))])
            store.add(Quad(pick(nodes), pick(nodes[4:]), value, pick(graphs)))
        return store

    def query(self) -> str:
        form = self.one("SELECT *", "SELECT DISTINCT *", "SELECT ?x ?y", "SELECT (COUNT(*) AS ?n)", "ASK")
        return f"{PREFIX}{form} WHERE {self._group(0)}{self.one('', '', ' VALUES ?x { :a :b UNDEF }')}"

    def _variable(self) -> str:
        return self.one("?x", "?y", "?z", "?w")

    def _triples(self) -> str:
        paths = self.one(":p*", ":p|:q", ":q+", ":p?", "!:p", "^:p", ":p/:q", "(:p/^:q)")
        predicate = self.one(":p", ":q", ":p", ":q", self._variable(), paths)
        thing = self.one(self._variable(), self._variable(), ":a", "1", f"[ :p {self._variable()} ]")
        return f"{self.one(self._variable(), ':a')} {predicate} {thing} ; :q {self._variable()} . "

    def _condition(self) -> str:
        x, y = self._variable(), self._variable()
        return self.one(f"BOUND({x})", f"!BOUND({x})", f"{x} = {y}", f"{x} != {y}", f"{x} > 1", f"COALESCE({x}, 1) = 1")

    def _optional(self) -> str:
        body = "".join(self._triples() for _ in self.some(2))
        return f"OPTIONAL {{ {body}{self.one('', f'FILTER({self._condition()}) ')}}} "

    def _element(self, depth: int) -> str:
        plain = [self._triples(), self._optional(), self._optional(), f"FILTER({self._condition()}) "]
        if depth > 2 or self._random.random() < 0.7:
            return self.one(*plain)
        group, other = self._group(depth + 1), self._group(depth + 1)
        columns = self.one("*", "DISTINCT ?x ?y", "?x (COUNT(*) AS ?c)")
        return self.one(
            f"{group} ",
            f"{group} UNION {other} ",
            f"MINUS {group} ",
            f"OPTIONAL {group} ",
            f"GRAPH {self.one('?g', self._variable(), ':a')} {group} ",
            f"FILTER {self.one('', 'NOT ')}EXISTS {group} ",
            f"{{ SELECT {columns} {group} {self.one('', 'GROUP BY ?x')} }} ",
            f"BIND({self.one('1', self._variable())} AS {self.one('?k', '?w')}) ",
            f"VALUES {self._variable()} {{ 1 :a UNDEF }} ",
        )

    def _group(self, depth: int) -> str:
        return f"{{ {''.join(self._element(depth) for _ in self.some(4))}}}"


def answer(store: Store, query: str) -> object:
    """What the engine says: the columns and how often each row comes; the truth; or that it is no query."""
    try:
        found = store.query(query, use_default_graph_as_union=True)
    except SyntaxError:
        return "no query"
    if isinstance(found, QuerySolutions):
        return [str(variable) for variable in found.variables], Counter(tuple(map(str, row)) for row in found)
    assert isinstance(found, QueryBoolean)
    return bool(found)


def pairs(seed: int) -> Iterator[tuple[Store, str, str]]:
    """Graphs, queries, and the same queries rewritten, where there was something to rewrite."""
    chance = Chance(seed)
    for _ in range(1500):
        query = chance.query()
        other = rewrite(query, tokens(query))
        if other != query:
            yield chance.store(), query, other


@pytest.mark.parametrize("seed", range(4))
def test_made_up_queries_have_the_same_answer_rewritten(seed: int) -> None:
    compared = 0
    for store, query, other in pairs(seed):
        expected = answer(store, query)
        assert answer(store, other) == expected, query
        compared += expected != "no query"
    assert compared > 150
