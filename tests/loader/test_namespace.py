"""A mirror's own IRIs: what a build with another namespace holds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pyoxigraph import Store

MIRROR = "https://mirror.example/graphs/sts/"


def _run(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("sarcograph")), *arguments]
    given = {**os.environ, "SARCOGRAPH_HOME": str(home), **environment}
    return subprocess.run(command, env=given, capture_output=True, text=True, check=False)


def test_a_build_for_a_mirror_holds_no_iri_of_the_project(tmp_path: Path) -> None:
    built = _run(tmp_path, "build", "--namespace", MIRROR)
    assert built.returncode == 0, built.stderr
    (folder,) = (tmp_path / "releases").iterdir()
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["namespace"] == MIRROR
    terms = [str(term) for quad in Store.read_only(str(folder / "store")) for term in quad]
    assert not [term for term in terms if "w3id.org/sarcograph" in term]
    assert f"<{MIRROR}drug/trabectedin>" in terms


@pytest.mark.parametrize(
    "namespace", ["mirror.example/", "https://mirror.example/kg", "https://a b/", "ftp://a/", "https:///"]
)
def test_a_namespace_that_no_iri_can_begin_with_is_refused(tmp_path: Path, namespace: str) -> None:
    refused = _run(tmp_path, "build", "--namespace", namespace)
    assert refused.returncode == 1
    assert "a URL that ends in a slash" in refused.stderr
    assert not (tmp_path / "releases").exists()


def test_files_are_not_rewritten_in_the_namespace_of_a_mirror(tmp_path: Path) -> None:
    refused = _run(tmp_path, "format", "--check", SARCOGRAPH_NAMESPACE=MIRROR)
    assert refused.returncode == 1
    assert "files keep the project's namespace" in refused.stderr
