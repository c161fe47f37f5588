"""A release straight from RDF files, unvalidated."""

import gzip
from pathlib import Path

import pytest
from pyoxigraph import QuerySolutions

from loader import bulk, release, store
from loader.errors import FactError, NoReleaseError
from loader.release import Release

LINES = (
    '<http://example.org/a> <http://example.org/p> "1" .\n',
    "<http://example.org/a> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://example.org/Drug> .\n",
)
GRAPH = "http://example.org/graph/one"


def file(folder: Path, name: str, *lines: str) -> Path:
    path = folder / name
    data = "".join(lines).encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def in_graph(line: str, name: str) -> str:
    return line.replace(" .\n", f" <http://example.org/graph/{name}> .\n")


def count(made: Release) -> int:
    """How many triples a query sees that names no graph; the manifest tells the same."""
    held = store.open_read_only(made.store_path)
    query = (Path(__file__).with_name("queries") / "count.rq").read_text(encoding="utf-8")
    answer = store.ask(held, query, union=not store.holds_union(held))
    assert isinstance(answer, QuerySolutions)
    found = int(next(answer)["n"].value)
    assert made.manifest["default_graph"] == found
    return found


def test_a_release_of_files_is_the_current_one_and_says_that_it_was_not_validated(tmp_path: Path) -> None:
    made = bulk.load([file(tmp_path, "a.nt", *LINES)], tmp_path / "home")
    manifest = release.open_current(tmp_path / "home").manifest
    assert manifest["version"] == made.version
    assert manifest["validation"] is None
    assert (manifest["triples"], manifest["graphs"], manifest["counts"]) == (2, {}, {})
    assert manifest["sources"][0]["name"] == "a.nt"
    assert not list((tmp_path / "home" / "drafts").iterdir())
    assert count(made) == 2


@pytest.mark.parametrize("name", ["a.nt", "a.ttl", "a.nq", "a.trig", "a.nt.gz", "a.ttl.gz"])
def test_each_format_is_told_by_its_name(name: str, tmp_path: Path) -> None:
    assert count(bulk.load([file(tmp_path, name, *LINES)], tmp_path / "home")) == 2


def test_triples_come_into_the_graph_that_was_named(tmp_path: Path) -> None:
    made = bulk.load([file(tmp_path, "a.nt", *LINES)], tmp_path / "home", GRAPH)
    assert made.manifest["graphs"] == {GRAPH: 2}
    assert len(list(store.quads(store.open_read_only(made.store_path), GRAPH))) == 2
    assert count(made) == 2


def test_quads_keep_their_graphs_and_a_triple_of_two_graphs_counts_once(tmp_path: Path) -> None:
    quads = [in_graph(LINES[0], "one"), in_graph(LINES[0], "two"), in_graph(LINES[1], "two")]
    made = bulk.load([file(tmp_path, "a.nq", *quads)], tmp_path / "home")
    assert made.manifest["graphs"] == {GRAPH: 1, "http://example.org/graph/two": 2}
    assert count(made) == 2


def test_graphs_that_share_nothing_are_not_held_twice(tmp_path: Path) -> None:
    made = bulk.load([file(tmp_path, "a.nq", in_graph(LINES[0], "one"), in_graph(LINES[1], "two"))], tmp_path / "home")
    held = store.open_read_only(made.store_path)
    assert not store.holds_union(held) and len(held) == 2
    assert count(made) == 2


def test_a_query_sees_triples_without_a_graph_beside_those_with_one(tmp_path: Path) -> None:
    made = bulk.load([file(tmp_path, "a.nq", LINES[0], in_graph(LINES[1], "one"))], tmp_path / "home")
    assert made.manifest["graphs"] == {GRAPH: 1}
    assert count(made) == 2


def test_blank_nodes_of_two_files_are_different(tmp_path: Path) -> None:
    files = [file(tmp_path, name, "_:x <http://example.org/p> <http://example.org/o> .\n") for name in ("a.nt", "b.nt")]
    assert count(bulk.load(files, tmp_path / "home")) == 2


def test_entities_of_our_classes_are_counted(tmp_path: Path) -> None:
    made = bulk.load(
        [file(tmp_path, "a.nt", LINES[1].replace("example.org/Drug", "www.w3.org/2004/02/skos/core#Concept"))],
        tmp_path / "home",
    )
    assert made.manifest["counts"] == {"skos:Concept": 1}


def test_the_content_hash_is_that_of_the_files_and_the_graph(tmp_path: Path) -> None:
    one, other = file(tmp_path, "a.nt", *LINES), file(tmp_path, "b.nt", LINES[0])
    asked = [([one], None), ([one], None), ([other], None), ([one], GRAPH)]
    first, again, *others = [bulk.load(files, tmp_path / "home", graph) for files, graph in asked]
    assert first.manifest["content_hash"] == again.manifest["content_hash"]
    assert first.version != again.version
    assert len({made.manifest["content_hash"] for made in (first, *others)}) == 3


@pytest.mark.parametrize(
    ("name", "data", "line", "said"),
    [
        ("a.nt", "".join(LINES) + "<http://example.org/a b> <http://example.org/p> 1 .\n", 3, "this is not N-Triples"),
        ("a.csv", "a,b\n", None, "its name tells no format"),
        ("absent.nt", None, None, "it cannot be read"),
        ("torn.nt.gz", "not gzip", None, "it cannot be read"),
    ],
    ids=["syntax", "format", "absent", "torn"],
)
def test_a_file_that_cannot_be_read_publishes_nothing(
    name: str, data: str | None, line: int | None, said: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    if data is not None:
        path.write_text(data)
    with pytest.raises(FactError, match=said) as caught:
        bulk.load([file(tmp_path, "good.nt", *LINES), path], tmp_path / "home")
    assert (caught.value.path, caught.value.line) == (path, line)
    assert not list((tmp_path / "home" / "drafts").iterdir())
    with pytest.raises(NoReleaseError):
        release.open_current(tmp_path / "home")


def test_a_lenient_load_takes_what_a_strict_one_refuses(tmp_path: Path) -> None:
    odd = file(tmp_path, "a.nt", "<http://example.org/a> <http://example.org/p> <http://example.org/a b> .\n")
    with pytest.raises(FactError):
        bulk.load([odd], tmp_path / "home")
    made = bulk.load([odd], tmp_path / "home", lenient=True)
    assert count(made) == 1
