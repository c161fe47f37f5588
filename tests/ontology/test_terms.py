"""The ontology and its schemes say what every word means, once, and agree with the kinds and the tables."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph
import pytest
from owlrl import DeductiveClosure, OWLRL_Semantics
from rdflib import OWL, RDF, RDFS, SKOS, Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.namespace import DCTERMS

from loader.kinds import KINDS
from loader.namespaces import BASE, expand, prefixes, slug
from loader.places import facts

SG = Namespace(expand("sg:"))
SCHEMA = Namespace(expand("schema:"))
OURS = (str(SG), f"{BASE}concept/")
ERROR = URIRef("http://www.daml.org/2002/03/agents/agent-ont#error")  # what owlrl calls an inconsistency
ONTOLOGY = URIRef(f"{BASE}ontology")
FOLDER = facts().ontology
AREAS = sorted(path for path in FOLDER.glob("*.ttl") if path.name != "prefixes.ttl")
SCHEMES = sorted((FOLDER / "schemes").glob("*.ttl"))
DOSSIER = facts().root.parent / "shared" / "dossier"
TERM_TYPES = (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty)

# The words of a design cell that decide its concept; the first line that fits counts.
DESIGNS = (
    ("non randomised", "non-randomised"),
    ("pooled single arm", "pooled-single-arm"),
    ("single arm", "single-arm"),
    ("comparison", "randomised-dose-comparison"),
    ("double blind", "randomised-double-blind"),
    ("placebo controlled", "randomised-placebo-controlled"),
    ("open label", "randomised-open-label"),
)
MEASURES = {"HR": ("hazard-ratio",), "median": ("median",), "rate": ("proportion", "rate-at-time")}


def parsed(paths: list[Path]) -> Graph:
    graph = Graph()
    for path in paths:
        graph.parse(path, format="turtle")
    return graph


TERMS = parsed(AREAS)
CONCEPTS = parsed(SCHEMES)


def terms() -> list[URIRef]:
    """Every term of ours, and not the one axiom that has an address: that the kinds are disjoint."""
    named = {s for s in TERMS.subjects(RDF.type) if isinstance(s, URIRef) and s.startswith(SG)}
    return sorted(named - set(TERMS.subjects(RDF.type, OWL.AllDisjointClasses)))


def concepts() -> list[URIRef]:
    return sorted(s for s in CONCEPTS.subjects(RDF.type, SKOS.Concept) if isinstance(s, URIRef))


def as_turtle(example: str) -> str:
    declared = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in prefixes().items())
    return f"@base <{BASE}> .\n{declared}{example}"


def examples() -> Iterator[tuple[URIRef, str]]:
    for term in terms():
        yield term, str(TERMS.value(term, SKOS.example))


@pytest.mark.parametrize("path", [*AREAS, *SCHEMES, FOLDER / "prefixes.ttl"], ids=lambda path: path.name)
def test_a_file_is_turtle_to_both_parsers_and_they_read_the_same_number_of_triples(path: Path) -> None:
    strict = list(pyoxigraph.parse(path.read_bytes(), format=pyoxigraph.RdfFormat.TURTLE))
    assert len(set(strict)) == len(parsed([path]))


@pytest.mark.parametrize("path", [*AREAS, *SCHEMES], ids=lambda path: path.name)
def test_a_prefix_is_bound_to_the_iri_that_prefixes_ttl_gives(path: Path) -> None:
    declared = dict(re.findall(r"^@prefix\s+([^\s:]*):\s*<([^>]*)>", path.read_text(encoding="utf-8"), re.M))
    assert declared.items() <= prefixes().items()


def test_no_prefix_is_bound_twice() -> None:
    names = re.findall(r"^@prefix\s+([^\s:]*):", (FOLDER / "prefixes.ttl").read_text(encoding="utf-8"), re.M)
    assert len(names) == len({name.lower() for name in names})


def test_a_term_has_one_english_label_and_definition_one_example_and_says_where_it_is_defined() -> None:
    for term in terms():
        for property_ in (RDFS.label, SKOS.definition):
            texts = [text for text in TERMS.objects(term, property_) if isinstance(text, Literal)]
            assert [text.language for text in texts] == ["en"], (term, property_)
        assert len(list(TERMS.objects(term, SKOS.example))) == 1, term
        assert TERMS.value(term, RDFS.isDefinedBy) == ONTOLOGY, term


def test_a_term_is_a_class_or_one_kind_of_property_and_nothing_else() -> None:
    for term in terms():
        assert len(list(TERMS.objects(term, RDF.type))) == 1, term
        assert TERMS.value(term, RDF.type) in TERM_TYPES, term


def test_no_two_terms_share_a_label() -> None:
    by_label = defaultdict(list)
    for term in terms():
        by_label[str(TERMS.value(term, RDFS.label)).lower()].append(term)
    assert [shared for shared in by_label.values() if len(shared) > 1] == []


def test_a_term_is_defined_in_one_file_only() -> None:
    files = defaultdict(list)
    for path in AREAS:
        for subject in set(parsed([path]).subjects()):
            files[subject].append(path.name)
    assert {subject: names for subject, names in files.items() if len(names) > 1} == {}


def test_every_kind_of_entity_has_its_class_under_its_name() -> None:
    for kind in KINDS.values():
        cls = URIRef(expand(kind.cls))
        if kind.cls.startswith("sg:"):
            assert (cls, RDF.type, OWL.Class) in TERMS, kind
            assert TERMS.value(cls, RDFS.label) == Literal(kind.name, lang="en"), kind
            assert SG.Entity in TERMS.transitive_objects(cls, RDFS.subClassOf), kind


def test_every_word_of_the_ontology_that_a_term_refers_to_is_defined() -> None:
    defined = {*terms(), SG.disjointKinds, *CONCEPTS.subjects()}
    for subject, predicate, object_ in TERMS:
        for used in (subject, predicate, object_):
            if isinstance(used, URIRef) and used.startswith(OURS):
                assert used in defined, (subject, predicate, object_)


def test_the_curated_data_use_only_terms_and_concepts_that_are_defined() -> None:
    defined = {*terms(), *CONCEPTS.subjects()}
    data = parsed(sorted(facts().data.rglob("*.ttl")))
    ours = {node for triple in data for node in triple if isinstance(node, URIRef) and node.startswith(OURS)}
    assert ours - defined == set()


def test_a_property_says_what_its_values_are() -> None:
    for term in terms():
        if TERMS.value(term, RDF.type) != OWL.Class:
            ranges = [*TERMS.objects(term, RDFS.range), *TERMS.objects(term, SCHEMA.rangeIncludes)]
            assert ranges, term


def test_a_property_of_concepts_names_their_scheme_and_every_scheme_but_curation_state_is_named() -> None:
    named = {scheme for _, scheme in TERMS.subject_objects(SG.valueScheme)}
    for term in TERMS.subjects(RDFS.range, SKOS.Concept):
        assert TERMS.value(term, SG.valueScheme), term
    schemes = set(CONCEPTS.subjects(RDF.type, SKOS.ConceptScheme))
    assert schemes - named == {URIRef(f"{BASE}concept/curation-state")}


def test_an_example_is_turtle_that_uses_its_term_and_only_defined_terms_and_concepts() -> None:
    defined = {*terms(), *CONCEPTS.subjects()}
    for term, example in examples():
        graph = Graph().parse(data=as_turtle(example), format="turtle")
        used = {node for triple in graph for node in triple if isinstance(node, URIRef)}
        assert term in used, (term, example)
        ours = {node for node in used if node.startswith(OURS)}
        assert ours <= defined, (term, ours - defined)


def inconsistencies(graph: Graph) -> list[str]:
    """What a reasoner of OWL 2 RL finds to contradict itself in a graph, which it fills with all that follows."""
    DeductiveClosure(OWLRL_Semantics).expand(graph)
    return [str(error) for error in graph.objects(None, ERROR)]


def test_the_ontology_with_its_schemes_and_examples_is_consistent_under_owl_2_rl() -> None:
    graph = TERMS + CONCEPTS
    for _, example in examples():
        graph.parse(data=as_turtle(example), format="turtle")
    assert inconsistencies(graph) == []


def test_the_data_are_consistent_with_the_ontology_under_owl_2_rl() -> None:
    data = parsed(sorted(facts().data.rglob("*.ttl")))
    assert len(data) > 10_000
    assert inconsistencies(TERMS + CONCEPTS + data) == []


@pytest.mark.parametrize(
    "mistake",
    [
        "<drug/x> a sg:Drug, sg:Therapy .",
        "<drug/x> a sg:Drug ; sg:enrolled 452 .",
        "<claim/x> a sg:Claim ; sg:reportedIn <publication/x> . <trial/x> sg:hasArm <claim/x> .",
        "<regimen/x> a sg:Regimen . <approval/x> sg:approves <regimen/x> .",
        "<result/x> a sg:Result ; sg:endpoint <publication/x> . <publication/x> a sg:Publication .",
    ],
)
def test_the_reasoner_finds_a_thing_of_two_kinds_stated_or_following_from_a_property(mistake: str) -> None:
    graph = TERMS + CONCEPTS
    graph.parse(data=as_turtle(mistake), format="turtle")
    assert inconsistencies(graph)


def test_every_kind_is_disjoint_with_every_other_save_that_a_regimen_is_a_therapy() -> None:
    kinds = {URIRef(expand(kind.cls)) for kind in KINDS.values()} - {SG.Regimen}
    (members,) = TERMS.objects(SG.disjointKinds, OWL.members)
    listed = list(Collection(TERMS, members))
    assert len(listed) == len(set(listed)) and set(listed) == {*kinds, SG.Note}


@pytest.mark.parametrize("path", SCHEMES, ids=lambda path: path.stem)
def test_a_scheme_file_holds_its_scheme_and_the_concepts_of_that_scheme_only(path: Path) -> None:
    graph = parsed([path])
    scheme = URIRef(f"{BASE}concept/{path.stem}")
    assert list(graph.subjects(RDF.type, SKOS.ConceptScheme)) == [scheme]
    assert graph.value(scheme, SKOS.prefLabel) and graph.value(scheme, SKOS.definition)
    members = set(graph.subjects(RDF.type, SKOS.Concept))
    assert members and members == set(graph.subjects(SKOS.inScheme, scheme))
    assert set(graph.subjects()) == {scheme, *members}


def test_a_concept_has_one_english_label_a_definition_and_an_iri_that_fits_scheme_and_identifier() -> None:
    for concept in concepts():
        labels = [label for label in CONCEPTS.objects(concept, SKOS.prefLabel) if isinstance(label, Literal)]
        assert [label.language for label in labels] == ["en"], concept
        definitions = list(CONCEPTS.objects(concept, SKOS.definition))
        assert len(definitions) == 1 and str(definitions[0]).endswith("."), concept
        identifier = str(CONCEPTS.value(concept, DCTERMS.identifier))
        assert str(concept) == f"{BASE}concept/{identifier}"
        scheme, _, value = identifier.partition("/")
        assert CONCEPTS.value(concept, SKOS.inScheme) == URIRef(f"{BASE}concept/{scheme}")
        assert value == slug(value), concept


def test_no_two_concepts_of_a_scheme_share_a_name() -> None:
    for scheme in CONCEPTS.subjects(RDF.type, SKOS.ConceptScheme):
        names = [
            str(name).lower()
            for concept in CONCEPTS.subjects(SKOS.inScheme, scheme)
            for property_ in (SKOS.prefLabel, SKOS.altLabel)
            for name in CONCEPTS.objects(concept, property_)
        ]
        assert len(names) == len(set(names)), scheme


def test_a_broader_concept_is_one_of_the_same_scheme_and_no_concept_is_broader_than_itself() -> None:
    for concept, broader in CONCEPTS.subject_objects(SKOS.broader):
        assert CONCEPTS.value(broader, SKOS.inScheme) == CONCEPTS.value(concept, SKOS.inScheme), concept
        assert concept not in CONCEPTS.transitive_objects(broader, SKOS.broader), concept


def test_an_exact_match_belongs_to_one_concept_and_nothing_is_owl_same_as() -> None:
    matches = [match for _, match in CONCEPTS.subject_objects(SKOS.exactMatch)]
    assert len(matches) == len(set(matches))
    assert not list((TERMS + CONCEPTS).triples((None, OWL.sameAs, None)))


def column(table: str, name: str) -> list[str]:
    """The values of a column of the dossier, split at `|`."""
    if not DOSSIER.is_dir():
        pytest.skip(f"the dossier is not beside this checkout ({DOSSIER})")
    with (DOSSIER / table).open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    return [value for row in rows for value in row[name].split("|") if value]


def values(scheme: str) -> set[str]:
    head = f"{BASE}concept/{scheme}/"
    return {concept.removeprefix(head) for concept in concepts() if concept.startswith(head)}


@pytest.mark.parametrize(
    ("table", "name", "scheme"),
    [
        ("drugs.tsv", "modality", "modality"),
        ("drugs.tsv", "drug_class", "drug-class"),
        ("drugs.tsv", "route", "route"),
        ("drugs.tsv", "confidence", "confidence"),
        ("mechanisms.tsv", "action", "action"),
        ("trials.tsv", "phase", "phase"),
        ("outcomes.tsv", "endpoint", "endpoint"),
        ("approvals.tsv", "pathway", "pathway"),
        ("approvals.tsv", "expedited", "expedited"),
        ("approvals.tsv", "status", "approval-status"),
        ("approvals.tsv", "line", "line"),
        ("applications.tsv", "stage", "application-stage"),
        ("publications.tsv", "kind", "publication-type"),
        ("claims_evidence.tsv", "stance", "stance"),
        ("seed_claims.tsv", "check", "verdict"),
    ],
)
def test_every_value_of_a_controlled_column_has_its_concept(table: str, name: str, scheme: str) -> None:
    words = {re.sub(r"\s*\([^)]*\)", "", value) for value in column(table, name)}
    if scheme == "endpoint":
        words = {re.sub(r" at \d+ (weeks|months)$", "", word) for word in words}
    if scheme == "verdict":
        words = {word.partition(":")[0] for word in words}
    assert {slug(word) for word in words} <= values(scheme)


def test_every_measure_of_the_outcomes_has_its_concepts() -> None:
    for word in set(column("outcomes.tsv", "measure")):
        assert set(MEASURES[word]) <= values("measure")


def test_every_design_of_a_trial_comes_under_one_general_design() -> None:
    for cell in set(column("trials.tsv", "design")):
        fitting = [concept for words, concept in DESIGNS if words in cell.replace(",", "")]
        assert fitting and fitting[0] in values("design"), cell
