"""The cross-references of diseases are compared with MONDO's mappings and OncoTree's codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from loader.cli import COMMANDS
from loader.curated import Curated
from loader.errors import SourceFileError
from loader.places import facts
from loader.verify import mappings, oncotree, sssom
from loader.verify.findings import Finding
from loader.verify.mappings import Disease

SHARED = facts().root.parent / "shared" / "sources"
REAL = sorted((SHARED / "mondo").glob("*.sssom.tsv"))
TREE = SHARED / "oncotree" / "oncotree_2025_10_03.json"
HEADER = "subject_id\tsubject_label\tpredicate_id\tobject_id\tmapping_justification\n"
VERSION = "# mapping_set_version: http://purl.obolibrary.org/obo/mondo/releases/2026-08-04/mappings/x.sssom.tsv\n"
ROWS = (
    "MONDO:1\tone\tskos:exactMatch\tDOID:10\tx\n"
    "MONDO:2\ttwo\tskos:exactMatch\tDOID:20\tx\n"
    "MONDO:1\tone\toboInOwl:hasDbXref\tONCOTREE:AAA\tx\n"
    "MONDO:3\tthree\tskos:broadMatch\tDOID:30\tx\n"
)
NODE = {"code": "AAA", "externalReferences": {"NCI": ["C1"]}, "children": {}}
NO_REFERENCES = {"code": "BBB", "externalReferences": {}, "children": {}}


def table(folder: Path, text: str = VERSION + HEADER + ROWS, encoding: str = "utf-8") -> Path:
    path = folder / "mondo.sssom.tsv"
    path.write_text(text, encoding=encoding)
    return path


def tree(folder: Path) -> Path:
    path = folder / "oncotree.json"
    root = {"code": "TISSUE", "externalReferences": {}, "children": {"AAA": NODE, "BBB": NO_REFERENCES}}
    path.write_text(json.dumps({"TISSUE": root}), encoding="utf-8")
    return path


def found(folder: Path, *curies: str) -> dict[tuple[str, str], Finding]:
    disease = Disease("disease/example", tuple((curie, "exactMatch") for curie in curies))
    findings = mappings.verify([disease], sssom.read([table(folder)]), oncotree.read(tree(folder)))
    return {(finding.what, finding.value): finding for finding in findings}


def test_a_code_that_mondo_maps_our_identifier_to_matches(tmp_path: Path) -> None:
    told = found(tmp_path, "MONDO:1", "DOID:10")
    assert told["exactMatch", "DOID:10"].fate == "matched"
    assert told["exactMatch", "MONDO:1"].detail == "MONDO calls it 'one'"


def test_another_spelling_of_the_prefix_is_the_same_code(tmp_path: Path) -> None:
    assert found(tmp_path, "MONDO:1", "oncotree:AAA")["exactMatch", "oncotree:AAA"].fate == "matched"


@pytest.mark.parametrize(
    ("identifier", "code", "told"),
    [
        ("MONDO:1", "DOID:99", "to doid:10, and DOID:99 to nothing"),
        ("MONDO:9", "DOID:10", "to nothing, and DOID:10 to mondo:1 'one'"),
        ("MONDO:1", "DOID:20", "to doid:10, and DOID:20 to mondo:2 'two'"),
    ],
)
def test_a_code_differs_where_mondo_has_another_or_gives_it_to_another(
    tmp_path: Path, identifier: str, code: str, told: str
) -> None:
    finding = found(tmp_path, identifier, code)["exactMatch", code]
    assert finding.fate == "differing"
    assert told in finding.detail


@pytest.mark.parametrize(
    ("curies", "reason"),
    [
        (("MONDO:9", "DOID:99"), "MONDO maps neither"),
        (("DOID:10",), "we state no MONDO identifier; MONDO maps it to mondo:1 'one'"),
        (("MONDO:1", "mesh:D1"), "no file given maps to this vocabulary"),
        (("MONDO:3", "DOID:30"), "MONDO maps neither"),
    ],
)
def test_what_mondo_does_not_say_is_not_covered_for_a_reason(
    tmp_path: Path, curies: tuple[str, ...], reason: str
) -> None:
    finding = found(tmp_path, *curies)["exactMatch", curies[-1]]
    assert finding.fate == "not covered"
    assert reason in finding.detail


def test_a_code_that_oncotree_lacks_differs(tmp_path: Path) -> None:
    assert found(tmp_path, "oncotree:AAA")["OncoTree code", "oncotree:AAA"].fate == "matched"
    assert found(tmp_path, "oncotree:XXX")["OncoTree code", "oncotree:XXX"].fate == "differing"


@pytest.mark.parametrize(
    ("code", "ours", "fate"),
    [("AAA", "C1", "matched"), ("AAA", "C2", "differing"), ("BBB", "C2", "not covered")],
)
def test_oncotree_s_nci_code_is_compared_with_ours(tmp_path: Path, code: str, ours: str, fate: str) -> None:
    told = found(tmp_path, f"oncotree:{code}", f"NCIT:{ours}")
    assert told["OncoTree NCI", f"oncotree:{code} = NCIT:{ours}"].fate == fate


def test_our_iris_become_curies_also_where_the_code_has_a_slash() -> None:
    diseases = {disease.name: disease for disease in mappings.stated(Curated(facts()))}
    assert ("icdo:8890/3", "closeMatch") in diseases["disease/leiomyosarcoma"].references
    assert ("DOID:1967", "exactMatch") in diseases["disease/leiomyosarcoma"].references


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (VERSION + HEADER.replace("object_id", "object") + ROWS, "line 2 names no column object_id"),
        (VERSION, "it has no header row"),
        (HEADER + "MONDO:1\tone\n", "line 2 has 2 cells; expected 5, as its header has"),
    ],
)
def test_a_file_that_is_no_sssom_is_refused(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(SourceFileError, match=told):
        sssom.read([table(tmp_path, text)])


def test_sssom_in_another_encoding_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceFileError, match="it is not UTF-8"):
        sssom.read([table(tmp_path, encoding="utf-16")])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "it is not JSON"),
        ("[" * 100_000, "it is not JSON"),
        ("[]", "it holds no TISSUE"),
        ('{"TISSUE": 1}', "a node is '1'"),
        ('{"TISSUE": {"code": "A", "children": {"B": {"code": 7}}}}', "a node is"),
        ('{"TISSUE": {"code": "A", "externalReferences": {"NCI": 7}}}', "the NCI codes of A are no list"),
    ],
)
def test_json_that_is_no_oncotree_is_refused(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "oncotree.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SourceFileError, match=f"{told}.*expected OncoTree's tree as JSON"):
        oncotree.read(path)


def test_files_too_large_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sssom, "_LARGEST", 10)
    monkeypatch.setattr(oncotree, "_LARGEST", 10)
    with pytest.raises(SourceFileError, match="larger than 10 bytes"):
        sssom.read([table(tmp_path)])
    with pytest.raises(SourceFileError, match="larger than 10 bytes"):
        oncotree.read(tree(tmp_path))


def verify(*arguments: str) -> Result:
    group = next(command for command in COMMANDS if command.name == "verify")
    return CliRunner().invoke(group, ["mappings", *arguments])


def test_an_undeclared_difference_ends_with_status_1(tmp_path: Path) -> None:
    folder = tmp_path / "curated" / "disease"
    folder.mkdir(parents=True)
    (folder / "example.ttl").write_text(
        "@base <https://w3id.org/sarcograph/> .\n@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n"
        "<disease/example> skos:exactMatch <http://purl.obolibrary.org/obo/MONDO_1> ,\n"
        "    <http://purl.obolibrary.org/obo/DOID_20> .\n",
        encoding="utf-8",
    )
    told = verify("--sssom", str(table(tmp_path)), "--data", str(tmp_path))
    assert told.exit_code == 1
    assert "compared with MONDO 2026-08-04" in told.output
    assert "differing: disease/example exactMatch DOID:20" in told.output


@pytest.mark.skipif(not (REAL and TREE.is_file()), reason="MONDO's and OncoTree's files are not beside this checkout")
def test_every_cross_reference_that_the_real_files_cover_matches_them_or_is_declared() -> None:
    told = verify("--sssom", *map(str, REAL), "--oncotree", str(TREE), "--json")
    assert told.exit_code == 0, told.output
    report = json.loads(told.output)
    assert report["counts"] == {"matched": 377, "differing": 0, "not covered": 19, "exception": 14}
    assert report["needless"] == []
