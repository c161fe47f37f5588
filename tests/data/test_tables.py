"""The curated data say what the tables say: read independently of the importer, cell by cell."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
import rdflib
from rdflib.namespace import SKOS

from loader import factbase
from loader.namespaces import BASE, expand
from loader.places import facts

RECALLED = rdflib.URIRef(f"{BASE}concept/confidence/recalled")
VERIFIED = rdflib.URIRef(f"{BASE}concept/confidence/verified")
IDENTIFIERS = {
    "chembl_id": "CHEMBL.COMPOUND",
    "drugbank_id": "drugbank",
    "rxcui": "rxnorm",
    "unii": "unii",
    "ncit": "NCIT",
    "wikidata": "wikidata",
    "pubchem_cid": "pubchem.compound",
    "mondo": "MONDO",
    "doid": "DOID",
    "orphanet": "Orphanet",
    "oncotree": "oncotree",
    "mesh": "mesh",
}


def sg(name: str) -> rdflib.URIRef:
    return rdflib.URIRef(expand(f"sg:{name}"))


def entity(kind: str, slug: str) -> rdflib.URIRef:
    return rdflib.URIRef(f"{BASE}{kind}/{slug}")


@pytest.fixture(scope="module")
def graph() -> rdflib.Graph:
    return factbase.read(facts()).data


def rows(dossier: Path, table: str) -> Iterator[dict[str, str]]:
    with (dossier / f"{table}.tsv").open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines, delimiter="\t")


def numbers(graph: rdflib.Graph, subject: rdflib.URIRef, name: str) -> list[Decimal]:
    return [Decimal(str(value)) for value in graph.objects(subject, sg(name))]


def filled(*cells: str) -> list[Decimal]:
    return [Decimal(cell) for cell in cells if cell]


def test_a_result_has_the_numbers_of_its_row_and_no_others(graph: rdflib.Graph, dossier: Path) -> None:
    cells = {
        "value": "value",
        "ciLower": "ci_low",
        "ciUpper": "ci_high",
        "ciLevel": "ci_level",
        "comparatorValue": "comparator_value",
    }
    for row in rows(dossier, "outcomes"):
        result = entity("result", f"{row['trial_slug']}-{row['row_id'].lower()}")
        for name, column in cells.items():
            assert numbers(graph, result, name) == filled(row[column]), (row["row_id"], column)
        assert numbers(graph, result, "pValue") == filled(row["p_value"].lstrip("<=>")), row["row_id"]
        operator = (re.findall("^[<>]", row["p_value"]) or ["="]) if row["p_value"] else []
        assert [str(o) for o in graph.objects(result, sg("pValueOperator"))] == operator, row["row_id"]


def corrected(graph: rdflib.Graph, name: str) -> set[str]:
    """The values that curators put in place of a table's (`onValue`), or took back (`insteadOf`)."""
    return {str(value) for note in graph.subjects(sg("insteadOf")) for value in graph.objects(note, sg(name))}


def recalled(graph: rdflib.Graph, subject: rdflib.term.Node | None, name: str) -> bool:
    """Whether a note says that this property of the subject is recalled."""
    return graph.value(rdflib.URIRef(f"{subject}#note-{name}"), sg("confidence")) == RECALLED


def test_an_approval_has_the_dates_numbers_status_and_diseases_of_its_row(graph: rdflib.Graph, dossier: Path) -> None:
    for row in rows(dossier, "approvals"):
        approval = entity("approval", f"{row['drug']}-{row['agency'].lower()}-{row['row_id'].lower()}")
        dates = {
            "decisionDate": "decision_date",
            "convertedOn": "converted_on",
            "marketWithdrawnOn": "market_withdrawn_on",
            "withdrawnOn": "withdrawn_on",
        }
        for name, column in dates.items():
            found = [str(value) for value in graph.objects(approval, sg(name))]
            assert found == [row[column]] * bool(row[column]), (row["row_id"], column)
        numbered = {str(value) for value in graph.objects(approval, sg("applicationNumber"))}
        assert numbered == set(filter(None, row["application_number"].split("|"))), row["row_id"]
        assert graph.value(approval, sg("approvalStatus")) == entity("concept", f"approval-status/{row['status']}")
        for name, column in (("disease", "disease"), ("excludes", "excludes")):
            if not row[column] and recalled(graph, graph.value(approval, sg("indication")), name):
                continue  # a curator's own statement, marked as recalled
            held = {
                o
                for population in graph.objects(approval, sg("indication"))
                for o in graph.objects(population, sg(name))
            }
            assert held == {entity("disease", part) for part in row[column].split("|") if part}, row["row_id"]


@pytest.mark.parametrize(("table", "kind"), [("drugs", "drug"), ("diseases", "disease"), ("therapies", "therapy")])
def test_an_entity_has_exactly_the_identifiers_of_its_row(
    graph: rdflib.Graph, dossier: Path, table: str, kind: str
) -> None:
    for row in rows(dossier, table):
        expected = {
            expand(f"{prefix}:{row[column].rpartition(':')[2]}")
            for column, prefix in IDENTIFIERS.items()
            if row.get(column)
        }
        found = {str(match) for match in graph.objects(entity(kind, row["slug"]), SKOS.exactMatch)}
        assert found - corrected(graph, "onValue") == expected - corrected(graph, "insteadOf"), row["slug"]


def test_confidence_is_the_row_s_and_a_recalled_row_never_looks_verified(graph: rdflib.Graph, dossier: Path) -> None:
    for table, kind in (("drugs", "drug"), ("diseases", "disease"), ("therapies", "therapy"), ("trials", "trial")):
        for row in rows(dossier, table):
            confidence = {"recalled": RECALLED, "verified": VERIFIED}[row["confidence"]]
            assert list(graph.objects(entity(kind, row["slug"]), sg("confidence"))) == [confidence], row["slug"]


def test_each_recalled_cell_that_holds_something_is_noted_as_recalled(graph: rdflib.Graph, dossier: Path) -> None:
    checked = 0
    for row in rows(dossier, "approvals"):
        approval = entity("approval", f"{row['drug']}-{row['agency'].lower()}-{row['row_id'].lower()}")
        names = {"pathway": "pathway", "status": "approvalStatus", "application_number": "applicationNumber"}
        names |= {"decision_date": "decisionDate", "indication": "indicationText"}
        for told in re.findall(r"recalled cells: ([^;]*)", row["seen_in"]):
            for column in (part.strip().split(" ")[0] for part in told.split(",")):
                if column in names and row[column]:
                    note = rdflib.URIRef(f"{approval}#note-{names[column]}")
                    assert graph.value(note, sg("confidence")) == RECALLED, (row["row_id"], column)
                    checked += 1
    assert checked > 30


def test_a_target_that_only_the_table_of_drugs_names_is_recalled(graph: rdflib.Graph, dossier: Path) -> None:
    stated = {(row["drug_slug"], row["target_symbol"]) for row in rows(dossier, "mechanisms")}
    for row in rows(dossier, "drugs"):
        for symbol in filter(None, row["target_symbols"].split("|")):
            target = graph.value(predicate=sg("hgncSymbol"), object=rdflib.Literal(symbol))
            of_drug = set(graph.subjects(sg("mechanismOf"), entity("drug", row["slug"])))
            found = [m for m in graph.subjects(sg("hasTarget"), target) if m in of_drug]
            assert found, (row["slug"], symbol)
            if (row["slug"], symbol) not in stated:
                assert all(graph.value(m, sg("confidence")) == RECALLED for m in found), (row["slug"], symbol)


def test_every_arm_of_a_trial_is_there_and_has_a_role(graph: rdflib.Graph, dossier: Path) -> None:
    for row in rows(dossier, "trials"):
        arms = set(graph.objects(entity("trial", row["slug"]), sg("hasArm")))
        assert len(arms) == len(row["arms"].split("|")), row["slug"]
        assert all((arm, sg("armRole"), None) in graph and (arm, sg("receives"), None) in graph for arm in arms)


def test_results_that_two_reports_give_differently_are_kept_and_named_as_a_disagreement(graph: rdflib.Graph) -> None:
    """One trial, population, arms, endpoint, measure and time, yet other values: both stay, and a node says so."""
    same = ("resultOf", "subgroup", "arm", "comparator", "endpoint", "measure", "timePoint")
    told = {frozenset(graph.objects(node, sg("between"))) for node in graph.subjects(sg("differsOn"))}
    by_question: dict[tuple[rdflib.term.Node | None, ...], list[rdflib.term.Node]] = {}
    for result in graph.subjects(sg("value")):
        by_question.setdefault(tuple(graph.value(result, sg(name)) for name in same), []).append(result)
    pairs = [pair for pair in by_question.values() if len(pair) > 1]
    assert len(pairs) >= 8
    for pair in pairs:
        assert frozenset(pair) in told, pair
