"""Graphs as documents: which one is meant, and how it is written."""

from __future__ import annotations

import pytest
from running import Server

from loader.namespaces import GRAPH


@pytest.mark.parametrize("name", ["", "x", "curated", "http://a b"], ids=["empty", "x", "relative", "blank"])
def test_a_graph_without_a_whole_iri_is_refused(server: Server, name: str) -> None:
    answer = server.ask("/graphs", graph=name)
    assert (answer.status, answer.json["title"]) == (400, "Request not understood")


def test_the_first_format_that_is_known_counts(server: Server) -> None:
    answer = server.ask("/graphs", graph=f"{GRAPH}curated", format=["rdflib", "nt"])
    assert answer.media_type == "application/n-triples"
    assert server.ask("/graphs", graph=f"{GRAPH}curated", format="html").status == 406


@pytest.mark.parametrize("path", ["/graph/curated", "/graph/source/demetri2016"])
def test_a_graph_is_found_with_a_slash_at_the_end(server: Server, path: str) -> None:
    plain, slash = server.ask(path), server.ask(f"{path}/")
    assert (slash.status, slash.body) == (200, plain.body)
    assert server.ask("/graph/none/").status == 404
