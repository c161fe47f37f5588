"""How the project is to be cited, and where its permanent addresses lead, are said in files that others read."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from loader.namespaces import PROJECT

ROOT = Path(__file__).resolve().parent.parent
CITATION = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
REDIRECTS = (ROOT / "ontology" / "w3id" / ".htaccess").read_text(encoding="utf-8")


def test_the_citation_has_what_version_1_2_0_of_its_format_asks_for() -> None:
    fields = dict(re.findall(r"^([a-z-]+):[ ]*(.*)$", CITATION, re.M))
    assert {"cff-version", "message", "title", "authors"} <= set(fields)
    assert set(fields) <= {
        *("cff-version", "message", "type", "title", "abstract", "authors", "license", "url", "keywords")
    }
    assert fields["cff-version"] == "1.2.0" and fields["type"] == "dataset"
    assert json.loads(fields["url"]) == PROJECT


def test_the_citation_names_no_person_and_no_doi() -> None:
    assert re.findall(r"^  - name: (.*)$", CITATION, re.M) == ['"Sarcograph contributors"']
    assert "family-names" not in CITATION and "doi" not in CITATION.lower()


def leads(path: str) -> str:
    """Where the file sends a path below w3id.org/sarcograph/, read as Apache reads these two rules."""
    variables = dict(re.findall(r"\[E=(\w+):([^\]]+)\]", REDIRECTS))
    (pattern, target), *more = re.findall(r"^RewriteRule (\S+) (\S+) \[R=302,L\]$", REDIRECTS, re.M)
    found = re.search(pattern, path)
    assert found and not more
    target = re.sub(r"%\{ENV:(\w+)\}", lambda match: variables[match[1]], target)
    return target.replace("$1", found[1])


@pytest.mark.parametrize("path", ["", "drug/trabectedin", "ontology", ".well-known/void", "graph/source/seed-page"])
def test_every_permanent_address_leads_to_the_same_path_of_the_server(path: str) -> None:
    assert leads(path) == f"https://sarcograph.example.org/{path}"


def test_the_redirects_leave_accept_and_queries_to_the_client() -> None:
    rules = [line for line in REDIRECTS.splitlines() if line and not line.startswith("#")]
    assert not [line for line in rules if "RewriteCond" in line or "Accept" in line.replace("Access", "")]
    assert "QSD" not in REDIRECTS
