"""The files of a release over HTTP: listed, whole or in part, and nothing else of the disk."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from urllib.parse import urljoin

import pytest
from pyoxigraph import RdfFormat, parse
from running import Answer, Server, start

from loader import bulk
from loader.namespaces import BASE, expand
from loader.release import Release, open_current, open_release, versions


@pytest.fixture(scope="module")
def dumped(tmp_path_factory: pytest.TempPathFactory, real_home: Path) -> Path:
    """A home with a release that has files, and a newer one that was loaded from one of them and has none."""
    home = tmp_path_factory.mktemp("dumped")
    shutil.copytree(real_home, home, dirs_exist_ok=True)
    built = open_current(home)
    bulk.load([built.path / "dumps" / "sarcograph.nq.gz"], home)
    (home / "current").write_text(built.version, encoding="utf-8")
    return home


@pytest.fixture(scope="module")
def built(dumped: Path) -> Release:
    return open_current(dumped)


@pytest.fixture(scope="module")
def loaded(dumped: Path) -> Release:
    return open_release(dumped, versions(dumped)[-1])


@pytest.fixture(scope="module")
def served(dumped: Path) -> Iterator[Server]:
    server = start(dumped, SARCOGRAPH_WORKERS="2", SARCOGRAPH_RESERVED_WORKERS="1")
    yield server
    server.stop()
    server.process.communicate()


def ask(served: Server, built: Release, name: str, **headers: str) -> Answer:
    return served.ask(f"/dumps/{built.version}/{name}", headers={k.replace("_", "-"): v for k, v in headers.items()})


def test_every_file_is_given_as_the_manifest_says(served: Server, built: Release) -> None:
    for entry in built.manifest["dumps"]:
        answer = ask(served, built, entry["name"])
        assert answer.status == 200, entry["name"]
        assert sha256(answer.body).hexdigest() == entry["sha256"]
        assert answer.headers["content-length"] == str(entry["bytes"]) == str(len(answer.body))
        assert answer.media_type == entry.get("packing", entry["media_type"])
        assert answer.headers["etag"] == f'"{entry["sha256"]}"'
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["sarcograph-release"] == built.version
        assert "creativecommons.org/licenses/by/4.0/" in answer.headers["link"]
        assert "content-encoding" not in answer.headers


def test_a_table_is_saved_under_its_name_and_names_its_metadata(served: Server, built: Release) -> None:
    answer = ask(served, built, "drug.csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="drug.csv"'
    assert '<drug.csv-metadata.json>; rel="describedby"; type="application/csvm+json"' in answer.headers["link"]
    assert ask(served, built, "drug.ttl").headers["content-disposition"].startswith("inline")


def test_head_says_the_same_without_the_file(served: Server, built: Release) -> None:
    path = f"/dumps/{built.version}/sarcograph.nq.gz"
    got, head = served.ask(path), served.ask(path, method="HEAD")
    assert head.status == 200 and head.body == b""
    assert {**head.headers, "date": ""} == {**got.headers, "date": ""}


def test_who_has_the_file_is_told_so(served: Server, built: Release) -> None:
    whole = ask(served, built, "drug.csv")
    assert ask(served, built, "drug.csv", If_None_Match=whole.headers["etag"]).status == 304
    assert ask(served, built, "drug.csv", If_Modified_Since=whole.headers["last-modified"]).status == 304
    assert ask(served, built, "drug.csv", If_None_Match='"another"').status == 200


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [("bytes=0-9", 0, 10), ("bytes=100-", 100, None), ("bytes=-7", -7, None), ("bytes=5-999999999", 5, None)],
)
def test_a_part_is_given_where_one_is_asked_for(
    served: Server, built: Release, asked: str, start: int, end: int | None
) -> None:
    whole = ask(served, built, "result.csv").body
    answer = ask(served, built, "result.csv", Range=asked)
    part = whole[start:end]
    first = start % len(whole)
    assert answer.status == 206 and answer.body == part
    assert answer.headers["content-range"] == f"bytes {first}-{first + len(part) - 1}/{len(whole)}"
    assert "Content-Range" in answer.headers["access-control-expose-headers"]


@pytest.mark.parametrize("asked", ["bytes=9-3", "bytes=0-1,4-5", "bytes=-", "bytes=99999999-", "lines=1-2", "bytes=x"])
def test_what_is_no_one_part_of_it_gives_all(served: Server, built: Release, asked: str) -> None:
    answer = ask(served, built, "drug.csv", Range=asked)
    assert answer.status == 200 and "content-range" not in answer.headers
    assert len(answer.body) == int(answer.headers["content-length"])


def test_a_part_of_another_file_than_the_client_began_is_not_given(served: Server, built: Release) -> None:
    tag = ask(served, built, "drug.csv").headers["etag"]
    assert ask(served, built, "drug.csv", Range="bytes=0-9", If_Range='"another"').status == 200
    assert ask(served, built, "drug.csv", Range="bytes=0-9", If_Range=tag).status == 206


@pytest.mark.parametrize(
    "name",
    ["../manifest.json", "%2e%2e%2fmanifest.json", "..%2Fstore%2FCURRENT", "nothing.ttl", "%00", "a/b", "drug.ttl/"]
    + ["%2fetc%2fpasswd", "x" * 3000],
    ids=range(9),
)
def test_nothing_but_what_the_manifest_names_is_given(served: Server, built: Release, name: str) -> None:
    answer = ask(served, built, name)
    assert answer.status == 404
    assert answer.json["title"] == "No such file" and f"/dumps/{built.version}/ lists" in answer.json["detail"]


def test_a_release_without_files_says_so_in_a_sentence(served: Server, loaded: Release) -> None:
    for path in (f"/dumps/{loaded.version}/", f"/dumps/{loaded.version}/drug.ttl", f"/dumps/?release={loaded.version}"):
        answer = served.ask(path)
        assert answer.status == 404 and "has no dump" in answer.json["detail"], path
    page = served.ask(f"/dumps/{loaded.version}/", headers={"Accept": "text/html"})
    assert page.status == 404 and page.media_type == "text/html" and b"has no dump" in page.body
    assert served.ask("/dumps/1999-01-01.1/").json["title"] == "No such release"
    assert served.ask("/dumps/..%2f..%2f/").status == 404


def test_the_list_is_a_page_json_and_turtle(served: Server, built: Release) -> None:
    names = [entry["name"] for entry in built.manifest["dumps"]]
    listed = served.ask("/dumps/", format="json").json
    assert [each["name"] for each in listed["files"]] == names and listed["release"] == built.version
    for each in listed["files"][:3]:
        assert served.ask(each["url"], method="HEAD").status == 200
    quads = list(parse(served.ask("/dumps/").body, RdfFormat.TURTLE))
    urls = {quad.object.value for quad in quads if quad.predicate.value == expand("dcat:downloadURL")}
    assert urls == {f"{BASE}dumps/{built.version}/{name}" for name in names}
    path = f"/dumps/{built.version}/"
    page = served.ask(path, headers={"Accept": "text/html"}).body.decode()
    assert {path + name for name in names} <= {urljoin(path, link) for link in re.findall(r'href="([^"]*)"', page)}
    assert served.ask("/dumps/", headers={"Accept": "image/png"}).status == 406


def test_the_page_describes_the_files_in_the_words_of_schema_org(served: Server, built: Release) -> None:
    page = served.ask("/dumps/", headers={"Accept": "text/html"}).body.decode()
    block = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.S)
    assert block
    said = json.loads(block[1])
    assert said["@type"] == "Dataset" and said["license"].endswith("/by/4.0/") and said["version"] == built.version
    assert {each["sha256"] for each in said["distribution"]} == {each["sha256"] for each in built.manifest["dumps"]}


def test_short_addresses_lead_to_the_files_of_the_current_release(served: Server, built: Release) -> None:
    assert served.ask("/dumps").media_type == "text/turtle"
    assert served.ask("/dumps/drug.csv").headers["etag"] == ask(served, built, "drug.csv").headers["etag"]
    assert served.ask(f"/dumps/{built.version}", format="json").json["release"] == built.version


def test_a_file_that_is_not_what_the_manifest_says_is_not_given(served: Server, built: Release) -> None:
    path = built.path / "dumps" / "agency.csv"
    data = path.read_bytes()
    path.unlink()
    assert ask(served, built, "agency.csv").status == 503
    path.write_bytes(data[:-1])
    cut = ask(served, built, "agency.csv")
    assert cut.status == 503 and "is not" in cut.json["detail"] and str(built.path) not in cut.json["detail"]
    path.write_bytes(data)
    assert ask(served, built, "agency.csv").status == 200
