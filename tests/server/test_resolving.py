"""Any identifier leads to the entity that it means; what means several or nothing says so."""

from __future__ import annotations

import csv
import json
from urllib.parse import quote

import pytest
from fronts import FrontClient

from loader.namespaces import BASE
from loader.places import facts
from server import identifiers, resolving
from server.identifiers import registers
from server.resolving import Index, Resolved
from server.serving import Serving

pytest_plugins = ["pages_fixtures"]

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
LEIOMYOSARCOMA = [
    "MONDO:0005058",
    "mondo:0005058",
    "MONDO_0005058",
    "MONDO:MONDO:0005058",
    "http://purl.obolibrary.org/obo/MONDO_0005058",
    "https://purl.obolibrary.org/obo/MONDO_0005058",
    "http://identifiers.org/mondo/MONDO:0005058",
    "https://identifiers.org/mondo:0005058",
    "https://bioregistry.io/mondo:0005058",
    "https://bioregistry.io/reference/MONDO:0005058",
    "https://n2t.net/mondo:0005058",
    "https://monarchinitiative.org/MONDO:0005058",
    "NCIT:C3158",
    "ncit_c3158",
    "C3158",
    "OncoTree: LMS",
    "Leiomyosarcoma",
    "<https://w3id.org/sarcograph/disease/leiomyosarcoma>",
    "http://w3id.org/sarcograph/disease/leiomyosarcoma.html",
    "https://mirror.example.org/sarcograph/disease/leiomyosarcoma.ttl?page=2",
    "/disease/leiomyosarcoma",
    "disease:leiomyosarcoma",
]
OTHERS = {
    "NCT01343277": "trial/et743-sar-3007",
    "nct: 01343277": "trial/et743-sar-3007",
    "https://clinicaltrials.gov/study/NCT01343277?tab=results": "trial/et743-sar-3007",
    "https://clinicaltrials.gov/ct2/show/NCT01343277": "trial/et743-sar-3007",
    "EudraCT 2009-014907-29": "trial/geddis",
    "isrctn07742377": "trial/geddis",
    "PMID:12181401": "publication/demetri2002",
    "pmid 12181401": "publication/demetri2002",
    "12181401": "publication/demetri2002",
    "https://pubmed.ncbi.nlm.nih.gov/12181401/": "publication/demetri2002",
    "https://www.ncbi.nlm.nih.gov/pubmed/12181401": "publication/demetri2002",
    "10.1016/S1470-2045(14)70063-4": "publication/judson2014",
    "doi:10.1016/s1470-2045(14)70063-4": "publication/judson2014",
    "HTTPS://DOI.ORG/10.1016/S1470-2045(14)70063-4": "publication/judson2014",
    "http://dx.doi.org/10.1016%2FS1470-2045(14)70063-4": "publication/judson2014",
    "CHEMBL:477772": "drug/pazopanib",
    "chembl477772": "drug/pazopanib",
    "https://www.ebi.ac.uk/chembl/compound_report_card/CHEMBL477772/": "drug/pazopanib",
    "DB06589": "drug/pazopanib",
    "https://go.drugbank.com/drugs/DB06589": "drug/pazopanib",
    "RxCUI 714438": "drug/pazopanib",
    "unii:7rn5dr86ck": "drug/pazopanib",
    "CID 10113978": "drug/pazopanib",
    "https://pubchem.ncbi.nlm.nih.gov/compound/10113978": "drug/pazopanib",
    "https://www.wikidata.org/wiki/Q417542": "drug/sunitinib",
    "uniprot:P35968": "target/kdr",
    "https://www.uniprot.org/uniprotkb/P35968/entry": "target/kdr",
    "KDR": "target/kdr",
    "hgnc.symbol:kdr": "target/kdr",
    "NDA202570": "approval/crizotinib-fda-a020",
    "EMEA/H/C/000773": "approval/trabectedin-ema-a007",
    "Yondelis": "product/yondelis",
    "sg:Drug": "ontology#Drug",
    "sg:disease": "ontology#disease",
    "https://w3id.org/sarcograph/ontology#Disease": "ontology#Disease",
    "shapes:Drug-route": "shapes#Drug-route",
    "https://w3id.org/sarcograph/claim/seed-sc25#span": "claim/seed-sc25#span",
    "https://w3id.org/sarcograph/graph/curated": "graph/curated",
    "http://localhost:8000/.well-known/void#all/sg:Drug": ".well-known/void#all/sg:Drug",
    "https://w3id.org/sarcograph/ontology": "ontology",
}


def located(client: FrontClient, text: str, more: str = "") -> str:
    answer = client.get(f"/resolve?id={quote(text, safe='')}{more}")
    assert answer.status_code == 303, (text, answer.status_code, answer.get_data(as_text=True)[:300])
    return answer.headers["Location"]


@pytest.mark.parametrize("text", LEIOMYOSARCOMA)
def test_an_identifier_in_any_spelling_leads_to_the_one_thing(client: FrontClient, text: str) -> None:
    assert located(client, text) == "/disease/leiomyosarcoma"


@pytest.mark.parametrize("text", OTHERS, ids=range(len(OTHERS)))
def test_identifiers_of_every_register_are_known(client: FrontClient, text: str) -> None:
    assert located(client, text) == f"/{OTHERS[text]}"


def test_what_is_meant_is_there(client: FrontClient) -> None:
    for location in {located(client, "MONDO:0005058"), located(client, "NCT01343277"), located(client, "Yondelis")}:
        assert client.get(location).status_code == 303


def test_each_identifier_in_the_graph_leads_to_what_has_it_or_to_a_list_of_all_that_have_it(served: Serving) -> None:
    index = resolving.index_of(served)
    assert index
    for iri, label in index.labels.items():
        found = resolving.resolve(served, iri)
        assert found.only and found.only.iri == iri, iri
        if label:
            assert iri in {match.iri for match in resolving.resolve(served, label).matches}, label


def test_a_release_that_is_named_stays_named(client: FrontClient) -> None:
    version = client.site.release.version
    assert located(client, "DB06589", f"&release={version}") == f"/drug/pazopanib?release={version}"
    assert located(client, "sg:Drug", f"&release={version}") == f"/ontology?release={version}#Drug"


def test_what_several_have_is_listed(client: FrontClient) -> None:
    several = next(text for text, iris in shared(client).items() if len(iris) > 1)
    answer = client.get(f"/resolve?id={quote(several)}")
    listed = json.loads(answer.data)
    assert answer.status_code == 300
    assert {match["id"] for match in listed["matches"]} == shared(client)[several]
    page = client.get(f"/resolve?id={quote(several)}", BROWSER)
    assert page.status_code == 300 and "<li><a href=" in page.get_data(as_text=True)


def shared(client: FrontClient) -> dict[str, set[str]]:
    """Application numbers, and which approvals have them."""
    query = "SELECT ?number ?it WHERE { ?it <https://w3id.org/sarcograph/ontology#applicationNumber> ?number }"
    answer = client.get(f"/sparql?query={quote(query)}", {"Accept": "text/csv"})
    found: dict[str, set[str]] = {}
    for number, iri in list(csv.reader(answer.get_data(as_text=True).splitlines()))[1:]:
        found.setdefault(number, set()).add(iri)
    return found


def test_an_exact_match_wins_over_close_ones_and_names_over_other_names() -> None:
    exact, close = ("http://www.w3.org/2004/02/skos/core#exactMatch", "http://www.w3.org/2004/02/skos/core#closeMatch")
    mondo = "http://purl.obolibrary.org/obo/MONDO_0000001"
    rows = [(f"{BASE}disease/a", close, mondo), (f"{BASE}disease/b", exact, mondo), (f"{BASE}disease/c", close, mondo)]
    readings = identifiers.readings("MONDO:0000001")
    found = Index(rows).find(readings)
    assert [match.iri.rpartition("/")[2] for match in found] == ["b", "a", "c"]
    assert Resolved("MONDO:0000001", readings, found, []).only == found[0]
    found = Index(rows[::2]).find(readings)
    assert Resolved("MONDO:0000001", readings, found, []).only is None


def test_a_number_alone_leads_somewhere_only_where_one_thing_has_it() -> None:
    exact, pmid = "http://www.w3.org/2004/02/skos/core#exactMatch", "http://purl.org/ontology/bibo/pmid"
    close = "http://www.w3.org/2004/02/skos/core#closeMatch"
    rows = [
        (f"{BASE}publication/a", pmid, "123"),
        (f"{BASE}drug/b", close, "http://purl.bioontology.org/ontology/RXNORM/123"),
        (f"{BASE}drug/c", exact, "http://purl.bioontology.org/ontology/RXNORM/124"),
    ]
    for text, only in (("123", None), ("124", "drug/c"), ("pmid:123", "publication/a"), ("rxnorm:123", "drug/b")):
        readings = identifiers.readings(text)
        match = Resolved(text, readings, Index(rows).find(readings), []).only
        assert (match.iri if match else None) == (BASE + only if only else None), text


def test_an_identifier_of_one_register_is_not_read_as_one_of_another() -> None:
    assert [str(each) for each in identifiers.readings("DOID:0005058")][:1] == ["DOID:0005058"]
    assert not [each for each in identifiers.readings("DOID:0005058") if each.register == "MONDO"]


@pytest.mark.parametrize("register", registers(), ids=lambda register: register.prefix)
def test_the_example_of_each_register_is_read_in_every_spelling_of_its_name(register: identifiers.Register) -> None:
    for name in (register.prefix, register.prefix.upper(), *register.synonyms):
        read = identifiers.readings(f"{name}:{register.example}")
        assert identifiers.Reading(register.prefix, register.example).key in {each.key for each in read}, name
    for start in register.addresses:
        read = identifiers.readings(f"https://{start}{register.example}")
        assert identifiers.Reading(register.prefix, register.example).key in {each.key for each in read}, start


def test_no_two_names_of_registers_are_the_same() -> None:
    names = [name for register in registers() for name in register.synonyms]
    assert len(set(names)) == len(names)


def test_numbers_that_the_facts_hold_as_text_are_those_that_the_query_reads() -> None:
    with (facts().ontology / "numbers.tsv").open(encoding="utf-8", newline="") as lines:
        properties = {row["property"] for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)}
    for name in ("identifiers", "having"):
        query = resolving.queries.read(f"resolve/{name}").text
        assert all(f" {each}" in query for each in properties)


@pytest.mark.parametrize("given", ["", "?id=", "?id=%20%20", "?id=a&id=b", f"?id={'x' * 1001}", "?id=a%00b", "?id=%ff"])
def test_what_is_no_identifier_is_refused_with_a_sentence(client: FrontClient, given: str) -> None:
    answer = client.get(f"/resolve{given}")
    assert answer.status_code == 400
    assert answer.json and len(answer.json["detail"]) > 20


def test_an_unknown_identifier_says_how_it_was_read_and_what_is_near(client: FrontClient) -> None:
    answer = client.get("/resolve?id=NCT01343278")
    assert answer.status_code == 404 and answer.json
    assert "clinicaltrials:NCT01343278" in answer.json["detail"]
    assert f"{BASE}trial/et743-sar-3007" in answer.json["near"]
    assert answer.json["type"] == f"{BASE}problem/unknown-identifier"
    page = client.get("/resolve?id=trabectedine", BROWSER)
    assert page.status_code == 404 and 'drug/trabectedin"' in page.get_data(as_text=True)


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "http://[::1", "a\"b'c&d", "%", "sg:", "sg:nothing", "}} ?x", "doi:"]
)
def test_whatever_is_pasted_is_escaped(client: FrontClient, text: str) -> None:
    for headers in (BROWSER, {}):
        answer = client.get(f"/resolve?id={quote(text, safe='')}", headers)
        assert answer.status_code == 404, answer.get_data(as_text=True)
        assert "<script>alert" not in answer.get_data(as_text=True) or not headers


def test_without_an_identifier_there_is_a_form_for_people(client: FrontClient) -> None:
    page = client.get("/resolve", BROWSER)
    assert page.status_code == 200 and 'name="id"' in page.get_data(as_text=True)
    assert all(each.prefix in page.get_data(as_text=True) for each in registers())


def test_a_release_too_large_for_an_index_is_asked_about_each_identifier(
    served: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolving, "MOST_ROWS", 100)
    monkeypatch.setattr(resolving, "_indexes", type(resolving._indexes)())
    assert resolving.index_of(served) is None
    for text in (*LEIOMYOSARCOMA, *OTHERS):
        found = resolving.resolve(served, text)
        expected = BASE + OTHERS.get(text, "disease/leiomyosarcoma")
        assert found.only and found.only.iri == expected, text
    assert not resolving.resolve(served, "NCT01343278").matches


def test_the_form_of_a_release_that_is_named_asks_for_that_release_once(client: FrontClient) -> None:
    version = client.site.release.version
    page = client.get(f"/resolve?release={version}", BROWSER).get_data(as_text=True)
    assert all(form.count('name="release"') == 1 for form in page.split("<form")[1:])
