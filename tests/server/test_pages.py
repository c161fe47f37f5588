"""The pages on the project's own data: each entity has one, and each shows what it must."""

import re
from html import unescape
from html.parser import HTMLParser
from urllib.parse import quote, urljoin

import pytest
from fronts import FrontClient

from loader.kinds import KINDS
from loader.namespaces import BASE, expand
from server import queries
from server.panels import rows
from server.serving import Serving

pytest_plugins = ["pages_fixtures"]

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
VOID = {"meta", "link", "br", "hr", "img", "input"}


class Page(HTMLParser):
    """What a page holds: its words, ids, links; what is wrong with its markup."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.faults: list[str] = []
        self.text = ""
        self.texts: set[str] = set()
        self.headings = 0
        self._open: list[str] = []
        self.feed(html)
        self.text = " ".join(self.text.split())
        if self._open:
            self.faults.append(f"not closed: {self._open}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.headings += tag == "h1"
        self.ids += [given["id"] or ""] if "id" in given else []
        self.links += [given["href"] or ""] if tag == "a" else []
        runs = tag == "script" and given != {"type": "application/ld+json"}  # that is data, which nothing executes
        if runs or tag in ("style", "iframe", "object") or "style" in given or any(k.startswith("on") for k in given):
            self.faults.append(f"not allowed by the content policy: {tag} {given}")
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.faults.append(f"</{tag}> closes something else")

    def handle_data(self, data: str) -> None:
        if self._open[-1:] == ["script"]:
            return
        self.text += data
        self.texts.add(data.strip())


def get(client: FrontClient, path: str, status: int = 200) -> Page:
    response = client.get(path, headers=BROWSER)
    assert response.status_code == status, path
    assert response.content_type == "text/html; charset=utf-8"
    page = Page(response.get_data(as_text=True))
    assert not page.faults, path
    assert len(page.ids) == len(set(page.ids)), f"{path}: an id is given twice"
    page.links = [link if link.startswith("#") else followed(link, path) for link in page.links]
    return page


def followed(link: str, path: str) -> str:
    """Where a link on the page at a path leads: within the site, a path."""
    return urljoin(f"http://localhost{path}", link).removeprefix("http://localhost")


def part(html: str, begins: str, ends: str) -> str:
    """The words between two markers of a page."""
    return Page(f"<div>{html.split(begins, 1)[1].split(ends, 1)[0]}</div>").text


def entities(served: Serving, kind: str) -> list[str]:
    """The paths of all entities of a kind; for concepts, their schemes too."""
    query = queries.read("list/entity")
    found = rows(served, query.bind(**{"class": queries.iri(expand(KINDS[kind].cls))}))
    if kind == "concept":
        found += rows(served, queries.read("list/concept"))
    return [row["entity"].value.removeprefix(BASE) for row in found]


@pytest.mark.parametrize("kind", KINDS)
def test_every_entity_has_a_page_and_its_iri_leads_there(kind: str, client: FrontClient, served: Serving) -> None:
    paths = entities(served, kind)
    assert paths or kind in ("application", "disagreement")
    for path in paths:
        thing = client.get(f"/{path}", headers=BROWSER)
        assert (thing.status_code, thing.headers["Location"]) == (303, f"/{path}.html")
        assert thing.headers["Vary"] == "Accept"
        page = get(client, f"/{path}.html")
        assert f"{BASE}{path}" in page.text and "Where this comes from" in page.text
        assert page.headings == 1, path
        assert not {"None", "nan", "NaN", "True", "False"} & page.texts, path
        raw = re.findall(r"https?://(?:w3id\.org/sarcograph|www\.w3\.org|purl\.org|qudt\.org)\S*", page.text)
        assert set(raw) <= {f"{BASE}{path}"}, path


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_lists_its_entities(kind: str, client: FrontClient, served: Serving) -> None:
    assert client.get(f"/{kind}").headers["Location"] == f"/{kind}/"
    page = get(client, f"/{kind}/")
    if kind == "concept":
        assert "/concept/verdict.html" in page.links
        return
    assert {f"/{path}.html" for path in entities(served, kind)} <= set(page.links)


def test_the_home_page_says_what_this_is_what_was_found_and_what_is_here(client: FrontClient) -> None:
    page = get(client, "/")
    for words in ("2 contradicted", "25 imprecise", "42 supported", "FDA approved two drugs", "Pazopanib increases OS"):
        assert words in page.text
    assert "/claim/#contradicted" in page.links
    assert {f"/{kind}/" for kind in KINDS} <= set(page.links)
    assert "contradicted" in get(client, "/claim/").ids
    assert {query.href for query in queries.examples()} <= set(page.links)


def test_the_page_of_trabectedin_shows_that_it_improved_progression_but_not_survival(client: FrontClient) -> None:
    html = client.get("/drug/trabectedin.html", headers=BROWSER).get_data(as_text=True)
    claim = part(html, 'id="seed-sc25">', "</section>")
    assert claim.startswith("Trabectedin improves outcomes over dacarbazine imprecise PFS improved")
    for result, stance in (("o014", "supports"), ("o016", "qualifies"), ("o017", "qualifies"), ("o088", "qualifies")):
        row = next(row for row in html.split("<tr") if f"/result/et743-sar-3007-{result}.html" in row)
        assert stance in row
    assert "0.55" in claim and "0.436 to 0.696" in claim and "primary endpoint not met" in claim


def test_the_page_of_trabectedin_shows_approvals_mechanisms_codes_brands_and_its_source(client: FrontClient) -> None:
    html = client.get("/drug/trabectedin.html", headers=BROWSER).get_data(as_text=True)
    assert "2015-10-23" in part(html, 'id="approvals"', "</section>")
    assert "DNA minor groove" in part(html, 'id="mechanisms"', "</section>")
    assert "doxorubicin + trabectedin" in part(html, 'id="arms"', "</section>")
    statements = part(html, 'id="statements"', "</section>")
    assert "CHEMBL.COMPOUND:CHEMBL450449" in statements and "drugbank:DB05109" in statements
    assert "Dossier table of drugs" in part(html, 'id="provenance"', "</section>")
    assert "Yondelis" in part(html, 'id="incoming"', "</article>")


def test_what_is_recalled_never_looks_verified(client: FrontClient) -> None:
    html = client.get("/drug/trabectedin.html", headers=BROWSER).get_data(as_text=True)
    row = next(row for row in part_rows(html, "approvals") if "exceptional circumstances" in row)
    assert "exceptional circumstances recalled, not yet verified" in row
    page = client.get("/approval/eribulin-ema-a003.html", headers=BROWSER).get_data(as_text=True)
    assert "Recalled, not yet verified: decision date" in Page(page).text
    date = part(page, 'id="note-decisionDate"', "</div>")
    assert "recalled, not yet verified" in date and "Recalled: day." in date
    derived = next(row for row in part_rows(page, "statements") if row.startswith("decision date, earliest day"))
    assert "recalled, not yet verified" in derived
    result = get(client, "/result/study-309-o003.html").text
    assert "13.5 months (95 % CI 10.9 to 15.6) recalled, not yet verified against 11.5 months" in result


def part_rows(html: str, section: str) -> list[str]:
    """The words of each row in a section of a page."""
    inside = html.split(f'id="{section}"', 1)[1]
    return [Page(f"<table><tr{row.split('</tr>')[0]}</tr></table>").text for row in inside.split("<tr")[1:]]


def test_a_note_on_one_value_marks_that_value_alone(client: FrontClient) -> None:
    html = client.get("/trial/t-sar.html", headers=BROWSER).get_data(as_text=True)
    note = html.split('id="note-registryId"', 1)
    assert len(note) == 2
    assert note[0].rstrip().endswith('<div class="note"') and "NCT02672527" in note[0][-300:]


def test_a_claim_shows_its_span_verdict_and_evidence(client: FrontClient) -> None:
    page = get(client, "/claim/seed-sc14.html")
    assert {"span", "evidence", "statements", "provenance"} <= set(page.ids)
    for words in ("contradicted", "1640", "1698", "651b4a86a29704df", "contradicts", "FDA approval of eribulin"):
        assert words in page.text


def test_the_source_page_lists_all_its_claims_with_counts(client: FrontClient) -> None:
    page = get(client, "/source/seed-page.html")
    assert len({link.partition("#")[0] for link in page.links if link.startswith("/claim/seed-")}) == 69
    assert "contradicted 2 The evidence shows that" in page.text


def test_an_approval_for_a_broader_disease_says_that_it_is_inherited_and_honours_what_is_excluded(
    client: FrontClient,
) -> None:
    lipo = client.get("/disease/liposarcoma.html", headers=BROWSER).get_data(as_text=True)
    inherited = 'id="approvals-inherited-from-a-broader-disease"'
    assert "Soft tissue sarcoma" in part(lipo, inherited, "</section>")
    assert "/approval/pazopanib-fda-a009.html" not in lipo.split(inherited)[1].split("</section>")[0]
    leio = client.get("/disease/leiomyosarcoma.html", headers=BROWSER).get_data(as_text=True)
    assert "/approval/pazopanib-fda-a009.html" in leio.split(inherited)[1].split("</section>")[0]


def test_the_options_of_a_disease_tell_approvals_by_name_tumour_agnostic_ones_and_applications_apart(
    client: FrontClient,
) -> None:
    html = client.get("/disease/gist.html", headers=BROWSER).get_data(as_text=True)
    named = part(html, 'id="approvals-named-in-the-indication"', "</section>")
    assert "imatinib" in named and "larotrectinib" not in named
    agnostic = part(html, 'id="approvals-tumour-agnostic"', "</section>")
    assert "larotrectinib" in agnostic and "imatinib" not in agnostic
    assert "bezuclastinib" not in named + agnostic
    undecided = part(html, 'id="applications"', "</section>")
    assert "bezuclastinib" in undecided and "They are not approvals." in undecided
    assert get(client, "/application/bezuclastinib-fda-a026.html").text.count("Not an approval.") == 1


def test_an_approval_is_in_force_by_its_dates_and_not_by_its_status(client: FrontClient) -> None:
    html = client.get("/drug/olaratumab.html", headers=BROWSER).get_data(as_text=True)
    rows_ = part_rows(html, "approvals")
    fda = next(row for row in rows_ if "/2016-10-19" in row or "2016-10-19" in row)
    assert "off the market 2019-04-25" in fda and "withdrawn 2020-02-25" in fda and "in force" not in fda
    tazemetostat = client.get("/drug/tazemetostat.html", headers=BROWSER).get_data(as_text=True)
    assert "withdrawn recalled, not yet verified" in next(
        row for row in part_rows(tazemetostat, "approvals") if "2020-01-23" in row
    )
    imatinib = client.get("/drug/imatinib.html", headers=BROWSER).get_data(as_text=True)
    first = next(row for row in part_rows(imatinib, "approvals") if "2002-02-01" in row)
    assert "in force converted converted 2008-09-26" in first


def test_a_result_reads_in_one_line_value_interval_comparator_p_and_publication(client: FrontClient) -> None:
    html = client.get("/trial/study-309.html", headers=BROWSER).get_data(as_text=True)
    found = part_rows(html, "results")
    median = next(row for row in found if "13.5 months" in row and "11.1" in row)
    for words in ("13.5 months (95 % CI 11.1 to 16.5) eribulin", "11.3 months dacarbazine", "Osgood CL 2017"):
        assert words in median
    assert "primary endpoint, met recalled, not yet verified" in median
    ratio = next(row for row in found if "0.75" in row)
    assert "0.75 (95 % CI 0.61 to 0.94)" in ratio and "= 0.0119" in ratio


def test_a_disagreement_shows_both_sides_and_each_side_says_what_it_differs_from(client: FrontClient) -> None:
    page = get(client, "/disagreement/study-309-os-median.html")
    for words in ("(95 % CI 11.1 to 16.5)", "(95 % CI 10.9 to 15.6)", "11.3 months", "11.5 months", "Reconciled:"):
        assert words in page.text
    other = "/result/study-309-o003.html"
    for path in ("/result/study-309-o001.html", "/trial/study-309.html"):
        html = client.get(path, headers=BROWSER).get_data(as_text=True)
        assert other in html.split('id="disagreements"')[1].split("</section>")[0]


def test_what_is_recalled_is_said_in_words_at_the_head_of_the_page(client: FrontClient) -> None:
    head = client.get("/approval/tazemetostat-fda-a015.html", headers=BROWSER).get_data(as_text=True)
    assert "Recalled, not yet verified: based on trial; date of withdrawal" in part(head, "<article>", "<nav")


def test_the_lists_of_approvals_and_trials_tell_what_one_looks_for(client: FrontClient) -> None:
    approvals = get(client, "/approval/").text
    assert re.search(r"2015-10-23.{0,40}trabectedin FDA in force active", approvals)
    dates = re.findall(r"(?<= )(?:19|20)\d\d-\d\d-\d\d (?=[a-z])", approvals)
    assert len(dates) > 50
    trials = get(client, "/trial/").text
    assert re.search(r"Study 309 phase 3 .{0,40} 452 Intermediate .{0,120}eribulin \| dacarbazine 17", trials)


def test_a_long_list_of_what_points_here_is_cut_and_says_so(client: FrontClient) -> None:
    page = get(client, "/concept/confidence/verified.html")
    assert re.search(r"The first 50 of \d{3,}\.", page.text)
    more = next(link for link in page.links if "ontology%23confidence" in link)
    answer = client.get(f"{more}&format=csv")
    assert answer.get_data(as_text=True).count("\n") > 100


def test_what_is_missing_is_named_with_what_is_near_it(client: FrontClient) -> None:
    page = get(client, "/drug/trabectedine.html", 404)
    assert "no drug called" in page.text and "trabectedine" in page.text
    assert {"/drug/trabectedin.html", "/drug/", "/sparql"} <= set(page.links)
    assert "/product/yondelis.html" in get(client, "/drug/Yondelis", 404).links
    assert "/drug/trabectedin.html" in get(client, "/drug/Trabectedin", 404).links
    assert {f"/{kind}/" for kind in KINDS} <= set(get(client, "/medicine/aspirin", 404).links)


def test_a_program_gets_a_problem_document_for_what_is_missing(client: FrontClient) -> None:
    response = client.get("/drug/trabectedine", headers={"Accept": "text/turtle"})
    assert (response.status_code, response.content_type) == (404, "application/problem+json")
    assert "https://w3id.org/sarcograph/drug/trabectedin" in response.get_json()["detail"]


@pytest.mark.parametrize(
    "name",
    [
        "..",
        "../../etc/passwd",
        "%00",
        "a\x00b.html",
        "<script>alert(1)</script>",
        "x" * 5000,
        "трабектедин.html",
        '"> } ?s ?p ?o {',
        "trabectedin#note",
        "trabectedin/../eribulin.html",
        ".html",
        "-.html",
        "A_B.html",
        " ",
        "\u202egnp.html",
    ],
)
@pytest.mark.parametrize("kind", ["drug", "concept", "<b>"])
def test_a_hostile_name_finds_nothing_and_does_no_harm(kind: str, name: str, client: FrontClient) -> None:
    response = client.get(f"/{quote(kind)}/{quote(name)}", headers=BROWSER)
    assert response.status_code in (308, 404) or (response.status_code, kind) == (200, "drug"), name
    body = response.get_data(as_text=True)
    assert "<script>alert" not in body and "<b>/" not in body and "\x00" not in body
    assert len(body) < 20_000


def test_a_page_is_not_sent_twice_to_who_has_it(client: FrontClient) -> None:
    first = client.get("/drug/trabectedin.html")
    assert first.headers["ETag"].startswith('W/"') and first.headers["Cache-Control"] == "public, no-cache"
    again = client.get("/drug/trabectedin.html", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.get_data()) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/drug/trabectedin.html",
        "/claim/seed-sc25.html",
        "/trial/study-309.html",
        "/disease/soft-tissue-sarcoma.html",
        "/therapy/local-therapy.html",
        "/publication/demetri2016.html",
        "/concept/verdict.html",
        "/agency/fda.html",
    ],
)
def test_every_link_within_the_site_leads_somewhere(path: str, client: FrontClient) -> None:
    page = get(client, path)
    for link in {link.partition("#")[0] for link in page.links if link.startswith("/")}:
        assert client.get(link, headers=BROWSER).status_code in (200, 303), link
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)


def test_links_that_leave_the_site_are_https_or_http(client: FrontClient) -> None:
    for path in ("/drug/trabectedin.html", "/publication/demetri2016.html", "/disease/liposarcoma.html"):
        for link in get(client, path).links:
            assert link.startswith(("/", "#", "https://", "http://")), link
    assert "https://doi.org/10.1200/JCO.2015.62.4734" in get(client, "/publication/demetri2016.html").links


def ask(client: FrontClient, query: str, status: int = 200) -> Page:
    return get(client, f"/sparql?query={quote(query)}", status)


def test_the_query_page_has_a_form_and_the_examples(client: FrontClient) -> None:
    page = get(client, "/sparql")
    assert "query" in page.ids and {query.href for query in queries.examples()} <= set(page.links)


def test_an_answer_is_a_table_with_names_and_links(client: FrontClient) -> None:
    page = ask(client, "SELECT ?drug WHERE { VALUES ?drug { <https://w3id.org/sarcograph/drug/trabectedin> } }")
    assert "/drug/trabectedin.html" in page.links and "1 row, the whole answer" in page.text


def test_a_long_answer_is_cut_at_a_thousand_rows_and_says_so(client: FrontClient) -> None:
    page = ask(client, "SELECT * WHERE { ?s ?p ?o }")
    assert "The first 1000 rows; there are more." in page.text
    assert any(link.endswith("&format=csv") for link in page.links)
    exact = ask(client, "SELECT * WHERE { ?s ?p ?o } LIMIT 1000")
    assert "1000 rows, the whole answer" in exact.text


def test_other_forms_of_answer_show_as_a_word_or_as_turtle(client: FrontClient) -> None:
    assert "yes" in ask(client, "ASK { ?s ?p ?o }").text
    assert "Nothing in the graph fits" in ask(client, "SELECT * WHERE { ?s <urn:none> ?o }").text
    graph = ask(
        client, "CONSTRUCT { ?s ?p ?o } WHERE { VALUES ?s { <https://w3id.org/sarcograph/drug/eribulin> } ?s ?p ?o }"
    )
    assert "eribulin" in graph.text and any(link.endswith("&format=ttl") for link in graph.links)
    assert "The beginning only." in ask(client, "CONSTRUCT WHERE { ?s ?p ?o }").text


def test_an_error_points_at_its_place_in_the_query(client: FrontClient) -> None:
    wrong = quote("SELECT *\nWHERE { ?s ?p }")
    html = client.get(f"/sparql?query={wrong}", headers=BROWSER).get_data(as_text=True)
    assert "Line 2, column" in Page(html).text
    assert re.search(r"<pre>WHERE \{ \?s \?p \}\n +\^</pre>", unescape(html))
    forbidden = ask(client, "SELECT * { SERVICE <http://example.org/> { ?s ?p ?o } }", 403)
    assert "SERVICE at line 1" in forbidden.text


def test_values_of_an_answer_are_escaped(client: FrontClient) -> None:
    query = 'SELECT ("<script>alert(1)</script>" AS ?x) (<javascript:alert(1)> AS ?y) { }'
    html = client.get(f"/sparql?query={quote(query)}", headers=BROWSER).get_data(as_text=True)
    assert "<script>" not in html and 'href="javascript' not in html and "&lt;script&gt;" in html
