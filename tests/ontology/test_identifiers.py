"""Identifiers elsewhere: every match lies in a register of ontology/identifiers.tsv and has the form it gives.

Namespaces follow ontology/prefixes.ttl. The patterns are those of the Bioregistry 0.15.6, narrowed to the part of a
register that is used here: NCIt concepts, MeSH descriptors and supplements, Wikidata items, ICD-O-3 with a behaviour,
UNIIs of ten signs. The Bioregistry has no pattern for OncoTree; ours is that of its codes.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import pytest
from rdflib import SKOS, Graph, URIRef

from loader.kinds import KINDS
from loader.namespaces import BASE, expand, prefixes, split_entity
from loader.places import facts


class Register(NamedTuple):
    """A line of ontology/identifiers.tsv: a register, the form of its identifiers, the kinds matched with it, its other
    names and the addresses of its pages."""

    prefix: str
    namespace: str
    pattern: str
    example: str
    kinds: str
    what: str
    synonyms: str
    addresses: str


def registers() -> list[Register]:
    with (facts().ontology / "identifiers.tsv").open(encoding="utf-8", newline="") as lines:
        rows = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        assert tuple(next(rows)) == Register._fields
        return [Register(*row) for row in rows]


def register_of(iri: str) -> Register | None:
    """The register that an address lies in: the longest namespace decides, so NCIT comes before obo."""
    fitting = [register for register in registers() if iri.startswith(register.namespace)]
    return max(fitting, key=lambda register: len(register.namespace), default=None)


@cache
def matches() -> tuple[tuple[str, str], ...]:
    graph = Graph()
    for folder in (facts().data, facts().ontology / "schemes"):
        for path in sorted(folder.rglob("*.ttl")):
            graph.parse(path, format="turtle")
    return tuple(
        (str(entity), str(match))
        for property_ in (SKOS.exactMatch, SKOS.closeMatch)
        for entity, match in graph.subject_objects(property_)
    )


def malformed(pairs: tuple[tuple[str, str], ...]) -> Iterator[tuple[str, str]]:
    for entity, match in pairs:
        register = register_of(match)
        if register is None or not re.fullmatch(register.pattern, match.removeprefix(register.namespace)):
            yield entity, match


@pytest.mark.parametrize("register", registers(), ids=lambda register: register.prefix)
def test_a_register_has_the_namespace_of_its_prefix_an_example_that_fits_and_kinds_that_are_there(
    register: Register,
) -> None:
    assert prefixes()[register.prefix] == register.namespace
    assert re.fullmatch(register.pattern, register.example)
    assert register.pattern.startswith("^") and register.pattern.endswith("$")
    assert register.kinds and set(register.kinds.split()) <= set(KINDS)


def test_registers_are_sorted_and_none_is_listed_twice() -> None:
    names = [register.prefix for register in registers()]
    assert names == sorted(names, key=str.lower) and len(set(names)) == len(names)


def test_every_match_in_the_data_and_the_schemes_is_a_well_formed_identifier_of_a_register() -> None:
    assert len(matches()) > 500
    assert list(malformed(matches())) == []


def test_a_match_is_with_a_register_for_its_kind_of_entity() -> None:
    for entity, match in matches():
        kind, register = split_entity(entity), register_of(match)
        assert kind and register and kind[0] in register.kinds.split(), (entity, match)


@pytest.mark.parametrize(
    "match",
    [
        "http://purl.obolibrary.org/obo/MONDO_5058",
        "http://purl.obolibrary.org/obo/MONDO:0005058",
        "https://identifiers.org/mondo:0005058",
        "http://purl.obolibrary.org/obo/NCIT_3158",
        "http://purl.obolibrary.org/obo/UBERON_0000955",
        "https://bioregistry.io/icdo:8890",
        "http://identifiers.org/unii/7RN5DR86C",
        "http://www.wikidata.org/entity/P417542",
        "https://www.wikidata.org/entity/Q417542",
        "http://purl.uniprot.org/uniprot/P3596",
    ],
)
def test_a_match_with_a_wrong_address_is_found(match: str) -> None:
    assert list(malformed(((f"{BASE}disease/x", match),))) == [(f"{BASE}disease/x", match)]


def test_the_check_of_malformed_matches_knows_the_same_registers_and_forms() -> None:
    query = (facts().shapes / "checks" / "match-malformed.rq").read_text(encoding="utf-8")
    checked = dict(re.findall(r'^    \("([^"]+)" "([^"]+)"\)$', query, re.M))
    # All of obo: is no register: NCIT, MONDO and the others lie in it.
    listed = {r.namespace: r.pattern[1:-1].replace(r"\d", "[0-9]") for r in registers() if r.prefix != "obo"}
    assert checked == listed


def test_the_check_of_matches_in_no_register_knows_the_same_registers() -> None:
    query = (facts().shapes / "checks" / "match-in-no-register.rq").read_text(encoding="utf-8")
    checked = set(re.findall(r'^      "([^"]+)"$', query, re.M))
    whole = {r.namespace for r in registers() if r.prefix != "obo"}
    (obo,) = (r for r in registers() if r.prefix == "obo")
    parts = re.fullmatch(r"\^\(([A-Z|]+)\).*", obo.pattern)
    assert parts and checked == whole | {f"{obo.namespace}{part}_" for part in parts[1].split("|")}


def numbers() -> list[dict[str, str]]:
    with (facts().ontology / "numbers.tsv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def test_every_number_that_the_data_hold_as_text_has_the_form_of_a_register_of_numbers() -> None:
    graph = Graph()
    for path in sorted((facts().data / "curated").rglob("*.ttl")):
        graph.parse(path, format="turtle")
    for property_ in {row["property"] for row in numbers()}:
        patterns = [row["pattern"] for row in numbers() if row["property"] == property_]
        held = {str(value) for value in graph.objects(None, URIRef(expand(property_)))}
        assert held and not [value for value in held if not any(re.fullmatch(each, value) for each in patterns)]


def test_registers_of_numbers_are_sorted_and_have_an_example_that_fits() -> None:
    names = [row["prefix"] for row in numbers()]
    assert names == sorted(set(names)) and not set(names) & {register.prefix for register in registers()}
    for row in numbers():
        assert re.fullmatch(row["pattern"], row["example"]), row


def test_synonyms_are_folded_and_addresses_have_no_scheme() -> None:
    for synonyms, addresses in [(row["synonyms"], row["addresses"]) for row in numbers()] + [
        (register.synonyms, register.addresses) for register in registers()
    ]:
        assert re.fullmatch(r"[a-z0-9 ]*", synonyms)
        assert all(re.match(r"[a-z0-9-]+(\.[a-z0-9-]+)+/", address) for address in addresses.split())
