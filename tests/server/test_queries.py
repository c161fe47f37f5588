"""Every query file of the server: its headers, its speed, its answer, and that no value gets out of its place."""

import csv
import io
import json
import os
import re
import time
from pathlib import Path

import pytest

from loader.errors import QueryFileError, UnsafeValueError
from loader.namespaces import prefixes
from server import queries
from server.serving import Serving

pytest_plugins = ["pages_fixtures"]

ANSWERS = Path(__file__).with_name("queries")
FILES = sorted(path for path in queries.FOLDER.rglob("*.rq") if path.parent != queries.FOLDER)
NAMES = [str(path.relative_to(queries.FOLDER).with_suffix("")) for path in FILES]
EXAMPLES = list(queries.names("examples"))
PANELS = [name for name in NAMES if queries.read(name).title]
HOSTILE = [
    '"',
    '" } SELECT * { ?s ?p ?o } #',
    "> } ?a ?b ?c . {",
    'x"\n  VALUES ?name { "trabectedin" }\n',
    "back\\slash\\",
    "\\u0022 } ?a ?b ?c",
    '"""',
    "tab\t, return\r, null\x00, line \u2028",
    "Ωμέγα 🧬",
]


def ask(served: Serving, text: str, media_type: str = "text/csv") -> str:
    return served.asker.run(text, media_type, reserved=True).body.decode("utf-8").replace("\r\n", "\n")


@pytest.mark.parametrize("name", NAMES)
def test_a_query_file_has_its_headers_and_binds_each_parameter_in_one_line(name: str) -> None:
    query = queries.read(name)
    assert query.summary and query.keywords
    assert "#+" not in query.text
    for parameter, default in query.parameters.items():
        assert f"VALUES ?{parameter} {{ {default} }}" in query.text
    lines = re.findall(r"^\s*VALUES \?(\w+) \{ \S+ \}$", query.text, re.M)
    assert set(query.parameters) == set(lines) or name.startswith("examples/")


@pytest.mark.parametrize("name", NAMES)
def test_a_query_file_declares_the_prefixes_that_it_uses_as_the_project_does(name: str) -> None:
    text = queries.read(name).text
    declared = dict(re.findall(r"^PREFIX ([^\s:]*): <([^>]*)>$", text, re.M))
    body = re.sub(r"^PREFIX .*$|#.*$|<[^>]*>|\"[^\"]*\"", "", text, flags=re.M)
    used = set(re.findall(r"(?<![\w?])([A-Za-z][\w.-]*):(?=[\s)]|\w)", body))
    assert set(declared) == used
    assert all(prefixes()[prefix] == iri for prefix, iri in declared.items())


@pytest.mark.parametrize("name", NAMES)
def test_a_query_runs_as_it_stands_within_a_second(name: str, served: Serving) -> None:
    started = time.monotonic()
    answer = ask(served, queries.read(name).text)
    assert time.monotonic() - started < 1
    assert answer.count("\n") > 1, "its default has no answer"


@pytest.mark.parametrize("name", sorted({*EXAMPLES, *PANELS}))
def test_a_query_gives_its_expected_answer(name: str, served: Serving) -> None:
    """With SARCOGRAPH_WRITE_ANSWERS=1 the answer found becomes the expected one; read it before you commit it."""
    found = ask(served, queries.read(name).text)
    path = ANSWERS / f"{name}.csv"
    if os.environ.get("SARCOGRAPH_WRITE_ANSWERS"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(found, encoding="utf-8")
    assert path.is_file(), "it has no expected answer"
    assert in_order(found) == in_order(path.read_text(encoding="utf-8"))


def in_order(answer: str) -> list[dict[str, str]]:
    """The rows, with the words of `recalled` sorted: the engine joins them as it finds them."""
    rows = list(csv.DictReader(io.StringIO(answer)))
    for row in rows:
        row["recalled"] = " ".join(sorted(row.get("recalled", "").split()))
    return rows


def test_every_expected_answer_belongs_to_a_query() -> None:
    answers = {str(path.relative_to(ANSWERS).with_suffix("")) for path in ANSWERS.rglob("*.csv")}
    assert answers == {*EXAMPLES, *PANELS}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_named_after_its_question_and_is_short(name: str) -> None:
    assert re.fullmatch(r"examples/[a-z0-9]+(-[a-z0-9]+)+", name)
    assert queries.read(name).text.count("\n") < 60
    assert queries.read(name).summary.endswith("?")


def test_exactly_two_claims_of_the_source_page_are_contradicted(served: Serving) -> None:
    name = "examples/which-claims-of-the-source-page-are-contradicted-by-evidence-and-by-what-exactly"
    answer = ask(served, queries.read(name).text)
    assert set(re.findall(r"/claim/([\w-]+)", answer)) == {"seed-sc14", "seed-sc40"}


def test_the_example_queries_are_in_the_release(served: Serving) -> None:
    graph, executable = (
        "https://w3id.org/sarcograph/.well-known/sparql-examples",
        "http://www.w3.org/ns/shacl#SPARQLExecutable",
    )
    found = ask(served, f"SELECT DISTINCT ?x WHERE {{ GRAPH <{graph}> {{ ?x a <{executable}> }} }}")
    assert found.count("\n") - 1 == len(EXAMPLES)


@pytest.mark.parametrize("value", HOSTILE)
def test_a_text_stays_one_value_whatever_its_characters(value: str, served: Serving) -> None:
    query = queries.read("entity/same-slug")
    bound = query.bind(slug=queries.text(value), name=queries.text("nothing has this name"))
    assert ask(served, bound.text).count("\n") == 1
    before, after = query.text.split("\n"), bound.text.split("\n")
    assert [line for line in after if line not in before] == [line for line in after if "VALUES" in line]
    assert len(before) == len(after)
    (line,) = (line for line in after if "VALUES ?slug" in line)
    answer = json.loads(ask(served, f"SELECT ?slug WHERE {{ {line} }}", "application/sparql-results+json"))
    assert [row["slug"]["value"] for row in answer["results"]["bindings"]] == [value]


@pytest.mark.parametrize("value", ["", "trabectedin", *(f"https://w3id.org/{text}" for text in HOSTILE[:-1]), "a b:c"])
def test_what_is_no_iri_cannot_be_bound_as_one(value: str) -> None:
    with pytest.raises(UnsafeValueError, match="cannot be put into a query"):
        queries.iri(value)


def test_several_values_can_be_bound_and_an_unknown_parameter_cannot(served: Serving) -> None:
    drugs = [queries.iri(f"https://w3id.org/sarcograph/drug/{name}") for name in ("eribulin", "pazopanib")]
    answer = ask(served, queries.read("entity/labels").bind(entity=drugs).text)
    assert "eribulin" in answer and "pazopanib" in answer and "trabectedin" not in answer
    with pytest.raises(QueryFileError, match="it has no parameter drug"):
        queries.read("entity/labels").bind(drug=drugs)
