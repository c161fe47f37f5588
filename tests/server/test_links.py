"""Links inside pages are relative and stay in the page's release, whatever the data on the page look like."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
from fronts import FrontClient
from jinja2 import Environment

from server.links import adapt

pytest_plugins = ["pages_fixtures"]

BROWSER = {"Accept": "text/html"}
HOSTILE = (
    ' href="/etc"',
    '" href="/etc',
    "' href='/etc'",
    '<a href="/etc">',
    "&quot; href=&quot;/etc&quot;",
    "&#34; href=&#34;/etc&#34; action=&#34;/x",
    ' href=\\"/etc\\"',
    '<form method="get">',
    '\x00 src="/etc"',
)


class Addresses(HTMLParser):
    """All that a page leads to or is made with, and its forms."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.hidden: dict[str, str] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.found += [value for name in ("href", "src", "action") if (value := given.get(name)) is not None]
        if tag == "input" and given.get("type") == "hidden":
            self.hidden[given["name"] or ""] = given["value"] or ""


@pytest.mark.parametrize(
    ("path", "target", "expected"),
    [
        ("/", "/", "./"),
        ("/", "/drug/", "./drug/"),
        ("/sparql", "/static/a.css", "./static/a.css"),
        ("/sparql/", "/sparql?query=x", "../sparql?query=x"),
        ("/drug/a.html", "/trial/b.html#c", "../trial/b.html#c"),
        ("/drug/", "/", "../"),
        ("/concept/verdict/supported.html", "/drug/", "../../drug/"),
        ("/no/such/page/", "/", "../../../"),
        ("/drug/a%2Fb", "/drug/", "../drug/"),
    ],
)
def test_a_link_leads_to_the_same_place_from_any_depth_and_below_any_path(
    path: str, target: str, expected: str
) -> None:
    assert adapt(f'<a href="{target}">', path) == f'<a href="{expected}">'
    for below in ("", "/kg", "/a/b"):
        assert urljoin(f"http://localhost{below}{path}", expected) == f"http://localhost{below}{target}"


def test_what_leaves_the_site_and_what_stays_on_the_page_is_as_it_was() -> None:
    html = '<a href="https://doi.org/10.1/x"><a href="#top"><a href="//example.org/x"><a href="x.html"><p title="/a">'
    assert adapt(html, "/drug/a.html", "2026-01-01.1") == html


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/drug/a.html", "../drug/a.html?release=V"),
        ("/drug/a.html#b", "../drug/a.html?release=V#b"),
        ("/sparql?query=%23x", "../sparql?query=%23x&amp;release=V"),
        ("/drug/?a=&#39;#b", "../drug/?a=&#39;&amp;release=V#b"),
        ("/drug/a.ttl?release=W", "../drug/a.ttl?release=W"),
        ("/drug/a.ttl?page=2&amp;release=W", "../drug/a.ttl?page=2&amp;release=W"),
        ("/static/a.css", "../static/a.css"),
        ("/releases.html", "../releases.html"),
        ("/releases/A...B.html", "../releases/A...B.html"),
        ("/release/W.html", "../release/W.html"),
        ("/", "../?release=V"),
    ],
)
def test_links_of_a_page_whose_release_was_named_name_it(target: str, expected: str) -> None:
    assert adapt(f'<a href="{target}">', "/drug/a.html", "V") == f'<a href="{expected}">'


def test_a_form_of_a_page_whose_release_was_named_sends_it() -> None:
    found = Addresses(adapt('<form class="query" action="/sparql" method="get">', "/sparql", "2026-01-01.1"))
    assert found.hidden == {"release": "2026-01-01.1"}


@pytest.mark.parametrize("text", HOSTILE)
def test_no_data_can_look_like_a_link(text: str) -> None:
    page = Environment(autoescape=True).from_string(
        '<p title="{{ x }}">{{ x }}</p><textarea>{{ x }}</textarea><a href="/a?q={{ x }}">{{ x }}</a>'
    )
    before = page.render(x=text)
    after = adapt(before, "/drug/a.html")
    assert after == before.replace('href="/a?q=', 'href="../a?q=', 1)
    assert Addresses(after).found == [f"../a?q={text}".replace("\x00", "\ufffd")] or "\x00" in text


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/drug/",
        "/drug/trabectedin.html",
        "/concept/verdict/supported.html",
        "/sparql",
        "/sparql/",
        "/sparql?query=SELECT%20*%20%7B%20?s%20?p%20?o%20%7D%20LIMIT%203",
        "/sparql/?query=nonsense",
        "/drug/no-such-drug.html",
        "/drug/no/such/drug",
        "/no/such/page/at/all/",
        "/drug/%22%20href=%22/etc%22",
        "/drug/a%2Fb",
    ],
)
def test_no_page_holds_a_link_from_the_root_and_every_link_of_each_is_found(path: str, client: FrontClient) -> None:
    html = client.get(path, headers=BROWSER).get_data(as_text=True)
    found = [link for link in Addresses(html).found if not link.startswith(("#", "http://", "https://"))]
    assert found and not [link for link in found if link.startswith("/")]
    targets = {urljoin(f"http://localhost/kg{path}", link).partition("#")[0] for link in found}
    assert all(target.startswith("http://localhost/kg/") for target in targets)
    inside = [target.removeprefix("http://localhost/kg") for target in sorted(targets)][:40]
    for target, answer in zip(inside, client.gather(inside, BROWSER), strict=True):
        assert answer.status_code in (200, 303, 308), (path, target)


@pytest.mark.parametrize("path", ["/", "/drug/trabectedin.html", "/drug/", "/sparql"])
def test_who_names_a_release_stays_in_it(path: str, client: FrontClient) -> None:
    version = client.site.release.version
    html = client.get(f"{path}?release={version}", headers=BROWSER).get_data(as_text=True)
    links = [urlsplit(link) for link in Addresses(html).found if not re.match(r"#|https?://", unescape(link))]
    outside = ("static", "release", "dumps")
    assert f"This is release {version}, which the address names." in html
    for link in links:
        if link.path == f"./{path.rpartition('/')[2]}" and not link.query:
            continue  # the same in the current release
        if not link.path.lstrip("./").startswith(outside):
            assert parse_qs(link.query)["release"] == [version], link
    if "<form" in html:
        assert Addresses(html).hidden["release"] == version
    assert "release=" not in client.get(path, headers=BROWSER).get_data(as_text=True).partition("</main>")[0]
