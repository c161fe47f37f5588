"""Comunica recognises the endpoint by its service description, asks it, and calls it from queries of its own."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from npm import installed
from questions import CONSTRUCT, DRUGS, NO, SELECT, TRABECTEDIN, UPDATE, WRONG, YES, calling

pytestmark = pytest.mark.clients

HERE = Path(__file__).resolve().parent
COMMAND = "@comunica/query-sparql/bin/query.js"


@pytest.fixture(scope="module")
def comunica() -> list[str]:
    """The command line that starts Comunica."""
    return installed(HERE, COMMAND)


def run(comunica: list[str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*comunica, *arguments], capture_output=True, text=True, timeout=60, check=False)


def asked(comunica: list[str], source: str, query: str, media_type: str = "application/sparql-results+json") -> str:
    """What Comunica prints; it must have had nothing to warn of."""
    ended = run(comunica, source, "-q", query, "-t", media_type)
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stdout + ended.stderr
    return ended.stdout


def rows(text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(text)["results"]["bindings"]
    return found


def test_the_endpoint_is_recognised_without_being_told(comunica: list[str], endpoint: str) -> None:
    ended = run(comunica, endpoint, "-q", SELECT, "-l", "info")
    assert f"Identified {endpoint} as sparql source with service URL: {endpoint}" in ended.stderr


def test_rows_are_found(comunica: list[str], endpoint: str) -> None:
    (row,) = rows(asked(comunica, endpoint, SELECT))
    assert row["label"]["value"] == "trabectedin"
    assert len(rows(asked(comunica, endpoint, DRUGS))) > 40


def test_the_endpoint_may_also_be_named_as_one(comunica: list[str], endpoint: str) -> None:
    assert len(rows(asked(comunica, f"sparql@{endpoint}", SELECT))) == 1


def test_a_yes_and_a_no_are_told_apart(comunica: list[str], endpoint: str) -> None:
    assert json.loads(asked(comunica, endpoint, YES))["boolean"] is True
    assert json.loads(asked(comunica, endpoint, NO))["boolean"] is False


def test_a_graph_is_constructed(comunica: list[str], endpoint: str) -> None:
    line = f'<{TRABECTEDIN}> <http://www.w3.org/2004/02/skos/core#prefLabel> "trabectedin"@en .'
    assert asked(comunica, endpoint, CONSTRUCT, "application/n-triples").strip() == line


def test_two_sources_are_joined(comunica: list[str], endpoint: str, tmp_path: Path) -> None:
    """Then Comunica asks for patterns one by one, with counts and bound values, instead of passing the query on."""
    local = {"type": "serialized", "mediaType": "text/turtle", "baseIRI": "http://example.org/"}
    local["value"] = f"<http://example.org/shop> <http://example.org/sells> <{TRABECTEDIN}> ."
    context = tmp_path / "context.json"
    context.write_text(json.dumps({"sources": [endpoint, local]}), encoding="utf-8")
    query = SELECT.replace("WHERE {", "WHERE { ?shop <http://example.org/sells> ?drug .").replace(
        f"<{TRABECTEDIN}>", "?drug"
    )
    ended = run(comunica, "-c", str(context), "-q", query, "-t", "application/sparql-results+json")
    assert [row["label"]["value"] for row in rows(ended.stdout)] == ["trabectedin"], ended.stderr


def test_a_query_of_comunica_calls_the_endpoint(comunica: list[str], endpoint: str, tmp_path: Path) -> None:
    local = {
        "type": "serialized",
        "mediaType": "text/turtle",
        "baseIRI": "http://example.org/",
        "value": "<a> <b> <c> .",
    }
    context = tmp_path / "context.json"
    context.write_text(json.dumps({"sources": [local]}), encoding="utf-8")
    ended = run(comunica, "-c", str(context), "-q", calling(endpoint), "-t", "application/sparql-results+json")
    assert [row["label"]["value"] for row in rows(ended.stdout)] == ["trabectedin"], ended.stderr


def test_what_is_refused_comes_through_in_words(comunica: list[str], endpoint: str) -> None:
    ended = run(comunica, f"sparql@{endpoint}", "-q", UPDATE)
    assert ended.returncode != 0 and "403" in ended.stderr + ended.stdout
    assert run(comunica, f"sparql@{endpoint}", "-q", WRONG).returncode != 0
