"""The dump is an RO-Crate, to a validator that is not ours."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from loader import release

pytestmark = pytest.mark.clients


@pytest.fixture(scope="module")
def folder(real_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the dump, to spoil."""
    copy = tmp_path_factory.mktemp("crate") / "dumps"
    shutil.copytree(release.open_current(real_home).path / "dumps", copy)
    return copy


def validated(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(Path(__file__).with_name("crate_validation.py")), str(folder)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_the_dump_keeps_every_rule_of_ro_crate_and_the_advice(folder: Path) -> None:
    found = validated(folder)
    assert found.returncode == 0, found.stdout[-3000:] + found.stderr[-3000:]
    assert " checks, 0 issues" in found.stdout


def test_a_crate_that_names_a_file_which_is_not_there_is_found_out(folder: Path) -> None:
    (folder / "drug.csv").rename(folder / "gone.csv")
    found = validated(folder)
    (folder / "gone.csv").rename(folder / "drug.csv")
    assert found.returncode == 1 and "drug.csv" in found.stdout


def test_the_crate_names_every_file_but_its_own(folder: Path) -> None:
    graph = {node["@id"]: node for node in json.loads((folder / "ro-crate-metadata.json").read_bytes())["@graph"]}
    parts = {part["@id"] for part in graph["./"]["hasPart"]}
    own = {"ro-crate-metadata.json", "ro-crate-preview.html"}
    assert parts == {path.name for path in folder.iterdir()} - own
    for name in parts:
        assert graph[name]["contentSize"] == str((folder / name).stat().st_size) and len(graph[name]["sha256"]) == 64


def test_the_page_of_the_crate_links_to_every_file(folder: Path) -> None:
    page = (folder / "ro-crate-preview.html").read_text(encoding="utf-8")
    assert all(f'href="{path.name}"' in page for path in folder.glob("*.parquet"))
