"""Formats are chosen as RFC 9110 says, and HTML only for those who ask for it."""

from __future__ import annotations

import pytest

from server.negotiation import GRAPH, SOLUTIONS, choose, choose_format, named, takes_html, wants_html

OFFERS = ["application/sparql-results+json", "text/csv", "text/html"]
FIREFOX = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    "accept, chosen",
    [
        (None, OFFERS[0]),
        ("", OFFERS[0]),
        ("*/*", OFFERS[0]),
        ("*", OFFERS[0]),
        ("text/csv", "text/csv"),
        ("TEXT/CSV; Q=0.5", "text/csv"),
        ("text/csv;charset=utf-8;header=present", "text/csv"),
        ("text/csv;q=0.4, application/sparql-results+json;q=0.5", OFFERS[0]),
        ("text/*", "text/csv"),
        ("text/*;q=0.9, text/csv;q=0.1, */*;q=0.5", OFFERS[0]),
        ("application/*;q=0.2, text/csv;q=0.3", "text/csv"),
        ("text/csv;q=0", None),
        ("*/*;q=0", None),
        ("*/*, application/sparql-results+json;q=0", "text/csv"),
        ("image/png", None),
        ("image/png, */*;q=0.1", OFFERS[0]),
        ("text/csv;q=often, image/png", None),
        ("nonsense", None),
        ("text/html", "text/html"),
        (FIREFOX, "text/html"),
        ("text/html, text/csv", "text/csv"),
        ("text/html;q=0.9, text/csv", "text/csv"),
        ('text/csv;profile="a,text/html;q=1"', "text/csv"),
        ('image/png;profile="a;q=0.1,b", text/csv;x="\\",text/html;"', "text/csv"),
        ('text/csv;profile="never closed, text/html', "text/csv"),
    ],
)
def test_the_best_liked_offer_is_chosen(accept: str | None, chosen: str | None) -> None:
    assert choose(accept, OFFERS) == chosen


@pytest.mark.parametrize("accept", [None, "", "*/*", "text/*", "text/html, */*", "text/html, application/json"])
def test_html_is_not_given_to_a_wildcard_or_an_equal(accept: str | None) -> None:
    assert not wants_html(accept)


@pytest.mark.parametrize("accept", ["text/html", FIREFOX, "text/html, */*;q=0.1"])
def test_html_is_given_to_browsers(accept: str) -> None:
    assert wants_html(accept)


def test_types_of_graphs_do_not_count_for_a_table() -> None:
    accept = "text/turtle, application/rdf+xml, application/sparql-results+xml;q=0.2"
    table = choose_format(accept, SOLUTIONS)
    assert table and table.media_type == "application/sparql-results+xml"
    assert choose_format("text/turtle", SOLUTIONS) is None
    assert choose_format("text/csv", GRAPH) is None


@pytest.mark.parametrize(
    "accept, form, media_type",
    [
        ("text/turtle;q=0, text/*", GRAPH, None),
        ("text/csv;q=0, text/tab-separated-values;q=0, text/*", SOLUTIONS, None),
        ("text/turtle;q=0, */*", GRAPH, "application/n-triples"),
        ("text/turtle;q=0, text/n3", GRAPH, "text/turtle"),
        ("text/n3", GRAPH, "text/turtle"),
        ("application/n-triples, text/n3;q=0.9", GRAPH, "application/n-triples"),
    ],
)
def test_another_name_of_a_format_counts_only_where_it_is_named(accept: str, form: str, media_type: str | None) -> None:
    chosen = choose_format(accept, form)
    assert (chosen and chosen.media_type) == media_type


@pytest.mark.parametrize(
    "accept, takes",
    [
        ("text/html;q=0.5,text/turtle", True),
        ("text/html", True),
        ("text/html;q=0, text/turtle", False),
        ("text/*, */*", False),
        (None, False),
    ],
)
def test_a_client_takes_html_where_it_names_it(accept: str | None, takes: bool) -> None:
    assert takes_html(accept) == takes


def test_plain_json_and_xml_mean_the_format_of_the_form() -> None:
    for accept, form, media_type in [
        ("application/json", SOLUTIONS, "application/sparql-results+json"),
        ("application/json", GRAPH, "application/ld+json"),
        ("application/xml", SOLUTIONS, "application/sparql-results+xml"),
        ("text/xml", GRAPH, "application/rdf+xml"),
    ]:
        chosen = choose_format(accept, form)
        assert chosen and chosen.media_type == media_type


@pytest.mark.parametrize(
    "name, form, media_type",
    [
        ("csv", SOLUTIONS, "text/csv"),
        ("JSON", GRAPH, "application/ld+json"),
        ("turtle", GRAPH, "text/turtle"),
        ("application/sparql-results xml", SOLUTIONS, "application/sparql-results+xml"),
    ],
)
def test_a_format_is_known_by_its_short_name_and_its_type(name: str, form: str, media_type: str) -> None:
    found = named(name, form)
    assert found and found.media_type == media_type


def test_a_name_of_another_form_is_not_known() -> None:
    assert named("csv", GRAPH) is None
    assert named("ttl", SOLUTIONS) is None
