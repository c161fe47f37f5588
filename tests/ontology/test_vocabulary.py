"""The ontology holds what the vocabulary, its contract, promises: each term, with its domain, and mapped up."""

from __future__ import annotations

import re
from functools import cache

import pytest
from rdflib import OWL, RDF, RDFS, SKOS, Graph, Namespace, URIRef

from loader.derive import DATE_PROPERTIES
from loader.kinds import KINDS
from loader.namespaces import expand, prefixes
from loader.places import facts

SG = Namespace(expand("sg:"))
SCHEMA = Namespace(expand("schema:"))
VOCABULARY = facts().root.parent / "shared" / "design" / "vocabulary.md"
DOMAINS = (RDFS.domain, SCHEMA.domainIncludes)
RANGES = (RDFS.range, SCHEMA.rangeIncludes)
UPWARD = (RDFS.subClassOf, SKOS.exactMatch, SKOS.closeMatch)
MAPPINGS = (*UPWARD, RDFS.subPropertyOf)

# Terms of the ontology that the vocabulary maps to nothing, because no vocabulary it names has their like.
UNMAPPED = {SG.Application}
# Terms on things that are no entity: a span, a release.
ELSEWHERE = {SG.spanSha256, SG.contentHash, SG.codeVersion, SG.validation, SG.warnings}
# Schemes of what the build writes, not of facts.
BUILT = {"change"}


@cache
def ontology() -> Graph:
    graph = Graph()
    for path in sorted(facts().ontology.glob("*.ttl")):
        graph.parse(path, format="turtle")
    return graph


def classes() -> list[URIRef]:
    return sorted(s for s in ontology().subjects(RDF.type, OWL.Class) if isinstance(s, URIRef))


def properties() -> list[URIRef]:
    kinds = (OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty)
    return sorted({s for kind in kinds for s in ontology().subjects(RDF.type, kind) if isinstance(s, URIRef)})


def vocabulary() -> str:
    if not VOCABULARY.is_file():
        pytest.skip(f"the vocabulary is not beside this checkout ({VOCABULARY})")
    return VOCABULARY.read_text(encoding="utf-8")


def named(text: str) -> set[URIRef]:
    """The terms that a text names: `sg:` and a name; `sg:…Earliest` is none."""
    return {SG[name] for name in re.findall(r"\bsg:([A-Za-z][A-Za-z0-9]*)", text)}


def rows(heading: str) -> dict[str, str]:
    """First cell and the rest of each row of the table under a heading of the vocabulary."""
    section = vocabulary().partition(f"## {heading}\n")[2].partition("\n## ")[0]
    cells = re.findall(r"^\| ([^|]+) \|(.*)\|$", section, re.M)
    return {first.strip(): rest for first, rest in cells if first.strip() not in ("subject", "kind (path)")}


def test_every_term_that_the_vocabulary_names_is_in_the_ontology() -> None:
    terms = named(vocabulary())
    assert len(terms) > 100
    assert terms - {*classes(), *properties()} == set()


def test_every_kind_of_the_vocabulary_is_a_kind_of_the_same_class() -> None:
    table = {path.strip("`"): rest for path, rest in rows("Kinds").items()}
    assert set(table) == set(KINDS)
    for path, rest in table.items():
        assert f"`{KINDS[path].cls}`" in rest.partition("|")[0], path


def test_a_property_is_for_the_class_in_whose_row_the_vocabulary_names_it() -> None:
    table = rows("Properties")
    assert set(table) <= {str(cls).removeprefix(SG) for cls in classes()}
    for subject, rest in table.items():
        above = set(ontology().transitive_objects(SG[subject], RDFS.subClassOf))
        for property_ in named(rest) - set(classes()) - ELSEWHERE:
            assert above & {d for part in DOMAINS for d in ontology().objects(property_, part)}, (subject, property_)


def test_a_property_says_what_it_is_for_and_what_its_values_are() -> None:
    for property_ in properties():
        for parts in (DOMAINS, RANGES):
            told = [node for part in parts for node in ontology().objects(property_, part)]
            assert told or (parts is DOMAINS and property_ in ELSEWHERE), property_


def test_every_date_that_the_build_bounds_has_its_earliest_and_latest_day_and_no_other_date_has() -> None:
    bounded = {
        str(p).removeprefix(SG) for p in properties() if SG[f"{str(p).removeprefix(SG)}Earliest"] in properties()
    }
    assert bounded == set(DATE_PROPERTIES)
    vague = set(ontology().subjects(SCHEMA.rangeIncludes, URIRef(expand("xsd:gYearMonth"))))
    assert {str(p).removeprefix(SG) for p in vague} == set(DATE_PROPERTIES)
    for name in DATE_PROPERTIES:
        for suffix in ("Earliest", "Latest"):
            assert ontology().value(SG[name + suffix], RDFS.range) == URIRef(expand("xsd:date"))


def test_every_class_maps_up_to_a_term_of_another_vocabulary() -> None:
    # What the class of all entities maps to says too little to count for the others.
    mapped = {cls for cls in classes() if cls == SG.Entity or any(up(term) for term in below_entity(cls))}
    assert up(SG.Entity)
    assert set(classes()) - mapped == UNMAPPED


def below_entity(cls: URIRef) -> set[URIRef]:
    return {node for node in ontology().transitive_objects(cls, RDFS.subClassOf) if node in classes()} - {SG.Entity}


def up(cls: URIRef) -> list[URIRef]:
    return [node for part in UPWARD for node in ontology().objects(cls, part) if not str(node).startswith(SG)]


def test_a_mapping_of_a_term_leads_to_a_vocabulary_that_prefixes_ttl_names_and_is_never_owl_same_as() -> None:
    namespaces = tuple(iri for prefix, iri in prefixes().items() if prefix not in ("sg", "shapes"))
    for term in (*classes(), *properties()):
        for part in MAPPINGS:
            for node in ontology().objects(term, part):
                assert str(node).startswith((*namespaces, str(SG))), (term, node)
        assert not list(ontology().objects(term, OWL.sameAs)), term


def test_every_scheme_and_every_value_that_the_vocabulary_lists_has_its_concept() -> None:
    paragraph = vocabulary().partition("Concept schemes (")[2].partition("\n\n")[0].partition(":")[2]
    listed = dict(re.findall(r"`([a-z-]+)`(?:\s+\(([^)]*)\))?", paragraph))
    files = facts().ontology / "schemes"
    assert set(listed) == {path.stem for path in files.glob("*.ttl")} - BUILT
    for scheme, values in listed.items():
        text = (files / f"{scheme}.ttl").read_text(encoding="utf-8")
        grades = "a, b, c, d, e" if values.startswith("A–E") else values
        for value in filter(None, re.split(r",\s*", grades)):
            assert f"\n<concept/{scheme}/{value}>\n" in text, (scheme, value)
