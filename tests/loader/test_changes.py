"""What changed between two releases, by entity and statement."""

from __future__ import annotations

from itertools import groupby

from pyoxigraph import BlankNode, Literal, NamedNode, Quad

from loader.changes import Change, Statement, between, changed, compare, described
from loader.hashing import leaves
from loader.namespaces import BASE, GRAPH, expand
from loader.terms import typed

CURATED, SOURCE = GRAPH + "curated", GRAPH + "source/x"
LABEL = expand("skos:prefLabel")


def quad(subject: str, value: str, graph: str = CURATED) -> Quad:
    return Quad(NamedNode(BASE + subject), NamedNode(LABEL), Literal(value), NamedNode(graph))


def statement(subject: str, value: str, graph: str = CURATED) -> Statement:
    return Statement(graph, f'<{BASE}{subject}> <{LABEL}> "{value}" .')


def test_each_entity_that_differs_is_told_with_what_came_and_what_went() -> None:
    before = [quad("drug/a", "A"), quad("drug/b", "B"), quad("drug/b#note", "old"), quad("drug/c", "C")]
    after = [quad("drug/a", "A"), quad("drug/b", "B"), quad("drug/b#note", "new"), quad("drug/d", "D")]
    assert compare(before, after) == [
        Change(f"{BASE}drug/b", "changed", (statement("drug/b#note", "new"),), (statement("drug/b#note", "old"),)),
        Change(f"{BASE}drug/c", "withdrawn", (), (statement("drug/c", "C"),)),
        Change(f"{BASE}drug/d", "created", (statement("drug/d", "D"),), ()),
    ]


def test_an_entity_that_gets_a_tombstone_is_withdrawn_and_created_when_that_goes() -> None:
    deprecated = Quad(
        NamedNode(BASE + "drug/a"),
        NamedNode(expand("owl:deprecated")),
        typed("true", "xsd:boolean"),
        NamedNode(CURATED),
    )
    live, gone = [quad("drug/a", "A")], [deprecated]
    for before, after, kind in (
        (live, gone, "withdrawn"),
        (gone, live, "created"),
        (gone, [deprecated, quad("drug/a#note", "why")], "changed"),
        (gone, [], "withdrawn"),
    ):
        assert [change.kind for change in compare(before, after)] == [kind]


def test_a_term_that_is_deprecated_is_still_there() -> None:
    term = quad("ontology#old", "old")
    deprecated = Quad(
        term.subject, NamedNode(expand("owl:deprecated")), typed("true", "xsd:boolean"), NamedNode(CURATED)
    )
    assert [change.kind for change in compare([term], [term, deprecated])] == ["changed"]


def test_each_subject_is_told_at_once() -> None:
    (change,) = compare([quad("drug/a", "A"), quad("drug/a", "C")], [quad("drug/a", "B"), quad("drug/a", "D")])
    subjects = [triple.subject for triple in described(BASE, change)]
    assert len([key for key, _ in groupby(subjects)]) == len(set(subjects)) == 5


def test_a_statement_that_moves_to_another_graph_came_and_went() -> None:
    (change,) = compare([quad("drug/a", "A")], [quad("drug/a", "A", SOURCE)])
    assert (change.kind, change.added, change.removed) == (
        "changed",
        (statement("drug/a", "A", SOURCE),),
        (statement("drug/a", "A"),),
    )


def test_what_a_release_says_of_itself_is_no_change() -> None:
    assert not compare([quad("release/1", "1", f"{GRAPH}release")], [quad("release/2", "2", f"{GRAPH}history")])


def test_the_names_of_blank_nodes_are_no_change() -> None:
    def listing(name: str) -> list[Quad]:
        node, shape = BlankNode(name), NamedNode(BASE + "shapes")
        graph = NamedNode(GRAPH + "shapes")
        return [
            Quad(shape, NamedNode(expand("sh:property")), node, graph),
            Quad(node, NamedNode(LABEL), Literal("x"), graph),
        ]

    assert not compare(listing("a"), listing("b"))


def test_only_the_entities_that_are_asked_for_are_read() -> None:
    before, after = [quad("drug/a", "A"), quad("drug/b", "B")], [quad("drug/a", "X"), quad("drug/b", "Y")]
    kinds = changed(leaves(before), leaves(after))
    assert list(kinds) == [f"{BASE}drug/a", f"{BASE}drug/b"]
    (change,) = between({f"{BASE}drug/b": "changed"}, before, after)
    assert change.added == (statement("drug/b", "Y"),)


def test_a_change_is_data_with_a_node_for_each_statement() -> None:
    (change,) = compare([quad("drug/a", "A")], [quad("drug/a", "B")])
    place = f"{BASE}release/2026-11-25.2"
    said = {str(triple) for triple in described(place, change)}
    node, added = f"<{place}#drug/a>", f"<{place}#drug/a/added/1>"
    assert f"{node} <{expand('sg:changeOf')}> <{BASE}drug/a>" in said
    assert f"{node} <{expand('sg:changeKind')}> <{BASE}concept/change/changed>" in said
    assert f"{node} <{expand('sg:added')}> {added}" in said
    assert f'{added} <{expand("rdf:object")}> "B"' in said
    assert f"{added} <{expand('sg:inGraph')}> <{CURATED}>" in said
    assert len(said) == 3 + 2 + 2 * 5


def test_terms_whose_names_differ_by_a_hash_have_nodes_of_their_own() -> None:
    hashed, plain = quad("ontology#Drug", "x"), quad("ontology/Drug", "x")
    nodes = [next(described(BASE, change)).subject for change in compare([], [hashed, plain])]
    assert len(set(nodes)) == 2
