"""The files of a release: the same facts in each, the same bytes each time, described as they are."""

from __future__ import annotations

import csv
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Triple, parse

from loader import bulk, hashing, release, store
from loader.build import build
from loader.dumps import columns, reading, writing
from loader.dumps.content import Content
from loader.errors import NoDumpError, ReleaseError
from loader.kinds import KINDS
from loader.namespaces import BASE, GRAPH, expand
from loader.places import Facts, facts
from loader.release import Release
from loader.terms import named, text

LINK = "anyURI"
RECALLED = f"{BASE}concept/confidence/recalled"


@pytest.fixture(scope="module")
def made(real_home: Path) -> Release:
    return release.open_current(real_home)


@pytest.fixture(scope="module")
def folder(made: Release) -> Path:
    return made.path / "dumps"


@pytest.fixture(scope="module")
def held(made: Release) -> set[Triple]:
    """Every triple of the release."""
    return {quad.triple for quad in store.quads(store.open_read_only(made.store_path))}


def rows_of(folder: Path, kind: str) -> Iterator[dict[str, str]]:
    with (folder / f"{kind}.csv").open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def schema_of(folder: Path, kind: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((folder / f"{kind}.csv-metadata.json").read_bytes())["tableSchema"][
        "columns"
    ]
    return found


def test_the_manifest_names_every_file_with_its_size_sum_type_and_licence(made: Release, folder: Path) -> None:
    entries = {entry["name"]: entry for entry in made.manifest["dumps"]}
    assert sorted(entries) == sorted(path.name for path in folder.iterdir())
    for name, entry in entries.items():
        data = (folder / name).read_bytes()
        assert (entry["bytes"], entry["sha256"]) == (len(data), sha256(data).hexdigest())
        assert entry["licence"] == "https://creativecommons.org/licenses/by/4.0/" and entry["about"]
        assert re.fullmatch(r"[a-z]+/[a-z0-9.+-]+", entry["media_type"])
        assert (entry.get("packing") == "application/gzip") == name.endswith(".gz")


def test_the_quads_are_canonical_sorted_and_all_that_does_not_describe_the_release(made: Release, folder: Path) -> None:
    lines = gzip.decompress((folder / "sarcograph.nq.gz").read_bytes()).decode().splitlines()
    assert lines == sorted(set(lines))
    assert not [line for line in lines if "_:" in line.replace("_:c14n", "")]
    graphs = {line.rpartition("<")[2].partition(">")[0] for line in lines}
    assert graphs == made.manifest["graphs"].keys() - {f"{GRAPH}release", f"{BASE}.well-known/void"}
    left_out = sum(made.manifest["graphs"][graph] for graph in made.manifest["graphs"].keys() - graphs)
    assert len(lines) == sum(made.manifest["graphs"].values()) - left_out


@pytest.mark.parametrize("name", ["sarcograph.nq.gz", "sarcograph.jsonld.gz", ""], ids=["nquads", "json-ld", "turtle"])
def test_what_is_read_back_has_the_content_hash_of_the_release(made: Release, folder: Path, name: str) -> None:
    assert reading.content_hash([folder / name]) == made.manifest["content_hash"]


def test_what_is_unpacked_has_it_too_and_what_is_changed_has_not(made: Release, folder: Path, tmp_path: Path) -> None:
    data = gzip.decompress((folder / "sarcograph.nq.gz").read_bytes())
    (tmp_path / "whole.nq").write_bytes(data)
    (tmp_path / "changed.nq").write_bytes(data.replace(b'"trabectedin"@en', b'"trabectidin"@en', 1))
    assert reading.content_hash([tmp_path / "whole.nq"]) == made.manifest["content_hash"]
    assert reading.content_hash([tmp_path / "changed.nq"]) != made.manifest["content_hash"]


def test_a_release_made_from_the_dump_has_the_same_content(made: Release, folder: Path, tmp_path: Path) -> None:
    again = bulk.load([folder / "sarcograph.nq.gz"], tmp_path)
    quads = store.quads(store.open_read_only(again.store_path))
    assert hashing.root(hashing.leaves(quads)) == made.manifest["content_hash"]


def test_the_whole_in_n_quads_and_in_json_ld_are_the_same_quads(folder: Path) -> None:
    both = [list(reading.quads([folder / f"sarcograph.{form}.gz"])) for form in ("nq", "jsonld")]
    first, second = (Content(quads).quads for quads in both)
    assert first == second and len(first) > 15_000


def test_a_dump_written_anew_in_another_process_is_the_same_byte_for_byte(real_home: Path, tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("sarcograph")), "dump", str(tmp_path / "out")]
    environment = os.environ | {"SARCOGRAPH_HOME": str(real_home), "PYTHONHASHSEED": "7"}
    told = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=True)
    own = {path.name: path.read_bytes() for path in (release.open_current(real_home).path / "dumps").iterdir()}
    again = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    assert [name for name in own if own[name] != again.get(name)] == [] and own.keys() == again.keys()
    assert f"{len(own)} files of release" in told.stdout
    refused = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert refused.returncode == 1 and "no empty folder" in refused.stderr


def test_the_dump_of_a_mirror_is_read_and_written_with_its_own_iris(tmp_path: Path) -> None:
    program = str(Path(sys.executable).with_name("sarcograph"))
    environment = os.environ | {"SARCOGRAPH_HOME": str(tmp_path / "home")}

    def run(*arguments: str) -> str:
        command = [program, *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=True).stdout

    run("build", "--namespace", "https://example.org/mirror/")
    run("dump", str(tmp_path / "out"))
    own = release.open_current(tmp_path / "home").path / "dumps"
    assert {p.name: p.read_bytes() for p in own.iterdir()} == {
        p.name: p.read_bytes() for p in (tmp_path / "out").iterdir()
    }
    assert "https://example.org/mirror/dumps/" in (own / "ro-crate-metadata.json").read_text()
    assert b"w3id.org/sarcograph" not in gzip.decompress((own / "sarcograph.nq.gz").read_bytes())
    assert "It is that of release" in run("dump", "--check", str(tmp_path / "out" / "sarcograph.jsonld.gz"))


def test_the_command_tells_whether_a_dump_is_whole(real_home: Path, folder: Path) -> None:
    program = str(Path(sys.executable).with_name("sarcograph"))

    def check(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"SARCOGRAPH_HOME": str(real_home)}
        command = [program, "dump", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)

    whole, part = check("--check", str(folder / "sarcograph.nq.gz")), check("--check", str(folder / "drug.ttl"))
    assert whole.returncode == 0 and "It is that of release" in whole.stdout
    assert part.returncode == 1 and "It is not that of release" in part.stdout
    unknown = check("--release", "1999-01-01.1")
    assert unknown.returncode == 1 and "there is no release '1999-01-01.1' here" in unknown.stderr


def test_unchanged_files_are_links_to_those_of_the_release_before(real_home: Path, tmp_path: Path) -> None:
    home, root = tmp_path / "home", tmp_path / "facts"
    shutil.copytree(real_home, home)
    for name in ("ontology", "shapes", "data"):
        shutil.copytree(facts().root / name, root / name)
    before = build(Facts(root), home).release
    agency = root / "data/curated/agency/fda.ttl"
    remark = '    <http://www.w3.org/2000/01/rdf-schema#comment> "Another remark."@en ;'
    agency.write_text(agency.read_text().replace("    skos:prefLabel ", f"{remark}\n    skos:prefLabel "))
    after = build(Facts(root), home).release
    linked = {
        path.name for path in (after.path / "dumps").iterdir() if path.samefile(before.path / "dumps" / path.name)
    }
    changed = {path.name for path in (after.path / "dumps").iterdir()} - linked
    assert {"agency.ttl", "agency.csv", "agency.parquet", "sarcograph.nq.gz", "ro-crate-metadata.json"} <= changed
    assert {"drug.ttl", "drug.csv", "drug.csv-metadata.json", "drug.parquet", "ontology.ttl", "shapes.ttl"} <= linked
    assert len(changed) < 12


def test_turtle_declares_the_prefixes_it_uses_and_no_other_and_names_its_licence(folder: Path) -> None:
    for path in folder.glob("*.ttl"):
        source = path.read_text(encoding="utf-8")
        assert source.startswith("# Sarcograph: ") and "creativecommons.org" in source.partition("\n")[0]
        for prefix in re.findall(r"^@prefix ([^:]*):", source, re.M):
            assert re.search(rf"(?<![\w.-]){re.escape(prefix)}:(?! <)", source), (path.name, prefix)


def cells(row: dict[str, str], column: dict[str, Any]) -> list[str]:
    value = row[column["name"]]
    return (value.split(column["separator"]) if "separator" in column else [value]) if value else []


def term(column: dict[str, Any], value: str) -> NamedNode | Literal:
    if column["datatype"] == LINK:
        return NamedNode(value)
    if "lang" in column:
        return Literal(value, language=column["lang"])
    return Literal(value, datatype=named(f"xsd:{column['datatype']}"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_table_read_with_its_metadata_is_what_the_release_states(kind: str, folder: Path, held: set[Triple]) -> None:
    schema = [column for column in schema_of(folder, kind) if not column.get("suppressOutput")]
    told: set[tuple[str, str, str]] = set()
    subjects = set()
    for row in rows_of(folder, kind):
        for column in schema:
            about = row[column["aboutUrl"].strip("{+}")] if "aboutUrl" in column else row["id"]
            subjects.add(about)
            for value in cells(row, column):
                triple = Triple(NamedNode(about), NamedNode(column["propertyUrl"]), term(column, value))
                told.add((about, column["propertyUrl"], value))
                # A date that is known to the month in one row makes the column text for all.
                assert triple in held or column["datatype"] == "string", triple
    stated = {(t.subject.value, t.predicate.value, t.object.value) for t in held if t.subject.value in subjects}
    typed = {(about, expand("rdf:type"), f"{expand('oa:TextPositionSelector')}") for about in subjects}
    assert told <= stated and stated - told <= typed


def test_a_recalled_fact_never_looks_verified(folder: Path, held: set[Triple]) -> None:
    confidence, on = named("sg:confidence"), named("sg:onProperty")
    recalled = {t.subject.value for t in held if t.predicate == confidence and t.object.value == RECALLED}
    notes = {t.subject.value: t.object.value for t in held if t.predicate == on and t.subject.value in recalled}
    found: dict[str, set[str]] = {}
    for kind in KINDS:
        names = {column.get("propertyUrl"): column["name"] for column in schema_of(folder, kind)}
        for row in rows_of(folder, kind):
            assert {"confidence", "source", "recalled", "notes"} <= row.keys()
            assert (row["confidence"] == RECALLED) == (row["id"] in recalled), row["id"]
            found[row["id"]] = {word for word in row["recalled"].split("|") if word}
            for note, property_ in notes.items():
                if note.startswith(f"{row['id']}#"):
                    assert names.get(property_, property_.rpartition("#")[2]) in found[row["id"]], note
    assert sum(len(words) for words in found.values()) >= len(notes) > 50


def test_a_derived_day_is_recalled_where_its_date_is(folder: Path) -> None:
    words = [set(row["recalled"].split("|")) for row in rows_of(folder, "approval")]
    dated = [each for each in words if "decisionDate" in each]
    assert dated and all({"decisionDateEarliest", "decisionDateLatest"} <= each for each in dated)


def test_parquet_holds_the_table_of_the_csv_typed_and_with_lists(folder: Path) -> None:
    for kind in KINDS:
        shown = duckdb.read_parquet(str(folder / f"{kind}.parquet"))
        schema = schema_of(folder, kind)
        assert shown.columns == [column["name"] for column in schema]
        types = dict(zip(shown.columns, map(str, shown.types), strict=True))
        plain = {"integer": "BIGINT", "decimal": "DECIMAL(28,10)", "boolean": "BOOLEAN", "date": "DATE"}
        for column in schema:
            own = plain.get(column["datatype"], "VARCHAR")
            assert types[column["name"]] == (f"{own}[]" if "separator" in column else own), (kind, column["name"])
        for row, typed in zip(rows_of(folder, kind), shown.fetchall(), strict=True):
            for column, value in zip(schema, typed, strict=True):
                _same(cells(row, column), value, column)


def _same(written: list[str], value: Any, column: dict[str, Any]) -> None:
    if "separator" in column:
        assert written == list(value)
    elif value is None:
        assert written == []
    elif column["datatype"] == "boolean":
        assert written == [str(value).lower()]
    elif column["datatype"] in ("integer", "decimal"):
        assert float(written[0]) == float(value)
    else:
        assert written == [str(value)]


def test_parquet_carries_its_metadata(folder: Path) -> None:
    query = duckdb.sql(f"SELECT value FROM parquet_kv_metadata('{folder / 'drug.parquet'}') WHERE key = 'csvw'")
    (found,) = query.fetchall()
    assert found[0] == (folder / "drug.csv-metadata.json").read_bytes()


def _content(*triples: tuple[str, str, object]) -> Content:
    drug = f"{BASE}drug/a"
    said = [(drug, "rdf:type", named("sg:Drug")), *((drug + part, word, value) for part, word, value in triples)]
    graph = NamedNode(f"{GRAPH}curated")
    return Content(Quad(NamedNode(s), named(p), o, graph) for s, p, o in said)  # type: ignore[arg-type]


def _column(held: Content, name: str) -> columns.Column:
    table = columns.table(held, KINDS["drug"])
    return next(column for column in table.columns if column.name == name)


def test_a_column_is_text_where_one_value_is_of_another_type_or_none_can_hold_it() -> None:
    integer, day = named("xsd:integer"), named("xsd:date")
    assert _column(_content(("", "sg:size", Literal("12", datatype=integer))), "size").type == integer.value
    assert _column(_content(("", "sg:size", Literal("9" * 30, datatype=integer))), "size").type == columns.TEXT
    assert _column(_content(("", "sg:size", Literal("2026-02-31", datatype=day))), "size").type == columns.TEXT
    mixed = _content(("", "sg:size", Literal("12", datatype=integer)), ("", "sg:size", text("a dozen")))
    assert _column(mixed, "size").type == columns.TEXT and _column(mixed, "size").many


def test_values_in_several_languages_have_columns_of_their_own() -> None:
    held = _content(
        *(("", "skos:altLabel", Literal(word, language=tag)) for word, tag in (("one", "en"), ("eins", "de")))
    )
    assert _column(held, "altLabel").cells == [["one"]] and _column(held, "altLabel_de").cells == [["eins"]]


def test_what_stands_between_values_is_in_none_of_them() -> None:
    held = _content(("", "sg:seenIn", text("a|b")), ("", "sg:seenIn", text("c¦d")))
    assert _column(held, "seenIn").separator == "‖"


def test_a_release_loaded_from_files_has_no_dump_and_says_why(folder: Path, tmp_path: Path) -> None:
    loaded = bulk.load([folder / "sarcograph.nq.gz"], tmp_path / "home")
    with pytest.raises(NoDumpError, match="has no dump"):
        writing.dump(loaded, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_is_named(made: Release, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ReleaseError, match="no empty folder"):
        writing.dump(made, tmp_path / "file")
    with pytest.raises(ReleaseError, match="cannot be written"):
        writing.dump(made, tmp_path / "file" / "below")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_an_empty_folder_is_filled_and_nothing_else_is_left(made: Release, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    entries = writing.dump(made, tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {entry["name"] for entry in entries}
    assert [path.name for path in tmp_path.iterdir()] == ["out"] and len(entries) == len(list(folder.iterdir()))


def test_the_graph_of_the_release_describes_every_file(made: Release) -> None:
    opened = store.open_read_only(made.store_path)
    said: dict[str, dict[str, str]] = {}
    for quad in store.quads(opened, f"{GRAPH}release"):
        said.setdefault(quad.subject.value, {})[quad.predicate.value] = quad.object.value
    for entry in made.manifest["dumps"]:
        file = said[f"{BASE}release/{made.version}#{entry['name']}"]
        assert file[expand("dcat:downloadURL")] == f"{BASE}dumps/{made.version}/{entry['name']}"
        assert file[expand("dcat:byteSize")] == str(entry["bytes"])
        assert said[file[expand("spdx:checksum")]][expand("spdx:checksumValue")] == entry["sha256"]


def test_the_turtle_files_are_turtle_to_another_reader(folder: Path) -> None:
    import rdflib

    for name in ("ontology", "shapes", "drug"):
        ours = len({quad.triple for quad in parse(path=folder / f"{name}.ttl", format=RdfFormat.TURTLE)})
        assert len(rdflib.Graph().parse(folder / f"{name}.ttl")) == ours
