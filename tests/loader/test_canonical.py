"""The canonical form of data files."""

from pathlib import Path

import pytest

from loader.canonical import canonical, formatted, own_entity
from loader.errors import CommentError, FactError
from loader.places import facts
from loader.turtle import parse_text, read

PATH = Path("data/curated/drug/example.ttl")
HEADER = """@base <https://w3id.org/sarcograph/> .
@prefix sg: <https://w3id.org/sarcograph/ontology#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix unii: <http://identifiers.org/unii/> .
"""
DATA_FILES = sorted(facts().data.rglob("*.ttl"))


def test_the_order_and_the_spelling_of_the_input_do_not_matter() -> None:
    one = HEADER + '<drug/example> skos:prefLabel "x"@en ; a sg:Drug . <drug/example#note-route> a sg:Note .'
    other = HEADER + (
        "<https://w3id.org/sarcograph/drug/example#note-route> a sg:Note .\n"
        '<drug/example> a sg:Drug . <drug/example> skos:prefLabel """x"""@en .'
    )
    assert formatted(parse_text(one, PATH)) == formatted(parse_text(other, PATH))


def test_the_file_s_own_entity_comes_first_and_only_used_prefixes_are_declared() -> None:
    source = HEADER + "<arm/example-10> a sg:Arm . <arm/example-2> a sg:Arm . <drug/example> a sg:Drug ."
    assert formatted(parse_text(source, PATH)) == (
        "@base <https://w3id.org/sarcograph/> .\n"
        "@prefix sg: <https://w3id.org/sarcograph/ontology#> .\n\n"
        "<drug/example>\n    a sg:Drug .\n\n<arm/example-2>\n    a sg:Arm .\n\n<arm/example-10>\n    a sg:Arm .\n"
    )


@pytest.mark.parametrize(
    "literal",
    [
        '"a \\"quoted\\" word"',
        '"back\\\\slash"',
        '"line\\nbreak\\ttab"',
        '"\\u0001"',
        '"ü → 🧬"@en',
        "5.50",
        '"5"^^sg:x',
    ],
)
def test_every_literal_comes_back_as_it_was(literal: str) -> None:
    file = parse_text(HEADER + f"<drug/example> sg:dose {literal} .", PATH)
    assert set(parse_text(canonical(file.triples), PATH).triples) == set(file.triples)


def test_an_iri_with_characters_that_names_cannot_hold_is_written_in_full() -> None:
    file = parse_text("<a:a> <a:b> <http://identifiers.org/unii/8850/3> .", PATH)
    assert "<http://identifiers.org/unii/8850/3>" in canonical(file.triples)


def test_a_comment_is_refused_rather_than_lost() -> None:
    source = HEADER + '<drug/example> a sg:Drug ; # not a fact\n skos:prefLabel "#no comment"@en .'
    with pytest.raises(CommentError, match=r"example\.ttl:5: the comment '# not a fact' would be lost"):
        formatted(parse_text(source, PATH))


def test_a_blank_node_is_refused_with_the_way_out() -> None:
    with pytest.raises(FactError, match="Give each part an IRI below its owner"):
        formatted(parse_text(HEADER + "<drug/example> sg:x [ a sg:Note ] .", PATH))


@pytest.mark.parametrize("path", DATA_FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_data_file_is_in_canonical_form(path: Path) -> None:
    file = read(path)
    assert formatted(file) == file.source
    assert own_entity(path) in file.source.replace("<", "<https://w3id.org/sarcograph/")
