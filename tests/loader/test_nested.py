"""Turtle for people: what is read back is the same graph, and blank nodes stand where they are used."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyoxigraph import CanonicalizationAlgorithm, Dataset, Quad, RdfFormat, Triple, parse

from loader.nested import nested
from loader.places import facts

HEAD = "@prefix ex: <https://example.org/> . @prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .\n"


def triples(source: str) -> list[Triple]:
    return [quad.triple for quad in parse(source, format=RdfFormat.TURTLE)]


def normal(found: list[Triple]) -> set[str]:
    dataset = Dataset(Quad(*triple) for triple in found)
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return {str(quad) for quad in dataset}


@pytest.mark.parametrize("folder", ["ontology", "shapes"])
def test_the_ontology_and_the_shapes_are_read_back_as_they_were(folder: str) -> None:
    paths: list[Path] = sorted((facts().root / folder).rglob("*.ttl"))
    for path in paths:
        found = triples(path.read_text(encoding="utf-8"))
        text = nested(found)
        assert normal(triples(text)) == normal(found), path
        assert "_:" not in text


def test_a_list_and_a_node_stand_where_they_are_used() -> None:
    text = nested(triples(HEAD + 'ex:a ex:p ( "en" [ ex:q 1 , 2 ; ex:r ( ) ] ) .'))
    assert '( "en" [ <https://example.org/q> 1, 2 ; <https://example.org/r> rdf:nil ] )' in text


@pytest.mark.parametrize(
    "source",
    [
        "ex:a ex:p _:b . ex:c ex:p _:b . _:b ex:q 1 .",
        "_:b ex:q 1 .",
        "_:b ex:q _:c . _:c ex:q _:b .",
        "ex:a ex:p _:b . _:b rdf:first 1 ; rdf:rest _:b .",
        "ex:a ex:p _:b .",
        "ex:a ex:p " + "[ ex:p " * 60 + "1" + " ]" * 60 + " .",
    ],
    ids=["shared", "loose", "in a circle", "a circular list", "bare", "deep"],
)
def test_what_cannot_be_nested_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match="node|value|circle|deep"):
        nested(triples(HEAD + source))
