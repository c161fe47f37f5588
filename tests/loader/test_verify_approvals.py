"""FDA approvals are compared with the FDA's own table of submissions, and every difference is told or declared."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from loader.cli import COMMANDS
from loader.errors import RejectedRow, SourceFileError
from loader.places import facts
from loader.verify import approvals, drugsatfda
from loader.verify.approvals import Approval
from loader.verify.drugsatfda import DrugsAtFda
from loader.verify.findings import Comparison, Finding, compared, exceptions

REAL = facts().root.parent / "shared" / "sources" / "drugsatfda" / "drugsatfda_2019-07-02.zip"
APPLICATIONS = "ApplNo\tApplType\tApplPublicNotes\tSponsorName\r\n001234\tNDA\t\tÄRZTE\r\n"
PRODUCTS = "ApplNo\tProductNo\tDrugName\tActiveIngredient\r\n001234\t001\tEXAMPLIN\tEXAMPLUMAB SULFATE\r\n"
CLASSES = "SubmissionClassCodeID\tSubmissionClassCode\tSubmissionClassCodeDescription\r\n2\tEFFICACY\tEfficacy\r\n"
HEADER = "ApplNo\tSubmissionClassCodeID\tSubmissionType\tSubmissionNo\tSubmissionStatus\tSubmissionStatusDate\t"
SUBMISSIONS = (
    f"{HEADER}SubmissionsPublicNotes\tReviewPriority\r\n"
    "001234\t\tORIG\t1\tAP\t2001-05-10 00:00:00\t\tPRIORITY\r\n"
    "001234\t2\tSUPPL\t7\tAP\t2003-04-02 00:00:00\t\tSTANDARD\r\n"
    "001234\t2\tSUPPL\t8\tTA\t2004-01-01 00:00:00\t\t\r\n"
    "009999\t2\tSUPPL\t8\tAP\t2005-06-30 00:00:00\t\t\r\n"
)
MEMBERS = {
    "Applications.txt": APPLICATIONS,
    "Products.txt": PRODUCTS,
    "SubmissionClass_Lookup.txt": CLASSES,
    "Submissions.txt": SUBMISSIONS,
}
WRITTEN = (2005, 7, 1, 12, 0, 0)


def packed(folder: Path, members: dict[str, str] = MEMBERS, encoding: str = "cp1252") -> Path:
    path = folder / "table.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(zipfile.ZipInfo(name, WRITTEN), text.encode(encoding))
    return path


@pytest.fixture
def table(tmp_path: Path) -> DrugsAtFda:
    return drugsatfda.read(packed(tmp_path), {"001234"})


def approval(
    decided: str | None = "2001-05-10",
    number: str = "001234",
    type_: str = "NDA",
    later: tuple[tuple[str, str], ...] = (),
    priority: bool = False,
    drug: str = "examplumab",
) -> Approval:
    return Approval("approval/example", {number: type_}, decided, later, priority, frozenset({drug}))


def of(table: DrugsAtFda, ours: Approval, what: str = "decisionDate") -> Finding:
    return next(finding for finding in approvals.verify([ours], table) if finding.what == what)


def test_an_approved_submission_on_the_day_matches_and_is_named(table: DrugsAtFda) -> None:
    finding = of(table, approval())
    assert (finding.fate, finding.detail) == ("matched", "001234 ORIG-1 2001-05-10 (PRIORITY)")
    assert of(table, approval("2003-04-02")).detail == "001234 SUPPL-7 2003-04-02 (EFFICACY, STANDARD)"


@pytest.mark.parametrize("decided", ["2001", "2001-05"])
def test_a_less_precise_date_matches_a_submission_within_its_days(table: DrugsAtFda, decided: str) -> None:
    assert of(table, approval(decided)).fate == "matched"


def test_a_day_without_a_submission_differs_and_the_nearest_are_told(table: DrugsAtFda) -> None:
    finding = of(table, approval("2003-04-03"))
    assert finding.fate == "differing"
    assert finding.detail.endswith("SUPPL-7 2003-04-02 (EFFICACY, STANDARD); 001234 ORIG-1 2001-05-10 (PRIORITY)")


def test_a_tentative_approval_is_none(table: DrugsAtFda) -> None:
    assert of(table, approval("2004-01-01")).fate == "differing"


@pytest.mark.parametrize(
    ("ours", "reason"),
    [
        (approval("2019-01-01"), "later than the file's last decision, 2005-06-30"),
        (approval("2005"), "later than the file's last decision"),
        (approval(number="000001"), "the file has no application 000001"),
        (approval(None), "no date is stated"),
        (Approval("approval/example", {}, "2001-05-10", (), False, frozenset()), "no application number is stated"),
    ],
)
def test_what_the_file_cannot_tell_is_not_covered_for_a_reason(table: DrugsAtFda, ours: Approval, reason: str) -> None:
    finding = of(table, ours)
    assert finding.fate == "not covered"
    assert reason in finding.detail


def test_the_type_of_the_application_is_compared(table: DrugsAtFda) -> None:
    assert of(table, approval(), "applicationNumber").fate == "matched"
    assert of(table, approval(type_="BLA"), "applicationNumber").fate == "differing"


def test_the_name_of_the_drug_is_compared(table: DrugsAtFda) -> None:
    assert of(table, approval(), "approves").fate == "matched"
    assert of(table, approval(drug="otherumab"), "approves").fate == "differing"


def test_a_conversion_needs_a_submission_on_its_day(table: DrugsAtFda) -> None:
    assert of(table, approval(later=(("convertedOn", "2003-04-02"),)), "convertedOn").fate == "matched"
    assert of(table, approval(later=(("convertedOn", "2003-04-05"),)), "convertedOn").fate == "differing"
    assert of(table, approval(later=(("withdrawnOn", "2020-01-01"),)), "withdrawnOn").fate == "not covered"


def test_priority_review_is_compared_with_the_review_priority(table: DrugsAtFda) -> None:
    assert of(table, approval(priority=True), "expedited").fate == "matched"
    assert of(table, approval("2003-04-02", priority=True), "expedited").fate == "differing"
    assert of(table, approval("2004-01-01", priority=True), "expedited").fate == "not covered"


def test_a_declared_difference_is_an_exception_with_its_reason_and_does_not_fail() -> None:
    finding = Finding("approval/example", "decisionDate", "2003", "differing", "none")
    assert compared("a file", [finding], {}).failed
    settled = compared("a file", [finding], {("approval/example", "2003"): "Accepted on 2026-11-25: so it is."})
    assert not settled.failed
    assert settled.counts()["exception"] == 1
    assert "Accepted on 2026-11-25: so it is." in str(settled.findings[0])


def test_an_exception_that_is_not_needed_is_told() -> None:
    settled = compared("a file", [], {("approval/example", "2003"): "Accepted"})
    assert any(line.startswith("needless: approval/example 2003") for line in settled.lines())


def test_an_exception_is_kept_where_the_file_cannot_tell() -> None:
    finding = Finding("approval/example", "decisionDate", "2003", "not covered", "no such application")
    assert compared("a file", [finding], {("approval/example", "2003"): "Accepted"}).needless == ()


def test_an_exception_without_a_reason_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.exceptions.tsv"
    path.write_text("entity\tvalue\tdate\treason\napproval/example\t2003\t2026-11-25\t\n", encoding="utf-8")
    with pytest.raises(RejectedRow, match="line 2 of x.exceptions.tsv lacks its date or reason"):
        exceptions(path)


def test_a_file_that_is_no_zip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "table.zip"
    path.write_text("not a zip", encoding="utf-8")
    with pytest.raises(SourceFileError, match="this is no zip file.*expected the zip of FDA's.*Fetch the file again"):
        drugsatfda.read(path, ())


def test_a_damaged_zip_is_refused(tmp_path: Path) -> None:
    path = packed(tmp_path)
    content = bytearray(path.read_bytes())
    at = content.index(b"Submissions.txt") + len("Submissions.txt") + 5
    content[at : at + 20] = bytes(20)
    path.write_bytes(content)
    with pytest.raises(SourceFileError, match="no zip file, or a damaged one"):
        drugsatfda.read(path, {"001234"})


def test_a_zip_without_submissions_is_refused(tmp_path: Path) -> None:
    members = {name: text for name, text in MEMBERS.items() if name != "Submissions.txt"}
    with pytest.raises(SourceFileError, match=r"it holds no Submissions.txt \(it holds Applications.txt"):
        drugsatfda.read(packed(tmp_path, members), ())


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    members = MEMBERS | {"Submissions.txt": SUBMISSIONS.replace("ReviewPriority", "Priority")}
    with pytest.raises(SourceFileError, match="Submissions.txt has no column ReviewPriority"):
        drugsatfda.read(packed(tmp_path, members), ())


def test_a_row_with_too_few_cells_is_named(tmp_path: Path) -> None:
    members = MEMBERS | {"Products.txt": PRODUCTS + "001234\t002\r\n"}
    with pytest.raises(SourceFileError, match="line 3 of Products.txt has 2 cells; expected 4"):
        drugsatfda.read(packed(tmp_path, members), ())


@pytest.mark.parametrize("day", ["10/05/2001", "2001-13-40"])
def test_a_date_of_another_form_is_named(tmp_path: Path, day: str) -> None:
    members = MEMBERS | {"Submissions.txt": SUBMISSIONS.replace("2001-05-10", day)}
    with pytest.raises(SourceFileError, match=f"has the date '{day} 00:00:00' for application 001234"):
        drugsatfda.read(packed(tmp_path, members), {"001234"})


def test_a_text_in_utf_16_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceFileError, match="holds null bytes, as UTF-16 does"):
        drugsatfda.read(packed(tmp_path, encoding="utf-16"), ())


def test_a_member_too_large_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drugsatfda, "_LARGEST", max(len(APPLICATIONS), len(PRODUCTS), len(CLASSES)))
    with pytest.raises(SourceFileError, match="Submissions.txt is .* bytes when unpacked; expected at most"):
        drugsatfda.read(packed(tmp_path), ())


def test_a_line_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drugsatfda, "_LONGEST", 200)
    members = MEMBERS | {"Applications.txt": APPLICATIONS + "x" * 500}
    with pytest.raises(SourceFileError, match="has a line over 200 bytes"):
        drugsatfda.read(packed(tmp_path, members), ())


def verify(*arguments: str) -> Result:
    group = next(command for command in COMMANDS if command.name == "verify")
    return CliRunner().invoke(group, ["approvals", *arguments])


def test_an_undeclared_difference_ends_with_status_1(tmp_path: Path) -> None:
    folder = tmp_path / "curated" / "approval"
    folder.mkdir(parents=True)
    (folder / "example.ttl").write_text(
        "@base <https://w3id.org/sarcograph/> .\n@prefix sg: <https://w3id.org/sarcograph/ontology#> .\n"
        "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n"
        '<approval/example> sg:agency <agency/fda> ; sg:applicationNumber "NDA001234" ;\n'
        '    sg:decisionDate "2003-04-03"^^xsd:date .\n',
        encoding="utf-8",
    )
    told = verify("--drugsatfda", str(packed(tmp_path)), "--data", str(tmp_path))
    assert told.exit_code == 1
    assert "differing: approval/example decisionDate 2003-04-03: no submission was approved then" in told.output


@pytest.mark.skipif(not REAL.is_file(), reason="the FDA's file is not beside this checkout")
def test_every_approval_that_the_real_file_covers_matches_it_or_is_declared() -> None:
    told = verify("--drugsatfda", str(REAL), "--json")
    assert told.exit_code == 0, told.output
    report = json.loads(told.output)
    assert report["counts"] == {"matched": 101, "differing": 0, "not covered": 29, "exception": 1}
    assert report["needless"] == []
    decisions = [finding["fate"] for finding in report["findings"] if finding["what"] == "decisionDate"]
    assert (decisions.count("matched"), decisions.count("not covered"), len(decisions)) == (25, 20, 45)


def test_a_comparison_ends_with_its_counts() -> None:
    assert list(Comparison("a file", ()).lines())[-1] == (
        "0 statements compared: 0 matched, 0 differing, 0 not covered, 0 exception"
    )
