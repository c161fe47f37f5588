"""What crawlers read: rules that keep them from addresses without end, and a sitemap of every page with its day."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

import pytest
from fronts import FrontClient

from loader.kinds import KINDS
from loader.release import entities
from server import robots

pytest_plugins = ["pages_fixtures"]

NAMESPACE = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
HOST = {"Host": "example.org:8080"}


def entries(client: FrontClient, path: str, root: str, entry: str) -> dict[str, str]:
    """The addresses and days of a sitemap, which is read as strictly as the protocol says."""
    answer = client.get(path, headers=HOST)
    assert (answer.status_code, answer.mimetype) == (200, "application/xml")
    assert len(answer.get_data()) < 50 << 20
    tree = ElementTree.fromstring(answer.get_data())
    assert tree.tag == NAMESPACE + root and {each.tag for each in tree} <= {NAMESPACE + entry}
    for each in tree:
        assert [part.tag for part in each] == [f"{NAMESPACE}loc", f"{NAMESPACE}lastmod"]
    found = {each[0].text or "": each[1].text or "" for each in tree}
    assert len(found) == len(tree)
    return found


def listed(client: FrontClient) -> dict[str, str]:
    """All pages of the sitemap, by path."""
    found: dict[str, str] = {}
    for part in entries(client, "/sitemap.xml", "sitemapindex", "sitemap"):
        assert part.startswith("http://example.org:8080/sitemap-")
        found |= entries(client, urlsplit(part).path, "urlset", "url")
    return {urlsplit(address).path: day for address, day in found.items()}


def test_the_sitemap_lists_every_page_once_with_the_day_of_its_last_change(client: FrontClient) -> None:
    found = listed(client)
    assert {"/", *(f"/{kind}/" for kind in KINDS)} <= set(found)
    others = {"ontology", "shapes", "prefixes", "releases", "graph/curated", ".well-known/void"}
    release = f"/release/{client.site.release.version}.html"
    assert {*(f"/{name}.html" for name in others), release, "/dumps/"} <= set(found)
    held = entities(client.site.release)
    own = [path for path in found if path.endswith(".html")]
    assert len(own) > 800 and "/drug/trabectedin.html" in own and "/concept/verdict/supported.html" in own
    drugs = [path for path in own if path.startswith("/drug/")]
    assert len(drugs) == client.site.release.manifest["counts"]["sg:Drug"]
    day = held["https://w3id.org/sarcograph/drug/trabectedin"].partition(".")[0]
    assert found["/drug/trabectedin.html"] == day


def test_every_address_of_the_sitemap_is_a_page(client: FrontClient) -> None:
    pages = listed(client)
    paths = [*sorted(pages)[::23], *(path for path in pages if path[1:].partition("/")[0] not in KINDS)]
    for path, answer in zip(paths, client.gather(paths, {"Accept": "text/html"}), strict=True):
        assert (answer.status_code, answer.mimetype) == (200, "text/html"), path


def test_a_long_sitemap_has_several_parts_and_no_more(client: FrontClient, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = listed(client)
    monkeypatch.setattr(robots, "PART", 300)
    assert len(entries(client, "/sitemap.xml", "sitemapindex", "sitemap")) == -(-len(whole) // 300)
    assert listed(client) == whole
    missing = client.get("/sitemap-99.xml", headers=HOST)
    assert missing.status_code == 404 and missing.mimetype == "application/problem+json"


def test_a_sitemap_of_a_named_release_stays_in_it(client: FrontClient) -> None:
    version = client.site.release.version
    for part in entries(client, f"/sitemap.xml?release={version}", "sitemapindex", "sitemap"):
        assert part.endswith(f"?release={version}")
        query = f"{urlsplit(part).path}?{urlsplit(part).query}"
        assert all(each.endswith(f"?release={version}") for each in entries(client, query, "urlset", "url"))


def test_crawlers_may_read_pages_and_data_but_no_address_without_end(client: FrontClient) -> None:
    answer = client.get("/robots.txt", headers=HOST)
    assert (answer.status_code, answer.content_type) == (200, "text/plain; charset=utf-8")
    text = answer.get_data(as_text=True)
    assert "Sitemap: http://example.org:8080/sitemap.xml" in text.splitlines()
    parser = RobotFileParser()
    parser.parse(text.splitlines())
    for path in (
        "/",
        "/drug/",
        "/drug/trabectedin.html",
        "/drug/trabectedin.ttl",
        "/graph/curated",
        "/dumps/",
    ):
        assert parser.can_fetch("Anybot", path), path
    for path in ("/sparql?query=x", "/sparql/?query=x", "/resolve?id=x", "/graphs?graph=x"):
        assert not parser.can_fetch("Anybot", path), path
    rules = [line.removeprefix("Disallow: ") for line in text.splitlines() if line.startswith("Disallow: ")]
    assert {"/releases/*...", "/*?*release="} <= set(rules)  # wildcards (RFC 9309), which this parser does not know


def test_the_rules_of_a_site_below_a_path_name_it() -> None:
    text = robots.robots("https://example.org/kg")
    assert "Disallow: /kg/sparql?" in text and text.endswith("Sitemap: https://example.org/kg/sitemap.xml\n")


@pytest.mark.parametrize("path", ["/robots.txt", "/sitemap.xml", "/sitemap-1.xml"])
def test_what_crawlers_have_read_is_not_sent_again(path: str, client: FrontClient) -> None:
    first = client.get(path)
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.get_data()) == (304, b"")


@pytest.mark.parametrize("host", ["a&b<c>", "x/../y", "", "evil.example/<b>"])
def test_a_hostile_host_does_no_harm(host: str, client: FrontClient) -> None:
    answer = client.get("/sitemap-1.xml", headers={"Host": host})
    assert all(each.text for each in ElementTree.fromstring(answer.get_data()).iter(f"{NAMESPACE}loc"))
    assert "\nSitemap: http://localhost/sitemap.xml\n" in client.get("/robots.txt", headers={"Host": host}).get_data(
        as_text=True
    )
