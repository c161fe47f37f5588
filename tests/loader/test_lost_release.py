"""Where the current release is lost or damaged, the next one follows the newest whole one, under its own version."""

import shutil
from datetime import date
from pathlib import Path

import pytest
from pyoxigraph import NamedNode, Quad

from loader import release, store
from loader.build import build
from loader.errors import DamagedReleaseError
from loader.history import HISTORY
from loader.namespaces import BASE
from loader.places import facts
from loader.terms import named


def test_the_history_goes_on_from_the_newest_release_that_is_whole(real_home: Path, tmp_path: Path) -> None:
    home, data = tmp_path / "home", tmp_path / "data"
    shutil.copytree(real_home, home)
    shutil.copytree(facts().data, data)
    places = facts(data=data)
    drug = places.data / "curated/drug/trabectedin.ttl"
    text = drug.read_text(encoding="utf-8")
    label = "    skos:prefLabel "
    drug.write_text(text.replace(label, f'    skos:altLabel "another name"@en ;\n{label}', 1), encoding="utf-8")
    first = release.open_current(home)
    lost = release.next_version(home, date.fromisoformat(first.version.partition(".")[0]))
    shutil.copytree(first.path, home / "releases" / lost)
    (home / "current").write_text(f"{lost}\n", encoding="utf-8")
    manifest = home / "releases" / lost / "manifest.json"
    text = manifest.read_text(encoding="utf-8").replace(f'"version": "{first.version}"', f'"version": "{lost}"')
    manifest.write_text(text, encoding="utf-8")
    (home / "releases" / lost / "store/CURRENT").write_text("nonsense", encoding="utf-8")
    with pytest.raises(DamagedReleaseError, match="move it away"):
        build(places, home)
    shutil.rmtree(home / "releases" / lost)
    made = build(places, home).release
    assert made.manifest["previous"] == first.version
    assert made.version not in (first.version, lost)
    held = set(store.quads(store.open_read_only(made.store_path), HISTORY))
    this = NamedNode(f"{BASE}release/{made.version}")
    assert (
        Quad(this, named("prov:wasRevisionOf"), NamedNode(f"{BASE}release/{first.version}"), NamedNode(HISTORY)) in held
    )
    change = NamedNode(f"{this.value}#drug/trabectedin")
    assert Quad(change, named("sg:changedIn"), this, NamedNode(HISTORY)) in held


def test_the_version_of_a_release_that_is_lost_is_not_given_again(tmp_path: Path) -> None:
    (tmp_path / "current").write_text("2026-11-24.3\n", encoding="utf-8")
    assert release.next_version(tmp_path, date(2026, 11, 24)) == "2026-11-24.4"
    assert release.next_version(tmp_path, date(2026, 11, 25)) == "2026-11-25.1"
    (tmp_path / "current").write_bytes(b"\xff\xfe nonsense")
    assert release.next_version(tmp_path, date(2026, 11, 24)) == "2026-11-24.1"
