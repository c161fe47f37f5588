"""The content hash."""

from collections.abc import Iterable

from pyoxigraph import Quad, RdfFormat, parse

from loader.hashing import leaves, root

GRAPH = "https://w3id.org/sarcograph/graph/curated"
ONE = '<https://w3id.org/sarcograph/drug/a> <urn:p> "1" .'
PART = '<https://w3id.org/sarcograph/drug/a#note> <urn:p> "2" .'
OTHER = '<https://w3id.org/sarcograph/drug/b> <urn:p> "1" .'


def quads(*lines: str, graph: str = GRAPH) -> list[Quad]:
    return list(parse("\n".join(line[:-1] + f"<{graph}> ." for line in lines), format=RdfFormat.N_QUADS))


def digest(facts: Iterable[Quad]) -> str:
    return root(leaves(facts))


def test_the_order_of_the_statements_does_not_matter() -> None:
    assert digest(quads(ONE, PART, OTHER)) == digest(quads(OTHER, PART, ONE))


def test_one_changed_statement_changes_its_leaf_and_the_root_alone() -> None:
    before, after = leaves(quads(ONE, PART, OTHER)), leaves(quads(ONE, PART.replace('"2"', '"3"'), OTHER))
    assert {leaf for leaf in before if before[leaf] != after[leaf]} == {(GRAPH, "https://w3id.org/sarcograph/drug/a")}
    assert root(before) != root(after)


def test_a_part_belongs_to_its_owner_s_leaf() -> None:
    assert list(leaves(quads(ONE, PART))) == [(GRAPH, "https://w3id.org/sarcograph/drug/a")]


def test_the_same_statement_in_another_graph_is_other_content() -> None:
    assert digest(quads(ONE)) != digest(quads(ONE, graph=GRAPH + "2"))


def test_what_a_release_says_of_itself_is_not_content() -> None:
    facts = quads(ONE)
    for graph in ("graph/release", "graph/history", ".well-known/void", ".well-known/sparql-examples"):
        facts += quads(OTHER, graph=f"https://w3id.org/sarcograph/{graph}")
    assert digest(facts) == digest(quads(ONE))


def test_names_of_blank_nodes_do_not_matter_but_their_statements_do() -> None:
    head = "<https://w3id.org/sarcograph/shapes#S> <urn:p> _:x ."
    one = digest(quads(head, '_:x <urn:q> "1" .', "_:x <urn:r> _:y .", '_:y <urn:q> "2" .'))
    renamed = digest(quads(head.replace("_:x", "_:k"), '_:k <urn:q> "1" .', "_:k <urn:r> _:j .", '_:j <urn:q> "2" .'))
    changed = digest(quads(head, '_:x <urn:q> "1" .', "_:x <urn:r> _:y .", '_:y <urn:q> "3" .'))
    assert one == renamed != changed
