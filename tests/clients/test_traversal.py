"""Comunica follows links: from the IRI of an approval to what its drug acts on, with no endpoint, IRI by IRI."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from npm import installed
from running import Server, start

pytestmark = pytest.mark.clients

COMMAND = "@comunica/query-sparql-link-traversal/bin/query.js"
HERE = Path(__file__).resolve().parent
QUERY = """PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX sg: <{base}ontology#>
SELECT DISTINCT ?name WHERE {{
  <{base}approval/trabectedin-fda-a006> sg:approves ?drug .
  ?mechanism sg:mechanismOf ?drug ; sg:hasTarget ?target .
  ?target skos:prefLabel ?name .
}}"""


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose own address is the namespace of its IRIs."""
    home = tmp_path_factory.mktemp("mirror")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).with_name("sarcograph")), "build", "--namespace", f"http://127.0.0.1:{port}/"]
    environment = {"SARCOGRAPH_HOME": str(home), "PATH": "/usr/bin:/bin"}
    subprocess.run(command, env=environment, check=True, capture_output=True)
    server = start(home, PORT=str(port), SARCOGRAPH_WORKERS="2", SARCOGRAPH_RESERVED_WORKERS="1")
    yield server
    assert server.stop() == 0
    server.process.communicate()


def test_links_lead_from_an_approval_to_the_targets_of_its_drug(mirror: Server) -> None:
    comunica = installed(HERE / "traversal", COMMAND)
    base = f"{mirror.url}/"
    media_type = "application/sparql-results+json"
    words = [*comunica, f"{base}approval/trabectedin-fda-a006", QUERY.format(base=base), "-t", media_type]
    ended = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stderr
    followed = {row["name"]["value"] for row in json.loads(ended.stdout)["results"]["bindings"]}
    asked = mirror.ask(query=QUERY.format(base=base), headers={"Accept": media_type}).json
    assert followed == {row["name"]["value"] for row in asked["results"]["bindings"]}
    assert len(followed) > 1
