"""What a release knows of those before it: its history, since when each entity is as it is, its store upon theirs."""

import errno
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
import rdflib
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, QuerySolutions

from loader import factbase, hashing, release, store
from loader.build import build
from loader.errors import FactsError
from loader.history import HISTORY
from loader.places import Facts, facts
from loader.release import Release
from loader.translation import rdflib_triple
from loader.validation import validate

BASE = "https://w3id.org/sarcograph/"
CURATED = NamedNode(f"{BASE}graph/curated")
ROOT = Path(__file__).resolve().parent.parent.parent


def name(places: Facts, text: str) -> None:
    """Give trabectedin this other name alone."""
    path = places.data / "curated/drug/trabectedin.ttl"
    label = '    skos:prefLabel "trabectedin"@en'
    whole = (facts().data / "curated/drug/trabectedin.ttl").read_text(encoding="utf-8")
    assert label in whole
    path.write_text(whole.replace(label, f'    skos:altLabel "{text}"@en ;\n{label}', 1), encoding="utf-8")


def files(made: Release) -> dict[str, str]:
    return {
        str(p.relative_to(made.path)): sha256(p.read_bytes()).hexdigest() for p in made.path.rglob("*") if p.is_file()
    }


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    """The project's facts with a data folder of its own."""
    folder = tmp_path_factory.mktemp("facts") / "data"
    shutil.copytree(facts().data, folder)
    return facts(data=folder)


@pytest.fixture(scope="module")
def built(places: Facts, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Release, dict[str, str]]]:
    """Four releases, each with another name for a drug, and the files of each when it was new."""
    home = tmp_path_factory.mktemp("home")
    found = []
    for text in ("one", "two", "three", "four"):
        name(places, text)
        made = build(places, home).release
        found.append((made, files(made)))
    return found


@pytest.fixture(scope="module")
def last(built: list[tuple[Release, dict[str, str]]]) -> Release:
    return built[-1][0]


def rows(made: Release, query: str) -> Iterator[tuple[str, ...]]:
    opened = store.open_read_only(made.store_path)
    answer = opened.query(f"PREFIX sg: <{BASE}ontology#> PREFIX rdf: <{rdflib.RDF}> {query}")
    assert isinstance(answer, QuerySolutions)
    return (tuple(term.value for term in row) for row in answer)


def test_a_release_names_the_one_before_it(built: list[tuple[Release, dict[str, str]]]) -> None:
    versions = [made.version for made, _ in built]
    assert [made.manifest["previous"] for made, _ in built] == [None, *versions[:-1]]


def test_the_history_has_each_change_with_what_came_and_what_went(last: Release) -> None:
    found = rows(
        last,
        f"SELECT ?in ?of ?how ?value WHERE {{ GRAPH <{HISTORY}> {{ ?x a sg:Change ; sg:changedIn ?in ; "
        "sg:changeOf ?of ; ?how [ rdf:object ?value ] } } ORDER BY ?in ?how",
    )
    day = last.version.rpartition(".")[0]
    drug = f"{BASE}drug/trabectedin"
    assert list(found) == [
        (f"{BASE}release/{day}.{number}", drug, f"{BASE}ontology#{how}", value)
        for number, came, went in ((2, "two", "one"), (3, "three", "two"), (4, "four", "three"))
        for how, value in (("added", came), ("removed", went))
    ]


def test_the_first_release_has_a_history_of_its_build_alone(built: list[tuple[Release, dict[str, str]]]) -> None:
    assert built[0][0].manifest["graphs"][HISTORY] == 4


def test_the_history_holds_to_the_shapes(places: Facts, last: Release) -> None:
    data, read = rdflib.Graph(), factbase.read(places)
    for quad in store.quads(store.open_read_only(last.store_path), HISTORY):
        data.add(rdflib_triple(quad.triple))
    for triple in read.data:
        data.add(triple)
    assert len(list(data.subjects(rdflib.RDF.type, rdflib.URIRef(f"{BASE}ontology#Change")))) == 3
    faults = validate(data, read.shapes, [], lambda *_: None).faults
    assert not [fault for fault in faults if "/release/" in fault.entity]


def test_each_entity_is_known_since_it_last_changed(built: list[tuple[Release, dict[str, str]]]) -> None:
    first, latest = built[0][0], built[-1][0]
    since = release.entities(latest)
    assert since.pop(f"{BASE}drug/trabectedin") == latest.version
    assert since and set(since.values()) == {first.version}


def test_hashes_of_older_releases_are_since_their_own_version(tmp_path: Path) -> None:
    folder = tmp_path / "2026-11-01.1"
    folder.mkdir()
    assert release.read_hashes(folder) is None
    (folder / "hashes.tsv").write_text(f"{CURATED.value}\t{BASE}drug/x\tabc\n", encoding="utf-8")
    assert release.read_hashes(folder) == {(CURATED.value, f"{BASE}drug/x"): release.Hash("abc", "2026-11-01.1")}


def test_a_release_says_in_its_graph_how_it_was_validated_and_what_it_holds(last: Release) -> None:
    found = rows(
        last,
        "PREFIX sh: <http://www.w3.org/ns/shacl#> PREFIX void: <http://rdfs.org/ns/void#> "
        "PREFIX owl: <http://www.w3.org/2002/07/owl#> SELECT ?conforms ?warnings ?drugs WHERE { "
        f"GRAPH <{BASE}graph/release> {{ <{BASE}> owl:versionIRI ?this . ?this sg:validation ?report . "
        "?report a sh:ValidationReport ; sh:conforms ?conforms ; sg:warnings ?warnings . "
        "?this void:classPartition [ void:class sg:Drug ; void:entities ?drugs ] } }",
    )
    counts = last.manifest["counts"]
    assert list(found) == [("true", str(last.manifest["validation"]["warnings"]), str(counts["sg:Drug"]))]


def test_a_store_upon_another_holds_what_a_store_by_itself_would(
    built: list[tuple[Release, dict[str, str]]], tmp_path: Path
) -> None:
    lying = [made for made, _ in built if made.manifest["store"]["base"] != made.version]
    assert lying
    for made in lying:
        opened = store.open_read_only(made.store_path)
        store.write(tmp_path / made.version, store.quads(opened))
        assert set(opened) == set(store.open_read_only(tmp_path / made.version))
        assert not store.holds_union(opened), "a triple of two graphs makes each store twice as large"


def test_no_file_of_an_earlier_release_changes_and_its_tables_are_shared(
    built: list[tuple[Release, dict[str, str]]],
) -> None:
    for made, when_new in built:
        assert files(made) == when_new
    base = next(made for made, _ in built if made.version == built[-1][0].manifest["store"]["base"])
    shared = [path for path in base.store_path.glob("*.sst") if path.stat().st_nlink > 1]
    assert len(shared) == len(list(base.store_path.glob("*.sst")))


def test_a_store_that_differs_much_or_lies_elsewhere_is_written_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quads = [Quad(CURATED, CURATED, Literal(str(n)), CURATED) for n in range(10)]
    store.write(tmp_path / "base", quads)
    assert not store.write_upon(tmp_path / "new", tmp_path / "base", quads[5:], 0.3)
    assert not store.write_upon(tmp_path / "new", tmp_path / "none", quads[1:], 0.3)
    (tmp_path / "spoilt").mkdir()
    (tmp_path / "spoilt/CURRENT").write_text("nonsense")
    assert not store.write_upon(tmp_path / "new", tmp_path / "spoilt", quads[1:], 0.3)
    with monkeypatch.context() as patched:
        patched.setattr(os, "link", _on_another_file_system)
        assert not store.write_upon(tmp_path / "new", tmp_path / "base", quads[1:], 0.3)
    assert not (tmp_path / "new").exists()
    assert store.write_upon(tmp_path / "new", tmp_path / "base", quads[1:], 0.3)
    assert set(store.open_read_only(tmp_path / "new")) == set(quads[1:])


def _on_another_file_system(*_: object) -> None:
    raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))


@pytest.mark.parametrize("delay", [0.0, 0.02, 0.05, 0.1])
def test_a_writer_that_is_killed_leaves_the_store_it_writes_upon_as_it_was(tmp_path: Path, delay: float) -> None:
    quads = [Quad(CURATED, CURATED, Literal(str(n)), CURATED) for n in range(50_000)]
    store.write(tmp_path / "base", quads)
    before = {path.name: path.read_bytes() for path in (tmp_path / "base").iterdir()}
    script = (
        "import sys; from pathlib import Path; from loader import store; a, b = map(Path, sys.argv[1:]); "
        "quads = list(store.open_read_only(a)); print(flush=True); store.write_upon(b, a, quads[9_000:], 0.3); "
    )
    command = [sys.executable, "-c", script, str(tmp_path / "base"), str(tmp_path / "new")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as writer:
        assert writer.stdout
        writer.stdout.readline()
        while not (tmp_path / "new").exists() and writer.poll() is None:
            time.sleep(0.001)
        time.sleep(delay)
        os.kill(writer.pid, signal.SIGKILL)
    assert {path.name: path.read_bytes() for path in (tmp_path / "base").iterdir()} == before
    assert set(store.open_read_only(tmp_path / "base")) == set(quads)


def test_blank_nodes_are_named_by_what_is_said_of_them() -> None:
    def shape(node: str, value: str) -> list[Quad]:
        this = NamedNode(f"{BASE}shapes#{value}")
        return [Quad(this, CURATED, BlankNode(node), CURATED), Quad(BlankNode(node), CURATED, Literal("same"), CURATED)]

    one = hashing.settled([*shape("a", "x"), *shape("b", "y")])
    assert set(one) == set(hashing.settled([*shape("q", "x"), *shape("p", "y")]))
    assert len(set(one)) == 4 and len({quad.object for quad in one if isinstance(quad.object, BlankNode)}) == 2
    shared = [*shape("a", "x"), *shape("a", "y")]
    assert set(hashing.settled(shared)) == set(shared)


def test_a_tombstone_is_validated_history_tells_what_went_and_its_address_is_not_used_again(
    places: Facts, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    shutil.copytree(facts().data, data)
    mine = facts(data=data)
    path = data / "curated/publication/left-behind.ttl"
    live = factbase.read(mine)
    unused = next(iter(_unnamed(live)))
    path = data / f"curated/publication/{unused.rpartition('/')[2]}.ttl"
    build(mine, tmp_path / "home")
    live_text = path.read_text(encoding="utf-8")
    tombstone = (
        f"@base <{BASE}> .\n@prefix owl: <http://www.w3.org/2002/07/owl#> .\n"
        "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n\n"
        f'<{unused.removeprefix(BASE)}>\n    owl:deprecated true ;\n    rdfs:comment "Entered twice."@en .\n'
    )
    path.write_text(tombstone, encoding="utf-8")
    made = build(mine, tmp_path / "home").release
    went = {
        value
        for _, value in rows(made, f"SELECT ?x ?v WHERE {{ GRAPH <{HISTORY}> {{ ?x sg:removed [ rdf:object ?v ] }} }}")
    }
    assert f"{BASE}ontology#Publication" in went
    kind = f"SELECT ?kind WHERE {{ GRAPH <{HISTORY}> {{ ?x sg:changeOf <{unused}> ; sg:changeKind ?kind }} }}"
    assert list(rows(made, kind)) == [(f"{BASE}concept/change/withdrawn",)]

    path.write_text(re.sub(r'skos:prefLabel "[^"]*"', 'skos:prefLabel "Something else"', live_text), encoding="utf-8")
    with pytest.raises(FactsError, match="An address is not used again"):
        build(mine, tmp_path / "home")
    path.write_text(live_text, encoding="utf-8")
    assert build(mine, tmp_path / "home").new, "the same comes back"


def _unnamed(live: factbase.Factbase) -> Iterator[str]:
    """Publications that nothing names."""
    named = {str(object_) for _, _, object_ in live.data}
    publications = live.data.subjects(rdflib.RDF.type, rdflib.URIRef(f"{BASE}ontology#Publication"))
    return (str(node) for node in sorted(publications) if str(node) not in named)
