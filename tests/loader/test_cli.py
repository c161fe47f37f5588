"""The commands, as a curator runs them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from loader.places import facts

ROOT = Path(__file__).resolve().parent.parent.parent


def sarcograph(*arguments: str | Path, home: Path | None = None, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    environment = os.environ | ({"SARCOGRAPH_HOME": str(home)} if home else {})
    command = [str(Path(sys.executable).parent / "sarcograph"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=cwd, timeout=120, check=False)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    shutil.copytree(facts().data, tmp_path / "data")
    return tmp_path / "data"


def test_the_project_s_data_are_valid_and_canonical() -> None:
    valid, canonical = sarcograph("validate", "data"), sarcograph("format", "--check")
    assert valid.returncode == 0, valid.stdout + valid.stderr
    assert "0 violations" in valid.stdout
    assert canonical.returncode == 0, canonical.stdout + canonical.stderr


def test_format_writes_the_canonical_form_and_check_only_tells(data: Path) -> None:
    path = data / "curated/agency/fda.ttl"
    canonical = path.read_text()
    path.write_text(canonical.replace(" ;\n    ", " ; "))
    told = sarcograph("format", "--check", data)
    assert told.returncode == 1 and "fda.ttl: is not in canonical form; run: sarcograph format" in told.stdout
    assert path.read_text() != canonical
    assert sarcograph("format", data).returncode == 0
    assert path.read_text() == canonical


def test_validate_names_file_and_line_and_exits_1(data: Path) -> None:
    path = data / "curated/drug/eribulin.ttl"
    path.write_text(path.read_text().replace("<concept/route/intravenous>", "<concept/route/nowhere>", 1))
    told = sarcograph("validate", data)
    assert told.returncode == 1
    assert "curated/drug/eribulin.ttl:" in told.stdout and "sg:route" in told.stdout
    assert "Traceback" not in told.stdout + told.stderr


def test_build_makes_a_release_and_says_where(tmp_path: Path) -> None:
    told = sarcograph("build", home=tmp_path)
    assert told.returncode == 0, told.stderr
    assert "Release 20" in told.stdout and "content hash " in told.stdout
    assert "dossier-trials: 38 rows, 38 in, 0 rejected\n" in told.stdout
    assert "is current: the facts have not changed" in sarcograph("build", home=tmp_path).stdout


def test_a_home_that_cannot_be_written_is_told_plainly(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    told = sarcograph("build", home=tmp_path / "file" / "home")
    assert told.returncode == 1
    assert "Point SARCOGRAPH_HOME at a folder of yours." in told.stderr and "Traceback" not in told.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["build", "--colour"], "No such option"),
        (["validate", "nowhere"], "does not exist"),
        (["import-table", "drug", "nowhere.tsv"], "does not exist"),
        (["unknown"], "No such command"),
    ],
)
def test_a_wrong_option_or_argument_is_named_and_exits_2(arguments: list[str], told: str) -> None:
    done = sarcograph(*arguments)
    assert done.returncode == 2
    assert told in done.stderr and "Traceback" not in done.stderr


def test_a_folder_without_data_is_told_plainly(tmp_path: Path) -> None:
    told = sarcograph("validate", tmp_path)
    assert told.returncode == 1 and "expected a folder that holds curated/ or sources/" in told.stderr


def test_import_table_lists_the_rejected_rows_and_writes_them_to_a_file(data: Path, tmp_path: Path) -> None:
    table = tmp_path / "publications.tsv"
    table.write_text(
        "key\ttitle\tfirst_author\tjournal\tyear\tvolume\tpages\tdoi\tpmid\tpmcid\tkind\tconfidence\tseen_in\n"
        "good1\tAn example\t\t\t2001\t\t\t\t\t\treview\trecalled\t\n"
        "bad1\tAn example with a wrong year\t\t\t2001-13\t\t\t\t\t\treview\trecalled\t\n"
    )
    done = sarcograph("import-table", "publication", table, "--data", data, cwd=tmp_path)
    assert done.returncode == 1
    assert "publications.tsv:3: rejected: year: '2001-13' is no date; write 2015, 2015-10 or 2015-10-23" in done.stderr
    assert "2 rows: 1 imported, 0 left out, 1 rejected; 1 files changed" in done.stdout.replace("2 files", "1 files")
    rejected = (tmp_path / "publications.rejects.tsv").read_text().splitlines()
    assert rejected[0].startswith("line\treason\tkey\ttitle") and rejected[1].startswith("3\tyear: '2001-13'")
    assert (data / "curated/publication/good1.ttl").exists()


def test_every_fault_of_a_bad_table_is_named_by_row_and_column_and_the_good_rows_go_in(
    data: Path, tmp_path: Path
) -> None:
    columns = ["row_id", "drug", "agency", "stage", "status_note", "indication", "disease", "confidence", "seen_in"]
    good = ["X1", "pimicotinib", "FDA", "NDA planned", "", "An example", "gist", "verified", "an example"]
    rows = [
        columns,
        good,
        good,
        ["X2", *good[1:3], "NDA dreamt of", *good[4:]],
        ["X3", "nowhereumab", *good[2:]],
        ["X4", *good[1:5], "caf\udce9", *good[6:]],
        ["X5", *good[1:]],
        ["X6"],
    ]
    table = tmp_path / "applications.tsv"
    text = "".join("\t".join(row) + "\n" for row in rows)
    table.write_bytes(text.encode("utf-8", errors="surrogateescape"))
    done = sarcograph("import-table", "application", table, "--data", data, cwd=tmp_path)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    for line, told in {
        3: "row_id: line 2 describes <",
        4: "stage: 'NDA dreamt of' is no known concept of the scheme application-stage",
        5: "drug: 'nowhereumab' is no known drug",
        6: r"indication: the cell 'caf\udce9' is not UTF-8",
        8: "the row has 1 cells, the header 9",
    }.items():
        assert f"applications.tsv:{line}: rejected: {told}" in done.stderr
    assert "7 rows: 2 imported, 0 left out, 5 rejected" in done.stdout
    assert len(list((data / "curated/application").glob("pimicotinib-fda-x*.ttl"))) == 2
    rejects = (tmp_path / "applications.rejects.tsv").read_bytes()
    assert rejects.count(b"\n") == 6 and b"caf\xe9" in rejects


def test_claims_without_their_page_are_refused(data: Path, tmp_path: Path) -> None:
    (tmp_path / "claims.tsv").write_text("id\n")
    done = sarcograph("import-table", "claim", tmp_path / "claims.tsv", "--data", data)
    assert done.returncode == 1 and "--page is 'missing'; expected the text file of the page" in done.stderr


def test_build_stops_at_a_violation_with_every_fault_and_exits_1(tmp_path: Path) -> None:
    for folder in ("ontology", "shapes", "data"):
        shutil.copytree(facts().root / folder, tmp_path / folder)
    path = tmp_path / "data/curated/approval/eribulin-fda-a001.ttl"
    line = next(n for n, text in enumerate(path.read_text().splitlines(), 1) if "sg:decisionDate" in text)
    path.write_text(path.read_text().replace('"2016-01-28"^^xsd:date', '"2016-01-32"^^xsd:date'))
    done = sarcograph("build", "--facts", tmp_path, home=tmp_path / "home")
    assert done.returncode == 1
    assert f"eribulin-fda-a001.ttl:{line}: approval/eribulin-fda-a001 sg:decisionDate: " in done.stderr
    assert "Nothing was built." in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "home").exists()
