"""The list of releases, and what changed from one to another: as a page, as JSON, as RDF."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, parse
from running import Server, start

from loader.build import build
from loader.namespaces import BASE, expand
from loader.places import Facts, facts
from loader.release import versions

NAME = '<b>"new"</b>'


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory, real_home: Path) -> Path:
    """A home with a second release in which one drug has another name and one agency is gone."""
    home, root = tmp_path_factory.mktemp("history"), tmp_path_factory.mktemp("facts")
    shutil.copytree(real_home, home, dirs_exist_ok=True)
    for folder in ("ontology", "shapes", "data"):
        shutil.copytree(facts().root / folder, root / folder)
    drug = root / "data" / "curated" / "drug" / "trabectedin.ttl"
    text = drug.read_text(encoding="utf-8")
    name = 'skos:prefLabel "trabectedin"@en'
    assert name in text
    drug.write_text(text.replace(name, f'{name} ;\n    skos:altLabel "{NAME.replace(chr(34), chr(92) + chr(34))}"@en'))
    build(Facts(root), home)
    return home


@pytest.fixture(scope="module")
def served(history: Path) -> Iterator[Server]:
    server = start(history, SARCOGRAPH_WORKERS="2", SARCOGRAPH_RESERVED_WORKERS="1")
    yield server
    server.stop()
    server.process.communicate()


@pytest.fixture(scope="module")
def path(history: Path) -> str:
    """Where the two are compared."""
    return f"/releases/{'...'.join(versions(history))}"


def test_all_releases_are_listed_newest_first(served: Server, history: Path) -> None:
    listed = served.ask("/releases.json").json
    assert [each["version"] for each in listed] == versions(history)[::-1]
    assert listed[0]["content_hash"] != listed[1]["content_hash"]
    assert listed[0]["validation"]["violations"] == 0
    page = served.ask("/releases.html").body.decode()
    assert all(version in page for version in versions(history))
    said = {str(quad.subject) for quad in parse(served.ask("/releases.ttl").body, RdfFormat.TURTLE)}
    assert {f"<{BASE}release/{version}>" for version in versions(history)} <= said


@pytest.mark.parametrize(
    ("accept", "suffix"), [("text/html", "html"), ("application/json", "json"), ("text/turtle", "ttl"), ("*/*", "ttl")]
)
def test_a_comparison_leads_to_the_document_that_accept_chooses(
    served: Server, path: str, accept: str, suffix: str
) -> None:
    answer = served.ask(path, headers={"Accept": accept})
    assert answer.status == 200
    assert answer.media_type == {"html": "text/html", "json": "application/json", "ttl": "text/turtle"}[suffix]


def test_a_change_is_the_same_as_page_as_json_and_as_rdf(served: Server, path: str) -> None:
    found = served.ask(f"{path}.json").json
    assert found["counts"] == {"created": 0, "changed": 1, "withdrawn": 0}
    (entity,) = found["entities"]
    assert entity["id"] == f"{BASE}drug/trabectedin"
    (added,) = entity["added"]
    assert added["object"] == {"type": "literal", "value": NAME, "xml:lang": "en"}
    assert not entity["removed"]
    page = served.ask(f"{path}.html").body.decode()
    assert "&lt;b&gt;&#34;new&#34;&lt;/b&gt;" in page
    assert NAME not in page
    quads = list(parse(served.ask(f"{path}.ttl").body, RdfFormat.TURTLE))
    assert [quad.object.value for quad in quads if quad.predicate.value == expand("rdf:object")] == [NAME]
    backwards = served.ask(f"/releases/{'...'.join(reversed(path.rpartition('/')[2].split('...')))}.json").json
    assert backwards["entities"][0]["removed"] == entity["added"]


@pytest.mark.parametrize("entity", ["drug/trabectedin", f"{BASE}drug/trabectedin"])
def test_a_comparison_is_narrowed_to_one_entity(served: Server, path: str, entity: str) -> None:
    assert len(served.ask(f"{path}.json", entity=entity).json["entities"]) == 1
    other = served.ask(f"{path}.html", entity="drug/eribulin")
    assert b"It is the same in both." in other.body
    moved = served.ask(path, entity=entity, headers={"Accept": "application/json"})
    assert len(moved.json["entities"]) == 1


@pytest.mark.parametrize(
    ("pair", "parameters", "status"),
    [
        ("2026-01-01.1...2026-01-02.1", {}, 404),
        ("2026-01-01.1", {}, 404),
        ("...", {}, 404),
        ("<script>...<script>", {}, 404),
        ("{path}", {"page": "2"}, 404),
        ("{path}", {"page": "0"}, 400),
        ("{path}", {"page": "9" * 400}, 404),
        ("{path}", {"entity": "a b"}, 400),
        ("{path}", {"entity": "drug/nope"}, 404),
        ("{path}", {"entity": "pazopanib"}, 404),
        ("{path}", {"entity": "sg:Nope"}, 404),
        ("{path}", {"entity": "x" * 3000}, 400),
        ("{path}", {"entity": ["drug/a", "drug/b"]}, 400),
    ],
)
@pytest.mark.parametrize("suffix", ["html", "json", "ttl"])
def test_what_cannot_be_compared_is_told(
    served: Server, path: str, pair: str, parameters: dict[str, str], status: int, suffix: str
) -> None:
    accept = {"html": "text/html", "json": "application/json", "ttl": "text/turtle"}[suffix]
    where = pair.replace("{path}", path.rpartition("/")[2])
    answer = served.ask(f"/releases/{where.replace('<', '%3C')}.{suffix}", headers={"Accept": accept}, **parameters)  # type: ignore[arg-type]
    assert answer.status == status
    assert b"<script>" not in answer.body


def test_a_comparison_is_kept_and_known_by_its_tag(served: Server, path: str) -> None:
    first = served.ask(f"{path}.json")
    same = served.ask(f"{path}.json", headers={"If-None-Match": first.headers["etag"]})
    assert (same.status, same.body) == (304, b"")


def test_an_entity_is_named_by_a_curie_of_ours(served: Server, path: str) -> None:
    answer = served.ask(f"{path}.json", entity="sg:Drug")
    assert (answer.status, answer.json["entities"]) == (200, [])


def test_a_comparison_names_its_releases_and_its_properties(served: Server, path: str, history: Path) -> None:
    quads = list(parse(served.ask(f"{path}.ttl").body, RdfFormat.TURTLE))
    named = {(quad.subject.value, quad.object.value) for quad in quads if "wasDerivedFrom" in quad.predicate.value}
    assert named == {(BASE + path.lstrip("/"), f"{BASE}release/{version}") for version in versions(history)}
    (entity,) = served.ask(f"{path}.json").json["entities"]
    assert entity["added"][0]["predicateLabel"] == "also called"


@pytest.mark.parametrize("thing", ["/releases", "{path}"])
def test_a_page_of_releases_is_linked_as_its_data_is(served: Server, path: str, thing: str) -> None:
    address = thing.replace("{path}", path)
    page, data = (served.ask(f"{address}.{suffix}") for suffix in ("html", "ttl"))
    assert page.headers["content-location"] == f"{address}.html"
    link = page.headers["link"]
    for rel in ("describes", "canonical", "describedby", "license", "alternate"):
        assert f'rel="{rel}"' in link and f'rel="{rel}"' in data.headers["link"]
        assert f'<link rel="{rel}"'.encode() in page.body
    assert f'<{address}.ttl>; rel="alternate"; type="text/turtle"' in link
    again = served.ask(f"{address}.html", headers={"If-None-Match": page.headers["etag"]})
    assert (again.status, again.body) == (304, b"")


def test_what_a_release_says_of_itself_is_answered_by_that_release(served: Server, history: Path) -> None:
    for version in versions(history):
        answer = served.ask(f"/release/{version}.ttl")
        assert (answer.status, answer.headers["sarcograph-release"]) == (200, version)
