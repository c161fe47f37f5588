"""The static export: names, the folder it takes, and a small release as files."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from pyoxigraph import Literal, NamedNode, Quad
from twin import get, served, walk

from loader import store
from loader.errors import ExportError
from loader.namespaces import BASE, GRAPH, VOID_GRAPH, expand
from loader.release import Release, open_release
from server import export_links
from server.export import Exported, export
from server.export_files import MARKER, Draft, is_safe
from server.export_pages import relative
from server.negotiation import SUFFIXES, choose_document
from server.settings import Settings

VERSION, EARLIER = "2026-11-24.1", "2026-11-23.1"
STRANGE = ("../../etc/passwd", "..%2F..%2Fetc", "con", "a:b", "A-B", "ordinary", "x" * 280, ".htaccess", "é")
LINKS = 130  # to one drug, so that its documents have two pages


def drug(name: str) -> NamedNode:
    return NamedNode(f"{BASE}drug/{name}")


def quads() -> Iterator[Quad]:
    """Drugs of strange names, and claims that all point to one."""
    curated, label, kind = (
        NamedNode(GRAPH + "curated"),
        NamedNode(expand("skos:prefLabel")),
        NamedNode(expand("rdf:type")),
    )
    for name in STRANGE:
        yield Quad(drug(name), kind, NamedNode(expand("sg:Drug")), curated)
        yield Quad(drug(name), label, Literal(f"drug {name}", language="en"), curated)
    for name in STRANGE:
        yield Quad(NamedNode(f"{BASE}target/target-0"), NamedNode(expand("rdfs:seeAlso")), drug(name), curated)
    yield Quad(NamedNode(VOID_GRAPH), label, Literal("what there is", language="en"), NamedNode(VOID_GRAPH))
    for number in range(LINKS):
        target = NamedNode(f"{BASE}target/target-{number}")
        yield Quad(target, kind, NamedNode(expand("sg:Target")), curated)
        yield Quad(target, label, Literal(f"target {number}", language="en"), curated)
        yield Quad(target, NamedNode(expand("rdfs:seeAlso")), drug("ordinary"), curated)


@pytest.fixture(scope="module")
def strange_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("strange")
    earlier = home / "releases" / EARLIER
    for version in (VERSION, EARLIER):
        path = home / "releases" / version
        path.mkdir(parents=True)
        found = list(quads())
        store.write(path / "store", found)
        manifest = {
            "version": version,
            "created": "2026-11-24T10:00:00Z",
            "content_hash": "0" * 64,
            "code_version": "0",
            "triples": len(found),
            "counts": {"sg:Drug": len(STRANGE), "sg:Target": LINKS},
            "graphs": {GRAPH + "curated": len(found) - 1, VOID_GRAPH: 1},
            "validation": {"violations": 0, "warnings": 0},
            "previous": None,
        }
        (path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (earlier / "hashes.tsv").write_text(f"{GRAPH}curated\t{BASE}drug/forgotten\t{'0' * 64}\n", encoding="utf-8")
    (home / "current").write_text(VERSION + "\n", encoding="utf-8")
    return home


@pytest.fixture(scope="module")
def strange(strange_home: Path) -> Release:
    return open_release(strange_home, VERSION)


def write(release: Release, folder: Path) -> Exported:
    return export(release, Settings(workers=2, reserved=1), folder, lambda done, known: None)


@pytest.fixture(scope="module")
def exported(strange: Release, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return write(strange, tmp_path_factory.mktemp("sites") / "site")


def test_names_that_some_file_system_takes_otherwise_are_none() -> None:
    assert is_safe("drug/trabectedin.ttl") and is_safe(".well-known/void.ttl")
    assert is_safe("releases/2026-11-24.1...2026-11-25.1/index.html")
    for name in (
        "../a",
        "a/../b",
        "/a",
        "a//b",
        "a/",
        "a:b",
        "con",
        "drug/NUL.ttl",
        "a.",
        "é",
        "x" * 300,
        "",
        "a\\b",
        "a b",
    ):
        assert not is_safe(name), name


def test_a_page_names_a_target_from_where_it_is() -> None:
    assert relative("/drug/", "/trial/a.html") == "../drug/"
    assert relative("/drug/a.ttl?page=2", "/drug/a/") == "../a.ttl?page=2"
    assert relative("/", "/drug/") == "../" and relative("/", "/index.html") == "./"


def test_only_links_within_the_site_are_followed() -> None:
    page = (
        '<a href="/drug/">d</a><a href="b.html#x">b</a><a href="https://example.org/">e</a><a href="mailto:a@b.c">m</a>'
    )
    page += f'<link rel="canonical" href="{BASE}drug/a"><a href="http://[">bad</a>'
    page += '<a href="https://w3id.org/biolink/vocab/Drug">same host, other site</a><a href="/?x=1">h</a>'
    assert export_links.of_page(page, "/drug/a.html") == ["/drug/", "/drug/b.html", "/drug/a", "/?x=1"]
    header = '</drug/a.ttl>; rel="alternate"; type="text/turtle", <https://example.org/>; rel="license"'
    assert list(export_links.of_header(header, "/drug/a")) == [("/drug/a.ttl", "alternate", "text/turtle")]


def test_nothing_is_written_outside_the_folder_whatever_things_are_called(exported: Exported) -> None:
    assert {path.name for path in exported.folder.parent.iterdir()} == {"site"}
    assert (exported.folder / "drug/ordinary.ttl").is_file()
    assert not (exported.folder / "drug/con").exists() and "/drug/con.html" in exported.left_out
    written = {str(path.relative_to(exported.folder)) for path in exported.folder.rglob("*") if path.is_file()}
    assert all(is_safe(name) for name in written)
    assert written - {MARKER} == set(json.loads((exported.folder / MARKER).read_text())["files"])


def test_every_document_and_every_page_of_it_is_a_file(exported: Exported) -> None:
    for suffix in SUFFIXES:
        assert (exported.folder / f"drug/ordinary.{suffix}").is_file(), suffix
    assert "target-" in (exported.folder / "drug/ordinary.page-2.ttl").read_text()
    assert not (exported.folder / "drug/ordinary.page-3.ttl").exists()


def test_links_lead_somewhere_but_for_those_that_the_export_tells_of(exported: Exported) -> None:
    with served(exported.folder) as url:
        known, broken = walk(url)
        assert f"{url}drug/ordinary.html" in known
    told = {unquote(unquote(target)) for target in (*exported.missing, *exported.left_out)}
    assert {unquote(unquote(each.partition(" on ")[0].removeprefix(url))) for each in broken} <= {
        each.lstrip("/") for each in told
    }
    assert "drug/con.html" in "".join(broken) and len(broken) < 30


def test_what_needs_a_server_says_so_in_its_place(exported: Exported) -> None:
    with served(exported.folder) as url:
        for path in ("sparql", "sparql?query=ASK%20%7B%7D", "resolve?id=x", "graphs?default", "server-needed/"):
            answer = get(url + path)
            assert answer.status == 200 and answer.media_type == "text/html"
            assert b"static copy of release 2026-11-24.1" in answer.body and b"sarcograph serve" in answer.body


def test_the_iri_of_a_thing_forwards_and_names_every_document(exported: Exported) -> None:
    with served(exported.folder) as url:
        page = get(f"{url}drug/ordinary").body.decode()
        assert 'content="0; url=../ordinary.html"' in page
        for suffix in SUFFIXES:
            assert f'href="../ordinary.{suffix}"' in page


def test_what_only_an_earlier_release_has_says_so_at_its_iri(exported: Exported) -> None:
    with served(exported.folder) as url:
        assert 'content="0; url=../forgotten.html"' in get(f"{url}drug/forgotten").body.decode()
        page = get(f"{url}drug/forgotten.html").body.decode()
        assert EARLIER in page and "server-needed/" in page
    assert not (exported.folder / "drug/forgotten.ttl").exists()


def test_links_to_another_release_lead_to_the_page_that_says_so(exported: Exported) -> None:
    from server.export_links import with_links

    assert with_links('<a href="a&amp;b">', lambda link: f"{link}!") == '<a href="a&amp;b!">'
    pages = [path.read_text() for path in exported.folder.rglob("*.html") if path.is_file()]
    assert not [page for page in pages if re.search(r'href="[^"]*release=2026-11-23', page)]


def test_an_export_is_the_same_each_time_but_for_the_time_of_writing(
    exported: Exported, strange: Release, tmp_path: Path
) -> None:
    again = write(strange, tmp_path / "site")
    first, second = (
        {str(path.relative_to(each.folder)): path.read_bytes() for path in each.folder.rglob("*") if path.is_file()}
        for each in (exported, again)
    )
    assert first.keys() == second.keys()
    assert {name for name in first if first[name] != second[name]} <= {"README.txt"}
    assert (again.folder / "index.html").stat().st_mtime == (exported.folder / "index.html").stat().st_mtime


def test_a_folder_that_is_no_export_is_left_as_it_is(strange: Release, tmp_path: Path) -> None:
    folder = tmp_path / "thesis"
    folder.mkdir()
    (folder / "chapter.tex").write_text("mine")
    with pytest.raises(ExportError, match="is no export"):
        write(strange, folder)
    with pytest.raises(ExportError, match="is a file"):
        write(strange, folder / "chapter.tex")
    assert (folder / "chapter.tex").read_text() == "mine" and len(list(tmp_path.iterdir())) == 1


def test_an_export_to_which_something_was_added_is_left_as_it_is(tmp_path: Path) -> None:
    with Draft(tmp_path / "site", 0) as draft:
        draft.write("index.html", b"first")
        draft.publish({})
    (tmp_path / "site" / "CNAME").write_text("example.org")
    with pytest.raises(ExportError, match="CNAME"), Draft(tmp_path / "site", 0):
        pass
    (tmp_path / "site" / "CNAME").unlink()
    with Draft(tmp_path / "site", 0) as draft:
        draft.write("index.html", b"second")
        draft.publish({})
    assert (tmp_path / "site" / "index.html").read_bytes() == b"second"
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_an_export_that_is_killed_leaves_the_earlier_one_whole(
    exported: Exported, strange_home: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "site"
    environment = {**os.environ, "SARCOGRAPH_HOME": str(strange_home)}
    command = [str(Path(sys.executable).with_name("sarcograph")), "export-site", str(folder)]
    subprocess.run([*command, "--release", EARLIER], env=environment, check=True, capture_output=True)
    assert f"release {EARLIER}" in (folder / "README.txt").read_text()
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not list(tmp_path.glob(".site.draft-*/drug/*.ttl")):
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert len(list(tmp_path.iterdir())) == 2  # the draft is left
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    assert [path.name for path in tmp_path.iterdir()] == ["site"]
    assert f"release {VERSION}" in (folder / "README.txt").read_text()
    assert re.search(r"Release 2026-11-24\.1 in .*: \d+ files, [\d.]+ MB, \d+ seconds", done.stdout)


def test_a_release_that_is_not_there_is_told(strange_home: Path, tmp_path: Path) -> None:
    command = [
        str(Path(sys.executable).with_name("sarcograph")),
        "export-site",
        str(tmp_path / "site"),
        "--release",
        "../x",
    ]
    environment = {**os.environ, "SARCOGRAPH_HOME": str(strange_home)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 1 and "there is no release '../x' here" in done.stderr
    assert not (tmp_path / "site").exists()


@pytest.mark.parametrize(
    "accept",
    (
        "*/*",
        "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8",
        "application/ld+json",
        "text/turtle, application/rdf+xml;q=0.9, text/html;q=0.5",
        "text/html;q=0.3, application/rdf+xml;q=0.7",
        "application/n-triples;charset=utf-8;q=0.9, text/turtle;q=0.1",
        "application/json",
        "text/csv, */*;q=0.1",
        "text/html;q=0.5, */*;q=0.8",
        "application/xml",
        "text/n3;q=0.5",
        "text/turtle;q=0, application/json",
    ),
)
def test_the_rules_for_apache_choose_the_document_that_the_server_chooses(exported: Exported, accept: str) -> None:
    rules = re.findall(
        r"RewriteCond %\{HTTP:Accept\} (\S+) \[NC\]\nRewriteRule \[\^/\]\$ %\{REQUEST_URI\}\.(\w+) ",
        (exported.folder / ".htaccess").read_text(),
    )
    assert len(rules) > 100
    found = next((suffix for pattern, suffix in rules if re.search(pattern, accept, re.IGNORECASE)), "ttl")
    chosen = choose_document((), accept, SUFFIXES)
    assert chosen and found == chosen.names[0]
