"""Reading Turtle: strict, and with the place of every statement."""

from pathlib import Path

import pytest
import rdflib

from loader.errors import FactError, TurtleError, UnknownPrefixError
from loader.turtle import parse_text, read

PATH = Path("data/curated/drug/example.ttl")
HEADER = "@base <https://w3id.org/sarcograph/> .\n@prefix sg: <https://w3id.org/sarcograph/ontology#> .\n"
DRUG = rdflib.URIRef("https://w3id.org/sarcograph/drug/example")
SG = rdflib.Namespace("https://w3id.org/sarcograph/ontology#")


def test_each_object_of_a_list_has_its_own_line() -> None:
    file = parse_text(HEADER + '<drug/example>\n  a sg:Drug ;\n  sg:dose "one" ,\n    "two" .\n', PATH)
    assert file.line_of(DRUG, SG.dose, rdflib.Literal("two")) == 6
    assert file.line_of(DRUG, SG.dose, rdflib.Literal("one")) == 5


def test_a_statement_that_is_not_there_is_placed_at_its_property_or_its_subject() -> None:
    file = parse_text(HEADER + '<drug/example>\n  a sg:Drug ;\n  sg:dose "one" .\n', PATH)
    assert file.line_of(DRUG, SG.dose, rdflib.Literal("other")) == 5
    assert file.line_of(DRUG, SG.route) == 4
    assert file.line_of(rdflib.URIRef("https://example.org/else")) is None


def test_statements_inside_brackets_keep_their_lines() -> None:
    file = parse_text(HEADER + "<drug/example> sg:a [ sg:b 1 ;\n sg:c 2 ] ;\n sg:d 3 .\n", PATH)
    assert file.line_of(DRUG, SG.d) == 5
    (inner,) = file.graph.objects(DRUG, SG.a)
    assert len(list(file.graph.predicate_objects(inner))) == 2


def test_a_lexical_form_is_kept_as_written() -> None:
    file = parse_text(HEADER + "<drug/example> sg:value 0.50 .\n", PATH)
    assert [str(value) for value in file.graph.objects(DRUG, SG.value)] == ["0.50"]


def test_a_syntax_error_names_file_line_and_column() -> None:
    with pytest.raises(
        TurtleError, match=r"example\.ttl:3: this is not Turtle at column 24: .*Mend the line"
    ) as caught:
        parse_text(HEADER + "<drug/example> sg:dose unquoted .\n", PATH)
    assert caught.value.line == 3


def test_an_undeclared_prefix_of_ours_is_given_with_the_line_to_add() -> None:
    with pytest.raises(
        UnknownPrefixError, match=r":3: the prefix 'skos:' is not declared\. Add the line: @prefix skos:"
    ):
        parse_text(HEADER + '<drug/example> skos:prefLabel "x"@en .\n', PATH)


def test_an_unknown_prefix_points_to_the_list_of_prefixes() -> None:
    with pytest.raises(UnknownPrefixError, match=r"'nonsense:' is not declared.*ontology/prefixes\.ttl"):
        parse_text(HEADER + "<drug/example> nonsense:x 1 .\n", PATH)


def test_bytes_that_are_not_utf_8_are_refused_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "latin.ttl"
    path.write_bytes(b'<a:a> <a:b> "ok" .\n<a:a> <a:b> "\xe9" .\n')
    with pytest.raises(TurtleError, match=r"latin\.ttl:2: .*byte 32 is not UTF-8"):
        read(path)


@pytest.mark.parametrize("term", ["<<( <a:a> <a:b> <a:c> )>>", '"text"@en--ltr'])
def test_what_only_rdf_1_2_knows_is_refused_with_its_file(term: str) -> None:
    with pytest.raises(FactError, match=r"example\.ttl: .*RDF 1\.2"):
        parse_text(HEADER + f"<drug/example> sg:dose {term} .", PATH)
