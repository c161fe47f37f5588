"""Each shape and check, shown by examples that differ in one fact: one that holds and one that does not.

The data graph of an example is the ontology with its schemes, the example world of tests/world and the example.
"""

import re
from functools import cache
from pathlib import Path

import pytest
import rdflib
from rdflib.namespace import RDF, RDFS, SH

from loader import turtle
from loader.derive import derive
from loader.factbase import Factbase, read_shapes
from loader.namespaces import compress, expand
from loader.places import facts
from loader.validation import Report, lint, validate

HERE = Path(__file__).resolve().parent
WORLD = sorted((HERE.parent / "world").glob("*.ttl"))
VALID = sorted(HERE.glob("*/valid/*.ttl"))
INVALID = sorted(HERE.glob("*/invalid/*.ttl"))

SHAPES = read_shapes(facts())
CHECKS = Factbase(facts(), {}).checks


def name(path: Path) -> str:
    return f"{path.parent.parent.name}/{path.parent.name}/{path.stem}"


@cache
def read(path: Path) -> rdflib.Graph:
    return turtle.read(path).graph


@cache
def ground() -> rdflib.Graph:
    """The ontology, its schemes, and the example world, with what the build derives."""
    ontology = facts().ontology
    terms = [path for path in sorted(ontology.glob("*.ttl")) if path.name != "prefixes.ttl"]
    graph = rdflib.Graph()
    for path in (*terms, *sorted((ontology / "schemes").glob("*.ttl")), *WORLD):
        graph += read(path)
    for triple in derive(graph):
        graph.add(triple)
    return graph


def judged(path: Path | None = None) -> Report:
    """The report on the example world with one example in it."""
    data = ground()
    example = [triple for triple in read(path) if triple not in data] if path else []
    derived = []
    try:
        data += example
        derived = derive(data)
        data += derived
        return validate(data, SHAPES, CHECKS, lambda subject, predicate, object_: None)
    finally:
        for triple in (*example, *derived):
            data.remove(triple)


def violated(report: Report) -> set[str]:
    return {compress(fault.shape) or fault.shape for fault in report.faults}


def announced(path: Path) -> set[str]:
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    match = re.fullmatch(r"# violates: (.+)", first)
    assert match, f"{name(path)} does not say in its first line what it violates"
    return set(match[1].split())


def test_the_example_world_is_valid() -> None:
    assert judged().lines() == []


@pytest.mark.parametrize("path", VALID, ids=name)
def test_a_valid_example_has_no_fault(path: Path) -> None:
    assert judged(path).lines() == []


@pytest.mark.parametrize("path", INVALID, ids=name)
def test_an_invalid_example_violates_exactly_what_it_names(path: Path) -> None:
    report = judged(path)
    assert violated(report) == announced(path), "\n".join(report.lines())


@pytest.mark.parametrize("path", INVALID, ids=name)
def test_an_invalid_example_differs_from_a_valid_one_in_one_fact(path: Path) -> None:
    differences = [_difference(read(path), read(other)) for other in VALID if other.parent.parent == path.parent.parent]
    assert any(added <= 1 and removed <= 1 for added, removed in differences)


def _difference(left: rdflib.Graph, right: rdflib.Graph) -> tuple[int, int]:
    """How many facts only one has; an address that only one uses counts as the same, so that a renaming is one fact."""
    shared = {node for triple in left for node in triple} & {node for triple in right for node in triple}

    def told(graph: rdflib.Graph) -> set[tuple[object, ...]]:
        return {tuple(node if node in shared or isinstance(node, rdflib.Literal) else "" for node in t) for t in graph}

    return len(told(left) - told(right)), len(told(right) - told(left))


def constraining() -> set[str]:
    """The shapes that can be violated: they are reached from a class and constrain something themselves."""
    told = {SH.name, SH.message, SH.severity, SH.description}
    silent = told | {RDF.type, SH.property, SH.path, SH.targetClass, SH.flags}
    reached = set(SHAPES.subjects(SH.targetClass, None)) | set(SHAPES.objects(None, SH.property))
    return {compress(str(s)) or str(s) for s in reached if set(SHAPES.predicates(s, None)) - silent}


def test_every_shape_and_every_check_has_an_invalid_example() -> None:
    shown = set().union(*map(announced, INVALID))
    assert (constraining() | {f"check:{path.stem}" for path in CHECKS}) - shown == set()


def test_every_class_of_the_ontology_has_a_shape_and_a_valid_example() -> None:
    terms = ground()
    classes = {c for c in terms.subjects(RDFS.subClassOf, None) if str(c).startswith(expand("sg:"))}
    assert classes - set(SHAPES.objects(None, SH.targetClass)) == set()
    used = set().union(*(set(read(path).objects(None, RDF.type)) for path in VALID))
    assert classes - used == set()


def test_the_shapes_are_well_written() -> None:
    assert lint(SHAPES).lines() == []


def test_every_property_and_class_that_a_shape_names_is_defined_or_from_another_vocabulary() -> None:
    named = {term for part in (SH.path, SH.targetClass, SH["class"]) for term in SHAPES.objects(None, part)}
    ours = {term for term in named if str(term).startswith(expand("sg:"))}
    assert ours - set(ground().subjects(RDFS.isDefinedBy, None)) == set()


def test_every_property_of_the_ontology_that_data_use_has_a_shape() -> None:
    domains = (RDFS.domain, rdflib.URIRef(expand("schema:domainIncludes")))
    terms = {term for part in domains for term in ground().subjects(part, None)}
    derived = {term for term in terms if str(term).endswith(("Earliest", "Latest"))}
    # A note may be on any value, and in stead of any; it is properties, not data, that take values from a scheme.
    free = {rdflib.URIRef(expand(term)) for term in ("sg:onValue", "sg:insteadOf", "sg:valueScheme")}
    assert terms - derived - set(SHAPES.objects(None, SH.path)) - free == set()
