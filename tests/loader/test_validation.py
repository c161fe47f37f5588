"""What validation reports, and what it reads off the shapes."""

import json
import shutil
from collections import Counter
from pathlib import Path

import pyshacl
import pytest
import rdflib
from rdflib.namespace import RDF, SH

from loader import build, factbase, turtle
from loader.factbase import read_shapes
from loader.namespaces import BASE, compress, entity, expand
from loader.places import Facts, facts
from loader.validation import Fault, Report, lint, single_valued, validate

SHAPES = read_shapes(facts())
PARTS = (SH.sourceShape, SH.focusNode, SH.resultPath)
EXAMPLES = Path(__file__).resolve().parent.parent / "shapes"
HEADER = "".join(
    f"@prefix {p}: <{expand(p + ':')}> .\n" for p in ("dcterms", "sg", "sh", "shapes", "skos", "unit", "xsd")
)
HEADER = f"@base <{BASE}> .\n{HEADER}"


def parsed(text: str) -> rdflib.Graph:
    return turtle.parse_text(HEADER + text, Path("example.ttl")).graph


def nowhere(*_: object) -> None:
    return None


def judged(text: str, *checks: Path, shapes: rdflib.Graph = SHAPES) -> Report:
    return validate(parsed(text), shapes, checks, nowhere)


@pytest.fixture
def spoiled(tmp_path: Path) -> Facts:
    """The project's facts, with a copy of the data to spoil."""
    shutil.copytree(facts().data, tmp_path / "data")
    return facts(data=tmp_path / "data")


def spoil(places: Facts, name: str, old: str, new: str) -> Path:
    path = places.data / "curated" / name
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


def found(places: Facts) -> Report:
    return build.check(factbase.read(places))


def test_the_facts_of_the_project_hold_to_the_shapes_and_checks() -> None:
    report = found(facts())
    assert [str(fault) for fault in report.violations] == []


def test_a_fault_is_reported_with_file_line_entity_property_value_and_what_to_do(spoiled: Facts) -> None:
    path = spoil(spoiled, "drug/trabectedin.ttl", "concept/modality/small-molecule", "concept/route/oral")
    (fault,) = found(spoiled).violations
    line = path.read_text(encoding="utf-8").splitlines().index("    sg:modality <concept/route/oral> ;") + 1
    assert (fault.path, fault.line, fault.shape) == (path, line, expand("shapes:Drug-modality"))
    assert fault.entity == entity("drug", "trabectedin") and fault.property == expand("sg:modality")
    assert fault.value == entity("concept", "route/oral")
    assert str(fault).startswith(f"{path}:{line}: drug/trabectedin sg:modality: The modality of a drug is at most one")
    assert "Take one from ontology/schemes/modality.ttl" in fault.message
    assert fault.message.endswith("Found concept/route/oral.")


def test_a_fault_of_several_values_points_to_the_property_and_names_them(spoiled: Facts) -> None:
    old = "    sg:verdict <concept/verdict/imprecise> ;"
    path = spoil(spoiled, "claim/seed-sc25.ttl", old, f"{old}\n    sg:verdict <concept/verdict/supported> ;")
    (fault,) = found(spoiled).violations
    assert fault.line == path.read_text(encoding="utf-8").splitlines().index(old) + 1
    assert fault.value is None
    assert "Found concept/verdict/imprecise; concept/verdict/supported." in fault.message


def test_a_missing_statement_is_reported_at_its_entity(spoiled: Facts) -> None:
    path = spoil(spoiled, "claim/seed-sc25.ttl", "    sg:verdict <concept/verdict/imprecise> ;\n", "")
    (fault,) = found(spoiled).violations
    assert (fault.path, fault.property, fault.value) == (path, expand("sg:verdict"), None)
    assert path.read_text(encoding="utf-8").splitlines()[(fault.line or 0) - 2] == "<claim/seed-sc25>"
    assert "exactly one concept of the scheme verdict" in fault.message and fault.message.endswith("Found none.")


def test_a_fault_of_a_part_names_the_part(spoiled: Facts) -> None:
    path = spoil(spoiled, "claim/seed-sc25.ttl", "oa:start 2238", "oa:start 3238")
    (fault,) = found(spoiled).violations
    assert fault.entity == entity("claim", "seed-sc25#span") and fault.path == path
    assert "Found '3238' beside oa:end '2308'." in fault.message


def test_a_check_tells_its_sentence_with_the_values_filled_in(spoiled: Facts) -> None:
    old = 'sg:decisionDate "2026-05-01"^^xsd:date'
    new = f'{old} ;\n    sg:marketWithdrawnOn "2025"^^xsd:gYear'
    path = spoil(spoiled, "approval/trabectedin-fda-a006.ttl", old, new)
    (fault,) = found(spoiled).violations
    assert fault.shape == "check:approval-before-decision" and fault.path == path
    assert fault.message.startswith("The date is '2025', before the decision on '2026-05-01'.")
    assert (
        path.read_text(encoding="utf-8").splitlines()[(fault.line or 0) - 1].strip().startswith("sg:marketWithdrawnOn")
    )


def test_one_mistake_in_a_date_is_one_fault_though_three_forms_were_tried() -> None:
    text = '<source/x> a sg:Source ; dcterms:issued "November"@en .'
    told = [fault for fault in judged(text).faults if fault.property == expand("dcterms:issued")]
    assert [fault.shape for fault in told] == [expand("shapes:Source-issued")]


def test_a_check_is_silent_where_a_shape_has_spoken() -> None:
    checks = [facts().shapes / "checks/dangling-reference.rq"]
    text = "<drug/x> a sg:Drug ; sg:modality <concept/modality/none> ; sg:related <drug/none> ."
    told = [(fault.shape, fault.value) for fault in judged(text, *checks).faults if fault.value]
    dangling = ("check:dangling-reference", entity("drug", "none"))
    assert sorted(told) == [dangling, (expand("shapes:Drug-modality"), entity("concept", "modality/none"))]


def test_the_report_counts_sorts_and_serialises(tmp_path: Path) -> None:
    drug = entity("drug", "x")
    property_ = expand("sg:route")
    one, other = tmp_path / "b.ttl", tmp_path / "a.ttl"
    faults = (
        Fault("warning", expand("shapes:A"), drug, property_, None, "Advice.", other, 1),
        Fault("violation", expand("shapes:B"), drug, property_, "y", "Second.", one, 12),
        Fault("violation", "check:c", drug, None, None, "First.", one, 3),
    )
    report = Report(faults)
    assert report.summary() == "2 violations in 1 file, 1 warning"
    assert Report().summary() == "0 violations, 0 warnings"
    assert report.lines() == [
        f"{one}:3: drug/x: First. [check:c]",
        f"{one}:12: drug/x sg:route: Second. [shapes:B]",
        f"{other}:1: warning: drug/x sg:route: Advice. [shapes:A]",
    ]
    told = json.loads(report.as_json())
    assert (told["violations"], told["warnings"]) == (2, 1)
    assert told["faults"][1] == {
        "severity": "violation",
        "shape": expand("shapes:B"),
        "entity": drug,
        "property": property_,
        "value": "y",
        "message": "Second.",
        "path": str(one),
        "line": 12,
    }


def test_the_fast_form_of_the_shapes_gives_the_results_of_the_shapes_as_written() -> None:
    data = rdflib.Graph()
    for path in sorted(EXAMPLES.glob("*/*/*.ttl")):
        data += turtle.read(path).graph
    for path in (*facts().ontology.glob("*.ttl"), *facts().ontology.glob("schemes/*.ttl")):
        data += turtle.read(path).graph
    normalizing = rdflib.NORMALIZE_LITERALS
    _, plain, _ = pyshacl.validate(data, shacl_graph=SHAPES, inference="none")
    rdflib.NORMALIZE_LITERALS = normalizing
    results = plain.objects(plain.value(None, RDF.type, SH.ValidationReport), SH.result)
    expected = Counter(tuple(plain.value(result, part) for part in PARTS) for result in results)
    faults = validate(data, SHAPES, [], nowhere).faults
    shown = Counter((fault.shape, fault.entity, fault.property) for fault in faults)
    assert shown.total() > 300
    assert shown == Counter({tuple(part and str(part) for part in key): n for key, n in expected.items()})


def test_validation_leaves_the_reading_of_literals_as_it_was() -> None:
    judged("<drug/x> a sg:Drug .")
    assert [str(value) for value in parsed("<result/x> sg:value 0.50 .").objects()] == ["0.50"]


def test_shapes_that_cannot_be_used_are_a_fault_and_no_traceback() -> None:
    shapes = parsed("shapes:X a sh:NodeShape ; sh:targetClass sg:Drug ; sh:datatype xsd:date, xsd:string .")
    (fault,) = judged("<drug/x> a sg:Drug .", shapes=shapes).violations
    assert fault.message.startswith("They cannot be used: ") and "sh:datatype" in fault.message


def test_a_check_that_is_no_query_is_a_fault_at_its_file(tmp_path: Path) -> None:
    path = tmp_path / "broken.rq"
    path.write_text("#+ message: Never.\nSELECT ?entity WHERE { ?entity", encoding="utf-8")
    (fault,) = [fault for fault in judged("<source/x> a sg:Note .", path).faults if fault.path]
    assert (fault.severity, fault.shape, fault.path) == ("violation", "check:broken", path)
    assert "not a SPARQL 1.1 query" in fault.message and "Correct broken.rq" in fault.message


@pytest.fixture
def check(tmp_path: Path) -> Path:
    """A check that finds every source."""
    path = tmp_path / "source.rq"
    query = f"SELECT ?entity WHERE {{ ?entity a <{expand('sg:Source')}> }}"
    path.write_text(f"#+ summary: No sources.\n#+ message: {{entity}} is\n#+ a source.\n{query}", encoding="utf-8")
    return path


def told(text: str, check: Path) -> list[tuple[str, str]]:
    faults = judged(text, check, shapes=rdflib.Graph()).faults
    return sorted((fault.severity, fault.message) for fault in faults if fault.shape == "check:source")


def test_the_message_of_a_check_may_run_over_several_lines(check: Path) -> None:
    assert told("<source/x> a sg:Source .", check) == [("violation", "source/x is a source.")]


def test_an_accepted_fault_is_a_warning_that_tells_since_when_and_why(check: Path) -> None:
    lines = "entity\tdate\treason\nsource/x\t2026-11-24\tIt is the first.\n"
    check.with_name("source.exceptions.tsv").write_text(lines, encoding="utf-8")
    assert told("<source/x> a sg:Source . <source/y> a sg:Source .", check) == [
        ("violation", "source/y is a source."),
        ("warning", "source/x is a source. Accepted on 2026-11-24: It is the first."),
    ]


def test_an_exception_that_nothing_needs_is_told(check: Path) -> None:
    lines = "entity\tdate\treason\nsource/x\t2026-11-24\tIt is the first.\n"
    check.with_name("source.exceptions.tsv").write_text(lines, encoding="utf-8")
    ((severity, message),) = told("<source/x> a sg:Drug .", check)
    assert severity == "warning" and "Delete its line in source.exceptions.tsv" in message


def test_single_valued_properties_are_read_off_the_shapes() -> None:
    single = single_valued(SHAPES)
    of = {compress(cls): {compress(path) for path in paths} for cls, paths in single.items()}
    assert {"dcterms:identifier", "sg:confidence", "skos:prefLabel", "skos:definition"} <= of["sg:Entity"]
    assert not {"dcterms:source", "sg:seenIn", "skos:altLabel", "skos:exactMatch"} & of["sg:Entity"]
    assert of["sg:Drug"] == {"sg:modality", "sg:drugClass", "sg:mechanismSummary"}
    assert {"sg:decisionDate", "sg:indication", "sg:pathway"} <= of["sg:Approval"]
    assert not {"sg:applicationNumber", "sg:expedited", "sg:basedOn"} & of["sg:Approval"]
    assert "sg:registryId" not in of["sg:Trial"] and "sg:about" not in of["sg:Claim"]
    assert {"sg:value", "sg:unit", "sg:measure"} <= of["sg:Result"] and "sg:reportedIn" not in of["sg:Result"]


SOUND = """shapes:X a sh:NodeShape ; sh:targetClass sg:Drug ; sh:property shapes:X-y ;
    sh:name "x"@en ; sh:message "M."@en ; sh:severity sh:Violation ; sh:description "D."@en .
shapes:X-y a sh:PropertyShape ; sh:path sg:route ; sh:minCount 1 ;
    sh:name "y"@en ; sh:message "M."@en ; sh:severity sh:Violation ; sh:description "D."@en ."""


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("sh:minCount", "sh:minCout", "shapes:X-y sh:minCout: SHACL has no term sh:minCout"),
        ("sh:Violation", "sh:Violaton", "SHACL has no term sh:Violaton"),
        ('sh:message "M."@en ; ', "", "It has no sh:message. Add a sentence"),
        ('sh:name "y"@en ; ', "", "shapes:X-y sh:name: It has no sh:name"),
        ("sh:severity sh:Violation ; ", "", "It has no sh:severity"),
        (' ; sh:description "D."@en', "", "It has no sh:description. Add the reason"),
        ("sh:property shapes:X-y", "sh:property [ sh:path sg:dose ; sh:maxCount 1 ], shapes:X-y", "in brackets"),
        (" ; sh:property shapes:X-y", "", "No node shape has it"),
        ("sh:property shapes:X-y", "sh:property shapes:X-y, shapes:X-z", "It names shapes:X-z, which is no shape"),
    ],
)
def test_a_shape_that_would_silently_constrain_nothing_is_told(old: str, new: str, expected: str) -> None:
    assert lint(parsed(SOUND)).lines() == []
    assert old in SOUND
    lines = lint(parsed(SOUND.replace(old, new))).lines()
    assert any(expected in line for line in lines), lines


def test_a_misspelt_term_of_the_shapes_stops_the_build(tmp_path: Path) -> None:
    root = tmp_path / "root"
    for folder in ("ontology", "shapes", "data"):
        shutil.copytree(facts().root / folder, root / folder)
    path = root / "shapes/drug.ttl"
    path.write_text(path.read_text(encoding="utf-8").replace("sh:maxCount 1", "sh:maxCout 1", 1), encoding="utf-8")
    report = found(facts(root))
    assert report.violations and all("sh:maxCout" in line for line in report.lines())
