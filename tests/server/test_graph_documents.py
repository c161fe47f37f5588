"""Graphs as documents: which one is meant, and how it is written."""

from __future__ import annotations

import re
import time

import pytest
from running import DRUGS, Server

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


def test_a_graph_as_turtle_is_in_the_order_of_its_subjects_and_properties(server: Server) -> None:
    text = server.ask("/graph/curated", format="ttl").body.decode()
    statements = [line for line in text.splitlines() if line and not line.startswith("@prefix")]
    drugs = re.findall("^<([^>]+)> a ", text, re.MULTILINE)
    assert len(drugs) == DRUGS and drugs == sorted(drugs)
    assert all(" a sg:Drug" in line for line in statements[::2])
    assert all("skos:prefLabel" in line for line in statements[1::2])


def test_the_default_graph_as_turtle_is_in_order_too(server: Server) -> None:
    subjects = re.findall("^<([^>]+)> ", server.ask("/graphs?default").body.decode(), re.MULTILINE)
    assert len(subjects) == DRUGS + 1 and subjects == sorted(subjects)


def test_a_graph_that_was_given_once_is_kept(server: Server) -> None:
    for encoding in ("identity", "gzip"):
        headers = {"Accept-Encoding": encoding}
        first = server.ask("/graph/curated", headers=headers)
        begun = time.monotonic()
        again = server.ask("/graph/curated", headers=headers)
        assert time.monotonic() - begun < 0.1
        assert (again.status, again.body) == (200, first.body)
        for name in ("content-type", "content-encoding", "etag", "link", "vary"):
            assert again.headers.get(name) == first.headers.get(name)
        assert "content-length" in again.headers
