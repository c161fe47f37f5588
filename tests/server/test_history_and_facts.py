"""What earlier releases said is no fact of a later one: every query of ours answers as if there had been none."""

import shutil

import pytest
from pyoxigraph import QueryBoolean, QuerySolutions

from loader import store
from loader.build import build
from loader.places import facts
from loader.release import Release
from server import queries

# These tell of the release itself: how much it holds, its files, its name, and what changed.
OF_THE_RELEASE = {
    "examples/what-changed-between-two-releases-for-a-given-drug",
    "named",
    "topic/dataset",
    "topic/ontology",
    "topic/partitions",
}
NAMES = [str(path.relative_to(queries.FOLDER).with_suffix("")) for path in queries.FOLDER.rglob("*.rq")]


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> list[Release]:
    """Three releases: a drug gets another name and loses it again, so that the third has the facts of the first."""
    folder = tmp_path_factory.mktemp("releases")
    shutil.copytree(facts().data, folder / "data")
    drug = folder / "data/curated/drug/trabectedin.ttl"
    as_it_is = drug.read_text(encoding="utf-8")
    label = "    skos:prefLabel "
    renamed = as_it_is.replace(label, f'    skos:altLabel "another name"@en ;\n{label}', 1)
    found = []
    for text in (as_it_is, renamed, as_it_is):
        drug.write_text(text, encoding="utf-8")
        found.append(build(facts(data=folder / "data"), folder / "home").release)
    return found


def answer(release: Release, name: str) -> bool | list[tuple[str, ...]]:
    """The rows, without the order of equal ones and of words that are joined."""
    opened = store.open_read_only(release.store_path)
    found = store.ask(opened, queries.read(name).text, union=not store.holds_union(opened))
    if isinstance(found, QueryBoolean):
        return bool(found)
    if isinstance(found, QuerySolutions):
        return sorted(tuple(" ".join(sorted(str(term).split())) for term in row) for row in found)
    return sorted((str(triple),) for triple in found)


def test_the_third_release_has_the_facts_of_the_first_and_a_history(releases: list[Release]) -> None:
    first, second, third = releases
    assert first.manifest["content_hash"] == third.manifest["content_hash"] != second.manifest["content_hash"]
    assert not any(store.holds_union(store.open_read_only(each.store_path)) for each in releases)


@pytest.mark.parametrize("name", sorted({name for name in NAMES if not name.startswith("graph")} - OF_THE_RELEASE))
def test_a_query_answers_as_if_there_were_no_history(name: str, releases: list[Release]) -> None:
    assert answer(releases[2], name) == answer(releases[0], name)
