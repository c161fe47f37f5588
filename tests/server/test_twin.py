"""The project's own release as a static export, on a plain web server, at the very IRIs that it states."""

import os
import random
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import which

import pytest
from pyoxigraph import CanonicalizationAlgorithm, Dataset, RdfFormat, parse
from running import Server, start
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait
from twin import get, served, walk

from server.export_files import MARKER

pytestmark = pytest.mark.export
COMMAND = str(Path(sys.executable).with_name("sarcograph"))
FORMATS = {
    "ttl": RdfFormat.TURTLE,
    "nt": RdfFormat.N_TRIPLES,
    "rdf": RdfFormat.RDF_XML,
    "trig": RdfFormat.TRIG,
    "jsonld": RdfFormat.JSON_LD,
}
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")


@dataclass(frozen=True)
class Twin:
    """An export, where it is served, what the command said, and the server that it is the twin of."""

    folder: Path
    url: str
    said: str
    server: Server


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twin]:
    home, folder, port = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("sites") / "site", free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SARCOGRAPH_")}
    environment["SARCOGRAPH_HOME"] = str(home)
    url = f"http://127.0.0.1:{port}/"
    subprocess.run([COMMAND, "build", "--namespace", url], env=environment, check=True, capture_output=True)
    done = subprocess.run([COMMAND, "export-site", str(folder)], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert not done.stderr, done.stderr
    server = start(home, SARCOGRAPH_ADDRESS=url.rstrip("/"))
    with served(folder, port):
        yield Twin(folder, url, done.stdout, server)
    server.stop()
    server.process.communicate()


def files(twin: Twin, suffix: str, count: int) -> list[Path]:
    """Some files with a suffix, the same each time."""
    found = sorted(path for path in twin.folder.rglob(f"*.{suffix}") if ".page-" not in path.name)
    assert len(found) >= count, suffix
    return random.Random(17).sample(found, count)


def test_every_link_leads_somewhere(twin: Twin) -> None:
    known, broken = walk(twin.url)
    assert not broken, "\n".join(broken[:20])
    assert len(known) > 10_000


def test_documents_are_byte_for_byte_what_the_server_answers(twin: Twin) -> None:
    for suffix in (*FORMATS, "csv", "json"):
        for path in files(twin, suffix, 25):
            name = str(path.relative_to(twin.folder))
            if name.startswith(("dumps/", MARKER)):
                continue
            answer = twin.server.ask(f"/{name}")
            assert answer.status == 200, name
            if answer.body != path.read_bytes():  # each worker has labels of its own for blank nodes
                assert "_:" in answer.body.decode() or suffix == "rdf", name
                assert graphs(answer.body, suffix) == graphs(path.read_bytes(), suffix), name
    for name in ("prefixes.ttl", "context.jsonld", "sitemap.xml", "robots.txt", "drug/trabectedin.ttl"):
        assert twin.server.ask(f"/{name}").body == (twin.folder / name).read_bytes(), name


def graphs(body: bytes, suffix: str) -> Dataset:
    """What RDF says, with labels of blank nodes that only depend on that."""
    found = Dataset(parse(body, FORMATS[suffix], base_iri="https://example.org/"))
    found.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return found


def test_pages_are_those_of_the_server_but_for_their_forms(twin: Twin) -> None:
    form, hint = r"<form\b.*?</form>", r'<p class="hint">This is a static copy of release [^\n]*</p>'
    for path in files(twin, "html", 150):
        name = str(path.relative_to(twin.folder))
        if path.name not in ("index.html", "404.html"):
            answer = twin.server.ask(f"/{name}", headers={"Accept": "text/html"}).body.decode()
            assert re.sub(form, "", answer, flags=re.DOTALL) == re.sub(hint, "", path.read_text()), name


def test_further_pages_are_those_of_the_server(twin: Twin) -> None:
    found = sorted(twin.folder.rglob("*.page-2.ttl"))
    assert found
    for path in found:
        name = str(path.relative_to(twin.folder)).replace(".page-2", "")
        assert twin.server.ask(f"/{name}", page="2").body == path.read_bytes()


def test_what_is_rdf_can_be_read(twin: Twin) -> None:
    for suffix, form in FORMATS.items():
        for path in files(twin, suffix, 40):
            if not path.is_relative_to(twin.folder / "dumps"):
                assert sum(1 for _ in parse(path.read_bytes(), form, base_iri=twin.url)), path


def test_iris_that_the_documents_state_lead_to_a_document(twin: Twin) -> None:
    quads = parse((twin.folder / "drug/trabectedin.ttl").read_bytes(), RdfFormat.TURTLE)
    iris = {
        term.value.partition("#")[0]
        for quad in quads
        for term in (quad.subject, quad.predicate, quad.object)
        if hasattr(term, "value")
    }
    stated = sorted(iri for iri in iris if iri.startswith(twin.url))
    assert len(stated) > 50
    for iri in stated:
        answer = get(iri)
        assert answer.status == 200, iri


def test_the_export_says_what_it_is(twin: Twin) -> None:
    told = (twin.folder / "README.txt").read_text()
    assert twin.url in told and "python3 -m http.server" in told
    assert twin.said.startswith("Release ") and " MB, " in twin.said


def test_a_browser_comes_from_an_iri_to_the_page_and_on_to_others(twin: Twin, tmp_path: Path) -> None:
    chromium, driver = which("chromium"), which("chromedriver")
    if not chromium or not driver:
        pytest.skip("chromium and chromium-driver are not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (*FLAGS, f"--user-data-dir={tmp_path / 'profile'}"):
        options.add_argument(flag)
    browser = webdriver.Chrome(options=options, service=Service(driver))
    try:
        browser.get(f"{twin.url}drug/trabectedin")
        WebDriverWait(browser, 15).until(lambda shown: shown.current_url.endswith("/drug/trabectedin.html"))
        assert "trabectedin" in browser.title
        browser.find_element(By.LINK_TEXT, "Trials").click()
        WebDriverWait(browser, 15).until(lambda shown: shown.current_url.endswith("/trial/"))
        browser.find_element(By.LINK_TEXT, "Query").click()
        WebDriverWait(browser, 15).until(lambda shown: shown.current_url.endswith("/sparql/"))
        assert "static copy" in browser.find_element(By.TAG_NAME, "main").text
        assert not browser.find_elements(By.TAG_NAME, "form")
    finally:
        browser.quit()


def test_files_of_the_dump_are_copies_so_that_who_changes_them_changes_no_release(twin: Twin) -> None:
    found = list((twin.folder / "dumps").rglob("*.csv"))
    assert found
    assert {path.stat().st_nlink for path in found} == {1}
