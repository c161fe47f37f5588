"""The curators' bulk path: tables into curated files."""

import csv
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
from pyoxigraph import NamedNode

from loader.curated import Curated
from loader.errors import ColumnsError, EmptyTableError, EncodingError, TableError, UnknownTableError
from loader.factbase import read_shapes
from loader.namespaces import entity
from loader.places import Facts, facts
from loader.tables import mapping
from loader.tables.importer import Importer, Outcome
from loader.terms import named
from loader.validation import single_valued

DRUG = {
    "slug": "examplumab",
    "inn": "examplumab",
    "brand_us": "Exampla",
    "modality": "antibody",
    "drug_class": "taxane",
    "route": "oral|intravenous",
    "mechanism_short": "Acts on an example",
    "chembl_id": "CHEMBL0",
    "confidence": "verified",
    "seen_in": "an example table; recalled cells: chembl_id,route",
}


@pytest.fixture
def places(tmp_path: Path) -> Facts:
    """A copy of the project's data, to import into."""
    shutil.copytree(facts().data, tmp_path / "data")
    return facts(data=tmp_path / "data")


@pytest.fixture(scope="session")
def single() -> Mapping[str, frozenset[str]]:
    return single_valued(read_shapes(facts()))


def write(path: Path, kind: str, *rows: Mapping[str, str], columns: tuple[str, ...] = ()) -> Path:
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, columns or mapping.load(kind).columns, delimiter="\t", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path


def run(places: Facts, single: Mapping[str, frozenset[str]], kind: str, path: Path, **options: object) -> Outcome:
    importer = Importer(Curated(places), single, bool(options.pop("table_wins", False)))
    return importer.run(kind, path, **options)  # type: ignore[arg-type]


def test_a_drug_becomes_one_file_with_its_product(places: Facts, single: Mapping[str, frozenset[str]]) -> None:
    outcome = run(places, single, "drug", write(places.data / "drugs.tsv", "drug", DRUG))
    assert (outcome.imported, outcome.rejected) == (1, [])
    text = (places.data / "curated/drug/examplumab.ttl").read_text(encoding="utf-8")
    assert "<drug/examplumab>" in text and "<product/exampla>" in text
    assert "CHEMBL.COMPOUND:CHEMBL0" in text


def test_a_recalled_cell_never_looks_verified(places: Facts, single: Mapping[str, frozenset[str]]) -> None:
    run(places, single, "drug", write(places.data / "drugs.tsv", "drug", DRUG))
    curated = Curated(places)
    note = entity("drug", "examplumab") + "#note-exactMatch-chembl-id"
    assert curated.value(note, named("sg:confidence")) == entity("concept", "confidence/recalled")
    value = NamedNode("http://rdf.ebi.ac.uk/resource/chembl/molecule/CHEMBL0")
    assert curated.values(note, named("sg:onValue")) == {value}
    assert curated.has(entity("drug", "examplumab") + "#note-route")
    assert curated.value(entity("drug", "examplumab"), named("sg:seenIn")) == "an example table"


def test_an_empty_cell_stays_absent(places: Facts, single: Mapping[str, frozenset[str]]) -> None:
    run(places, single, "drug", write(places.data / "drugs.tsv", "drug", DRUG | {"mechanism_short": ""}))
    assert not Curated(places).values(entity("drug", "examplumab"), named("sg:mechanismSummary"))


def test_what_a_curator_added_survives_a_second_import(places: Facts, single: Mapping[str, frozenset[str]]) -> None:
    table = write(places.data / "drugs.tsv", "drug", DRUG)
    run(places, single, "drug", table)
    path = places.data / "curated/drug/examplumab.ttl"
    path.write_text(
        path.read_text().replace("    sg:modality", "    sg:usedIn <therapy/chemotherapy> ;\n    sg:modality")
    )
    before = path.read_text()
    outcome = run(places, single, "drug", table)
    assert "sg:usedIn <therapy/chemotherapy>" in path.read_text()
    assert sorted(before.split()) == sorted(path.read_text().split()) and not any(
        "drug/" in told for told in outcome.differences
    )


def test_where_the_file_and_the_table_differ_the_file_stays_and_is_named(
    places: Facts, single: Mapping[str, frozenset[str]]
) -> None:
    run(places, single, "drug", write(places.data / "drugs.tsv", "drug", DRUG))
    changed = write(places.data / "drugs.tsv", "drug", DRUG | {"modality": "small molecule"})
    outcome = run(places, single, "drug", changed)
    told = [difference for difference in outcome.differences if "sg:modality" in difference]
    assert len(told) == 1 and "antibody" in told[0] and "small-molecule" in told[0]
    iri = entity("drug", "examplumab")
    assert Curated(places).value(iri, named("sg:modality")) == entity("concept", "modality/antibody")
    run(places, single, "drug", changed, table_wins=True)
    assert Curated(places).value(iri, named("sg:modality")) == entity("concept", "modality/small-molecule")


def test_a_bad_row_is_rejected_with_its_column_and_the_good_ones_go_in(
    places: Facts, single: Mapping[str, frozenset[str]]
) -> None:
    bad = DRUG | {"slug": "badumab", "inn": "badumab", "route": "orall"}
    outcome = run(places, single, "drug", write(places.data / "drugs.tsv", "drug", bad, DRUG))
    ((line, cells, fault),) = outcome.rejected
    assert (line, cells[0], fault.field) == (2, "badumab", "route")
    assert "'orall' is no known concept of the scheme route; did you mean oral?" in str(fault)
    assert not (places.data / "curated/drug/badumab.ttl").exists()
    assert (places.data / "curated/drug/examplumab.ttl").exists()


def test_a_row_with_too_few_cells_is_rejected(places: Facts, single: Mapping[str, frozenset[str]]) -> None:
    table = write(places.data / "drugs.tsv", "drug", DRUG)
    table.write_text(table.read_text() + "short\trow\n")
    ((line, _, fault),) = run(places, single, "drug", table).rejected
    assert line == 3 and "the row has 2 cells" in str(fault)


def test_missing_and_unknown_columns_are_named(places: Facts, single: Mapping[str, frozenset[str]]) -> None:
    columns = (*(c for c in mapping.load("drug").columns if c != "unii"), "colour")
    table = write(places.data / "drugs.tsv", "drug", columns=columns)
    with pytest.raises(ColumnsError, match=r"drugs\.tsv:1: .*missing: unii; not known: colour"):
        run(places, single, "drug", table)


def test_a_row_that_is_not_utf_8_is_rejected_with_its_column_and_the_good_ones_go_in(
    places: Facts, single: Mapping[str, frozenset[str]]
) -> None:
    other = DRUG | {"slug": "otherumab", "inn": "otherumab", "brand_us": "Otra"}
    table = write(places.data / "drugs.tsv", "drug", DRUG, other)
    table.write_bytes(table.read_bytes().replace(b"Otra", "Otré".encode("latin-1")))
    outcome = run(places, single, "drug", table)
    ((line, _, fault),) = outcome.rejected
    assert (line, fault.field, outcome.imported) == (3, "brand_us", 1)
    assert r"the cell 'Otr\udce9' is not UTF-8" in str(fault)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_a_table_in_another_encoding_is_refused_as_a_whole(
    places: Facts, single: Mapping[str, frozenset[str]], encoding: str
) -> None:
    table = write(places.data / "drugs.tsv", "drug", DRUG)
    table.write_bytes(table.read_text().encode(encoding))
    with pytest.raises(EncodingError, match=r"drugs\.tsv:1: byte \d+ of the file is not UTF-8"):
        run(places, single, "drug", table)


RESULT = {
    "trial_slug": "palette",
    "population/subgroup": "overall",
    "arm": "pazopanib",
    "comparator": "placebo",
    "endpoint": "ORR",
    "measure": "rate",
    "value": "39",
    "unit": "percent",
    "ci_low": "22",
    "ci_high": "58",
    "ci_level": "95",
    "note": "12 of 31",
    "confidence": "verified",
    "seen_in": "an example",
    "row_id": "X001",
}


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("ci_low", "40", "ci_low: the interval's end 40 misses the estimate 39"),
        ("ci_high", "38.9", "ci_high: the interval's end 38.9 misses the estimate 39"),
        ("value", "", "value: the estimate is missing"),
        ("note", "12 of 41", "note: '12 of 41' is 29.3 percent, the value 39"),
        ("note", "12 of 0", "note: '12 of 0' is 1200.0 percent"),
        ("arm", "pazopanib + placebo", "arm: no arm of palette fits"),
    ],
)
def test_a_result_that_contradicts_itself_is_rejected_with_its_column(
    places: Facts, single: Mapping[str, frozenset[str]], column: str, value: str, told: str
) -> None:
    table = write(places.data / "t.tsv", "result", RESULT | {column: value}, RESULT | {"row_id": "X002"})
    outcome = run(places, single, "result", table)
    ((line, _, fault),) = outcome.rejected
    assert line == 2 and told in str(fault) and outcome.imported == 1


def test_responders_and_those_analysed_are_read_off_the_note(
    places: Facts, single: Mapping[str, frozenset[str]]
) -> None:
    run(places, single, "result", write(places.data / "t.tsv", "result", RESULT))
    curated = Curated(places)
    iri = entity("result", "palette-x001")
    counted = [curated.value(iri, named(curie)) for curie in ("sg:responders", "sg:analysed")]
    assert counted == ["12", "31"]


def test_a_date_that_does_not_exist_is_rejected_with_its_column(
    places: Facts, single: Mapping[str, frozenset[str]]
) -> None:
    row = dict.fromkeys(mapping.load("approval").columns, "")
    row |= {"row_id": "X1", "drug": "pazopanib", "agency": "FDA", "status": "active", "confidence": "verified"}
    table = write(places.data / "t.tsv", "approval", row | {"decision_date": "2026-02-30"})
    ((_, _, fault),) = run(places, single, "approval", table).rejected
    assert str(fault) == "decision_date: '2026-02-30' is no date; write 2015, 2015-10 or 2015-10-23"


def test_a_source_says_how_many_rows_its_table_has_and_which_were_rejected(
    places: Facts, single: Mapping[str, frozenset[str]]
) -> None:
    bad = DRUG | {"slug": "badumab", "inn": "badumab", "route": "orall"}
    table = write(places.data / "drugs.tsv", "drug", bad, DRUG)
    run(places, single, "drug", table)
    source = entity("source", "dossier-drugs")
    curated = Curated(places)
    assert curated.value(source, named("sg:rowCount")) == "2"
    assert str(curated.value(source, named("sg:rejection"))).startswith("line 2: route: 'orall' is no known concept")
    assert run(places, single, "drug", table).changed == []
    run(places, single, "drug", write(places.data / "drugs.tsv", "drug", DRUG))
    again = Curated(places)
    assert (again.value(source, named("sg:rowCount")), again.values(source, named("sg:rejection"))) == ("1", set())


def test_a_part_of_a_table_is_no_account_of_it(places: Facts, single: Mapping[str, frozenset[str]]) -> None:
    table = write(places.data / "drugs.tsv", "drug", DRUG)
    run(places, single, "drug", table, where={"slug": ["examplumab"]})
    assert Curated(places).value(entity("source", "dossier-drugs"), named("sg:rowCount")) == "47"


def test_a_kind_without_a_mapping_lists_those_that_have_one(
    places: Facts, single: Mapping[str, frozenset[str]]
) -> None:
    with pytest.raises(
        UnknownTableError, match="for 'unicorn'. Known kinds: application, approval, claim, disease, drug"
    ):
        run(places, single, "unicorn", places.data / "drugs.tsv")


def test_an_arm_is_found_by_its_drugs_and_then_by_its_schedule(
    places: Facts, single: Mapping[str, frozenset[str]]
) -> None:
    from loader.tables.arms import find_group

    curated = Curated(places)
    assert find_group(curated, "sts-201", "trabectedin weekly", "arm") == entity("arm", "sts-201-2")
    assert find_group(curated, "geddis", "docetaxel + gemcitabine", "arm") == entity("arm", "geddis-1")
    with pytest.raises(Exception, match="more than one arm of sts-201 fits 'trabectedin'"):
        find_group(curated, "sts-201", "trabectedin", "arm")
    with pytest.raises(Exception, match="no arm of geddis fits 'pazopanib'"):
        find_group(curated, "geddis", "pazopanib", "arm")


def test_an_interval_of_the_comparator_that_misses_its_estimate_is_rejected(
    places: Facts, single: Mapping[str, frozenset[str]]
) -> None:
    row = {
        "trial_slug": "palette",
        "population/subgroup": "overall",
        "arm": "pazopanib",
        "comparator": "placebo",
        "endpoint": "OS",
        "measure": "median",
        "value": "1",
        "unit": "months",
        "comparator_value": "3",
        "note": "placebo 1-2",
        "confidence": "recalled",
        "row_id": "X1",
    }
    ((_, _, fault),) = run(places, single, "result", write(places.data / "o.tsv", "result", row)).rejected
    assert fault.field == "note" and "misses 3" in str(fault)


# An order in which later tables find what they point to.
TABLES = {
    "publication": "publications",
    "disease": "diseases",
    "therapy": "therapies",
    "drug": "drugs",
    "mechanism": "mechanisms",
    "approval": "approvals",
    "application": "applications",
    "trial": "trials",
    "result": "outcomes",
    "claim": "seed_claims",
    "evidence": "claims_evidence",
}


def test_a_table_is_named_for_each_kind_that_can_be_imported() -> None:
    assert sorted(TABLES) == mapping.kinds()


@pytest.mark.parametrize("kind", TABLES)
def test_importing_the_project_s_tables_again_changes_nothing(
    places: Facts, single: Mapping[str, frozenset[str]], dossier: Path, seed_page: Path, kind: str
) -> None:
    page = seed_page.read_bytes().decode("utf-8")
    outcome = run(places, single, kind, dossier / f"{TABLES[kind]}.tsv", page=page)
    assert (outcome.rejected, outcome.differences, outcome.changed) == ([], [], [])
    assert outcome.imported == outcome.rows > 0


def test_all_tables_go_into_empty_data_without_a_rejected_row(
    tmp_path: Path, single: Mapping[str, frozenset[str]], dossier: Path, seed_page: Path
) -> None:
    """From the sources and what no table says alone: agencies, comparators."""
    data = tmp_path / "data"
    shutil.copytree(facts().data / "sources", data / "sources")
    shutil.copytree(facts().data / "curated/agency", data / "curated/agency")
    for name in ("placebo", "best-supportive-care"):
        (data / "curated/therapy").mkdir(exist_ok=True)
        shutil.copy(facts().data / f"curated/therapy/{name}.ttl", data / f"curated/therapy/{name}.ttl")
    for kind, table in TABLES.items():
        page = seed_page.read_bytes().decode("utf-8")
        outcome = run(facts(data=data), single, kind, dossier / f"{table}.tsv", page=page)
        assert (outcome.rejected, outcome.imported) == ([], outcome.rows), kind


def test_a_recalled_cell_may_be_named_by_the_beginning_of_its_column(
    places: Facts, single: Mapping[str, frozenset[str]]
) -> None:
    row = DRUG | {"seen_in": "an example; recalled cells: chembl"}
    run(places, single, "drug", write(places.data / "drugs.tsv", "drug", row))
    assert Curated(places).has(entity("drug", "examplumab") + "#note-exactMatch-chembl-id")


def test_a_text_in_another_language_is_left_alone(places: Facts, single: Mapping[str, frozenset[str]]) -> None:
    run(places, single, "drug", write(places.data / "drugs.tsv", "drug", DRUG))
    path = places.data / "curated/drug/examplumab.ttl"
    path.write_text(path.read_text().replace('"Acts on an example"@en', '"Acts on an example"@en, "Wirkt"@de'))
    changed = write(places.data / "drugs.tsv", "drug", DRUG | {"mechanism_short": "Acts otherwise"})
    run(places, single, "drug", changed, table_wins=True)
    assert '"Wirkt"@de' in path.read_text() and '"Acts otherwise"@en' in path.read_text()
    assert "Acts on an example" not in path.read_text()


def test_pointers_to_other_tables_do_not_become_facts() -> None:
    from loader.tables.records import own_words

    assert own_words("many followed (see trials.tsv)") == "many followed"
    assert own_words("see mechanisms.tsv; a textbook point") == "a textbook point"
    assert own_words("see mechanisms.tsv") == ""


def test_two_rows_of_one_entity_are_not_merged(places: Facts, single: Mapping[str, frozenset[str]]) -> None:
    other = DRUG | {"route": "topical"}
    outcome = run(places, single, "drug", write(places.data / "drugs.tsv", "drug", DRUG, other))
    ((line, _, fault),) = outcome.rejected
    assert fault.field == "slug"
    assert line == 3 and "line 2 describes <https://w3id.org/sarcograph/drug/examplumab> already" in str(fault)
    assert "topical" not in (places.data / "curated/drug/examplumab.ttl").read_text()


def test_a_table_of_which_no_row_is_used_changes_no_file(places: Facts, single: Mapping[str, frozenset[str]]) -> None:
    table = write(places.data / "drugs.tsv", "drug", DRUG | {"modality": "unheard of"})
    assert run(places, single, "drug", table).changed == []
    empty = places.data / "empty.tsv"
    empty.write_text("")
    with pytest.raises(EmptyTableError, match=r"empty\.tsv: the table is empty"):
        run(places, single, "drug", empty)


def test_what_the_table_replaces_is_told(places: Facts, single: Mapping[str, frozenset[str]]) -> None:
    run(places, single, "drug", write(places.data / "drugs.tsv", "drug", DRUG))
    changed = write(places.data / "drugs.tsv", "drug", DRUG | {"modality": "small molecule"})
    outcome = run(places, single, "drug", changed, table_wins=True)
    (told,) = [difference for difference in outcome.differences if "sg:modality" in difference]
    assert told.endswith("the table's value replaces it.")


def test_a_duration_of_response_is_not_said_to_be_measured_in_all_participants(places: Facts) -> None:
    curated = Curated(places)
    responders = [entity("result", f"et743-sar-3007-{row}") for row in ("o090", "o091")]
    assert not [iri for iri in responders if curated.values(iri, named("sg:analysed"))]
    assert curated.value(entity("result", "et743-sar-3007-o014"), named("sg:analysed")) == "518"


def test_the_number_of_all_arms_is_not_said_of_one_arm_s_median_or_rate(places: Facts) -> None:
    """9.9 percent of 518 would be 51 responders; there were far fewer in the arm that the rate is of."""
    curated = Curated(places)
    for row in ("o013", "o088", "o117"):
        assert not curated.values(entity("result", f"et743-sar-3007-{row}"), named("sg:analysed"))


def test_two_trials_of_the_same_drugs_share_one_regimen_whatever_their_order(places: Facts) -> None:
    curated = Curated(places)
    arms = (entity("arm", "jgdg-1"), entity("arm", "announce-1"))
    assert {curated.value(arm, named("sg:receives")) for arm in arms} == {entity("regimen", "doxorubicin-olaratumab")}


def test_a_value_that_a_curator_took_back_does_not_come_back(
    places: Facts, single: Mapping[str, frozenset[str]]
) -> None:
    table = write(places.data / "drugs.tsv", "drug", DRUG | {"unii": "ABCDEFGHIJ"})
    run(places, single, "drug", table)
    path = places.data / "curated/drug/examplumab.ttl"
    note = "<drug/examplumab#note-exactMatch-chembl-id>"
    text = path.read_text().replace("sg:onValue CHEMBL.COMPOUND:CHEMBL0", "sg:insteadOf CHEMBL.COMPOUND:CHEMBL0")
    text = re.sub(r"skos:exactMatch CHEMBL.COMPOUND:CHEMBL0 ,\s+", "skos:exactMatch ", text)
    assert note in text and text.count("CHEMBL0") == 1
    path.write_text(text)
    assert run(places, single, "drug", table).changed == []
    assert run(places, single, "drug", table, table_wins=True).changed == []
    assert path.read_text() == text


@pytest.mark.parametrize("kind", mapping.kinds())
def test_every_column_of_a_table_is_used_or_left_aside_with_a_reason(kind: str) -> None:
    declared = mapping.load(kind)
    fields = {field.column for node in declared.nodes.values() for field in node.fields}
    keys = {"slug", "key", "id", "row_id", "label", "inn", "brand_us", "confidence", "seen_in", "end"}
    keys |= {"subject", "claim_id", "evidence_type", "trial_slug"}
    assert set(declared.columns) - fields - set(declared.ignored) <= keys
    assert set(declared.ignored) <= set(declared.columns) and all(declared.ignored.values())


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("unii", "with a blank", "makes no valid link"),
        ("slug", "", "the cell that names the entity is empty"),
        ("slug", "---", "the cell that names the entity is empty"),
        ("inn", "", "skos:prefLabel would be empty"),
        ("mechanism_short", "x" * 200_000, "larger than"),
    ],
)
def test_a_cell_that_cannot_be_used_never_ends_in_a_traceback(
    places: Facts, single: Mapping[str, frozenset[str]], column: str, value: str, told: str
) -> None:
    table = write(places.data / "drugs.tsv", "drug", DRUG | {column: value})
    try:
        ((_, _, fault),) = run(places, single, "drug", table).rejected
    except TableError as error:
        fault = error
    assert told in str(fault)


@pytest.mark.parametrize(("kind", "column"), [("claim", "start"), ("result", "comparator_value")])
def test_a_number_that_is_none_is_rejected(
    places: Facts, single: Mapping[str, frozenset[str]], kind: str, column: str
) -> None:
    row = dict.fromkeys(mapping.load(kind).columns, "") | {"confidence": "verified", column: "many"}
    row |= {
        "claim": {"id": "X1", "end": "5", "statement": "x", "subject": "sarcoma", "check": "supported: x"},
        "result": {"trial_slug": "palette", "population/subgroup": "overall", "arm": "pazopanib", "endpoint": "OS"}
        | {"comparator": "placebo", "measure": "median", "value": "1", "unit": "months", "note": "placebo 1-2"},
    }[kind]
    ((_, _, fault),) = run(places, single, kind, write(places.data / "t.tsv", kind, row), page="A page.").rejected
    assert fault.field == column and "'many' is no" in str(fault)
