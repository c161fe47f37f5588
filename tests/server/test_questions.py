"""The questions that the graph must answer: each has an example query, and its answer is what the tables say."""

import csv
import io
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from pyoxigraph import QuerySolutions, parse

from loader import store
from loader.build import build
from loader.places import facts
from server import queries
from server.serving import Serving

pytest_plugins = ["pages_fixtures"]

BASE = "https://w3id.org/sarcograph/"
ROOT = Path(__file__).resolve().parents[2]
DESIGN = ROOT.parent / "shared/design/questions.md"
QUESTIONS = {
    1: "which-drugs-are-in-the-graph-for-leiomyosarcoma-and-in-which-role",
    2: "what-other-names-brands-and-codes-does-trabectedin-have",
    3: "what-does-pazopanib-act-on-and-how",
    4: "which-drugs-are-approved-by-the-fda-for-any-soft-tissue-sarcoma-since-when-for-exactly-what",
    5: "which-approvals-does-the-ema-or-the-pmda-have-that-the-fda-does-not-and-the-reverse",
    6: "which-trials-enrolled-patients-with-liposarcoma-and-what-were-their-arms",
    7: "what-was-the-primary-outcome-of-a-trial-and-was-it-met",
    8: "what-is-the-median-survival-in-each-arm-of-a-trial-with-interval-and-p",
    9: "which-publication-says-so-and-where",
    10: "which-drugs-share-a-target-with-pazopanib",
    11: "how-does-eribulin-compare-with-dacarbazine-in-liposarcoma-and-how-in-leiomyosarcoma",
    12: "which-approvals-were-accelerated-or-conditional-and-what-became-of-them",
    13: "what-was-approved-for-epithelioid-sarcoma-on-a-day",
    14: "which-claims-of-the-source-page-are-contradicted-by-evidence-and-by-what-exactly",
    15: "which-claims-are-imprecise-and-why",
    16: "which-claims-or-approvals-rest-on-one-single-arm-study-or-on-fewer-than-50-patients",
    17: "which-sarcoma-subtypes-have-no-approved-drug-of-their-own",
    18: "how-long-from-a-trials-primary-completion-to-the-approval-it-supported",
    19: "which-results-of-the-same-trial-differ-between-two-publications-and-how",
    20: "which-local-therapies-exist-for-disease-in-one-organ-and-how-does-each-work",
    21: "which-statements-in-the-graph-are-recalled-rather-than-verified",
    22: "how-do-options-for-pretreated-leiomyosarcoma-rank-by-hazard-ratio-for-progression",
    23: "which-drugs-moved-to-approval-on-overall-survival-and-which-on-progression-or-response",
    24: "what-changed-between-two-releases-for-a-given-drug",
}
TODAY = date.today().isoformat()
Row = dict[str, str]


def answer(served: Serving, number: int, **bound: Any) -> list[Row]:
    """The rows of the answer to a question."""
    query = queries.read(f"examples/{QUESTIONS[number]}")
    text = (query.bind(**bound) if bound else query).text
    return list(csv.DictReader(io.StringIO(served.asker.run(text, "text/csv", reserved=True).body.decode("utf-8"))))


def table(dossier: Path, name: str) -> list[Row]:
    """The rows of one table of the dossier."""
    with (dossier / f"{name}.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def slug(iri: str) -> str:
    return iri.rsplit("/", 1)[-1]


def approval(row: Row) -> str:
    """The slug that an approval of the table has: trabectedin-fda-a005."""
    return f"{row['drug']}-{row['agency']}-{row['row_id']}".lower()


def earliest_and_latest(value: str) -> tuple[str, str]:
    """The first and the last day that 2025-07 can mean."""
    year, *rest = value.split("-")
    if len(rest) == 2:
        return value, value
    if rest:
        last = {"02": "29" if int(year) % 4 == 0 else "28"}.get(rest[0], "30" if rest[0] in "04 06 09 11" else "31")
        return f"{value}-01", f"{value}-{last}"
    return f"{year}-01-01", f"{year}-12-31"


def in_force(row: Row, day: str) -> bool:
    decided = bool(row["decision_date"]) and earliest_and_latest(row["decision_date"])[1] <= day
    return decided and not (row["withdrawn_on"] and earliest_and_latest(row["withdrawn_on"])[0] <= day)


class Diseases:
    """The tree of diseases of the table."""

    def __init__(self, dossier: Path) -> None:
        rows = table(dossier, "diseases")
        self.parents = {row["slug"]: [name for name in row["broader"].split("|") if name] for row in rows}
        self.labels = {row["slug"]: row["label"] for row in rows}

    def above(self, disease: str) -> set[str]:
        """A disease and everything above it."""
        return {disease}.union(*(self.above(parent) for parent in self.parents[disease]))

    def reach(self, row: Row, disease: str) -> str:
        """How an approval reaches a disease: its own, inherited, tumour-agnostic, or not at all (empty)."""
        named = {name for name in row["disease"].split("|") if name}
        if self.above(disease) & set(row["excludes"].split("|")):
            return ""
        if row["tumour_agnostic"] == "true":
            return "tumour-agnostic"  # the diseases that it names are examples
        if disease in named:
            return "its own"
        if self.above(disease) & named:
            return "inherited from a wider disease"
        return ""


@pytest.fixture(scope="module")
def diseases(dossier: Path) -> Diseases:
    return Diseases(dossier)


@pytest.fixture(scope="module")
def approvals(dossier: Path) -> list[Row]:
    """The table's rows, with the one exclusion that curators added and marked as recalled."""
    rows = table(dossier, "approvals")
    return [row | {"excludes": "liposarcoma"} if row["row_id"] == "A010" else row for row in rows]


@pytest.fixture(scope="module")
def outcomes(dossier: Path) -> list[Row]:
    return table(dossier, "outcomes")


def test_every_question_has_a_query_and_every_query_a_question() -> None:
    assert set(queries.names("examples")) == {f"examples/{name}" for name in QUESTIONS.values()}
    assert len(set(QUESTIONS.values())) == len(QUESTIONS)


def test_the_questions_are_those_of_the_design() -> None:
    if not DESIGN.is_file():
        pytest.skip("the list of questions is not in this checkout")
    asked = re.findall(r"^(\d+)\. ", DESIGN.read_text(encoding="utf-8"), re.M)
    assert {int(number) for number in asked} == QUESTIONS.keys()


@pytest.mark.parametrize("number", QUESTIONS)
def test_no_row_of_an_answer_comes_twice(number: int, served: Serving) -> None:
    rows = [tuple(row.items()) for row in answer(served, number)]
    assert len(rows) == len(set(rows))


@pytest.mark.parametrize("disease", ["leiomyosarcoma", "liposarcoma", "gist", "synovial-sarcoma"])
def test_drugs_approved_for_a_disease_are_told_apart_by_how_they_reach_it(
    disease: str, served: Serving, dossier: Path, approvals: list[Row], diseases: Diseases
) -> None:
    names = {row["slug"]: row["inn"] for row in table(dossier, "drugs")}
    expected = {
        ("approved" if in_force(row, TODAY) else "formerly approved", names[row["drug"]], diseases.reach(row, disease))
        for row in approvals
        if diseases.reach(row, disease)
    }
    rows = answer(served, 1, disease=queries.iri(f"{BASE}disease/{disease}"))
    found = {(row["role"], row["drugName"], row["link"]) for row in rows if "approved" in row["role"]}
    assert {key for key in found if key[2] != "a narrower disease"} == expected


def test_a_drug_in_both_arms_of_a_trial_is_tested_and_compared(served: Serving) -> None:
    rows = answer(served, 1)
    roles = {(row["role"], row["drugName"]) for row in rows if row["link"] == "its own" and "LMS-04" in row["where"]}
    assert roles == {("tested", "trabectedin"), ("tested", "doxorubicin"), ("compared", "doxorubicin")}
    assert not [row for row in rows if row["role"] == "not curated"]


def test_names_brands_and_codes_of_a_drug(served: Serving, dossier: Path) -> None:
    (row,) = (row for row in table(dossier, "drugs") if row["slug"] == "trabectedin")
    found = " ".join(" ".join(cells.values()) for cells in answer(served, 2))
    for column in ("inn", "chembl_id", "drugbank_id", "rxcui", "unii", "wikidata", "pubchem_cid", "atc"):
        assert row[column] in found
    assert all(brand.lower() in found.lower() for brand in row["brand_us"].split("|"))


def test_targets_and_actions_of_a_drug_and_who_shares_them(served: Serving, dossier: Path) -> None:
    mechanisms = table(dossier, "mechanisms")
    mine = {row["target_symbol"] for row in mechanisms if row["drug_slug"] == "pazopanib"}
    assert {row["target"] for row in answer(served, 3)} == mine
    stated = {(row["drug_slug"], row["target_symbol"]) for row in mechanisms}
    surplus = {(row["slug"], name) for row in table(dossier, "drugs") for name in row["target_symbols"].split("|")}
    shared = {(drug, name) for drug, name in stated | surplus if drug != "pazopanib" and name in mine - {""}}
    rows = answer(served, 10)
    assert {(slug(row["other"]), row["targetName"]) for row in rows} == shared
    only_listed = [row for row in rows if (slug(row["other"]), row["targetName"]) not in stated]
    assert all(row["confidence"] == "recalled" for row in only_listed)


def test_approvals_of_the_fda_for_any_soft_tissue_sarcoma(
    served: Serving, approvals: list[Row], diseases: Diseases
) -> None:
    root = "soft-tissue-tumor"
    named = {
        (approval(row), row["decision_date"])
        for row in approvals
        if row["agency"] == "FDA" and in_force(row, TODAY) and not row["tumour_agnostic"]
        if any(root in diseases.above(name) for name in row["disease"].split("|") if name)
    }
    rows = answer(served, 4)
    assert {(slug(row["approval"]), row["decisionDate"]) for row in rows if row["reach"] == "names it"} == named
    agnostic = {slug(row["approval"]) for row in rows if row["reach"] == "tumour-agnostic"}
    assert agnostic == {approval(row) for row in approvals if row["agency"] == "FDA" and row["tumour_agnostic"]}
    assert len(rows) == len(named) + len(agnostic)


def lacking(approvals: list[Row], diseases: Diseases) -> Iterator[tuple[str, str, str, str]]:
    """What one agency approves a drug for and the other does not: agency, other agency, approval, disease."""
    current = [row for row in approvals if in_force(row, TODAY) and (row["disease"] or row["tumour_agnostic"])]
    for has, lacks in (("EMA", "FDA"), ("PMDA", "FDA"), ("FDA", "EMA"), ("FDA", "PMDA")):
        for row in (row for row in current if row["agency"] == has):
            others = [other for other in current if other["agency"] == lacks and other["drug"] == row["drug"]]
            named = row["disease"].split("|")
            left_out = {name for other in others for name in other["excludes"].split("|") if name} - set(named)
            left_out = {name for name in left_out if diseases.above(name) & set(named) and diseases.reach(row, name)}
            for disease in [*named, *left_out]:
                if disease and any(diseases.reach(other, disease) for other in others):
                    continue
                if not disease and any(other["tumour_agnostic"] for other in others):
                    continue
                yield has, lacks, approval(row), diseases.labels.get(disease, "any solid tumour (tumour-agnostic)")


def test_approvals_of_one_agency_that_the_graph_does_not_hold_for_the_other(
    served: Serving, approvals: list[Row], diseases: Diseases
) -> None:
    rows = answer(served, 5)
    keys = ("approvedBy", "notInTheGraphFor", "approval", "diseaseName")
    found = [tuple(slug(row[key]) if key == "approval" else row[key] for key in keys) for row in rows]
    assert sorted(found) == sorted(lacking(approvals, diseases))
    assert ("EMA", "FDA", "trabectedin-ema-a007", "Soft tissue sarcoma") in found
    excluded = {(row["approvedBy"], row["drugName"], row["diseaseName"]) for row in rows if "excludes" in row["why"]}
    assert ("PMDA", "pazopanib", "Liposarcoma") in excluded


def test_trials_that_enrolled_liposarcoma(served: Serving, dossier: Path) -> None:
    rows = {slug(row["trial"]): row for row in answer(served, 6)}
    naming = {
        row["slug"] for row in table(dossier, "trials") if re.search(r"liposarcoma|MRCLS", row["population"], re.I)
    }
    close = {"names the disease", "names a narrower disease"}
    assert {name for name, row in rows.items() if row["link"] in close} == naming
    assert rows["t-sar"]["link"] == "reports it as a subgroup"
    assert "palette" not in rows, "it left liposarcoma out"
    assert rows["jp-trabectedin-trs"]["link"] == "not curated"
    assert all(row["arms"] for row in rows.values())
    wider = answer(served, 6, disease=queries.iri(f"{BASE}disease/soft-tissue-sarcoma"))
    (row,) = (row for row in wider if slug(row["trial"]) == "study-309")
    assert row["subgroups"] == "leiomyosarcoma | liposarcoma"


def test_the_primary_outcome_of_a_trial_was_not_met_and_that_of_another_is_not_curated(served: Serving) -> None:
    rows = answer(served, 7)
    assert {(row["endpoint"], row["met"]) for row in rows} == {("overall survival", "false")}
    assert {(row["measure"], row["value"], row["analysis"]) for row in rows} == {
        ("median", "12.4", "interim analysis"),
        ("hazard ratio", "0.87", "interim analysis"),
        ("median", "13.7", "final analysis"),
        ("hazard ratio", "0.93", "final analysis"),
    }
    rows = answer(served, 7, trial=queries.iri(f"{BASE}trial/announce"))
    assert {row["participants"] for row in rows} == {"", "leiomyosarcoma"}
    (row,) = answer(served, 7, trial=queries.iri(f"{BASE}trial/geddis"))
    assert (float(row["timePoint"]), slug(row["timePointUnit"])) == (24, "WK")
    (row,) = answer(served, 7, trial=queries.iri(f"{BASE}trial/motion"))
    assert row["trialName"] == "MOTION" and (row["endpoint"] == "not curated" or row["value"])


@pytest.mark.parametrize("trial", ["study-309", "palette", "lms-04", "jgdg"])
def test_median_survival_in_each_arm(trial: str, served: Serving, outcomes: list[Row]) -> None:
    expected = set()
    for row in outcomes:
        if row["trial_slug"] == trial and row["endpoint"] in ("OS", "PFS") and row["measure"] == "median":
            name = f"{trial}-{row['row_id']}".lower()
            expected |= {(name, float(row[key])) for key in ("value", "comparator_value") if row[key]}
    rows = answer(served, 8, trial=queries.iri(f"{BASE}trial/{trial}"))
    assert {(slug(row["result"]), float(row["median"])) for row in rows} == expected
    assert all(row["armName"] for row in rows)


def test_median_survival_that_is_not_curated_and_arms_that_differ_by_schedule(served: Serving) -> None:
    (row,) = answer(served, 8, trial=queries.iri(f"{BASE}trial/defi"))
    assert (row["endpoint"], row["median"]) == ("not curated", "")
    rows = answer(served, 8, trial=queries.iri(f"{BASE}trial/sts-201"))
    assert "trabectedin 1.5 mg/m2 24 h q3w" in {row["armName"] for row in rows}


def test_the_publication_behind_each_result(served: Serving, dossier: Path, outcomes: list[Row]) -> None:
    rows = answer(served, 9)
    mine = [row for row in outcomes if row["trial_slug"] == "et743-sar-3007"]
    assert len(rows) == len(mine)
    pmids = {row["publication"].removeprefix("PMID:") for row in mine if row["publication"].startswith("PMID:")}
    assert {row["pmid"] for row in rows} - {""} == pmids
    assert {row["doi"] for row in rows} - {""} <= {row["doi"] for row in table(dossier, "publications")}
    assert all(row["locator"] for row in rows) and any(row["note"] for row in rows)


def test_eribulin_against_dacarbazine_by_subtype(served: Serving, outcomes: list[Row]) -> None:
    expected = sorted(
        (row["population/subgroup"], float(row["value"]))
        for row in outcomes
        if row["trial_slug"] == "study-309" and row["population/subgroup"] in ("liposarcoma", "leiomyosarcoma")
    )
    rows = answer(served, 11)
    assert sorted((row["disease"].lower(), float(row["eribulin"])) for row in rows) == expected
    median = {"disease": "Liposarcoma", "endpoint": "overall survival", "measure": "median"}
    (row,) = (row for row in rows if median.items() <= row.items())
    assert (row["comparatorCiLower"], row["comparatorCiUpper"]) == ("5.2", "10.1")


def test_accelerated_and_conditional_approvals_and_their_ends(served: Serving, approvals: list[Row]) -> None:
    pathways = {"accelerated", "conditional", "exceptional-circumstances"}
    label = {row["row_id"]: f"{row['agency']} {row['decision_date']}" for row in approvals}
    expected = sorted(
        (label[row["row_id"]], row["status"], row["converted_on"], row["withdrawn_on"], in_force(row, TODAY))
        for row in approvals
        if row["pathway"] in pathways
    )
    found = sorted(
        (
            f"{row['approvalName'].split()[0]} {row['decisionDate']}",
            row["status"],
            row["convertedOn"],
            row["withdrawnOn"],
            row["inForce"] == "true",
        )
        for row in answer(served, 12)
    )
    assert found == expected


DAYS = ["2007-09-16", "2007-09-17", "2017-06-01", "2020-01-22", "2020-01-23", "2023-06-01", "2025-07-30", "2025-07-31"]


@pytest.mark.parametrize("day", [*DAYS, "2026-06-21", "2026-06-22", "2026-11-01"])
@pytest.mark.parametrize("disease", ["epithelioid-sarcoma", "liposarcoma", "plexiform-neurofibroma"])
def test_what_was_in_force_on_any_day(
    day: str, disease: str, served: Serving, approvals: list[Row], diseases: Diseases
) -> None:
    expected = {
        (approval(row), diseases.reach(row, disease))
        for row in approvals
        if in_force(row, day) and diseases.reach(row, disease)
    }
    rows = answer(
        served, 13, disease=queries.iri(BASE + "disease/" + disease), day=queries.text(day), laterDay=queries.text(day)
    )
    assert {row["onDay"] for row in rows} <= {day}
    assert {(slug(row["approval"]), row["link"]) for row in rows if row["inForce"] == "true"} == expected


def test_tazemetostat_was_in_force_in_2023_and_no_more_in_2026_by_a_recalled_date(served: Serving) -> None:
    own = {row["onDay"]: row for row in answer(served, 13) if row["link"] == "its own"}
    assert {day: row["inForce"] for day, row in own.items()} == {"2023-06-01": "true", "2026-11-01": "false"}
    assert own["2026-11-01"]["withdrawnOn"] == "2026-06-22"
    assert "withdrawnOn" in own["2026-11-01"]["recalled"].split()


@pytest.mark.parametrize(("number", "verdict"), [(14, "contradicted"), (15, "imprecise")])
def test_claims_by_verdict(number: int, verdict: str, served: Serving, dossier: Path) -> None:
    expected = {
        f"seed-{row['id'].lower()}" for row in table(dossier, "seed_claims") if row["check"].startswith(verdict)
    }
    assert {slug(row["claim"]) for row in answer(served, number)} == expected


def test_approvals_that_rest_on_little_evidence(served: Serving, approvals: list[Row]) -> None:
    rows = {slug(row["item"]): row for row in answer(served, 16)}
    small = {name for name, row in rows.items() if "fewer than 50" in row["why"]}
    assert small == {
        "afamitresgene-autoleucel-fda-a023",
        "atezolizumab-fda-a021",
        "crizotinib-fda-a020",
        "nab-sirolimus-fda-a016",
    }
    assert rows["crizotinib-fda-a020"]["participants"] == "21"
    assert rows["atezolizumab-fda-a021"]["participants"] == "49"
    assert {rows[f"mirdametinib-{name}"]["participants"] for name in ("fda-a032", "ema-a083")} == {"114"}
    assert {rows[f"avapritinib-{name}"]["participants"] for name in ("fda-a043", "ema-a044")} == {""}
    assert rows["tazemetostat-fda-a015"]["why"] == "one single-arm study"
    with_indication = {approval(row) for row in approvals if row["disease"] or row["tumour_agnostic"]}
    assert {name for name, row in rows.items() if row["kind"] == "approval"} <= with_indication
    assert not {"trabectedin-fda-a005", "pazopanib-fda-a009", "eribulin-fda-a001"} & rows.keys()


def test_subtypes_without_an_approved_drug_of_their_own(
    served: Serving, approvals: list[Row], diseases: Diseases
) -> None:
    current = [row for row in approvals if in_force(row, TODAY)]
    settings = {"stage-iv-soft-tissue-sarcoma", "recurrent-soft-tissue-sarcoma"}
    without = {
        name
        for name in diseases.parents.keys() - settings
        if (diseases.above(name) - {name}) & {"soft-tissue-tumor", "sarcoma"}
        if "its own" not in {diseases.reach(row, name) for row in current}
    }
    rows = {slug(row["disease"]): row for row in answer(served, 17)}
    assert rows.keys() == without and "epithelioid-sarcoma" in without
    assert all(row["ownApprovals"] == "0" for row in rows.values())
    assert rows["epithelioid-sarcoma"]["formerlyOwn"] == "tazemetostat (FDA until 2026-06-22 [recalled])"
    for name, row in rows.items():
        for column, reach in (("inherited", "inherited from a wider disease"), ("tumourAgnostic", "tumour-agnostic")):
            drugs = {found["drug"] for found in current if diseases.reach(found, name) == reach}
            assert len([entry for entry in row[column].split("; ") if entry]) == len(drugs), (name, column)


def test_months_from_completion_to_approval(served: Serving, dossier: Path, approvals: list[Row]) -> None:
    rows = answer(served, 18)
    assert {slug(row["approval"]) for row in rows} == {
        approval(row) for row in approvals if row["disease"] or row["tumour_agnostic"]
    }
    assert all(bool(row["monthsAtLeast"]) != bool(row["notCurated"]) for row in rows)
    completions = {row["primary_completion"] for row in table(dossier, "trials")}
    for row in (row for row in rows if row["monthsAtLeast"]):
        assert row["primaryCompletion"] in completions
        completed, decided = (date.fromisoformat(row[key]) for key in ("primaryCompletion", "decisionDate"))
        assert abs((decided - completed).days / 30.44 - float(row["monthsAtLeast"])) < 0.2
    (fda,) = (row for row in rows if slug(row["approval"]) == "eribulin-fda-a001")
    assert (fda["monthsAtLeast"], fda["monthsAtMost"]) == ("12.9", "12.9")


def test_no_two_results_of_a_trial_differ_without_being_on_record(served: Serving, outcomes: list[Row]) -> None:
    """The same trial, participants, arms, endpoint and measure: words in parentheses and the analysis aside."""
    seen: dict[tuple[str, ...], list[str]] = {}
    for row in outcomes:
        who = re.sub(r", (interim|final|long-term)$", "", re.sub(r" \(.*\)$", "", row["population/subgroup"]))
        key = (row["trial_slug"], who, row["arm"], row["comparator"], row["endpoint"], row["measure"])
        seen.setdefault(key, []).append(f"{row['trial_slug']}-{row['row_id']}".lower())
    pairs = {pair for names in seen.values() for pair in combinations(sorted(names), 2)}
    found = {tuple(sorted((slug(row["one"]), slug(row["other"])))) for row in answer(served, 19)}
    assert pairs <= found
    assert ("et743-sar-3007-o016", "et743-sar-3007-o120") in pairs


def test_local_therapies_for_one_organ(served: Serving, dossier: Path) -> None:
    parents = {row["slug"]: row["broader"].split("|") for row in table(dossier, "therapies")}

    def is_local(name: str) -> bool:
        return name == "local-therapy" or any(is_local(parent) for parent in parents.get(name, []))

    rows = answer(served, 20)
    assert all(row["definition"] for row in rows)
    found = {slug(row["therapy"]) for row in rows}
    assert all(is_local(name) for name in found)
    assert {"cryoablation", "radiofrequency-ablation", "radioembolization", "bland-embolization"} <= found


def test_everything_recalled_in_the_files_is_listed(served: Serving) -> None:
    """One row for each recalled entity or cell, and for each value where the note on a cell names values."""
    triples = [triple for path in (ROOT / "data").rglob("*.ttl") for triple in parse(path=path)]
    recalled = [
        triple.subject
        for triple in triples
        if (triple.predicate.value, triple.object.value)
        == (f"{BASE}ontology#confidence", f"{BASE}concept/confidence/recalled")
    ]
    values = Counter(triple.subject for triple in triples if triple.predicate.value == f"{BASE}ontology#onValue")
    assert len(answer(served, 21)) == sum(max(1, values[subject]) for subject in recalled)


def test_the_ranking_for_pretreated_leiomyosarcoma(served: Serving, outcomes: list[Row]) -> None:
    trials = {"et743-sar-3007", "study-309", "palette"}
    expected = sorted(
        (float(row["value"]), f"{row['trial_slug']}-{row['row_id']}".lower())
        for row in outcomes
        if row["trial_slug"] in trials and (row["endpoint"], row["measure"]) == ("PFS", "HR")
        if row["comparator"] in ("dacarbazine", "placebo") and row["population/subgroup"] != "liposarcoma"
    )
    rows = answer(served, 22)
    assert [(float(row["hazardRatio"]), slug(row["result"])) for row in rows] == expected
    assert [(row["option"], row["hazardRatio"]) for row in rows if row["counted"] == "subgroup"] == [
        ("trabectedin", "0.57"),
        ("eribulin", "1.07"),
    ]
    assert all(row["population"] and row["pretreatment"] for row in rows)
    assert {row["link"] for row in rows if row["trialName"] == "PALETTE"} == {"a wider disease"}
    assert all(not {"endpointMet", "endpointRole"} & set(row["recalled"].split()) for row in rows)


def test_progression_of_pretreated_gist_and_of_desmoid_tumours_without_stated_pretreatment(served: Serving) -> None:
    gist = answer(served, 22, disease=queries.iri(f"{BASE}disease/gist"))
    assert ("sunitinib", "time to progression", "imatinib") in {
        (row["option"], row["endpoint"], row["pretreatment"]) for row in gist
    }
    desmoid = answer(served, 22, disease=queries.iri(f"{BASE}disease/desmoid-tumor"))
    stated = [row["pretreatment"] != "not curated" for row in desmoid]
    assert "nirogacestat" in {row["option"] for row in desmoid} and not all(stated)
    assert stated == sorted(stated, reverse=True)
    sarcoma = answer(served, 22, disease=queries.iri(f"{BASE}disease/soft-tissue-sarcoma"))
    assert not any(row["pretreatment"].startswith("no ") for row in sarcoma)


def test_on_what_drugs_moved_to_approval(served: Serving) -> None:
    rows = {(row["drugName"], row["trialName"]): row for row in answer(served, 23)}
    assert "overall survival" in rows["eribulin", "Study 309"]["betterOn"].split(", ")
    assert rows["pazopanib", "PALETTE"]["betterOn"] == "progression"
    trabectedin = rows["trabectedin", "ET743-SAR-3007"]
    assert trabectedin["primaryEndpoint"].startswith("overall survival (not met")
    assert "overall survival" not in trabectedin["betterOn"]
    assert rows["ripretinib", "INVICTUS"]["betterOn"] == "overall survival (nominal), progression"
    assert rows["trabectedin", "STS-201"]["betterOn"] == "progression (another schedule of the same drug)"
    assert rows["olaratumab", "JGDG"]["betterOn"] == "overall survival"
    assert rows["atezolizumab", "NCI ASPS atezolizumab"]["betterOn"] == "response without comparator"
    assert rows["alitretinoin", ""]["notCurated"] == "the trial it rests on"
    assert rows["eribulin", "Study 309"]["approvals"] == "EMA 2016-05-02 [recalled], FDA 2016-01-28"
    assert not any("recalled" in row["approvals"] for row in rows.values() if not row["trialName"])


def test_what_changed_for_a_drug_between_two_releases(tmp_path: Path) -> None:
    shutil.copytree(facts().data, tmp_path / "data")
    places, home = facts(data=tmp_path / "data"), tmp_path / "home"
    drug = places.data / "curated/drug/trabectedin.ttl"
    before = build(places, home).release
    text = drug.read_text(encoding="utf-8")
    assert '"trabectedin"@en' in text
    drug.write_text(text.replace('"trabectedin"@en', '"trabectedin"@en ;\n    skos:altLabel "Ecteinascidin"@en', 1))
    changed = build(places, home).release
    drug.write_text(text.replace('"trabectedin"@en', '"trabectedin"@en ;\n    skos:altLabel "ET"@en', 1))
    again = build(places, home).release

    def asked(since: str, until: str, name: str = "trabectedin") -> list[tuple[str, ...]]:
        query = queries.read(f"examples/{QUESTIONS[24]}").bind(
            drug=queries.iri(f"{BASE}drug/{name}"), since=queries.text(since), until=queries.text(until)
        )
        opened = store.open_read_only(again.store_path)
        rows = store.ask(opened, query.text, union=not store.holds_union(opened))
        assert isinstance(rows, QuerySolutions)
        return [
            tuple(row[key].value if row[key] else "" for key in ("release", "change", "statement", "value"))
            for row in rows
        ]

    first = (changed.version, "changed", "added", "Ecteinascidin")
    second = [
        (again.version, "changed", word, value) for word, value in (("removed", "Ecteinascidin"), ("added", "ET"))
    ]
    assert asked(before.version, changed.version) == [first]
    assert asked(changed.version, again.version) == second
    assert asked(before.version, again.version) == [first, *second]
    assert asked(again.version, "2099-12-31.1") == [("", "nothing changed", "", "")]
    assert asked(before.version, again.version, "eribulin") == [("", "nothing changed", "", "")]
    assert not asked(before.version, again.version, "nope"), "of what is no drug nothing is said"
