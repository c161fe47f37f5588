"""Of what is asked of one subject, the rarest comes first where that is the same question, and nothing else moves."""

from __future__ import annotations

import marshal
import random
import socket
import time
from collections import Counter
from collections.abc import Iterator

import pytest
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, QueryBoolean, QuerySolutions, QueryTriples, Store

import server.worker
from loader.errors import QueryCrashError
from server import requests
from server.frames import END, QUERY, Reader, frame
from server.ordering import Counts, reorder
from server.settings import Settings
from server.worker import Held, Worker

BASE = "http://example.org/"
PREFIX = f"PREFIX : <{BASE}>\n"
XSD = "http://www.w3.org/2001/XMLSchema#"
RARE = [
    ("e", Literal("é")),
    ("l", Literal("DE", language="de")),
    ("n", Literal(3)),
    ("d", Literal("1.5", datatype=NamedNode(f"{XSD}decimal"))),
    ("f", Literal("1e0", datatype=NamedNode(f"{XSD}double"))),
    ("b", Literal(True)),
    ("t", Literal("2015-01-01", datatype=NamedNode(f"{XSD}date"))),
    ("i", NamedNode("urn:x:y")),
    ("c", Literal("DE")),
]


def name(local: str) -> NamedNode:
    return NamedNode(BASE + local)


@pytest.fixture(scope="module")
def counts() -> Counts:
    """300 things of type T, 200 with v 1, and one each with what is rare."""
    store = Store()
    rdf_type = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
    store.bulk_extend(Quad(name(str(n)), rdf_type, name("T")) for n in range(300))
    store.bulk_extend(Quad(name(str(n)), name("v"), Literal(1)) for n in range(200))
    store.bulk_extend(Quad(name("7"), name(predicate), value) for predicate, value in RARE)
    return Counts(store, union=False)


def reordered(query: str, counts: Counts) -> str:
    """The query in its new order, each token apart by one blank where something moved."""
    other = reorder(PREFIX + query, counts).removeprefix(PREFIX)
    return query if other == query else " ".join(other.split())


MOVED = [
    ('{ ?s a :T ; :c "DE" }', '{ ?s :c "DE" ; a :T }'),
    ('{ ?s a :T ; :p ?x ; :v 1 ; :c "DE" ; :q ?y . }', '{ ?s :c "DE" ; :p ?x ; a :T ; :v 1 ; :q ?y . }'),
    ("{ ?s a :T ; :v 1 FILTER(?s != :a) }", "{ ?s :v 1 ; a :T FILTER(?s != :a) }"),
    ('{ ?s a :T . ?s :p ?o . ?s :c "DE" }', '{ ?s :c "DE" . ?s :p ?o . ?s a :T }'),
    (
        '{ ?s a :T . ?x a :T ; :p ?s ; :v 1 . $s :c "DE" OPTIONAL { ?s :q ?y } }',
        '{ ?s :c "DE" . ?x :v 1 ; :p ?s ; a :T . $s a :T OPTIONAL { ?s :q ?y } }',
    ),
    ("{ ?x :p [] . ?s a :T ; :n 3;; . ?x :p (1) }", "{ ?x :p [] . ?s :n 3 ; a :T ;; . ?x :p (1) }"),
    ("{ GRAPH ?g { ?s a :T ; :n 3 } }", "{ GRAPH ?g { ?s :n 3 ; a :T } }"),
    ("{ VALUES ?x { 1 } ?s a :T ; :n 3 MINUS { ?s :q ?x } }", "{ VALUES ?x { 1 } ?s :n 3 ; a :T MINUS { ?s :q ?x } }"),
    ("{ ?s :p ?o FILTER EXISTS { ?s a :T ; :n 3 } }", "{ ?s :p ?o FILTER EXISTS { ?s :n 3 ; a :T } }"),
    ("{ ?s a :T ; :none 0 ; :n 3 }", "{ ?s :none 0 ; a :T ; :n 3 }"),
]


@pytest.mark.parametrize("query, expected", MOVED, ids=range(len(MOVED)))
def test_the_rarest_property_and_value_comes_first(query: str, expected: str, counts: Counts) -> None:
    assert reordered(f"SELECT * {query}", counts) == f"SELECT * {expected}"


RARE_IN_WORDS = [
    ':e "é"',
    ':l "DE"@de',
    ":n 3",
    ":d 1.5",
    ":f 1e0",
    ":b true",
    f':t "2015-01-01"^^<{XSD}date>',
    ":i <urn:x:y>",
    f"<{BASE}c> 'DE'",
]


@pytest.mark.parametrize("words", RARE_IN_WORDS)
def test_terms_of_each_kind_are_counted_as_what_they_are(words: str, counts: Counts) -> None:
    """Against something that nobody has: were the rare one counted as another term, it would stay."""
    assert reordered(f"ASK {{ ?s a :T ; {words} }}", counts) == f"ASK {{ ?s {words} ; a :T }}"
    assert reordered(f"ASK {{ ?s {words} ; :none 0 }}", counts) == f"ASK {{ ?s :none 0 ; {words} }}"


LEFT_ALONE = {
    "the rarest first already": '{ ?s :c "DE" ; a :T }',
    "equally many": '{ ?s :c "DE" ; :n 3 }',
    "one constant alone": '{ ?s :p ?o ; :c "DE" }',
    "a list of objects": '{ ?s a :T, :U ; :c "DE" }',
    "a path": '{ ?s a :T ; :p/:q 1 ; :c "DE" }',
    "an inverse": '{ ?s a :T ; ^:p :a ; :c "DE" }',
    "a negated path": '{ ?s a :T ; !:p :a ; :c "DE" }',
    "a path of any length": '{ ?s a :T ; :p* :a ; :c "DE" }',
    "a blank node in brackets": '{ ?s a :T ; :p [ :q 1 ] ; :c "DE" }',
    "a blank node as subject": '{ [] a :T ; :c "DE" }',
    "a label of a blank node": '{ ?s a :T ; :p _:b ; :c "DE" }',
    "a collection": '{ ?s a :T ; :p (1) ; :c "DE" }',
    "an annotation": '{ ?s a :T {| :p 1 |} ; :c "DE" }',
    "a reifier": '{ ?s a :T ~ ?r ; :c "DE" }',
    "a triple term": '{ ?s a :T ; :p <<( ?a ?b ?c )>> ; :c "DE" }',
    "a reified triple": '{ << ?s a :T >> :p 1 ; :c "DE" }',
    "a constant subject": '{ :a a :T ; :c "DE" }',
    "two subjects": '{ ?s a :T . ?x :c "DE" }',
    "a filter between": '{ ?s a :T FILTER(true) ?s :c "DE" }',
    "an optional between": '{ ?s a :T . OPTIONAL { ?s :p ?x } ?s :c "DE" }',
    "two groups": '{ { ?s a :T } { ?s :c "DE" } }',
    "another sentence between": '{ ?s a :T . :a :p ?s . ?s :c "DE" }',
    "a relative IRI": "{ ?s a :T ; :i <y> }",
    "an escape in a string": '{ ?s a :T ; :c "D\\u0045" }',
    "an escape in a typed string": '{ ?s a :T ; :c "\\u0044"^^:T }',
    "a long string": '{ ?s a :T ; :c """DE""" }',
    "a term too long to keep": f'{{ ?s a :T ; :c "{"x" * 400}" }}',
    "a number that might go on": "{ ?s a :T ; :n 3.e5 }",
    "what only looks like an IRI": '{ ?s a :T ; :c "DE" FILTER(?a<?b)FILTER(?c>?b) }',
    "a comparison that opens a comment": "{ ?s a :T ; :n 3 . FILTER(?a<:b#>'''\n) } #'''",
    "a sentence that does not end": '{ ?s a :T ; :c "DE" :n }',
    "a query that does not end": '{ ?s a :T ; :c "DE"',
    "a query that ends in a tag": "{ ?s a :T ; :c 'DE'^^",
    "a word in a string": "{ ?s :p '. ?s a :T ; :n 3 .' }",
}


@pytest.mark.parametrize("query", LEFT_ALONE.values(), ids=LEFT_ALONE)
def test_the_order_stays_with(query: str, counts: Counts) -> None:
    assert reorder(f"{PREFIX}SELECT * {query}", counts) == f"{PREFIX}SELECT * {query}"


def test_the_template_of_a_construct_keeps_its_order(counts: Counts) -> None:
    query = "CONSTRUCT { ?s a :T ; :n 3 . ?s :p 1 } WHERE { ?s a :T ; :n 3 }"
    assert reordered(query, counts) == "CONSTRUCT { ?s a :T ; :n 3 . ?s :p 1 } WHERE { ?s :n 3 ; a :T }"


def test_what_a_sign_kept_apart_does_not_run_together(counts: Counts) -> None:
    query = 'ASK{?s :c"none"; :v 1.?s :c"DE"; :n 3}'
    other = reorder(PREFIX + query, counts)
    assert bool(counts._store.query(other)) is bool(counts._store.query(PREFIX + query))
    assert reordered("ASK{?s a:T ;\n :v 1;\n :n 3.}", counts) == "ASK{?s a:T ;\n :v 1;\n :n 3.}"
    assert reordered('ASK{?s :v 1;\n :c"DE"; :n 3 }', counts) == 'ASK{?s :c "DE" ; :v 1 ; :n 3 }'


def test_each_line_begins_where_it_did(counts: Counts) -> None:
    query = f"{PREFIX}SELECT * {{\n  ?s a :T ; # which\n     :p ?x ;\n     :c 'DE' ; # where\n     :q ?y\n}}"
    lines = reorder(query, counts).splitlines()
    assert [line.split() for line in lines[2:5]] == [
        ["?s", ":c", "'DE'", ";", "#", "which"],
        [":p", "?x", ";"],
        ["a", ":T", ";", "#", "where"],
    ]


def test_triples_are_counted_once_and_to_a_bound(counts: Counts) -> None:
    other = Counts(counts._store, union=False)
    for _ in range(3):
        reorder(f"{PREFIX}ASK {{ ?s a :T ; :v 1 }}", other)
    assert len(other._known) == 4  # each to 100, then each to 1,000
    many = "".join(f"?s{n} a :T ; " + " ; ".join(f":p{n}x{m} {m}" for m in range(20)) + " . " for n in range(20))
    reorder(f"{PREFIX}ASK {{ {many} }}", other)
    assert len(other._known) <= 4 + 4 * 8


def test_in_the_union_of_graphs_their_triples_are_counted() -> None:
    store = Store()
    store.extend(Quad(name(str(n)), name("p"), Literal(1), name("g")) for n in range(9))
    store.add(Quad(name("1"), name("q"), Literal(2), name("h")))
    assert reordered("ASK { ?s :p 1 ; :q 2 }", Counts(store, union=True)) == "ASK { ?s :q 2 ; :p 1 }"


def test_where_counting_fails_the_order_stays(counts: Counts) -> None:
    class Failing(Counts):
        def _count(self, pair: object, bound: int) -> int:
            raise QueryCrashError("the disk is gone")

    query = "ASK { ?s a :T ; :n 3 }"
    assert reordered(query, Failing(counts._store, union=False)) == query


LONG = {
    "points": "." * 19_000,
    "semicolons": ";<" * 9_000,
    "colons": ".?a a:" * 3_000,
    "sentences": "?s a :T ; :n 3 . " * 1_000,
    "properties": "?s a :T " + "; :n 3 " * 2_500,
    "braces": "{ ?s " * 3_000,
    "blanks": "; " + " " * 19_000,
    "constructs": "CONSTRUCT { " * 1_500,
}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_a_long_query_is_read_in_moments(text: str, counts: Counts) -> None:
    begun = time.monotonic()
    reorder(f"{PREFIX}ASK {{ ?s a :T ; :n 3 . {text} }}", counts)
    assert time.monotonic() - begun < 5


class Chance:
    """Makes up queries about stars, and graphs in which some are found."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def one(self, *choices: str) -> str:
        return self._random.choice(choices)

    def some(self, most: int) -> range:
        return range(self._random.randint(1, most))

    def store(self) -> Store:
        pick = self._random.choice
        graphs = [DefaultGraph(), name("a"), name("b")]
        values = [name("a"), name("b"), Literal(1), Literal("x"), Literal("x", language="en")]
        store = Store()
        for _ in range(60):
            store.add(Quad(pick([*map(name, "abcde")]), name(pick("pqr")), pick(values), pick(graphs)))
        return store

    def query(self) -> str:
        form = self.one("SELECT *", "SELECT DISTINCT *", "SELECT (COUNT(*) AS ?n)", "ASK", "CONSTRUCT { ?x :k ?y }")
        return f"{PREFIX}{form} WHERE {self._group(0)}"

    def _variable(self) -> str:
        return self.one("?x", "?x", "?y", "$x", "?z")

    def _value(self) -> str:
        odd = self.one("[ :p 1 ]", ":a, :b", "_:l", "(1)", '"\\u0078"')
        constant = self.one(":a", ":b", "1", '"x"', "'x'@en", f"<{BASE}a>", f'"1"^^<{XSD}integer>')
        return self.one(constant, constant, constant, constant, constant, self._variable(), odd)

    def _property(self) -> str:
        return self.one(
            ":p", ":q", ":r", ":p", ":q", ":r", f"<{BASE}p>", "?p", self.one(":p/:q", "^:p", ":p*", ":p|:q")
        )

    def _sentence(self) -> str:
        listed = self.one(" ; ", ";", " ;; ").join(f"{self._property()} {self._value()}" for _ in self.some(4))
        return f"{self.one(self._variable(), self._variable(), ':a')} {listed}{self.one('', ' ;')} . "

    def _element(self, depth: int) -> str:
        if depth > 1 or self._random.random() < 0.7:
            return self._sentence()
        group = self._group(depth + 1)
        return self.one(
            f"OPTIONAL {group} ",
            f"MINUS {group} ",
            f"FILTER EXISTS {group} ",
            f"GRAPH {self.one('?g', ':a')} {group} ",
            f"{group} UNION {self._group(depth + 1)} ",
            f"{{ SELECT ?x {group} }} ",
            "FILTER(?x != :b) ",
            f"LATERAL {group} ",
        )

    def _group(self, depth: int) -> str:
        return f"{{ {''.join(self._element(depth) for _ in self.some(3))}}}"


def answer(store: Store, query: str) -> object:
    """What the engine says: how often each row comes; the triples; the truth; or that it is no query."""
    try:
        found = store.query(query, use_default_graph_as_union=True)
    except SyntaxError:
        return "no query"
    if isinstance(found, QueryTriples):
        return set(map(str, found))
    if isinstance(found, QuerySolutions):
        return Counter(tuple(sorted(zip(map(str, found.variables), map(str, row), strict=True))) for row in found)
    assert isinstance(found, QueryBoolean)
    return bool(found)


def pairs(seed: int) -> Iterator[tuple[Store, str, str]]:
    """Graphs, queries, and the same queries in another order, where something moved."""
    chance = Chance(seed)
    for _ in range(1500):
        query = chance.query()
        store = chance.store()
        other = reorder(query, Counts(store, union=True))
        if other != query:
            yield store, query, other


@pytest.mark.parametrize("seed", range(4))
def test_made_up_queries_have_the_same_answer_in_the_new_order(seed: int) -> None:
    compared = found = 0
    for store, query, other in pairs(seed):
        expected = answer(store, query)
        assert answer(store, other) == expected, query
        compared += expected != "no query"
        found += expected != "no query" and bool(expected)
    assert compared > 150
    assert found > 50


def test_a_worker_orders_where_the_request_and_the_query_name_no_graphs(
    counts: Counts, monkeypatch: pytest.MonkeyPatch
) -> None:
    ordered = []

    def watched(query: str, held: Counts) -> str:
        ordered.append(query)
        return reorder(query, held)

    monkeypatch.setattr(server.worker, "reorder", watched)
    own, other = socket.socketpair()
    queries = [
        requests.query(f"{PREFIX}SELECT ?s {{ ?s a :T ; :n 3 }}", Settings()),
        requests.query(f"{PREFIX}SELECT ?s FROM :g {{ ?s a :T ; :n 3 }}", Settings()),
        requests.query(f"{PREFIX}SELECT ?s {{ ?s a :T ; :n 3 }}", Settings(), default_graphs=[f"{BASE}g"]),
        requests.query(f"{PREFIX}SELECT ?s {{ ?s a :T ; :n 3 }}", Settings(), named_graphs=[f"{BASE}g"]),
        requests.query(f"{PREFIX}SELECT ?s {{ ?s a :T ; :n 3 ; }} }}", Settings()),
    ]
    with own, other:
        for request in queries:
            other.sendall(frame(QUERY, marshal.dumps(request)))
        other.shutdown(socket.SHUT_WR)
        with pytest.raises(EOFError):
            Worker(Held.of(counts._store), own.fileno()).answer_all()
        own.shutdown(socket.SHUT_WR)
        reader = Reader(other.fileno())
        answers = []
        for _ in queries:
            answers.append(b"")
            while (got := reader.receive())[0] != END:
                answers[-1] += got[1]
            answers[-1] += got[1]
    assert ordered == [queries[0]["query"], queries[4]["query"]]
    assert [b"http://example.org/7" in each for each in answers] == [True, False, False, False, False]
    assert b"; :n 3 ; } }" in answers[4]  # what is wrong is told of the query as it came
