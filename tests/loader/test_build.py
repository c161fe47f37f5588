"""From the facts to a release."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest

from loader import release, store
from loader.build import build
from loader.errors import DamagedReleaseError, FactsError, NoReleaseError, ReleaseError, ValidationError
from loader.places import Facts, facts

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def changed(tmp_path: Path) -> Facts:
    """The project's facts with a data folder of its own, to spoil."""
    shutil.copytree(facts().data, tmp_path / "data")
    return facts(data=tmp_path / "data")


def test_a_release_holds_a_store_a_manifest_and_the_hashes(real_home: Path) -> None:
    made = release.open_current(real_home)
    manifest = json.loads((made.path / "manifest.json").read_text())
    assert manifest["counts"]["sg:Claim"] == 69
    assert manifest["validation"]["violations"] == 0
    assert len(manifest["content_hash"]) == 64
    hashes = release.read_hashes(made.path)
    assert (
        hashes and ("https://w3id.org/sarcograph/graph/curated", "https://w3id.org/sarcograph/drug/eribulin") in hashes
    )
    assert {held.since for held in hashes.values()} == {made.version}


def test_the_named_graphs_of_the_vocabulary_are_there(real_home: Path) -> None:
    opened = store.open_read_only(release.open_current(real_home).store_path)
    base = "https://w3id.org/sarcograph/"
    names = {node.value.removeprefix(base) for node in opened.named_graphs()}
    fixed = {f"graph/{name}" for name in ("ontology", "schemes", "shapes", "curated", "history", "release")}
    assert fixed | {".well-known/void", ".well-known/sparql-examples", "graph/source/seed-page"} <= names


def test_the_same_facts_give_the_same_hash_and_no_second_release(real_home: Path, tmp_path: Path) -> None:
    again = build(facts(), real_home)
    elsewhere = build(facts(), tmp_path)
    assert not again.new and elsewhere.new
    assert again.release.manifest["content_hash"] == elsewhere.release.manifest["content_hash"]


def test_a_release_that_does_not_know_the_size_of_all_its_graphs_is_built_anew(real_home: Path, tmp_path: Path) -> None:
    shutil.copytree(real_home, tmp_path / "home")
    path = release.open_current(tmp_path / "home").path / "manifest.json"
    manifest = json.loads(path.read_text())
    del manifest["default_graph"]
    path.write_text(json.dumps(manifest))
    again = build(facts(), tmp_path / "home")
    assert again.new and again.release.manifest["content_hash"] == manifest["content_hash"]
    assert sum(again.release.manifest["graphs"].values()) >= again.release.manifest["default_graph"]


def test_a_changed_fact_gives_another_hash_and_the_next_version(changed: Facts, tmp_path: Path) -> None:
    first = build(changed, tmp_path / "home").release
    path = changed.data / "curated/agency/fda.ttl"
    path.write_text(path.read_text().replace('"United States"', '"United States of America"'))
    second = build(changed, tmp_path / "home").release
    assert first.manifest["content_hash"] != second.manifest["content_hash"]
    assert second.version == first.version.rpartition(".")[0] + ".2"
    assert release.open_current(tmp_path / "home").version == second.version
    assert release.open_release(tmp_path / "home", first.version) == first


def test_a_violation_stops_the_build_with_file_line_entity_property_and_cure(changed: Facts, tmp_path: Path) -> None:
    path = changed.data / "curated/trial/palette.ttl"
    lines = path.read_text().splitlines()
    number = next(n for n, line in enumerate(lines, 1) if "sg:registryId" in line)
    path.write_text(path.read_text().replace('"NCT00753688"', '"NCT0075368"'))
    with pytest.raises(ValidationError) as caught:
        build(changed, tmp_path / "home")
    (fault,) = caught.value.report.violations
    assert (fault.path, fault.line) == (path, number)
    assert fault.entity.endswith("trial/palette") and fault.property and fault.property.endswith("registryId")
    assert "NCT" in fault.message
    assert not (tmp_path / "home").exists()


def test_every_unreadable_file_is_named_at_once(changed: Facts, tmp_path: Path) -> None:
    (changed.data / "curated/drug/eribulin.ttl").write_text("<a:a> <a:b> unquoted .\n")
    (changed.data / "curated/drug/pazopanib.ttl").write_text('<a:a> nope:b "x" .\n')
    with pytest.raises(FactsError) as caught:
        build(changed, tmp_path / "home")
    told = str(caught.value)
    assert "eribulin.ttl:1: this is not Turtle" in told and "the prefix 'nope:' is not declared" in told


def test_two_files_for_one_entity_are_both_named(changed: Facts, tmp_path: Path) -> None:
    copy = changed.data / "curated/drug/eribulin-again.ttl"
    shutil.copy(changed.data / "curated/drug/eribulin.ttl", copy)
    with pytest.raises(
        FactsError, match=r"eribulin\.ttl:\d+: .*is described here and at .*eribulin-again\.ttl:\d+"
    ) as e:
        build(changed, tmp_path / "home")
    assert "nothing is said here of <https://w3id.org/sarcograph/drug/eribulin-again>" in str(e.value)


def test_without_a_release_the_sentence_says_how_to_build_one(tmp_path: Path) -> None:
    with pytest.raises(NoReleaseError, match="Build one with 'sarcograph build'"):
        release.open_current(tmp_path)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda path: shutil.rmtree(path / "store"), "its store/ is missing"),
        (lambda path: (path / "manifest.json").unlink(), "its manifest.json is missing"),
        (lambda path: (path / "manifest.json").write_text("{"), "its manifest.json cannot be read"),
        (lambda path: (path / "manifest.json").write_text("[]"), "its manifest.json is not that of"),
    ],
)
def test_a_damaged_release_is_named_with_what_to_do(real_home: Path, tmp_path: Path, spoil: object, told: str) -> None:
    shutil.copytree(real_home, tmp_path / "home")
    path = release.open_current(tmp_path / "home").path
    assert callable(spoil)
    spoil(path)
    with pytest.raises(DamagedReleaseError, match=f"{told}.*run 'sarcograph build'"):
        release.open_current(tmp_path / "home")


def test_a_store_of_another_make_is_a_damaged_release(real_home: Path, tmp_path: Path) -> None:
    shutil.copytree(real_home, tmp_path / "home")
    opened = release.open_current(tmp_path / "home")
    (opened.store_path / "CURRENT").write_text("nonsense")
    with pytest.raises(DamagedReleaseError, match="its store cannot be opened"):
        store.open_read_only(opened.store_path)


def test_a_pointer_to_nothing_is_told_plainly(tmp_path: Path) -> None:
    (tmp_path / "current").write_text("../../etc/passwd\n")
    with pytest.raises(ReleaseError, match="expected a version such as"):
        release.open_current(tmp_path)


def test_versions_are_numbered_by_day(tmp_path: Path) -> None:
    for version in ("2026-11-24.9", "2026-11-24.10", "2026-11-23.3", "not-a-version"):
        (tmp_path / "releases" / version).mkdir(parents=True)
    assert release.versions(tmp_path) == ["2026-11-23.3", "2026-11-24.9", "2026-11-24.10"]
    assert release.next_version(tmp_path, date(2026, 11, 24)) == "2026-11-24.11"


@pytest.mark.parametrize("delay", [0.3, 0.8, 1.3])
def test_a_build_that_is_killed_leaves_the_release_as_it_was(
    real_home: Path, changed: Facts, tmp_path: Path, delay: float
) -> None:
    home = tmp_path / "home"
    shutil.copytree(real_home, home)
    before = release.open_current(home)
    path = changed.data / "curated/agency/fda.ttl"
    path.write_text(path.read_text().replace('"United States"', '"United States of America"'))
    script = "import sys; from pathlib import Path; from loader.build import build; from loader.places import facts; "
    script += "build(facts(data=Path(sys.argv[1])), Path(sys.argv[2]))"
    builder = subprocess.Popen([sys.executable, "-c", script, str(changed.data), str(home)], cwd=ROOT)
    time.sleep(delay)
    os.kill(builder.pid, signal.SIGKILL)
    builder.wait()
    after = release.open_current(home)
    assert after == before or after.version != before.version
    assert store.open_read_only(after.store_path)
    assert build(changed, home).release.manifest["content_hash"] != before.manifest["content_hash"]
    assert not list((home / "drafts").iterdir())
