"""Programs that follow an IRI: rdflib, curl and rapper get from a thing to triples, whatever format they like."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from rdflib import Dataset, Graph, Literal, URIRef
from rdflib.compare import isomorphic
from rdflib.namespace import SKOS
from running import Server

from loader.namespaces import BASE, expand

# rdflib's readers of JSON-LD and TriG use what rdflib itself has deprecated.
OWN = "ignore:(ConjunctiveGraph|Dataset.default_context) is deprecated:DeprecationWarning"
pytestmark = [pytest.mark.clients, pytest.mark.filterwarnings(OWN)]

THING = "drug/trabectedin"
ACCEPT = {
    "text/turtle": "turtle",
    "application/n-triples": "nt",
    "application/rdf+xml": "xml",
    "application/ld+json": "json-ld",
    "text/html;q=0.9, application/rdf+xml": "xml",
}


def command(*words: str) -> bytes:
    if not shutil.which(words[0]):
        pytest.skip(f"{words[0]} is not installed")
    return subprocess.run(words, capture_output=True, check=True, timeout=60).stdout


@pytest.mark.parametrize("format_", [None, "turtle", "xml", "nt", "json-ld", "trig"])
def test_rdflib_parses_the_iri_itself(format_: str | None, asked: Server) -> None:
    graph = Dataset(default_union=True) if format_ == "trig" else Graph()
    graph.parse(f"{asked.url}/{THING}", format=format_)
    assert (URIRef(BASE + THING), SKOS.prefLabel, Literal("trabectedin", "en")) in graph
    assert len(graph) > 50


def test_all_formats_are_the_same_graph_to_rdflib(asked: Server) -> None:
    kinds = {"ttl": "turtle", "nt": "nt", "rdf": "xml", "jsonld": "json-ld"}
    graphs = [Graph().parse(f"{asked.url}/{THING}.{suffix}", format=form) for suffix, form in kinds.items()]
    assert all(isomorphic(graphs[0], each) for each in graphs[1:])


def test_rdflib_reads_the_json_of_a_page_with_the_context_that_its_header_names(asked: Server) -> None:
    answer = asked.ask(f"/{THING}.json")
    assert '</context.jsonld>; rel="http://www.w3.org/ns/json-ld#context"' in answer.headers["link"]
    context = asked.ask("/context.jsonld").json["@context"]
    graph = Graph().parse(data=answer.body, format="json-ld", context=context)
    assert (URIRef(BASE + THING), URIRef(expand("sg:modality")), None) in graph
    assert all(str(subject).startswith(BASE + THING) for subject in graph.subjects())


@pytest.mark.parametrize("accept", ACCEPT)
def test_curl_follows_a_thing_to_triples(accept: str, asked: Server) -> None:
    said = command("curl", "--silent", "--fail", "--location", "--header", f"Accept: {accept}", f"{asked.url}/{THING}")
    assert len(Graph().parse(data=said, format=ACCEPT[accept])) > 50


@pytest.mark.parametrize(("suffix", "form"), {"ttl": "turtle", "nt": "ntriples", "rdf": "rdfxml"}.items())
def test_rapper_counts_the_same_triples_in_each_document(suffix: str, form: str, asked: Server) -> None:
    lines = command("rapper", "-q", "-i", form, "-o", "ntriples", f"{asked.url}/{THING}.{suffix}")
    assert len(set(lines.splitlines())) == len(Graph().parse(f"{asked.url}/{THING}.nt", format="nt"))
