"""What the build adds: the first and last day of a date, and the superclasses."""

from pathlib import Path

import pytest

from loader import derive as derived
from loader.turtle import parse_text

HEADER = """@base <https://w3id.org/sarcograph/> .
@prefix sg: <https://w3id.org/sarcograph/ontology#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""


def _derive(source: str) -> set[str]:
    triples = derived.derive(parse_text(HEADER + source, Path("x.ttl")).graph)
    return {" ".join(node.n3() for node in triple) for triple in triples}


@pytest.mark.parametrize(
    ("lexical", "days"),
    [
        ("2015-10-23", ("2015-10-23", "2015-10-23")),
        ("2024-02", ("2024-02-01", "2024-02-29")),
        ("2023-02", ("2023-02-01", "2023-02-28")),
        ("2016", ("2016-01-01", "2016-12-31")),
        ("2015-13", None),
        ("2015-02-30", None),
        ("0000", None),
        ("23 October 2015", None),
    ],
)
def test_a_date_spans_from_its_first_to_its_last_day(lexical: str, days: tuple[str, str] | None) -> None:
    assert derived.span(lexical) == days


def test_a_month_gets_both_days_as_dates() -> None:
    found = _derive('<approval/x> sg:decisionDate "2016-01"^^xsd:gYearMonth .')
    expected = _derive_free(
        "<approval/x> sg:decisionDateEarliest '2016-01-01'^^xsd:date ; sg:decisionDateLatest '2016-01-31'^^xsd:date ."
    )
    assert found == expected


def _derive_free(source: str) -> set[str]:
    graph = parse_text(HEADER + source, Path("x.ttl")).graph
    return {" ".join(node.n3() for node in triple) for triple in graph}


def test_a_date_that_does_not_exist_gets_no_days() -> None:
    assert _derive('<approval/x> sg:decisionDate "2015-02-30"^^xsd:date .') == set()


def test_a_regimen_also_is_each_of_its_superclasses_but_not_the_abstract_one() -> None:
    source = (
        "sg:Regimen rdfs:subClassOf sg:SystemicTherapy . sg:SystemicTherapy rdfs:subClassOf sg:Therapy . "
        "sg:Therapy rdfs:subClassOf sg:Entity . <regimen/x> a sg:Regimen ."
    )
    assert _derive(source) == _derive_free("<regimen/x> a sg:SystemicTherapy , sg:Therapy .")


def test_what_is_stated_already_is_not_derived_again() -> None:
    assert _derive("sg:LocalTherapy rdfs:subClassOf sg:Therapy . <t/x> a sg:LocalTherapy , sg:Therapy .") == set()
